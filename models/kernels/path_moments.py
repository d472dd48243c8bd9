"""Gaussian dynamic factor: moments of the latent paths given the parameters.

One state's indicators r (residuals about level and adjustment) and its latent path q, given the parameters:

    q_1 ~ N(0, 1),  q_t ~ N(phi q_{t-1}, 1 - phi^2)
    r_kt = loading_k q_t + e_kt,  e_kt an autoregression of stationary standard deviation sd_k and persistence rho_k

so that the precision of q given r is tridiagonal and everything is linear in the number of years. A run is a span of years in
which an indicator was observed without a gap; errors start anew after a gap.
"""

import math

import numba
import numpy as np

JIT = {"nogil": True, "error_model": "numpy", "cache": True}


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
    """Set the path's prior precision on its years."""
    innovation = 1.0 / (1.0 - phi * phi)
    for t in range(first, last + 1):
        diagonal[t] = innovation * (1.0 + phi * phi)
        off[t] = -phi * innovation
    diagonal[last] = innovation
    diagonal[first] = innovation
    if first == last:
        diagonal[first] = 1.0


@numba.njit(**JIT)
def add_run(residual, start, stop, loading, sd, rho, diagonal, off, shift):
    """Add one run's information on the path."""
    at_start = 1.0 / (sd * sd)
    after = at_start / (1.0 - rho * rho)
    square = loading * loading
    r = residual[start]
    diagonal[start] += square * at_start
    shift[start] += loading * at_start * r
    for t in range(start + 1, stop):
        difference = residual[t] - rho * residual[t - 1]
        diagonal[t] += square * after
        diagonal[t - 1] += square * rho * rho * after
        off[t] -= square * rho * after
        shift[t] += loading * after * difference
        shift[t - 1] -= loading * rho * after * difference


@numba.njit(**JIT)
def solve_path(first, last, diagonal, off, shift, mean, variance, covariance):
    """Moments of a Gaussian of tridiagonal precision.

    ``covariance[t]`` is that of years t and t - 1. ``diagonal`` is overwritten by the pivots of the elimination.
    """
    mean[first] = shift[first]
    for t in range(first + 1, last + 1):
        ratio = off[t] / diagonal[t - 1]
        diagonal[t] -= ratio * off[t]
        mean[t] = shift[t] - ratio * mean[t - 1]
    variance[last] = 1.0 / diagonal[last]
    mean[last] /= diagonal[last]
    for t in range(last - 1, first - 1, -1):
        ratio = off[t + 1] / diagonal[t]
        mean[t] = mean[t] / diagonal[t] - ratio * mean[t + 1]
        covariance[t + 1] = -ratio * variance[t + 1]
        variance[t] = 1.0 / diagonal[t] + ratio * ratio * variance[t + 1]


@numba.njit(**JIT)
def path_moments(value, runs, first_run, span, adjuster, pairs, level, slope, item, persistence):
    """Filtered and smoothed moments of all paths.

    The filtered moments of a year use the indicators up to that year alone.

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
