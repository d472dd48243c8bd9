"""Population by lineage and year, in thousands, with the breaks of the main source mended by a second one.

From national capabilities and income estimates to a grid. Pure functions of `Sources`.
"""

import functools

import numpy as np
import pandas as pd

from workflow.lib.derivation.grid import grid
from workflow.lib.derivation.sources import Sources

# A population does not change by this factor from one year to the next while the territory stays as it is.
GREATEST_FACTOR = 2.5


def broken(series: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Mark figures of a series that breaks off and does not agree with a second source.

    A figure is marked if the state's series jumps by more than `GREATEST_FACTOR` somewhere and the figure itself differs
    from the second source by more than that. Two sources that differ throughout (another territory) mark nothing.

    Parameters
    ----------
    series, other : DataFrame, shape (states, years)

    Returns
    -------
    DataFrame of bool, shape (states, years)
    """
    limit = np.log(GREATEST_FACTOR)
    logged = np.log(series)
    jumps = (logged.diff(axis=1).abs() > limit).any(axis=1)
    return ((logged - np.log(other.reindex_like(series))).abs() > limit).mul(jumps, axis=0)


def _by_lineage(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    # In 1990 both Germanies, or both Yemens, and their successor are listed: take the successor's (larger) figure.
    return grid(rows["ccode"], rows["year"], rows[column], largest=True).replace(0.0, np.nan)


@functools.lru_cache(maxsize=1)
def population(sources: Sources) -> pd.DataFrame:
    """Population in thousands as a grid (lineages, years); figures of a broken series are those of the second source."""
    table = _by_lineage(sources.capabilities, "tpop")
    second = 1000 * _by_lineage(sources.income, "pwtpop").reindex_like(table)
    return table.mask(broken(table, second), second)
