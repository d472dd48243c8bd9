"""Alliance blocs of states by year, from the table of states.

To the check of whether indicators work alike in all blocs. A table without the columns gives one bloc for all.
"""

import numpy as np
import pandas as pd

WITH_PIVOTAL = ("alliance_joint",)
WITH_RIVALS = ("alliance_russia", "alliance_china")
BLOCS = ("allied with the pivotal state", "allied with its rivals", "allied with neither")


def alliance_blocs(rows: pd.DataFrame, states: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Bloc of each state in each year: its place in ``BLOCS``, shape (S, T).

    A state allied with both belongs to the pivotal state's bloc: what is asked is whether an indicator reads differently among
    its allies.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of one pivotal state: state, year, numbers of alliances shared with it and with its rivals; missing is none.
    states, years : array of int
    """
    grid = pd.MultiIndex.from_product([states, years])
    alliances = rows.set_index(["state", "year"])

    def allied(columns: tuple[str, ...]) -> np.ndarray:
        counts = alliances.reindex(columns=list(columns)).reindex(grid).to_numpy(float)
        return (np.nansum(counts, axis=1) > 0).reshape(len(states), len(years))

    return np.where(allied(WITH_PIVOTAL), 0, np.where(allied(WITH_RIVALS), 1, 2))
