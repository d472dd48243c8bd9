"""The fused kernels equal textbook formulas, and their gradients equal finite differences."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import special, stats

from models.coordinates import binary_condition, count_condition
from models.engine import elementary, operators
from models.likelihood import STATISTICS
from models.path import lower_triangle, normal_statistics, symmetric_places


def compiled(inputs, cost, mode):
    gradient = pytensor.grad(cost, inputs)
    return pytensor.function(inputs, [cost, *gradient], mode=mode)


def finite_difference(function, point, index, step=1e-5):
    up, down = [p.copy() for p in point], [p.copy() for p in point]
    up[index[0]][index[1]] += step
    down[index[0]][index[1]] -= step
    return (function(*up)[0] - function(*down)[0]) / (2 * step)


def assert_gradients(function, point, random, number=12, tolerance=2e-5):
    result = function(*point)
    for position, value in enumerate(point):
        cells = list(np.ndindex(value.shape))
        for cell in [cells[i] for i in random.choice(len(cells), min(number, len(cells)), replace=False)]:
            expected = finite_difference(function, point, (position, cell))
            assert result[1 + position][cell] == pytest.approx(expected, rel=tolerance, abs=tolerance)


def panel_point(random, items, years, states, known):
    """Values of level, lasting, coefficient, loading and latent, and the known regressors."""
    point = [
        random.normal(0, 1, (items, years)),
        random.normal(0, 0.5, (items, states)),
        random.normal(0, 0.5, (items, known)),
        random.normal(0, 1, items),
        random.normal(0, 1, (years, states)),
    ]
    return point, random.normal(0, 1, (known, years, states))


def panel_predictor(point, known):
    level, lasting, coefficient, loading, latent = point
    eta = level[:, :, None] + lasting[:, None, :] + np.einsum("jk,kts->jts", coefficient, known)
    return eta + loading[:, None, None] * latent


def panel_function(operator, known, data, mode, scale=False):
    inputs = [pt.dmatrix(), pt.dmatrix(), pt.dmatrix(), pt.dvector(), pt.dmatrix()]
    terms = [*inputs[:3], known, *inputs[3:], *data]
    if scale:
        inputs.append(pt.dvector())
        terms.append(inputs[-1])
    return compiled(inputs, operator()(*terms)[0], mode)


@pytest.mark.parametrize("known", [0, 2])
@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_panel_of_counts_equals_scipy(mode, known):
    random = np.random.default_rng(2)
    point, regressors = panel_point(random, 3, 9, 20, known)
    alpha = np.array([0.3, 3.7, 60.0])
    log_mean = panel_predictor(point, regressors)
    count = random.poisson(np.exp(log_mean)).astype(float)
    weight = random.integers(0, 2, count.shape).astype(float)
    function = panel_function(operators.PanelNegativeBinomial, regressors, [count, weight], mode, scale=True)
    size = alpha[:, None, None]
    full = stats.nbinom.logpmf(count, size, size / (size + np.exp(log_mean))) + special.gammaln(count + 1)
    assert function(*point, alpha)[0] == pytest.approx((weight * full).sum(), rel=1e-11)
    assert_gradients(function, [*point, alpha], random)


@pytest.mark.parametrize("known", [0, 2])
@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_panel_of_shared_counts_equals_scipy(mode, known):
    random = np.random.default_rng(3)
    point, regressors = panel_point(random, 3, 8, 30, known)
    concentration = np.array([0.6, 5.0, 400.0])
    logit = panel_predictor(point, regressors)
    own = random.integers(0, 120, logit.shape)
    joint = random.binomial(own, special.expit(logit))
    weight = (own > 0).astype(float)
    data = [joint.astype(float), (own - joint).astype(float), weight]
    function = panel_function(operators.PanelBetaBinomial, regressors, data, mode, scale=True)
    p, total = special.expit(logit), concentration[:, None, None]
    full = stats.betabinom.logpmf(joint, own, total * p, total * (1 - p))
    binomial = special.gammaln(own + 1) - special.gammaln(joint + 1) - special.gammaln(own - joint + 1)
    expected = (weight * (full - binomial)).sum()
    assert function(*point, concentration)[0] == pytest.approx(expected, rel=1e-10)
    assert_gradients(function, [*point, concentration], random)


@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_unpacked_arrays_are_those_packed_and_computing_with_them_leaves_the_data_alone(mode):
    shapes = [(2, 3), (), (4,)]
    vector = np.arange(1.0, 12.0)
    given = pytensor.shared(vector)
    matrix, number, row = operators.Unpack(shapes)(given, return_list=True)
    function = pytensor.function([], [pt.exp(matrix), -number, pt.log(row), matrix], mode=mode)
    for _ in range(2):
        results = function()
        np.testing.assert_allclose(results[0], np.exp(vector[:6].reshape(2, 3)))
        np.testing.assert_allclose(results[1], -vector[6])
        np.testing.assert_allclose(results[2], np.log(vector[7:]))
        np.testing.assert_array_equal(results[3], vector[:6].reshape(2, 3))
        np.testing.assert_array_equal(given.get_value(), np.arange(1.0, 12.0))


@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_path_values_are_the_matrix_product(mode):
    random = np.random.default_rng(8)
    basis, coefficient, weights = (random.normal(size=shape) for shape in ((6, 3), (3, 11), (6, 11)))
    x = pt.dmatrix()
    values = operators.PathValues()(basis, x)
    np.testing.assert_allclose(
        pytensor.function([x], values, mode=mode)(coefficient), basis @ coefficient, rtol=1e-12
    )
    function = compiled([x], (weights * values).sum() + (values**2).sum(), mode)
    assert_gradients(function, [coefficient], random)


def grid_inputs(random, missions=4, states=37, slopes=2, covariates=3):
    point = [
        random.normal(size=missions),
        random.normal(size=(slopes, missions)),
        random.normal(size=(slopes, missions, states)),
        random.normal(size=states),
        random.normal(size=covariates),
    ]
    covariate = random.normal(size=(covariates, missions, states))
    sign = random.choice([-1.0, 0.0, 1.0], (missions, states))
    return point, covariate, sign


@pytest.mark.parametrize("known_values", [False, True])
@pytest.mark.parametrize(
    ("mode", "missions", "states"),
    [("NUMBA", 4, 37), ("FAST_COMPILE", 4, 37), ("FAST_COMPILE", 2, 2100), ("FAST_COMPILE", 600, 3)],
)
def test_mission_grid_equals_the_plain_sum(mode, missions, states, known_values):
    random = np.random.default_rng(4)
    point, covariate, sign = grid_inputs(random, missions, states)
    intercept, slope, value, state, coefficient = point
    eta = intercept[:, None] + np.einsum("vm,vms->ms", slope, value) + state
    eta = eta + np.einsum("k,kms->ms", coefficient, covariate)
    expected = -np.logaddexp(0, -sign * eta)[sign != 0].sum()
    inputs = [pt.dvector(), pt.dmatrix(), pt.dtensor3(), pt.dvector(), pt.dvector()]
    terms = list(inputs)
    if known_values:
        terms[2] = value
        del point[2], inputs[2]
    function = compiled(inputs, operators.MissionGrid(known_values)(*terms, covariate, sign)[0], mode)
    assert function(*point)[0] == pytest.approx(expected, rel=1e-12)
    assert_gradients(function, point, random)


@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_gaussian_path_equals_linear_algebra(mode):
    random = np.random.default_rng(5)
    states, size = 6, 4
    root = random.normal(size=(states, size, size))
    precision = np.eye(size) + root @ root.transpose(0, 2, 1)
    packed = np.ascontiguousarray(lower_triangle(precision).T)
    shift, standard, weights = random.normal(size=(3, size, states))
    inputs = [pt.dmatrix(), pt.dmatrix(), pt.dmatrix()]
    total, path, _ = operators.GaussianPath()(*inputs)
    function = compiled(inputs, total + (weights * path).sum() + (path**2).sum(), mode)
    expected_total, expected_path = 0.0, np.empty_like(shift)
    for s in range(states):
        mean = np.linalg.solve(precision[s], shift[:, s])
        factor = np.linalg.cholesky(precision[s])
        expected_path[:, s] = mean + np.linalg.solve(factor.T, standard[:, s])
        expected_total += -0.5 * np.linalg.slogdet(precision[s])[1] + 0.5 * shift[:, s] @ mean
    evaluated = pytensor.function(inputs, [total, path], mode=mode)(packed, shift, standard)
    assert evaluated[0] == pytest.approx(expected_total, rel=1e-12)
    np.testing.assert_allclose(evaluated[1], expected_path, rtol=1e-10)
    assert_gradients(function, [packed, shift, standard], random, number=20)


def conditioned_point(random, spread):
    standard, score = random.normal(size=(2, 9))
    information = random.uniform(0, 4, 9)
    information[:3] = 0.0
    return [standard, np.array([spread]), information, score]


@pytest.mark.parametrize("spread", [0.3, 2.0])
@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_conditioned_normal_gains_what_the_density_of_the_effects_has_over_that_of_the_standardised(
    mode, spread
):
    random = np.random.default_rng(6)
    inputs = [pt.dvector(), pt.dvector(), pt.dvector(), pt.dvector()]
    gain, effects = operators.ConditionedNormal()(*inputs)
    standard, _, information, score = point = conditioned_point(random, spread)
    found = pytensor.function(inputs, [gain, effects], mode=mode)(*point)
    precision = information + spread**-2
    expected = standard / np.sqrt(precision) - score / precision
    np.testing.assert_allclose(found[1], expected, rtol=1e-12)
    density = stats.norm.logpdf(expected, 0, spread) - stats.norm.logpdf(standard)
    assert found[0] == pytest.approx((density - 0.5 * np.log(precision)).sum(), rel=1e-11)
    cost = 1.3 * gain + (random.normal(size=9) * effects).sum() + (effects**2).sum()
    assert_gradients(compiled(inputs, cost, mode), point, random)


@pytest.mark.parametrize("spread", [0.3, 2.0])
@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_conditioned_effects_of_sum_zero_gain_their_density_and_the_determinant_of_their_map(mode, spread):
    random = np.random.default_rng(6)
    inputs = [pt.dvector(), pt.dvector(), pt.dvector(), pt.dvector()]
    gain, effects = operators.ConditionedZeroSumNormal()(*inputs)
    standard, _, information, score = point = conditioned_point(random, spread)
    standard -= standard.mean()
    function = pytensor.function(inputs, [gain, effects], mode=mode)
    found = function(*point)
    assert abs(found[1].sum()) < 1e-12
    # normals of these precisions and means, given their sum
    precision = information + spread**-2
    given = np.eye(9) - np.outer(1 / precision, np.ones(9)) / (1 / precision).sum()
    np.testing.assert_allclose(
        found[1], given @ (standard / np.sqrt(precision) - score / precision), rtol=1e-10
    )
    # columns that span the vectors of sum zero
    basis = np.linalg.svd(np.ones((1, 9)))[2][1:].T
    slope = np.column_stack([function(standard + step, *point[1:])[1] - found[1] for step in basis.T])
    determinant = np.linalg.slogdet(basis.T @ slope)[1]
    size = 8
    density = -0.5 * (found[1] ** 2).sum() / spread**2 - size * np.log(spread) + 0.5 * (standard**2).sum()
    assert found[0] == pytest.approx(density + determinant, rel=1e-9)
    cost = 1.3 * gain + (random.normal(size=9) * effects).sum() + (effects**2).sum()
    assert_gradients(compiled(inputs, cost, mode), point, random)


def indicator_case(random, counts):
    """Values of what indicators are differentiated to, and their data: two of three indicators of a latent."""
    items, states, years, place = 2, 11, 6, np.array([2.0, 0.0])
    seen = (random.random((items, years, states)) < 0.7) * 1.0
    seen[1, :, 3] = 0.0
    decade, size = np.linspace(-1, 2, years), random.normal(size=(years, states))
    number = seen.sum(1)
    mean_decade, mean_size = (
        np.einsum("jts,ts->js", seen, x) / np.maximum(number, 1)
        for x in (np.broadcast_to(decade[:, None], size.shape), size)
    )
    point = [
        random.normal(size=(items, states)),
        random.normal(size=items),
        random.normal(0, 0.3, 3),
        random.normal(0, 0.5, 3),
        random.normal(size=3),
        random.uniform(0.1, 0.5, 3),
        np.array([0.4, 1.6]),
        np.array([0.7, 20.0]),
        random.normal(size=(years, states)),
    ]
    share = random.dirichlet(np.ones(years), 3)
    y = random.poisson(2.0, seen.shape) if counts else random.integers(0, 2, seen.shape)
    observed, weight = (y * seen, seen) if counts else ((2 * y - 1) * seen,) * 2
    moments = np.array([[0.8, 0.9], [1.1, 0.6], [0.2, -0.3]])
    data = [place, decade, size, share, (y * seen).sum(1), number, mean_decade, mean_size, moments]
    return point, [*data, observed * 1.0, weight]


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_indicators_add_the_density_of_their_deviations_to_the_likelihood_given_them(mode, counts):
    random = np.random.default_rng(9)
    point, data = indicator_case(random, counts)
    inputs = [x.type() for x in map(pt.as_tensor, point)]
    if not counts:
        inputs[7] = pt.zeros(2)
    total, deviation, *_ = operators.Indicators()(*inputs, *data)
    chosen = [x for i, x in enumerate(inputs) if counts or i != 7]
    values = [x for i, x in enumerate(point) if counts or i != 7]
    found, deviations = pytensor.function(chosen, [total, deviation], mode=mode)(*values)
    standard, intercept, trend, by_size, loading, path_variance, spread, dispersion, latent = point
    place, decade, size, share, sums, number, mean_decade, mean_size, moments, observed, weight = data
    i = place.astype(int)
    level = intercept + trend[i] * mean_decade.T + by_size[i] * mean_size.T
    level = (level + loading[i] * (share[i] @ latent).T).T
    varied = trend[i] ** 2 * moments[0] + by_size[i] ** 2 * moments[1]
    varied = varied + 2 * trend[i] * by_size[i] * moments[2] + loading[i] ** 2 * path_variance[i]
    if counts:
        mean = np.exp(level) * (1 + 0.5 * varied[:, None])
        information, score = (x.eval() for x in count_condition(sums, number, mean, dispersion, spread))
    else:
        information, score = (x.eval() for x in binary_condition(sums, number, level, varied, spread))
    precision = information + spread[:, None] ** -2
    np.testing.assert_allclose(deviations, standard / np.sqrt(precision) - score / precision, rtol=1e-9)
    eta = intercept[:, None, None] + trend[i][:, None, None] * decade[:, None] + deviations[:, None, :]
    eta = eta + by_size[i][:, None, None] * size + loading[i][:, None, None] * latent
    if counts:
        a, mean = dispersion[:, None, None], np.exp(eta)
        terms = stats.nbinom.logpmf(observed, a, a / (a + mean)) + special.gammaln(observed + 1)
    else:
        terms = -np.logaddexp(0, -observed * eta)
    expected = (terms * (weight != 0)).sum() - 0.5 * np.log(precision).sum()
    expected += stats.norm.logpdf(deviations, 0, spread[:, None]).sum() - stats.norm.logpdf(standard).sum()
    assert found == pytest.approx(expected, rel=1e-10)
    assert_gradients(compiled(chosen, 1.3 * total, mode), values, random)


@pytest.mark.parametrize("counts", [True, False])
def test_indicators_that_nobody_has_leave_deviations_their_prior_even_at_far_levels(counts):
    random = np.random.default_rng(10)
    point, data = indicator_case(random, counts)
    point[1] = np.array([400.0, -400.0])
    if not counts:
        point[7] = np.zeros(2)
    inputs = [x.type() for x in map(pt.as_tensor, point)]
    total, deviation, *_ = operators.Indicators()(*inputs, *data)
    assert all(np.isfinite(part).all() for part in compiled(inputs, total, "FAST_COMPILE")(*point))
    unseen = [0 * x if place in (4, 5, 9, 10) else x for place, x in enumerate(data)]
    total, deviation, *_ = operators.Indicators()(*inputs, *unseen)
    found = pytensor.function(inputs, [total, deviation], mode="FAST_COMPILE")(*point)
    assert abs(found[0]) < 1e-9
    np.testing.assert_allclose(found[1], point[6][:, None] * point[0], rtol=1e-9)


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("spread", [0.0, 1e-150])
def test_indicators_at_a_spread_that_vanishes_have_no_finite_density_instead_of_an_error(counts, spread):
    point, data = indicator_case(np.random.default_rng(11), counts)
    point[6] = np.array([0.4, spread])
    if not counts:
        point[7] = np.zeros(2)
    inputs = [x.type() for x in map(pt.as_tensor, point)]
    total, *_ = operators.Indicators()(*inputs, *data)
    gradient = compiled(inputs, total, "FAST_COMPILE")(*point)
    found = pytensor.function(inputs, total, mode="FAST_COMPILE")(*point)
    assert not np.isfinite(found) or not all(np.isfinite(part).all() for part in gradient)


@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_normal_indicators_equal_the_multivariate_normal(mode):
    random = np.random.default_rng(7)
    items, states, years, size = 3, 4, 6, 3
    basis = random.normal(size=(years, size))
    design = random.normal(size=(states, years, 2))
    value = random.normal(size=(items, states, years))
    value[random.uniform(size=value.shape) < 0.3] = np.nan
    value[0, 0] = np.nan
    statistics = normal_statistics(value, basis, design)
    point = [
        random.normal(size=items),
        random.normal(size=(items, 2)),
        random.uniform(0.5, 1.5, items),
        random.uniform(0.5, 1.5, items),
        random.uniform(0.5, 1.5, size),
    ]
    inputs = [pt.dvector(), pt.dmatrix(), pt.dvector(), pt.dvector(), pt.dvector()]
    data = [statistics[name] for name in STATISTICS]
    fused = operators.NormalIndicators()(*inputs, *data)
    constant, precision, shift = pytensor.function(inputs, fused, mode=mode)(*point)
    loading, level, sd, state_sd, prior = point
    path = random.normal(size=(states, size))
    expected = 0.0
    for s in range(states):
        expected -= 0.5 * path[s] @ np.diag(prior) @ path[s]
        for j in range(items):
            seen = np.isfinite(value[j, s])
            mean = design[s, seen] @ level[j] + loading[j] * basis[seen] @ path[s]
            covariance = sd[j] ** 2 * np.eye(seen.sum()) + state_sd[j] ** 2
            if seen.any():
                expected += stats.multivariate_normal(mean, covariance).logpdf(value[j, s, seen])
    whole = precision[symmetric_places(size)]
    quadratic = -0.5 * np.einsum("sa,abs,sb", path, whole, path) + (shift.T * path).sum()
    assert constant + quadratic == pytest.approx(expected, rel=1e-11)
    weights = random.normal(size=precision.shape), random.normal(size=shift.shape)
    cost = 1.7 * fused[0] + (weights[0] * fused[1]).sum() + (weights[1] * fused[2]).sum()
    assert_gradients(compiled(inputs, cost, mode), point, random)


def test_exponential_and_logarithm_are_accurate():
    x = -np.abs(np.random.default_rng(6).normal(0, 20, 2000))
    assert max(abs(elementary.exp_nonpositive(v) / np.exp(v) - 1) for v in x) < 1e-14
    assert max(abs(elementary.log_positive(v) - np.log(v)) for v in np.exp(x / 10)) < 1e-14


@pytest.mark.parametrize("largest", [0, 4, 5, 60])
def test_steps_of_log_gamma_equal_scipy_for_few_and_for_many(largest):
    random = np.random.default_rng(11)
    x = np.exp(random.uniform(-20, 8, 500))
    count = random.integers(0, largest + 1, 500).astype(float)
    value, slope = np.empty(500), np.empty(500)
    elementary.log_gamma_steps_each(x, count, value, slope)
    np.testing.assert_allclose(value, special.gammaln(x + count) - special.gammaln(x), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(slope, special.digamma(x + count) - special.digamma(x), rtol=1e-9, atol=1e-9)
