"""The four worlds keep the margins of the data, and only the named cause makes states join."""

import numpy as np
import pytest
from scipy import special

from models.worlds import (
    CAUSES,
    WORLDS,
    draw_indicators,
    draw_latents,
    intercepts_for_margins,
    simulate_world,
    ties_before_missions,
    true_effect,
)
from tests.models.example import example_data


@pytest.fixture(scope="module")
def data():
    example = example_data(missions=8, states=150, seed=4)
    random = np.random.default_rng(5)
    joined = random.binomial(1, 0.2, example["joined"].shape).astype(float)
    joint = random.binomial(example["tie_own"].values.astype(int), 0.4).astype(float)
    return example.assign(
        joined=example["joined"].copy(data=np.where(example["joined"].isnull(), np.nan, joined)),
        tie_joint=example["tie_joint"].copy(data=joint),
    )


@pytest.mark.parametrize("world", WORLDS)
def test_missingness_and_bounds_are_those_of_the_data(data, world):
    simulated, _ = simulate_world(world, data, np.random.default_rng(1))
    for name in ("joined", "indicator_value", "tie_joint", "cooperativeness_count"):
        np.testing.assert_array_equal(
            simulated[name].isnull(), data[name].transpose(*simulated[name].dims).isnull()
        )
    assert bool((simulated["tie_joint"] <= simulated["tie_own"]).all())


@pytest.mark.parametrize("world", WORLDS)
def test_margins_are_kept(data, world):
    draws = [simulate_world(world, data, np.random.default_rng(seed))[0] for seed in range(30)]
    joiners = np.mean([draw["joined"].sum("state") for draw in draws], axis=0)
    np.testing.assert_allclose(joiners, data["joined"].sum("state"), rtol=0.2)
    ties = np.mean([draw["tie_joint"].sum() for draw in draws])
    assert ties == pytest.approx(float(data["tie_joint"].sum()), rel=0.1)


def test_ties_have_an_effect_in_the_first_world_alone_and_quality_in_the_last():
    data = example_data(missions=5, states=60, seed=2)
    truths = {world: simulate_world(world, data, np.random.default_rng(0))[1] for world in WORLDS}
    assert {world for world, truth in truths.items() if truth["ties_effect"] != 0} == {"ties"}
    assert {world for world, truth in truths.items() if truth["quality_effect"] != 0} == {"quality"}


@pytest.mark.parametrize("world", WORLDS)
def test_those_who_join_have_more_ties_in_every_world(data, world):
    differences = []
    for seed in range(20):
        simulated, _ = simulate_world(world, data, np.random.default_rng(seed))
        ties, joined = simulated["ties"], simulated["joined"]
        differences.append(float(ties.where(joined == 1).mean() - ties.where(joined == 0).mean()))
    assert np.mean(differences) > 2 * np.std(differences) / np.sqrt(20)


def test_latents_have_unit_variance_and_contact_goes_with_quality(data):
    latents = [draw_latents(data, np.random.default_rng(seed)).panel for seed in range(20)]
    for name in ("quality", "contact", "cooperativeness", "opportunity"):
        assert np.mean([draw[name].var() for draw in latents]) == pytest.approx(1, abs=0.1)
    correlation = np.mean([(draw["quality"] * draw["contact"]).mean() for draw in latents])
    assert correlation == pytest.approx(0.7, abs=0.1)
    assert set(CAUSES.values()) == {"ties", "cooperativeness", "contact", "quality"}


def test_indicators_with_a_negative_direction_fall_with_quality(data):
    latents = draw_latents(data, np.random.default_rng(3))
    turned = data.assign_coords(direction=("indicator", [-1.0, *np.ones(data.sizes["indicator"] - 1)]))
    drawn = draw_indicators(turned, latents, np.random.default_rng(3)).values
    seen = np.isfinite(drawn[0])
    assert np.corrcoef(drawn[0][seen], latents.panel["quality"][seen])[0, 1] < -0.4


def test_intercepts_give_the_observed_number_of_joiners():
    random = np.random.default_rng(0)
    predictor, joined = random.normal(size=(3, 40)), random.binomial(1, 0.3, (3, 40)).astype(float)
    joined[0, :5], joined[2] = np.nan, 0.0
    intercept = intercepts_for_margins(predictor, joined)
    expected = (special.expit(intercept[:, None] + predictor) * np.isfinite(joined)).sum(axis=1)
    np.testing.assert_allclose(expected, np.maximum(np.nansum(joined, axis=1), 0.5), rtol=1e-6)


def test_a_true_effect_without_a_slope_is_zero_and_with_one_is_the_average_contrast():
    values, scored = np.linspace(-1, 1, 9)[None], np.ones((1, 9), bool)
    assert true_effect(values * 0.3, values, 0.0, scored) == 0
    expected = special.expit(2 * 0.5) - special.expit(2 * -0.5)
    assert true_effect(2 * values, values, 2.0, scored) == pytest.approx(expected)


def test_a_missions_ties_are_those_of_the_last_panel_year_before_it(data):
    total, ties = ties_before_missions(data["tie_joint"], data)
    year = int(data["start_year"].values[0]) - 1
    last = int(np.flatnonzero(data["panel_year"].values <= year)[-1])
    expected = (
        data["tie_joint"]
        .isel(panel_year=last)
        .sum("tie_item")
        .where(data["joined"].isel(mission=0).notnull())
    )
    np.testing.assert_array_equal(total.isel(mission=0), expected)
    np.testing.assert_allclose(ties.mean("state"), 0, atol=1e-12)
    assert float(ties.std()) == pytest.approx(1)


def test_an_unknown_world_is_refused(data):
    with pytest.raises(ValueError, match="unknown world 'luck'; known are ties"):
        simulate_world("luck", data, np.random.default_rng(0))
