"""Recovery over many simulated data sets: coverage as nominal, and the claims about who is fooled. Takes minutes."""

import numpy as np
import pytest
from claims import NONE, SAMPLE, STRONG, factor_correlations, quality_slopes, slope_intervals
from recovery_world import INTERVAL, assert_calibrated, recover
from scipy import stats

pytestmark = pytest.mark.slow
DATA_SETS = 24


def test_intervals_of_crossed_hold_the_truth_as_often_as_they_say(crossed, empty):
    assert_calibrated(recover(crossed, empty, range(100, 160)))


def test_intervals_of_crossed_hold_the_truth_with_the_eligibility_of_the_real_missions(
    crossed_real, real_data
):
    assert_calibrated(recover(crossed_real, real_data, range(100, 100 + DATA_SETS)))


def test_intervals_of_joint_hold_the_truth_as_often_as_they_say(joint, empty):
    assert_calibrated(recover(joint, empty, range(100, 100 + DATA_SETS)))


def test_intervals_of_joint_hold_the_truth_with_the_missingness_of_the_real_data(joint_real, thinned):
    assert_calibrated(recover(joint_real, thinned, range(100, 100 + DATA_SETS)))


def test_joint_recovers_the_quality_slope_that_plug_in_attenuates(joint, measurement, plugin, empty):
    """Over data sets with few indicators observed and one true slope: means of estimates, and who covers the truth."""
    slopes = quality_slopes(joint, measurement, plugin, empty, range(100, 100 + DATA_SETS), STRONG)
    mean = slopes.mean(SAMPLE)
    joint_mean, plugin_mean = mean.sel(model="joint"), mean.sel(model="plugin")
    difference = joint_mean - plugin_mean
    assert float(difference.mean()) > 3 * float(difference.std(ddof=1)) / np.sqrt(DATA_SETS)
    assert abs(float(joint_mean.mean()) - STRONG) < abs(float(plugin_mean.mean()) - STRONG)
    lower, upper = slopes.quantile(0.05, SAMPLE), slopes.quantile(0.95, SAMPLE)
    covered = ((lower < STRONG) & (upper > STRONG)).sum("data_set")
    assert int(covered.sel(model="joint")) >= stats.binom.ppf(0.005, DATA_SETS, INTERVAL)
    assert int(covered.sel(model="joint")) >= int(covered.sel(model="plugin"))


def test_with_no_quality_effect_the_interval_covers_zero(joint, empty):
    intervals = slope_intervals(joint, empty, range(100, 100 + DATA_SETS), NONE)
    covered = (intervals[:, 0] < 0) & (intervals[:, 1] > 0)
    assert covered.sum() >= stats.binom.ppf(0.005, DATA_SETS, INTERVAL)


@pytest.mark.parametrize("name", ["factors", "cooperators"])
def test_tie_residual_and_cooperativeness_do_not_trade_places(name, request, empty):
    """Each estimated factor goes with its true one in every data set, and with the other not beyond chance.

    Over 36 states the correlation of two unrelated factors has a standard deviation of 0.17.
    """
    correlations = factor_correlations(request.getfixturevalue(name), empty, range(100, 110))
    assert (correlations[:, [0, 1], [0, 1]] > 0.6).all()
    assert (np.abs(correlations[:, [0, 1], [1, 0]]) < 0.6).all()
    assert (np.abs(correlations[:, [0, 1], [1, 0]].mean(0)) < 4 * 0.17 / np.sqrt(10)).all()
