"""What the tables of missions, participants and distances must be, and how they refer to each other.

From tables of texts (`read.RawTable`) to typed tables, or to a list of faults, one line each (`checks`). The codebook and the
table of states have their own module, `state_contracts`; both are offered here.
"""

import numpy as np
import pandas as pd

from workflow.lib.tables.checks import (
    CERTAINTIES,
    EVIDENCE,
    FIRST_YEAR,
    LAST_YEAR,
    OUTCOME_KINDS,
    STATE_CODES,
    STATE_KEYS,
    STATE_NAME,
    Faults,
    no_codes_for_missing,
    numbers,
    one_of,
    require_columns,
    suggestion,
    unique_key,
)
from workflow.lib.tables.read import RawTable
from workflow.lib.tables.state_contracts import check_codebook, check_states

MONTHS = ("months_earliest", "months_latest")

__all__ = [
    "CERTAINTIES",
    "EVIDENCE",
    "STATE_KEYS",
    "STATE_NAME",
    "Faults",
    "check_codebook",
    "check_distances",
    "check_existence",
    "check_missions",
    "check_participation",
    "check_states",
    "check_years_of_missions",
    "suggestion",
]


def code_lists(table: RawTable, column: str, faults: Faults) -> pd.Series:
    """Split columns of state codes written as `651;666` into tuples of integers."""
    if column not in table.rows:
        return pd.Series([()] * len(table.rows), index=table.rows.index)
    result = []
    for row, text in enumerate(table.rows[column]):
        parts = [part.strip() for part in text.split(";") if part.strip()]
        wrong = [
            part
            for part in parts
            if not (part.isascii() and part.isdigit() and STATE_CODES[0] <= int(part) <= STATE_CODES[1])
        ]
        if wrong:
            faults.cell(
                table, row, column, text, "state codes separated by semicolons, such as 645;690, or empty"
            )
        result.append(tuple(int(part) for part in parts) if not wrong else ())
    return pd.Series(result, index=table.rows.index)


def check_missions(table: RawTable, faults: Faults) -> pd.DataFrame | None:
    """Check the table of missions; None if a required column is missing.

    Required: mission, label, start_year, pivotal. Optional with a default: end_year (start_year), outcome_kind
    (deployment), evidence (fair), pivotal_certainty (probable), targets and host (none), conflict (the mission itself). All
    other columns pass as text; a column of 0, 1 and empty becomes numbers and may serve as a mission covariate.
    """
    if not require_columns(table, ["mission", "label", "start_year", "pivotal"], faults):
        return None
    rows = table.rows
    missions = rows.copy()
    wrong = ~rows["mission"].str.fullmatch(r"[A-Za-z0-9_.-]+")
    faults.cells(table, wrong, "mission", "an identifier of letters, digits and underscores")
    unique_key(table, ["mission"], faults)
    checked = ("start_year", "end_year", "pivotal", "un_mandate", "short_horizon", "size")
    no_codes_for_missing(table, [name for name in rows.columns if name not in checked], faults)
    year = {"whole": True, "low": FIRST_YEAR, "high": LAST_YEAR}
    missions["start_year"] = numbers(table, "start_year", faults, **year, required=True)
    missions["pivotal"] = numbers(table, "pivotal", faults, whole=True, low=1, high=999, required=True)
    if "end_year" in rows:
        missions["end_year"] = numbers(table, "end_year", faults, **year)
        early = missions["end_year"] < missions["start_year"]
        for row in np.flatnonzero(early):
            start = rows["start_year"].iloc[row]
            faults.cell(table, row, "end_year", rows["end_year"].iloc[row], f"{start} (start_year) or later")
    else:
        missions["end_year"] = np.nan
    for name, allowed, default in (
        ("outcome_kind", OUTCOME_KINDS, "deployment"),
        ("evidence", EVIDENCE, "fair"),
        ("pivotal_certainty", CERTAINTIES, "probable"),
    ):
        missions[name] = one_of(table, name, allowed, faults) if name in rows else default
    for name in ("un_mandate", "short_horizon"):
        if name in rows:
            missions[name] = numbers(table, name, faults, whole=True, low=0, high=1)
    for name in ("size", "days_to_deployment", "days_to_operation"):
        if name in rows:
            missions[name] = numbers(table, name, faults, low=0)
    own = rows["mission"]
    missions["conflict"] = rows["conflict"].where(rows["conflict"] != "", own) if "conflict" in rows else own
    for name in ("targets", "host"):
        missions[name] = code_lists(table, name, faults)
    if missions[["start_year", "pivotal"]].isna().any(axis=None):
        return None
    return missions.astype({"start_year": int, "pivotal": int})


def check_participation(
    table: RawTable, missions: pd.DataFrame | None, missions_path: str, faults: Faults
) -> pd.DataFrame | None:
    """Check the table of participants; None if a required column is missing.

    Required: mission, state, joined, certainty. Optional: state_name, role, first_year, months_earliest and months_latest
    (bounds of the entry in months after the start), sources and others.
    """
    if not require_columns(table, ["mission", "state", "joined", "certainty"], faults):
        return None
    rows = table.rows
    participation = rows.copy()
    unique_key(table, ["mission", "state"], faults)
    participation["state"] = numbers(table, "state", faults, whole=True, low=1, high=999, required=True)
    participation["joined"] = numbers(table, "joined", faults, whole=True, low=0, high=1, required=True)
    one_of(table, "certainty", CERTAINTIES, faults)
    if "first_year" in rows:
        participation["first_year"] = numbers(
            table, "first_year", faults, whole=True, low=FIRST_YEAR, high=LAST_YEAR
        )
    else:
        participation["first_year"] = np.nan
    for name in MONTHS:
        participation[name] = numbers(table, name, faults, whole=True, low=0) if name in rows else np.nan
    if set(MONTHS) <= set(rows.columns):
        wrong = participation["months_latest"] < participation["months_earliest"]
        faults.cells(table, wrong, "months_latest", "as many months as months_earliest, more, or empty")
    if missions is not None:
        known = list(missions["mission"])
        for row in np.flatnonzero(~rows["mission"].isin(known)):
            value = rows["mission"].iloc[row]
            faults.cell(
                table, row, "mission", value, f"a mission of {missions_path}{suggestion(value, known)}"
            )
        _check_against_missions(table, participation, missions, faults)
    if participation[["state", "joined"]].isna().any(axis=None):
        return None
    return participation.astype({"state": int, "joined": int})


def _check_against_missions(
    table: RawTable, participation: pd.DataFrame, missions: pd.DataFrame, faults: Faults
) -> None:
    """Participants are neither the pivotal state nor a target, and join within the years of the mission."""
    by_mission = missions.drop_duplicates("mission").set_index("mission")
    facts = by_mission.reindex(participation["mission"]).reset_index(drop=True)
    state, first = participation["state"], participation["first_year"]
    own = (state == facts["pivotal"]).to_numpy()
    faults.cells(table, own, "state", "a state other than the mission's pivotal state")
    hits = [
        joined == 1 and isinstance(targets, tuple) and code in targets
        for code, joined, targets in zip(state, participation["joined"], facts["targets"], strict=True)
    ]
    faults.cells(table, np.array(hits, dtype=bool), "state", "a state that is no target of the mission")
    for row in np.flatnonzero((first < facts["start_year"]) | (first > facts["end_year"])):
        start, last = facts["start_year"].iloc[row], facts["end_year"].iloc[row]
        years = f"{start:g} or later" if np.isnan(last) else f"{start:g} to {last:g}"
        value = table.rows["first_year"].iloc[row]
        faults.cell(table, row, "first_year", value, f"a year of the mission, {years}, or empty")


def check_excluded(
    table: RawTable, missions: pd.DataFrame | None, missions_path: str, faults: Faults
) -> pd.DataFrame | None:
    """Check the table of states that could not have joined a mission; None if a required column is missing.

    Required: mission, state, reason. A row without a state code (an organisation that a source names) is passed over.
    """
    if not require_columns(table, ["mission", "state", "reason"], faults):
        return None
    excluded = table.rows[["mission", "state", "reason"]].copy()
    excluded["state"] = numbers(table, "state", faults, whole=True, low=1, high=999)
    faults.cells(table, excluded["reason"] == "", "reason", "the reason why the state could not have joined")
    if missions is not None:
        known = list(missions["mission"])
        for row in np.flatnonzero(~table.rows["mission"].isin(known)):
            value = table.rows["mission"].iloc[row]
            faults.cell(
                table, row, "mission", value, f"a mission of {missions_path}{suggestion(value, known)}"
            )
    return excluded.dropna(subset=["state"]).astype({"state": int})


def check_distances(
    table: RawTable, missions: pd.DataFrame | None, missions_path: str, faults: Faults
) -> pd.DataFrame | None:
    """Check the table of distances; None if a required column is missing."""
    if not require_columns(table, ["mission", "state", "distance_km"], faults):
        return None
    distances = table.rows[["mission", "state"]].copy()
    unique_key(table, ["mission", "state"], faults)
    distances["state"] = numbers(table, "state", faults, whole=True, low=1, high=999, required=True)
    distances["distance_km"] = numbers(table, "distance_km", faults, low=0, high=20100, required=True)
    if missions is not None:
        known = list(missions["mission"])
        for row in np.flatnonzero(~table.rows["mission"].isin(known)):
            value = table.rows["mission"].iloc[row]
            faults.cell(
                table, row, "mission", value, f"a mission of {missions_path}{suggestion(value, known)}"
            )
    if distances[["state", "distance_km"]].isna().any(axis=None):
        return None
    return distances.astype({"state": int})


def check_years_of_missions(
    table: RawTable, missions: pd.DataFrame, states: pd.DataFrame, states_path: str, faults: Faults
) -> None:
    """Each mission needs rows of its pivotal state in the year before its start, if that state has rows at all.

    Missions of a pivotal state without rows serve only as missions that another state led.
    """
    pairs = set(zip(states["pivotal"], states["year"], strict=True))
    measured = set(states["pivotal"])
    for row, (pivotal, start) in enumerate(zip(missions["pivotal"], missions["start_year"], strict=True)):
        if pivotal in measured and (pivotal, start - 1) not in pairs:
            expected = (
                f"rows of pivotal {pivotal} and year {start - 1}, the year before the start, in {states_path}"
            )
            faults.cell(table, row, "start_year", table.rows["start_year"].iloc[row], expected)


def check_existence(
    table: RawTable,
    participation: pd.DataFrame,
    missions: pd.DataFrame,
    states: pd.DataFrame,
    states_path: str,
    faults: Faults,
) -> None:
    """Each participant must be a state in the year before the mission, its first year, or the year it joined.

    A state exists in a year if the table of states has a row for it in that year, whatever the pivotal state.
    """
    exists = set(zip(states["state"], states["year"], strict=True))
    start_of = dict(zip(missions["mission"], missions["start_year"], strict=True))
    leader_of = dict(zip(missions["mission"], missions["pivotal"], strict=True))
    columns = participation[["mission", "state", "first_year"]]
    for row, (mission, state, first) in enumerate(columns.itertuples(index=False)):
        start = start_of.get(mission)
        if start is None or leader_of[mission] == state:
            continue
        years = [start - 1, start] if np.isnan(first) else [start - 1, start, int(first)]
        if not any((state, year) in exists for year in years):
            shown = f"a state of {states_path} in {' or '.join(str(year) for year in dict.fromkeys(years))}"
            faults.cell(
                table, row, "state", table.rows["state"].iloc[row], f"{shown} (it was not in the system)"
            )
