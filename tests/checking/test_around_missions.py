"""Quality before and after missions, and first joiners: what is compared, and that chance errs as often as it says."""

import numpy as np
import pytest
import xarray as xr

from tests.models.example import example_data, measured_paths
from workflow.lib.checking.reverse_causation import (
    difference_of_joiners,
    first_decisions,
    first_joiners_row,
    path_around,
    rows_around_missions,
)
from workflow.lib.checking.table import estimate_row

INTERVAL = 0.9


def draws(mean, spread):
    values = np.random.default_rng(1).normal(mean, spread, (2, 400))
    return xr.DataArray(values, dims=("chain", "draw"))


def test_the_path_is_taken_around_the_year_before_a_mission_and_is_missing_outside_the_panel():
    data = example_data()
    path = measured_paths(data)["quality"]["filtered_mean"]
    year, last = int(data["start_year"][2]) - 1, int(path["year"].max())
    found = path_around(path, data, 1).isel(mission=2)
    state = int(data["state"][5])
    assert float(found.sel(state=state)) == float(path.sel(state=state, year=year + 1))
    beyond = path_around(path, data, last - year + 1).isel(mission=2)
    assert beyond.isnull().all()


def test_a_state_is_a_first_joiner_until_the_year_after_it_joined():
    joined = np.array([[1.0, 0.0, np.nan], [0.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    data = xr.Dataset(
        {"joined": (("mission", "state"), joined), "start_year": ("mission", [1990, 1990, 1995])},
        coords={"mission": ["a", "b", "c"], "state": [1, 2, 3]},
    )
    expected = [[True, True, True], [True, True, True], [False, False, True]]
    assert first_decisions(data).values.tolist() == expected


def test_the_difference_of_joiners_is_that_within_missions_at_the_same_level():
    """Changes that are a mission's shift, half the level, and 0.4 for joiners, without noise."""
    random = np.random.default_rng(1)
    joined = (random.random((6, 40)) < 0.3).astype(float)
    level = random.normal(size=joined.shape)
    change = np.arange(6.0)[:, None] + 0.5 * level + 0.4 * joined
    change[2, :3] = np.nan
    np.testing.assert_allclose(difference_of_joiners(change, level, joined, random), 0.4, atol=1e-9)


def test_an_interval_of_the_difference_misses_nothing_as_often_as_it_says():
    """States whose changes have a part of their own: joiners join again, and a state counts once."""
    outside = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        often = random.normal(size=80)
        joined = (random.random((12, 80)) < 1 / (1 + np.exp(2 - often))).astype(float)
        change, level = random.normal(size=80) + random.normal(size=(2, 12, 80))
        found = estimate_row(difference_of_joiners(change, level, joined, random), INTERVAL)
        outside += not found["lower"] <= 0 <= found["upper"]
    # 6 are expected; more than 13 have a chance of one in five hundred
    assert outside <= 13


def test_a_trend_before_a_mission_and_a_rise_after_it_fail():
    data = example_data(states=60)
    path = measured_paths(data)["quality"]["filtered_mean"]
    joined = data["joined"]
    for m in range(data.sizes["mission"]):
        chosen = data["state"].values[joined.isel(mission=m).values == 1]
        later = (path["year"] >= int(data["start_year"][m])) & path["state"].isin(chosen)
        path = path + 3.0 * later
    rows = {
        row["item"]: row for row in rows_around_missions(path, data, "quality", "plugin", INTERVAL, seed=1)
    }
    assert rows["quality +1"]["verdict"] == "described"
    assert rows["quality +1"]["lower"] > 0
    assert {row["check"] for row in rows.values()} <= {"before joining", "after joining"}


@pytest.mark.parametrize(
    ("first", "naive", "verdict"),
    [
        ((1.0, 0.2), (1.2, 0.1), "passed"),
        ((0.0, 0.2), (1.2, 0.1), "failed"),
        ((0.5, 1.0), (1.2, 0.1), "cannot tell"),
        ((1.0, 0.2), (0.1, 0.2), "cannot tell"),
    ],
)
def test_first_joiners_tell_only_where_they_are_precise_and_there_is_a_slope(first, naive, verdict):
    row = first_joiners_row(draws(*first), draws(*naive), "quality", "plugin", INTERVAL, joiners=9)
    assert row["verdict"] == verdict
    assert row["note"].startswith("9 joined")
