"""What the tables cover: observed shares by column and year, and the certainty of labels by mission.

From `Tables` to plain tables for the report and the paper's appendix; no files, no pictures.
"""

import pandas as pd

from workflow.lib.tables.contracts import CERTAINTIES, STATE_KEYS, STATE_NAME
from workflow.lib.tables.load import Tables


def coverage_by_year(tables: Tables, pivotal: int = 2) -> pd.DataFrame:
    """Share of states for which each column is observed, by year.

    Parameters
    ----------
    tables : Tables
    pivotal : int
        The pivotal state whose rows are looked at.

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
    long["role"] = long["column"].map(tables.codebook.set_index("column")["role"])
    order = {name: place for place, name in enumerate(tables.codebook["column"])}
    long = long.sort_values(
        ["column", "year"], key=lambda part: part.map(order) if part.name == "column" else part
    )
    return long[["column", "role", "year", "states", "share"]].reset_index(drop=True)


def certainty_by_mission(tables: Tables) -> pd.DataFrame:
    """Number of participants by mission and certainty of the label.

    Returns
    -------
    DataFrame
        Columns mission, label, start_year, pivotal, evidence, joined (participants), verified, probable, uncertain
        (of them), not_joined (records of states that did not join); in order of start.
    """
    records = tables.participation
    joined = records[records["joined"] == 1]
    by_certainty = joined.groupby(["mission", "certainty"]).size().unstack(fill_value=0)
    by_certainty = by_certainty.reindex(columns=list(CERTAINTIES), fill_value=0)
    refused = records[records["joined"] == 0].groupby("mission").size().rename("not_joined")
    table = tables.missions[["mission", "label", "start_year", "pivotal", "evidence"]].copy()
    table = table.join(by_certainty, on="mission").join(refused, on="mission")
    numbers = [*CERTAINTIES, "not_joined"]
    table[numbers] = table[numbers].fillna(0).astype(int)
    table.insert(5, "joined", table[list(CERTAINTIES)].sum(axis=1))
    return table.sort_values(["start_year", "mission"], ignore_index=True)
