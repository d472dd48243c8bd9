"""Quantities of interest against a closed form, and against the sum of many small changes of the regressor."""

import numpy as np
import pytest
from compositions import COMPOSITIONS
from example import example_data
from one_draw import one_draw, several_draws
from scipy import special

from models.composition import Composition
from models.estimands import contrast, estimand_draws, quartiles
from models.inputs import covariate_values, model_inputs
from models.posterior import regressor_draws
from models.priors import Priors
from models.simulate import draw_parameters, outcome_logit

PRIORS = Priors()
DATA = example_data(missions=6, states=20, panel=6)
SCORED = np.isfinite(DATA.joined.values)
ONE_REGRESSOR = Composition("one_regressor", blocks=("outcome",), mission_intercepts=False, covariates=())
STEPS = 2000


def drawn(composition, seed=1):
    return draw_parameters(composition, DATA, PRIORS, np.random.default_rng(seed))


def given(composition):
    values = np.random.default_rng(2).normal(size=SCORED.shape)
    return DATA.joined.copy(data=values) if composition.quality_is_given else None


def test_closed_form_of_a_pooled_logit_with_one_regressor():
    intercept, slope = -1.2, 0.8
    posterior = one_draw(
        ONE_REGRESSOR,
        model_inputs(ONE_REGRESSOR, DATA),
        {"intercept": np.array(intercept), "ties_slope": np.array(slope), "covariate_slope": np.zeros(0)},
    )
    low, high = np.quantile(DATA.ties.values[SCORED], [0.25, 0.75])
    effect = special.expit(intercept + slope * high) - special.expit(intercept + slope * low)
    draws = {k: float(v.squeeze()) for k, v in estimand_draws(posterior, DATA, ONE_REGRESSOR).items()}
    assert draws["ties_effect", "all"] == pytest.approx(effect, rel=1e-5)
    assert draws["joiners_ties", "all"] == pytest.approx(effect * SCORED.sum() / len(SCORED), rel=1e-5)
    for m, mission in enumerate(DATA.mission.values):
        assert draws["ties_effect", f"mission:{mission}"] == pytest.approx(effect, rel=1e-5)
        # the expected number of joiners is the sum over the states that could join
        assert draws["joiners_ties", f"mission:{mission}"] == pytest.approx(
            effect * SCORED[m].sum(), rel=1e-5
        )
    assert {key for key in draws if "quality" in key[0]} == set()


@pytest.mark.parametrize("name", ["crossed", "plugin", "joint", "cooperators", "persons", "every_term"])
@pytest.mark.parametrize("term", ["ties", "quality"])
def test_contrast_is_the_sum_of_small_changes_of_the_regressor(name, term):
    composition = COMPOSITIONS[name]
    if term not in composition.slope_names():
        assert name == "crossed"
        return
    inputs, p, quality = model_inputs(composition, DATA), drawn(composition), given(composition)
    posterior = one_draw(composition, inputs, p)
    if quality is not None:
        inputs.arrays["given_quality"] = quality.values
    change = contrast(posterior, DATA, composition, term, quality).isel(chain=0, draw=0).values

    regressor = regressor_draws(posterior, DATA, composition, quality)[term]
    regressor = regressor.values.reshape(-1, *SCORED.shape)[0].astype(float)
    low, high = np.quantile(regressor[SCORED], [0.25, 0.75])
    slope = np.repeat(p[f"mission_{term}_slope"][:, None], DATA.sizes["state"], 1)
    for k, moderator in enumerate(composition.moderators):
        if moderator.of == term:
            slope = slope + p["moderator_slope"][k] * covariate_values(DATA, [moderator.by])[0]
    observed = outcome_logit(composition, inputs, DATA, p)
    step = (high - low) / STEPS
    total = np.zeros(SCORED.shape)
    for k in range(STEPS):
        at = special.expit(observed + slope * (low + (k + 0.5) * step - regressor))
        total += at * (1 - at) * slope * step
    np.testing.assert_allclose(change[SCORED], total[SCORED], atol=2e-5)
    assert np.isnan(change[~SCORED]).all()


def test_a_small_change_of_one_states_ties_moves_its_probability_by_the_slope():
    """The derivative of the probability that the contrast adds up, by finite differences of the data themselves."""
    composition = COMPOSITIONS["every_term"]
    p, step = drawn(composition), 1e-4

    def at(shift):
        data = DATA.assign(ties=DATA.ties + shift)
        return special.expit(outcome_logit(composition, model_inputs(composition, data), data, p))

    middle = at(0)
    by = covariate_values(DATA, ["democracy"])[0]
    slope = p["mission_ties_slope"][:, None] + p["moderator_slope"][1] * by
    difference = (at(step) - at(-step)) / (2 * step)
    np.testing.assert_allclose(
        difference[SCORED], (middle * (1 - middle) * slope)[SCORED], rtol=1e-5, atol=1e-9
    )


def test_quartiles_are_those_of_each_draw():
    composition = COMPOSITIONS["joint"]
    inputs = model_inputs(composition, DATA)
    posterior = several_draws(composition, inputs, [drawn(composition, seed) for seed in (1, 2, 3)])
    quality = regressor_draws(posterior, DATA, composition)["quality"]
    low, high = quartiles(quality, DATA.joined.notnull())
    for k in range(3):
        values = quality.isel(chain=0, draw=k).values[SCORED]
        assert [float(low[0, k]), float(high[0, k])] == pytest.approx(
            np.quantile(values, [0.25, 0.75]), rel=1e-5
        )


def test_scopes_and_averages_fit_together():
    composition = COMPOSITIONS["joint"]
    data = DATA.assign(start_year=("mission", [1974, 1980, 1989, 1990, 1993, 1995]))
    posterior = several_draws(
        composition, model_inputs(composition, data), [drawn(composition, s) for s in range(4)]
    )
    draws = estimand_draws(posterior, data, composition)
    late = np.array([False, False, False, True, True, True])
    for term in ("ties", "quality"):
        by_mission = np.stack([draws[f"joiners_{term}", f"mission:{m}"].values for m in DATA.mission.values])
        np.testing.assert_allclose(draws[f"joiners_{term}", "all"], by_mission.mean(0), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(
            draws[f"{term}_effect", "all"], by_mission.sum(0) / SCORED.sum(), rtol=1e-4, atol=1e-6
        )
        for era, chosen in (("before_1990", ~late), ("from_1990", late)):
            effect = by_mission[chosen].sum(0) / SCORED[chosen].sum()
            np.testing.assert_allclose(draws[f"{term}_effect", f"era:{era}"], effect, rtol=1e-4, atol=1e-6)
    larger = (draws["quality_effect", "all"] > draws["ties_effect", "all"]).values
    np.testing.assert_array_equal(draws["quality_beats_ties", "all"].values, larger.astype(float))
    assert all(value.dims == ("chain", "draw") for value in draws.values())


def test_an_era_without_missions_has_no_estimand():
    composition = COMPOSITIONS["crossed"]
    data = DATA.assign(start_year=DATA.start_year.clip(max=1989))
    draws = estimand_draws(
        one_draw(composition, model_inputs(composition, data), drawn(composition)), data, composition
    )
    assert ("ties_effect", "era:before_1990") in draws
    assert ("ties_effect", "era:from_1990") not in draws
