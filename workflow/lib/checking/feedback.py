"""Which states' quality the record of joining moved: joint against smoothed paths."""

import numpy as np
import xarray as xr

from workflow.lib.checking.controls import NEAR_ZERO
from workflow.lib.checking.table import DESCRIBED, check_row

SHOWN = 20


def feedback_rows(joint: xr.Dataset, paths: xr.Dataset, data: xr.Dataset, model: str) -> list[dict]:
    """The states that the outcome moved most, in the paths' standard deviations, averaged over the years before missions.

    Parameters
    ----------
    joint : xarray.Dataset
        Posterior of a joint model, with `path` (chain, draw, path_year, path_state).
    paths : xarray.Dataset
        Of its measurement, without the outcome.
    """
    joint_path = joint["path"].mean(("chain", "draw")).rename(path_state="state", path_year="year")
    states, measured = joint_path["state"].values, paths.reindex_like(joint_path)
    shift = joint_path - measured["smoothed_mean"]
    mean_shift = shift.mean("year").values
    standardised_shift = (shift / measured["smoothed_sd"]).mean("year").values
    names = dict(zip(data["state"].values.tolist(), data["state_name"].values.tolist(), strict=True))
    missions_joined = data["joined"].sum("mission").sel(state=states).values
    order = np.argsort(-np.abs(np.nan_to_num(mean_shift)), kind="stable")

    def row(item: str, label: str, estimate: float, note: str) -> dict:
        columns = {"estimate": float(estimate), "expected": NEAR_ZERO, "note": note}
        return check_row("feedback", model, item, label, DESCRIBED, **columns)

    number = f"{int((np.abs(standardised_shift) > 1).sum())} of {int(np.isfinite(standardised_shift).sum())} states"
    root_mean_square = np.sqrt((shift**2).mean())
    label = "root mean square of the shift of quality by the outcome"
    rows = [row("all states", label, root_mean_square, f"{number} by more than one standard deviation")]
    for k in order[:SHOWN]:
        if np.isfinite(mean_shift[k]):
            state, note = int(states[k]), f"{standardised_shift[k]:+.1f} standard deviations of its path"
            note = f"joined {int(missions_joined[k])} missions; {note}"
            rows.append(row(str(state), names.get(state, str(state)), mean_shift[k], note))
    return rows
