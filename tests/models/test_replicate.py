"""Averages over rows equal the estimands; replicates of the model's own data look like them."""

import numpy as np
import pytest

from models.average import average_effects, average_probabilities
from models.estimands import estimand_draws
from models.inputs import model_inputs
from models.priors import Priors
from models.replicate import evenly_spaced, parameters_of_draw, replicated_indicators
from models.simulate import outcome_logit, prior_draws, simulate
from tests.models.compositions import COMPOSITIONS
from tests.models.example import example_data


@pytest.fixture(scope="module")
def data():
    return example_data()


def draws_of(name, data, number=3):
    return prior_draws(COMPOSITIONS[name], data, Priors(), number, np.random.default_rng(2))


@pytest.mark.parametrize("name", ["pooled", "crossed", "joint", "persons"])
def test_average_effects_are_the_estimands_of_all_rows(name, data):
    composition, posterior = COMPOSITIONS[name], draws_of(name, data)
    own, estimands = (
        average_effects(posterior, data, composition),
        estimand_draws(posterior, data, composition),
    )
    for effect, value in own.items():
        np.testing.assert_allclose(value, estimands[effect, "all"], atol=1e-6)
    low, high = average_probabilities(posterior, data, composition, "ties")
    assert bool(((low > 0) & (high < 1)).all())


@pytest.mark.parametrize("name", ["pooled", "crossed", "joint", "cooperators", "persons"])
def test_a_draw_gives_the_simulator_the_same_logit_as_the_posterior(name, data):
    from models.posterior import outcome_logit as logit_of_draws

    composition = COMPOSITIONS[name]
    inputs = model_inputs(composition, data)
    posterior = draws_of(name, data, 1)
    p = parameters_of_draw(posterior.isel(chain=0, draw=0), inputs, composition, np.random.default_rng(0))
    simulated = outcome_logit(composition, inputs, data, p)
    np.testing.assert_allclose(
        logit_of_draws(posterior, data, composition).values[0, 0], simulated, rtol=1e-4, atol=1e-4
    )


def test_replicates_of_simulated_data_cover_their_means(data):
    composition, random = COMPOSITIONS["quality_only"], np.random.default_rng(8)
    posterior = draws_of("quality_only", data, 1)
    inputs = model_inputs(composition, data)
    p = parameters_of_draw(posterior.isel(chain=0, draw=0), inputs, composition, random)
    observed = simulate(composition, data, p, random)["indicator_value"]
    many = posterior.isel(draw=np.zeros(60, int)).assign_coords(draw=np.arange(60))
    replicated = replicated_indicators(many, data, composition, 60, random)
    assert set(replicated) == set(data["indicator"].values)
    for name, panel in replicated.items():
        own = observed.sel(indicator=name)
        np.testing.assert_array_equal(panel.isnull().all("replicate"), own.isnull())
        means = panel.mean(("state", "panel_year"))
        assert abs(float(own.mean() - means.mean())) < 6 * float(means.std()) + 1e-9


def test_draws_are_spread_evenly_and_never_more_than_there_are(data):
    posterior = draws_of("pooled", data, 5)
    assert evenly_spaced(posterior, 3).sizes["sample"] == 3
    assert evenly_spaced(posterior, 50).sizes["sample"] == 5
