"""State-by-year grids: put dated observations on a grid, add them up over a window, look them up for rows.

A grid is a DataFrame of floats, shape (lineages, years), index = lineage code, columns = consecutive years.
NaN means "not observed". Pure functions; no files.
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation.system import lineage

FIRST_YEAR, LAST_YEAR = 1940, 2028
YEARS = np.arange(FIRST_YEAR, LAST_YEAR + 1)


def grid(
    codes: pd.Series, years: pd.Series, values: pd.Series | int = 1, largest: bool = False
) -> pd.DataFrame:
    """Add up values by lineage and year, or take the largest of them.

    Parameters
    ----------
    codes, years : Series of int, shape (n,)
        State codes (any code of a lineage) and years.
    values : Series of float, shape (n,), or 1 to count rows

    Returns
    -------
    DataFrame, shape (lineages, years)
        NaN where no row is found.
    """
    rows = pd.DataFrame({"code": lineage(codes.astype(int)), "year": years.astype(int), "value": values})
    rows = rows[rows["year"].between(FIRST_YEAR, LAST_YEAR)]
    cells = rows.groupby(["code", "year"])["value"]
    aggregated = cells.max() if largest else cells.sum(min_count=1)
    return aggregated.unstack("year").reindex(columns=YEARS).astype(float)


def within(values: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """The grid, missing outside the years first..last that a source covers."""
    return values.where(np.broadcast_to((first <= YEARS) & (last >= YEARS), values.shape))


def complete(observed: pd.DataFrame, first: int, last: int, states: np.ndarray) -> pd.DataFrame:
    """Read absence as zero, inside the source's years only.

    Parameters
    ----------
    observed : DataFrame, shape (lineages, years)
    first, last : int
        The years that the source covers.
    states : array of int
        All lineages, so that a state the source never names has zeros too.

    Returns
    -------
    DataFrame, shape (all lineages, years); NaN outside `first`..`last`
    """
    codes = np.union1d(observed.index, lineage(pd.Series(states)).unique())
    return within(observed.reindex(codes).fillna(0.0), first, last)


def window_sum(values: pd.DataFrame, width: int = 5) -> pd.DataFrame:
    """Sum over the window of `width` years that ends in each year; missing unless every year is observed."""
    return values.T.rolling(width, min_periods=width).sum().T


def window_mean(values: pd.DataFrame, width: int = 5, at_least: int = 3) -> pd.DataFrame:
    """Mean over the observed years of the window that ends in each year; missing with fewer than `at_least`."""
    return values.T.rolling(width, min_periods=at_least).mean().T


def look_up(values: pd.DataFrame, frame: pd.DataFrame, years_later: int = 0) -> np.ndarray:
    """Read a grid at the rows of a table.

    Parameters
    ----------
    values : DataFrame, shape (lineages, years)
    frame : DataFrame
        Columns state, year; n rows.
    years_later : int
        Read that many years after the row's year.

    Returns
    -------
    array of float, shape (n,); NaN where the grid has no such state or year
    """
    row = values.index.get_indexer(lineage(frame["state"]))
    column = values.columns.get_indexer(frame["year"] + years_later)
    in_grid = (row >= 0) & (column >= 0)
    result = np.full(len(frame), np.nan)
    result[in_grid] = values.to_numpy()[row[in_grid], column[in_grid]]
    return result
