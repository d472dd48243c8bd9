"""Facts that a historian would not dispute: orderings of two states, groups of states, turning points.

None of them is used in the measurement; groups that share a source with an indicator are marked so.
"""

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import norm

from workflow.lib.checking.table import (
    CANNOT_TELL,
    DESCRIBED,
    check_row,
    check_table,
    estimate_row,
    passed_if,
)
from workflow.lib.checking.validity.paths import percentiles

# a probability from the second on is right, one below the first is wrong, one between tells nothing
UNDECIDED = (0.4, 0.6)
SIDES = {"high": 1, "above_median": 1, "low": -1}
OVERLAP = "overlap"
SHOWN = 12


class Places:
    """Where states and years stand in a panel.

    Parameters
    ----------
    latent : xarray.Dataset
        Coordinates state and year.
    names : mapping of int to str
        Names of states.
    """

    def __init__(self, latent: xr.Dataset, names):
        self.state = {int(s): i for i, s in enumerate(latent.state.values)}
        self.years = latent.year.values.astype(int)
        self.names = names

    def name(self, state: int) -> str:
        """The state's name, or its code."""
        return str(self.names.get(int(state), int(state)))

    def cells(self, value: np.ndarray, state: int, years) -> np.ndarray:
        """Values (..., S, T) of one state in some years, (..., years); NaN outside the panel."""
        cells = np.full((*value.shape[:-2], len(years)), np.nan)
        if int(state) in self.state:
            inside = np.isin(years, self.years)
            places = np.searchsorted(self.years, np.asarray(years)[inside])
            cells[..., inside] = value[..., self.state[int(state)], places]
        return cells


def chance_above_zero(difference: np.ndarray) -> float:
    """Normal probability that draws (N,) of a difference of paths are above zero: paths are Gaussian, and draws are few."""
    mean, sd = difference.mean(), difference.std()
    return float(norm.cdf(mean / sd)) if sd != 0 else 0.5 + 0.5 * np.sign(mean)


def ordering_chances(value: np.ndarray, places: Places, orderings: pd.DataFrame) -> np.ndarray:
    """Probability by paths (N, S, T) that the higher state stands above the lower one; NaN outside the panel."""
    chances = []
    for row in orderings.itertuples():
        high, low = (
            places.cells(value, s, [int(row.year)])[:, 0] for s in (row.higher_state, row.lower_state)
        )
        chances.append(chance_above_zero(high - low))
    return np.array(chances)


def known_orderings(draws: np.ndarray, places: Places, orderings: pd.DataFrame, model: str) -> pd.DataFrame:
    """Probability that the state that was closer to the pivotal state is the higher one.

    Parameters
    ----------
    draws : array, shape (N, S, T)
        Smoothed paths.
    places : Places
    orderings : pandas.DataFrame
        higher_state, lower_state, year, reason.
    model : str
    """
    rows = []
    for chance, row in zip(ordering_chances(draws, places, orderings), orderings.itertuples(), strict=True):
        label = f"{places.name(row.higher_state)} above {places.name(row.lower_state)}, {int(row.year)}"
        item = f"{int(row.higher_state)}-{int(row.lower_state)}-{int(row.year)}"
        outside = "a state is not in the panel in that year"
        rows.append(_called("known_orderings", model, item, label, chance, str(row.reason), outside))
    return check_table(rows)


def _called(check: str, model: str, item: str, label: str, chance: float, note: str, outside: str) -> dict:
    """A fact and the probability that the measure gives it; one that is not finite is outside the panel."""
    if not np.isfinite(chance):
        return check_row(check, model, item, label, CANNOT_TELL, unit="probability", note=outside)
    verdict = CANNOT_TELL if UNDECIDED[0] <= chance < UNDECIDED[1] else passed_if(chance > 0.5)
    columns = {"unit": "probability", "expected": f"{UNDECIDED[1]} or more", "estimate": chance, "note": note}
    return check_row(check, model, item, label, verdict, **columns)


def turning_chances(value: np.ndarray, places: Places, points: pd.DataFrame) -> np.ndarray:
    """Probability by paths (N, S, T) of a move in the stated direction, net of the mean change of all states."""
    chances = []
    for row in points.itertuples():
        years = [int(row.year_before), int(row.year_after)]
        change = np.diff(places.cells(value, row.state, years), axis=-1)[:, 0]
        if not np.isfinite(change).all():
            chances.append(np.nan)
            continue
        before, after = np.searchsorted(places.years, years)
        net = change - np.nanmean(value[..., after] - value[..., before], axis=1)
        chances.append(chance_above_zero(net * (1 if row.direction == "up" else -1)))
    return np.array(chances)


def turning_points(draws: np.ndarray, places: Places, points: pd.DataFrame, model: str) -> pd.DataFrame:
    """Probability that a relationship moved as the event says.

    Parameters
    ----------
    draws : array, shape (N, S, T)
        Smoothed paths.
    places : Places
    points : pandas.DataFrame
        state, year_before, year_after, direction (up, down), event.
    model : str
    """
    rows, outside = [], "the state is not in the panel in one of the years"
    for chance, row in zip(turning_chances(draws, places, points), points.itertuples(), strict=True):
        words = f"{places.name(row.state)} {row.direction}, {int(row.year_before)} to {int(row.year_after)}"
        item = f"{int(row.state)}-{int(row.year_before)}"
        rows.append(_called("turning_points", model, item, words, chance, str(row.event), outside))
    return check_table(rows)


def spells(groups: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Groups with the years strictly inside each state's years and inside the panel (`years`), empty ones left out."""
    last_year, inner_years = int(places.years[-1]), []
    for row in groups.itertuples():
        stop = last_year + 1 if pd.isna(row.to_year) else int(row.to_year)
        years = [y for y in range(int(row.from_year) + 1, stop) if y in places.years]
        inner_years.append(years if int(row.state) in places.state else [])
    chosen = groups.assign(years=inner_years)
    return chosen[chosen["years"].map(len) > 0]


def spell_percentiles(percentile: np.ndarray, places: Places, chosen: pd.DataFrame) -> np.ndarray:
    """Mean percentile of each spell, (spell, N); NaN where the state did not exist."""
    means = []
    for row in chosen.itertuples():
        path = places.cells(percentile, row.state, row.years)
        seen = np.isfinite(path).any(-1)
        means.append(np.where(seen, np.nansum(path, -1) / np.maximum(np.isfinite(path).sum(-1), 1), np.nan))
    return np.array(means).reshape(len(chosen), len(percentile))


def known_groups(
    draws: np.ndarray, places: Places, groups: pd.DataFrame, model: str, interval: float
) -> pd.DataFrame:
    """Where groups of states stand within years, and how many of their spells are on the right side of the median.

    Parameters
    ----------
    draws : array, shape (N, S, T)
        Smoothed paths.
    places : Places
    groups : pandas.DataFrame
        kind, state, from_year, to_year (empty: to the end), expectation (high, above_median, low, none), note.
    model : str
    interval : float
    """
    chosen, rows = spells(groups, places), []
    spell_means = spell_percentiles(percentiles(draws), places, chosen)
    existed = np.isfinite(spell_means).all(1)
    chosen, spell_means = chosen[existed], spell_means[existed]
    # a group without an expectation is described
    keys = list(zip(chosen["kind"], chosen["expectation"], strict=True))
    for kind, expectation in dict.fromkeys(keys):
        group = np.array([key == (kind, expectation) for key in keys])
        rows += _group_rows(spell_means[group], chosen[group], kind, expectation, places, model, interval)
    return check_table(rows)


def _group_rows(spell_means, chosen, kind, expectation, places, model, interval) -> list[dict]:
    side, item = SIDES.get(expectation), f"{kind}:{expectation}"
    words = f"{kind.replace('_', ' ')} ({expectation.replace('_', ' ')})"
    percentile = estimate_row(spell_means.mean(0), interval)
    percentile |= {"unit": "share", "note": f"{len(chosen)} spells"}
    shared = chosen["note"].astype(str).str.contains(OVERLAP, case=False).sum()
    if shared:
        percentile["note"] += f"; {shared} share a source with an indicator or a tie"
    label, verdict = f"Percentile of {words}", DESCRIBED
    if side is not None:
        percentile["expected"] = f"{'above' if side > 0 else 'below'} one half"
        verdict = passed_if(side * (percentile["estimate"] - 0.5) > 0)
    rows = [check_row("known_groups", model, item, label, verdict, **percentile)]
    if side is not None:
        right = side * (spell_means.mean(1) - 0.5) > 0
        wrong = [f"{places.name(r.state)} {r.years[0]}-{r.years[-1]}" for r in chosen[~right].itertuples()]
        sided = {"estimate": right.mean(), "unit": "share", "expected": "above one half"}
        if wrong:
            more = " ..." if len(wrong) > SHOWN else ""
            sided["note"] = f"on the other side: {', '.join(wrong[:SHOWN])}{more}"
        label, verdict = f"Spells of {words} on the right side of the median", passed_if(right.mean() > 0.5)
        rows.append(check_row("known_groups", model, f"{item}:spells", label, verdict, **sided))
    return rows
