"""Security relations that are not treaties: troops, exercises, arms, disputes, sanctions.

From dated records to one column each. Windows end in the row's year. Zero stands only inside a source's years; outside it the
value is missing. Pure functions of `Sources`; a missing extract is a `UserError` from the reader.
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation import system
from workflow.lib.derivation.grid import YEARS, complete, grid, look_up, window_mean, window_sum, within
from workflow.lib.derivation.population import population
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.succession import codes_by_name
from workflow.lib.derivation.system import american_vietnam, lineage, lineage_code

TROOP_YEARS = (1950, 2024)
EXERCISE_YEARS = (1980, 2010)
NEWSPAPER_YEARS = (1974, 2010)
# The copy holds the sales of these five to all, and those of others to these five only.
GREAT_SELLERS = (2, 200, 220, 365, 710)
ARMS_YEARS = (1970, 2014)
# Russia and Yemen are listed under their present names only: the USSR and the Yemen Arab Republic were lost.
KNOWN_AS_BUYER_FROM = {365: 1992, 679: 1990}
DISPUTE_YEARS = (1945, 2014)
SANCTION_YEARS = (1945, 2005)
FIRST_TERRITORY_CODE = 1000
# The base at Guantanamo is filed under Cuba; held against the host's will since relations broke off in 1961, it says
# nothing about the relationship: missing.
CUBA, FIRST_YEAR_AGAINST_WILL = 40, 1961
SERVICES = ["army_ad", "navy_ad", "air_force_ad", "marine_corps_ad"]
FIRST_YEAR_BY_SERVICE = 1953
LONGEST_ERROR = 3
# Issues of a sanction (TIES): 1 political influence, 2 military behaviour, 3 regime, 4 release of citizens or property,
# 5 territory, 6 strategic material, 7 alliance or alignment, 8 human rights, 9 proliferation, 10 support of non-state actors.
# Drugs, environment, trade practices, economic reform and other issues (11 to 15) are not about security or politics.
SECURITY_AND_POLITICS = range(1, 11)
# A stop of foreign aid as the only measure.
STOP_OF_AID = "7"
# Codes of the exercises' source that are not those of the year: unified Vietnam under South Vietnam's, Serbia before 2006.
SERBIA_IN_GLEDITSCH_WARD, YUGOSLAVIA = 340, 345
# Names of participants as the exercises' source writes them (one in a broken encoding).
NAMES_IN_EXERCISES = {
    "St. Kitts & Nevis": "St. Kitts and Nevis",
    "st. christopher": "St. Kitts and Nevis",
    "St. Vincent & Grenadines": "St. Vincent and the Grenadines",
    "S\u00c3\u00a3o Tom\u00c3\u00a9 & Pr\u00c3\u00adncipe": "Sao Tome and Principe",
}


def jumps(troops: pd.DataFrame, by_service: pd.DataFrame) -> pd.DataFrame:
    """Mark figures that jump against the years around them and are given without their parts.

    Figures of one to three years are marked if each is more than twice the larger of the two figures around them (both at
    least 1000), or none although both around them are at least 500. Such figures with a breakdown by service are crises or
    exercises, those without come from lists that add up quarters or leave states out.

    Parameters
    ----------
    troops, by_service : DataFrame, shape (states, years)
        All troops, and the sum over the services.

    Returns
    -------
    DataFrame of bool, shape (states, years)
    """
    values, parts = troops.to_numpy(), by_service.reindex_like(troops).fillna(0.0).to_numpy()
    unproven = (parts == 0) & (troops.columns.to_numpy() >= FIRST_YEAR_BY_SERVICE)
    marked = np.zeros(values.shape, dtype=bool)
    for length in range(1, LONGEST_ERROR + 1):
        for start in range(1, values.shape[1] - length):
            inside = slice(start, start + length)
            before, after = values[:, start - 1], values[:, start + length]
            low, high = np.minimum(before, after), np.maximum(before, after)
            peak = (values[:, inside] > 2 * high[:, None]).all(axis=1) & (low >= 1000)
            hole = (values[:, inside] == 0).all(axis=1) & (low >= 500)
            marked[:, inside] |= ((peak | hole) & unproven[:, inside].all(axis=1))[:, None]
    return pd.DataFrame(marked, index=troops.index, columns=troops.columns)


def ships(troops: pd.DataFrame, navy: pd.DataFrame) -> pd.DataFrame:
    """Mark the crews of visiting ships: one year above twice both years around it and above 500, most of it the navy's."""
    around = np.fmax(troops.shift(1, axis=1), troops.shift(-1, axis=1))
    return (troops > 500) & (troops > 2 * around) & (navy.reindex_like(troops) > troops / 2)


def troops_per_thousand(frame: pd.DataFrame, sources: Sources, states: np.ndarray) -> np.ndarray:
    """US troops in the state per 1000 inhabitants; shape (n,). A state that the source omits has none."""
    rows = sources.troops
    rows = rows[(rows["ccode"] < FIRST_TERRITORY_CODE) & rows["year"].between(*TROOP_YEARS)]
    code = american_vietnam(rows["ccode"], rows["year"])
    # Some state-years are listed twice, the second time empty: keep the larger figure.
    figures, navy, parts = (
        grid(code, rows["year"], values, largest=True)
        for values in (rows["troops_ad"], rows["navy_ad"], rows[SERVICES].sum(axis=1))
    )
    troops = complete(figures, *TROOP_YEARS, states)
    troops = troops.mask(jumps(troops, parts) | ships(troops, navy))
    rate = look_up(troops, frame) / look_up(population(sources), frame)
    unwanted = ((frame["state"] == CUBA) & (frame["year"] >= FIRST_YEAR_AGAINST_WILL)).to_numpy()
    return np.where(unwanted, np.nan, rate)


def exercise_codes(rows: pd.DataFrame, sources: Sources) -> pd.Series:
    """Lineages of the participants of exercises; microstates, without a code in the source, by name; NaN for no state."""
    codes = sources.crosswalk.dropna(subset=["ccode"])[["year", "gwcode", "ccode"]]
    cow_codes = rows[["year", "gwcode"]].merge(codes, how="left", on=["year", "gwcode"])["ccode"].to_numpy()
    named = rows["country"].replace(NAMES_IN_EXERCISES).map(codes_by_name(sources.system)).to_numpy(float)
    code = pd.Series(cow_codes, index=rows.index).fillna(rows["gwcode"])
    code = code.where(code.notna(), named)
    later = (code == system.SOUTH_VIETNAM) & (rows["year"] > system.LAST_YEAR_OF_SOUTH_VIETNAM)
    return lineage(code.mask(later, system.VIETNAM).replace(SERBIA_IN_GLEDITSCH_WARD, YUGOSLAVIA))


def shared_exercises(
    rows: pd.DataFrame, pivotal: int, years: tuple[int, int], states: np.ndarray
) -> pd.DataFrame:
    """Exercises of the five-year window with the pivotal state as a grid (lineages, years).

    Parameters
    ----------
    rows : DataFrame
        One row a participant: exercise, year, code (lineage).
    years : tuple of int
        First and last year that the source covers.
    """
    rows = rows.dropna(subset=["code"]).drop_duplicates(["exercise", "year", "code"])
    held = rows.loc[rows["code"] == lineage_code(pivotal), ["exercise", "year"]]
    shared = rows.merge(held, on=["exercise", "year"])
    return window_sum(complete(grid(shared["code"], shared["year"]), *years, states))


def exercise_columns(
    frame: pd.DataFrame, pivotal: int, sources: Sources, states: np.ndarray
) -> dict[str, np.ndarray]:
    """Exercises in which state and pivotal state both took part, from the main source and from newspapers."""
    main = sources.exercises.rename(columns={"MMEID": "exercise"})
    main = main.assign(code=exercise_codes(main, sources))
    press = sources.exercises_in_newspapers.rename(columns={"jme_id": "exercise", "start_year": "year"})
    press = press[press["possible_duplicate"] == 0].assign(code=lambda rows: lineage(rows["ccode"]))
    return {
        "exercises": look_up(shared_exercises(main, pivotal, EXERCISE_YEARS, states), frame),
        "exercises_in_newspapers": look_up(shared_exercises(press, pivotal, NEWSPAPER_YEARS, states), frame),
    }


def arms_transferred(sources: Sources, seller: int, states: np.ndarray) -> pd.DataFrame:
    """Mean yearly volume of arms from a seller over the five-year window, as a grid (lineages, years).

    The copy of the source at hand lost every name it could not match. A buyer that it never lists is missing and not zero
    (see `buyers_without_record`), as are the years in which a name was another one, and those before the seller is listed.
    The mean is over the known years of the window, at least three. Sales of others than the great powers are missing.
    """
    rows = sources.arms_transfers
    sold = rows[(rows["ccode1"] == seller) & rows["ccode1"].isin(GREAT_SELLERS)]
    volume = grid(sold["ccode2"], sold["year"], sold["value"])
    if sold.empty:
        return volume
    volume = complete(volume, int(sold["year"].min()), ARMS_YEARS[1], states)
    volume.loc[volume.index.isin(buyers_without_record(sources, states))] = np.nan
    for buyer, first in KNOWN_AS_BUYER_FROM.items():
        volume.loc[volume.index == buyer, first > YEARS] = np.nan
    return within(window_mean(volume, at_least=3), YEARS[0], ARMS_YEARS[1])


def buyers_without_record(sources: Sources, states: np.ndarray) -> list[int]:
    """Lineages that never occur as buyers of arms: their names were lost, or they never bought any."""
    return sorted(set(lineage(pd.Series(states))) - set(lineage(sources.arms_transfers["ccode2"])))


def dispute_in_window(frame: pd.DataFrame, pivotal: int, sources: Sources, states: np.ndarray) -> np.ndarray:
    """1 if state and pivotal state stood on opposite sides of a militarised dispute in the five-year window."""
    against = sources.disputes[sources.disputes["ccode1"] == pivotal]
    return _any_in_window(against["ccode2"], against["year"], DISPUTE_YEARS, frame, states)


def imposed_sanctions(sources: Sources, pivotal: int) -> pd.DataFrame:
    """Years and targets of sanctions that the pivotal state imposed on an issue of security or politics.

    Threats alone do not count. A case runs from the year it was imposed to its end, or to the last year in which it is
    listed as going on; a case without either, and aid that ended once and never came back, count in their first year only.
    """
    rows = sources.sanctions
    senders = [f"sender{number}" for number in range(1, 6)] + ["primarysender"]
    start = pd.to_numeric(rows["sancimpositionstartyear"], errors="coerce").fillna(rows["startyear"])
    listed = pd.to_numeric(rows["ongoingasofyear"], errors="coerce").mask(rows["sanctiontype"] == STOP_OF_AID)
    end = rows["endyear"].fillna(listed).fillna(start)
    counted = rows[senders].eq(pivotal).any(axis=1) & (rows["imposition"] == 1)
    counted &= rows["issue1"].isin(SECURITY_AND_POLITICS) & (rows["targetstate"] < FIRST_TERRITORY_CODE)
    cases = pd.DataFrame({"target": rows["targetstate"], "start": start, "end": end})[counted]
    spells = [
        (int(target), year)
        for target, first, last in cases.itertuples(index=False)
        for year in range(int(first), int(min(max(last, first), SANCTION_YEARS[1])) + 1)
    ]
    return pd.DataFrame(spells, columns=["code", "year"]).drop_duplicates()


def sanction_in_window(frame: pd.DataFrame, pivotal: int, sources: Sources, states: np.ndarray) -> np.ndarray:
    """1 if an imposed sanction on security or politics ran against the state in the five-year window."""
    listed = imposed_sanctions(sources, pivotal)
    return _any_in_window(listed["code"], listed["year"], SANCTION_YEARS, frame, states)


def _any_in_window(
    codes: pd.Series, years: pd.Series, covered: tuple[int, int], frame: pd.DataFrame, states: np.ndarray
) -> np.ndarray:
    counts = look_up(window_sum(complete(grid(codes, years), *covered, states)), frame)
    return np.where(np.isnan(counts), np.nan, counts > 0)
