"""US aid per inhabitant, and payments: how aid changed after a year against the state's own trend.

From the yearly obligations of the US government to five-year means. Pure functions of `Sources`.
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation.grid import complete, grid, look_up, window_mean
from workflow.lib.derivation.population import population
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import american_vietnam

AID_YEARS = (1946, 2019)
ALL_AID_YEARS = (1946, 2022)
WINDOW = 5
CHINA, TAIWAN = 710, 713
# Aid up to 1949 went to the Republic of China on the mainland; the source files it under Taiwan, which no figure of
# population fits. Windows that reach back into these years are missing for both.
LAST_YEAR_ON_MAINLAND = 1949
# Aid of which the kind is not known matters from this amount, dollars per inhabitant.
LEAST_UNSPLIT = 1.0
KINDS = {"economic": "constant_econ", "military": "constant_mili"}


def _grid(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    rows = rows.dropna(subset=[column])
    return grid(american_vietnam(rows["ccode"], rows["year"]), rows["year"], rows[column])


def aid_per_head(
    sources: Sources, aid: pd.DataFrame, years: tuple[int, int], states: np.ndarray
) -> pd.DataFrame:
    """US aid by year in constant dollars per inhabitant; cancelled obligations stay negative, no row is no aid.

    Parameters
    ----------
    aid : DataFrame, shape (lineages, years)
    years : tuple of int
        First and last year that the source covers.
    """
    people = population(sources)
    table = complete(aid, *years, states).reindex(people.index)
    table.loc[[CHINA, TAIWAN], table.columns <= LAST_YEAR_ON_MAINLAND] = np.nan
    return table / (1000 * people)


def split_aid(sources: Sources, kind: str, states: np.ndarray) -> pd.DataFrame:
    """Economic or military aid per head; missing where only the later source, which does not split it, has aid."""
    observed = _grid(sources.aid, KINDS[kind])
    table = aid_per_head(sources, observed, AID_YEARS, states)
    unsplit = total_aid(sources, states).reindex(table.index).abs() >= LEAST_UNSPLIT
    return table.mask(unsplit & observed.reindex(table.index).isna())


def total_aid(sources: Sources, states: np.ndarray) -> pd.DataFrame:
    """Aid of all kinds per head, by the source that goes on to 2022."""
    return aid_per_head(sources, _grid(sources.all_aid, "obligations_constant"), ALL_AID_YEARS, states)


def mean_aid(
    per_head: pd.DataFrame, people: pd.DataFrame, frame: pd.DataFrame, years: tuple[int, int]
) -> np.ndarray:
    """Mean of the five-year window, floored at zero: a negative mean is a cancellation of earlier obligations.

    A state younger than five years is averaged over the years since it entered the system (at least one). A window with a
    year in which the state existed but its aid is unknown is missing.
    """
    covered = per_head.columns.to_series().between(*years)
    unknown = (people.notna() & per_head.isna() & covered).astype(float)
    known = ~(unknown.T.rolling(WINDOW, min_periods=1).sum().T > 0)
    values = np.maximum(look_up(window_mean(per_head, WINDOW, at_least=1).where(known), frame), 0.0)
    return np.where(frame["year"].between(years[0] + 2, years[1]), values, np.nan)


def change_of_aid(per_head: pd.DataFrame, frame: pd.DataFrame) -> np.ndarray:
    """Mean of log(1 + aid per head) over t+1..t+3 minus the value at t+2 of the straight line through t-5..t.

    A payment, observed after the year: never a predictor.
    """
    logged = np.log1p(per_head.clip(lower=0))
    before = np.stack([look_up(logged, frame, -back) for back in range(5, -1, -1)])
    after = np.stack([look_up(logged, frame, ahead) for ahead in (1, 2, 3)])
    time = np.arange(-5.0, 1.0)
    slope = ((time - time.mean())[:, None] * before).sum(axis=0) / ((time - time.mean()) ** 2).sum()
    return after.mean(axis=0) - (before.mean(axis=0) + slope * (2 - time.mean()))


def aid_columns(frame: pd.DataFrame, sources: Sources, states: np.ndarray) -> pd.DataFrame:
    """All columns of this module for the rows of a table (US pivotal state only): means of aid, and its changes."""
    columns = {}
    people = population(sources)
    for kind in KINDS:
        per_head = split_aid(sources, kind, states)
        columns[f"{kind}_aid"] = mean_aid(per_head, people, frame, AID_YEARS)
        columns[f"aid_change_{kind}"] = change_of_aid(per_head, frame)
    columns["all_aid"] = mean_aid(total_aid(sources, states), people, frame, ALL_AID_YEARS)
    return pd.DataFrame(columns)
