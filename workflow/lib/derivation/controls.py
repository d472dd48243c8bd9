"""Size, wealth, capability, regime, age and rivalry of a state.

From national capabilities, income, democracy scores, system membership and rivalries to one column each.
Pure functions of `Sources`.
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation.grid import YEARS, look_up
from workflow.lib.derivation.population import population
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import both_ways, first_years, lineage, lineage_code

RIVALRY_YEARS = (1945, 2020)


def yearly(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Grid of a yearly column; where predecessor and successor share a year, the successor's value."""
    ordered = rows.assign(code=lineage(rows["ccode"]), successor=rows["ccode"] == lineage(rows["ccode"]))
    ordered = ordered.dropna(subset=[column]).sort_values("successor")
    table = ordered.drop_duplicates(["code", "year"], keep="last").set_index(["code", "year"])[column]
    return table.unstack("year").reindex(columns=YEARS).astype(float)


def rivalry_with(frame: pd.DataFrame, pivotal: int, sources: Sources) -> np.ndarray:
    """1 in the years of a strategic rivalry with the pivotal state, 0 otherwise, missing after the source ends."""
    rivals = both_ways(sources.rivalries)
    rivals = rivals.loc[rivals["partner"] == lineage_code(pivotal), ["state", "start", "end"]]
    result = np.zeros(len(frame))
    states, years = lineage(frame["state"]).to_numpy(), frame["year"].to_numpy()
    for rival, start, end in rivals.itertuples(index=False):
        result[(states == rival) & (years >= start) & (years <= end)] = 1
    result[(years < RIVALRY_YEARS[0]) | (years > RIVALRY_YEARS[1])] = np.nan
    return result


def control_columns(frame: pd.DataFrame, pivotal: int, sources: Sources) -> pd.DataFrame:
    """All columns of this module for the rows of a table.

    Returns
    -------
    DataFrame, n rows: log_population (log thousands), log_gdp_per_head (log constant dollars), capability (cube root
        of the composite index of national capability), democracy (unified democracy score), state_age (years since
        the lineage first entered the system after 1815), rivalry (0/1)
    """
    age = frame["year"] - lineage(frame["state"]).map(first_years(sources.system))
    return pd.DataFrame(
        {
            "log_population": np.log(look_up(population(sources), frame)),
            "log_gdp_per_head": np.log(look_up(yearly(sources.income, "mrgdppc"), frame)),
            "capability": np.cbrt(look_up(yearly(sources.capabilities, "cinc"), frame)),
            "democracy": look_up(yearly(sources.democracy, "euds"), frame),
            "state_age": age.to_numpy(float),
            "rivalry": rivalry_with(frame, pivotal, sources),
        }
    )
