"""A small world with known parameters, for tests of sampling."""

import numpy as np
import xarray as xr

from models.composition import Composition
from models.inputs import model_inputs
from models.priors import Priors
from models.simulate import draw_parameters, simulate
from tests.models.example import example_data

PRIORS = Priors()
CROSSED = Composition("crossed", blocks=("outcome",), mission_slopes=("ties",), state_effects=True)
GIVEN = {"blocks": ("outcome",), "latents": ("quality",), "mission_slopes": ("quality",)}
PLUGIN = Composition("plugin", inference="plugin", **GIVEN)
CUT = Composition("cut", inference="cut", cut_draws=20, **GIVEN)
JOINED_BY_QUALITY = Composition("truth", blocks=("quality", "outcome"), mission_slopes=("quality",))
QUALITY_SLOPE = 1.5
MEASUREMENT_ERROR = 0.8


def simulated(composition, seed=1, **known) -> tuple[xr.Dataset, dict]:
    """Data set of 5 missions and 24 states, and the parameters that made it."""
    random = np.random.default_rng(seed)
    data = example_data(missions=5, states=24, panel=5)
    data = data.assign_coords(direction=("indicator", np.ones(data.sizes["indicator"])))
    p = draw_parameters(composition, data, PRIORS, random) | {k: np.asarray(v) for k, v in known.items()}
    return simulate(composition, data, p, random), p


def world_of_quality() -> tuple[xr.Dataset, xr.Dataset]:
    """Data in which quality decides who joins, and draws of quality as a fit that measured it would give.

    Draws are normal around an estimate that has an error of the same size, as those of a normal measurement model.
    """
    slope = np.full(5, QUALITY_SLOPE)
    data, p = simulated(JOINED_BY_QUALITY, 2, mission_quality_slope=slope, mission_intercept=np.full(5, -1.0))
    random = np.random.default_rng(3)
    shape = p["quality_coefficient"].shape
    estimate = p["quality_coefficient"] + MEASUREMENT_ERROR * random.normal(size=shape)
    shrunk = 1 / (1 + MEASUREMENT_ERROR**2)
    draws = shrunk * estimate + MEASUREMENT_ERROR * np.sqrt(shrunk) * random.normal(size=(2, 50, *shape))
    measured = xr.Dataset(
        {"quality_coefficient": (("chain", "draw", "state", "path"), draws)},
        coords={"state": data.state.values, "path": model_inputs(JOINED_BY_QUALITY, data).coords["path"]},
    )
    return data, measured
