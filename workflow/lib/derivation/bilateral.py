"""Bilateral treaties and defence cooperation agreements: stocks of what two states have signed.

From the World Treaty Index and the list of defence cooperation agreements to counts with their exposure, the count of all
bilateral treaties (or agreements) of the state. The index holds signatures and nothing on the end of a treaty: a stock never
falls. Pure functions of `Sources`.
"""

import functools

import numpy as np
import pandas as pd

from workflow.lib.derivation.grid import FIRST_YEAR, complete, grid, look_up, window_sum, within
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import both_ways, lineage, lineage_code

USA = 2
FIRST_TREATY_YEAR = 1900
# All states thin out in the index from 1997. Of the USA it holds 121 treaties for 1984, 55 for 1985 and 12 for 1986 while
# other states' numbers stay: a break in registration, so that US counts are missing afterwards.
LAST_YEAR, LAST_YEAR_OF_USA = 1996, 1984
LAST_YEAR_CARRIED = 2014
# Few agreements of the years before 1991 are known to the list of defence cooperation agreements.
AGREEMENT_YEARS = (1991, 2010)
AID_GROUP, FOOD_AID, COMMODITIES = "4", "4AGRIC", "3COMMO"


def pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn one row a treaty (ccode1, ccode2, year) into one row a treaty and side: state, partner (lineages), year."""
    year = rows["year"].astype(int).clip(lower=FIRST_YEAR)
    return both_ways(rows[["ccode1", "ccode2"]].assign(year=year)).query("state != partner")


@functools.lru_cache(maxsize=1)
def treaties(sources: Sources) -> pd.DataFrame:
    """Bilateral treaties between states, each once, with the marks `aid` and `food`."""
    rows = sources.bilateral_treaties
    rows = rows[(rows["dup"] == 0) & rows["ccode1"].notna() & rows["ccode2"].notna()]
    rows = rows[rows["year"].between(FIRST_TREATY_YEAR, LAST_YEAR)]
    topic = rows["topic"].fillna("")
    on_food = (topic == COMMODITIES) & rows["headnote"].fillna("").str.contains("AGRICULTURAL COMMODIT")
    food = (topic == FOOD_AID) | on_food
    return rows.assign(aid=topic.str.startswith(AID_GROUP) | food, food=food)


def stock(rows: pd.DataFrame, states: np.ndarray, first: int, last: int) -> pd.DataFrame:
    """Number of rows of `pairs` up to each year, by lineage; missing outside first..last."""
    yearly = complete(grid(rows["state"], rows["year"]), FIRST_YEAR, last, states)
    return within(yearly.cumsum(axis=1), first, last)


def unrecorded(rows: pd.DataFrame, frame: pd.DataFrame) -> np.ndarray:
    """Mark rows of states that the index names in no treaty at all, and those of the USA after its record breaks off."""
    named = lineage(frame["state"]).isin(rows["state"])
    return (~named | ((frame["state"] == USA) & (frame["year"] > LAST_YEAR_OF_USA))).to_numpy()


def treaty_columns(frame: pd.DataFrame, pivotal: int, sources: Sources, states: np.ndarray) -> pd.DataFrame:
    """Stocks of bilateral treaties with the pivotal state and of the state's own, and food aid agreements.

    Counts of the USA, or with it, end in 1984; all others in 1996. `bilateral_treaty_carried` repeats the stock of the last
    year counted up to 2014, for states that existed then.

    Returns
    -------
    DataFrame, n rows: bilateral_treaty_joint, bilateral_treaty_own, bilateral_treaty_carried, bilateral_aid_treaty_joint,
        food_aid_agreements (USA only)
    """
    listed, centre = treaties(sources), lineage_code(pivotal)
    with_aid, without = pairs(listed[listed["aid"]]), pairs(listed[~listed["aid"]])
    last = LAST_YEAR_OF_USA if pivotal == USA else LAST_YEAR
    joint = stock(without[without["partner"] == centre], states, FIRST_YEAR, last)
    grids = {
        "bilateral_treaty_joint": joint,
        "bilateral_treaty_own": stock(without, states, FIRST_YEAR, LAST_YEAR),
        "bilateral_treaty_carried": carried(joint, sources, last),
        "bilateral_aid_treaty_joint": stock(
            with_aid[with_aid["partner"] == centre], states, FIRST_YEAR, last
        ),
    }
    if pivotal == USA:
        food = pairs(listed[listed["food"]]).query("partner == @centre")
        yearly = complete(grid(food["state"], food["year"]), FIRST_YEAR, last, states)
        grids["food_aid_agreements"] = window_sum(yearly)
    table = pd.DataFrame({name: look_up(values, frame) for name, values in grids.items()})
    table[unrecorded(pd.concat([with_aid, without]), frame)] = np.nan
    return table


def carried(joint: pd.DataFrame, sources: Sources, last: int) -> pd.DataFrame:
    """Repeat the stock of the last year counted, for lineages that existed then."""
    system = sources.system
    alive = system[(system["styear"] <= last) & (system["endyear"] >= last)]
    existed = joint.index.isin(lineage(alive["ccode"].astype(int)))
    filled = within(joint.ffill(axis=1), FIRST_YEAR, LAST_YEAR_CARRIED)
    return filled.where(existed[:, None] | joint.notna())


def rival_treaties(frame: pd.DataFrame, power: int, sources: Sources, states: np.ndarray) -> np.ndarray:
    """Stock of bilateral treaties (without aid) with a power other than the pivotal state."""
    listed = treaties(sources)
    rows = pairs(listed[~listed["aid"]])
    rows = rows[rows["partner"] == lineage_code(power)]
    values = look_up(stock(rows, states, FIRST_YEAR, LAST_YEAR), frame)
    return np.where(unrecorded(pairs(listed), frame), np.nan, values)


def agreement_columns(
    frame: pd.DataFrame, pivotal: int, sources: Sources, states: np.ndarray
) -> pd.DataFrame:
    """Defence cooperation agreements signed since 1980 and not known to have ended, with the pivotal state and in all."""
    rows = sources.defence_agreements.rename(columns={"signYear": "year"})
    ended = (rows["terminated"] == 1) & (rows["endYearEstimate"] < AGREEMENT_YEARS[1])
    signed, over = pairs(rows), pairs(rows[ended].assign(year=rows.loc[ended, "endYearEstimate"]))
    columns = {}
    for name, partners in (("joint", [lineage_code(pivotal)]), ("own", signed["partner"].unique())):
        begun, gone = (
            stock(part[part["partner"].isin(partners)], states, *AGREEMENT_YEARS) for part in (signed, over)
        )
        columns[f"defence_agreement_{name}"] = look_up(begun - gone, frame)
    return pd.DataFrame(columns)
