"""Paths given a measurement: marginals of a Gaussian path, and draws that have the moments they should."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from models.paths import GaussianPath, arguments_of_draws, gaussian_path, latent_paths, path_moments
from tests.models import brute_force
from tests.models.test_path_moments import YEARS, small_world

DRAWS = 4000


@pytest.fixture(scope="module")
def world():
    panel, parameters = small_world(1)
    drawn = latent_paths(panel, [parameters.arguments()] * DRAWS, np.random.default_rng(1))
    return panel, parameters, drawn


def expected_covariances(panel, parameters):
    """Smoothed covariance of all years by state, NaN where it did not exist."""
    found = np.full((len(panel.span), YEARS, YEARS), np.nan)
    for s, (first, last) in enumerate(panel.span):
        found[s, first : last + 1, first : last + 1] = brute_force.path_given(panel, parameters, s)[1]
    return found


def test_the_marginal_in_some_years_is_that_of_the_whole_path(world):
    panel, parameters, _ = world
    path = gaussian_path(panel, parameters.arguments())
    mean, factor = path.marginal(np.array([1971, 1973, 1974, 1977]))
    places = [1, 3, 4, 7]
    expected = np.nan_to_num(expected_covariances(panel, parameters)[:, places][:, :, places])
    np.testing.assert_allclose(factor @ factor.transpose(0, 2, 1), expected, atol=1e-8)
    np.testing.assert_allclose(mean, np.nan_to_num(path.mean[:, places]), atol=1e-12)
    assert (np.triu(factor, 1) == 0).all()


def test_a_state_that_was_not_measured_has_a_path_of_zero_everywhere():
    nothing = np.full((2, 3, 3), np.nan)
    mean, factor = GaussianPath(np.arange(3), nothing[:, 0], nothing).marginal(np.array([0, 2]))
    assert (mean == 0).all()
    assert (factor == 0).all()


@pytest.mark.parametrize("information", ["filtered", "smoothed"])
def test_draws_have_the_mean_and_the_spread_of_the_moments(world, information):
    panel, parameters, drawn = world
    moments = path_moments(panel, parameters.arguments())
    mean, variance = moments[0:2] if information == "filtered" else moments[3:5]
    draws, exists = drawn[f"{information}_draw"].values, np.isfinite(mean)
    assert (np.isfinite(draws) == exists).all()
    z = (draws.mean(0) - mean)[exists] / np.sqrt(variance[exists] / DRAWS)
    assert np.abs(z).max() < 4.5
    np.testing.assert_allclose(draws.std(0)[exists], np.sqrt(variance[exists]), rtol=0.06)
    np.testing.assert_allclose(drawn[f"{information}_mean"], mean, atol=1e-12)
    np.testing.assert_allclose(drawn[f"{information}_sd"], np.sqrt(variance), atol=1e-12)


def test_smoothed_draws_are_whole_paths(world):
    """Their covariance over all years is that of the path given what was seen."""
    panel, parameters, drawn = world
    expected = expected_covariances(panel, parameters)
    for s, (first, last) in enumerate(panel.span):
        if last > first:
            draws = drawn.smoothed_draw.values[:, s, first : last + 1].astype(float)
            own = expected[s, first : last + 1, first : last + 1]
            np.testing.assert_allclose(np.cov(draws.T), own, atol=0.09 * own.max())


def test_filtered_draws_err_in_adjacent_years_as_the_filter_does(world):
    panel, parameters, drawn = world
    for s, (first, last) in enumerate(panel.span):
        draws = drawn.filtered_draw.values[:, s, first : last + 1].astype(float)
        errors = brute_force.filter_errors(panel, parameters, s)
        sd = np.sqrt(np.diag(errors))
        expected = np.diag(errors / np.outer(sd, sd), 1)
        for k in range(last - first):
            found = np.corrcoef(draws[:, k], draws[:, k + 1])[0, 1]
            assert found == pytest.approx(expected[k], abs=0.07)


def test_uncertainty_of_the_measurement_adds_to_that_of_the_path(world):
    panel, parameters, _ = world
    items = [parameters.item * np.array([[scale, 1, 1]]) for scale in (0.2, 1.0, 1.8)]
    several = [replace(parameters, item=item).arguments() for item in items]
    found = latent_paths(panel, several, np.random.default_rng(1))
    moments = np.stack([np.stack(path_moments(panel, a)[:6]) for a in several])
    np.testing.assert_allclose(found.smoothed_mean, moments[:, 3].mean(0))
    expected = moments[:, 4].mean(0) + moments[:, 3].var(0)
    np.testing.assert_allclose(found.smoothed_sd, np.sqrt(expected))


def test_draws_of_the_measurement_are_taken_evenly_and_with_their_own_parts():
    number = xr.DataArray(np.arange(20.0).reshape(2, 10), dims=("chain", "draw"))
    item = number.expand_dims(indicator=3, axis=2)
    posterior, level = xr.Dataset({"loading": item, "error_sd": item + 100}), np.zeros((3, 4))
    chosen = arguments_of_draws(posterior, level, 0.7, 5)
    assert [a[2][0, 0] for a in chosen] == [0, 5, 10, 14, 19]
    assert all(a[1].size == 0 and a[0] is level for a in chosen)
    # errors persist as the path does
    np.testing.assert_allclose(chosen[1][2], [[5, 105, 0.7]] * 3)
    assert chosen[1][3] == pytest.approx([0.7])
    assert len(arguments_of_draws(posterior, level, 0.7, 500)) == 20
