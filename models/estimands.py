"""Quantities of interest on the probability scale: averaged over rows for each draw, then summarised.

One implementation and one fixed pair of values of each regressor for every model. The change from one value to the other,
everything else as observed, is the average marginal contrast of Hanmer & Kalkan (2013).
"""

import numpy as np
import xarray as xr
from scipy.special import expit

from models.build import logit
from models.composition import Composition
from models.posterior import OutcomeDraws
from models.regressors import scored_cells, term_values

ERA_BOUNDARY = 1990
LOW, HIGH = 0.25, 0.75


def contrast_values(
    composition: Composition, data: xr.Dataset, measured: dict | None
) -> dict[str, tuple[float, float]]:
    """25th and 75th percentile over the scored rows of each regressor, the latents at their filtered posterior mean.

    They hold for all models: draws, smoothed paths and joint paths are spread differently, and would move the contrast. A split
    regressor's parts are moved by the same distance as the whole.
    """
    plain = Composition(composition.name, regressors=composition.regressors)
    values, scored = term_values(plain, data, measured), scored_cells(data)
    found = {}
    for name in plain.regressors:
        low, high = values.sel(term=name).where(scored).quantile([LOW, HIGH]).values
        found[name] = (float(low), float(high))
    return found


def contrast(draws: OutcomeDraws, term, pair: tuple[float, float]) -> xr.DataArray:
    """Change of each row's probability when one term goes from the first value of a pair to the second.

    A part of a split regressor moves about its own mean by half the distance each way.

    Returns
    -------
    xarray.DataArray
        (chain, draw, mission, state); NaN where not scored.
    """
    composition = draws.composition
    half = (pair[1] - pair[0]) / 2
    low, high = pair if term.part == "whole" else (-half, half)
    scored = scored_cells(draws.data)

    def change(p, x):
        name = f"{term.name}_value"
        at = [expit(logit(composition, p, {**x, name: np.full(scored.shape, v)})) for v in (low, high)]
        return (at[1] - at[0]).astype("float32")

    return draws.labelled(draws.each(change), ("mission", "state")).where(scored)


def average_change(draws: OutcomeDraws, pairs: dict[str, tuple[float, float]]) -> dict[str, xr.DataArray]:
    """``<term>_effect`` averaged over the scored rows, each (chain, draw)."""
    return {
        f"{term.name}_effect": contrast(draws, term, pairs[term.regressor]).mean(("mission", "state"))
        for term in draws.composition.terms()
    }


def estimand_draws(
    draws: OutcomeDraws, pairs: dict[str, tuple[float, float]]
) -> dict[tuple[str, str], xr.DataArray]:
    """Draws of every estimand of one model.

    Parameters
    ----------
    draws : OutcomeDraws
    pairs : dict
        From ``contrast_values``.

    Returns
    -------
    dict of (str, str) to xarray.DataArray
        By estimand and scope (``all``, ``mission:<id>``, ``era:before_1990``, ``era:from_1990``), each (chain, draw):
        ``<term>_effect`` (change of probability), ``joiners_<term>`` (change of the expected number of joiners of a mission), and
        ``quality_beats_ties`` (1 where the effect of the first latent regressor is the larger).
    """
    data, found = draws.data, {}
    late = data.start_year >= ERA_BOUNDARY
    eras = {"era:before_1990": np.flatnonzero(~late), "era:from_1990": np.flatnonzero(late)}
    for term in draws.composition.terms():
        change = contrast(draws, term, pairs[term.regressor])
        found[f"{term.name}_effect", "all"] = change.mean(("mission", "state"))
        for scope, places in eras.items():
            if len(places):
                found[f"{term.name}_effect", scope] = change.isel(mission=places).mean(("mission", "state"))
        by_mission, number = change.mean("state"), change.sum("state")
        for mission in data.mission.values.tolist():
            found[f"{term.name}_effect", f"mission:{mission}"] = by_mission.sel(mission=mission, drop=True)
            found[f"joiners_{term.name}", f"mission:{mission}"] = number.sel(mission=mission, drop=True)
        found[f"joiners_{term.name}", "all"] = number.mean("mission")
    latents = draws.composition.latents
    for scope in ("all", *eras):
        pair = [found.get((f"{name}_effect", scope)) for name in (latents[0] if latents else "", "ties")]
        if all(part is not None for part in pair):
            found["quality_beats_ties", scope] = (pair[0] > pair[1]).astype(float)
    return found
