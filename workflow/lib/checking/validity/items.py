"""What each indicator contributes, and what changes without it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from models.blocks.factor import Panel
from workflow.lib.checking.draws import flat_draws
from workflow.lib.checking.table import check_row, check_table, estimate_row, passed_if
from workflow.lib.checking.validity.known import Places
from workflow.lib.checking.validity.paths import Refit, correlation_within_years, percentiles

# no indicator may carry more of the information on a state's year
LARGEST_SHARE = 0.6
STABLE = 0.9
THINNED = 200


def information_shares(panel: Panel, posterior: xr.Dataset, model: str, interval: float) -> pd.DataFrame:
    """Share of each indicator in the information on a state's year.

    Parameters
    ----------
    panel : Panel
    posterior : xarray.Dataset
        Draws of loading and error_sd, indicators as in the panel.
    model : str
    interval : float
    """
    loading, sd = (
        flat_draws(posterior[n]).transpose("sample", "indicator").values for n in ("loading", "error_sd")
    )
    step = max(len(loading) // THINNED, 1)
    # what was observed together repeats itself: one row a pattern
    patterns, counts = np.unique(
        np.moveaxis(panel.seen, 1, 2).reshape(-1, len(panel.names)), axis=0, return_counts=True
    )
    patterns, counts = patterns[patterns.any(1)], counts[patterns.any(1)]

    def by_pattern(precision):
        information = patterns * precision
        return information / information.sum(1, keepdims=True)

    # information is squared loading over squared error
    draws = np.array([counts @ by_pattern(p) for p in (loading / sd)[::step] ** 2]) / counts.sum()
    largest, rows = by_pattern((loading / sd).mean(0) ** 2).max(0), []
    for k, name in enumerate(panel.names):
        words = f"Share of {name.replace('_', ' ')} in what is known of a state's year"
        columns = estimate_row(draws[:, k], interval)
        columns |= {"unit": "share", "expected": f"at most {LARGEST_SHARE}"}
        columns["note"] = f"largest share in any year of any state: {largest[k]:.2f}"
        verdict = passed_if(columns["estimate"] <= LARGEST_SHARE)
        rows.append(check_row("information_shares", model, name, words, verdict, **columns))
    return check_table(rows)


def ranks(value: np.ndarray) -> np.ndarray:
    """Place of each state among those that exist, the highest first, (S,)."""
    return stats.rankdata(-value, nan_policy="omit")


def indicator_stability(
    full: np.ndarray,
    held_out: Mapping[str, Refit],
    freed: Refit | None,
    places: Places,
    shown: list[int],
    year: int,
    model: str,
) -> pd.DataFrame:
    """Is the path the same without each of its indicators, and with those free that measure otherwise in the later era?

    Parameters
    ----------
    full : array, shape (S, T)
        Means of the paths from all indicators.
    held_out : mapping of str to Refit
    freed : Refit, optional
        With items of their own for the later era; compared by ranks within years.
    places : Places
    shown : list of int
        States whose places stand in the note.
    year : int
        In which they are ranked.
    model : str
    """
    cases = [(name, f"without {name}", refit, full, refit.smoothed) for name, refit in held_out.items()]
    if freed is not None:
        changed = ", ".join(sorted(set(freed.panel.names) - set(freed.panel.stems)))
        pair = percentiles(full), percentiles(freed.smoothed)
        cases.append(("free_by_era", f"with {changed} free", freed, *pair))
    rows, position = [], int(np.searchsorted(places.years, year))
    before = ranks(full[:, position])
    for item, change, refit, first, second in cases:
        agreement, after = float(correlation_within_years(first, second)), ranks(refit.smoothed[:, position])
        label = f"Paths {change.replace('_', ' ')} against the full ones"
        words = [
            f"{places.name(s)} {before[i]:.0f} to {after[i]:.0f}"
            for s in shown
            if (i := places.state.get(int(s))) is not None and np.isfinite(before[i] + after[i])
        ]
        columns = {"estimate": agreement, "unit": "correlation", "expected": f"above {STABLE}"}
        columns["note"] = f"places in {year}: {', '.join(words)}" if words else ""
        verdict = passed_if(agreement > STABLE)
        rows.append(check_row("indicator_stability", model, item, label, verdict, **columns))
    return check_table(rows)
