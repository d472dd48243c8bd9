"""Quantities of interest on the probability scale: averaged over rows for each draw, then summarised.

One implementation for every model. The change from the 25th to the 75th percentile of a regressor, everything else as
observed, is the average marginal contrast of Hanmer & Kalkan (2013).
"""

import numpy as np
import xarray as xr

from models.composition import Composition
from models.posterior import logit_at, probability, regressor_draws

ERA_BOUNDARY = 1990
LOW, HIGH = 0.25, 0.75


def quartiles(values: xr.DataArray, scored: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """25th and 75th percentile of a regressor over the scored rows, for each draw if it has draws."""
    seen = values.where(scored)
    low, high = (
        seen.quantile([LOW, HIGH], dim=("mission", "state")).astype("float32").transpose("quantile", ...)
    )
    return low.drop_vars("quantile"), high.drop_vars("quantile")


def contrast(
    posterior: xr.Dataset,
    data: xr.Dataset,
    composition: Composition,
    term: str,
    given_quality: xr.DataArray | None = None,
) -> xr.DataArray:
    """Change of each row's probability when one regressor goes from its 25th to its 75th percentile.

    Parameters
    ----------
    posterior, data, composition
        As for ``models.posterior.outcome_logit``.
    term : {"ties", "quality"}
        The regressor moved; the other is held where it is.
    given_quality : xarray.DataArray, optional

    Returns
    -------
    xarray.DataArray
        (chain, draw, mission, state); NaN where not scored.
    """
    scored = data.joined.notnull().transpose("mission", "state")
    regressors = regressor_draws(posterior, data, composition, given_quality)
    low, high = quartiles(regressors[term], scored)
    flat = xr.ones_like(scored, dtype="float32")
    at = [
        probability(logit_at(posterior, data, composition, {**regressors, term: value * flat}))
        for value in (low, high)
    ]
    return (at[1] - at[0]).where(scored)


def estimand_draws(
    posterior: xr.Dataset,
    data: xr.Dataset,
    composition: Composition,
    given_quality: xr.DataArray | None = None,
) -> dict[tuple[str, str], xr.DataArray]:
    """Draws of every estimand of one model.

    Returns
    -------
    dict of (str, str) to xarray.DataArray
        By estimand and scope (``all``, ``mission:<id>``, ``era:before_1990``, ``era:from_1990``), each (chain, draw):
        ``ties_effect`` and ``quality_effect`` (change of probability), ``joiners_ties`` and ``joiners_quality``
        (change of the expected number of joiners of a mission), ``quality_beats_ties`` (1 where the quality effect is
        the larger).
    """
    late = data.start_year >= ERA_BOUNDARY
    draws = {}
    for term in composition.slope_names():
        change = contrast(posterior, data, composition, term, given_quality)
        draws[f"{term}_effect", "all"] = change.mean(("mission", "state"))
        for scope, chosen in (("era:before_1990", ~late), ("era:from_1990", late)):
            if bool(chosen.any()):
                draws[f"{term}_effect", scope] = change.isel(mission=np.flatnonzero(chosen)).mean(
                    ("mission", "state")
                )
        by_mission, number = change.mean("state"), change.sum("state")
        for mission in data.mission.values.tolist():
            draws[f"{term}_effect", f"mission:{mission}"] = by_mission.sel(mission=mission, drop=True)
            draws[f"joiners_{term}", f"mission:{mission}"] = number.sel(mission=mission, drop=True)
        draws[f"joiners_{term}", "all"] = number.mean("mission")
    for scope in ("all", "era:before_1990", "era:from_1990"):
        pair = [draws.get((f"{term}_effect", scope)) for term in ("quality", "ties")]
        if all(part is not None for part in pair):
            draws["quality_beats_ties", scope] = (pair[0] > pair[1]).astype(float)
    return draws
