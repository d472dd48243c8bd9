"""Quantities of interest on the probability scale: averaged over rows for each draw, then summarised.

One implementation and one fixed pair of values of each regressor for every model. The change from one value to the other,
everything else as observed, is the average marginal contrast of Hanmer & Kalkan (2013).
"""

import numpy as np
import xarray as xr
from scipy.special import expit

from models.blocks.regressors import Regressors
from models.build import logit, used_blocks
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
    whole_terms = Composition(composition.name, regressors=composition.regressors)
    values, scored = term_values(whole_terms, data, measured), scored_cells(data)
    quartiles = {}
    for name in whole_terms.regressors:
        low, high = values.sel(term=name).where(scored).quantile([LOW, HIGH]).values
        quartiles[name] = (float(low), float(high))
    return quartiles


def joiner_changes(draws: OutcomeDraws, pairs: dict[str, tuple[float, float]]) -> xr.DataArray:
    """Change of the expected number of joiners of each mission when one term goes from the first value of its pair to the second.

    A part of a split regressor moves about its own mean by half the distance each way.

    Returns
    -------
    xarray.DataArray
        (chain, draw, term, mission): probabilities summed over the scored states.
    """
    composition, scored = draws.composition, scored_cells(draws.data)
    terms = composition.terms()
    regressor_blocks = [block for block in used_blocks(composition) if isinstance(block, Regressors)]
    constant_blocks = [block for block in used_blocks(composition) if not isinstance(block, Regressors)]

    def change(p, x):
        logit_of_others, changes = logit(composition, p, x, constant_blocks), []
        for term in terms:
            low, high = pairs[term.regressor]
            if term.part != "whole":
                low, high = (low - high) / 2, (high - low) / 2
            name = f"{term.name}_value"
            probability = [
                expit(
                    logit_of_others
                    + logit(composition, p, {**x, name: np.full(scored.shape, v)}, regressor_blocks)
                )
                for v in (low, high)
            ]
            changes.append(((probability[1] - probability[0]) * scored.values).sum(-1))
        return np.stack(changes, axis=1)

    changes = draws.labelled(draws.each(change), ("term", "mission"))
    return changes.assign_coords(term=[term.name for term in terms])


def average_change(draws: OutcomeDraws, pairs: dict[str, tuple[float, float]]) -> dict[str, xr.DataArray]:
    """``<term>_effect`` averaged over the scored rows, each (chain, draw)."""
    average = joiner_changes(draws, pairs).sum("mission") / int(scored_cells(draws.data).sum())
    return {f"{name}_effect": average.sel(term=name, drop=True) for name in average.term.values.tolist()}


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
    missions, late = data.mission.values.tolist(), data.start_year.values >= ERA_BOUNDARY
    rows = scored_cells(data).sum("state").values
    scopes = {"all": np.arange(len(missions)), "era:before_1990": np.flatnonzero(~late)}
    scopes |= {"era:from_1990": np.flatnonzero(late)}
    scopes = {scope: places for scope, places in scopes.items() if len(places)}
    changes = joiner_changes(draws, pairs)
    for name in changes.term.values.tolist():
        number = changes.sel(term=name, drop=True)
        for scope, places in scopes.items():
            found[f"{name}_effect", scope] = number.isel(mission=places).sum("mission") / rows[places].sum()
        for m, mission in enumerate(missions):
            found[f"joiners_{name}", f"mission:{mission}"] = number.isel(mission=m, drop=True)
            found[f"{name}_effect", f"mission:{mission}"] = number.isel(mission=m, drop=True) / rows[m]
        found[f"joiners_{name}", "all"] = number.mean("mission")
    latents = draws.composition.latents
    for scope in scopes:
        pair = [found.get((f"{name}_effect", scope)) for name in (latents[0] if latents else "", "ties")]
        if all(part is not None for part in pair):
            found["quality_beats_ties", scope] = (pair[0] > pair[1]).astype(float)
    return found
