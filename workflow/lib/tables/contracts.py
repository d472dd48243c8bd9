"""What the tables of missions, participants and distances must be, and how they refer to each other.

From tables of texts (`read.RawTable`) to typed tables, or to a list of faults, one line each (`checks`). The codebook and the
table of states have their own module, `state_contracts`.
"""

import numpy as np
import pandas as pd

from workflow.lib.settings.wording import did_you_mean
from workflow.lib.tables import checks
from workflow.lib.tables.checks import CERTAINTIES, CODE, FLAG, NOT_NEGATIVE, YEAR, Faults
from workflow.lib.tables.read import RawTable

MISSION_NUMBERS = {
    "start_year": {**YEAR, "required": True},
    "pivotal": CODE,
    "end_year": YEAR,
    "un_mandate": FLAG,
    "short_horizon": FLAG,
    "size": NOT_NEGATIVE,
    "days_to_deployment": NOT_NEGATIVE,
    "days_to_operation": NOT_NEGATIVE,
}
MISSION_WORDS = {
    "outcome_kind": (checks.OUTCOME_KINDS, "deployment"),
    "evidence": (checks.EVIDENCE, "fair"),
    "pivotal_certainty": (CERTAINTIES, "probable"),
}
MONTHS = ("months_earliest", "months_latest")
PARTICIPATION_NUMBERS = {
    "state": CODE,
    "joined": {**FLAG, "required": True},
    "first_year": YEAR,
    **{name: {"integer": True, "low": 0} for name in MONTHS},
}
DISTANCE = {"low": 0, "high": 20100, "required": True}


def code_lists(table: RawTable, column: str, faults: Faults) -> pd.Series:
    """Split columns of state codes written as `651;666` into tuples of integers."""
    if column not in table.rows:
        return pd.Series([()] * len(table.rows), index=table.rows.index)
    result = []
    for row, text in enumerate(table.rows[column]):
        parts = [part.strip() for part in text.split(";") if part.strip()]
        numeric = all(part.isascii() and part.isdigit() for part in parts)
        codes = tuple(map(int, parts)) if numeric else ()
        if not numeric or not all(checks.STATE_CODES[0] <= code <= checks.STATE_CODES[1] for code in codes):
            expected = "state codes separated by semicolons, such as 645;690, or empty"
            faults.cell(table, row, column, expected)
            codes = ()
        result.append(codes)
    return pd.Series(result, index=table.rows.index)


def check_missions(table: RawTable, faults: Faults) -> pd.DataFrame | None:
    """Check the table of missions; None if a required column is missing.

    Required: mission, label, start_year, pivotal. Optional with a default: end_year (start_year), outcome_kind
    (deployment), evidence (fair), pivotal_certainty (probable), targets and host (none), conflict (the mission itself). All
    other columns pass as text; a column of 0, 1 and empty becomes numbers and may serve as a mission covariate.
    """
    if not checks.require_columns(table, ["mission", "label", "start_year", "pivotal"], faults):
        return None
    rows = table.rows
    wrong = ~rows["mission"].str.fullmatch(r"[A-Za-z0-9_.-]+")
    faults.cells(table, wrong, "mission", "an identifier of letters, digits and underscores")
    checks.unique_key(table, ["mission"], faults)
    checked = ("start_year", "end_year", "pivotal", "un_mandate", "short_horizon", "size")
    checks.no_codes_for_missing(table, [name for name in rows.columns if name not in checked], faults)
    missions = rows.assign(**{"end_year": np.nan, **checks.numbers_in(table, MISSION_NUMBERS, faults)})
    for row in np.flatnonzero(missions["end_year"] < missions["start_year"]):
        faults.cell(table, row, "end_year", f"{rows['start_year'].iloc[row]} (start_year) or later")
    for name, (allowed, default) in MISSION_WORDS.items():
        missions[name] = checks.one_of(table, name, allowed, faults) if name in rows else default
    key = rows["mission"]
    missions["conflict"] = rows["conflict"].where(rows["conflict"] != "", key) if "conflict" in rows else key
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
    if not checks.require_columns(table, ["mission", "state", "joined", "certainty"], faults):
        return None
    checks.unique_key(table, ["mission", "state"], faults)
    numbers = checks.numbers_in(table, PARTICIPATION_NUMBERS, faults)
    checks.one_of(table, "certainty", CERTAINTIES, faults)
    participation = table.rows.assign(**dict.fromkeys(("first_year", *MONTHS), np.nan) | numbers)
    wrong = participation["months_latest"] < participation["months_earliest"]
    faults.cells(table, wrong, "months_latest", "as many months as months_earliest, more, or empty")
    if missions is not None:
        _check_names(table, missions, missions_path, faults)
        _check_against_missions(table, participation, missions, faults)
    if participation[["state", "joined"]].isna().any(axis=None):
        return None
    return participation.astype({"state": int, "joined": int})


def _check_names(table: RawTable, missions: pd.DataFrame, missions_path: str, faults: Faults) -> None:
    """Each row is of a mission that the table of missions has."""
    known = list(missions["mission"])
    for row in np.flatnonzero(~table.rows["mission"].isin(known)):
        hint = did_you_mean(table.rows["mission"].iloc[row], known)
        faults.cell(table, row, "mission", f"a mission of {missions_path}{hint}")


def _check_against_missions(
    table: RawTable, participation: pd.DataFrame, missions: pd.DataFrame, faults: Faults
) -> None:
    """Participants are neither the pivotal state nor a target, and join within the years of the mission."""
    by_mission = missions.drop_duplicates("mission").set_index("mission")
    facts = by_mission.reindex(participation["mission"]).reset_index(drop=True)
    state, first = participation["state"], participation["first_year"]
    is_pivotal = (state == facts["pivotal"]).to_numpy()
    faults.cells(table, is_pivotal, "state", "a state other than the mission's pivotal state")
    hits = [
        joined == 1 and isinstance(targets, tuple) and code in targets
        for code, joined, targets in zip(state, participation["joined"], facts["targets"], strict=True)
    ]
    faults.cells(table, np.array(hits, dtype=bool), "state", "a state that is no target of the mission")
    for row in np.flatnonzero((first < facts["start_year"]) | (first > facts["end_year"])):
        start, last = facts["start_year"].iloc[row], facts["end_year"].iloc[row]
        years = f"{start:g} or later" if np.isnan(last) else f"{start:g} to {last:g}"
        faults.cell(table, row, "first_year", f"a year of the mission, {years}, or empty")


def check_excluded(
    table: RawTable, missions: pd.DataFrame | None, missions_path: str, faults: Faults
) -> pd.DataFrame | None:
    """Check the table of states that could not have joined a mission; None if a required column is missing.

    Required: mission, state, reason. A row without a state code (an organisation that a source names) is passed over.
    """
    if not checks.require_columns(table, ["mission", "state", "reason"], faults):
        return None
    code = checks.numbers_in(table, {"state": {**CODE, "required": False}}, faults)
    excluded = table.rows[["mission", "state", "reason"]].assign(**code)
    faults.cells(table, excluded["reason"] == "", "reason", "the reason why the state could not have joined")
    if missions is not None:
        _check_names(table, missions, missions_path, faults)
    return excluded.dropna(subset=["state"]).astype({"state": int})


def check_distances(
    table: RawTable, missions: pd.DataFrame | None, missions_path: str, faults: Faults
) -> pd.DataFrame | None:
    """Check the table of distances; None if a required column is missing."""
    if not checks.require_columns(table, ["mission", "state", "distance_km"], faults):
        return None
    checks.unique_key(table, ["mission", "state"], faults)
    numbers = checks.numbers_in(table, {"state": CODE, "distance_km": DISTANCE}, faults)
    distances = table.rows[["mission", "state"]].assign(**numbers)
    if missions is not None:
        _check_names(table, missions, missions_path, faults)
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
            wanted = f"rows of pivotal {pivotal} and year {start - 1}, the year before the start"
            faults.cell(table, row, "start_year", f"{wanted}, in {states_path}")


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
    named = missions[["mission", "start_year", "pivotal"]].itertuples(index=False)
    facts = {mission: (start, pivotal) for mission, start, pivotal in named}
    columns = participation[["mission", "state", "first_year"]]
    for row, (mission, state, first) in enumerate(columns.itertuples(index=False)):
        start, leader = facts.get(mission, (None, None))
        if start is None or leader == state:
            continue
        years = [start - 1, start] if np.isnan(first) else [start - 1, start, int(first)]
        if not any((state, year) in exists for year in years):
            shown = f"a state of {states_path} in {' or '.join(map(str, dict.fromkeys(years)))}"
            faults.cell(table, row, "state", f"{shown} (it was not in the system)")
