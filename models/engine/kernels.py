"""Numba kernels that return a log likelihood and its derivatives in one pass.

Each kernel is one branch-free loop, so that LLVM turns it into vector instructions. Scalar ``math.exp`` and
``math.log`` would stop that; the two elementary functions are therefore written out here, after Cody & Waite (1980)
for the range reduction and with truncated series whose relative error is below 1e-14 (tested).
"""

import math

import numba
import numpy as np

_JIT = {"fastmath": True, "nogil": True, "error_model": "numpy", "cache": True}
_INV_LN2 = 1.4426950408889634
_LN2_HIGH = 6.93145751953125e-1
_LN2_LOW = 1.42860682030941723212e-6
_LN2 = 0.6931471805599453
_SQRT2 = 1.4142135623730951
_HALF_LOG_2PI = 0.9189385332046727
_BLOCK = 128


@numba.njit(inline="always", **_JIT)
def exp_nonpositive(x):
    """Exponential of ``x`` in [-700, 0] (smaller values are raised to -700)."""
    x = max(x, -700.0)
    k = np.floor(x * _INV_LN2 + 0.5)
    r = x - k * _LN2_HIGH
    r = r - k * _LN2_LOW
    p = 2.08767569878681e-9
    p = p * r + 2.505210838544172e-8
    p = p * r + 2.755731922398589e-7
    p = p * r + 2.755731922398589e-6
    p = p * r + 2.48015873015873e-5
    p = p * r + 1.984126984126984e-4
    p = p * r + 1.388888888888889e-3
    p = p * r + 8.333333333333333e-3
    p = p * r + 4.1666666666666664e-2
    p = p * r + 1.6666666666666666e-1
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    return p * np.int64((np.int64(k) + 1023) << 52).view(np.float64)


@numba.njit(inline="always", **_JIT)
def _log_near_one(q):
    """Logarithm of ``q`` in [sqrt(1/2), 2]: twice the area tangent of (q - sqrt 2)/(q + sqrt 2), plus log sqrt 2."""
    s = (q - _SQRT2) / (q + _SQRT2)
    s2 = s * s
    c = 1.0 / 25.0
    c = c * s2 + 1.0 / 23.0
    c = c * s2 + 1.0 / 21.0
    c = c * s2 + 1.0 / 19.0
    c = c * s2 + 1.0 / 17.0
    c = c * s2 + 1.0 / 15.0
    c = c * s2 + 1.0 / 13.0
    c = c * s2 + 1.0 / 11.0
    c = c * s2 + 1.0 / 9.0
    c = c * s2 + 1.0 / 7.0
    c = c * s2 + 1.0 / 5.0
    c = c * s2 + 1.0 / 3.0
    c = c * s2 + 1.0
    return 0.5 * _LN2 + 2.0 * s * c


@numba.njit(inline="always", **_JIT)
def log_positive(x):
    """Logarithm of a positive normal float: exponent from its bits, mantissa in [1, 2) by the series above."""
    bits = np.float64(x).view(np.int64)
    exponent = (bits >> 52) - 1023
    mantissa = np.int64((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64)
    return np.float64(exponent) * _LN2 + _log_near_one(mantissa)


@numba.njit(**_JIT)
def bernoulli_logit(eta, sign, gradient):
    """Sum of log Pr(y | eta) over cells with ``sign`` +1 (y = 1) or -1 (y = 0); 0 leaves the cell out.

    ``eta``, ``sign`` and ``gradient`` are flat and of one length; ``gradient`` receives d/d eta. The logarithms of
    a block of cells are taken as one logarithm of their product (at most 2 ** 128, so it cannot overflow).
    """
    n = eta.shape[0]
    total = 0.0
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        product = 1.0
        minimum = 0.0
        for i in range(start, stop):
            z = sign[i] * eta[i]
            t = exp_nonpositive(-abs(z)) * (sign[i] * sign[i])
            q = 1.0 + t
            product *= q
            minimum += min(z, 0.0)
            gradient[i] = sign[i] * ((t if z > 0.0 else 1.0) / q)
        total += minimum - math.log(product)
    return total


@numba.njit(inline="always", **_JIT)
def _stirling(x):
    """Stirling series of log gamma and digamma at ``x`` >= 6, without the constant; relative error below 1e-12."""
    inverse = 1.0 / x
    i2 = inverse * inverse
    series = inverse * (
        1.0 / 12.0
        - i2
        * (
            1.0 / 360.0
            - i2 * (1.0 / 1260.0 - i2 * (1.0 / 1680.0 - i2 * (1.0 / 1188.0 - i2 * (691.0 / 360360.0))))
        )
    )
    slope = i2 * (
        1.0 / 12.0
        - i2
        * (
            1.0 / 120.0
            - i2 * (1.0 / 252.0 - i2 * (1.0 / 240.0 - i2 * (1.0 / 132.0 - i2 * (691.0 / 32760.0))))
        )
    )
    logarithm = log_positive(x)
    return (x - 0.5) * logarithm - x + series, logarithm - 0.5 * inverse - slope


@numba.njit(inline="always", **_JIT)
def _rising(x):
    """Product x (x + 1) ... (x + 7) and the derivative of its logarithm."""
    a = x * (x + 7.0)
    # x (x+7), (x+1)(x+6), (x+2)(x+5), (x+3)(x+4) are a, a + 6, a + 10, a + 12
    b = a + 6.0
    c = a + 10.0
    d = a + 12.0
    product = a * b * c * d
    derivative = (b * c * d + a * c * d + a * b * d + a * b * c) / product
    return product, derivative * (2.0 * x + 7.0)


@numba.njit(inline="always", **_JIT)
def _log_gamma_step(x, y):
    """Log gamma(x + y) - log gamma(x) and its derivative to x, for x > 0, y >= 0."""
    low, by_low = _stirling(x + 8.0)
    high, by_high = _stirling(x + y + 8.0)
    product_low, ratio_low = _rising(x)
    product_high, ratio_high = _rising(x + y)
    value = high - low + log_positive(product_low / product_high)
    digamma_high = by_high - ratio_high
    return value, digamma_high - (by_low - ratio_low)


@numba.njit(**_JIT)
def negative_binomial(log_mean, count, weight, dispersion, gradient):
    """Negative binomial log likelihood of one item, without log(count!).

    sum weight * (log gamma(count + a) - log gamma(a) + count * x - (count + a) * softplus(x)) with a = dispersion and
    x = log_mean - log(a). ``gradient`` receives d/d log_mean; returned are the value and its derivative to the
    dispersion at fixed log_mean.
    """
    shift = math.log(dispersion)
    total = 0.0
    by_dispersion = 0.0
    by_shift = 0.0
    for i in range(log_mean.shape[0]):
        x = log_mean[i] - shift
        t = exp_nonpositive(-abs(x))
        q = 1.0 + t
        softplus = _log_near_one(q) + max(x, 0.0)
        share = (1.0 if x > 0.0 else t) / q
        g = weight[i] * (count[i] - (count[i] + dispersion) * share)
        gradient[i] = g
        step, by_step = _log_gamma_step(dispersion, count[i])
        total += weight[i] * (step + count[i] * x - (count[i] + dispersion) * softplus)
        by_dispersion += weight[i] * (by_step - softplus)
        by_shift += g
    return total, by_dispersion - by_shift / dispersion


@numba.njit(**_JIT)
def beta_binomial(logit, successes, failures, weight, concentration, gradient):
    """Beta-binomial log likelihood of one item, without the binomial coefficient.

    sum weight * [log B(a + successes, b + failures) - log B(a, b)], a = concentration * inverse logit(logit),
    b = concentration - a. ``gradient`` receives d/d logit; returned are the value and its derivative to the
    concentration at fixed logit. Logits are cut at +-25.
    """
    total = 0.0
    by_concentration = 0.0
    for i in range(logit.shape[0]):
        z = min(max(logit[i], -25.0), 25.0)
        t = exp_nonpositive(-abs(z))
        inverse = 1.0 / (1.0 + t)
        p = inverse if z > 0.0 else t * inverse
        r = t * inverse if z > 0.0 else inverse
        a, by_a = _log_gamma_step(concentration * p, successes[i])
        b, by_b = _log_gamma_step(concentration * r, failures[i])
        c, by_c = _log_gamma_step(concentration, successes[i] + failures[i])
        total += weight[i] * (a + b - c)
        gradient[i] = weight[i] * concentration * p * r * (by_a - by_b)
        by_concentration += weight[i] * (by_a * p + by_b * r - by_c)
    return total, by_concentration


@numba.njit(**_JIT)
def mission_grid(intercept, slope, value, state, coefficient, covariate, sign, gradient, by_value):
    """Bernoulli-logit log likelihood on a dense mission x state grid, with every gradient, in one pass.

    Logit of cell (m, i): intercept[m] + sum_v slope[v, m] value[v, m, i] + state[i] + sum_k coefficient[k]
    covariate[k, m, i]. ``gradient`` is a tuple of the arrays for intercept, slope, state and coefficient; the cell
    gradients go to ``by_value`` (mission x state) for regressors that are themselves unknown.
    """
    by_intercept, by_slope, by_state, by_coefficient = gradient
    missions, states = sign.shape
    slopes = slope.shape[0]
    coefficients = coefficient.shape[0]
    eta = np.empty(states)
    by_state[:] = 0.0
    by_coefficient[:] = 0.0
    total = 0.0
    for m in range(missions):
        row = by_value[m]
        for i in range(states):
            eta[i] = intercept[m] + state[i]
        for v in range(slopes):
            s = slope[v, m]
            x = value[v, m]
            for i in range(states):
                eta[i] += s * x[i]
        for k in range(coefficients):
            c = coefficient[k]
            x = covariate[k, m]
            for i in range(states):
                eta[i] += c * x[i]
        total += bernoulli_logit(eta, sign[m], row)
        g = 0.0
        for i in range(states):
            g += row[i]
            by_state[i] += row[i]
        by_intercept[m] = g
        for v in range(slopes):
            x = value[v, m]
            g = 0.0
            for i in range(states):
                g += row[i] * x[i]
            by_slope[v, m] = g
        for k in range(coefficients):
            x = covariate[k, m]
            g = 0.0
            for i in range(states):
                g += row[i] * x[i]
            by_coefficient[k] += g
    return total


@numba.njit(**_JIT)
def gaussian_path(precision, shift, standard, path, factor):
    """Draw of each state's path coefficients from its Gaussian conditional, and the log of the integrated density.

    For each state s with precision A and shift b, factor L L' = A: path = A^-1 b + L^-T standard. Returned is
    sum_s (-1/2 log det A + 1/2 b' A^-1 b). ``path`` (states x B) and ``factor`` (states x B x B) are filled.
    """
    states, size = shift.shape
    total = 0.0
    for s in range(states):
        for j in range(size):
            d = precision[s, j, j]
            for k in range(j):
                d -= factor[s, j, k] * factor[s, j, k]
            d = math.sqrt(d)
            factor[s, j, j] = d
            total -= math.log(d)
            for i in range(j + 1, size):
                v = precision[s, i, j]
                for k in range(j):
                    v -= factor[s, i, k] * factor[s, j, k]
                factor[s, i, j] = v / d
                factor[s, j, i] = 0.0
        for i in range(size):
            v = shift[s, i]
            for k in range(i):
                v -= factor[s, i, k] * path[s, k]
            v /= factor[s, i, i]
            path[s, i] = v
            total += 0.5 * v * v
        # back substitution of L' path = L^-1 b + standard does mean and noise at once
        for i in range(size):
            path[s, i] += standard[s, i]
        for i in range(size - 1, -1, -1):
            v = path[s, i]
            for k in range(i + 1, size):
                v -= factor[s, k, i] * path[s, k]
            path[s, i] = v / factor[s, i, i]
    return total


@numba.njit(**_JIT)
def gaussian_path_gradient(standard, path, factor, by_total, by_path, by_precision, by_shift, by_standard):
    """Reverse pass of ``gaussian_path`` (Cholesky rule of Smith 1995); fills the last three arrays."""
    states, size = path.shape
    y = np.empty(size)
    x = np.empty(size)
    noise = np.empty(size)
    mean = np.empty(size)
    inverse = np.zeros((size, size))
    inner = np.zeros((size, size))
    product = np.zeros((size, size))
    for s in range(states):
        lower = factor[s]
        # inverse of the factor, column by column
        for j in range(size):
            inverse[j, j] = 1.0 / lower[j, j]
            for i in range(j + 1, size):
                v = 0.0
                for k in range(j, i):
                    v -= lower[i, k] * inverse[k, j]
                inverse[i, j] = v / lower[i, i]
        for i in range(size):
            v = 0.0
            w = 0.0
            for k in range(i + 1):
                v += inverse[i, k] * by_path[s, k]
            for k in range(i, size):
                w += inverse[k, i] * standard[s, k]
            y[i] = v
            noise[i] = w
            mean[i] = path[s, i] - w
            by_standard[s, i] = v
        for i in range(size):
            v = 0.0
            for k in range(i, size):
                v += inverse[k, i] * y[k]
            x[i] = v
            by_shift[s, i] = v + by_total * mean[i]
        # tril(L' Lbar) with halved diagonal, Lbar = -tril(noise y'); symmetric part kept in `inner`
        for i in range(size):
            for j in range(i + 1):
                v = 0.0
                for k in range(i, size):
                    v -= lower[k, i] * noise[k] * y[j]
                v *= 0.5
                inner[i, j] = v
                inner[j, i] = v
        for k in range(size):
            for j in range(size):
                v = 0.0
                for q in range(j, size):
                    v += inner[k, q] * inverse[q, j]
                product[k, j] = v - 0.5 * by_total * inverse[k, j]
        for i in range(size):
            for j in range(i + 1):
                v = 0.0
                for k in range(i, size):
                    v += inverse[k, i] * product[k, j]
                g = v - 0.5 * (x[i] * mean[j] + x[j] * mean[i] + by_total * mean[i] * mean[j])
                by_precision[s, i, j] = g
                by_precision[s, j, i] = g


@numba.njit(**_JIT)
def normal_indicators(loading, level, sd, state_sd, prior, statistics, precision, shift):
    """Gaussian information of normal indicators on path coefficients, lasting deviations integrated out.

    Fills ``precision`` (S, B, B) and ``shift`` (S, B) and returns the part of the log likelihood that depends on
    neither. For state s and indicator j with n observations y, residuals r = y - W level, the deviation's share
    k = state_sd^2 / (sd^2 + n state_sd^2) and w = 1 / sd^2 (Sherman & Morrison 1950):

    precision = diag(prior) + sum_j loading^2 w (X'X - k X'1 1'X), shift = sum_j loading w (X'r - k X'1 1'r).
    """
    (
        gram,
        basis_sum,
        basis_design,
        basis_value,
        number,
        design_gram,
        design_sum,
        design_value,
        square,
        total,
    ) = statistics
    items, states, size = basis_sum.shape
    terms = level.shape[1]
    constant = 0.0
    for s in range(states):
        for a in range(size):
            shift[s, a] = 0.0
            for b in range(size):
                precision[s, a, b] = 0.0
            precision[s, a, a] = prior[a]
        for j in range(items):
            n = number[j, s]
            if n == 0.0:
                continue
            w = 1.0 / (sd[j] * sd[j])
            v = state_sd[j] * state_sd[j]
            k = v / (sd[j] * sd[j] + n * v)
            residual = total[j, s]
            squares = square[j, s]
            for p in range(terms):
                residual -= design_sum[j, s, p] * level[j, p]
                squares -= 2.0 * design_value[j, s, p] * level[j, p]
                for q in range(terms):
                    squares += level[j, p] * design_gram[j, s, p, q] * level[j, q]
            scale = loading[j] * w
            information = loading[j] * scale
            for a in range(size):
                value = basis_value[j, s, a] - k * residual * basis_sum[j, s, a]
                for p in range(terms):
                    value -= basis_design[j, s, a, p] * level[j, p]
                shift[s, a] += scale * value
                for b in range(size):
                    outer = k * basis_sum[j, s, a] * basis_sum[j, s, b]
                    precision[s, a, b] += information * (gram[j, s, a, b] - outer)
            constant -= 0.5 * w * (squares - k * residual * residual) + n * (math.log(sd[j]) + _HALF_LOG_2PI)
            constant -= 0.5 * math.log(1.0 + n * v * w)
    return constant


@numba.njit(**_JIT)
def normal_indicators_gradient(
    loading, level, sd, state_sd, statistics, by_precision, by_shift, by_constant, gradient
):
    """Reverse pass of ``normal_indicators``; ``gradient`` holds the arrays for loading, level, sd, state_sd, prior."""
    (
        gram,
        basis_sum,
        basis_design,
        basis_value,
        number,
        design_gram,
        design_sum,
        design_value,
        square,
        total,
    ) = statistics
    by_loading, by_level, by_sd, by_state_sd, by_prior = gradient
    items, states, size = basis_sum.shape
    terms = level.shape[1]
    by_loading[:] = 0.0
    by_level[:] = 0.0
    by_sd[:] = 0.0
    by_state_sd[:] = 0.0
    by_prior[:] = 0.0
    for s in range(states):
        for a in range(size):
            by_prior[a] += by_precision[s, a, a]
        for j in range(items):
            n = number[j, s]
            if n == 0.0:
                continue
            variance = sd[j] * sd[j]
            w = 1.0 / variance
            v = state_sd[j] * state_sd[j]
            denominator = variance + n * v
            k = v / denominator
            residual = total[j, s]
            squares = square[j, s]
            for p in range(terms):
                residual -= design_sum[j, s, p] * level[j, p]
                squares -= 2.0 * design_value[j, s, p] * level[j, p]
                for q in range(terms):
                    squares += level[j, p] * design_gram[j, s, p, q] * level[j, q]
            by_gram = 0.0
            by_outer = 0.0
            by_residuals = 0.0
            by_sums = 0.0
            for a in range(size):
                value = basis_value[j, s, a]
                for p in range(terms):
                    value -= basis_design[j, s, a, p] * level[j, p]
                by_residuals += by_shift[s, a] * value
                by_sums += by_shift[s, a] * basis_sum[j, s, a]
                row = 0.0
                cross = 0.0
                for b in range(size):
                    row += by_precision[s, a, b] * gram[j, s, a, b]
                    cross += by_precision[s, a, b] * basis_sum[j, s, b]
                by_gram += row
                by_outer += cross * basis_sum[j, s, a]
            quadratic = by_gram - k * by_outer
            linear = by_residuals - k * residual * by_sums
            by_loading[j] += 2.0 * loading[j] * w * quadratic + w * linear
            by_w = loading[j] * loading[j] * quadratic + loading[j] * linear
            by_w -= 0.5 * by_constant * (squares - k * residual * residual)
            by_w -= 0.5 * by_constant * n * v / (1.0 + n * v * w)
            by_k = -loading[j] * loading[j] * w * by_outer - loading[j] * w * residual * by_sums
            by_k += 0.5 * by_constant * w * residual * residual
            by_residual = -loading[j] * w * k * by_sums + by_constant * w * k * residual
            for p in range(terms):
                value = -by_residual * design_sum[j, s, p]
                for a in range(size):
                    value -= loading[j] * w * by_shift[s, a] * basis_design[j, s, a, p]
                slope = -design_value[j, s, p]
                for q in range(terms):
                    slope += design_gram[j, s, p, q] * level[j, q]
                by_level[j, p] += value - by_constant * w * slope
            by_variance = -w * w * by_w - v / (denominator * denominator) * by_k
            by_sd[j] += 2.0 * sd[j] * by_variance - by_constant * n / sd[j]
            by_v = variance / (denominator * denominator) * by_k - 0.5 * by_constant * n * w / (
                1.0 + n * v * w
            )
            by_state_sd[j] += 2.0 * state_sd[j] * by_v
