"""A second data set for the same workflow: UN peacekeeping missions and the states that sent contingents.

Reads the troop contributors of UN missions (Geo-PKO) and the list of third-party missions (Mullenbach TPPKM) from the
sources' folder to `missions.csv`, `participation.csv`, `participation_excluded.csv` and `distances.csv` of the example.
Fails with `UserError` when a file or a contributor's name is unknown.

Rules
-----
* A mission is in when its start (Mullenbach) lies in `FIRST_START`..`LAST_START`, its first map (Geo-PKO) is at most
  `MAP_DELAY` years later, and at least `FEWEST_CONTRIBUTORS` states are on the maps of its first `MAP_YEARS` mapped years.
  Geo-PKO begins in 1994, so the beginning of older missions is not observed.
* Joined: a contingent on those maps. One dataset, so the certainty of every label is `probable`; staff officers and
  observers are not on the maps, which undercounts contributors.
* The pivotal state is the USA: it pays the largest assessed share of the peacekeeping budget and drafts or carries most
  mandates. This is a modelling choice, and the example's README says so.
* Contributors are members of the state system in the mission's start year less the pivotal state and the host.
"""

import re

import pandas as pd

from workflow.lib.derivation.distances import derive_distances
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.succession import codes_by_name, state_code, system_members
from workflow.lib.derivation.system import state_names

FIRST_START, LAST_START = 1994, 2014
MAP_DELAY = 2
MAP_YEARS = 2
FEWEST_CONTRIBUTORS = 5
PIVOTAL = 2
UN_MISSION = 1
# Codes of hosts in the list of missions that the state system writes otherwise (East Timor).
HOST_CODES = {851: 860}
MISSION_COLUMNS = [
    *("acronym", "mission", "label", "start_year", "end_year", "pivotal", "outcome_kind", "type"),
    *("un_mandate", "targets", "host", "size", "evidence", "source"),
]
PARTICIPATION_COLUMNS = [
    *("mission", "state", "state_name", "role", "joined", "first_year", "certainty", "n_sources", "sources")
]
CONTRIBUTOR_SOURCE = "Geo-PKO 2.3"


def first_maps(contributors: pd.DataFrame) -> pd.DataFrame:
    """Contributors on the maps of each mission's first mapped years: mission, tcc, first_year."""
    first = contributors.groupby("mission")["year"].transform("min")
    early = contributors[contributors["year"] < first + MAP_YEARS].rename(columns={"year": "first_year"})
    return early.groupby(["mission", "tcc"], as_index=False)["first_year"].min()


def derive_mission_rows(contributors: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Missions that fit the rules, sorted by start year and name, with the `acronym` of each.

    Parameters
    ----------
    contributors, listed : DataFrame
        The extracts of Geo-PKO and of Mullenbach's list.
    """
    counts = first_maps(contributors).groupby("mission").size()
    rows = []
    for acronym, mapped in contributors.groupby("mission")["year"].min().items():
        named = listed["PKMNAME (location)"].str.contains(rf"\b{re.escape(acronym)}\b", regex=True)
        un_missions = listed[named & (listed["TPTYPE"] == UN_MISSION)].sort_values("OBSNUM")
        if un_missions.empty or counts[acronym] < FEWEST_CONTRIBUTORS:
            continue
        start = int(un_missions["STARTYR"].iloc[0])
        if not (FIRST_START <= start <= LAST_START and 0 <= mapped - start <= MAP_DELAY):
            continue
        hosts = un_missions["CCODE1"].astype(int).replace(HOST_CODES).drop_duplicates()
        host = ";".join(map(str, hosts))
        references = ", ".join(map(str, un_missions["OBSNUM"]))
        rows.append(
            {
                "acronym": acronym,
                "mission": f"{acronym.lower().replace(' ', '_')}_{start}",
                "label": f"{acronym} {start}",
                "start_year": start,
                "end_year": un_missions["ENDYR"].iloc[0],
                "pivotal": PIVOTAL,
                "outcome_kind": "deployment",
                "type": "UN peacekeeping",
                "un_mandate": 1,
                "targets": host,
                "host": host,
                "size": un_missions["PKMNUM1"].max(),
                "evidence": "fair",
                "source": f"{CONTRIBUTOR_SOURCE}; Mullenbach TPPKM 3.1 rows {references}",
            }
        )
    table = pd.DataFrame(rows, columns=MISSION_COLUMNS).astype({"end_year": "Int64", "size": "Int64"})
    return table.sort_values(["start_year", "mission"], ignore_index=True)


def _reason(state: int | None, mission, members: set[int]) -> str:
    if state is None:
        return "not a state"
    if state == mission.pivotal:
        return "pivotal state"
    if str(state) in mission.host.split(";"):
        return "host"
    return "" if state in members else "not in the state system in the start year"


def _contributor_rows(
    contributors: pd.DataFrame, missions: pd.DataFrame, cow_states: pd.DataFrame
) -> pd.DataFrame:
    """All contributors of the missions' first maps, with a reason where they cannot be joiners."""
    early = first_maps(contributors).groupby("mission")
    names, codes = state_names(cow_states), codes_by_name(cow_states)
    rows = []
    for mission in missions.itertuples():
        members = set(system_members(cow_states, mission.start_year))
        for row in early.get_group(mission.acronym).itertuples():
            state = state_code(row.tcc, row.first_year, mission.start_year, codes)
            rows.append(
                {
                    "mission": mission.mission,
                    "state": state,
                    "state_name": row.tcc if state is None else names[state],
                    "first_year": row.first_year,
                    "reason": _reason(state, mission, members),
                }
            )
    table = pd.DataFrame(rows).astype({"state": "Int64"})
    # Two spellings of one state on the maps are one contributor, there from the earlier year on.
    ordered = table.sort_values(["mission", "state", "first_year", "state_name"])
    named = ordered[ordered["state"].notna()].drop_duplicates(["mission", "state"])
    return pd.concat([named, ordered[ordered["state"].isna()]], ignore_index=True)


def derive_example(sources: Sources) -> dict[str, pd.DataFrame]:
    """All tables of the example by file name, of the form of those in `data/`, sorted by key."""
    missions = derive_mission_rows(sources.peacekeepers, sources.third_party_missions)
    rows = _contributor_rows(sources.peacekeepers, missions, sources.system)
    joined = rows[rows["reason"] == ""].assign(
        role="combat", joined=1, certainty="probable", n_sources=1, sources=CONTRIBUTOR_SOURCE
    )
    excluded = rows.loc[rows["reason"] != "", ["mission", "state", "state_name", "reason"]]
    return {
        "missions.csv": missions.drop(columns="acronym"),
        "participation.csv": joined[PARTICIPATION_COLUMNS].sort_values(["mission", "state"]),
        "participation_excluded.csv": excluded.sort_values(["mission", "state_name"]),
        "distances.csv": derive_distances(sources, missions),
    }
