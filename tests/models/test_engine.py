"""The fused kernels equal textbook formulas, and their gradients equal finite differences."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import special, stats

from models.engine import kernels, operators
from models.likelihood import STATISTICS
from models.path import normal_statistics


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


@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_bernoulli_logit_equals_scipy_and_skips_masked_cells(mode):
    random = np.random.default_rng(1)
    eta, y = random.normal(0, 4, (7, 300)), random.integers(0, 2, (7, 300))
    eta[0, :4] = [800.0, -800.0, 40.0, -40.0]
    sign = 2.0 * y - 1
    sign[2] = 0.0
    x = pt.dmatrix()
    function = compiled([x], operators.BernoulliLogit()(x, sign)[0], mode)
    value, gradient = function(eta)
    assert value == pytest.approx(-np.logaddexp(0, -sign * eta)[sign != 0].sum(), rel=1e-11)
    assert np.all(gradient[2] == 0)
    moderate = np.clip(eta, -12, 12)
    expected = stats.bernoulli.logpmf(y, special.expit(moderate))[sign != 0].sum()
    assert function(moderate)[0] == pytest.approx(expected, rel=1e-7)
    assert_gradients(function, [moderate], random)


@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_negative_binomial_equals_scipy(mode):
    random = np.random.default_rng(2)
    log_mean, alpha = random.normal(1, 1, (3, 20, 9)), np.array([0.3, 3.7, 60.0])
    count = random.poisson(np.exp(log_mean)).astype(float)
    weight = random.integers(0, 2, count.shape).astype(float)
    x, a = pt.dtensor3(), pt.dvector()
    function = compiled([x, a], operators.NegativeBinomial()(x, count, weight, a)[0], mode)
    size = alpha[:, None, None]
    full = stats.nbinom.logpmf(count, size, size / (size + np.exp(log_mean))) + special.gammaln(count + 1)
    assert function(log_mean, alpha)[0] == pytest.approx((weight * full).sum(), rel=1e-11)
    assert_gradients(function, [log_mean, alpha], random)


@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_beta_binomial_equals_scipy(mode):
    random = np.random.default_rng(3)
    logit, concentration = random.normal(0, 2, (3, 30, 8)), np.array([0.6, 5.0, 400.0])
    own = random.integers(0, 120, logit.shape)
    joint = random.binomial(own, special.expit(logit))
    weight = (own > 0).astype(float)
    x, k = pt.dtensor3(), pt.dvector()
    cost = operators.BetaBinomial()(x, joint.astype(float), (own - joint).astype(float), weight, k)[0]
    function = compiled([x, k], cost, mode)
    p, total = special.expit(logit), concentration[:, None, None]
    full = stats.betabinom.logpmf(joint, own, total * p, total * (1 - p))
    binomial = special.gammaln(own + 1) - special.gammaln(joint + 1) - special.gammaln(own - joint + 1)
    expected = (weight * (full - binomial)).sum()
    assert function(logit, concentration)[0] == pytest.approx(expected, rel=1e-10)
    assert_gradients(function, [logit, concentration], random)


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


@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_mission_grid_equals_the_plain_sum(mode):
    random = np.random.default_rng(4)
    point, covariate, sign = grid_inputs(random)
    intercept, slope, value, state, coefficient = point
    eta = intercept[:, None] + np.einsum("vm,vms->ms", slope, value) + state
    eta = eta + np.einsum("k,kms->ms", coefficient, covariate)
    expected = -np.logaddexp(0, -sign * eta)[sign != 0].sum()
    inputs = [pt.dvector(), pt.dmatrix(), pt.dtensor3(), pt.dvector(), pt.dvector()]
    function = compiled(inputs, operators.MissionGrid()(*inputs, covariate, sign)[0], mode)
    assert function(*point)[0] == pytest.approx(expected, rel=1e-12)
    assert_gradients(function, point, random)


@pytest.mark.parametrize("mode", ["NUMBA", "FAST_COMPILE"])
def test_gaussian_path_equals_linear_algebra(mode):
    random = np.random.default_rng(5)
    states, size = 6, 4
    root = random.normal(size=(states, size, size))
    precision = np.eye(size) + root @ root.transpose(0, 2, 1)
    shift, standard = random.normal(size=(2, states, size))
    weights = random.normal(size=(states, size))
    inputs = [pt.dtensor3(), pt.dmatrix(), pt.dmatrix()]
    symmetric = (inputs[0] + inputs[0].transpose(0, 2, 1)) / 2
    total, path, _ = operators.GaussianPath()(symmetric, *inputs[1:])
    function = compiled(inputs, total + (weights * path).sum() + (path**2).sum(), mode)
    expected_total, expected_path = 0.0, np.empty_like(shift)
    for s in range(states):
        mean = np.linalg.solve(precision[s], shift[s])
        factor = np.linalg.cholesky(precision[s])
        expected_path[s] = mean + np.linalg.solve(factor.T, standard[s])
        expected_total += -0.5 * np.linalg.slogdet(precision[s])[1] + 0.5 * shift[s] @ mean
    evaluated = pytensor.function(inputs, [total, path], mode=mode)(precision, shift, standard)
    assert evaluated[0] == pytest.approx(expected_total, rel=1e-12)
    np.testing.assert_allclose(evaluated[1], expected_path, rtol=1e-10)
    assert_gradients(function, [precision, shift, standard], random, number=20)


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
    quadratic = -0.5 * np.einsum("sa,sab,sb", path, precision, path) + (shift * path).sum()
    assert constant + quadratic == pytest.approx(expected, rel=1e-11)
    weights = random.normal(size=(states, size, size)), random.normal(size=(states, size))
    cost = 1.7 * fused[0] + (weights[0] * fused[1]).sum() + (weights[1] * fused[2]).sum()
    assert_gradients(compiled(inputs, cost, mode), point, random)


def test_exponential_and_logarithm_are_accurate():
    x = -np.abs(np.random.default_rng(6).normal(0, 20, 2000))
    assert max(abs(kernels.exp_nonpositive(v) / np.exp(v) - 1) for v in x) < 1e-14
    assert max(abs(kernels.log_positive(v) - np.log(v)) for v in np.exp(x / 10)) < 1e-14
