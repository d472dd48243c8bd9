"""Organisations after 2014: memberships as the World Factbook prints them, a continuation of a lower grade.

From the editions of the Factbook to counts over a fixed set of organisations, kept apart from the counts of the main source
and never spliced to them. Pure functions of `Sources`.
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation.grid import YEARS, grid, look_up
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import lineage, lineage_code

# An edition describes about the year before it. The edition of 1990 names few organisations; those after 2023 are too late
# for the table.
EDITIONS = (1991, 2023)


def fixed_set(memberships: pd.DataFrame) -> list[str]:
    """Intergovernmental organisations that every edition names."""
    rows = memberships[memberships["year"].between(*EDITIONS) & (memberships["kind"] == "igo")]
    editions = rows.groupby("organisation")["year"].nunique()
    return sorted(editions.index[editions == EDITIONS[1] - EDITIONS[0] + 1])


def full_members(sources: Sources) -> pd.DataFrame:
    """Full members of the fixed set; a membership that one edition leaves out between two that have it counts throughout.

    Returns
    -------
    DataFrame with columns state (lineage), organisation, year (described, the one before the edition), each row once
    """
    rows = sources.factbook_memberships
    chosen = rows["organisation"].isin(fixed_set(rows)) & (rows["status"] == "full")
    rows = rows[chosen & rows["year"].between(*EDITIONS)]
    state = lineage(rows["ccode"].astype(int))
    table = pd.DataFrame({"state": state, "organisation": rows["organisation"], "year": rows["year"] - 1})
    gaps = table.merge(table.assign(year=table["year"] - 2), on=list(table.columns))
    return pd.concat([table, gaps.assign(year=gaps["year"] + 1)]).drop_duplicates()


def continuation_columns(frame: pd.DataFrame, pivotal: int, sources: Sources) -> pd.DataFrame:
    """Memberships of the fixed set, the state's own and those shared with the pivotal state.

    A state without any membership in an edition is not in it: missing.

    Returns
    -------
    DataFrame, n rows: factbook_igo_joint, factbook_igo_own
    """
    members = full_members(sources)
    pivot = members.loc[members["state"] == lineage_code(pivotal), ["organisation", "year"]]
    shared = members.merge(pivot, on=["organisation", "year"])
    memberships = grid(members["state"], members["year"])
    joint = grid(shared["state"], shared["year"]).reindex(memberships.index).fillna(0.0)
    joint = joint.where(memberships.notna() & np.isin(YEARS, pivot["year"]))
    return pd.DataFrame(
        {"factbook_igo_joint": look_up(joint, frame), "factbook_igo_own": look_up(memberships, frame)}
    )
