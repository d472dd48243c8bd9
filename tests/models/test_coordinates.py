"""The coordinates in which chains move: what they are computed from."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import special, stats

from models.coordinates import (
    conditioned_normal,
    conditioned_path,
    count_condition,
    count_information,
    share_information,
)
from models.inputs import (
    binary_information,
    cell_information,
    logit_weights,
    orthogonal_slopes,
    state_conditions,
    state_variances,
    tie_conditions,
    working_values,
    year_share,
)
from models.path import lower_triangle
from models.quality import ItemLevels, NamedIndicators, growth


def test_orthogonal_slopes_act_through_orthogonal_columns():
    random = np.random.default_rng(1)
    columns = random.normal(size=(50, 4)) @ random.normal(size=(4, 4))
    slopes = orthogonal_slopes(columns)
    orthogonal = columns @ np.linalg.inv(slopes)
    gram = orthogonal.T @ orthogonal
    np.testing.assert_allclose(gram - np.diag(np.diag(gram)), 0, atol=1e-9)
    np.testing.assert_allclose(np.tril(slopes), np.eye(4), atol=1e-12)


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_column_of_zeros_or_a_repeated_one_is_left_alone(place):
    columns = np.random.default_rng(2).normal(size=(50, 4))
    columns[:, place] = 0
    slopes = orthogonal_slopes(columns)
    assert np.linalg.det(slopes) == pytest.approx(1)
    np.testing.assert_array_equal(slopes[place], np.eye(4)[place])
    repeated = np.column_stack([columns[:, 2], columns[:, 2]])
    assert np.linalg.det(orthogonal_slopes(repeated)) == pytest.approx(1)


def test_year_shares_add_up_and_an_unobserved_indicator_has_none():
    values = np.full((2, 3, 4), np.nan)
    values[0, :2, 1] = 1.0
    values[0, 0, 3] = 0.0
    np.testing.assert_allclose(year_share(values), [[0, 2 / 3, 0, 1 / 3], [0, 0, 0, 0]])


def test_shares_near_one_half_tell_most_and_unseen_cells_nothing():
    value = np.array([[1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]], float)
    seen = np.array([[1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]], float)
    information = binary_information(value * seen, seen)
    assert information[0] == 1.0
    assert 0 < information[1] < information[0]
    assert information[2] == 0


@pytest.mark.parametrize("family", ["beta_binomial", "negative_binomial"])
def test_more_trials_tell_more_and_unseen_cells_nothing(family):
    own = np.array([[[10.0, 40.0, 20.0]]])
    joint, seen = own / np.array([2.0, 2.0, 4.0]), np.ones_like(own)
    found = tie_conditions(joint, own, seen, family)
    assert 0 < found["tie_information"][0, 0] < found["tie_information"][0, 1]
    assert found["tie_deviation"].sum() == pytest.approx(0)
    assert found["tie_deviation"][0, 2] < found["tie_deviation"][0, :2].min()
    assert found["tie_share"].sum() == pytest.approx(1)
    for name, unseen in tie_conditions(joint, own, 0 * seen, family).items():
        assert not unseen.any(), name


def test_overdispersed_shares_tell_less():
    arguments = np.array([[25.0]]), np.array([[100.0]])
    told = [share_information(*arguments, np.array([c])).item() for c in (1e9, 100.0, 1.0)]
    assert told == pytest.approx([25, 25 * 101 / 200, 25 * 2 / 101])


def test_what_the_other_terms_say_moves_a_slope_by_the_weighted_sum():
    """Weighted least squares on the cells' information: slopes of what is added to a logit are taken off again."""
    random = np.random.default_rng(3)
    joined, ties = (random.random((4, 30)) < 0.3) * 1.0, random.normal(size=(4, 30))
    joined[1, :5], ties[1, :5] = np.nan, 0.0
    found = logit_weights(joined, ties, np.zeros(30))
    np.testing.assert_allclose((found["ties_weight"] * 0.7 * ties).sum(1), 0.7)
    np.testing.assert_allclose(found["intercept_weight"].sum(1), 1)
    assert (found["ties_weight"][1, :5] == 0).all()


def test_cells_that_are_not_scored_tell_nothing():
    joined = np.array([[1.0, 0.0, 0.0, np.nan], [np.nan] * 4])
    information = cell_information(joined)
    assert (information[0, :3] > 0).all()
    assert information[0, 3] == 0
    assert (information[1] == 0).all()


@pytest.mark.parametrize("total", [0.0, 7.0, 400.0])
@pytest.mark.parametrize("spread", [0.05, 0.5, 2.0])
def test_effects_on_poisson_counts_are_centred_where_their_gamma_posterior_is(total, spread):
    expected, number, nearly_poisson = np.array([[1.4]]), np.array([[10.0]]), np.array([1e9])
    found = count_condition(np.array([[total]]), number, expected, nearly_poisson, np.array([spread]))
    information, score = (value.eval().item() for value in found)
    posterior = stats.gamma(total + spread**-2, scale=1 / (10 * 1.4 + spread**-2))
    assert -score / (information + spread**-2) == pytest.approx(np.log(posterior.mean()))
    assert information == pytest.approx(total)


def test_overdispersed_counts_tell_less_and_unseen_ones_nothing():
    total, number = np.array([[50.0, 50.0, 0.0]]), np.array([[5.0, 50.0, 0.0]])
    information = count_information(total, number, np.array([2.0])).eval()[0]
    np.testing.assert_allclose(information, [50 / 6, 50 / 1.5, 0])
    condition = count_condition(total, number, np.ones((1, 3)), np.array([2.0]), np.array([0.5]))
    assert abs(condition[1].eval()[0, 2]) < 1e-9


def test_growth_is_how_much_the_mean_of_growing_counts_exceeds_that_of_an_average_year():
    random = np.random.default_rng(5)
    names, years, states = NamedIndicators("", "anchor", "other"), 6, 4
    design = np.stack([np.ones((states, years)), *random.normal(size=(2, states, years))], axis=2)
    seen = (random.random((1, years, states)) < 0.7) * 1.0
    seen[0, 0] = 1.0
    trend, by_size = np.array([0.05]), np.array([-0.08])
    found = growth(names, [0], ItemLevels(trend, by_size, None), state_variances("count", seen, design))
    exponent = design[:, :, 1] * trend + design[:, :, 2] * by_size
    for s in range(states):
        chosen = exponent[s, seen[0, :, s] > 0]
        ratio = np.exp(chosen).mean() / np.exp(chosen.mean())
        assert found[0, s] == pytest.approx(ratio, abs=2e-4)
    assert found.max() > 1.003


@pytest.mark.parametrize("spread", [1e-8, 0.1, 1.0, 100.0])
@pytest.mark.parametrize("information", [0.0, 1.0, 1e4])
@pytest.mark.parametrize(
    "engine, dims", [("plain", "unit"), ("plain", ("row", "unit")), ("fused", ("row", "unit"))]
)
def test_conditioned_effects_keep_their_density_at_any_spread(spread, information, engine, dims):
    """Density of what is sampled = normal density of the effects times the derivative, here taken by difference."""
    shape = (3,) if dims == "unit" else (1, 3)
    with pm.Model(coords={"row": range(1), "unit": range(3)}) as model:
        told = np.full(shape, information), np.full(shape, 0.3)
        effects = conditioned_normal("effect", np.full(shape[:-1], spread), *told, dims, engine)
        pm.Deterministic("effect", effects, dims=dims)
    logp = model.compile_fn(model.logp(), inputs=model.value_vars)
    effect = model.compile_fn(model.replace_rvs_by_values([model["effect"]]), inputs=model.value_vars)
    point = np.array([-1.0, 0.2, 2.0]).reshape(shape)
    values = effect({"effect_standard": point})[0]
    slope = effect({"effect_standard": point + 1.0})[0] - values
    expected = stats.norm.logpdf(values, 0, spread).sum() + np.log(slope).sum()
    assert logp({"effect_standard": point}) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("engine", ["fused", "plain"])
def test_a_path_with_the_information_that_it_was_said_to_have_is_sampled_as_standard_normals(engine):
    random = np.random.default_rng(3)
    states, size = 4, 3
    root = random.normal(size=(states, size, size))
    matrices, shift = root @ root.transpose(0, 2, 1), random.normal(size=(size, states))
    prior = np.array([2.0, 0.5, 0.5])
    with pm.Model(coords={"path": range(size), "state": range(states)}) as model:
        lower = np.ascontiguousarray(lower_triangle(matrices).T)
        path = conditioned_path("path", pt.as_tensor(prior), pt.as_tensor(lower), pt.as_tensor(shift), engine)
        rest = -0.5 * pt.sum(path * (matrices @ path.T[:, :, None])[:, :, 0].T) + pt.sum(shift * path)
        pm.Potential("rest", rest)
    logp = model.compile_fn(model.logp(), inputs=model.value_vars)
    points = random.normal(size=(5, size, states))
    found = [logp({"path_standard": e}) + 0.5 * (e**2).sum() for e in points]
    np.testing.assert_allclose(found, found[0])
    # what is left is the prior's density of the path, whatever it was sampled as
    factor = [np.linalg.inv(np.linalg.cholesky(m + np.diag(prior))).T for m in matrices]
    value = np.stack(
        [f @ (f.T @ b + e) for f, b, e in zip(factor, shift.T, points[0].T, strict=True)], axis=1
    )
    expected = stats.norm.logpdf(value, 0, prior[:, None] ** -0.5).sum()
    expected += sum(np.linalg.slogdet(f)[1] for f in factor)
    expected += sum(-0.5 * v @ m @ v + b @ v for v, m, b in zip(value.T, matrices, shift.T, strict=True))
    assert logp({"path_standard": points[0]}) == pytest.approx(expected)


def test_a_state_that_joins_more_than_its_missions_average_has_a_higher_level():
    joined = (np.random.default_rng(1).random((12, 30)) < 0.3).astype(float)
    joined[:, 0], joined[:, 1], joined[:, 2] = 1.0, 0.0, np.nan
    found = state_conditions(joined)
    assert found["state_level"][0] > 2 > -1 > found["state_level"][1]
    assert found["state_information"][2] == 0
    np.testing.assert_allclose(found["state_weight"].sum(0), np.where(np.arange(30) == 2, 0, 1))
    told = 12 * 0.25
    assert 0 < found["state_information"][0] < told


@pytest.mark.parametrize(("family", "link"), [("negative_binomial", np.log), ("bernoulli", special.logit)])
def test_working_values_are_on_average_the_link_of_the_states_mean(family, link):
    draw = np.random.default_rng(2)
    values = (
        draw.poisson(40, (1, 3, 400)) if family == "negative_binomial" else draw.random((1, 3, 400)) < 0.3
    ).astype(float)
    values[0, 1, ::2] = np.nan
    working, information = working_values(values, family)
    np.testing.assert_allclose(np.nanmean(working, axis=2), link(np.nanmean(values, axis=2)), atol=0.01)
    assert np.isnan(working[0, 1, ::2]).all()
    expected = 40 if family == "negative_binomial" else 0.3 * 0.7
    np.testing.assert_allclose(information, expected, rtol=0.2)
