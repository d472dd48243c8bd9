"""Indicators of the quality of a relationship that are not counts of treaties, hierarchy, and payments.

From UN ideal points, trade, aid, troops, exercises, disputes, sanctions and alliance pledges to one column each.
Windows end in the row's year. Zero stands only inside a source's years; outside it the value is missing.
Pure functions of `Sources`; a missing extract is a `UserError` from the reader.
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation.grid import YEARS, complete, grid, look_up, window_mean, window_sum
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import american_vietnam, lineage

USA = 2
PERMANENT_MEMBERS = (2, 200, 220, 365, 710)
AID_YEARS = (1946, 2019)
TROOP_YEARS = (1950, 2024)
EXERCISE_YEARS = (1980, 2010)
DISPUTE_YEARS = (1945, 2014)
SANCTION_YEARS = (1945, 2005)
ALLIANCE_YEARS = (1945, 2018)
FIRST_TERRITORY_CODE = 1000
# The base at Guantanamo is filed under Cuba; held against the host's will since relations broke off in 1961, it says
# nothing about the relationship: missing.
CUBA, FIRST_YEAR_AGAINST_WILL = 40, 1961


def lineage_code(code: int) -> int:
    """Map one state code to the code of its lineage."""
    return int(lineage(pd.Series([code])).iloc[0])


def population(sources: Sources) -> pd.DataFrame:
    """Population in thousands as a grid (lineages, years)."""
    rows = sources.capabilities
    # In 1990 both Germanies, or both Yemens, and their successor are listed: take the successor's (larger) figure.
    code = lineage(rows["ccode"])
    table = rows.assign(code=code).groupby(["code", "year"])["tpop"].max().unstack("year")
    return table.reindex(columns=YEARS).astype(float).replace(0.0, np.nan)


def voting_agreement(frame: pd.DataFrame, pivotal: int, sources: Sources) -> np.ndarray:
    """Minus the absolute distance of ideal points in the General Assembly session that opens in the year.

    Returns
    -------
    array of float, shape (n,); the scale is that of the ideal points, 0 = identical
    """
    points = sources.ideal_points
    table = grid(points["ccode"], points["session"] + 1945, points["IdealPoint"])
    return look_up(-(table - table.reindex([lineage_code(pivotal)]).iloc[0]).abs(), frame)


def trade_columns(frame: pd.DataFrame, pivotal: int, sources: Sources) -> pd.DataFrame:
    """Trade with the pivotal state, in per cent of all trade and of trade with the great powers.

    `hierarchy_trade` follows the idea of Lake (2009) of dependence on one great power relative to the others (the
    five permanent members of the Security Council and the pivotal state); the state's GDP cancels in that ratio.
    """
    dyads = sources.trade.dropna(subset=["flow1", "flow2"])
    volume = dyads["flow1"] + dyads["flow2"]
    both = pd.concat(
        [
            pd.DataFrame(
                {"state": dyads["ccode1"], "partner": dyads["ccode2"], "year": dyads["year"], "flow": volume}
            ),
            pd.DataFrame(
                {"state": dyads["ccode2"], "partner": dyads["ccode1"], "year": dyads["year"], "flow": volume}
            ),
        ]
    )
    with_pivotal = both[lineage(both["partner"]) == lineage_code(pivotal)]
    powers = both[both["partner"].isin({*PERMANENT_MEMBERS, pivotal})]
    flow = look_up(grid(with_pivotal["state"], with_pivotal["year"], with_pivotal["flow"]), frame)
    total = look_up(grid(both["state"], both["year"], both["flow"]), frame)
    great = look_up(grid(powers["state"], powers["year"], powers["flow"]), frame)
    total, great = np.where(total > 0, total, np.nan), np.where(great > 0, great, np.nan)
    return pd.DataFrame({"trade_share": 100 * flow / total, "hierarchy_trade": 100 * flow / great})


def aid_per_head(sources: Sources, kind: str, states: np.ndarray) -> pd.DataFrame:
    """US aid by year in constant dollars per inhabitant, as a grid; cancelled obligations stay negative.

    Parameters
    ----------
    kind : str
        `econ` or `mili`.
    """
    rows = sources.aid
    aid = grid(american_vietnam(rows["ccode"], rows["year"]), rows["year"], rows[f"constant_{kind}"])
    people = population(sources)
    aid = complete(aid, *AID_YEARS, states).reindex(people.index)
    return aid / (1000 * people)


def aid_columns(frame: pd.DataFrame, sources: Sources, states: np.ndarray) -> pd.DataFrame:
    """Five-year mean of US aid per head, and its later change against the state's own trend.

    The mean is floored at zero: a negative sum is a cancellation of earlier obligations. A state younger than five
    years is averaged over the years since it entered the system (at least one).

    The change is a payment, never a predictor: the mean of log(1 + aid per head) over t+1..t+3 minus the value at
    t+2 of the straight line through t-5..t.
    """
    columns = {}
    for name, kind in (("economic", "econ"), ("military", "mili")):
        per_head = aid_per_head(sources, kind, states)
        columns[f"{name}_aid"] = np.maximum(look_up(window_mean(per_head, at_least=1), frame), 0.0)
    outside = ~frame["year"].between(AID_YEARS[0] + 2, AID_YEARS[1]).to_numpy()
    table = pd.DataFrame(columns)
    table.loc[outside] = np.nan
    for name, kind in (("economic", "econ"), ("military", "mili")):
        logged = np.log1p(aid_per_head(sources, kind, states).clip(lower=0))
        before = np.stack([look_up(logged, frame, -back) for back in range(5, -1, -1)])
        after = np.stack([look_up(logged, frame, ahead) for ahead in (1, 2, 3)])
        time = np.arange(-5.0, 1.0)
        slope = ((time - time.mean())[:, None] * before).sum(axis=0) / ((time - time.mean()) ** 2).sum()
        expected = before.mean(axis=0) + slope * (2 - time.mean())
        table[f"aid_change_{name}"] = after.mean(axis=0) - expected
    return table


def troops_per_thousand(frame: pd.DataFrame, sources: Sources, states: np.ndarray) -> np.ndarray:
    """US troops in the state per 1000 inhabitants; shape (n,). A state that the source omits has none."""
    rows = sources.troops
    rows = rows[(rows["ccode"] < FIRST_TERRITORY_CODE) & rows["year"].between(*TROOP_YEARS)]
    code = lineage(american_vietnam(rows["ccode"], rows["year"]))
    # Some state-years are listed twice with the same figure: keep one.
    once = rows.assign(code=code).groupby(["code", "year"], as_index=False)["troops_ad"].max()
    troops = complete(grid(once["code"], once["year"], once["troops_ad"]), *TROOP_YEARS, states)
    rate = look_up(troops, frame) / look_up(population(sources), frame)
    unwanted = ((frame["state"] == CUBA) & (frame["year"] >= FIRST_YEAR_AGAINST_WILL)).to_numpy()
    return np.where(unwanted, np.nan, rate)


def exercise_count(frame: pd.DataFrame, pivotal: int, sources: Sources, states: np.ndarray) -> np.ndarray:
    """Multinational exercises of the five-year window in which state and pivotal state both took part."""
    rows = sources.exercises.dropna(subset=["gwcode"]).astype({"gwcode": int})
    codes = sources.crosswalk.dropna(subset=["ccode"])
    rows = rows.merge(codes[["year", "gwcode", "ccode"]], how="left", on=["year", "gwcode"])
    rows["code"] = lineage(rows["ccode"].fillna(rows["gwcode"]).astype(int))
    rows = rows.drop_duplicates(["MMEID", "year", "code"])
    held = rows.loc[rows["code"] == lineage_code(pivotal), ["MMEID", "year"]]
    shared = rows.merge(held, on=["MMEID", "year"])
    yearly = complete(grid(shared["code"], shared["year"]), *EXERCISE_YEARS, states)
    return look_up(window_sum(yearly), frame)


def dispute_in_window(frame: pd.DataFrame, pivotal: int, sources: Sources, states: np.ndarray) -> np.ndarray:
    """1 if state and pivotal state stood on opposite sides of a militarised dispute in the five-year window."""
    rows = sources.disputes
    against = rows[(rows["ccode1"] == pivotal)]
    yearly = complete(grid(against["ccode2"], against["year"]), *DISPUTE_YEARS, states)
    return indicator(look_up(window_sum(yearly), frame))


def sanction_in_window(frame: pd.DataFrame, pivotal: int, sources: Sources, states: np.ndarray) -> np.ndarray:
    """1 if a sanction of the pivotal state, threatened or imposed, ran against the state in the five-year window.

    A case lasts from its first to its last listed year; a case without any end counts in its first year only.
    """
    rows = sources.sanctions
    senders = [f"sender{number}" for number in range(1, 6)] + ["primarysender"]
    rows = rows[rows[senders].eq(pivotal).any(axis=1)]
    end = (
        rows["endyear"]
        .fillna(pd.to_numeric(rows["ongoingasofyear"], errors="coerce"))
        .fillna(rows["startyear"])
    )
    spells = [
        (target, year)
        for target, start, last in zip(rows["targetstate"], rows["startyear"], end, strict=True)
        for year in range(int(start), int(min(last, SANCTION_YEARS[1])) + 1)
    ]
    listed = pd.DataFrame(spells, columns=["code", "year"])
    listed = listed[listed["code"] < FIRST_TERRITORY_CODE]
    yearly = complete(grid(listed["code"], listed["year"]), *SANCTION_YEARS, states)
    return indicator(look_up(window_sum(yearly), frame))


def indicator(values: np.ndarray) -> np.ndarray:
    """Turn a count into 0/1 and keep what is missing missing."""
    return np.where(np.isnan(values), np.nan, (values > 0).astype(float))


def only_allied_to_pivotal(frame: pd.DataFrame, pivotal: int, sources: Sources) -> np.ndarray:
    """1 if the state has a defence pact with the pivotal state and every other defence partner has one too.

    After the idea of Lake (2009) of "independent alliances": allies that are not also allies of the dominant state.
    """
    rows = sources.alliance_dyads
    rows = rows[rows["atop_defense"] == 1]
    pacts = pd.DataFrame(
        {
            "state": lineage(rows["ccode1"].astype(int)),
            "partner": lineage(rows["ccode2"].astype(int)),
            "year": rows["year"].astype(int),
        }
    ).drop_duplicates()
    pacts = pacts[pacts["state"] != pacts["partner"]]
    centre = lineage_code(pivotal)
    allies = pacts.loc[pacts["state"] == centre, ["partner", "year"]]
    pacts = pacts.merge(allies.assign(shared=1), how="left", on=["partner", "year"])
    independent = pacts[pacts["shared"].isna() & (pacts["partner"] != centre)]
    codes = np.unique(np.concatenate([pacts["state"], lineage(frame["state"]).to_numpy()]))
    allied = complete(grid(allies["partner"], allies["year"]), *ALLIANCE_YEARS, codes)
    others = complete(grid(independent["state"], independent["year"]), *ALLIANCE_YEARS, codes)
    only = ((allied > 0) & (others == 0)).astype(float).where(allied.notna())
    return look_up(only, frame)


def relation_columns(frame: pd.DataFrame, pivotal: int, sources: Sources, states: np.ndarray) -> pd.DataFrame:
    """All columns of this module for the rows of a table.

    Parameters
    ----------
    frame : DataFrame
        Columns state, year; n rows.
    pivotal : int
    sources : Sources
    states : array of int
        All states of the system.

    Returns
    -------
    DataFrame, n rows; the columns that only the US government records are missing for other pivotal states
    """
    table = trade_columns(frame, pivotal, sources)
    table["un_agreement"] = voting_agreement(frame, pivotal, sources)
    table["exercises"] = exercise_count(frame, pivotal, sources, states)
    table["disputes"] = dispute_in_window(frame, pivotal, sources, states)
    table["sanctions"] = sanction_in_window(frame, pivotal, sources, states)
    table["alliance_only_pivotal"] = only_allied_to_pivotal(frame, pivotal, sources)
    american = ["economic_aid", "military_aid", "aid_change_economic", "aid_change_military"]
    if pivotal == USA:
        table[american] = aid_columns(frame, sources, states)[american]
        table["troops"] = troops_per_thousand(frame, sources, states)
    else:
        table[[*american, "troops"]] = np.nan
    table["hierarchy_security"] = np.log1p(table["troops"])
    return table
