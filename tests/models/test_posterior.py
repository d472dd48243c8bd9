"""Logits and latents from draws are those of the simulators, which share no code with them."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from compositions import COMPOSITIONS
from example import example_data
from one_draw import one_draw, several_draws
from scipy import special, stats

from models.build import build
from models.composition import Composition
from models.inputs import model_inputs, prediction_years
from models.posterior import (
    latent_path,
    log_integral,
    log_likelihood,
    mission_latent,
    mission_log_likelihood,
    outcome_logit,
    probability,
)
from models.priors import Priors
from models.simulate import draw_parameters
from models.simulate import outcome_logit as simulated_logit

PRIORS = Priors()
DATA = example_data(missions=5, states=14, panel=5)
WITH_OUTCOME = [name for name, composition in COMPOSITIONS.items() if composition.has("outcome")]
FIXED_MISSIONS = Composition(
    "fixed_missions",
    blocks=("outcome",),
    mission_intercepts=False,
    mission_predictors={"intercept": ("un_mandate", "short_horizon")},
)


def drawn(composition, number=1, seed=1):
    random = np.random.default_rng(seed)
    return [draw_parameters(composition, DATA, PRIORS, random) for _ in range(number)]


def given(composition, seed=3):
    """Quality that a plug-in or cut model is given, (mission, state); None for other models."""
    if not composition.quality_is_given:
        return None
    values = np.random.default_rng(seed).normal(size=(DATA.sizes["mission"], DATA.sizes["state"]))
    return DATA.joined.copy(data=values)


def expected_logit(composition, inputs, p, quality):
    if quality is not None:
        inputs = replace(inputs, arrays={**inputs.arrays, "given_quality": quality.values})
    return simulated_logit(composition, inputs, DATA, p)


@pytest.mark.parametrize(
    "composition", [*(COMPOSITIONS[n] for n in WITH_OUTCOME), FIXED_MISSIONS], ids=lambda c: c.name
)
def test_logit_of_each_draw_is_the_simulators(composition):
    inputs, parameters, quality = model_inputs(composition, DATA), drawn(composition, 3), given(composition)
    logit = outcome_logit(several_draws(composition, inputs, parameters), DATA, composition, quality)
    assert logit.dims == ("chain", "draw", "mission", "state")
    for k, p in enumerate(parameters):
        expected = expected_logit(composition, inputs, p, quality)
        # draws are kept in single precision
        np.testing.assert_allclose(logit.isel(chain=0, draw=k), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "composition", [*(COMPOSITIONS[n] for n in WITH_OUTCOME), FIXED_MISSIONS], ids=lambda c: c.name
)
def test_a_fit_holds_what_logits_are_computed_from(composition):
    posterior = one_draw(composition, model_inputs(composition, DATA), drawn(composition)[0])
    model = build(composition, DATA, PRIORS)
    held = {
        v.name: model.named_vars_to_dims.get(v.name, ()) for v in [*model.free_RVs, *model.deterministics]
    }
    # whether missions' intercepts or slopes are there decides how a logit is computed
    assert {
        name for name in held if name.startswith("mission_") and not name.endswith(("_sd", "_standard"))
    } == {name for name in posterior if name.startswith("mission_")}
    for name, variable in posterior.items():
        assert tuple(held[name]) == variable.dims[2:]


def test_given_quality_with_draws_is_taken_draw_by_draw():
    composition = COMPOSITIONS["cut"]
    inputs, parameters = model_inputs(composition, DATA), drawn(composition, 2)
    quality = xr.concat([given(composition, 4), given(composition, 5)], "draw").expand_dims(chain=[0])
    logit = outcome_logit(several_draws(composition, inputs, parameters), DATA, composition, quality)
    for k, p in enumerate(parameters):
        expected = expected_logit(composition, inputs, p, quality.isel(chain=0, draw=k))
        np.testing.assert_allclose(logit.isel(chain=0, draw=k), expected, rtol=1e-4, atol=1e-4)


def test_a_model_that_is_given_quality_says_so_when_it_is_not_passed():
    composition = COMPOSITIONS["plugin"]
    posterior = one_draw(composition, model_inputs(composition, DATA), drawn(composition)[0])
    with pytest.raises(
        ValueError, match=r"^models\.plugin: quality is given from another model, pass given_quality$"
    ):
        outcome_logit(posterior, DATA, composition)


@pytest.mark.parametrize("latent", ["quality", "contact"])
def test_a_latent_is_its_path_in_the_year_before_each_mission(latent):
    composition = COMPOSITIONS["persons"]
    inputs, (p,) = model_inputs(composition, DATA), drawn(composition)
    posterior = one_draw(composition, inputs, p)
    years = np.arange(DATA.panel_year.values[0], DATA.panel_year.values[-1] + 1)
    path = latent_path(posterior, DATA, years, latent).isel(chain=0, draw=0)
    np.testing.assert_allclose(
        path, p[f"{latent}_coefficient"] @ inputs.basis.at(years).T, rtol=1e-4, atol=1e-5
    )
    at_missions = mission_latent(posterior, DATA, latent).isel(chain=0, draw=0)
    for m, year in enumerate(prediction_years(DATA)):
        np.testing.assert_array_equal(at_missions.isel(mission=m), path.sel(year=year))


# the logarithm of a missing decision is missing, which NumPy remarks upon
@pytest.mark.filterwarnings("ignore:invalid value encountered in logaddexp")
def test_log_likelihood_is_bernoulli_and_missing_where_not_scored():
    composition = COMPOSITIONS["crossed"]
    joined = DATA.joined.where(DATA.joined.isnull(), DATA.joined + (np.arange(14) % 3 == 0))
    data = DATA.assign(joined=joined)
    logit = outcome_logit(
        one_draw(composition, model_inputs(composition, DATA), drawn(composition)[0]), data, composition
    )
    ours = log_likelihood(logit, data).isel(chain=0, draw=0)
    expected = stats.bernoulli.logpmf(
        joined.fillna(0), special.expit(logit.isel(chain=0, draw=0).astype(float))
    )
    np.testing.assert_allclose(
        ours.where(joined.notnull(), 0), np.where(joined.notnull(), expected, 0), rtol=1e-4
    )
    assert (ours.isnull() == joined.isnull()).all()
    np.testing.assert_allclose(probability(logit), special.expit(logit.values))


SPREADS = {"intercept": "mission_sd", "ties": "ties_slope_sd", "quality": "quality_slope_sd"}


def with_mission_effects_redrawn(composition, inputs, p, number, random) -> list[dict]:
    """The parameters with the missions' own intercepts and slopes drawn anew from their distribution over missions."""
    redrawn = []
    for _ in range(number):
        new = dict(p)
        for term in ("intercept", *composition.mission_slopes):
            name = "intercept" if term == "intercept" else f"{term}_slope"
            mean = np.full(DATA.sizes["mission"], p[name])
            if term in composition.mission_predictors:
                mean = mean + p[f"{term}_predictor_slope"] @ inputs.arrays[f"{term}_predictor_value"]
            new[f"mission_{name}"] = random.normal(mean, p[SPREADS[term]])
        redrawn.append(new)
    return redrawn


@pytest.mark.parametrize("name", ["missions", "crossed", "plugin", "persons", "every_term"])
def test_a_missions_likelihood_is_the_mean_over_what_its_own_effects_may_be(name):
    composition, random = COMPOSITIONS[name], np.random.default_rng(5)
    inputs, (p,), quality = model_inputs(composition, DATA), drawn(composition), given(composition)
    p = p | {SPREADS[term]: np.array(0.7) for term in ("intercept", *composition.mission_slopes)}
    joined = DATA.joined.where(DATA.joined.isnull(), np.arange(14) % 3 == 0)
    data, several = (
        DATA.assign(joined=joined),
        with_mission_effects_redrawn(composition, inputs, p, 3000, random),
    )
    spreads = {SPREADS[t]: p[SPREADS[t]] for t in ("intercept", *composition.mission_slopes)}
    predictors = {
        f"{t}_predictor_slope": (f"{t}_predictor", p[f"{t}_predictor_slope"])
        for t in composition.mission_predictors
    }
    one = one_draw(composition, inputs, several[0]).drop_dims(
        [f"{t}_predictor" for t in composition.mission_predictors], errors="ignore"
    )
    one = one.assign(
        {k: (("chain", "draw", d), np.asarray(v)[None, None]) for k, (d, v) in predictors.items()}
    ).assign_coords({f"{t}_predictor": list(names) for t, names in composition.mission_predictors.items()})
    one = one.assign({k: (("chain", "draw"), np.full((1, 1), v)) for k, v in spreads.items()})
    ours = mission_log_likelihood(one, data, composition, quality).isel(chain=0, draw=0)
    logit = np.array([expected_logit(composition, inputs, q, quality) for q in several])
    cells = -np.logaddexp(0, -(2 * np.nan_to_num(joined.values) - 1) * logit) * joined.notnull().values
    product = np.exp(cells.sum(2))
    error = product.std(0) / product.mean(0) / np.sqrt(len(several))
    assert (np.abs(ours - np.log(product.mean(0))) < 4 * error + 0.02).all()


# the logarithm of a missing decision is missing, which NumPy remarks upon
@pytest.mark.filterwarnings("ignore:invalid value encountered in logaddexp")
def test_a_model_without_effects_of_missions_has_the_plain_likelihood():
    composition = COMPOSITIONS["pooled"]
    posterior = several_draws(composition, model_inputs(composition, DATA), drawn(composition, 3))
    expected = log_likelihood(outcome_logit(posterior, DATA, composition), DATA).sum("state")
    np.testing.assert_allclose(mission_log_likelihood(posterior, DATA, composition), expected, rtol=1e-4)


def test_the_integral_over_one_effect_is_that_of_a_fine_grid():
    random = np.random.default_rng(2)
    base, column = random.normal(-1, 1, (4, 60)), random.normal(size=(1, 4, 60))
    spread, sign = np.array([[0.1, 0.5, 1.0, 3.0]]), np.where(random.random(60) < 0.3, 1, -1)
    grid = np.linspace(-12, 12, 20001)
    for n in range(4):
        eta = base[n] + spread[0, n] * grid[:, None] * column[0, n]
        density = np.exp(-np.logaddexp(0, -sign * eta).sum(1)) * stats.norm.pdf(grid)
        expected = np.log(np.trapezoid(density, grid))
        ours = log_integral(base[[n]], column[:, [n]], spread[:, [n]], sign)
        np.testing.assert_allclose(ours, expected, atol=0.01)
