"""Would the measure have been the same with what was known at the time?

Filtered paths use indicators up to a year, but items' levels, loadings and errors of the whole period. Here these too are
estimated with the years up to the vintage alone.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from models.blocks.factor import Panel
from models.priors import Priors
from workflow.lib.checking.table import check_row, check_table, passed_if
from workflow.lib.checking.validity.paths import correlation_within_years, refit, without_year_means

VINTAGES = (1970, 1985, 2000)
SAME = 0.95


def vintages(
    panel: Panel, filtered: np.ndarray, spread: np.ndarray, priors: Priors, model: str
) -> pd.DataFrame:
    """Filtered means of each vintage's last year against the default's, differences common to all states left out.

    Parameters
    ----------
    panel : Panel
    filtered, spread : array, shape (S, T)
        The default's filtered means and standard deviations.
    priors : Priors
    model : str
    """
    rows = []
    for year in [y for y in VINTAGES if panel.years[0] < y <= panel.years[-1]]:
        known, position = panel.until(year), [int(np.searchsorted(panel.years, year))]
        if not known.seen.any((0, 2)).all():
            known = _observed(known)
        vintage = refit(known, priors).filtered[:, position]
        default, error = filtered[:, position], float(np.nanmean(spread[:, position]))
        agreement = float(correlation_within_years(default, vintage))
        difference = float(np.nanmean(np.abs(without_year_means(default) - without_year_means(vintage))))
        words = f"Filtered {model} of {year} from data up to {year}"
        agrees = {"estimate": agreement, "unit": "correlation", "expected": f"above {SAME}"}
        label, verdict = f"{words}: agreement with the default", passed_if(agreement > SAME)
        rows.append(check_row("vintages", model, f"correlation:{year}", label, verdict, **agrees))
        differs = {"estimate": difference, "expected": "below the filtered path's own standard error"}
        differs["note"] = f"in standard deviations of the path; its standard error is {error:.2f} on average"
        label, verdict = f"{words}: mean absolute difference", passed_if(difference < error)
        rows.append(check_row("vintages", model, f"difference:{year}", label, verdict, **differs))
    return check_table(rows)


def _observed(panel: Panel) -> Panel:
    """The panel less the indicators of which nothing was seen."""
    observed = np.flatnonzero(panel.seen.any((0, 2)))
    adjusted = np.flatnonzero(np.isin(panel.pairs[:, 0], observed))
    pairs = panel.pairs[adjusted]
    pairs[:, 0] = np.searchsorted(observed, pairs[:, 0])
    return replace(
        panel,
        names=[panel.names[k] for k in observed],
        value=np.ascontiguousarray(panel.value[:, observed]),
        seen=panel.seen[:, observed],
        pairs=pairs,
        adjustments=[panel.adjustments[a] for a in adjusted],
        direction=panel.direction[observed],
    )
