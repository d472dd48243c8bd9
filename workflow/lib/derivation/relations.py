"""The relationship with the pivotal state that is no count of treaties: votes, trade, aid, security, pacts, hierarchy.

Brings the columns of `trade`, `aid`, `security` and `pacts` together for the rows of a table. Pure functions of `Sources`;
a missing extract is a `UserError` from the reader.
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation import security
from workflow.lib.derivation.aid import aid_columns
from workflow.lib.derivation.grid import grid, look_up
from workflow.lib.derivation.pacts import pact_columns
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import lineage_code
from workflow.lib.derivation.trade import trade_columns

USA = 2
# A point drawn from fewer votes than this says little more than the middle of the scale.
LEAST_VOTES = 10
# A point that lies farther than this from those of the sessions before and after, on the same side, is a slip: positions do
# not swing there and back by ten standard errors (Mongolia 1993).
GREATEST_SWING = 2.0


def ideal_points(sources: Sources) -> pd.DataFrame:
    """Ideal points in the General Assembly session that opens in each year, as a grid (lineages, years)."""
    points = sources.ideal_points
    points = points[points["NVotes"] >= LEAST_VOTES]
    table = grid(points["ccode"], points["session"] + 1945, points["IdealPoint"])
    before, after = table - table.shift(1, axis=1), table - table.shift(-1, axis=1)
    swings = (before.abs() > GREATEST_SWING) & (after.abs() > GREATEST_SWING)
    return table.mask(swings & (before * after > 0))


def voting_agreement(frame: pd.DataFrame, pivotal: int, sources: Sources) -> np.ndarray:
    """Minus the absolute distance of ideal points in the General Assembly session that opens in the year; shape (n,)."""
    table = ideal_points(sources)
    return look_up(-(table - table.reindex([lineage_code(pivotal)]).iloc[0]).abs(), frame)


def relation_columns(
    frame: pd.DataFrame,
    pivotal: int,
    sources: Sources,
    states: np.ndarray,
    volumes: tuple[np.ndarray, np.ndarray],
) -> pd.DataFrame:
    """All columns of this module; those that only the US government records are there for the USA only.

    Parameters
    ----------
    frame : DataFrame
        Columns state, year; n rows.
    states : array of int
        All states of the system.
    volumes : tuple
        What `trade.trade_volumes` returns.
    """
    table = trade_columns(frame, pivotal, volumes)
    columns = {
        "un_agreement": voting_agreement(frame, pivotal, sources),
        "arms_transfers": look_up(security.arms_transferred(sources, pivotal, states), frame),
        "disputes": security.dispute_in_window(frame, pivotal, sources, states),
        "sanctions": security.sanction_in_window(frame, pivotal, sources, states),
        **security.exercise_columns(frame, pivotal, sources, states),
        **pact_columns(frame, pivotal, sources, states),
    }
    table = table.assign(**columns)
    if pivotal == USA:
        troops = security.troops_per_thousand(frame, sources, states)
        table = table.assign(troops=troops, hierarchy_security=np.log1p(troops))
        table = pd.concat([table, aid_columns(frame, sources, states)], axis=1)
    return table
