"""The paths' moments against multivariate normals written out."""

import numpy as np
import pytest

from models.blocks.factor import Panel, runs_of
from models.kernels.path_moments import path_moments
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
    _, _, _, mean, variance, covariance = path_moments(*panel.fixed(), *parameters.arguments())
    for s, (first, last) in enumerate(panel.span):
        years = slice(first, last + 1)
        expected_mean, expected = brute_force.path_given(panel, parameters, s)
        np.testing.assert_allclose(mean[s, years], expected_mean, atol=1e-10)
        np.testing.assert_allclose(variance[s, years], np.diag(expected), atol=1e-10)
        np.testing.assert_allclose(covariance[s, first + 1 : last + 1], np.diag(expected, 1), atol=1e-10)


@WORLDS
def test_filtered_moments_use_what_was_seen_up_to_the_year_alone(seed):
    panel, parameters = small_world(seed)
    mean, variance, *_ = path_moments(*panel.fixed(), *parameters.arguments())
    for s, (first, last) in enumerate(panel.span):
        for t in range(first, last + 1):
            expected_mean, expected = brute_force.path_given(panel, parameters, s, until=t)
            assert mean[s, t] == pytest.approx(expected_mean[t - first], abs=1e-10)
            assert variance[s, t] == pytest.approx(expected[t - first, t - first], abs=1e-10)


def test_later_indicators_do_not_move_a_filtered_mean():
    panel, parameters = small_world(1)
    changed = np.where(panel.years >= 1975, panel.value + 3.0, panel.value)
    later = Panel(**{**vars(panel), "value": np.where(panel.seen, changed, 0.0)})
    before, after = (path_moments(*p.fixed(), *parameters.arguments()) for p in (panel, later))
    # what later years add to the precision is added and taken out again: equal but for rounding
    np.testing.assert_allclose(before[0][:, :5], after[0][:, :5], atol=1e-13)
    assert np.nanmax(np.abs(before[3][:, :5] - after[3][:, :5])) > 0.01


@WORLDS
def test_errors_of_the_filter_in_adjacent_years_have_the_stated_correlation(seed):
    panel, parameters = small_world(seed)
    _, variance, correlation, *_ = path_moments(*panel.fixed(), *parameters.arguments())
    for s, (first, last) in enumerate(panel.span):
        errors = brute_force.filter_errors(panel, parameters, s)
        sd = np.sqrt(np.diag(errors))
        np.testing.assert_allclose(variance[s, first : last + 1], sd**2, atol=1e-10)
        expected = np.diag(errors / np.outer(sd, sd), 1)
        np.testing.assert_allclose(correlation[s, first + 1 : last + 1], expected, atol=1e-10)


def test_years_outside_a_states_span_are_missing_and_a_state_never_seen_keeps_its_prior():
    panel, parameters = small_world(1)
    moments = path_moments(*panel.fixed(), *parameters.arguments())
    for s, (first, last) in enumerate(panel.span):
        outside = np.r_[0:first, last + 1 : YEARS]
        assert all(np.isnan(moment[s, outside]).all() for moment in moments)
    first, last = panel.span[NEVER_SEEN]
    for mean, variance in (moments[0:2], moments[3:5]):
        np.testing.assert_allclose(mean[NEVER_SEEN, first : last + 1], 0, atol=1e-12)
        np.testing.assert_allclose(variance[NEVER_SEEN, first : last + 1], 1, atol=1e-12)


def test_runs_are_the_spans_without_a_gap():
    seen = np.zeros((3, 2, 5), bool)
    seen[0, 0, [0, 1, 3]] = seen[2, 1] = True
    runs, first_run = runs_of(seen)
    assert runs.tolist() == [[0, 0, 0, 2], [0, 0, 3, 4], [2, 1, 0, 5]]
    assert first_run.tolist() == [0, 2, 2, 3]
