"""Simulated worlds for recovery: priors under which data are sane, true values beside draws, one compilation each.

The fit's priors are those from which the true parameters are drawn, so that calibration is exact. They are narrower than
the defaults where the defaults allow worlds that no data set looks like and in which a small data set says nothing:

* `anchor_loading`, `indicator_sd`, `opportunity_loading` keep away from zero: an anchor that does not
  load leaves the latent's sign open, an indicator without noise is quality itself;
* `indicator_loading` has the sign that the codebook declares, as chains start there: where all indicators but the anchor
  point the other way a chain may stay in a mode with quality upside down (the gate sees it by its R-hat);
* `indicator_intercept`, `indicator_dispersion`, `tie_year_intercept`, `tie_concentration`, `cooperativeness_*` keep counts
  between none and some hundreds: under the defaults a state in a hundred would have millions of visits;
* `intercept`, `state_sd` keep some joiners and some abstainers in missions of a few dozen states;
* `mission_sd` keeps away from zero, so that missions differ as real ones do.
"""

import numpy as np
import pandas as pd
import xarray as xr

from models.composition import Composition
from models.estimands import estimand_draws
from models.inputs import model_inputs
from models.priors import Priors
from models.simulate import draw_parameters, simulate
from tests.models.example import example_data
from tests.models.one_draw import one_draw
from workflow.lib.checking.calibration import coverage_table, rank_tests, recovery_rows
from workflow.lib.inference.sampling import Compiled, SamplerSettings, compile_model

INTERVAL = 0.9
PRIORS = Priors(
    {
        "intercept": ("normal", (-1.0, 0.7)),
        "mission_sd": ("lognormal", (-0.7, 0.4)),
        "state_sd": ("half_normal", (0.7,)),
        "ties_slope_sd": ("half_normal", (0.3,)),
        "quality_slope_sd": ("half_normal", (0.3,)),
        "indicator_intercept": ("normal", (0.0, 0.5)),
        "indicator_trend": ("normal", (0.0, 0.2)),
        "indicator_size_slope": ("normal", (0.0, 0.3)),
        "indicator_loading": ("normal", (0.8, 0.3)),
        "anchor_loading": ("lognormal", (0.0, 0.25)),
        "indicator_sd": ("lognormal", (-0.7, 0.3)),
        "indicator_state_sd": ("half_normal", (0.5,)),
        "indicator_dispersion": ("gamma", (12.0, 3.0)),
        "tie_year_intercept": ("normal", (0.0, 1.0)),
        "opportunity_loading": ("lognormal", (-0.5, 0.4)),
        "tie_concentration": ("gamma", (10.0, 0.3)),
        "cooperativeness_year_intercept": ("normal", (2.5, 0.5)),
        "cooperativeness_size_slope": ("normal", (0.0, 0.3)),
        "cooperativeness_age_slope": ("normal", (0.0, 0.3)),
        "cooperativeness_sd": ("lognormal", (-0.7, 0.3)),
        "cooperativeness_loading": ("lognormal", (0.0, 0.3)),
        "cooperativeness_dispersion": ("gamma", (10.0, 0.5)),
    }
)
SETTINGS = SamplerSettings(chains=2, tune=400, draws=500, cores=2)
# latents and effects by state or mission: many, and no claim of the paper is about one of them
BY_UNIT = {
    "quality_coefficient",
    "opportunity",
    "cooperativeness_level",
    "state_effect",
    "mission_intercept",
    "mission_ties_slope",
    "mission_quality_slope",
}


def small_data() -> xr.Dataset:
    """Empty data set of 8 missions, 36 states and 6 panel years with every role in it."""
    data = example_data(missions=8, states=36, panel=6, seed=4)
    return data.assign_coords(direction=("indicator", np.ones(data.sizes["indicator"])))


def compiled_for(
    composition: Composition, data: xr.Dataset, settings: SamplerSettings = SETTINGS
) -> Compiled:
    """The composition compiled for all data sets of the shape of ``data``."""
    first, _ = world(composition, data, seed=0)
    return compile_model(composition, first, PRIORS, settings)


def world(composition: Composition, data: xr.Dataset, seed: int, **known) -> tuple[xr.Dataset, dict]:
    """Simulated data set and its parameters: drawn from the priors, ``known`` ones set."""
    random = np.random.default_rng([seed, 2024])
    p = draw_parameters(composition, data, PRIORS, random)
    p |= {name: np.broadcast_to(value, np.shape(p[name])).astype(float) for name, value in known.items()}
    return simulate(composition, data, p, random), p


def refit(compiled: Compiled, data: xr.Dataset, seed: int) -> xr.Dataset:
    """Posterior of a compiled model with another data set."""
    return compiled.sample(seed, arrays=model_inputs(compiled.composition, data).arrays)[
        "posterior"
    ].to_dataset()


def estimands(posterior: xr.Dataset, data: xr.Dataset, composition: Composition) -> dict[str, xr.DataArray]:
    """Estimands that are not of one mission, by one name."""
    draws = estimand_draws(posterior, data, composition)
    return {
        f"{estimand}.{scope}": value.drop_vars(set(value.coords) - set(value.dims))
        for (estimand, scope), value in draws.items()
        if not scope.startswith("mission:") and estimand != "quality_beats_ties"
    }


def true_values(p: dict, posterior: xr.Dataset) -> dict[str, xr.DataArray]:
    """True hyperparameters under the posterior's names and labels."""
    truth = {}
    for name in sorted(set(posterior) & set(p) - BY_UNIT):
        dims = posterior[name].dims[2:]
        truth[name] = xr.DataArray(p[name], dims=dims, coords={d: posterior[d] for d in dims})
    return truth


def with_estimands(compiled: Compiled, data: xr.Dataset, p: dict, seed: int) -> tuple[dict, dict]:
    """Draws and true values of hyperparameters and estimands after a refit."""
    composition = compiled.composition
    posterior = refit(compiled, data, seed)
    truth = true_values(p, posterior)
    draws = {name: posterior[name] for name in truth}
    if composition.has("outcome"):
        exact = one_draw(composition, model_inputs(composition, data), p)
        truth |= {name: float(value.squeeze()) for name, value in estimands(exact, data, composition).items()}
        draws |= estimands(posterior, data, composition)
    return draws, truth


def recover(compiled: Compiled, data: xr.Dataset, seeds, **known) -> pd.DataFrame:
    """Simulate, refit and compare once for each seed; columns as of the calibration's table of recovery."""
    rows = []
    for replicate, seed in enumerate(seeds):
        simulated, p = world(compiled.composition, data, seed, **known)
        draws, truth = with_estimands(compiled, simulated, p, seed)
        found = recovery_rows(draws, truth, interval=INTERVAL)
        rows += [{"replicate": replicate, "seed": seed, "converged": None, **row} for row in found]
    return pd.DataFrame(rows)


def assert_calibrated(recovery: pd.DataFrame) -> None:
    """Coverage of every parameter and estimand within binomial bounds, ranks uniform, and no drift of all together.

    Bounds of single parameters are wide with some twenty data sets. The share of all intervals of a data set that hold
    the truth is far less noisy; parameters of one data set depend on one another, so that its spread over data sets is
    what its mean is compared with.
    """
    coverage = coverage_table(recovery, interval=INTERVAL)
    assert coverage["consistent"].all(), coverage[~coverage["consistent"]].to_string()
    ranks = rank_tests(recovery)
    assert ranks["uniform"].all(), ranks[~ranks["uniform"]].to_string()
    inside = recovery["truth"].between(recovery["lower"], recovery["upper"])
    shares = inside.groupby(recovery["replicate"]).mean()
    assert abs(shares.mean() - INTERVAL) < 3.5 * shares.std(ddof=1) / np.sqrt(len(shares))
