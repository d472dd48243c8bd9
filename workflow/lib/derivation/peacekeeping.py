"""A second data set for the same workflow: UN peacekeeping missions and the states that sent contingents.

    python -m workflow.lib.derivation.peacekeeping --sources DIR [--output examples/peacekeeping/data]

Reads the troop contributors of UN missions (Geo-PKO) and the list of third-party missions (Mullenbach TPPKM) from the
sources' folder; writes `missions.csv`, `participation.csv`, `participation_excluded.csv` and `distances.csv` of the example.
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

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import pandas as pd

from workflow.lib.derivation.derive import as_text, write_all
from workflow.lib.derivation.distances import derive_distances
from workflow.lib.derivation.evidence import extracts_folder
from workflow.lib.derivation.sources import VARIABLE, Sources, sources_folder
from workflow.lib.derivation.succession import codes_by_name, state_code, system_members
from workflow.lib.derivation.system import state_names
from workflow.lib.errors import UserError

FIRST_START, LAST_START = 1994, 2014
MAP_DELAY = 2
MAP_YEARS = 2
FEWEST_CONTRIBUTORS = 5
PIVOTAL = 2
UN_MISSION = 1
HOST_CODES = {851: 860}
"""Codes of hosts in the list of missions that the state system writes otherwise (East Timor)."""

MISSION_COLUMNS = [
    "mission",
    "label",
    "start_year",
    "end_year",
    "pivotal",
    "outcome_kind",
    "type",
    "un_mandate",
    "targets",
    "host",
    "size",
    "evidence",
    "source",
]
PARTICIPATION_COLUMNS = [
    "mission",
    "state",
    "state_name",
    "role",
    "joined",
    "first_year",
    "certainty",
    "n_sources",
    "sources",
]
CONTRIBUTOR_SOURCE = "Geo-PKO 2.3"


def _read(sources: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    reader = Sources(extracts_folder(Path(sources)))
    contributors = reader.read("geopko_v2_3_mission_year_tcc.csv")
    listed = reader.read("mullenbach_third_party_pkm_v3_1.csv", encoding="latin-1")
    return contributors, listed, reader.read("cow_states.csv")


def first_maps(contributors: pd.DataFrame) -> pd.DataFrame:
    """Contributors on the maps of each mission's first mapped years: mission, tcc, first_year."""
    first = contributors.groupby("mission")["year"].transform("min")
    early = contributors[contributors["year"] < first + MAP_YEARS]
    return (
        early.groupby(["mission", "tcc"], as_index=False)["year"].min().rename(columns={"year": "first_year"})
    )


def _listed_mission(acronym: str, listed: pd.DataFrame) -> pd.DataFrame:
    named = listed["PKMNAME (location)"].str.contains(rf"\b{re.escape(acronym)}\b", regex=True)
    return listed[named & (listed["TPTYPE"] == UN_MISSION)].sort_values("OBSNUM")


def derive_mission_rows(contributors: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Missions that fit the rules, sorted by start year and name.

    Parameters
    ----------
    contributors, listed : DataFrame
        The extracts of Geo-PKO and of Mullenbach's list.

    Returns
    -------
    DataFrame with `MISSION_COLUMNS` and `acronym`
    """
    early = first_maps(contributors)
    maps = contributors.groupby("mission")["year"].min()
    counts = early.groupby("mission").size()
    rows = []
    for acronym, mapped in maps.items():
        found = _listed_mission(acronym, listed)
        if found.empty or counts[acronym] < FEWEST_CONTRIBUTORS:
            continue
        start = int(found["STARTYR"].iloc[0])
        if not (FIRST_START <= start <= LAST_START and 0 <= mapped - start <= MAP_DELAY):
            continue
        hosts = [HOST_CODES.get(int(code), int(code)) for code in found["CCODE1"]]
        host = ";".join(str(code) for code in dict.fromkeys(hosts))
        references = ", ".join(str(number) for number in found["OBSNUM"])
        rows.append(
            {
                "acronym": acronym,
                "mission": f"{acronym.lower().replace(' ', '_')}_{start}",
                "label": f"{acronym} {start}",
                "start_year": start,
                "end_year": found["ENDYR"].iloc[0],
                "pivotal": PIVOTAL,
                "outcome_kind": "deployment",
                "type": "UN peacekeeping",
                "un_mandate": 1,
                "targets": host,
                "host": host,
                "size": found["PKMNUM1"].max(),
                "evidence": "fair",
                "source": f"{CONTRIBUTOR_SOURCE}; Mullenbach TPPKM 3.1 rows {references}",
            }
        )
    table = pd.DataFrame(rows, columns=[*MISSION_COLUMNS, "acronym"])
    for column in ("end_year", "size"):
        table[column] = table[column].astype("Int64")
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


def derive_peacekeeping(sources: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Missions and contributors of the example.

    Parameters
    ----------
    sources : Path
        The folder with the extracts, or the one that holds it as `sources/`.

    Returns
    -------
    missions, participation : DataFrame
        Tables of the same form as `data/missions.csv` and `data/participation.csv`, sorted by key.

    Raises
    ------
    UserError
        A file or a contributor's name is unknown.
    """
    contributors, listed, cow_states = _read(sources)
    missions = derive_mission_rows(contributors, listed)
    rows = _contributor_rows(contributors, missions, cow_states)
    joined = rows[rows["reason"] == ""].assign(
        role="combat", joined=1, certainty="probable", n_sources=1, sources=CONTRIBUTOR_SOURCE
    )
    participation = joined[PARTICIPATION_COLUMNS].sort_values(["mission", "state"], ignore_index=True)
    return missions[MISSION_COLUMNS], participation


def derive_peacekeeping_excluded(sources: Path) -> pd.DataFrame:
    """Contributors that cannot be joiners: mission, state, state_name, reason; sorted by mission and name."""
    contributors, listed, cow_states = _read(sources)
    rows = _contributor_rows(contributors, derive_mission_rows(contributors, listed), cow_states)
    table = rows.loc[rows["reason"] != "", ["mission", "state", "state_name", "reason"]]
    return table.sort_values(["mission", "state_name"], ignore_index=True)


def derive_example(sources: Path) -> dict[str, pd.DataFrame]:
    """All tables of the example by file name."""
    missions, participation = derive_peacekeeping(sources)
    return {
        "missions.csv": missions,
        "participation.csv": participation,
        "participation_excluded.csv": derive_peacekeeping_excluded(sources),
        "distances.csv": derive_distances(Sources(extracts_folder(Path(sources))), missions),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command; see the module's docstring. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m workflow.lib.derivation.peacekeeping", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--sources", help=f"folder of the source extracts (default: {VARIABLE})")
    parser.add_argument("--output", default="examples/peacekeeping/data", help="folder of the tables")
    options = parser.parse_args(arguments)
    try:
        tables = derive_example(sources_folder(options.sources))
        written = write_all({name: as_text(table) for name, table in tables.items()}, Path(options.output))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    for path, size in written.items():
        print(f"wrote {path} ({size / 1000:.0f} kB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
