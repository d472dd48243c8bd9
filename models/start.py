"""Where chains start: at moments of the data for levels, at the expected signs for loadings.

Chains that start with indicators pointing both ways can settle in a mode where quality is upside down; its density is
far lower, but no sampler finds the way back. Starting values change no density.
"""

import numpy as np
import xarray as xr

from models.composition import Composition
from models.inputs import Inputs, anchored_order

STARTING_LOADING = 0.6
# spreads too start where the standardised indicators put them: a chain that begins with one indicator almost without
# noise builds quality on that one alone and may stay there
STARTING_SPREAD = 0.7
# what starts without noise; everything else is jittered
STEADY = (
    "loading",
    "indicator_sd",
    "state_sd",
    "static_share",
    "dispersion",
    "concentration",
)
SPREADS = {
    "normal": ("indicator_sd", "indicator_state_sd"),
    "count": ("count_state_sd",),
    "binary": ("binary_state_sd",),
}


def _logit(share: np.ndarray) -> np.ndarray:
    return np.log(share) - np.log1p(-share)


def starting_values(composition: Composition, data: xr.Dataset, inputs: Inputs) -> dict[str, np.ndarray]:
    """Starting values by parameter name, for those parameters that need one (of two coordinates, for both).

    Parameters
    ----------
    composition : Composition
    data : xarray.Dataset
    inputs : Inputs

    Returns
    -------
    dict of str to array
    """
    start: dict[str, np.ndarray] = {}
    direction = dict(zip(data.indicator.values.tolist(), data.direction.values.tolist(), strict=True))
    arrays = inputs.arrays
    if composition.has("quality"):
        names = anchored_order(data, composition.indicator_names(data))
        start["anchor_loading"] = np.array(STARTING_LOADING)
        start["other_loading"] = STARTING_LOADING * np.array([direction[n] for n in names[1:]])
        start["quality_static_share"] = np.array(0.5)
        for family, spreads in SPREADS.items():
            if f"{family}_indicator" in inputs.coords:
                number = len(inputs.coords[f"{family}_indicator"])
                start |= {name: np.full(number, STARTING_SPREAD) for name in spreads}
    if composition.has("contact"):
        names = anchored_order(data, composition.contact_names(data))
        start["contact_anchor_loading"] = np.array(STARTING_LOADING)
        start["contact_other_loading"] = STARTING_LOADING * np.array([direction[n] for n in names[1:]])
    if composition.has("ties"):
        joint, own = arrays["tie_joint"].sum(2), (arrays["tie_joint"] + arrays["tie_rest"]).sum(2)
        link = _logit if composition.tie_family == "beta_binomial" else np.log
        levels = link((joint + 0.5) / (own + 1.0))
        start |= {"tie_year_intercept": levels, "tie_year_intercept_total": levels}
        start["opportunity_loading"] = np.full(len(joint), STARTING_LOADING)
    if composition.has("cooperativeness"):
        mean = (arrays["own_value"].sum(2) + 0.5) / (arrays["own_weight"].sum(2) + 1.0)
        start["cooperativeness_year_intercept"] = np.log(mean)
        start["cooperativeness_loading"] = np.full(len(mean) - 1, 1.0)
    return start


def jittered(names: list[str]) -> set[str]:
    """Those of the parameters whose starting values get noise."""
    return {name for name in names if not any(part in name for part in STEADY)}
