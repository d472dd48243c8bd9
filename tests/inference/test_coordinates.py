"""Coordinates about the mode: the density stays what it was, and what it correlates is taken apart."""

import numpy as np
import pymc as pm
import pytest

from tests.inference.small_world import CROSSED, PRIORS, simulated
from workflow.lib.inference.coordinates import about_mode
from workflow.lib.inference.program import NOT_ARCHIVED, compile_program
from workflow.lib.inference.sampling import SamplerSettings, compile_outcome, run_sampler

RANDOM = np.random.default_rng(3)
ROOT = RANDOM.normal(size=(5, 5))
COVARIANCE = ROOT @ ROOT.T + 0.1 * np.eye(5)


def normal_program(name: str):
    """A normal density of which two coordinates are parameters and three effects (or all are parameters)."""
    with pm.Model(coords={"two": range(2), "three": range(3)}) as model:
        slope = pm.Flat("slope", dims="two")
        effect = pm.Flat(name, dims="three")
        whole = pm.math.concatenate([slope, effect]) - np.arange(5.0)
        pm.Potential("density", -0.5 * whole @ np.linalg.inv(COVARIANCE) @ whole)
    return compile_program(model)


def draws(program) -> np.ndarray:
    """Draws (n, D) in the coordinates in which chains move."""
    settings = SamplerSettings(chains=2, tune=300, draws=1500)
    return run_sampler(program, settings, 1)[1].reshape(-1, len(program.start))


@pytest.fixture(scope="module")
def program():
    return normal_program(f"effect{NOT_ARCHIVED}")


def test_of_a_normal_density_zero_is_the_mode_and_parameters_are_standardised(program):
    placed = about_mode(program)
    np.testing.assert_allclose(placed.position(np.zeros(5)), np.arange(5), atol=1e-3)
    factor = placed.tilt[:, :2].T
    # conjugate gradients stop at a hundredth: the coordinates are rough
    np.testing.assert_allclose(factor @ factor.T, COVARIANCE[:2, :2], rtol=0.1)


def test_effects_follow_the_parameters_as_their_conditional_mean_does(program):
    placed = about_mode(program)
    regression = placed.tilt[:, 2:].T @ np.linalg.inv(placed.tilt[:, :2].T)
    expected = COVARIANCE[2:, :2] @ np.linalg.inv(COVARIANCE[:2, :2])
    np.testing.assert_allclose(regression, expected, rtol=0.05, atol=0.02)
    found = np.cov(draws(placed).T)
    assert np.abs(found[:2, 2:]).max() < 0.15 * np.sqrt(found.diagonal().max())


def test_other_coordinates_are_the_same_density(program):
    placed = about_mode(program).in_coordinates(np.full(5, 0.3), np.linspace(0.5, 2, 5))
    places = RANDOM.normal(size=(4, 5))
    found = [placed.log_density(z)[0] for z in places]
    expected = [program.log_density(placed.position(z) - program.start)[0] for z in places]
    np.testing.assert_allclose(found, expected)


def test_a_density_without_effects_has_coordinates_too():
    placed = about_mode(normal_program("intercept"))
    np.testing.assert_allclose(placed.tilt.T @ placed.tilt, COVARIANCE, rtol=0.02, atol=0.01)


def test_paths_stay_where_they_are(program):
    fixed = about_mode(normal_program(f"path{NOT_ARCHIVED}"))
    np.testing.assert_array_equal(fixed.start[2:], program.start[2:])
    np.testing.assert_array_equal(fixed.scale[2:], 1)
    assert fixed.tilt.shape == (2, 2)


def test_slopes_of_an_outcome_are_about_uncorrelated_with_effects_where_chains_move():
    compiled = compile_outcome(CROSSED, simulated(), PRIORS, SamplerSettings())
    program = compiled.program.with_data(compiled.inputs.named())

    def correlation(where):
        found, parameters = np.corrcoef(draws(where).T), len(where.tilt)
        return np.abs(found[:parameters, parameters:]).max()

    assert correlation(about_mode(program)) < 0.6 * correlation(program)
