"""From draws to logits and likelihoods, against the simulator, a second implementation, and integrals by brute force."""

import numpy as np
import pytest
import xarray as xr
from scipy import special, stats

from models.build import outcome_inputs
from models.posterior import integrate_effects, mission_log_likelihood
from models.regressors import term_values
from tests.models import numpy_density
from tests.models.draws import outcome_draws, prior_draws
from tests.models.example import COMPOSITIONS, example_data, measured_paths
from tests.models.test_density import random_walk_path

DATA = example_data()
MEASURED = measured_paths(DATA)
SCORED = DATA.joined.notnull().values


def expected_logit(composition, p, path=None):
    values = numpy_density.regressor_values(composition, DATA, MEASURED, path)
    found = np.full(SCORED.shape, np.nan)
    for m, i in np.argwhere(SCORED):
        found[m, i] = numpy_density.logit(composition, DATA, p, values, m, i)
    return found


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_the_logit_of_each_draw_is_that_of_the_equations(name):
    composition = COMPOSITIONS[name]
    path = random_walk_path() if name == "joint" else None
    draws, drawn = prior_draws(composition, DATA, MEASURED, path=path)
    logit = draws.logit()
    assert logit.dims == ("chain", "draw", "mission", "state")
    for k, (p, simulated) in enumerate(drawn):
        expected = expected_logit(composition, p, p.get("path"))
        np.testing.assert_allclose(np.where(SCORED, simulated, np.nan), expected, atol=1e-10)
        # draws of logits are kept in single precision
        np.testing.assert_allclose(logit.isel(chain=0, draw=k).where(SCORED), expected, rtol=1e-5, atol=1e-5)


def test_each_draw_of_a_cut_model_has_the_latents_that_it_was_given():
    composition = COMPOSITIONS["cut"]
    inputs = outcome_inputs(composition, DATA, term_values(composition, DATA, MEASURED))
    _, drawn = prior_draws(composition, DATA, MEASURED, number=4)
    values = xr.concat([term_values(composition, DATA, MEASURED, k) for k in (2, 5)], "latent_draw")
    given = xr.Dataset({"value": values, "used": (("chain", "draw"), [[0, 1, 1, 0]])})
    logit = outcome_draws(composition, DATA, inputs, [p for p, _ in drawn], given).logit()
    for k, sample in enumerate((2, 5, 5, 2)):
        paths = MEASURED["quality"].assign(
            filtered_mean=MEASURED["quality"].filtered_draw.isel(sample=sample, drop=True)
        )
        values = numpy_density.regressor_values(composition, DATA, {"quality": paths})
        for m, i in np.argwhere(SCORED)[::7]:
            expected = numpy_density.logit(composition, DATA, drawn[k][0], values, m, i)
            assert float(logit[0, k, m, i]) == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_batches_of_draws_do_not_change_a_number(monkeypatch):
    draws, _ = prior_draws(COMPOSITIONS["crossed"], DATA, MEASURED, number=7)
    whole = draws.logit()
    monkeypatch.setattr("models.posterior.BATCH_CELLS", 2 * SCORED.size)
    assert len(draws.batches()) == 4
    xr.testing.assert_equal(draws.logit(), whole)


@pytest.mark.parametrize("spread", [0.1, 0.5, 1.0, 3.0])
def test_the_integral_over_one_effect_is_that_of_a_fine_grid(spread):
    random = np.random.default_rng(2)
    base, column = random.normal(-1, 1, (1, 60)), random.normal(size=(1, 1, 60))
    sign, grid = np.where(random.random(60) < 0.3, 1, -1), np.linspace(-12, 12, 20001)
    eta = base[0] + spread * grid[:, None] * column[0, 0]
    density = np.exp(-np.logaddexp(0, -sign * eta).sum(1)) * stats.norm.pdf(grid)
    ours = integrate_effects(base, column, np.array([[spread]]), sign)
    np.testing.assert_allclose(ours, np.log(np.trapezoid(density, grid)), atol=0.01)


def test_the_integral_over_two_effects_is_that_of_a_fine_grid():
    random = np.random.default_rng(3)
    base, column = random.normal(-1, 1, (1, 40)), np.stack([np.ones((1, 40)), random.normal(size=(1, 40))])
    spread, sign = np.array([[0.8], [0.6]]), np.where(random.random(40) < 0.3, 1, -1)
    grid = np.linspace(-7, 7, 281)
    first, second = np.meshgrid(grid, grid, indexing="ij")
    eta = base[0] + 0.8 * first[..., None] * column[0, 0] + 0.6 * second[..., None] * column[1, 0]
    density = np.exp(-np.logaddexp(0, -sign * eta).sum(2)) * stats.norm.pdf(first) * stats.norm.pdf(second)
    expected = np.log(np.trapezoid(np.trapezoid(density, grid), grid))
    np.testing.assert_allclose(integrate_effects(base, column, spread, sign), expected, atol=0.01)


def test_without_effects_there_is_nothing_to_integrate():
    base, sign = np.array([[0.3, -1.0]]), np.array([1, -1])
    expected = -np.logaddexp(0, -sign * base).sum()
    assert integrate_effects(base, np.zeros((0, 1, 2)), np.zeros((0, 1)), sign) == pytest.approx(expected)


def redrawn(composition, p, spreads, random, number):
    """The parameters with missions' intercepts and slopes drawn anew from their distribution over missions."""
    effects = {}
    for term in ("intercept", *composition.mission_slopes):
        part = f"{term}_within" if term in composition.between else term
        name = "intercept" if term == "intercept" else f"{part}_slope"
        means = [
            numpy_density.mission_mean(composition, DATA, p, term, name, m)
            for m in range(DATA.sizes["mission"])
        ]
        spread = spreads["mission_sd" if term == "intercept" else f"{name}_sd"]
        effects[f"mission_{name}"] = random.normal(means, spread, (number, len(means)))
    return [{**p, **{name: values[k] for name, values in effects.items()}} for k in range(number)]


@pytest.mark.parametrize("name", ["missions", "crossed", "plugin", "every_term"])
def test_a_missions_likelihood_is_the_mean_over_what_its_effects_may_be(name):
    composition, random = COMPOSITIONS[name], np.random.default_rng(5)
    names = [f"{t}_within" if t in composition.between else t for t in composition.mission_slopes]
    spreads = {"mission_sd": 0.7, **{f"{n}_slope_sd": 0.5 for n in names}}
    draws, [(p, _)] = prior_draws(composition, DATA, MEASURED, 1, **spreads)
    missions = DATA.mission.values[[3, 1]].tolist()
    ours = mission_log_likelihood(draws, missions).isel(chain=0, draw=0)
    assert ours.mission.values.tolist() == missions
    several = redrawn(composition, p, spreads, random, 40_000)
    logit = outcome_draws(composition, DATA, draws.inputs, several).logit().values[0].astype(float)
    cells = np.where(SCORED, -np.logaddexp(0, -(2 * np.nan_to_num(DATA.joined.values) - 1) * logit), 0)
    product = np.exp(cells.sum(2))[:, [3, 1]]
    error = product.std(0) / product.mean(0) / np.sqrt(len(several))
    assert error.max() < 0.2
    assert (np.abs(ours.values - np.log(product.mean(0))) < 4 * error + 0.02).all()


@pytest.mark.parametrize("name", ["pooled", "fixed_missions"])
def test_a_model_without_effects_of_missions_has_the_plain_likelihood(name):
    draws, _ = prior_draws(COMPOSITIONS[name], DATA, MEASURED)
    chance = special.expit(draws.logit().values.astype(float))
    likelihood = stats.bernoulli.logpmf(np.nan_to_num(DATA.joined.values), chance)
    expected = np.where(SCORED, likelihood, 0.0).sum(-1)
    found = mission_log_likelihood(draws, DATA.mission.values.tolist())
    np.testing.assert_allclose(found, expected, rtol=1e-4)
