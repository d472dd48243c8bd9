"""Quality without one of its indicators beside quality from all."""

import numpy as np
import pytest
import xarray as xr

from tests.models.example import example_data
from workflow.lib.checking.stability import stability_row, without_each_column


def test_each_column_is_left_out_with_all_its_parts():
    data = example_data()
    columns = [name.removesuffix("_any").removesuffix("_amount") for name in data["indicator"].values]
    data = data.assign_coords(source_column=("indicator", columns))
    versions = dict(without_each_column(data))
    assert set(versions) == set(columns)
    aid = versions["aid"]["indicator_value"]
    assert aid.sel(indicator=["aid_any", "aid_amount"]).isnull().all()
    kept = [name for name in data["indicator"].values if not name.startswith("aid")]
    xr.testing.assert_equal(aid.sel(indicator=kept), data["indicator_value"].sel(indicator=kept))


def test_agreement_is_measured_over_states_and_years():
    full = xr.DataArray(
        np.arange(6.0).reshape(2, 3), dims=("state", "year"), coords={"state": [2, 20], "year": [1, 2, 3]}
    )
    row = stability_row("troops", full, 2 * full, True)
    assert row["correlation"] == pytest.approx(1)
    assert row["rank_correlation"] == pytest.approx(1)
    assert row["mean_difference"] == pytest.approx(2.5)
    assert stability_row("troops", full, full, False) == {"left_out": "troops", "converged": False}
    with pytest.raises(ValueError, match=r"align"):
        stability_row("troops", full, full.isel(year=[0, 1]), True)
