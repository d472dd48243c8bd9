"""The state-year table: one row a pivotal state, state and year, one column a measure.

From the source extracts (and the list of missions, before each of which its pivotal state is observed, if it has a panel) to
`data/states.csv`. Fails with a `UserError` if an extract is absent.
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation import ties
from workflow.lib.derivation.bilateral import agreement_columns, treaty_columns
from workflow.lib.derivation.codebook import column_facts
from workflow.lib.derivation.contact import contact_columns
from workflow.lib.derivation.continuation import continuation_columns
from workflow.lib.derivation.contributions import missions_contributed_to
from workflow.lib.derivation.controls import control_columns
from workflow.lib.derivation.relations import USA, relation_columns
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import members_by_year, state_names
from workflow.lib.derivation.trade import trade_volumes

YEARS_OF_USA = range(1948, 2023)
# The same relationship is measured with the rival, as a negative control.
RUSSIA, YEARS_OF_RUSSIA = 365, range(1948, 2015)
SIGNIFICANT_DIGITS = 5
KEYS = ("pivotal", "state", "year", "state_name")


def measured() -> list[str]:
    """Names of the measured columns, in the order of the table and its codebook."""
    return [name for name in column_facts()["column"] if name not in KEYS]


def state_years(
    frame: pd.DataFrame,
    pivotal: int,
    sources: Sources,
    parts: dict[str, ties.Agreements],
    volumes: tuple[np.ndarray, np.ndarray],
) -> pd.DataFrame:
    """Measure all columns for one pivotal state: pivotal, state, year and the measured columns.

    Parameters
    ----------
    frame : DataFrame
        Columns state, year; n rows, index 0..n-1.
    parts : dict
        `Agreements` by kind, see `ties.tie_columns`.
    volumes : tuple
        What `trade.trade_volumes` returns.
    """
    states = frame["state"].unique()
    blocks = [
        ties.tie_columns(frame, pivotal, sources, parts),
        ties.rival_columns(frame, pivotal, sources, parts["alliance"], states),
        treaty_columns(frame, pivotal, sources, states),
        agreement_columns(frame, pivotal, sources, states),
        continuation_columns(frame, pivotal, sources),
        relation_columns(frame, pivotal, sources, states, volumes),
        control_columns(frame, pivotal, sources),
        pd.DataFrame({"un_missions_joined": missions_contributed_to(frame, sources, states)}),
    ]
    if pivotal == USA:
        blocks.append(contact_columns(frame, sources, states))
    table = pd.concat(blocks, axis=1).reindex(columns=measured())
    return pd.concat([frame.assign(pivotal=pivotal)[["pivotal", "state", "year"]], table], axis=1)


def wanted_years(missions: pd.DataFrame) -> dict[int, list[int]]:
    """Years by pivotal state: all of the USA's; Russia's panel and the years before its missions, as a negative control."""
    led = missions["pivotal"].astype(int) == RUSSIA
    before = missions.loc[led, "start_year"].astype(int) - 1
    return {USA: list(YEARS_OF_USA), RUSSIA: sorted({*YEARS_OF_RUSSIA, *before})}


def derive_states(sources: Sources, missions: pd.DataFrame) -> pd.DataFrame:
    """Derive the whole state-year table, sorted by pivotal, state, year; of the missions: pivotal, start_year."""
    members = members_by_year(sources.system, YEARS_OF_USA)
    everyone = np.unique(members["state"])
    parts = {
        "un_treaty": ties.treaty_agreements(sources, everyone),
        "alliance": ties.alliance_agreements(sources, everyone),
        "trade_pact": ties.trade_agreements(sources, everyone),
    }
    volumes = trade_volumes(sources)
    tables = []
    for pivotal, years in sorted(wanted_years(missions).items()):
        frame = members[(members["state"] != pivotal) & members["year"].isin(years)].reset_index(drop=True)
        tables.append(state_years(frame, pivotal, sources, parts, volumes))
    table = pd.concat(tables, ignore_index=True).sort_values(["pivotal", "state", "year"], ignore_index=True)
    table.insert(3, "state_name", table["state"].map(state_names(sources.system)))
    return table


def format_column(values: pd.Series) -> pd.Series:
    """Write numbers as text: whole columns as integers, others to `SIGNIFICANT_DIGITS` digits, missing as empty."""
    present = values.dropna()
    integer = (present == present.round()).all() and (present.abs() < 1e15).all()
    # Adding zero turns -0.0 into 0.0.
    texts = present.map(lambda value: str(int(value)) if integer else f"{value + 0.0:.{SIGNIFICANT_DIGITS}g}")
    return texts.reindex(values.index, fill_value="")


def format_states(table: pd.DataFrame) -> pd.DataFrame:
    """Write the table as it ships: all columns as text."""
    return table.apply(lambda column: column if column.name == "state_name" else format_column(column))
