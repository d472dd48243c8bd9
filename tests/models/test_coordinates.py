"""The coordinates in which chains move: what they are computed from."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import optimize, special, stats

from models.coordinates import (
    FromZero,
    binary_condition,
    conditioned_normal,
    conditioned_path,
    count_condition,
    count_information,
    share_information,
)
from models.inputs import (
    orthogonal_slopes,
    smooth_variance,
    state_moments,
    tie_conditions,
    working_values,
    year_share,
)
from models.path import lower_triangle
from models.quality import ItemLevels, NamedIndicators, variance_over_years
from models.working import mission_conditions, state_conditions, working_fit


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


def joining(missions=12, states=40, seed=3):
    """Who joins, ties, and the logits behind them."""
    random = np.random.default_rng(seed)
    ties = random.normal(size=(missions, states))
    logit = random.normal(-1, 1, (missions, 1)) + random.normal(0, 1, states) + 0.8 * ties
    return (random.random(logit.shape) < special.expit(logit)).astype(float), ties


def test_the_rough_fit_maximises_the_penalised_likelihood():
    joined, ties = joining()
    joined[1, :5] = np.nan
    missions, states = joined.shape
    scored, y = np.isfinite(joined), np.nan_to_num(joined)
    centre = special.logit((y.sum() + 0.5) / (scored.sum() + 1))

    def loss(p):
        mission, state, slope = p[:missions], p[missions:-1], p[-1]
        logit = mission[:, None] + state + slope * ties
        penalty = ((mission - centre) ** 2).sum() / 4 + (state**2).sum() + slope**2
        return (scored * (np.logaddexp(0, logit) - y * logit)).sum() + penalty / 2

    best = optimize.minimize(loss, np.zeros(missions + states + 1)).x
    fit = working_fit(joined, ties[None])
    np.testing.assert_allclose([*fit.mission, fit.slope[0]], [*best[:missions], best[-1]], atol=0.01)
    probability = special.expit(best[:missions, None] + best[missions:-1] + best[-1] * ties)
    np.testing.assert_allclose(fit.information, scored * probability * (1 - probability), atol=0.01)


def test_what_the_other_terms_say_moves_a_slope_by_the_weighted_sum():
    """Weighted least squares on the cells' information: slopes of what is added to a logit are taken off again."""
    joined, ties = joining()
    joined[1, :5] = np.nan
    found = mission_conditions(working_fit(joined, ties[None]), {"ties": ties}, {})
    np.testing.assert_allclose((found["ties_weight"] * (0.7 * ties + 3.0)).sum(1), 0.7)
    np.testing.assert_allclose(found["intercept_weight"].sum(1), 1)
    assert (found["ties_weight"][1, :5] == 0).all()


def test_what_is_not_seen_of_a_regressor_tells_of_its_slope_without_saying_where():
    joined, ties = joining()
    fit = working_fit(joined, ties[None])
    seen, rough = (mission_conditions(fit, {"ties": ties}, {"ties": v}) for v in (0.0, 0.5))
    more = rough["ties_information"] - seen["ties_information"]
    np.testing.assert_allclose(more, 0.5 * seen["intercept_information"])
    assert (abs(rough["ties_weight"]).sum(1) < abs(seen["ties_weight"]).sum(1)).all()
    np.testing.assert_allclose(rough["ties_level"], seen["ties_level"])


def test_a_mission_that_is_not_scored_tells_nothing():
    joined, ties = joining()
    joined[2] = np.nan
    fit = working_fit(joined, ties[None])
    for name, value in mission_conditions(fit, {"ties": ties}, {}).items():
        assert not value[2].any(), name
        assert np.isfinite(value).all(), name


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


def test_levels_vary_over_a_states_years_as_their_terms_do():
    random = np.random.default_rng(5)
    names, years, states = NamedIndicators("", "anchor", "other"), 6, 4
    design = np.stack([np.ones((states, years)), *random.normal(size=(2, states, years))], axis=2)
    seen = (random.random((1, years, states)) < 0.7) * 1.0
    seen[0, 0] = 1.0
    trend, by_size, loading = np.array([0.5]), np.array([-0.8]), np.array([1.5])
    level = ItemLevels(trend, by_size, None)
    statistics = state_moments("count", seen, design) | {"smooth_variance": np.array([0.6])}
    found = variance_over_years(names, "count", [0], level, loading, 0.5, statistics)
    exponent = design[:, :, 1] * trend + design[:, :, 2] * by_size
    chosen = [exponent[s, seen[0, :, s] > 0] for s in range(states)]
    within = sum(((x - x.mean()) ** 2).sum() for x in chosen) / seen.sum()
    assert found == pytest.approx(within + 1.5**2 * 0.5 * 0.6)


def test_smooth_paths_vary_over_years_as_simulated_ones_do():
    basis = np.random.default_rng(1).normal(size=(5, 4))
    share = np.array([[0.2, 0.2, 0.2, 0.2, 0.2], [0.5, 0.5, 0.0, 0.0, 0.0]])
    paths = np.random.default_rng(2).normal(size=(40_000, 3)) @ basis[:, 1:].T
    simulated = [((paths**2) @ s - (paths @ s) ** 2).mean() for s in share]
    np.testing.assert_allclose(smooth_variance(share, basis), simulated, rtol=0.03)


@pytest.mark.parametrize("expected", [-3.0, 0.0, 2.0])
@pytest.mark.parametrize("spread", [0.3, 1.0, 3.0])
def test_effects_on_unseen_binary_observations_keep_their_prior(expected, spread):
    nothing, level = np.zeros((1, 1)), np.full((1, 1), expected)
    for varied in (0.0, 2.0):
        found = binary_condition(nothing, nothing, level, np.array([varied]), np.array([spread]))
        np.testing.assert_allclose([value.eval().item() for value in found], 0, atol=1e-9)


@pytest.mark.parametrize("ones", [0, 3, 10])
@pytest.mark.parametrize("varied", [0.0, 1.5])
def test_effects_on_binary_observations_are_centred_near_their_posterior(ones, varied):
    """Against the posterior by quadrature of ten observations whose logits vary; coordinates need no more than its deviation."""
    number, expected, spread = 10, -1.0, 1.0
    shift = np.sqrt(varied) * stats.norm.ppf((np.arange(number) + 0.5) / number)
    effect = np.linspace(-6, 6, 2001)
    probability = special.expit(expected + shift[:, None] + effect)
    # probability of so many ones, observation by observation
    likelihood = np.zeros((number + 1, len(effect)))
    likelihood[0] = 1.0
    for p in probability:
        likelihood = likelihood * (1 - p) + np.vstack([np.zeros(len(effect)), likelihood[:-1]]) * p
    weight = likelihood[ones] * stats.norm.pdf(effect, 0, spread)
    mean = np.average(effect, weights=weight)
    sd = np.sqrt(np.average((effect - mean) ** 2, weights=weight))
    arguments = [np.array([[float(value)]]) for value in (ones, number, expected)]
    found = binary_condition(*arguments, np.array([varied]), np.array([spread]))
    information, score = (value.eval().item() for value in found)
    precision = information + spread**-2
    assert -score / precision == pytest.approx(mean, abs=sd)
    assert precision**-0.5 == pytest.approx(sd, rel=0.3)


def test_spreads_are_sampled_as_themselves_and_near_zero_as_logarithms():
    transform, point = FromZero(2.0), pt.dscalar("point")
    value, jacobian = transform.backward(point), transform.log_jac_det(point)
    for x in (-2.0, 0.1, 3.0):
        at = {point: np.asarray(x)}
        slope = (value.eval({point: np.asarray(x + 1e-6)}) - value.eval({point: np.asarray(x - 1e-6)})) / 2e-6
        assert np.exp(jacobian.eval(at)) == pytest.approx(slope, rel=1e-6)
        assert transform.forward(value).eval(at) == pytest.approx(x)
    assert value.eval({point: np.asarray(3.0)}) == pytest.approx(3.0, abs=1e-6)
    assert 0 < value.eval({point: np.asarray(-2.0)}) < 1e-4


@pytest.mark.parametrize("spread", [1e-8, 0.1, 1.0, 100.0])
@pytest.mark.parametrize("information", [0.0, 1.0, 1e4])
@pytest.mark.parametrize("engine, dims", [("plain", "unit"), ("plain", ("row", "unit")), ("fused", "unit")])
def test_conditioned_effects_keep_their_density_at_any_spread(spread, information, engine, dims):
    """Density of what is sampled = normal density of the effects times the derivative, here taken by difference."""
    shape = (3,) if dims == "unit" else (1, 3)
    with pm.Model(coords={"row": range(1), "unit": range(3)}) as model:
        told = np.full(shape, information), np.full(shape, 0.3)
        effects = conditioned_normal("effect", pt.full(shape[:-1], spread), *told, dims, engine)
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


def test_a_state_that_joins_more_than_its_ties_say_has_a_higher_level():
    joined, ties = joining(30, 30, 1)
    joined[:, 0], joined[:, 1], joined[:, 2] = 1.0, 0.0, np.nan
    fit = working_fit(joined, ties[None])
    found = state_conditions(fit)
    said = fit.slope[0] * (found["state_weight"] * ties).sum(0)
    excess = found["state_level"] - said
    assert excess[0] > 2 > -1 > excess[1]
    assert found["state_information"][2] == 0
    np.testing.assert_allclose(found["state_weight"].sum(0), np.where(np.arange(30) == 2, 0, 1))


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
