"""A rough fit of the outcome, about which its likelihood is taken for normal: it places coordinates and enters no density."""

import numpy as np
import xarray as xr
from scipy.special import expit

from models.composition import Composition
from models.covariates import covariate_values

SWEEPS = 20
# spreads that stand for those of the model, which are not known yet
MISSION_SD, SLOPE_SD, STATE_SD = 2.0, 0.8, 1.2
LARGEST_STEP = 2.0


def linearise(composition: Composition, data: xr.Dataset, values: xr.DataArray) -> xr.Dataset:
    """About what each decision tells of its logit, and of what.

    With p the probability of the rough fit: the weight p (1 - p), zero where not scored, and the response
    logit p + (y - p) / (p (1 - p)) (McCullagh & Nelder 1989, section 2.5). The fit takes Newton steps for one group of effects
    after another, each group shrunk by a fixed spread.

    Parameters
    ----------
    composition : Composition
    data : xarray.Dataset
    values : xarray.DataArray
        Regressors (term, mission, state).

    Returns
    -------
    xarray.Dataset
        The data with ``working_weight`` and ``working_response`` (mission, state).
    """
    joined = data.joined.transpose("mission", "state").values
    scored, controls = np.isfinite(joined), covariate_values(data, composition.control_names(data))
    columns = [(np.ones(joined.shape), MISSION_SD * composition.mission_intercepts)]
    for term in composition.terms():
        columns.append((values.sel(term=term.name).values, SLOPE_SD * composition.varies_by_mission(term)))
    deviations = np.zeros((len(columns), len(joined)))
    eta, state = np.zeros(joined.shape), np.zeros(joined.shape[1])

    def score():
        chance = expit(eta)
        return scored * (np.nan_to_num(joined) - chance), scored * chance * (1 - chance)

    def step(column, axis, effects=0.0, spread=np.inf):
        gradient, weight = score()
        total = (gradient * column).sum(axis) - effects / spread**2
        information = (weight * column**2).sum(axis) + 1 / spread**2
        return np.clip(ratio(total, information), -LARGEST_STEP, LARGEST_STEP)

    for _ in range(SWEEPS):
        for column in [*controls, *(column for column, _ in columns)]:
            eta += step(column, None) * column
        for k, (column, spread) in enumerate(columns):
            if spread:
                own = step(column, 1, deviations[k], spread)
                deviations[k] += own
                eta += own[:, None] * column
        if composition.state_effects:
            own = step(1.0, 0, state, STATE_SD)
            state += own
            eta += own
    gradient, weight = score()
    on = ("mission", "state")
    response = np.where(scored, eta + ratio(gradient, weight), 0.0)
    return data.assign(working_weight=(on, weight), working_response=(on, response))


def ratio(total: np.ndarray, information: np.ndarray) -> np.ndarray:
    """Weighted mean from a weighted sum; zero where nothing is known."""
    return total / np.maximum(information, 1e-12)
