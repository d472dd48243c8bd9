"""Negative controls like for like: the same model, scale and rows; what is estimated is the difference.

A control stands beside the regressor that it controls, as a covariate on the same scale in the same model, so that the difference
of their slopes and its interval come from one posterior. Missions that others led are other rows: the same model is fitted to
them, and the two posteriors are independent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy.stats import norm

from models.composition import Composition
from workflow.lib.checking.table import CANNOT_TELL, DESCRIBED, FAILED, PASSED, check_row, estimate_row

NEAR_ZERO, POSITIVE = "near zero", "positive"


@dataclass(frozen=True)
class Control:
    """A control beside a regressor.

    Attributes
    ----------
    check : str
        ``rivals``, ``later``.
    item, label : str
    regressor : str
        ``ties`` or the latent regressor that it controls.
    values : xarray.DataArray, shape (mission, state)
        On the scale of the regressor; NaN where it is not observed.
    note : str
    """

    check: str
    item: str
    label: str
    regressor: str
    values: xr.DataArray
    note: str = ""


def with_covariate(data: xr.Dataset, name: str, values: xr.DataArray) -> xr.Dataset:
    """The data with one more covariate; rows in which it is missing are not scored."""
    grid = values.reindex(mission=data["mission"].values, state=data["state"].values).transpose(
        "mission", "state"
    )
    observed = np.isfinite(grid.values)
    joined = data["joined"].where(xr.DataArray(observed, dims=("mission", "state")))
    without_covariates = data.drop_vars(
        ["covariate_value", "covariate_role", "covariate_centre", "covariate_scale"], errors="ignore"
    )
    covariates = data["covariate_value"].transpose("covariate", "mission", "state")
    value = np.concatenate([covariates.values, np.where(observed, grid.values, 0.0)[None]])
    names = [*data["covariate"].values.tolist(), name]
    roles = [*data["covariate_role"].values.tolist(), "added"]
    without_covariates = without_covariates.drop_vars("covariate", errors="ignore").assign(joined=joined)
    return without_covariates.assign(
        covariate_value=(("covariate", "mission", "state"), value)
    ).assign_coords(covariate=names, covariate_role=("covariate", roles))


def with_control(composition: Composition, data: xr.Dataset, name: str) -> Composition:
    """The composition with one more control."""
    return replace(composition, controls=(*composition.control_names(data), name))


def power_to_see(effect: float, spread: float, interval: float) -> float:
    """Chance that the interval of an estimate of that spread leaves out zero if the truth is the effect."""
    limit = norm.isf((1 - interval) / 2)
    return float(norm.sf(limit - abs(effect) / spread)) if spread > 0 else np.nan


def control_verdict(control: dict, naive: dict) -> str:
    """Failed if a control that should be null has a slope; passed if its interval leaves out one of the naive size, too."""
    if control["lower"] > 0 or control["upper"] < 0:
        return FAILED
    return PASSED if max(-control["lower"], control["upper"]) < abs(naive["estimate"]) else CANNOT_TELL


def difference_verdict(control: dict, difference: dict, naive: dict) -> str:
    """Passed if the regressor has a slope and is clearly above its control; failed if it is not, and the control has a slope.

    Without either the control cannot tell: a wide interval is no evidence of nothing, and a slope that is not there has nothing
    to be told from.
    """
    if difference["lower"] > 0:
        return PASSED if naive["lower"] > 0 else CANNOT_TELL
    return FAILED if control["lower"] > 0 else CANNOT_TELL


def difference_rows(
    control: Control, fit: Callable, naive: xr.DataArray, main: str, interval: float
) -> list[dict]:
    """Slope of a control beside the regressor, and the difference of the two.

    Parameters
    ----------
    control : Control
    fit : callable
        Control -> slopes of the regressor and of the control, each (chain, draw).
    naive : xarray.DataArray
        Slope of the regressor in the main model, without the control.
    """
    slope, control_slope = fit(control)
    labels = {f"{control.item} slope": control.label}
    labels[f"{control.item} difference"] = f"{control.regressor} less {control.label}"
    pairs = zip(labels.items(), (control_slope, slope - control_slope), strict=True)
    rows = _control_and_difference(control.check, pairs, naive, main, interval, control.note)
    label = f"{control.regressor} beside {control.label}"
    columns = {"unit": "log-odds", **estimate_row(slope, interval)}
    return [*rows, check_row(control.check, main, f"{control.item} beside", label, DESCRIBED, **columns)]


def led_by_others_rows(
    regressor: str, slope: xr.DataArray, control: xr.DataArray, main: str, interval: float, missions: int
) -> list[dict]:
    """Slope in missions that others led, and that in one's own less it, from two independent posteriors."""
    pairs = min(slope.size, control.size)
    slope_draws, control_draws = (
        np.asarray(x).ravel()[np.linspace(0, x.size - 1, pairs).astype(int)] for x in (slope, control)
    )
    # the two posteriors are independent: any pairing of their draws has the right distribution
    difference = slope_draws - np.random.default_rng(pairs).permutation(control_draws)
    labels = {f"{regressor} led by others": f"{regressor} in missions led by others"}
    labels[f"{regressor} difference"] = (
        f"{regressor} in missions of the pivotal state less those led by others"
    )
    pairs = zip(labels.items(), (control, difference), strict=True)
    note = f"{missions} missions; same model and scale"
    return _control_and_difference("missions led by others", pairs, slope, main, interval, note)


def _control_and_difference(check: str, pairs, naive, main: str, interval: float, note: str) -> list[dict]:
    """A row that tests a control, and one that tests the difference; ``pairs`` are (item, label) and draws of each."""
    rows, estimates, naive_estimate = [], [], estimate_row(naive, interval)
    for (item, label), draws in pairs:
        estimates.append(estimate_row(draws, interval))
        expected = POSITIVE if rows else NEAR_ZERO
        verdict = (difference_verdict if rows else control_verdict)(*estimates, naive_estimate)
        power = power_to_see(float(naive.mean()), float(np.std(draws)), interval)
        columns = {"unit": "log-odds", "expected": expected, "power": power, "note": note} | estimates[-1]
        rows.append(check_row(check, main, item, label, verdict, **columns))
    return rows
