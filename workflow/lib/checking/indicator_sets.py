"""Which indicators move the answer? The measure and the outcome anew, for hundreds of sets of indicators.

Random sets of at least three indicators, of which at least one belongs to the constructs that the model measures, the others
possibly to neighbouring constructs (aid, troops, visits). Each is measured at the posterior mode, and its filtered path enters
a penalised logit: a fast approximation, in which sets are compared with one another.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pandas as pd
import xarray as xr

from models.blocks.factor import panel
from models.composition import Composition
from models.priors import Priors
from models.regressors import mission_years
from workflow.lib.checking.penalised_logit import Outcome
from workflow.lib.checking.validity.paths import Refit, correlation_within_years, refit

COLUMNS = ["set", "indicators", "n_indicators", "correlation_with_default"]
COLUMNS += ["quality_slope", "quality_effect", "ties_effect"]
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


def regressor(measured: Refit, data: xr.Dataset, outcome: Outcome) -> np.ndarray:
    """The filtered path in the years before missions, in standard deviations over scored rows."""
    year_position = np.searchsorted(measured.panel.years, mission_years(data))
    state_position = {int(s): i for i, s in enumerate(measured.panel.states)}
    rows = np.array([state_position[int(s)] for s in data.state.values])
    value = np.nan_to_num(measured.filtered[rows[outcome.state], year_position[outcome.mission]])
    return (value - value.mean()) / value.std()


def measuring_with(composition: Composition, names: tuple[str, ...], data: xr.Dataset) -> Composition:
    """A measurement with other indicators; the first construct named is that of the model where the set has it."""
    constructs = data.construct.to_series()
    measures = dict.fromkeys([*composition.measures, *(constructs[n] for n in names)])
    free = {name: year for name, year in composition.free_after.items() if name in names}
    return replace(composition, measures=tuple(measures), indicators=names, free_after=free)


class Sets:
    """Measures and fits sets of indicators, one after another; ``composition`` measures with the default ones."""

    def __init__(self, composition: Composition, data: xr.Dataset, priors: Priors):
        self.composition, self.data, self.priors = composition, data, priors
        self.outcome = Outcome(data)
        self.default = self.measure(tuple(composition.indicator_names(data)))
        self.start = self.outcome.fit(regressor(self.default, data, self.outcome)).coefficient

    def measure(self, names: tuple[str, ...]) -> Refit:
        """Paths of one set."""
        return refit(panel(measuring_with(self.composition, names, self.data), self.data), self.priors)

    def row(self, number: int, names: tuple[str, ...]) -> dict:
        """One set's agreement with the default, slope and effects."""
        counted = number, ";".join(names), len(names)
        try:
            measured = self.measure(names)
        except ValueError:
            # a set without a mode has no numbers, and is counted
            return dict.fromkeys(COLUMNS, np.nan) | dict(zip(COLUMNS, counted, strict=False))
        quality = regressor(measured, self.data, self.outcome)
        fit = self.outcome.fit(quality, self.start)
        agreement = correlation_within_years(measured.smoothed, self.default.smoothed)
        effects = [self.outcome.effect(fit, quality, term) for term in ("quality", "ties")]
        slope = fit.coefficient[Outcome.QUALITY]
        values = (*counted, float(agreement), float(slope), *effects)
        return dict(zip(COLUMNS, values, strict=True))


_shared: dict[str, Sets] = {}


def _begin(composition: Composition, data: xr.Dataset, priors: Priors) -> None:
    _shared["sets"] = Sets(composition, data, priors)


def _row(task: tuple[int, tuple[str, ...]]) -> dict:
    return _shared["sets"].row(*task)


def indicator_sets(
    composition: Composition,
    data: xr.Dataset,
    priors: Priors,
    number: int,
    seed: int,
    processes: int = 1,
    log: Callable[[str], None] = lambda line: None,
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
    processes : int
        The result does not depend on it.
    log : callable, optional

    Returns
    -------
    pandas.DataFrame
        set (0 is the default), indicators, n_indicators, correlation_with_default, quality_slope (of one standard deviation),
        quality_effect, ties_effect (from lower to upper quartile).
    """
    available = data.indicator.values.tolist()
    default = composition.indicator_names(data)
    sets = draw_sets(default, [n for n in NEIGHBOURS if n in available and n not in default], number, seed)
    tasks, rows = list(enumerate(sets)), []
    if processes == 1:
        _begin(composition, data, priors)
        return pd.DataFrame([_row(task) for task in tasks], columns=COLUMNS)
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (composition, data, priors)) as pool:
        for row in pool.map(_row, tasks, chunksize=4):
            rows.append(row)
            if len(rows) % 50 == 0:
                log(f"{len(rows)} of {len(tasks)} sets of indicators")
    return pd.DataFrame(rows, columns=COLUMNS)
