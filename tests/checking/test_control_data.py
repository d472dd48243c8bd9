"""Controls are taken from the right state, the right year and the right missions."""

import numpy as np
import pytest

from models.composition import Composition
from tests.models.example import example_data, measured_paths
from workflow.lib.checking.control_data import LATER, later_controls, missions_led_by_others, rival_controls
from workflow.lib.tables.prepare import prepare

TIES_ALONE = Composition("pooled")
BOTH = Composition("plugin", regressors=("ties", "quality"))
RUSSIA = 365


@pytest.fixture(scope="module")
def data(settings, tables):
    return prepare(tables, settings)


def test_ties_with_a_rival_are_those_of_the_same_missions_with_another_state(settings, tables, data):
    (control,) = rival_controls(tables, settings, data, TIES_ALONE, {}, print)
    assert (control.check, control.regressor, control.item) == ("rivals", "ties", f"ties {RUSSIA}")
    assert control.label == "ties with Russia"
    assert control.values.sel(mission=data["mission"].values).shape[0] == data.sizes["mission"]
    # Poland of the pact of Warsaw had more ties with the other side than with the USA's own
    cell = {"mission": "gulf_1990", "state": 290}
    assert float(control.values.sel(cell)) > float(data["ties"].sel(cell))


def test_quality_with_russia_is_measured_of_its_own_indicators_and_puts_bulgaria_above_canada(
    settings, tables, data
):
    measuring = {"quality": {"measures": ["alignment"]}}
    _, control = rival_controls(tables, settings, data, BOTH, measuring, print)
    assert (control.item, control.label) == (f"quality {RUSSIA}", "quality with Russia")
    before_1989 = data["mission"].values[data["start_year"].values < 1989]
    found = control.values.reindex(mission=data["mission"].values, state=data["state"].values)
    bulgaria, canada = (found.sel(state=state, mission=before_1989) for state in (355, 20))
    both = bulgaria.notnull() & canada.notnull()
    assert int(both.sum()) >= 5
    assert (bulgaria.where(both, drop=True) > canada.where(both, drop=True)).all()


def test_later_ties_are_those_of_the_year_and_not_of_missions_whose_later_year_is_unknown(
    settings, tables, data
):
    (control,) = later_controls(tables, settings, data, TIES_ALONE, {})
    own = tables.states[tables.states["pivotal"] == 2]
    counts = tables.codebook.loc[tables.codebook["role"] == "tie_count", "column"]
    last = own.dropna(subset=counts.tolist())["year"].max()
    known = data["start_year"].values - 1 + LATER <= last
    assert 0 < known.sum() < len(known)
    found = control.values.reindex(mission=data["mission"].values, state=data["state"].values)
    np.testing.assert_array_equal(found.notnull().any("state").values, known)
    moved = tables.missions.assign(start_year=tables.missions["start_year"] + LATER)
    one = moved[moved["mission"] == "gulf_1990"]
    alone = prepare(type(tables)(**{**vars(tables), "missions": one.reset_index(drop=True)}), settings)
    # alike up to the scale, which is of all missions together
    both = found.sel(mission="gulf_1990").values, alone["ties"].reindex(state=data["state"]).values[0]
    seen = np.isfinite(both[0]) & np.isfinite(both[1])
    assert seen.sum() > 100
    assert np.corrcoef(both[0][seen], both[1][seen])[0, 1] > 0.999


def test_missions_led_by_others_are_none_of_the_pivotal_state_and_keep_its_ties(settings, tables, data):
    others = missions_led_by_others(tables, settings, data)
    assert others.sizes["mission"] >= 6
    assert 2 not in others["pivotal"].values
    assert others.attrs["source_of_ties"] == 2
    assert not set(others["mission"].values) & set(data["mission"].values)
    assert missions_led_by_others(tables, {**settings, "missions_led_by_others": True}, data) is None


def small():
    data = example_data()
    paths = measured_paths(data)
    return data, {"quality": paths["quality"].assign(smoothed_sd=paths["quality"]["smoothed_mean"] * 0 + 1)}


def test_later_quality_is_the_path_some_years_after_and_missing_where_the_panel_ends():
    data, paths = small()
    quality_alone = Composition("plugin", regressors=("quality",))
    (control,) = later_controls(None, {}, data, quality_alone, paths)
    path, last = paths["quality"]["filtered_mean"], int(data["year"].max())
    for mission in data["mission"].values:
        year = int(data["start_year"].sel(mission=mission)) - 1 + LATER
        found = control.values.sel(mission=mission)
        if year > last:
            assert found.isnull().all()
            continue
        for state in data["state"].values[1:]:
            assert float(found.sel(state=state)) == float(path.sel(year=year, state=state))
    assert control.values.notnull().any() and control.values.isnull().any()
