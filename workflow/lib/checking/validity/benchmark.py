"""The floor to beat: a plain equal-weight index of the same indicators."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.blocks.factor import Panel
from workflow.lib.checking.table import check_row, check_table, passed_if
from workflow.lib.checking.validity.known import (
    SIDES,
    Places,
    ordering_chances,
    spell_percentiles,
    spells,
    turning_chances,
)
from workflow.lib.checking.validity.paths import Refit, correlation_within_years, percentiles


def equal_weight_index(panel: Panel, without: str | None = None) -> np.ndarray:
    """Mean of the standardised indicators that a state has in a year, year means taken out, signs as expected, (S, T)."""
    chosen = [k for k, name in enumerate(panel.stems) if name != without and np.isfinite(panel.direction[k])]
    value, seen = panel.value[:, chosen] * panel.direction[chosen][None, :, None], panel.seen[:, chosen]
    number = np.maximum(seen.sum(0), 1)
    centred = np.where(seen, value - np.where(seen, value, 0.0).sum(0) / number, 0.0)
    observed = seen.sum(1)
    return np.where(observed > 0, centred.sum(1) / np.maximum(observed, 1), np.nan)


def index_draws(panel: Panel, number: int, random: np.random.Generator) -> np.ndarray:
    """Paths that the index may stand for, (number, S, T): a call without its error cannot be scored as a probability.

    The error of a mean of n indicators of mean correlation r is sqrt((1 - r) / n) (Spearman 1910; Brown 1910), and lasts as
    long as the indicators do.
    """
    chosen = np.isfinite(panel.direction)
    seen = panel.seen[:, chosen]
    value = np.where(seen, panel.value[:, chosen] * panel.direction[chosen][None, :, None], np.nan)
    centred = value - np.where(seen, value, 0.0).sum(0) / np.maximum(seen.sum(0), 1)
    flat = pd.DataFrame(np.moveaxis(centred, 1, 2).reshape(-1, centred.shape[1]))
    correlations = flat.corr().to_numpy()
    shared = np.clip(np.nanmean(correlations[np.triu_indices(len(correlations), 1)]), 0.0, 1.0)
    error = np.sqrt((1 - shared) / np.maximum(seen.sum(1), 1))
    persistence, noise = panel.persistence(), random.normal(size=(number, *error.shape))
    for t in range(1, noise.shape[2]):
        noise[:, :, t] = persistence * noise[:, :, t - 1] + np.sqrt(1 - persistence**2) * noise[:, :, t]
    return equal_weight_index(panel) + error * noise


def item_values(panel: Panel, name: str) -> np.ndarray:
    """One indicator where it was observed, (S, T), high where the relationship should be good."""
    items = [k for k, stem in enumerate(panel.stems) if stem == name]
    sign = -1.0 if panel.direction[items[0]] < 0 else 1.0
    # of the halves of an indicator one is zero where the other is seen
    return np.where(panel.seen[:, items].any(1), sign * panel.value[:, items].sum(1), np.nan)


def group_sides(paths: np.ndarray, places: Places, groups: pd.DataFrame) -> float:
    """Share of known spells whose mean percentile over paths (N, S, T) is on the expected side of the median."""
    chosen = spells(groups[groups["expectation"].isin(SIDES)], places)
    mean = spell_percentiles(percentiles(paths), places, chosen).mean(1)
    side = chosen["expectation"].map(SIDES).to_numpy(float)
    observed = np.isfinite(mean)
    return float((side * (mean - 0.5) > 0)[observed].mean()) if observed.any() else np.nan


def _calls(chances: np.ndarray, comparable: np.ndarray) -> tuple[float, float]:
    """Number of chances above one half and their Brier score."""
    return float((chances[comparable] > 0.5).sum()), float(((1 - chances[comparable]) ** 2).mean())


def _known_criteria(draws: np.ndarray, index: np.ndarray, places: Places, known: Mapping) -> list[tuple]:
    """Criterion, words, model's value, index's value, unit, sign (1: larger is better)."""
    criteria = []
    for name, function in (("orderings", ordering_chances), ("turning_points", turning_chances)):
        if known.get(name) is None:
            continue
        chances = [function(paths, places, known[name]) for paths in (draws, index)]
        comparable = np.isfinite(chances[0]) & np.isfinite(chances[1])
        if not comparable.any():
            continue
        words = name.replace("_", " ")
        (right, brier), (index_right, index_brier) = (_calls(c, comparable) for c in chances)
        criteria.append((name, f"Known {words} right, of {comparable.sum()}", right, index_right, "count", 1))
        criteria.append((f"{name}_brier", f"Brier score of {words}", brier, index_brier, "", -1))
    if known.get("groups") is not None:
        sides = [group_sides(paths, places, known["groups"]) for paths in (draws, index)]
        if np.isfinite(sides).all():
            criteria.append(("groups", "Known spells on the right side of the median", *sides, "share", 1))
    return criteria


def benchmark(
    draws: np.ndarray, panel: Panel, places: Places, known: Mapping, held_out: Mapping[str, Refit], model: str
) -> pd.DataFrame:
    """The model beside the index with its own error, a row a criterion: passed if the model is at least as good.

    Parameters
    ----------
    draws : array, shape (N, S, T)
        Smoothed paths.
    panel : Panel
    places : Places
    known : mapping
        orderings, turning_points, groups: tables, or None.
    held_out : mapping of str to Refit
        The measurement without an indicator, by that indicator.
    model : str
    """
    index = index_draws(panel, len(draws), np.random.default_rng(len(draws)))
    index = np.where(np.isfinite(draws).all(0), index, np.nan)
    criteria = _known_criteria(draws, index, places, known)
    for name, refitted in held_out.items():
        value = item_values(panel, name)
        paths = (refitted.smoothed, equal_weight_index(panel, without=name))
        pair = [float(correlation_within_years(path, value)) for path in paths]
        words = f"Agreement with {name.replace('_', ' ')}, left out"
        criteria.append((f"held_out:{name}", words, *pair, "correlation", 1))
    rows, expected = [], "at least as good as the equal-weight index"
    for item, label, estimate, baseline, unit, sign in criteria:
        note, verdict = f"equal-weight index: {baseline:.3g}", passed_if(sign * (estimate - baseline) >= 0)
        columns = {"estimate": estimate, "unit": unit, "expected": expected, "note": note}
        rows.append(check_row("benchmark", model, item, label, verdict, **columns))
    return check_table(rows)
