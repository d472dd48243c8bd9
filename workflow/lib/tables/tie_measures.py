"""Measures of ties with the pivotal state at the start of each mission: their number, the share beyond exposure, each count.

From arrays of shape (mission, state) to labelled arrays, called by `prepare`. No files are read or written.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from models.exposure import beyond_exposure
from workflow.lib.errors import UserError
from workflow.lib.settings.wording import did_you_mean
from workflow.lib.tables.panel import transformed

WORDS = {"count": "number of ties", "beyond_exposure": "ties beyond exposure"}
# what a state's number of ties is expected to follow beside its own memberships, where the table has it
EXPOSURES = {"state_age": "log1p", "log_population": "none"}


def tie_measures(
    values: Mapping, columns: Mapping, total: np.ndarray, scored: np.ndarray, codebook: pd.DataFrame
) -> xr.Dataset:
    """Measures of ties by name, in standard deviations about the mission's mean, with a label each.

    The share beyond exposure takes out what the state's own number of ties, its age and size lead one to expect.
    """
    total_exposure = np.sum([values[columns["exposure"][name]] for name in columns["tie_counts"]], axis=0)
    exposures = [transformed(values[name], how) for name, how in EXPOSURES.items() if name in values]
    number = np.log1p(total)
    with np.errstate(invalid="ignore"):
        beyond = beyond_exposure(number, [np.log1p(total_exposure), *exposures], scored)
        counts = {name: np.log1p(values[name]) for name in (*columns["tie_counts"], *columns["more_counts"])}
    measures = {"count": number, "beyond_exposure": beyond, **counts}
    words = dict(zip(codebook["column"], codebook["label"], strict=True)) | WORDS
    value = np.stack([_standardised_by_mission(measure, scored) for measure in measures.values()])
    return xr.Dataset(
        {"tie_measure_value": (("tie_measure", "mission", "state"), value)},
        coords={
            "tie_measure": list(measures),
            "tie_label": ("tie_measure", [words.get(name) or name for name in measures]),
        },
    )


def chosen_measure(measures: xr.Dataset, name: str) -> np.ndarray:
    """The measure that the settings name, shape (mission, state); `UserError` if there is none or it does not vary."""
    known = measures["tie_measure"].values.tolist()
    if name not in known:
        raise UserError(
            f"data.ties_measure: '{name}' is not one of {', '.join(known)}{did_you_mean(name, known)}"
        )
    ties = measures["tie_measure_value"].values[known.index(name)]
    if not np.isfinite(ties).any():
        raise UserError(f"data.ties_measure: {name} does not vary between the states of any mission")
    return ties


def _standardised_by_mission(value: np.ndarray, scored: np.ndarray) -> np.ndarray:
    """Less the mission's mean over scored rows, divided by one standard deviation over all of them; NaN if nothing varies."""
    seen = scored & np.isfinite(value)
    number = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    centred = np.where(seen, value - np.where(seen, value, 0.0).sum(axis=1, keepdims=True) / number, np.nan)
    scale = float(np.sqrt(np.nanmean(centred**2))) if seen.any() else 0.0
    return centred / scale if scale > 1e-12 else np.full(value.shape, np.nan)
