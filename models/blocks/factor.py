"""The measurement of one construct: a latent path a state, measured by indicators with persistent errors.

Equations and identification in models/README.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from scipy import optimize

from models.blocks.base import Parameter
from models.composition import Composition
from models.cross_sections import CrossSections, log_likelihood
from models.priors import Priors

STARTING_LOADING, STARTING_SD = 0.5, 0.8
# persistence where a panel has no two adjacent years, and the range it is kept in
UNKNOWN_PERSISTENCE, LEAST_PERSISTENCE, MOST_PERSISTENCE = 0.9, 0.1, 0.99
MODE_STEPS = 2000
LEAST_ANCHOR = 1e-6
# between an indicator's name and the year from which on it is an item of its own
FROM = " from "


@dataclass(frozen=True)
class Panel:
    """Indicators of one construct.

    Attributes
    ----------
    names : list of str
        Items, the anchor first: indicators, or the early and the late half of one.
    states, years : array of int
    value : array, shape (S, K, T)
        In pooled standard deviations within years; zero where not seen.
    seen : array of bool, shape (S, K, T)
    span : array of int, shape (S, 2)
    adjuster : array, shape (P, S, T)
    pairs : array of int, shape (A, 2)
    adjustments : list of str
        Labels of the pairs.
    direction : array, shape (K,)
        Expected sign of each loading.
    """

    names: list
    states: np.ndarray
    years: np.ndarray
    value: np.ndarray
    seen: np.ndarray
    span: np.ndarray
    adjuster: np.ndarray
    pairs: np.ndarray
    adjustments: list
    direction: np.ndarray

    @cached_property
    def readings(self) -> tuple[np.ndarray, np.ndarray]:
        """See ``readings_of``."""
        return readings_of(self.seen, self.stems)

    @property
    def stems(self) -> list[str]:
        """Indicator that each item belongs to."""
        return [re.sub(rf"{FROM}\d+$", "", name) for name in self.names]

    def persistence(self) -> float:
        """Correlation of indicators with themselves a year before, within items, levels of years taken out; pooled over items."""
        number = np.maximum(self.seen.sum(0), 1)
        centred = np.where(self.seen, self.value - np.where(self.seen, self.value, 0.0).sum(0) / number, 0.0)
        both = self.seen[:, :, 1:] & self.seen[:, :, :-1]
        product = (centred[:, :, 1:] * centred[:, :, :-1])[both].sum()
        squares = 0.5 * (centred[:, :, 1:][both] ** 2 + centred[:, :, :-1][both] ** 2).sum()
        if not squares > 0:
            return UNKNOWN_PERSISTENCE
        return float(np.clip(product / squares, LEAST_PERSISTENCE, MOST_PERSISTENCE))

    def weight(self) -> float:
        """How many independent cross-sections a year counts for: (1 - p^2) / (1 + p^2) at persistence p (Bartlett 1946)."""
        square = self.persistence() ** 2
        return (1 - square) / (1 + square)

    def until(self, year: int) -> "Panel":
        """The panel as it was known at the end of a year."""
        return replace(self, seen=self.seen & (self.years <= year))


def readings_of(seen: np.ndarray, stems: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """What is seen (S, K, T) by state and year: state, item, year, item and year of the indicator's reading before (-1 and the
    year itself for the first); and each state's first reading.
    """
    state, item, year = np.nonzero(seen)
    indicator = np.unique(stems, return_inverse=True)[1][item]
    order = np.lexsort((year, indicator, state))
    state, item, year, indicator = (array[order] for array in (state, item, year, indicator))
    again = np.zeros(len(state), bool)
    again[1:] = (state[1:] == state[:-1]) & (indicator[1:] == indicator[:-1])
    before = [np.where(again, np.roll(item, 1), -1), np.where(again, np.roll(year, 1), year)]
    readings = np.stack([state, item, year, *before], axis=1)[np.lexsort((item, year, state))].astype(
        np.int64
    )
    return readings, np.searchsorted(readings[:, 0], np.arange(len(seen) + 1)).astype(np.int64)


def panel(composition: Composition, data: xr.Dataset) -> Panel:
    """The indicators that a composition measures with, standardised by their pooled spread within years."""
    names = composition.indicator_names(data)
    value = (
        data.indicator_value.sel(indicator=names).transpose("state", "indicator", "year").values.astype(float)
    )
    present = data.present.transpose("state", "year").values.astype(bool)
    seen = np.isfinite(value) & present[:, None, :]
    value = np.where(seen, value, 0.0)
    number = np.maximum(seen.sum(0), 1)
    centred = np.where(seen, value - value.sum(0) / number, 0.0)
    spread = np.sqrt((centred**2).sum((0, 2)) / np.maximum(seen.sum((0, 2)), 1))
    offset = value.sum((0, 2)) / np.maximum(seen.sum((0, 2)), 1)
    value = np.where(seen, (value - offset[:, None]) / np.where(spread > 0, spread, 1.0)[:, None], 0.0)
    years = data.year.values.astype(int)
    first = np.argmax(present, axis=1)
    last = len(years) - 1 - np.argmax(present[:, ::-1], axis=1)
    place, items, apart = halves(names, composition.free_after, years)
    value, seen = value[:, place], seen[:, place] & apart
    value = np.where(seen, value, 0.0)
    chosen = data.sel(indicator=[names[k] for k in place])
    adjusts = chosen.adjusts.transpose("indicator", "adjuster").values.astype(bool)
    adjuster = data.adjuster_value.transpose("adjuster", "state", "year").values
    for k, j in np.argwhere(adjusts):
        # an item is not read where what it is adjusted for is missing
        seen[:, k, :] &= np.isfinite(adjuster[j])
    labels = data.adjuster.values.tolist()
    pairs = np.argwhere(adjusts).reshape(-1, 2).astype(np.int64)
    return Panel(
        names=items,
        states=data.state.values.astype(int),
        years=years,
        value=np.ascontiguousarray(value),
        seen=seen,
        span=np.stack([first, last], axis=1).astype(np.int64),
        adjuster=np.nan_to_num(adjuster),
        pairs=pairs,
        adjustments=[f"{items[k]} by {labels[j]}" for k, j in pairs],
        direction=chosen.direction.values.astype(float),
    )


def halves(
    names: list[str], free_after: Mapping[str, int], years: np.ndarray
) -> tuple[list, list, np.ndarray]:
    """Place of each item's indicator, its name, and the years (K, T) in which it is read."""
    found = []
    for k, name in enumerate(names):
        late = years >= free_after.get(name, years[-1] + 1)
        found.append((k, name, ~late))
        if name in free_after:
            found.append((k, f"{name}{FROM}{free_after[name]}", late))
    place, items, apart = zip(*found, strict=True)
    return list(place), list(items), np.array(apart)


def parameters(composition: Composition) -> list[Parameter]:
    """The block's parameters, as tables print them."""
    item = ("indicator",)
    return [
        Parameter("loading", "loading of", item, "loading"),
        Parameter("error_sd", "error's standard deviation of", item, "error_sd"),
        Parameter("adjustment", "adjustment of", ("adjusted",), "adjustment"),
    ]


def level_places(seen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Item, year and whether it is the item's first, of every level from an item's first year seen to its last."""
    cells = []
    for k, years in enumerate(seen.any(0)):
        found = np.flatnonzero(years)
        if len(found):
            cells += [(k, t, t == found[0]) for t in range(found[0], found[-1] + 1)]
    item, year, first = np.array(cells, int).reshape(-1, 3).T
    return item, year, first.astype(bool)


def expected_signs(panel: Panel) -> np.ndarray:
    """Sign that the codebook expects of each loading, (K,); plus where it says nothing, and of the anchor."""
    signs = np.where(panel.direction < 0, -1.0, 1.0)
    signs[0] = 1.0
    return signs


@dataclass(frozen=True)
class Mode:
    """Posterior mode of the measurement.

    Attributes
    ----------
    level : array, shape (K, T)
        Levels of items by year.
    item : array, shape (K, 3)
        Loading, error's standard deviation and persistence (that of the path).
    adjustment : array, shape (A,)
    persistence : float
    log_density : float
    """

    level: np.ndarray
    item: np.ndarray
    adjustment: np.ndarray
    persistence: float
    log_density: float

    def arguments(self) -> tuple:
        """What ``models.paths.path_moments`` takes."""
        return self.level, self.adjustment, self.item, np.array([self.persistence])


class Search:
    """The density of a measurement's cross-sections in coordinates without bounds, with its gradient.

    Coordinates are the steps of the levels in units of their prior spread, the adjustments, the loadings, and the logarithms of
    the errors' spreads above their least value.

    Parameters
    ----------
    panel : Panel
    priors : Priors
    """

    def __init__(self, panel: Panel, priors: Priors):
        self.panel, self.priors, self.sections = panel, priors, CrossSections.of(panel)
        self.item_of, self.year_of, first = level_places(panel.seen)
        self.steps, self.adjusted, self.items = len(first), len(panel.pairs), len(panel.names)
        self.step_sd = np.where(first, priors["level"][1][1], priors["level_step"][1][1])
        self.signs, self.weight = expected_signs(panel), panel.weight()
        self.lower = priors["error_sd"][1][2] if priors["error_sd"][0] == "truncated_normal" else 0.0

    def unpack(self, z: np.ndarray) -> tuple:
        """Levels, adjustments and items of cross-sections."""
        grid, rest = np.zeros((self.items, len(self.panel.years))), z[self.steps :]
        grid[self.item_of, self.year_of] = z[: self.steps] * self.step_sd
        slope, rest = rest[: self.adjusted], rest[self.adjusted :]
        loading, log_sd = rest.reshape(2, self.items)
        return np.cumsum(grid, axis=1), slope, cross_section(loading, self.lower + np.exp(log_sd))

    def objective(self, z: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the log density, and its gradient."""
        level, slope, item = self.unpack(z)
        value, by_level, by_slope, by_loading, by_sd = self.sections.density(level, slope, *item.T[:2])
        steps = z[: self.steps]
        later = np.cumsum(by_level[:, ::-1], axis=1)[:, ::-1][self.item_of, self.year_of]
        # cross-sections count in full for the levels, and by their weight against the priors of items
        density, gradient = _log_prior(item, self.signs, slope, self.priors)
        density, gradient = density / self.weight, {n: g / self.weight for n, g in gradient.items()}
        parts = [
            later * self.step_sd - steps,
            by_slope + gradient["adjustment"],
            by_loading + self.signs * np.concatenate([gradient["anchor_loading"], gradient["loading"]]),
            (by_sd + gradient["error_sd"]) * (item[:, 1] - self.lower),
        ]
        total = value + density - 0.5 * steps @ steps
        return (-total, -np.concatenate(parts)) if np.isfinite(total) else (1e12, np.zeros_like(z))

    def run(self, item: np.ndarray) -> Mode:
        """The mode that is found from items (K, 3); see ``find_mode``."""
        above = np.log(np.maximum(item[:, 1] - self.lower, 0.05))
        start = np.concatenate([np.zeros(self.steps + self.adjusted), item[:, 0], above])
        # spreads at their bound drift without end in unbounded coordinates
        free = [(None, None)] * (self.steps + self.adjusted)
        loadings = [(LEAST_ANCHOR, None), *[(None, None)] * (self.items - 1)]
        bounds = [*free, *loadings, *[(-12.0, 3.0)] * self.items]
        options = {"maxiter": MODE_STEPS, "maxfun": 2 * MODE_STEPS}
        found = optimize.minimize(
            self.objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options
        )
        if found.status == 1:
            raise ValueError(f"no mode was found in {MODE_STEPS} steps")
        level, slope, item = self.unpack(found.x)
        persistence = self.panel.persistence()
        item[:, 2] = persistence
        return Mode(level, item, slope, persistence, float(-found.fun))


def cross_section(loading: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Items (K, 3) without persistence: each year by itself."""
    return np.stack([loading, sd, np.zeros_like(loading)], axis=1)


def find_mode(panel: Panel, priors: Priors) -> Mode:
    """Posterior mode of levels, adjustments and items of the cross-sections, by L-BFGS.

    The levels (an item's level in a year, a random walk over years) stay at their mode when the other parameters are
    sampled: some 150 states tell each.

    Raises
    ------
    ValueError
        If the search does not end.
    """
    search, signs = Search(panel, priors), expected_signs(panel)
    start = cross_section(STARTING_LOADING * signs, STARTING_SD * np.ones_like(signs))
    found = search.run(start)
    if found.item[0, 0] <= 2 * LEAST_ANCHOR:
        # the anchor contradicts the directions of the others: the mode with these turned is another, and may be the higher
        start[1:, 0] *= -1
        found = max(found, search.run(start), key=lambda mode: mode.log_density)
    return found


def _log_prior(item, signs, slope, priors: Priors) -> tuple[float, dict]:
    """Log prior density and its gradient; loadings in the expected direction."""
    parts = {
        "anchor_loading": item[:1, 0],
        "loading": (signs * item[:, 0])[1:],
        "error_sd": item[:, 1],
        "adjustment": slope,
    }
    total = sum(priors.distribution(name).logpdf(value).sum() for name, value in parts.items())
    return float(total), {name: priors.score(name, value) for name, value in parts.items()}


def build_factor(panel: Panel, level: np.ndarray, priors: Priors, variables) -> pm.Model:
    """PyMC model of the items, levels given; each year's cross-section weighted by what it adds.

    Parameters
    ----------
    panel : Panel
    level : array, shape (K, T)
    priors : Priors
    variables : callable
        ``models.priors.GraphVariables``.
    """
    fixed = CrossSections.of(panel).pooled(level, panel.weight()) | {"direction": expected_signs(panel)}
    coords = {"indicator": panel.names, "other_indicator": panel.names[1:], "adjusted": panel.adjustments}
    with pm.Model(coords=coords, check_bounds=False) as model:
        x = {name: pm.Data(name, value, shape=np.shape(value)) for name, value in fixed.items()}
        v = variables(priors)
        anchor_loading = v.variable("anchor_loading")
        # in the direction that the codebook expects
        other_loadings = v.variable("other_loading", "loading", "other_indicator")
        expected_loading = (
            pt.as_tensor(np.zeros(len(panel.names)))[0].set(anchor_loading)[1:].set(other_loadings)
        )
        loading = pm.Deterministic("loading", x["direction"] * expected_loading, dims="indicator")
        sd = v.variable("error_sd", dims="indicator")
        slope = v.variable("adjustment", dims="adjusted") if panel.adjustments else pt.zeros(0)
        pm.Potential("indicators", log_likelihood(x, slope, loading, sd))
    return model
