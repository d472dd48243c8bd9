"""What the tables cover: observed shares by column and year; no files, no pictures."""

import pandas as pd

from workflow.lib.tables.checks import STATE_KEYS, STATE_NAME
from workflow.lib.tables.load import Tables


def coverage_by_year(tables: Tables, pivotal: int = 2) -> pd.DataFrame:
    """Share of states for which each column is observed, by year.

    Returns
    -------
    DataFrame
        Columns column, role, year, states (number of states in the table that year), share (observed, 0 to 1); in
        the codebook's order of columns.
    """
    rows = tables.states[tables.states["pivotal"] == pivotal]
    columns = [name for name in rows.columns if name not in (*STATE_KEYS, STATE_NAME)]
    share = rows[columns].notna().groupby(rows["year"]).mean()
    long = share.T.stack().rename_axis(["column", "year"]).rename("share").reset_index()
    long["states"] = long["year"].map(rows.groupby("year").size())
    book = tables.codebook[["column", "role"]]
    return book.merge(long, on="column")[["column", "role", "year", "states", "share"]]
