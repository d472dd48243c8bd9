"""Is quality the same when one of its indicators is left out?

From the analysis data set and posterior means of quality, to rows of `results/calibration/quality_stability.csv`. An indicator
is left out by taking its values for missing, so that nothing is compiled again. Fails with a `ValueError` when two measures
have other labels.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from scipy import stats

STABILITY_COLUMNS = ["left_out", "correlation", "rank_correlation", "mean_difference", "converged"]


def without_each_column(data: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    """The data with each source column of the indicators taken for missing, in turn; a hurdle's two parts go together."""
    columns = data["source_column"].values
    for column in dict.fromkeys(str(name) for name in columns):
        kept = xr.DataArray(
            columns != column, dims="indicator", coords={"indicator": data["indicator"].values}
        )
        yield column, data.assign(indicator_value=data["indicator_value"].where(kept))


def stability_row(left_out: str, full: xr.DataArray, remeasured: xr.DataArray, converged: bool) -> dict:
    """Agreement of quality without one column with quality from all of them.

    Parameters
    ----------
    full, remeasured : xarray.DataArray, shape (state, year)
        Posterior means, in prior standard deviations.
    converged : bool
        Without it there are no numbers.

    Returns
    -------
    dict
        left_out, correlation (over states and years), rank_correlation, mean_difference (mean absolute), converged.
    """
    row = {"left_out": left_out, "converged": converged}
    if converged:
        first, second = (value.values.ravel() for value in xr.align(full, remeasured, join="exact"))
        row["correlation"] = float(np.corrcoef(first, second)[0, 1])
        row["rank_correlation"] = float(stats.spearmanr(first, second).statistic)
        row["mean_difference"] = float(np.abs(first - second).mean())
    return row
