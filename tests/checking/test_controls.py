"""Negative controls: differences of slopes, their power, and the rows that they leave."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from models.composition import Composition
from tests.models.example import example_data
from workflow.lib.checking.controls import (
    Control,
    difference_rows,
    led_by_others_rows,
    power_to_see,
    with_control,
    with_covariate,
)
from workflow.lib.checking.table import check_table

INTERVAL = 0.9
VALUES = xr.DataArray(np.zeros((1, 1)), dims=("mission", "state"))
RIVAL = Control("rivals", "ties 365", "ties with Russia", "ties", VALUES)


def draws(*values):
    """One chain of draws; of a mean and a spread, two hundred evenly spaced normal quantiles."""
    if len(values) == 2:
        values = norm.ppf((np.arange(200) + 0.5) / 200, *values)
    return xr.DataArray(np.array([values], float), dims=("chain", "draw"))


def rows_of(slope, control, naive):
    rows = check_table(difference_rows(RIVAL, lambda control_: (slope, control), naive, "plugin", INTERVAL))
    return rows.set_index("item")


def test_the_difference_is_that_of_the_draws_of_one_posterior():
    # the slopes go up and down together: their difference is known better than either
    slope, control = draws(1.0, 2.0, 3.0), draws(0.5, 1.5, 2.5)
    rows = rows_of(slope, control, draws(1.0, 1.1, 1.2))
    row = rows.loc["ties 365 difference"]
    assert (row["estimate"], row["lower"], row["upper"]) == pytest.approx((0.5, 0.5, 0.5))
    assert (row["verdict"], row["expected"], row["unit"]) == ("passed", "positive", "log-odds")
    beside = rows.loc["ties 365 beside"]
    assert (beside["estimate"], beside["verdict"]) == (pytest.approx(2.0), "described")
    alone = rows.loc["ties 365 slope"]
    assert alone["estimate"] == pytest.approx(1.5)
    assert (alone["expected"], alone["verdict"]) == ("near zero", "failed")


@pytest.mark.parametrize(
    ("slope", "control", "verdict"),
    [
        (draws(1.0, 0.1), draws(0.0, 0.1), "passed"),
        (draws(0.1, 0.1), draws(1.0, 0.1), "failed"),
        (draws(1.0, 0.1), draws(1.0, 0.1), "failed"),
        (draws(0.2, 1.0), draws(0.0, 1.0), "cannot tell"),
    ],
)
def test_a_control_fails_if_it_has_a_slope_that_the_regressor_does_not_exceed(slope, control, verdict):
    # draws of the control in reverse order, so that those of the two differ
    rows = rows_of(slope, control[:, ::-1].drop_vars("draw", errors="ignore"), draws(0.8, 0.1))
    assert rows.loc["ties 365 difference", "verdict"] == verdict


@pytest.mark.parametrize(
    ("control", "verdict"),
    [
        (draws(0.5, 0.1), "failed"),
        (draws(-0.5, 0.1), "failed"),
        (draws(0.0, 0.1), "passed"),
        (draws(0.0, 1.0), "cannot tell"),
    ],
)
def test_a_control_by_itself_fails_off_zero_and_passes_only_where_no_naive_slope_is_possible(
    control, verdict
):
    rows = rows_of(draws(1.0, 0.1), control, draws(0.8, 0.1))
    assert rows.loc["ties 365 slope", "verdict"] == verdict


def test_a_regressor_without_a_slope_passes_no_control():
    """Its control may be far below it: there is nothing that a control could take away."""
    rows = rows_of(draws(0.0, 0.05), draws(-1.0, 0.05), draws(0.0, 0.1))
    assert rows.loc["ties 365 difference", "verdict"] == "cannot tell"


def test_power_is_the_chance_that_the_interval_leaves_out_zero():
    random = np.random.default_rng(1)
    estimates = random.normal(0.8, 0.5, size=200_000)
    clear = (estimates - norm.isf(0.05) * 0.5 > 0).mean()
    assert power_to_see(0.8, 0.5, INTERVAL) == pytest.approx(clear, abs=0.005)
    assert power_to_see(-0.8, 0.5, INTERVAL) == power_to_see(0.8, 0.5, INTERVAL)
    assert power_to_see(1e-12, 0.5, INTERVAL) == pytest.approx(0.05)
    assert np.isnan(power_to_see(0.8, 0.0, INTERVAL))


def test_power_to_see_the_naive_slope_falls_with_the_spread_of_the_control():
    sharp = rows_of(draws(1.0, 0.1), draws(0.0, 0.1), draws(1.0, 0.1)).loc["ties 365 slope", "power"]
    wide = rows_of(draws(1.0, 0.1), draws(0.0, 1.0), draws(1.0, 0.1)).loc["ties 365 slope", "power"]
    assert sharp > 0.99 > 0.5 > wide


def test_missions_led_by_others_are_compared_with_ones_own_as_independent():
    rows = led_by_others_rows("ties", draws(1.2, 0.3), draws(0.6, 0.4), "plugin", INTERVAL, missions=14)
    rows = check_table(rows).set_index("item")
    gap = rows.loc["ties difference"]
    assert gap["estimate"] == pytest.approx(0.6, abs=0.01)
    half = norm.isf(0.05) * np.hypot(0.3, 0.4)
    assert gap["upper"] - gap["estimate"] == pytest.approx(half, rel=0.15)
    assert gap["estimate"] - gap["lower"] == pytest.approx(half, rel=0.15)
    assert gap["verdict"] == "cannot tell"
    assert rows.loc["ties led by others", "estimate"] == pytest.approx(0.6)
    assert "14 missions" in gap["note"]


def test_missions_led_by_others_may_have_another_number_of_draws():
    rows = led_by_others_rows("ties", draws(1.2, 0.1), draws(1.1, 1.2, 1.3), "plugin", INTERVAL, missions=9)
    assert rows[1]["estimate"] == pytest.approx(0.0, abs=0.1)
    assert rows[1]["verdict"] == "failed"


def test_a_control_stands_beside_the_regressor_and_what_it_lacks_is_not_scored():
    data = example_data()
    values = data["ties"].fillna(0.0) + 1.0
    values[0, :4] = np.nan
    turned = values.isel(state=slice(None, None, -1), mission=slice(None, None, -1))
    widened = with_covariate(data, "control_added", turned)
    composition = with_control(Composition("pooled", mission_intercepts=False), widened, "control_added")
    assert composition.control_names(widened) == ["log_population", "democracy", "control_added"]
    found = widened["covariate_value"].sel(covariate="control_added").values
    np.testing.assert_allclose(found, np.nan_to_num(values.values))
    scored = data["joined"].notnull().values
    lost = scored & np.isnan(values.values)
    assert lost.any()
    np.testing.assert_array_equal(widened["joined"].notnull().values, scored & ~lost)
    xr.testing.assert_equal(widened["ties"], data["ties"])
    before = data["covariate_value"].transpose("covariate", "mission", "state").values
    np.testing.assert_array_equal(widened["covariate_value"].values[:-1], before)
