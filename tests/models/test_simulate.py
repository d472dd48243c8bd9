"""The simulators: probabilities, moments of indicators, gaps, seeds."""

import numpy as np
import pytest
import xarray as xr

from models.blocks.factor import panel
from tests.models import brute_force
from tests.models.example import ALIGNMENT, YEARS, example_data
from tests.models.simulate import autoregression, simulate_outcome, simulate_panel

DATA = example_data()
ITEM = np.array([[0.9, 0.6, 0.6], [0.5, 0.8, 0.4], [-0.6, 0.7, 0.7], [0.4, 0.9, 0.0]])
LEVEL = np.linspace(-1, 1, 4)[:, None] + 0.1 * np.arange(len(YEARS))


def test_decisions_have_the_probability_of_the_logit_and_the_gaps_of_the_data():
    random = np.random.default_rng(2)
    eta = random.normal(-0.5, 1.0, DATA.joined.shape)
    sets = [simulate_outcome(eta, DATA, random) for _ in range(600)]
    mean = np.mean([s.joined.values for s in sets], axis=0)
    scored, chance = DATA.joined.notnull().values, 1 / (1 + np.exp(-eta))
    assert (np.isfinite(mean) == scored).all()
    z = (mean - chance)[scored] / np.sqrt((chance * (1 - chance))[scored] / len(sets))
    assert np.mean(z**2) == pytest.approx(1, abs=0.5)
    assert (sets[0].certainty.values[scored] == 1).all()
    xr.testing.assert_identical(
        sets[0].drop_vars(["joined", "certainty"]), DATA.drop_vars(["joined", "certainty"])
    )


def test_an_autoregression_has_its_spread_in_every_year_and_its_persistence():
    drawn = autoregression(1.5, 0.8, (20000, 6), np.random.default_rng(1))
    expected = 1.5**2 * 0.8 ** np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    np.testing.assert_allclose(np.cov(drawn.T), expected, atol=0.1)


def test_indicators_have_the_covariance_of_the_equations():
    own, random = panel(ALIGNMENT, DATA), np.random.default_rng(2)
    sets = [simulate_panel(own, ITEM, 0.9, LEVEL, random, adjustment=np.array([0.7]))[1] for _ in range(4000)]
    state = 5
    parameters = brute_force.Parameters(LEVEL, np.array([0.7]), ITEM, 0.9)
    seen = brute_force.observations(own, parameters, state)
    # errors go on through gaps in the simulator, as they do in the world: one year's covariances are compared
    expected, _, _ = brute_force.covariances(own, parameters, state, seen)
    values = np.array([[s[state, k, t] for k, t, _ in seen] for s in sets])
    level = [own.value[state, k, t] - residual for k, t, residual in seen]
    np.testing.assert_allclose(values.mean(0), level, atol=0.07)
    found = np.cov(values.T)
    gapless = np.array(
        [
            [k == j and not own.seen[state, k, min(t, u) : max(t, u) + 1].all() for j, u, _ in seen]
            for k, t, _ in seen
        ]
    )
    np.testing.assert_allclose(np.where(gapless, expected, found), expected, atol=0.12)


def test_what_was_not_seen_is_not_simulated_and_a_path_can_be_given():
    own = panel(ALIGNMENT, DATA)
    path = np.full(own.seen[:, 0].shape, 10.0)
    returned, value = simulate_panel(own, ITEM, 0.9, LEVEL, np.random.default_rng(1), path, np.array([0.0]))
    assert returned is path
    assert (np.isfinite(value) == own.seen).all()
    centre = np.nanmean(value - LEVEL, axis=(0, 2))
    np.testing.assert_allclose(centre, 10 * ITEM[:, 0], atol=0.4)


def test_the_same_seed_gives_the_same_data():
    own = panel(ALIGNMENT, DATA)
    runs = [simulate_panel(own, ITEM, 0.9, LEVEL, np.random.default_rng(s)) for s in (7, 7, 8)]
    np.testing.assert_array_equal(runs[0][1], runs[1][1])
    assert not np.array_equal(runs[0][0], runs[2][0])
