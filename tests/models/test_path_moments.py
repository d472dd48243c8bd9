"""The paths' moments against multivariate normals written out."""

from dataclasses import replace

import numpy as np
import pytest

from models.blocks.factor import Panel, readings_of
from models.paths import path_moments
from tests.models import brute_force
from tests.models.brute_force import Parameters

STATES, ITEMS, YEARS = 5, 3, 9
NEVER_SEEN = 4


def small_world(seed):
    """States that exist all the time, late, shortly, one year, and one that is never seen; gaps, and two adjusters."""
    random = np.random.default_rng(seed)
    span = np.array([[0, 8], [2, 7], [0, 4], [5, 5], [1, 6]])
    seen = random.random((STATES, ITEMS, YEARS)) < 0.75
    for s, (first, last) in enumerate(span):
        seen[s, :, :first] = seen[s, :, last + 1 :] = False
    seen[3, 0, 5], seen[NEVER_SEEN] = True, False
    panel = Panel(
        names=["a", "b", "c"],
        states=np.arange(STATES),
        years=np.arange(1970, 1970 + YEARS),
        value=np.where(seen, random.normal(size=seen.shape), 0.0),
        seen=seen,
        span=span,
        adjuster=random.normal(size=(2, STATES, YEARS)),
        pairs=np.array([[0, 1], [2, 0], [2, 1]]),
        adjustments=["a by y", "c by x", "c by y"],
        direction=np.ones(ITEMS),
    )
    item = np.array([[0.8, 0.7, 0.5], [-0.4, 1.1, 0.9], [0.3, 0.5, 0.0]])
    return panel, Parameters(random.normal(size=(ITEMS, YEARS)), random.normal(size=3), item, 0.93)


WORLDS = pytest.mark.parametrize("seed", [1, 2, 3])


@WORLDS
def test_smoothed_moments_are_those_of_the_path_given_all_that_was_seen(seed):
    panel, parameters = small_world(seed)
    _, _, _, mean, variance, _, covariance = path_moments(panel, parameters.arguments(), with_covariance=True)
    for s, (first, last) in enumerate(panel.span):
        years = slice(first, last + 1)
        expected_mean, expected = brute_force.path_given(panel, parameters, s)
        np.testing.assert_allclose(mean[s, years], expected_mean, atol=1e-10)
        np.testing.assert_allclose(variance[s, years], np.diag(expected), atol=1e-10)
        np.testing.assert_allclose(covariance[s, years, years], expected, atol=1e-10)


@WORLDS
def test_filtered_moments_use_what_was_seen_up_to_the_year_alone(seed):
    panel, parameters = small_world(seed)
    mean, variance, *_ = path_moments(panel, parameters.arguments())
    for s, (first, last) in enumerate(panel.span):
        for t in range(first, last + 1):
            expected_mean, expected = brute_force.path_given(panel, parameters, s, until=t)
            assert mean[s, t] == pytest.approx(expected_mean[t - first], abs=1e-10)
            assert variance[s, t] == pytest.approx(expected[t - first, t - first], abs=1e-10)


def test_later_indicators_do_not_move_a_filtered_mean():
    panel, parameters = small_world(1)
    changed = np.where(panel.years >= 1975, panel.value + 3.0, panel.value)
    later = replace(panel, value=np.where(panel.seen, changed, 0.0))
    before, after = (path_moments(p, parameters.arguments()) for p in (panel, later))
    # what later years add to the precision is added and taken out again: equal but for rounding
    np.testing.assert_allclose(before[0][:, :5], after[0][:, :5], atol=1e-13)
    assert np.nanmax(np.abs(before[3][:, :5] - after[3][:, :5])) > 0.01


@WORLDS
def test_drawn_errors_of_all_years_covary_as_those_of_the_filter_and_of_the_path_do(seed):
    """Errors are linear in the noise: the covariance is that of the map, exactly."""
    panel, parameters = small_world(seed)
    size = (STATES, YEARS, ITEMS + 1)
    maps = {"filtered": [], "smoothed": []}
    for unit in np.eye(YEARS * (ITEMS + 1)):
        noise = np.broadcast_to(unit.reshape(size[1:]), size)
        moments = path_moments(panel, parameters.arguments(), np.ascontiguousarray(noise))
        for name, place in (("filtered", 2), ("smoothed", 5)):
            maps[name].append(moments[place])
    for s, (first, last) in enumerate(panel.span):
        years = slice(first, last + 1)
        expected = {
            "filtered": brute_force.filter_errors(panel, parameters, s),
            "smoothed": brute_force.path_given(panel, parameters, s)[1],
        }
        for name, found in maps.items():
            errors = np.array(found)[:, s, years]
            np.testing.assert_allclose(errors.T @ errors, expected[name], atol=1e-10)


def test_a_year_in_which_all_is_seen_stands_for_itself_whatever_the_gaps_of_other_years():
    """With one persistence the model is separable; an error that began anew after a gap would count twice."""
    panel, parameters = small_world(1)
    parameters.item[:, 2] = parameters.persistence
    panel.seen[0], panel.seen[0, 0, 3] = True, False
    found = path_moments(panel, parameters.arguments())
    alone = replace(panel, seen=panel.seen & (panel.years != panel.years[3]))
    by_itself = replace(panel, seen=panel.seen & (panel.years == panel.years[5]))
    for other in (alone, by_itself):
        moments = path_moments(other, parameters.arguments())
        for place in (0, 3):
            assert found[place][0, 5] == pytest.approx(moments[place][0, 5], abs=1e-12)


def test_years_outside_a_states_span_are_missing_and_a_state_never_seen_keeps_its_prior():
    panel, parameters = small_world(1)
    moments = path_moments(panel, parameters.arguments())
    for s, (first, last) in enumerate(panel.span):
        outside = np.r_[0:first, last + 1 : YEARS]
        assert all(np.isnan(moment[s, outside]).all() for moment in moments[:6])
    first, last = panel.span[NEVER_SEEN]
    for mean, variance in (moments[0:2], moments[3:5]):
        np.testing.assert_allclose(mean[NEVER_SEEN, first : last + 1], 0, atol=1e-12)
        np.testing.assert_allclose(variance[NEVER_SEEN, first : last + 1], 1, atol=1e-12)


def test_a_reading_is_told_which_was_read_before():
    seen = np.zeros((3, 2, 5), bool)
    seen[0, 0, [0, 1, 3]] = seen[0, 1, 1] = seen[2, 1, [2, 4]] = True
    readings, first_reading = readings_of(seen, ["a", "b"])
    assert readings.tolist() == [
        *([0, 0, 0, -1, 0], [0, 0, 1, 0, 0], [0, 1, 1, -1, 1], [0, 0, 3, 0, 1]),
        *([2, 1, 2, -1, 2], [2, 1, 4, 1, 2]),
    ]
    assert first_reading.tolist() == [0, 4, 4, 6]
    assert readings_of(np.zeros((2, 2, 3), bool), ["a", "b"])[1].tolist() == [0, 0, 0]
