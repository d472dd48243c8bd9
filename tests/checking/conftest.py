import numpy as np
import pytest
import xarray as xr

from workflow.lib.settings import load_settings
from workflow.lib.tables.load import load_tables

GATE = {"r_hat": 1.01, "ess_bulk": 400, "ess_tail": 400, "divergences": 0, "bfmi": 0.3}


@pytest.fixture(scope="module")
def settings():
    """Section ``data`` of the shipped configuration."""
    return load_settings("config.yaml").data.model_dump(mode="json")


@pytest.fixture(scope="module")
def tables(settings):
    """The shipped tables."""
    return load_tables(settings)


@pytest.fixture
def gate_settings():
    return dict(GATE)


@pytest.fixture
def converged():
    """A posterior of four independent chains, with a fixed reference loading among moving ones."""
    return make_tree()


def make_tree(seed=1, draws=1000, chains=4):
    generator = np.random.default_rng(seed)
    loading = generator.normal(size=(chains, draws, 3))
    loading[:, :, 0] = 1.0
    posterior = xr.Dataset(
        {
            "ties_slope": (("chain", "draw"), generator.normal(0.5, 0.2, size=(chains, draws))),
            "mission_ties_slope": (
                ("chain", "draw", "mission"),
                generator.normal(size=(chains, draws, 2)),
            ),
            "indicator_loading": (("chain", "draw", "indicator"), loading),
        },
        coords={
            "chain": range(chains),
            "draw": range(draws),
            "mission": ["korea_1950", "gulf_1990"],
            "indicator": ["un_agreement", "visits_to_pivotal", "trade_share"],
        },
    )
    statistics = xr.Dataset(
        {
            "diverging": (("chain", "draw"), np.zeros((chains, draws), dtype=bool)),
            "energy": (("chain", "draw"), generator.normal(50, 3, size=(chains, draws))),
        }
    )
    return xr.DataTree.from_dict({"posterior": posterior, "sample_stats": statistics})


@pytest.fixture
def data():
    """Eight missions, sixty states, one state in twelve not eligible, decisions from a known logit."""
    return simulated_data()


@pytest.fixture
def make_data():
    """The same with a seed of one's own."""
    return simulated_data


def simulated_data(seed=3, missions=8, states=60):
    generator = np.random.default_rng(seed)
    state_codes = np.unique(np.linspace(20, 950, states).astype(int))
    ties = generator.normal(size=(missions, states))
    state_effect = generator.normal(0, 1.5, size=states)
    logit = -1.5 + 0.8 * ties + state_effect
    joined = (generator.random((missions, states)) < 1 / (1 + np.exp(-logit))).astype(float)
    joined[generator.random((missions, states)) < 1 / 12] = np.nan
    rows = ~np.isnan(joined)
    ties -= np.nanmean(np.where(rows, ties, np.nan), axis=1, keepdims=True)
    ties /= np.nanstd(np.where(rows, ties, np.nan))
    covariates = ["log_population", "igo_joint_russia", "igo_joint_lead5"]
    values = generator.normal(size=(3, missions, states))
    values[1, 0, :5] = np.nan
    values[2] = 0.9 * ties + 0.4 * values[2]
    return xr.Dataset(
        {
            "joined": (("mission", "state"), joined),
            "ties": (("mission", "state"), ties, {"scale": 0.4}),
            "covariate_value": (("covariate", "mission", "state"), values),
            "pivotal": ("mission", np.full(missions, 2)),
            "start_year": ("mission", 1950 + 8 * np.arange(missions)),
            "true_logit": (("mission", "state"), logit),
        },
        coords={
            "mission": [f"mission_{i}" for i in range(missions)],
            "state": state_codes,
            "covariate": covariates,
            "covariate_role": ("covariate", ["control", "rival_tie", "placebo"]),
        },
    )


@pytest.fixture
def logit(data):
    """Draws around the logit that made the decisions: a posterior that is right."""
    return make_logit(data)


def make_logit(data, draws=150, chains=4, spread=0.2, seed=5):
    generator = np.random.default_rng(seed)
    truth = data["true_logit"].values
    values = truth + generator.normal(0, spread, size=(chains, draws, *truth.shape))
    return xr.DataArray(
        values.astype(np.float32),
        dims=("chain", "draw", "mission", "state"),
        coords={"mission": data["mission"], "state": data["state"]},
    )
