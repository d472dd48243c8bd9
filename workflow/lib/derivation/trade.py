"""Dependence on trade with the pivotal state, with a stated coverage of the state's other trade.

From the trade flows of all dyads to shares; no file and no source of national totals is at hand, so that the total is the
sum over the partners on record. Pure functions of `Sources`.
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation.grid import YEARS, look_up
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import american_vietnam, both_ways, lineage_code

PERMANENT_MEMBERS = (2, 200, 220, 365, 710)
# The extract holds next to nothing on the Federal Republic in 1960-89. Germany is left out of all totals in all years:
# otherwise every share would fall in 1990, when it comes back.
GERMANY = 255
LEAST_COVERAGE = 0.5
YEARS_AROUND = 15
# Flows are given in whole millions: below this total, rounding alone moves a share by points.
LEAST_TOTAL = 10.0


def trade_volumes(sources: Sources) -> tuple[np.ndarray, np.ndarray]:
    """Imports and exports of each pair of lineages by year.

    South Vietnam is filed under Vietnam from 1960; up to 1975 it gets its own code. A pair of which one flow is missing is
    missing.

    Returns
    -------
    codes : array of int, shape (lineages,)
    volumes : array of float, shape (lineages, lineages, years); NaN where not on record, and within a lineage
    """
    dyads = sources.trade.dropna(subset=["flow1", "flow2"])
    codes = {name: american_vietnam(dyads[name], dyads["year"]) for name in ("ccode1", "ccode2")}
    rows = both_ways(dyads[["year"]].assign(**codes, flow=dyads["flow1"] + dyads["flow2"]))
    flows = rows[rows["state"] != rows["partner"]].groupby(["state", "partner", "year"])["flow"].sum()
    codes = np.unique(rows["state"])
    volumes = np.full((len(codes), len(codes), len(YEARS)), np.nan)
    state, partner, year = (flows.index.get_level_values(level) for level in range(3))
    volumes[np.searchsorted(codes, state), np.searchsorted(codes, partner), year - YEARS[0]] = flows
    return codes, volumes


def coverage(volumes: np.ndarray) -> np.ndarray:
    """Part of a state's usual trade that the partners of a year make up.

    A partner's weight is its mean share in the state's trade in the years around; the coverage of a year is the weight of
    the partners with which any trade is on record that year.

    Parameters
    ----------
    volumes : array, shape (states, partners, years)

    Returns
    -------
    array, shape (states, years); 0 without any trade
    """
    known = np.nan_to_num(volumes)
    total = known.sum(axis=1, keepdims=True)
    shares = np.divide(known, total, out=np.zeros_like(known), where=total > 0)
    summed = np.concatenate([np.zeros((*known.shape[:2], 1)), shares.cumsum(axis=2)], axis=2)
    place = np.arange(known.shape[2])
    last = np.minimum(place + YEARS_AROUND + 1, known.shape[2])
    weights = summed[:, :, last] - summed[:, :, np.maximum(place - YEARS_AROUND, 0)]
    total_weight = weights.sum(axis=1)
    covered = (weights * (known > 0)).sum(axis=1)
    return np.divide(covered, total_weight, out=np.zeros_like(total_weight), where=total_weight > 0)


def trade_columns(frame: pd.DataFrame, pivotal: int, volumes: tuple[np.ndarray, np.ndarray]) -> pd.DataFrame:
    """Trade with the pivotal state, in per cent of all trade and of trade with the great powers.

    Missing where trade with the pivotal state is not on record, where the other partners on record make up less than
    `LEAST_COVERAGE` of the state's usual trade, or where all of it is less than `LEAST_TOTAL` million dollars.
    `hierarchy_trade` follows the idea of Lake (2009) of dependence on one great power relative to the others (the five
    permanent members of the Security Council and the pivotal state); the state's GDP cancels in that ratio.

    Parameters
    ----------
    volumes : tuple
        What `trade_volumes` returns.
    """
    codes, flows = volumes
    centre = lineage_code(pivotal)
    if centre not in codes:
        return pd.DataFrame({"trade_share": np.nan, "hierarchy_trade": np.nan}, index=frame.index)
    place = int(np.searchsorted(codes, centre))
    other_partners = ~np.isin(codes, [centre, GERMANY])
    with_pivotal = flows[:, place]
    enough = coverage(flows[:, other_partners]) >= LEAST_COVERAGE
    powers = np.isin(codes, [*PERMANENT_MEMBERS, centre])
    columns = {}
    for name, counted in (("trade_share", other_partners), ("hierarchy_trade", powers & (codes != centre))):
        total = np.nansum(flows[:, counted], axis=1) + with_pivotal
        share = np.divide(
            100 * with_pivotal, total, out=np.full_like(total, np.nan), where=total >= LEAST_TOTAL
        )
        table = pd.DataFrame(np.where(enough, share, np.nan), index=codes, columns=YEARS)
        columns[name] = look_up(table, frame)
    return pd.DataFrame(columns)
