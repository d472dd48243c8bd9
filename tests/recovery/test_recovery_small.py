"""Recovery in small: what every run of the tests can afford. The same claims over many data sets are marked slow."""

import numpy as np
from claims import NONE, slope_intervals
from recovery_world import INTERVAL, assert_calibrated, recover, world

from models.inputs import model_inputs


def test_intervals_of_crossed_hold_the_truth_as_often_as_they_say(crossed, empty):
    assert_calibrated(recover(crossed, empty, range(10)))


def test_intervals_of_crossed_hold_the_truth_with_the_eligibility_of_the_real_missions(
    crossed_real, real_data
):
    assert_calibrated(recover(crossed_real, real_data, range(8)))


def test_joint_recovers_hyperparameters_and_estimands(joint, empty):
    """Two data sets, some 75 intervals each: nine in ten should hold the truth, at least three in four must.

    The number that do is roughly binomial within a data set but for dependence between parameters; three in four lies more
    than four binomial standard errors below nine in ten. Estimates follow the truth over all parameters.
    """
    recovery = recover(joint, empty, (1, 2))
    inside = recovery["truth"].between(recovery["lower"], recovery["upper"])
    assert inside.groupby(recovery["replicate"]).mean().min() > INTERVAL - 0.15
    distance = (recovery["mean"] - recovery["truth"]) / recovery["sd"]
    assert distance.abs().max() < 5
    assert np.corrcoef(recovery["mean"], recovery["truth"])[0, 1] > 0.9


def test_with_no_quality_effect_the_interval_covers_zero(joint, empty):
    """Two data sets, 90 % intervals: both miss zero once in a hundred times, so one must cover it."""
    intervals = slope_intervals(joint, empty, (1, 2), NONE)
    assert ((intervals[:, 0] < 0) & (intervals[:, 1] > 0)).any()


def test_no_chain_gets_stuck_where_states_hardly_differ(joint, empty):
    """Where spreads are near zero, effects sampled as they are have no room, and chains stop moving there."""
    alike = {
        "count_state_sd": 0.01,
        "count_deviation": 0.0,
        "binary_state_sd": 0.01,
        "binary_deviation": 0.0,
    }
    data, _ = world(joint.composition, empty, 2, **alike)
    arrays = model_inputs(joint.composition, data).arrays
    for seed in range(4):
        diverging = joint.sample(seed, arrays=arrays)["sample_stats"]["diverging"].values
        assert diverging.mean(axis=1).max() < 0.02
