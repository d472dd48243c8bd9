"""Numba kernels of the likelihoods and of effects' coordinates: a value and its derivatives in one pass.

Loops are free of branches and no loop both sums and stores; see ``elementary``.
"""

import math

import numba
import numpy as np

from models.engine.elementary import (
    JIT,
    dot_of,
    exp_nonpositive,
    log_gamma_steps,
    log_gamma_steps_each,
    log_near_one,
    log_positive,
    sum_of,
)

_TILE = 256
# of the grid, whose rows are read from one array after the other: short pieces of rows come slowly from memory
_ROW = 2048
_FACTORS = 512


@numba.njit(**JIT)
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


@numba.njit(**JIT)
def _close_products(product, lowest):
    """Take the logarithm of the products into ``lowest`` and begin new ones."""
    for i in range(product.shape[0]):
        lowest[i] -= log_positive(product[i])
    product[:] = 1.0


@numba.njit(**JIT)
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
    return sum_of(lowest)


@numba.njit(**JIT)
def _seen(weight, places):
    """Fill the places of the cells that are seen and return how many they are."""
    number = 0
    for i in range(weight.shape[0]):
        places[number] = i
        number += weight[i] != 0.0
    return number


@numba.njit(**JIT)
def _gather(values, places):
    """Values at the places."""
    chosen = np.empty(places.shape[0])
    for i in range(places.shape[0]):
        chosen[i] = values[places[i]]
    return chosen


@numba.njit(**JIT)
def _spread(chosen, places, values):
    """Put values to their places; zero elsewhere."""
    values[:] = 0.0
    for i in range(places.shape[0]):
        values[places[i]] = chosen[i]


@numba.njit(**JIT)
def negative_binomial(log_mean, count, weight, dispersion, gradient):
    """Negative binomial log likelihood of one item, without log(count!).

    sum weight * (log gamma(count + a) - log gamma(a) + count * x - (count + a) * softplus(x)) with a = dispersion and
    x = log_mean - log(a). ``gradient`` receives d/d log_mean; returned are the value and its derivative to the
    dispersion at fixed log_mean.
    """
    shift = math.log(dispersion)
    step = np.empty(count.shape[0])
    by_step = np.empty(count.shape[0])
    log_gamma_steps(dispersion, count, step, by_step)
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
            softplus[i] = log_near_one(q) + max(x, 0.0)
            share = (1.0 if x > 0.0 else t) / q
            by_eta[i] = w[i] * (y[i] - (y[i] + dispersion) * share)
        for i in range(y.shape[0]):
            value[i] += w[i] * (a[i] + y[i] * (eta[i] - shift) - (y[i] + dispersion) * softplus[i])
        for i in range(y.shape[0]):
            slope[i] += w[i] * (by_a[i] - softplus[i])
        for i in range(y.shape[0]):
            by_shift[i] += by_eta[i]
    return sum_of(value), sum_of(slope) - sum_of(by_shift) / dispersion


@numba.njit(**JIT)
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
    p, r, slope = np.empty(number), np.empty(number), np.empty(number)
    x, y, total = np.empty(number), np.empty(number), np.empty(number)
    a, by_a, b = np.empty(number), np.empty(number), np.empty(number)
    by_b, c, by_c = np.empty(number), np.empty(number), np.empty(number)
    for i in range(number):
        z = min(max(logit[i], -25.0), 25.0)
        t = exp_nonpositive(-abs(z))
        inverse = 1.0 / (1.0 + t)
        p[i] = inverse if z > 0.0 else t * inverse
        r[i] = t * inverse if z > 0.0 else inverse
        slope[i] = weight[i] * concentration * p[i] * r[i]
        x[i], y[i] = concentration * p[i], concentration * r[i]
        total[i] = successes[i] + failures[i]
    log_gamma_steps(concentration, total, c, by_c)
    log_gamma_steps_each(x, successes, a, by_a)
    log_gamma_steps_each(y, failures, b, by_b)
    for i in range(number):
        c[i] = a[i] + b[i] - c[i]
        by_c[i] = by_a[i] * p[i] + by_b[i] * r[i] - by_c[i]
        slope[i] *= by_a[i] - by_b[i]
    _spread(slope, places, gradient)
    return dot_of(weight, c), dot_of(weight, by_c)


@numba.njit(**JIT)
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
            by_intercept[m] += sum_of(row)
            for v in range(slopes):
                by_slope[v, m] += dot_of(row, value[v, m, start:stop])
            for k in range(coefficients):
                x, cell = covariate[k, m, start:stop], cells[k]
                for i in range(eta.shape[0]):
                    cell[i] += row[i] * x[i]
        _close_products(product, lowest)
        total += sum_of(lowest)
        for k in range(coefficients):
            by_coefficient[k] += sum_of(cells[k, : eta.shape[0]])
    return total


@numba.njit(**JIT)
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


@numba.njit(**JIT)
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
        by_level[t] = sum_of(row)
        for k in range(known.shape[0]):
            x, cell = known[k, t], cells[k]
            for s in range(states):
                cell[s] += row[s] * x[s]
    for k in range(known.shape[0]):
        by_coefficient[k] = sum_of(cells[k])
    return sum_of(products)


@numba.njit(**JIT)
def panel_negative_binomial(
    level, lasting, coefficient, known, loading, latent, count, weight, dispersion, *gradient
):
    """Negative binomial log likelihood of items in the panel.

    ``gradient`` holds arrays for the first six but ``known``, and for ``dispersion``.
    """
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


@numba.njit(**JIT)
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


@numba.njit(**JIT)
def conditioned_normal(standard, spread, information, score, value):
    """Normal effects of given spread (1,) from standardised ones, and what their density gains by that.

    With precision P = information + spread^-2: value = standard / sqrt(P) - score / P, and the gain is the sum of
    (standard^2 - (value / spread)^2 - log(P spread^2)) / 2.
    """
    terms = np.empty(standard.shape[0])
    inverse, variance = 1.0 / spread[0], spread[0] * spread[0]
    prior = inverse * inverse
    for i in range(standard.shape[0]):
        own = 1.0 / (information[i] + prior)
        value[i] = math.sqrt(own) * standard[i] - own * score[i]
        ratio = value[i] * inverse
        terms[i] = standard[i] * standard[i] - ratio * ratio
    for i in range(standard.shape[0]):
        terms[i] -= log_positive(1.0 + information[i] * variance)
    return 0.5 * sum_of(terms)


@numba.njit(**JIT)
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
    squares = np.empty(standard.shape[0])
    inverse = 1.0 / spread[0]
    prior = inverse * inverse
    for i in range(standard.shape[0]):
        own = 1.0 / (information[i] + prior)
        root = math.sqrt(own)
        g = by_value[i] - by_total * value[i] * prior
        by_standard[i] = g * root + by_total * standard[i]
        by_score[i] = -own * g
        by_information[i] = own * (g * (own * score[i] - 0.5 * root * standard[i]) - 0.5 * by_total)
        squares[i] = by_total * value[i] * value[i] - 2.0 * by_information[i]
    by_spread[0] = inverse * (prior * sum_of(squares) - by_total * standard.shape[0])


@numba.njit(**JIT)
def conditioned_zero_sum_normal(standard, spread, information, score, value):
    """Normal effects of sum zero from standardised ones of sum zero, and what their density gains by that.

    With P = information + spread^-2, v = 1 / P and y = sqrt(v) standard - v score: value = y - v (sum y) / (sum v); the gain is
    that of ``conditioned_normal`` and log(spread (sum sqrt v) / (sum v)).
    """
    size = standard.shape[0]
    terms, variance, scale = np.empty(size), np.empty(size), np.empty(size)
    inverse = 1.0 / spread[0]
    prior = inverse * inverse
    for i in range(standard.shape[0]):
        own = 1.0 / (information[i] + prior)
        variance[i] = own
        scale[i] = math.sqrt(own)
        value[i] = scale[i] * standard[i] - own * score[i]
    squares = sum_of(variance)
    shift = sum_of(value) / squares
    for i in range(standard.shape[0]):
        value[i] -= variance[i] * shift
        ratio = value[i] * inverse
        terms[i] = standard[i] * standard[i] - ratio * ratio
    for i in range(standard.shape[0]):
        terms[i] += log_positive(variance[i] * prior)
    return 0.5 * sum_of(terms) + math.log(spread[0] * sum_of(scale) / squares)


@numba.njit(**JIT)
def conditioned_zero_sum_normal_gradient(
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
    """Reverse pass of ``conditioned_zero_sum_normal``; fills the last four arrays.

    With r = sqrt(v), A = (sum y) / (sum v), t = ``by_total``, G = ``by_value`` - t value / spread^2 and
    g = G - (sum G v) / (sum v), the derivatives are g r + t standard to standard, -v g to score,
    u = g (standard / (2 r) - score - A) + t (1 / v + 1 / (r sum r) - 2 / sum v) / 2 to v, p = -v^2 u to information, and
    (t sum value^2 - 2 sum p) / spread^3 - (n - 1) t / spread to spread.
    """
    size = standard.shape[0]
    squares, variance = np.empty(size), np.empty(size)
    scale, alone = np.empty(size), np.empty(size)
    inverse = 1.0 / spread[0]
    prior = inverse * inverse
    for i in range(standard.shape[0]):
        own = 1.0 / (information[i] + prior)
        variance[i] = own
        scale[i] = math.sqrt(own)
        alone[i] = scale[i] * standard[i] - own * score[i]
        by_standard[i] = by_value[i] - by_total * value[i] * prior
    whole = sum_of(variance)
    shift, centre = sum_of(alone) / whole, dot_of(by_standard, variance) / whole
    roots = by_total / sum_of(scale)
    for i in range(standard.shape[0]):
        own, root = variance[i], scale[i]
        g = by_standard[i] - centre
        by_standard[i] = g * root + by_total * standard[i]
        by_score[i] = -own * g
        half = 0.5 * (g * standard[i] + roots) / root + 0.5 * by_total / own
        by_information[i] = -own * own * (half - g * (score[i] + shift) - by_total / whole)
        squares[i] = by_total * value[i] * value[i] - 2.0 * by_information[i]
    by_spread[0] = inverse * (prior * sum_of(squares) - by_total * (standard.shape[0] - 1.0))
