"""Numba kernels that return a log likelihood and its derivatives in one pass.

Each kernel is made of branch-free loops, so that LLVM turns them into vector instructions. Scalar ``math.exp`` and
``math.log`` would stop that; the two elementary functions are therefore written out here, after Cody & Waite (1980)
for the range reduction and with truncated series whose relative error is below 1e-14 (tested).

The compiler may not reorder or fuse any operation (no fast math): a draw would otherwise depend on which of several compiled
copies of a function the linker took, on whether it came from the cache, or on where arrays lie in memory. What is summed is
therefore summed along the leading axis, cell by cell, or by ``_sum`` and ``_dot`` in the order that they write out.
"""

import math

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

_JIT = {"nogil": True, "error_model": "numpy"}
_INV_LN2 = 1.4426950408889634
_LN2_HIGH = 6.93145751953125e-1
_LN2_LOW = 1.42860682030941723212e-6
_LN2 = 0.6931471805599453
_SQRT2 = 1.4142135623730951
_HALF_LOG_2PI = 0.9189385332046727
_TILE = 256
# of the grid, whose rows are read from one array after the other: short pieces of rows come slowly from memory
_ROW = 2048
_FACTORS = 512


@intrinsic
def fused(typing_context, a, b, c):
    """Product a b plus c, rounded once."""

    def generate(context, builder, signature, arguments):
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@numba.njit(inline="always", **_JIT)
def exp_nonpositive(x):
    """Exponential of ``x`` in [-700, 0] (smaller values are raised to -700)."""
    x = max(x, -700.0)
    k = np.floor(fused(x, _INV_LN2, 0.5))
    r = fused(k, -_LN2_HIGH, x)
    r = fused(k, -_LN2_LOW, r)
    p = 2.08767569878681e-9
    p = fused(p, r, 2.505210838544172e-8)
    p = fused(p, r, 2.755731922398589e-7)
    p = fused(p, r, 2.755731922398589e-6)
    p = fused(p, r, 2.48015873015873e-5)
    p = fused(p, r, 1.984126984126984e-4)
    p = fused(p, r, 1.388888888888889e-3)
    p = fused(p, r, 8.333333333333333e-3)
    p = fused(p, r, 4.1666666666666664e-2)
    p = fused(p, r, 1.6666666666666666e-1)
    p = fused(p, r, 0.5)
    p = fused(p, r, 1.0)
    p = fused(p, r, 1.0)
    return p * np.int64((np.int64(k) + 1023) << 52).view(np.float64)


@numba.njit(inline="always", **_JIT)
def _log_near_one(q):
    """Logarithm of ``q`` in [sqrt(1/2), 2]: twice the area tangent of (q - sqrt 2)/(q + sqrt 2), plus log sqrt 2."""
    s = (q - _SQRT2) / (q + _SQRT2)
    s2 = s * s
    c = 1.0 / 25.0
    c = fused(c, s2, 1.0 / 23.0)
    c = fused(c, s2, 1.0 / 21.0)
    c = fused(c, s2, 1.0 / 19.0)
    c = fused(c, s2, 1.0 / 17.0)
    c = fused(c, s2, 1.0 / 15.0)
    c = fused(c, s2, 1.0 / 13.0)
    c = fused(c, s2, 1.0 / 11.0)
    c = fused(c, s2, 1.0 / 9.0)
    c = fused(c, s2, 1.0 / 7.0)
    c = fused(c, s2, 1.0 / 5.0)
    c = fused(c, s2, 1.0 / 3.0)
    c = fused(c, s2, 1.0)
    return 0.5 * _LN2 + 2.0 * s * c


@numba.njit(inline="always", **_JIT)
def log_positive(x):
    """Logarithm of a positive normal float: exponent from its bits, mantissa in [1, 2) by the series above."""
    bits = np.float64(x).view(np.int64)
    exponent = (bits >> 52) - 1023
    mantissa = np.int64((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64)
    return np.float64(exponent) * _LN2 + _log_near_one(mantissa)


@numba.njit(**_JIT)
def _sum(x):
    """Sum of an array of one axis, in eight interleaved parts."""
    a = b = c = d = e = f = g = h = 0.0
    end = x.shape[0] - x.shape[0] % 8
    for i in range(0, end, 8):
        a += x[i]
        b += x[i + 1]
        c += x[i + 2]
        d += x[i + 3]
        e += x[i + 4]
        f += x[i + 5]
        g += x[i + 6]
        h += x[i + 7]
    for i in range(end, x.shape[0]):
        a += x[i]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@numba.njit(**_JIT)
def _dot(x, y):
    """Sum of products of two arrays of one axis, in eight interleaved parts."""
    a = b = c = d = e = f = g = h = 0.0
    end = x.shape[0] - x.shape[0] % 8
    for i in range(0, end, 8):
        a += x[i] * y[i]
        b += x[i + 1] * y[i + 1]
        c += x[i + 2] * y[i + 2]
        d += x[i + 3] * y[i + 3]
        e += x[i + 4] * y[i + 4]
        f += x[i + 5] * y[i + 5]
        g += x[i + 6] * y[i + 6]
        h += x[i + 7] * y[i + 7]
    for i in range(end, x.shape[0]):
        a += x[i] * y[i]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@numba.njit(**_JIT)
def _bernoulli_row(eta, sign, gradient, factor, product, lowest):
    """Some cells' share in the Bernoulli-logit log likelihood, lowest - log(product), and its derivative to eta.

    A cell multiplies its own entry of ``product`` and adds to its own of ``lowest``, so that one logarithm does for many rows:
    a factor is at most 2, and ``_FACTORS`` of them cannot overflow. ``factor`` is working space.
    """
    for i in range(eta.shape[0]):
        z = sign[i] * eta[i]
        t = exp_nonpositive(-abs(z)) * (sign[i] * sign[i])
        q = 1.0 + t
        factor[i] = q
        gradient[i] = sign[i] * ((t if z > 0.0 else 1.0) / q)
    for i in range(eta.shape[0]):
        product[i] *= factor[i]
    for i in range(eta.shape[0]):
        lowest[i] += min(sign[i] * eta[i], 0.0)


@numba.njit(**_JIT)
def _close_products(product, lowest):
    """Take the logarithm of the products into ``lowest`` and begin new ones."""
    for i in range(product.shape[0]):
        lowest[i] -= log_positive(product[i])
    product[:] = 1.0


@numba.njit(**_JIT)
def bernoulli_logit(eta, sign, gradient):
    """Sum of log Pr(y | eta) over cells with ``sign`` +1 (y = 1) or -1 (y = 0); 0 leaves the cell out.

    ``eta``, ``sign`` and ``gradient`` are flat and of one length; ``gradient`` receives d/d eta.
    """
    factor, product, lowest = np.empty(_TILE), np.ones(_TILE), np.zeros(_TILE)
    for row, start in enumerate(range(0, eta.shape[0], _TILE)):
        stop = min(start + _TILE, eta.shape[0])
        _bernoulli_row(eta[start:stop], sign[start:stop], gradient[start:stop], factor, product, lowest)
        if (row + 1) % _FACTORS == 0:
            _close_products(product, lowest)
    _close_products(product, lowest)
    return _sum(lowest)


@numba.njit(inline="always", **_JIT)
def _stirling(x, inverse):
    """Stirling series of log gamma and digamma at ``x`` >= 6, without the constant; relative error below 1e-12."""
    i2 = inverse * inverse
    series = -691.0 / 360360.0
    series = fused(series, i2, 1.0 / 1188.0)
    series = fused(series, i2, -1.0 / 1680.0)
    series = fused(series, i2, 1.0 / 1260.0)
    series = fused(series, i2, -1.0 / 360.0)
    series = fused(series, i2, 1.0 / 12.0)
    slope = -691.0 / 32760.0
    slope = fused(slope, i2, 1.0 / 132.0)
    slope = fused(slope, i2, -1.0 / 240.0)
    slope = fused(slope, i2, 1.0 / 252.0)
    slope = fused(slope, i2, -1.0 / 120.0)
    slope = fused(slope, i2, 1.0 / 12.0)
    logarithm = log_positive(x)
    return fused(x - 0.5, logarithm, fused(series, inverse, -x)), logarithm - fused(slope, i2, 0.5 * inverse)


@numba.njit(inline="always", **_JIT)
def _rising(x):
    """Product x (x + 1) ... (x + 7) and its derivative."""
    a = x * (x + 7.0)
    # x (x+7), (x+1)(x+6), (x+2)(x+5), (x+3)(x+4) are a, a + 6, a + 10, a + 12
    b = a + 6.0
    c = a + 10.0
    d = a + 12.0
    outer, inner = a * b, c * d
    return outer * inner, fused(inner, a + b, outer * (c + d)) * (2.0 * x + 7.0)


@numba.njit(inline="always", **_JIT)
def _log_gamma_step(x, y):
    """Log gamma(x + y) - log gamma(x) and its derivative to x, for x > 0, y >= 0.

    From the recurrence at x + 8 and x + y + 8. Divisions are dear: one each does for both arguments.
    """
    low, high = x + 8.0, x + y + 8.0
    inverse = 1.0 / (low * high)
    value_low, by_low = _stirling(low, high * inverse)
    value_high, by_high = _stirling(high, low * inverse)
    product_low, slope_low = _rising(x)
    product_high, slope_high = _rising(x + y)
    inverse = 1.0 / (product_low * product_high)
    value = value_high - value_low + log_positive(product_low * product_low * inverse)
    return value, by_high - by_low + (slope_low * product_high - slope_high * product_low) * inverse


@numba.njit(nogil=True, fastmath={"nnan", "nsz"})
def _largest(x):
    """Largest entry of an array that is not negative; it is the same in any order."""
    top = 0.0
    for i in range(x.shape[0]):
        top = max(top, x[i])
    return top


@numba.njit(**_JIT)
def _log_gamma_steps(x, count, value, slope):
    """``_log_gamma_step`` of one ``x`` for many counts, whole numbers from 0 on: each number that occurs is done once."""
    top = _largest(count)
    if top > count.shape[0]:
        for i in range(count.shape[0]):
            value[i], slope[i] = _log_gamma_step(x, count[i])
        return
    number = int(top) + 1
    values = np.empty(number)
    slopes = np.empty(number)
    for k in range(number):
        values[k], slopes[k] = _log_gamma_step(x, np.float64(k))
    for i in range(count.shape[0]):
        k = int(count[i])
        value[i] = values[k]
        slope[i] = slopes[k]


@numba.njit(**_JIT)
def _seen(weight, places):
    """Fill the places of the cells that are seen and return how many they are."""
    number = 0
    for i in range(weight.shape[0]):
        places[number] = i
        number += weight[i] != 0.0
    return number


@numba.njit(**_JIT)
def _gather(values, places):
    """Values at the places."""
    chosen = np.empty(places.shape[0])
    for i in range(places.shape[0]):
        chosen[i] = values[places[i]]
    return chosen


@numba.njit(**_JIT)
def _spread(chosen, places, values):
    """Put values to their places; zero elsewhere."""
    values[:] = 0.0
    for i in range(places.shape[0]):
        values[places[i]] = chosen[i]


@numba.njit(**_JIT)
def negative_binomial(log_mean, count, weight, dispersion, gradient):
    """Negative binomial log likelihood of one item, without log(count!).

    sum weight * (log gamma(count + a) - log gamma(a) + count * x - (count + a) * softplus(x)) with a = dispersion and
    x = log_mean - log(a). ``gradient`` receives d/d log_mean; returned are the value and its derivative to the
    dispersion at fixed log_mean.
    """
    shift = math.log(dispersion)
    step = np.empty(count.shape[0])
    by_step = np.empty(count.shape[0])
    _log_gamma_steps(dispersion, count, step, by_step)
    softplus, value, slope = np.empty(_TILE), np.zeros(_TILE), np.zeros(_TILE)
    by_shift = np.zeros(_TILE)
    for start in range(0, count.shape[0], _TILE):
        stop = min(start + _TILE, count.shape[0])
        y, w, eta, by_eta = count[start:stop], weight[start:stop], log_mean[start:stop], gradient[start:stop]
        a, by_a = step[start:stop], by_step[start:stop]
        for i in range(y.shape[0]):
            x = eta[i] - shift
            t = exp_nonpositive(-abs(x))
            q = 1.0 + t
            softplus[i] = _log_near_one(q) + max(x, 0.0)
            share = (1.0 if x > 0.0 else t) / q
            by_eta[i] = w[i] * (y[i] - (y[i] + dispersion) * share)
        for i in range(y.shape[0]):
            value[i] += w[i] * (a[i] + y[i] * (eta[i] - shift) - (y[i] + dispersion) * softplus[i])
        for i in range(y.shape[0]):
            slope[i] += w[i] * (by_a[i] - softplus[i])
        for i in range(y.shape[0]):
            by_shift[i] += by_eta[i]
    return _sum(value), _sum(slope) - _sum(by_shift) / dispersion


@numba.njit(**_JIT)
def beta_binomial(logit, successes, failures, weight, concentration, gradient):
    """Beta-binomial log likelihood of one item, without the binomial coefficient.

    sum weight * [log B(a + successes, b + failures) - log B(a, b)], a = concentration * inverse logit(logit),
    b = concentration - a. ``gradient`` receives d/d logit; returned are the value and its derivative to the
    concentration at fixed logit. Logits are cut at +-25.
    """
    places = np.empty(weight.shape[0], np.int64)
    places = places[: _seen(weight, places)]
    logit, weight = _gather(logit, places), _gather(weight, places)
    successes, failures = _gather(successes, places), _gather(failures, places)
    number = places.shape[0]
    c, by_c, by_cell = np.empty(number), np.empty(number), np.empty(number)
    _log_gamma_steps(concentration, successes + failures, c, by_c)
    for i in range(number):
        z = min(max(logit[i], -25.0), 25.0)
        t = exp_nonpositive(-abs(z))
        inverse = 1.0 / (1.0 + t)
        p = inverse if z > 0.0 else t * inverse
        r = t * inverse if z > 0.0 else inverse
        a, by_a = _log_gamma_step(concentration * p, successes[i])
        b, by_b = _log_gamma_step(concentration * r, failures[i])
        c[i] = a + b - c[i]
        by_cell[i] = weight[i] * concentration * p * r * (by_a - by_b)
        by_c[i] = by_a * p + by_b * r - by_c[i]
    _spread(by_cell, places, gradient)
    return _dot(weight, c), _dot(weight, by_c)


@numba.njit(**_JIT)
def mission_grid(
    intercept,
    slope,
    value,
    state,
    coefficient,
    covariate,
    sign,
    by_intercept,
    by_slope,
    by_state,
    by_coefficient,
    by_value,
):
    """Bernoulli-logit log likelihood on a dense mission x state grid, with every gradient, in one pass.

    Logit of cell (m, i): intercept[m] + sum_v slope[v, m] value[v, m, i] + state[i] + sum_k coefficient[k]
    covariate[k, m, i]. The last five arrays are filled; ``by_value`` with the gradients of the cells (mission x state), for
    regressors that are themselves unknown. Where none is, ``by_value`` has a single row, and missions use it in turn.
    """
    missions, states = sign.shape
    slopes = slope.shape[0]
    coefficients = coefficient.shape[0]
    width = min(_ROW, states)
    etas, factors, products, sums = np.empty(width), np.empty(width), np.ones(width), np.empty(width)
    cells = np.empty((coefficients, width))
    by_intercept[:] = 0.0
    by_slope[:] = 0.0
    by_state[:] = 0.0
    by_coefficient[:] = 0.0
    total = 0.0
    for start in range(0, states, _ROW):
        stop = min(start + _ROW, states)
        eta, factor = etas[: stop - start], factors[: stop - start]
        product, lowest = products[: stop - start], sums[: stop - start]
        own, to_state = state[start:stop], by_state[start:stop]
        lowest[:] = 0.0
        cells[:] = 0.0
        for m in range(missions):
            row = by_value[m % by_value.shape[0], start:stop]
            for i in range(eta.shape[0]):
                eta[i] = intercept[m] + own[i]
            for v in range(slopes):
                s = slope[v, m]
                x = value[v, m, start:stop]
                for i in range(eta.shape[0]):
                    eta[i] += s * x[i]
            for k in range(coefficients):
                c = coefficient[k]
                x = covariate[k, m, start:stop]
                for i in range(eta.shape[0]):
                    eta[i] += c * x[i]
            _bernoulli_row(eta, sign[m, start:stop], row, factor, product, lowest)
            if (m + 1) % _FACTORS == 0:
                _close_products(product, lowest)
            for i in range(eta.shape[0]):
                to_state[i] += row[i]
            by_intercept[m] += _sum(row)
            for v in range(slopes):
                by_slope[v, m] += _dot(row, value[v, m, start:stop])
            for k in range(coefficients):
                x, cell = covariate[k, m, start:stop], cells[k]
                for i in range(eta.shape[0]):
                    cell[i] += row[i] * x[i]
        _close_products(product, lowest)
        total += _sum(lowest)
        for k in range(coefficients):
            by_coefficient[k] += _sum(cells[k, : eta.shape[0]])
    return total


@numba.njit(**_JIT)
def path_values(basis, coefficient, values):
    """Latent paths in some years: values[t, s] = sum_b basis[t, b] coefficient[b, s]."""
    years, size = basis.shape
    states = coefficient.shape[1]
    for t in range(years):
        for s in range(states):
            values[t, s] = basis[t, 0] * coefficient[0, s]
        for b in range(1, size):
            x = basis[t, b]
            for s in range(states):
                values[t, s] += x * coefficient[b, s]


@numba.njit(**_JIT)
def panel_predictor(level, lasting, coefficient, known, loading, latent, predictor):
    """Linear predictor of one item: level[t] + lasting[s] + sum_k coefficient[k] known[k, t, s] + loading latent[t, s]."""
    years, states = latent.shape
    for t in range(years):
        for s in range(states):
            predictor[t, s] = level[t] + lasting[s] + loading * latent[t, s]
        for k in range(coefficient.shape[0]):
            c = coefficient[k]
            for s in range(states):
                predictor[t, s] += c * known[k, t, s]


@numba.njit(**_JIT)
def panel_gradient(by_cell, known, loading, latent, by_level, by_lasting, by_coefficient, by_latent):
    """Reverse pass of ``panel_predictor``: adds to ``by_latent``, fills the others, returns the derivative to loading."""
    years, states = latent.shape
    by_lasting[:] = 0.0
    cells = np.zeros((known.shape[0], states))
    products = np.zeros(states)
    for t in range(years):
        row, own, by_own = by_cell[t], latent[t], by_latent[t]
        for s in range(states):
            by_lasting[s] += row[s]
        for s in range(states):
            by_own[s] += loading * row[s]
        for s in range(states):
            products[s] += row[s] * own[s]
        by_level[t] = _sum(row)
        for k in range(known.shape[0]):
            x, cell = known[k, t], cells[k]
            for s in range(states):
                cell[s] += row[s] * x[s]
    for k in range(known.shape[0]):
        by_coefficient[k] = _sum(cells[k])
    return _sum(products)


@numba.njit(**_JIT)
def panel_bernoulli(level, lasting, coefficient, known, loading, latent, sign, *gradient):
    """Bernoulli-logit log likelihood of items in the panel; ``gradient`` holds arrays for the first six but ``known``."""
    by_level, by_lasting, by_coefficient, by_loading, by_latent = gradient
    predictor = np.empty(latent.shape)
    by_cell = np.empty(latent.shape)
    by_latent[:] = 0.0
    total = 0.0
    for j in range(loading.shape[0]):
        panel_predictor(level[j], lasting[j], coefficient[j], known, loading[j], latent, predictor)
        total += bernoulli_logit(predictor.ravel(), sign[j].ravel(), by_cell.ravel())
        by_loading[j] = panel_gradient(
            by_cell, known, loading[j], latent, by_level[j], by_lasting[j], by_coefficient[j], by_latent
        )
    return total


@numba.njit(**_JIT)
def panel_negative_binomial(
    level, lasting, coefficient, known, loading, latent, count, weight, dispersion, *gradient
):
    """The same for negative binomial items; the last array of ``gradient`` is for ``dispersion``."""
    by_level, by_lasting, by_coefficient, by_loading, by_latent, by_dispersion = gradient
    predictor = np.empty(latent.shape)
    by_cell = np.empty(latent.shape)
    by_latent[:] = 0.0
    total = 0.0
    for j in range(loading.shape[0]):
        panel_predictor(level[j], lasting[j], coefficient[j], known, loading[j], latent, predictor)
        value, by_dispersion[j] = negative_binomial(
            predictor.ravel(), count[j].ravel(), weight[j].ravel(), dispersion[j], by_cell.ravel()
        )
        total += value
        by_loading[j] = panel_gradient(
            by_cell, known, loading[j], latent, by_level[j], by_lasting[j], by_coefficient[j], by_latent
        )
    return total


@numba.njit(**_JIT)
def panel_beta_binomial(
    level, lasting, coefficient, known, loading, latent, successes, failures, weight, concentration, *gradient
):
    """The same for beta-binomial items; the last array of ``gradient`` is for ``concentration``."""
    by_level, by_lasting, by_coefficient, by_loading, by_latent, by_concentration = gradient
    predictor = np.empty(latent.shape)
    by_cell = np.empty(latent.shape)
    by_latent[:] = 0.0
    total = 0.0
    for j in range(loading.shape[0]):
        panel_predictor(level[j], lasting[j], coefficient[j], known, loading[j], latent, predictor)
        value, by_concentration[j] = beta_binomial(
            predictor.ravel(),
            successes[j].ravel(),
            failures[j].ravel(),
            weight[j].ravel(),
            concentration[j],
            by_cell.ravel(),
        )
        total += value
        by_loading[j] = panel_gradient(
            by_cell, known, loading[j], latent, by_level[j], by_lasting[j], by_coefficient[j], by_latent
        )
    return total


@numba.njit(**_JIT)
def conditioned_normal(standard, spread, information, score, value):
    """Normal effects of given spread from standardised ones, and the sum of what their density gains by that.

    Row by row, with precision P = information + spread^-2: value = standard / sqrt(P) - score / P, and the gain is the sum of
    (standard^2 - (value / spread)^2 - log(P spread^2)) / 2.
    """
    terms = np.empty(standard.shape[1])
    total = 0.0
    for j in range(standard.shape[0]):
        e, told, h, x = standard[j], information[j], score[j], value[j]
        inverse, variance = 1.0 / spread[j], spread[j] * spread[j]
        prior = inverse * inverse
        for i in range(e.shape[0]):
            own = 1.0 / (told[i] + prior)
            x[i] = math.sqrt(own) * e[i] - own * h[i]
            ratio = x[i] * inverse
            terms[i] = e[i] * e[i] - ratio * ratio
        for i in range(e.shape[0]):
            terms[i] -= log_positive(1.0 + told[i] * variance)
        total += 0.5 * _sum(terms)
    return total


@numba.njit(**_JIT)
def conditioned_normal_gradient(
    standard,
    spread,
    information,
    score,
    value,
    by_total,
    by_value,
    by_standard,
    by_spread,
    by_information,
    by_score,
):
    """Reverse pass of ``conditioned_normal``; fills the last four arrays.

    With v = 1 / P, r = sqrt(v), t = ``by_total`` and G = ``by_value`` - t value / spread^2, the derivatives are
    G r + t standard to standard, -v G to score, p = G v (v score - r standard / 2) - t v / 2 to P and so to information, and
    (t sum value^2 - 2 sum p) / spread^3 - n t / spread to spread.
    """
    squares = np.empty(standard.shape[1])
    for j in range(standard.shape[0]):
        e, told, h, x, outer = standard[j], information[j], score[j], value[j], by_value[j]
        by_e, by_told, by_h = by_standard[j], by_information[j], by_score[j]
        inverse = 1.0 / spread[j]
        prior = inverse * inverse
        for i in range(e.shape[0]):
            own = 1.0 / (told[i] + prior)
            root = math.sqrt(own)
            g = outer[i] - by_total * x[i] * prior
            by_e[i] = g * root + by_total * e[i]
            by_h[i] = -own * g
            by_told[i] = own * (g * (own * h[i] - 0.5 * root * e[i]) - 0.5 * by_total)
            squares[i] = by_total * x[i] * x[i] - 2.0 * by_told[i]
        by_spread[j] = inverse * (prior * _sum(squares) - by_total * e.shape[0])


# Below, every matrix of a state is symmetric or lower triangular and kept as its lower triangle, row by row: entry
# (i, j) at i (i + 1) / 2 + j. The state is the last axis of every array, so that inner loops run over states.


@numba.njit(**_JIT)
def gaussian_path(precision, shift, standard, path, factor):
    """Draw of each state's path coefficients from its Gaussian conditional, and the log of the integrated density.

    For each state with precision A and shift b, factor L L' = A: path = A^-1 b + L^-T standard. Returned is
    the sum over states of -1/2 log det A + 1/2 b' A^-1 b. ``path`` (B, S) and ``factor`` (B (B + 1) / 2, S) are filled.
    """
    size, states = shift.shape
    determinant = np.ones(states)
    for j in range(size):
        jj = j * (j + 1) // 2
        d = factor[jj + j]
        d[:] = precision[jj + j]
        for k in range(j):
            x = factor[jj + k]
            for s in range(states):
                d[s] -= x[s] * x[s]
        for s in range(states):
            d[s] = math.sqrt(d[s])
            determinant[s] *= d[s]
        for i in range(j + 1, size):
            ii = i * (i + 1) // 2
            v = factor[ii + j]
            v[:] = precision[ii + j]
            for k in range(j):
                x, z = factor[ii + k], factor[jj + k]
                for s in range(states):
                    v[s] -= x[s] * z[s]
            for s in range(states):
                v[s] /= d[s]
    value = np.empty(states)
    for s in range(states):
        value[s] = -log_positive(determinant[s])
    for i in range(size):
        ii = i * (i + 1) // 2
        v = path[i]
        v[:] = shift[i]
        for k in range(i):
            x, z = factor[ii + k], path[k]
            for s in range(states):
                v[s] -= x[s] * z[s]
        x = factor[ii + i]
        for s in range(states):
            v[s] /= x[s]
        for s in range(states):
            value[s] += 0.5 * v[s] * v[s]
    # back substitution of L' path = L^-1 b + standard does mean and noise at once
    for i in range(size - 1, -1, -1):
        v = path[i]
        z = standard[i]
        for s in range(states):
            v[s] += z[s]
        for k in range(i + 1, size):
            x, z = factor[k * (k + 1) // 2 + i], path[k]
            for s in range(states):
                v[s] -= x[s] * z[s]
        x = factor[i * (i + 1) // 2 + i]
        for s in range(states):
            v[s] /= x[s]
    return _sum(value)


@numba.njit(**_JIT)
def gaussian_path_gradient(standard, path, factor, by_total, by_path, by_precision, by_shift, by_standard):
    """Reverse pass of ``gaussian_path``; fills the last three arrays.

    With W = L^-1, noise n = W' e, mean m = path - n, y = W g for g = ``by_path`` and x = W' y, the derivatives are y to e,
    x + t m to b (t = ``by_total``), and to A: 1/2 W' (Q - t I) W - 1/2 (x m' + m x' + t m m'), where
    Q_ij = -e_max(i, j) y_min(i, j) is the symmetrised product of the Cholesky rule (Smith 1995), here -(L' n) y' = -e y'.
    Off the diagonal ``by_precision`` is the derivative to both entries.
    """
    size, states = path.shape
    length = factor.shape[0]
    inverse = np.empty((length, states))
    product = np.empty((length, states))
    noise = np.zeros((size, states))
    mean = np.empty((size, states))
    x = np.zeros((size, states))
    running = np.empty(states)
    for j in range(size):
        d = factor[j * (j + 1) // 2 + j]
        w = inverse[j * (j + 1) // 2 + j]
        for s in range(states):
            w[s] = 1.0 / d[s]
    for j in range(size):
        for i in range(j + 1, size):
            ii = i * (i + 1) // 2
            v = inverse[ii + j]
            v[:] = 0.0
            for k in range(j, i):
                a, b = factor[ii + k], inverse[k * (k + 1) // 2 + j]
                for s in range(states):
                    v[s] -= a[s] * b[s]
            b = inverse[ii + i]
            for s in range(states):
                v[s] *= b[s]
    for i in range(size):
        y = by_standard[i]
        y[:] = 0.0
        for k in range(i + 1):
            w = inverse[i * (i + 1) // 2 + k]
            e, n, g = standard[i], noise[k], by_path[k]
            for s in range(states):
                y[s] += w[s] * g[s]
                n[s] += w[s] * e[s]
        for k in range(i + 1):
            w, z = inverse[i * (i + 1) // 2 + k], x[k]
            for s in range(states):
                z[s] += w[s] * y[s]
    for i in range(size):
        for s in range(states):
            mean[i, s] = path[i, s] - noise[i, s]
            by_shift[i, s] = x[i, s] + by_total * mean[i, s]
    # product = lower triangle of (Q - t I) W, by running sums
    for j in range(size):
        running[:] = 0.0
        for k in range(j, size):
            w, v = inverse[k * (k + 1) // 2 + j], product[k * (k + 1) // 2 + j]
            y, e = by_standard[k], standard[k]
            for s in range(states):
                running[s] += y[s] * w[s]
                v[s] = -e[s] * running[s] - by_total * w[s]
        running[:] = 0.0
        for k in range(size - 1, j - 1, -1):
            w, v = inverse[k * (k + 1) // 2 + j], product[k * (k + 1) // 2 + j]
            y, e = by_standard[k], standard[k]
            for s in range(states):
                v[s] -= y[s] * running[s]
                running[s] += e[s] * w[s]
    for i in range(size):
        for j in range(i + 1):
            v = by_precision[i * (i + 1) // 2 + j]
            v[:] = 0.0
            for k in range(i, size):
                w, z = inverse[k * (k + 1) // 2 + i], product[k * (k + 1) // 2 + j]
                for s in range(states):
                    v[s] += w[s] * z[s]
            both = 0.5 if i == j else 1.0
            a, b, c, d = x[i], x[j], mean[i], mean[j]
            for s in range(states):
                v[s] = both * (v[s] - a[s] * d[s] - c[s] * b[s] - by_total * c[s] * d[s])


@numba.njit(**_JIT)
def _residuals(level, design_gram, design_sum, design_value, square, total, residual, squares):
    """Sum, and sum of squares, of one indicator's observations less its level, in each state."""
    states = total.shape[0]
    residual[:] = total
    squares[:] = square
    for p in range(level.shape[0]):
        for s in range(states):
            residual[s] -= level[p] * design_sum[p, s]
            squares[s] -= 2.0 * level[p] * design_value[p, s]
        for q in range(p + 1):
            c = level[p] * level[q] * (1.0 if p == q else 2.0)
            products = design_gram[p * (p + 1) // 2 + q]
            for s in range(states):
                squares[s] += c * products[s]


@numba.njit(**_JIT)
def normal_indicators(
    loading,
    level,
    sd,
    state_sd,
    prior,
    gram,
    sums,
    basis_design,
    basis_value,
    number,
    design_gram,
    design_sum,
    design_value,
    square,
    total,
    precision,
    shift,
):
    """Gaussian information of normal indicators on path coefficients, lasting deviations integrated out.

    Fills ``precision`` (B (B + 1) / 2, S) and ``shift`` (B, S) and returns the part of the log likelihood that depends on
    neither. For a state and indicator j with n observations y, residuals r = y - W level, the deviation's share
    k = state_sd^2 / (sd^2 + n state_sd^2) and w = 1 / sd^2 (Sherman & Morrison 1950):

    precision = diag(prior) + sum_j loading^2 w (X'X - k X'1 1'X), shift = sum_j loading w (X'r - k X'1 1'r).
    """
    items, size, states = sums.shape
    residual = np.empty(states)
    squares = np.empty(states)
    shrink = np.empty(states)
    own = np.empty(states)
    precision[:] = 0.0
    shift[:] = 0.0
    for a in range(size):
        precision[a * (a + 1) // 2 + a] = prior[a]
    constant = 0.0
    for j in range(items):
        variance, v = sd[j] * sd[j], state_sd[j] * state_sd[j]
        w = 1.0 / variance
        half_log = math.log(sd[j]) + _HALF_LOG_2PI
        _residuals(
            level[j],
            design_gram[j],
            design_sum[j],
            design_value[j],
            square[j],
            total[j],
            residual,
            squares,
        )
        for s in range(states):
            shrink[s] = v / (variance + number[j, s] * v)
        for s in range(states):
            squares[s] -= shrink[s] * residual[s] * residual[s]
        for s in range(states):
            own[s] = number[j, s] * half_log + 0.5 * log_positive(1.0 + number[j, s] * v * w)
        constant -= 0.5 * w * _sum(squares) + _sum(own)
        linear, information = loading[j] * w, loading[j] * loading[j] * w
        for a in range(size):
            x, z = sums[j, a], shift[a]
            own[:] = basis_value[j, a]
            for p in range(level.shape[1]):
                c, y = level[j, p], basis_design[j, a, p]
                for s in range(states):
                    own[s] -= c * y[s]
            for s in range(states):
                z[s] += linear * (own[s] - shrink[s] * residual[s] * x[s])
            for b in range(a + 1):
                r = a * (a + 1) // 2 + b
                y, g, d = sums[j, b], gram[j, r], precision[r]
                for s in range(states):
                    d[s] += information * (g[s] - shrink[s] * x[s] * y[s])
    return constant


@numba.njit(**_JIT)
def normal_indicators_gradient(
    loading,
    level,
    sd,
    state_sd,
    gram,
    sums,
    basis_design,
    basis_value,
    number,
    design_gram,
    design_sum,
    design_value,
    square,
    total,
    by_precision,
    by_shift,
    by_constant,
    by_loading,
    by_level,
    by_sd,
    by_state_sd,
    by_prior,
):
    """Reverse pass of ``normal_indicators``; fills the last five arrays."""
    items, size, states = sums.shape
    residual = np.empty(states)
    squares = np.empty(states)
    by_gram = np.empty(states)
    by_outer = np.empty(states)
    by_residuals = np.empty(states)
    by_sums = np.empty(states)
    own = np.empty(states)
    inverse = np.empty(states)
    by_share = np.empty(states)
    for a in range(size):
        by_prior[a] = _sum(by_precision[a * (a + 1) // 2 + a])
    for j in range(items):
        variance, v, load = sd[j] * sd[j], state_sd[j] * state_sd[j], loading[j]
        w = 1.0 / variance
        _residuals(
            level[j],
            design_gram[j],
            design_sum[j],
            design_value[j],
            square[j],
            total[j],
            residual,
            squares,
        )
        by_gram[:] = 0.0
        by_outer[:] = 0.0
        by_residuals[:] = 0.0
        by_sums[:] = 0.0
        for a in range(size):
            x, g = sums[j, a], by_shift[a]
            own[:] = basis_value[j, a]
            for p in range(level.shape[1]):
                c, y = level[j, p], basis_design[j, a, p]
                for s in range(states):
                    own[s] -= c * y[s]
            for s in range(states):
                by_residuals[s] += g[s] * own[s]
                by_sums[s] += g[s] * x[s]
            for b in range(a + 1):
                r = a * (a + 1) // 2 + b
                y, z, h = sums[j, b], gram[j, r], by_precision[r]
                for s in range(states):
                    by_gram[s] += h[s] * z[s]
                    by_outer[s] += h[s] * x[s] * y[s]
        for s in range(states):
            inverse[s] = 1.0 / (variance + number[j, s] * v)
        for s in range(states):
            share = w * v * inverse[s]
            own[s] = by_constant * share * residual[s] - load * share * by_sums[s]
        for s in range(states):
            by_share[s] = residual[s] * (0.5 * by_constant * residual[s] - load * by_sums[s])
        for s in range(states):
            by_share[s] = w * (by_share[s] - load * load * by_outer[s]) * inverse[s] * inverse[s]
        to_share = _sum(by_share)
        for s in range(states):
            by_gram[s] -= v * inverse[s] * by_outer[s]
        for s in range(states):
            by_residuals[s] -= v * inverse[s] * residual[s] * by_sums[s]
        for s in range(states):
            squares[s] -= v * inverse[s] * residual[s] * residual[s]
        quadratic, linear, informed = _sum(by_gram), _sum(by_residuals), _dot(number[j], inverse)
        to_w = load * load * quadratic + load * linear
        to_w -= 0.5 * by_constant * (_sum(squares) + v * variance * informed)
        to_variance = -w * w * to_w - v * to_share
        to_v = variance * to_share - 0.5 * by_constant * informed
        by_loading[j] = w * (2.0 * load * quadratic + linear)
        by_sd[j] = 2.0 * sd[j] * to_variance - by_constant * _sum(number[j]) / sd[j]
        by_state_sd[j] = 2.0 * state_sd[j] * to_v
        for p in range(level.shape[1]):
            value = by_constant * w * _sum(design_value[j, p]) - _dot(own, design_sum[j, p])
            for q in range(level.shape[1]):
                r = max(p, q) * (max(p, q) + 1) // 2 + min(p, q)
                value -= by_constant * w * level[j, q] * _sum(design_gram[j, r])
            for a in range(size):
                value -= load * w * _dot(by_shift[a], basis_design[j, a, p])
            by_level[j, p] = value
