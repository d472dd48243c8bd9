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
# states' lasting deviations on amounts start small, and so does what tie counts owe to opportunity; what may depend on quality
# starts as depending on it, but whether there is any (aid above all) starts as mostly habit. Chains that start otherwise may
# explain by deviations what amounts, ties and outcome have in common, and some settle in a mode of far less posterior mass in
# which quality is clientship (models/README.md)
STARTING_DEVIATION = 0.1
STARTING_COUNT_DEVIATION = 0.5
STARTING_BINARY_DEVIATION = 2.0
STARTING_BINARY_LOADING = 0.06
STARTING_SLOPE = 1.0
# what starts without noise; everything else is jittered
STEADY = (
    "loading",
    "_sd",
    "static_share",
    "dispersion",
    "concentration",
    "quality_slope_total",
)
SPREADS = {
    "normal": {"indicator_sd": STARTING_SPREAD, "indicator_state_sd": STARTING_DEVIATION},
    "count": {"count_state_sd": STARTING_COUNT_DEVIATION},
    "binary": {"binary_state_sd": STARTING_BINARY_DEVIATION},
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
    for block, prefix, names_of in (
        ("quality", "", composition.indicator_names),
        ("contact", "contact_", composition.contact_names),
    ):
        if composition.has(block):
            names = anchored_order(data, names_of(data))
            start[f"{prefix}anchor_loading"] = np.array(STARTING_LOADING)
            binary = inputs.coords.get(f"{prefix}binary_indicator", [])
            size = [STARTING_BINARY_LOADING if n in binary else STARTING_LOADING for n in names[1:]]
            start[f"{prefix}other_loading"] = np.array(size) * [direction[n] for n in names[1:]]
            start["contact_static_share" if prefix else "quality_static_share"] = np.array(0.5)
            for family, spreads in SPREADS.items():
                if f"{prefix}{family}_indicator" in inputs.coords:
                    number = len(inputs.coords[f"{prefix}{family}_indicator"])
                    start |= {f"{prefix}{name}": np.full(number, value) for name, value in spreads.items()}
            if f"{prefix}count_indicator" in inputs.coords:
                total, number = (arrays[f"{prefix}count_{a}"] for a in ("total", "number"))
                level = np.log((total + 0.5) / (number + 1.0))
                start[f"{prefix}count_intercept_total"] = (number * level).sum(1) / np.maximum(
                    number.sum(1), 1.0
                )
            if f"{prefix}binary_indicator" in inputs.coords:
                total, number = (arrays[f"{prefix}binary_{a}"] for a in ("total", "number"))
                share = (total + 0.5) / (number + 1.0)
                told = number * share * (1 - share)
                average = (told * _logit(share)).sum(1) / np.maximum(told.sum(1), 1e-12)
                start[f"{prefix}binary_intercept_total"] = average
    if composition.has("outcome") and composition.uses_quality:
        start["quality_slope_total"] = np.array(STARTING_SLOPE)
    if composition.has("ties"):
        joint, own = arrays["tie_joint"].sum(2), (arrays["tie_joint"] + arrays["tie_rest"]).sum(2)
        link = _logit if composition.tie_family == "beta_binomial" else np.log
        levels = link((joint + 0.5) / (own + 1.0))
        start |= {"tie_year_intercept": levels, "tie_year_intercept_total": levels}
        start["opportunity_loading"] = np.full(len(joint), STARTING_DEVIATION)
        start["tie_quality_loading"] = np.full(len(joint), STARTING_SLOPE)
        # opportunity starts opposite to what the counts say of it: whatever quality can explain of them it then explains first
        told = STARTING_LOADING * arrays["tie_information"]
        precision = 1 + STARTING_LOADING * told.sum(0)
        opposite = -(told * arrays["tie_deviation"]).sum(0) / np.sqrt(precision)
        start["opportunity_standard"] = opposite - opposite.mean()
    if composition.has("cooperativeness"):
        mean = (arrays["own_value"].sum(2) + 0.5) / (arrays["own_weight"].sum(2) + 1.0)
        start |= {f"cooperativeness_year_intercept{c}": np.log(mean) for c in ("", "_total")}
        start["cooperativeness_loading"] = np.full(len(mean) - 1, 1.0)
    return start


def jittered(names: list[str]) -> set[str]:
    """Those of the parameters whose starting values get noise."""
    return {name for name in names if not any(part in name for part in STEADY)}
