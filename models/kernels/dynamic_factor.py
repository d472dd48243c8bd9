"""Gaussian dynamic factor: log likelihood with the latent paths integrated out, its gradient, and the paths' moments.

One state's indicators r (residuals about level and adjustment) and its latent path q, given the parameters:

    q_1 ~ N(0, 1),  q_t ~ N(phi q_{t-1}, 1 - phi^2)
    r_kt = loading_k q_t + e_kt,  e_kt an autoregression of stationary standard deviation sd_k and persistence rho_k

so that the precision of q given r is tridiagonal and everything is linear in the number of years. A run is a span of years in
which an indicator was observed without a gap; errors start anew after a gap. The gradient is Fisher's identity: the
posterior mean of the gradient of the complete-data log density (Cappe, Moulines & Ryden 2005, section 10.1.3).
"""

import math

import numba
import numpy as np

JIT = {"nogil": True, "error_model": "numpy", "cache": True}
LOG_2PI = math.log(2 * math.pi)
LOADING, ERROR_SD, PERSISTENCE = 0, 1, 2


@numba.njit(**JIT)
def residuals(value, adjuster, pairs, level, slope, state, run, out):
    """Fill ``out`` (T,) with one run's indicator less its level and adjustment."""
    item, start, stop = run[1], run[2], run[3]
    for t in range(start, stop):
        out[t] = value[state, item, t] - level[item, t]
    for a in range(pairs.shape[0]):
        if pairs[a, 0] == item:
            for t in range(start, stop):
                out[t] -= slope[a] * adjuster[pairs[a, 1], state, t]


@numba.njit(**JIT)
def add_prior(first, last, phi, diagonal, off):
    """Set the path's prior precision on its years; returns half its log determinant."""
    innovation = 1.0 / (1.0 - phi * phi)
    for t in range(first, last + 1):
        diagonal[t] = innovation * (1.0 + phi * phi)
        off[t] = -phi * innovation
    diagonal[last] = innovation
    diagonal[first] = innovation
    if first == last:
        diagonal[first] = 1.0
    return 0.5 * (last - first) * math.log(innovation)


@numba.njit(**JIT)
def add_run(residual, start, stop, loading, sd, rho, diagonal, off, shift):
    """Add one run's information on the path; returns its log density at a path of zero."""
    at_start = 1.0 / (sd * sd)
    after = at_start / (1.0 - rho * rho)
    square = loading * loading
    r = residual[start]
    diagonal[start] += square * at_start
    shift[start] += loading * at_start * r
    total = at_start * r * r
    for t in range(start + 1, stop):
        difference = residual[t] - rho * residual[t - 1]
        diagonal[t] += square * after
        diagonal[t - 1] += square * rho * rho * after
        off[t] -= square * rho * after
        shift[t] += loading * after * difference
        shift[t - 1] -= loading * rho * after * difference
        total += after * difference * difference
    number = stop - start
    return 0.5 * (math.log(at_start) + (number - 1) * math.log(after) - total - number * LOG_2PI)


@numba.njit(**JIT)
def solve_path(first, last, diagonal, off, shift, mean, variance, covariance):
    """Moments of a Gaussian of tridiagonal precision; returns shift' mean / 2 - log determinant / 2.

    ``covariance[t]`` is that of years t and t - 1. ``diagonal`` is overwritten by the pivots of the elimination.
    """
    mean[first] = shift[first]
    for t in range(first + 1, last + 1):
        ratio = off[t] / diagonal[t - 1]
        diagonal[t] -= ratio * off[t]
        mean[t] = shift[t] - ratio * mean[t - 1]
    variance[last] = 1.0 / diagonal[last]
    mean[last] /= diagonal[last]
    total = -math.log(diagonal[last]) + shift[last] * mean[last]
    for t in range(last - 1, first - 1, -1):
        ratio = off[t + 1] / diagonal[t]
        mean[t] = mean[t] / diagonal[t] - ratio * mean[t + 1]
        covariance[t + 1] = -ratio * variance[t + 1]
        variance[t] = 1.0 / diagonal[t] + ratio * ratio * variance[t + 1]
        total += -math.log(diagonal[t]) + shift[t] * mean[t]
    return 0.5 * total


@numba.njit(**JIT)
def persistence_gradient(first, last, phi, mean, variance, covariance):
    """Derivative of the expected log prior of a path to its persistence."""
    innovation = 1.0 / (1.0 - phi * phi)
    now, before, product = 0.0, 0.0, 0.0
    for t in range(first + 1, last + 1):
        now += mean[t] * mean[t] + variance[t]
        before += mean[t - 1] * mean[t - 1] + variance[t - 1]
        product += mean[t] * mean[t - 1] + covariance[t]
    squares = now - 2.0 * phi * product + phi * phi * before
    linear = (last - first) * phi + product - phi * before
    return linear * innovation - phi * innovation * innovation * squares


@numba.njit(**JIT)
def run_gradient(residual, run, item, mean, variance, covariance, by_level, by_item, by_residual):
    """Add one run's expected derivatives to level, loading, error and persistence; fill those to the residuals."""
    k, start, stop = run[1], run[2], run[3]
    loading, sd, rho = item[k, LOADING], item[k, ERROR_SD], item[k, PERSISTENCE]
    remainder = 1.0 - rho * rho
    at_start = 1.0 / (sd * sd)
    after = at_start / remainder
    error = residual[start] - loading * mean[start]
    spread = loading * variance[start]
    first_square = error * error + loading * spread
    by_loading = at_start * (error * mean[start] - spread)
    by_residual[start] = at_start * error
    now, before, product = 0.0, 0.0, 0.0
    for t in range(start + 1, stop):
        previous, previous_spread = error, spread
        error, spread = residual[t] - loading * mean[t], loading * variance[t]
        shared = loading * covariance[t]
        difference = error - rho * previous
        now += error * error + loading * spread
        before += previous * previous + loading * previous_spread
        product += error * previous + loading * shared
        moved = mean[t] - rho * mean[t - 1]
        by_loading += after * (difference * moved - spread + 2.0 * rho * shared - rho * rho * previous_spread)
        by_residual[t] = after * difference
        by_residual[t - 1] -= rho * after * difference
    number = stop - start
    squares = now - 2.0 * rho * product + rho * rho * before
    by_item[k, LOADING] += by_loading
    by_item[k, ERROR_SD] += (at_start * first_square + after * squares - number) / sd
    by_item[k, PERSISTENCE] += ((number - 1) * rho + at_start * (product - rho * before)) / remainder
    by_item[k, PERSISTENCE] -= after * squares * rho / remainder
    for t in range(start, stop):
        by_level[k, t] += by_residual[t]


@numba.njit(**JIT)
def dynamic_factor(value, runs, first_run, span, adjuster, pairs, level, slope, item, persistence):
    """Log likelihood of all states' indicators and its derivatives.

    Parameters
    ----------
    value : array, shape (S, K, T)
        Indicators; what is not in a run is not read.
    runs : array of int, shape (R, 4)
        State, item, first year, year after the last, sorted by state.
    first_run : array of int, shape (S + 1,)
        Where each state's runs begin.
    span : array of int, shape (S, 2)
        First and last year of each state's path.
    adjuster : array, shape (P, S, T)
        What indicators are adjusted for.
    pairs : array of int, shape (A, 2)
        Item and adjuster of each adjustment.
    level : array, shape (K, T)
        Level of each item in each year.
    slope : array, shape (A,)
        Of the adjustments.
    item : array, shape (K, 3)
        Loading, error's standard deviation, error's persistence.
    persistence : array, shape (1,)
        Of the path.

    Returns
    -------
    value (1,), by_level (K, T), by_slope (A,), by_item (K, 3), by_persistence (1,)
    """
    phi = persistence[0]
    years = level.shape[1]
    by_level, by_slope, by_item = np.zeros_like(level), np.zeros_like(slope), np.zeros_like(item)
    diagonal, off, shift = np.zeros(years), np.zeros(years), np.zeros(years)
    mean, variance, covariance = np.zeros(years), np.zeros(years), np.zeros(years)
    residual, by_residual = np.zeros((item.shape[0] * years, years)), np.zeros(years)
    total, by_phi = 0.0, 0.0
    for s in range(span.shape[0]):
        first, last = span[s]
        if first_run[s] == first_run[s + 1]:
            continue
        shift[first : last + 1] = 0.0
        total += add_prior(first, last, phi, diagonal, off)
        for j in range(first_run[s], first_run[s + 1]):
            own = residual[j - first_run[s]]
            k = runs[j, 1]
            residuals(value, adjuster, pairs, level, slope, s, runs[j], own)
            total += add_run(
                own, runs[j, 2], runs[j, 3], item[k, 0], item[k, 1], item[k, 2], diagonal, off, shift
            )
        total += solve_path(first, last, diagonal, off, shift, mean, variance, covariance)
        by_phi += persistence_gradient(first, last, phi, mean, variance, covariance)
        for j in range(first_run[s], first_run[s + 1]):
            own = residual[j - first_run[s]]
            run_gradient(own, runs[j], item, mean, variance, covariance, by_level, by_item, by_residual)
            for a in range(pairs.shape[0]):
                if pairs[a, 0] == runs[j, 1]:
                    for t in range(runs[j, 2], runs[j, 3]):
                        by_slope[a] += by_residual[t] * adjuster[pairs[a, 1], s, t]
    return np.full(1, total), by_level, by_slope, by_item, np.full(1, by_phi)


@numba.njit(**JIT)
def path_moments(value, runs, first_run, span, adjuster, pairs, level, slope, item, persistence):
    """Filtered and smoothed moments of all paths; parameters as for ``dynamic_factor``.

    The filtered moments of a year use the indicators up to that year alone.

    Returns
    -------
    filtered_mean, filtered_variance, filtered_correlation, smoothed_mean, smoothed_variance, smoothed_covariance : array, (S, T)
        The covariance is that of a year and the one before; the filtered correlation that of the errors of the filtered mean in
        a year and the one before.
    """
    states, years, phi = span.shape[0], level.shape[1], persistence[0]
    out = np.full((6, states, years), np.nan)
    for s in range(states):
        first, last = span[s]
        diagonal, off, shift = np.zeros(years), np.zeros(years), np.zeros(years)
        now, now_shift = np.zeros(years), np.zeros(years)
        mean, variance, covariance = np.zeros(years), np.zeros(years), np.zeros(years)
        add_prior(first, last, phi, diagonal, off)
        innovation = 1.0 / (1.0 - phi * phi)
        own = np.zeros(years)
        # what year t + 1 adds to the precision and shift of year t is not yet there when year t is filtered
        later, later_shift = np.zeros(years), np.zeros(years)
        for t in range(first, last):
            later[t] = phi * phi * innovation
        for j in range(first_run[s], first_run[s + 1]):
            k, start, stop = runs[j, 1], runs[j, 2], runs[j, 3]
            residuals(value, adjuster, pairs, level, slope, s, runs[j], own)
            loading, sd, rho = item[k, 0], item[k, 1], item[k, 2]
            add_run(own, start, stop, loading, sd, rho, diagonal, off, shift)
            after = 1.0 / (sd * sd * (1.0 - rho * rho))
            for t in range(start, stop - 1):
                later[t] += loading * loading * rho * rho * after
                later_shift[t] -= loading * rho * after * (own[t + 1] - rho * own[t])
        for t in range(first, last + 1):
            now[t], now_shift[t] = diagonal[t] - later[t], shift[t] - later_shift[t]
        carried, carried_shift, before, pivot = 0.0, 0.0, 0.0, 1.0
        for t in range(first, last + 1):
            precision = now[t] - carried
            out[0, s, t] = (now_shift[t] - carried_shift) / precision
            out[1, s, t] = 1.0 / precision
            if t > first:
                link = -off[t] / (pivot * precision)
                out[2, s, t] = link / math.sqrt(out[1, s, t] * before)
            before = out[1, s, t]
            if t < last:
                pivot = diagonal[t] - carried
                full_shift = shift[t] - carried_shift
                carried = off[t + 1] * off[t + 1] / pivot
                carried_shift = off[t + 1] * full_shift / pivot
        solve_path(first, last, diagonal, off, shift, mean, variance, covariance)
        for t in range(first, last + 1):
            out[3, s, t], out[4, s, t], out[5, s, t] = mean[t], variance[t], covariance[t]
    return out[0], out[1], out[2], out[3], out[4], out[5]
