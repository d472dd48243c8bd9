"""Personal contact with the USA: visits both ways, and the US ambassador, from dated records.

From the State Department's lists of visits, travels and chiefs of mission to one column each. The lists cover the
whole period, so a state they do not name had no visit and no ambassador. Pure functions of `Sources`.
"""

from calendar import isleap

import numpy as np
import pandas as pd

from workflow.lib.derivation.grid import YEARS, complete, grid, look_up, window_sum
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import american_vietnam, lineage

VISIT_YEARS = (1940, 2024)
MISSION_YEARS = (1940, 2019)
# Heads of mission who were accredited by rank. Charges d'affaires, principal officers, liaison-office chiefs and
# agents stand in for an ambassador; they are none.
RANKS = ("ambassador", "envoy-extraordinary", "minister")
CHINA, TAIWAN = 710, 713
# The embassy to the Republic of China stood in Taipei; the source files it under China. In Peking the USA had a liaison
# office (role `chief`) from 1973 and an embassy from 1979.
YEARS_AT_TAIPEI = (pd.Timestamp(1949, 12, 8), pd.Timestamp(1979, 1, 20))


def visit_columns(frame: pd.DataFrame, sources: Sources, states: np.ndarray) -> pd.DataFrame:
    """Visits in the five-year window.

    `visits_to_pivotal` counts visits of the state's leaders to the USA except private ones; `visits_from_pivotal`
    counts trips of a US president or secretary of state that stopped in the state (one trip counts once).
    """
    leaders = sources.visits_to.dropna(subset=["ccode"])
    leaders = leaders[leaders["vtype"] != "private"]
    trips = sources.visits_from.dropna(subset=["ccode"])
    trips = trips.drop_duplicates(["role", "trip_id", "ccode", "year"])
    columns = {}
    for name, rows in (("visits_to_pivotal", leaders), ("visits_from_pivotal", trips)):
        code = american_vietnam(rows["ccode"].astype(int), rows["year"])
        yearly = complete(grid(code, rows["year"]), *VISIT_YEARS, states)
        columns[name] = look_up(window_sum(yearly), frame)
    return pd.DataFrame(columns)


def spells_in_post(chiefs: pd.DataFrame) -> pd.DataFrame:
    """Dated spells of ambassadors, ministers and envoys.

    A spell runs from the presentation of credentials to the end of the mission. Without a start the appointment
    date stands in if the spell has an end; without an end the next chief's start does, and a spell that is the
    post's last runs to the end of the list. Dates given to the month are set to the 15th, to the year to 1 July.

    Returns
    -------
    DataFrame with columns code (lineage), start, end (datetime64, end excluded), career (0/1)
    """
    rows = chiefs.dropna(subset=["ccode"]).copy()
    rows["code"] = lineage(rows["ccode"].astype(int))
    for column in ("appointed", "started", "ended"):
        rows[column] = dates(rows[column])
    begins = rows["started"].where(rows["started"].notna() | rows["ended"].isna(), rows["appointed"])
    rows = rows.assign(begins=begins).dropna(subset=["begins"])
    at_taipei = (rows["code"] == CHINA) & rows["begins"].between(*YEARS_AT_TAIPEI) & (rows["role"] != "chief")
    rows["code"] = rows["code"].mask(at_taipei, TAIWAN)
    rows = rows.sort_values(["code", "begins", "id"])
    following = rows.groupby("code")["begins"].shift(-1)
    close = pd.Timestamp(MISSION_YEARS[1] + 1, 1, 1)
    rows["ends"] = rows["ended"].fillna(following).fillna(close)
    ranked = rows[rows["role"].str.startswith(RANKS)]
    ranked = ranked.assign(career=(ranked["career_type"] == "career").astype(float))
    ranked = ranked.rename(columns={"begins": "start", "ends": "end"})
    return ranked[["code", "start", "end", "career"]].query("end > start")


def dates(texts: pd.Series) -> pd.Series:
    """Parse dates given to the day, month or year."""
    full = texts.where(texts.str.len() != 7, texts + "-15")
    full = full.where(full.str.len() != 4, full + "-07-01")
    return pd.to_datetime(full, errors="coerce")


def ambassador_columns(frame: pd.DataFrame, sources: Sources, states: np.ndarray) -> pd.DataFrame:
    """Presence, vacancy, turnover and career of the US ambassador.

    Returns
    -------
    DataFrame, n rows: ambassador_in_post (0/1: more than half of the year), ambassador_vacancy_days (of the year),
        ambassador_turnover (arrivals in the five-year window), ambassador_career (0/1 of the longest-serving
        ambassador of the year; missing where there was none)
    """
    spells = spells_in_post(sources.chiefs_of_mission)
    spells = spells[spells["end"] > pd.Timestamp(YEARS[0], 1, 1)]
    present: dict[tuple[int, int], np.ndarray] = {}
    career: dict[tuple[int, int], np.ndarray] = {}
    for code, start, end, is_career in spells.itertuples(index=False):
        for year in range(max(start.year, YEARS[0]), min(end.year, MISSION_YEARS[1]) + 1):
            opening = pd.Timestamp(year, 1, 1)
            length = 366 if isleap(year) else 365
            first, last = max((start - opening).days, 0), min((end - opening).days, length)
            days = present.setdefault((code, year), np.zeros(length, dtype=bool))
            days[first:last] = True
            served = career.setdefault((code, year), np.zeros(2))
            served[int(is_career)] += last - first
    keys = list(present)
    codes, years = pd.Series([key[0] for key in keys]), pd.Series([key[1] for key in keys])
    in_post = grid(codes, years, pd.Series([float(present[key].sum()) for key in keys]))
    is_career = grid(codes, years, pd.Series([float(career[key][1] >= career[key][0]) for key in keys]))
    arrivals = grid(spells["code"], spells["start"].dt.year)
    days = look_up(complete(in_post, *MISSION_YEARS, states), frame)
    length = np.array([366 if isleap(year) else 365 for year in frame["year"]])
    return pd.DataFrame(
        {
            "ambassador_in_post": np.where(np.isnan(days), np.nan, (days > length / 2).astype(float)),
            "ambassador_vacancy_days": length - days,
            "ambassador_turnover": look_up(window_sum(complete(arrivals, *MISSION_YEARS, states)), frame),
            "ambassador_career": np.where(days > 0, look_up(is_career, frame), np.nan),
        }
    )


def contact_columns(frame: pd.DataFrame, sources: Sources, states: np.ndarray) -> pd.DataFrame:
    """All columns of this module for the rows of a table (US pivotal state only)."""
    visits, ambassadors = visit_columns(frame, sources, states), ambassador_columns(frame, sources, states)
    return pd.concat([visits, ambassadors], axis=1)
