"""A small world with known parameters, for tests of sampling."""

import numpy as np
import xarray as xr

from models.composition import Composition
from models.paths import GaussianPath
from models.priors import Priors
from tests.models.example import YEARS, example_data
from tests.models.simulate import simulate_outcome

PRIORS = Priors()
CROSSED = Composition("crossed", mission_slopes=("ties",), state_effects=True)
PLAIN = {"regressors": ("quality",), "controls": (), "mission_intercepts": False}
PLUGIN = Composition("plugin", **PLAIN)
CUT = Composition("cut", inference="cut", cut_draws=24, **PLAIN)
JOINT = Composition("joint", inference="joint", **PLAIN)
QUALITY_SLOPE = 2.0
MEASUREMENT_ERROR = 0.8
SAMPLES = 50


def simulated(seed=1, missions=5, states=24) -> xr.Dataset:
    """Decisions of states on missions, on ties with a slope of one."""
    data = example_data(missions, states)
    eta = -0.5 + np.nan_to_num(data.ties.values)
    return simulate_outcome(eta, data, np.random.default_rng(seed))


def world_of_quality(missions=8, states=40) -> tuple[xr.Dataset, dict, GaussianPath, np.ndarray]:
    """Data in which quality decides who joins, its measurement with errors, and quality itself (state, year).

    Quality is constant over years. Draws are normal about the estimate, as those of a normal measurement are; the last state is
    measured as hostile and joins every mission.
    """
    random = np.random.default_rng(2)
    data = example_data(missions, states)
    joined = data.joined.fillna(0.0)
    quality = np.repeat(random.normal(size=(states, 1)), len(YEARS), axis=1)
    data = simulate_outcome(
        (-1 + QUALITY_SLOPE * quality[:, 0])[None, :].repeat(missions, 0), data.assign(joined=joined), random
    )
    data.joined[:, -1] = 1.0
    shrunk = 1 / (1 + MEASUREMENT_ERROR**2)
    estimate = quality[:, 0] + MEASUREMENT_ERROR * random.normal(size=states)
    estimate[-1] = -2.0
    mean, sd = shrunk * estimate, MEASUREMENT_ERROR * np.sqrt(shrunk)
    draws = mean + sd * random.normal(size=(SAMPLES, states))
    on = ("state", "year")
    latent = xr.Dataset(
        {
            "filtered_mean": (on, np.repeat(mean[:, None], len(YEARS), 1)),
            "filtered_draw": (("sample", *on), np.repeat(draws[:, :, None], len(YEARS), 2)),
        },
        coords={"state": data.state.values, "year": YEARS},
    )
    covariance = sd**2 * 0.999 ** np.abs(np.subtract.outer(YEARS, YEARS))
    path = GaussianPath(YEARS, latent.filtered_mean.values, np.tile(covariance, (states, 1, 1)))
    return data, {"quality": latent}, path, quality
