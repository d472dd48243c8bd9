"""Numba kernels of latent paths and of the normal indicators that are collapsed into them.

Every matrix of a state is symmetric or lower triangular and kept as its lower triangle, row by row: entry (i, j) at
i (i + 1) / 2 + j. The state is the last axis of every array, so that inner loops run over states.
"""

import math

import numba
import numpy as np

from models.engine.elementary import JIT, copy_to, dot_of, log_positive, sum_of

_HALF_LOG_2PI = 0.9189385332046727


@numba.njit(**JIT)
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


@numba.njit(**JIT)
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
        copy_to(d, precision[jj + j])
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
            copy_to(v, precision[ii + j])
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
        copy_to(v, shift[i])
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
    return sum_of(value)


@numba.njit(**JIT)
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


@numba.njit(**JIT)
def _residuals(level, design_gram, design_sum, design_value, square, total, residual, squares):
    """Sum, and sum of squares, of one indicator's observations less its level, in each state."""
    states = total.shape[0]
    copy_to(residual, total)
    copy_to(squares, square)
    for p in range(level.shape[0]):
        for s in range(states):
            residual[s] -= level[p] * design_sum[p, s]
            squares[s] -= 2.0 * level[p] * design_value[p, s]
        for q in range(p + 1):
            c = level[p] * level[q] * (1.0 if p == q else 2.0)
            products = design_gram[p * (p + 1) // 2 + q]
            for s in range(states):
                squares[s] += c * products[s]


@numba.njit(**JIT)
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
    shrunk = np.empty(states)
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
        constant -= 0.5 * w * sum_of(squares) + sum_of(own)
        linear, information = loading[j] * w, loading[j] * loading[j] * w
        for a in range(size):
            x, z = sums[j, a], shift[a]
            copy_to(own, basis_value[j, a])
            for p in range(level.shape[1]):
                c, y = level[j, p], basis_design[j, a, p]
                for s in range(states):
                    own[s] -= c * y[s]
            for s in range(states):
                shrunk[s] = shrink[s] * x[s]
            for s in range(states):
                z[s] += linear * (own[s] - shrunk[s] * residual[s])
            for b in range(a + 1):
                r = a * (a + 1) // 2 + b
                y, g, d = sums[j, b], gram[j, r], precision[r]
                for s in range(states):
                    d[s] += information * (g[s] - shrunk[s] * y[s])
    return constant


@numba.njit(**JIT)
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
        by_prior[a] = sum_of(by_precision[a * (a + 1) // 2 + a])
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
            copy_to(own, basis_value[j, a])
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
        to_share = sum_of(by_share)
        for s in range(states):
            by_gram[s] -= v * inverse[s] * by_outer[s]
        for s in range(states):
            by_residuals[s] -= v * inverse[s] * residual[s] * by_sums[s]
        for s in range(states):
            squares[s] -= v * inverse[s] * residual[s] * residual[s]
        quadratic, linear, informed = sum_of(by_gram), sum_of(by_residuals), dot_of(number[j], inverse)
        to_w = load * load * quadratic + load * linear
        to_w -= 0.5 * by_constant * (sum_of(squares) + v * variance * informed)
        to_variance = -w * w * to_w - v * to_share
        to_v = variance * to_share - 0.5 * by_constant * informed
        by_loading[j] = w * (2.0 * load * quadratic + linear)
        by_sd[j] = 2.0 * sd[j] * to_variance - by_constant * sum_of(number[j]) / sd[j]
        by_state_sd[j] = 2.0 * state_sd[j] * to_v
        for p in range(level.shape[1]):
            value = by_constant * w * sum_of(design_value[j, p]) - dot_of(own, design_sum[j, p])
            for q in range(level.shape[1]):
                r = max(p, q) * (max(p, q) + 1) // 2 + min(p, q)
                value -= by_constant * w * level[j, q] * sum_of(design_gram[j, r])
            for a in range(size):
                value -= load * w * dot_of(by_shift[a], basis_design[j, a, p])
            by_level[j, p] = value
