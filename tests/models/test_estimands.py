"""Quantities of interest on toys by hand, and against the sum of many small changes of the regressor."""

import numpy as np
import pytest
from scipy import special

from models.build import outcome_inputs
from models.composition import Composition
from models.covariates import covariate_values
from models.estimands import average_change, contrast_values, estimand_draws, joiner_changes
from tests.models.draws import outcome_draws, prior_draws
from tests.models.example import COMPOSITIONS, example_data, measured_paths

DATA = example_data()
MEASURED = measured_paths(DATA)
SCORED = DATA.joined.notnull().values
STEPS = 2000


def toy():
    """Two missions and two states, one of which could not join the first; one in the year 1989, one in 1990."""
    data = example_data(missions=2, states=2).isel(covariate=slice(0, 0))
    return data.assign(
        joined=data.joined.copy(data=[[1.0, np.nan], [0.0, 1.0]]),
        ties=data.ties.copy(data=[[-1.0, np.nan], [0.0, 3.0]]),
        start_year=("mission", [1989, 1990]),
    )


def test_effects_of_a_toy_are_those_by_hand():
    data, composition = toy(), Composition("toy", mission_intercepts=False, controls=())
    inputs = outcome_inputs(composition, data)
    draws = outcome_draws(composition, data, inputs, [{"intercept": -1.2, "ties_slope": 0.8}])
    pairs = contrast_values(composition, data, None)
    # scored ties are -1, 0 and 3: quartiles by linear interpolation
    assert pairs == {"ties": (-0.5, 1.5)}
    effect = special.expit(-1.2 + 0.8 * 1.5) - special.expit(-1.2 - 0.8 * 0.5)
    found = {key: float(value.squeeze()) for key, value in estimand_draws(draws, pairs).items()}
    expected = {
        **{("ties_effect", scope): effect for scope in ("all", "era:before_1990", "era:from_1990")},
        **{("ties_effect", f"mission:mission_{m}"): effect for m in (0, 1)},
        # one state could join the first mission and two the second
        ("joiners_ties", "mission:mission_0"): effect,
        ("joiners_ties", "mission:mission_1"): 2 * effect,
        ("joiners_ties", "all"): 1.5 * effect,
    }
    assert found == pytest.approx(expected, rel=1e-5)
    assert float(average_change(draws, pairs)["ties_effect"].squeeze()) == pytest.approx(effect, rel=1e-5)


def test_the_two_values_of_a_regressor_are_the_same_for_all_models():
    expected = contrast_values(COMPOSITIONS["plugin"], DATA, MEASURED)
    for name in ("within", "smoothed", "cut", "joint", "every_term"):
        found = contrast_values(COMPOSITIONS[name], DATA, MEASURED)
        assert {k: found[k] for k in expected} == expected
    mean = MEASURED["quality"].filtered_mean
    values = [
        float(mean.sel(state=int(DATA.state[i]), year=int(DATA.start_year[m]) - 1)) if i else 0.0
        for m, i in np.argwhere(SCORED)
    ]
    assert expected["quality"] == pytest.approx(np.quantile(values, [0.25, 0.75]))
    assert expected["ties"] == pytest.approx(np.quantile(DATA.ties.values[SCORED], [0.25, 0.75]))


@pytest.mark.parametrize("name", ["crossed", "plugin", "within", "every_term"])
def test_a_contrast_is_the_sum_of_small_changes_of_the_regressor(name):
    composition = COMPOSITIONS[name]
    draws, [(p, observed)] = prior_draws(composition, DATA, MEASURED, 1)
    pairs = contrast_values(composition, DATA, MEASURED)
    for term in composition.terms():
        low, high = pairs[term.regressor]
        if term.part != "whole":
            low, high = -(high - low) / 2, (high - low) / 2
        change = joiner_changes(draws, pairs).sel(term=term.name).isel(chain=0, draw=0).values
        slope = np.repeat(np.asarray(p[f"mission_{term.name}_slope"])[:, None], DATA.sizes["state"], 1)
        for k, moderator in enumerate(composition.moderators):
            if moderator.of == term.name:
                slope = slope + p["moderator_slope"][k] * covariate_values(DATA, [moderator.by])[0]
        regressor, step = draws.inputs.arrays[f"{term.name}_value"], (high - low) / STEPS
        total = np.zeros(SCORED.shape)
        for k in range(STEPS):
            at = special.expit(observed + slope * (low + (k + 0.5) * step - regressor))
            total += at * (1 - at) * slope * step
        np.testing.assert_allclose(change, np.where(SCORED, total, 0).sum(1), atol=1e-4)


def test_scopes_and_averages_fit_together():
    draws, _ = prior_draws(COMPOSITIONS["within"], DATA, MEASURED, 4)
    found = estimand_draws(draws, contrast_values(COMPOSITIONS["within"], DATA, MEASURED))
    for term in ("ties_within", "ties_between", "quality_within", "quality_between"):
        by_mission = np.stack([found[f"joiners_{term}", f"mission:{m}"].values for m in DATA.mission.values])
        np.testing.assert_allclose(found[f"joiners_{term}", "all"], by_mission.mean(0), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(
            found[f"{term}_effect", "all"], by_mission.sum(0) / SCORED.sum(), rtol=1e-4, atol=1e-6
        )
    assert all(value.dims == ("chain", "draw") for value in found.values())


def test_quality_beats_ties_where_its_effect_is_larger():
    draws, _ = prior_draws(COMPOSITIONS["plugin"], DATA, MEASURED, 20)
    found = estimand_draws(draws, contrast_values(COMPOSITIONS["plugin"], DATA, MEASURED))
    larger = found["quality_effect", "all"] > found["ties_effect", "all"]
    assert 0 < float(larger.mean()) < 1
    np.testing.assert_array_equal(found["quality_beats_ties", "all"], larger.astype(float))
    alone, _ = prior_draws(COMPOSITIONS["crossed"], DATA, MEASURED, 2)
    names = {name for name, _ in estimand_draws(alone, contrast_values(COMPOSITIONS["crossed"], DATA, None))}
    assert names == {"ties_effect", "joiners_ties"}


def test_an_era_without_missions_has_no_estimand():
    draws, _ = prior_draws(COMPOSITIONS["crossed"], DATA, MEASURED, 2)
    found = estimand_draws(draws, contrast_values(COMPOSITIONS["crossed"], DATA, None))
    assert ("ties_effect", "era:before_1990") in found
    assert ("ties_effect", "era:from_1990") not in found
