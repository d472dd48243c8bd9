"""Alliance blocs of states in the panel years, from the table of states.

To the check of whether indicators work alike in all blocs. A table without the columns gives one bloc for all.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from workflow.lib.checking.indicators import bloc_labels

WITH_PIVOTAL = "alliance_joint"
WITH_RIVALS = ("alliance_russia", "alliance_china")


def alliance_blocs(states: pd.DataFrame, data: xr.Dataset) -> xr.DataArray:
    """Bloc of each state in each panel year.

    Parameters
    ----------
    states : pandas.DataFrame
        Table of states: pivotal, state, year, numbers of alliances shared with the pivotal state and with its rivals.
    data : xarray.Dataset
        Gives states, panel years and the pivotal state (attribute `source_of_ties`).

    Returns
    -------
    xarray.DataArray, shape (state, panel_year)
    """
    own = states[states["pivotal"] == data.attrs["source_of_ties"]].set_index(["state", "year"])
    grid = pd.MultiIndex.from_product([data["state"].values, data["panel_year"].values])

    def shared(columns: list[str]) -> xr.DataArray:
        found = own.reindex(columns=columns).reindex(grid).to_numpy(float)
        total = np.nansum(found, axis=1).reshape(data.sizes["state"], data.sizes["panel_year"])
        return xr.DataArray(
            total,
            dims=("state", "panel_year"),
            coords={"state": data["state"].values, "panel_year": data["panel_year"].values},
        )

    return bloc_labels(shared([WITH_PIVOTAL]), shared(list(WITH_RIVALS)))
