"""Gaussian dynamic factor: moments of the latent paths given the parameters, and draws.

One state's indicators r (residuals about level and adjustment) and its latent path q, given the parameters:

    q_1 ~ N(0, 1),  q_t ~ N(phi q_{t-1}, 1 - phi^2)
    r_kt = loading_k q_t + e_kt,  e_kt an autoregression of stationary standard deviation sd_k and persistence rho_k

A reading in year t after one of the same indicator in year u tells of q_t and q_u: e_t - rho^(t - u) e_u is independent of
what was read before. The path is conditioned on the readings one after another, year by year.
"""

import math

import numba
import numpy as np

JIT = {"nogil": True, "error_model": "numpy", "cache": True}
# a year that moves by less than this is not touched: rounding, where path and errors have one persistence
LEAST_GAIN = 1e-13


@numba.njit(**JIT)
def add_year(first, t, phi, noise, mean, error, covariance):
    """Extend the path by a year of which nothing was read."""
    innovation = 1.0 - phi * phi if t > first else 1.0
    for u in range(first, t):
        covariance[t, u] = covariance[u, t] = phi * covariance[t - 1, u]
    covariance[t, t], mean[t], error[t] = innovation, 0.0, math.sqrt(innovation) * noise
    if t > first:
        covariance[t, t] += phi * phi * covariance[t - 1, t - 1]
        mean[t], error[t] = phi * mean[t - 1], error[t] + phi * error[t - 1]


@numba.njit(**JIT)
def add_reading(first, t, u, now, before, value, variance, noise, mean, error, covariance, gain):
    """Condition on value = now q_t - before q_u + an error of that variance; ``error`` is of a path drawn with its readings."""
    for v in range(first, t + 1):
        gain[v] = now * covariance[t, v] - before * covariance[u, v]
    total = now * gain[t] - before * gain[u] + variance
    surprise = (value - now * mean[t] + before * mean[u]) / total
    drawn = (now * error[t] - before * error[u] + math.sqrt(variance) * noise) / total
    for v in range(first, t + 1):
        if abs(gain[v]) > LEAST_GAIN:
            mean[v] += gain[v] * surprise
            error[v] -= gain[v] * drawn
            for w in range(first, v + 1):
                covariance[v, w] -= gain[v] * gain[w] / total
                covariance[w, v] = covariance[v, w]


@numba.njit(**JIT)
def condition_paths(residual, readings, first_reading, span, item, persistence, noise, with_covariance):
    """Filtered and smoothed moments of all paths, and a draw of their errors.

    The filtered moments of a year use the indicators up to that year alone.

    Parameters
    ----------
    residual : array, shape (S, K, T)
        Indicators less their levels and adjustments; what is not among the readings is not read.
    readings, first_reading : array of int, shapes (R, 5) and (S + 1,)
        ``models.blocks.factor.readings_of``.
    span : array of int, shape (S, 2)
        First and last year of each state's path.
    item : array, shape (K, 3)
        Loading, error's standard deviation, error's persistence.
    persistence : array, shape (1,)
        Of the path.
    noise : array, shape (S, T, K + 1)
        Standard normal; where it is zero the drawn errors are.
    with_covariance : bool
        Whether the smoothed covariances are wanted.

    Returns
    -------
    filtered_mean, filtered_variance, filtered_error, smoothed_mean, smoothed_variance, smoothed_error : array, (S, T)
        Errors of all years are drawn together.
    smoothed_covariance : array, (S, T, T), or (0, T, T) where it is not wanted
    """
    states, items, years = residual.shape
    out, phi = np.full((6, states, years), np.nan), persistence[0]
    covariances = np.full((states if with_covariance else 0, years, years), np.nan)
    covariance, gain = np.empty((years, years)), np.empty(years)
    for s in range(states):
        first, last = span[s]
        mean, error, j = np.zeros(years), np.zeros(years), first_reading[s]
        for t in range(first, last + 1):
            add_year(first, t, phi, noise[s, t, items], mean, error, covariance)
            while j < first_reading[s + 1] and readings[j, 2] == t:
                k, former, u = readings[j, 1], readings[j, 3], readings[j, 4]
                loading, sd, rho = item[k, 0], item[k, 1], item[k, 2]
                r, before, variance = residual[s, k, t], 0.0, sd * sd
                if former >= 0:
                    lasting = rho ** (t - u)
                    share = lasting * sd / item[former, 1]
                    r -= share * residual[s, former, u]
                    before, variance = share * item[former, 0], variance * (1.0 - lasting * lasting)
                drawn = noise[s, t, k]
                add_reading(first, t, u, loading, before, r, variance, drawn, mean, error, covariance, gain)
                j += 1
            out[0, s, t], out[1, s, t], out[2, s, t] = mean[t], covariance[t, t], error[t]
        for t in range(first, last + 1):
            out[3, s, t], out[4, s, t], out[5, s, t] = mean[t], covariance[t, t], error[t]
            if with_covariance:
                covariances[s, t, first : last + 1] = covariance[t, first : last + 1]
    return out[0], out[1], out[2], out[3], out[4], out[5], covariances
