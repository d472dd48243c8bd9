"""UN missions that a state contributes troops to: cooperation that is not about the pivotal state.

From the Geo-PKO extract (contingents shown on the maps of UN missions, 1994 on) to one column. Pure functions of `Sources`;
a contributor's name that is no known state is a `UserError`.
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation.grid import complete, grid, look_up
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.succession import codes_by_name, state_code

MAP_YEARS = (1994, 2024)


def missions_contributed_to(frame: pd.DataFrame, sources: Sources, states: np.ndarray) -> np.ndarray:
    """Number of UN missions on whose maps the state has a contingent in the year, shape (n,); NaN outside their years."""
    names = codes_by_name(sources.system)
    rows = sources.peacekeepers.drop_duplicates(["mission", "year", "tcc"])
    pairs = rows[["tcc", "year"]].drop_duplicates()
    codes = [state_code(name, int(year), int(year), names) for name, year in pairs.itertuples(index=False)]
    rows = rows.merge(pairs.assign(code=codes), on=["tcc", "year"]).dropna(subset=["code"])
    # Two spellings of one contributor on a map are one contributor.
    rows = rows.drop_duplicates(["mission", "year", "code"]).reset_index(drop=True)
    return look_up(complete(grid(rows["code"], rows["year"]), *MAP_YEARS, states), frame)
