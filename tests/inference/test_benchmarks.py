"""The benchmarks run from end to end on a tiny data set, and peers fit the same posterior where they are installed."""

import importlib.util
import subprocess

import numpy as np
import pytest

from benchmarks.__main__ import (
    COLUMNS,
    OWN,
    Composition,
    has_peer,
    long_data,
    main,
    measure,
    numpyro_row,
    smallest,
    stan_row,
)
from tests.inference.small_world import CROSSED, PRIORS, simulated
from tests.models.example import ALIGNMENT
from workflow.lib.inference.sampling import SamplerSettings

SETTINGS = SamplerSettings(chains=2, tune=100, draws=100)
POOLED = Composition("pooled", mission_intercepts=False)


@pytest.fixture(scope="module")
def table():
    return measure([POOLED, ALIGNMENT], simulated(), PRIORS, SETTINGS, 1)


def test_every_measurement_is_there(table):
    assert table.columns.tolist() == COLUMNS
    assert table["model"].tolist() == ["pooled", "quality"]
    assert set(table["engine"]) == {OWN}
    numbers = table.drop(columns=["model", "engine", "worst"])
    assert (numbers > 0).all(axis=None)
    np.testing.assert_allclose(table["ess"] / table["cpu"], table["ess_per_cpu"])
    assert table["ratio"].tolist() == [1, 1]


def test_only_the_model_that_peers_write_down_has_peers():
    assert has_peer(CROSSED)
    assert not has_peer(POOLED)
    assert not has_peer(ALIGNMENT)


def test_rows_are_the_scored_decisions():
    data = simulated()
    rows = long_data(CROSSED, data, PRIORS)
    assert rows["N"] == int(data.joined.notnull().sum()) == len(rows["ties"]) == len(rows["control"])
    assert rows["joined"].sum() == int(data.joined.sum())
    assert float(data.ties[rows["mission"][7], rows["state"][7]]) == rows["ties"][7]


def has_rstan() -> bool:
    try:
        return subprocess.run(["Rscript", "-e", "library(rstan)"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("peer", [numpyro_row, stan_row])
def test_a_peer_samples_the_same_parameters(peer):
    installed = has_rstan() if peer is stan_row else importlib.util.find_spec("numpyro") is not None
    if not installed:
        pytest.skip("the peer is not installed: the project does not need it")
    found = peer("crossed", long_data(CROSSED, simulated(), PRIORS), SETTINGS, 1)
    assert found["ess"] > 5
    assert found["worst"] in {
        *("intercept", "ties_slope", "control_slope", "mission_sd", "ties_slope_sd", "state_sd"),
        *("mission_intercept", "mission_ties_slope", "state_effect"),
    }


def test_the_parameter_with_the_fewest_effective_draws_is_named_and_constants_do_not_count():
    random = np.random.default_rng(1)
    slow = np.cumsum(random.normal(size=(2, 200)), axis=1)
    posterior = {"slope": random.normal(size=(2, 200, 3)), "walk": slow, "fixed": np.ones((2, 200))}
    ess, worst = smallest(posterior)
    assert worst == "walk"
    assert ess < 50


def test_a_model_with_latents_is_refused_in_one_line(capsys):
    assert main(["--models", "plugin"]) == 1
    assert capsys.readouterr().err == (
        "--models: 'plugin' is no model, or has latent regressors; name others\n"
    )
