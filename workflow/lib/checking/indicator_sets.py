"""Which indicators move the answer? The measure and the main model anew, for hundreds of sets of indicators.

Random sets of at least three indicators, of which at least one belongs to the constructs that the model measures, the others
possibly to neighbouring constructs (aid, troops, visits). Each is measured at the posterior mode, and its filtered path enters
the main model, which is sampled again.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from models.blocks.factor import panel
from models.composition import TIES, Composition
from models.priors import Priors
from workflow.lib.checking.refits import Log, Refitter
from workflow.lib.checking.validity.paths import Refit, correlation_within_years, refit
from workflow.lib.errors import UserError

COLUMNS = ["set", "indicators", "n_indicators", "correlation_with_default"]
COLUMNS += ["quality_effect", "ties_effect", "quality_larger"]
NEIGHBOURS = ("economic_aid", "military_aid", "troops", "visits_to_pivotal", "visits_from_pivotal")
FEWEST = 3
DEFAULT_CHANCE, NEIGHBOUR_CHANCE = 0.6, 0.3


def draw_sets(default: list[str], neighbours: list[str], number: int, seed: int) -> list[tuple[str, ...]]:
    """Different sets of indicators, the default (all of the model's own) first.

    Fewer than asked for where there are not so many, or where they are not found in twenty times as many tries.
    """
    random, sets = np.random.default_rng(seed), {tuple(default): None}
    for _ in range(20 * number):
        if len(sets) >= number:
            break
        from_default = [n for n in default if random.random() < DEFAULT_CHANCE]
        from_neighbours = [n for n in neighbours if random.random() < NEIGHBOUR_CHANCE]
        if from_default and len(from_default) + len(from_neighbours) >= FEWEST:
            sets[(*from_default, *from_neighbours)] = None
    return list(sets)


def measuring_with(composition: Composition, names: tuple[str, ...], data: xr.Dataset) -> Composition:
    """A measurement with other indicators; the first construct named is that of the model where the set has it."""
    constructs = data.construct.to_series()
    measures = dict.fromkeys([*composition.measures, *(constructs[n] for n in names)])
    free = {name: year for name, year in composition.free_after.items() if name in names}
    return replace(composition, measures=tuple(measures), indicators=names, free_after=free)


def effects_with(refitter: Refitter, name: str, measured: Refit, label: str) -> dict[str, float]:
    """Effects of a latent of the main model measured otherwise, and of ties, between the quartiles of what is measured."""
    path = refitter.measured[name].assign(filtered_mean=(("state", "year"), measured.filtered))
    paths = {**refitter.measured, name: path}
    effects = replace(refitter, measured=paths).effects(refitter.fit(label, measured=paths))
    quality, ties = (effects.get(f"{term}_effect") for term in (name, TIES))
    if ties is None:
        return {"quality_effect": float(quality.mean())}
    larger = float((quality > ties).mean())
    return {
        "quality_effect": float(quality.mean()),
        "ties_effect": float(ties.mean()),
        "quality_larger": larger,
    }


def indicator_sets(
    composition: Composition,
    data: xr.Dataset,
    priors: Priors,
    number: int,
    seed: int,
    refitter: Refitter | None,
    log: Log,
) -> pd.DataFrame:
    """The answer under many sets of indicators.

    Parameters
    ----------
    composition : Composition
        The measurement with its default indicators.
    data : xarray.Dataset
    priors : Priors
    number : int
        Of sets, the default among them.
    seed : int
    refitter : Refitter, optional
        Refits of the main model; without one there are no effects.
    log : callable

    Returns
    -------
    pandas.DataFrame
        set (0 is the default), indicators, n_indicators, correlation_with_default, quality_effect and ties_effect (from lower to
        upper quartile), quality_larger (probability); empty where there is no mode, or a refit did not converge.
    """
    available, default = data.indicator.values.tolist(), composition.indicator_names(data)
    sets = draw_sets(default, [n for n in NEIGHBOURS if n in available and n not in default], number, seed)
    first, rows = refit(panel(composition, data), priors), []
    for k, names in enumerate(sets):
        row = {"set": k, "indicators": ";".join(names), "n_indicators": len(names)}
        try:
            measured = refit(panel(measuring_with(composition, names, data), data), priors)
            row["correlation_with_default"] = float(
                correlation_within_years(measured.smoothed, first.smoothed)
            )
            if refitter is not None:
                row |= effects_with(refitter, composition.name, measured, f"set {k}")
        except (ValueError, UserError) as fault:  # a set without numbers is counted
            log(f"set {k}: {fault}")
        rows.append(row)
        if len(rows) % 50 == 0:
            log(f"{len(rows)} of {len(sets)} sets of indicators")
    return pd.DataFrame(rows, columns=COLUMNS)
