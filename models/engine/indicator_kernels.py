"""Numba kernels of a latent's counts and 0/1 indicators, each with its states' lasting deviations, in one pass.

What they compute stands in plain terms in ``models.quality`` and ``models.coordinates``: how deviations follow from standardised
ones, and the likelihood given them. Loops are free of branches and no loop both sums and stores; see ``elementary``.
"""

import math

import numba
import numpy as np

from models.engine.elementary import (
    JIT,
    dot_of,
    exp_nonpositive,
    inverse_cube,
    inverse_square,
    log_positive,
    sum_of,
)
from models.engine.kernels import bernoulli_logit, negative_binomial, panel_gradient, panel_predictor
from models.working import LOGISTIC_NORMAL


@numba.njit(inline="always", **JIT)
def _exponentials(x):
    """Exponentials of ``x`` and of -``x``, for ``x`` within +-700."""
    small = exp_nonpositive(-abs(x))
    large = 1.0 / small
    return (large, small) if x > 0.0 else (small, large)


@numba.njit(**JIT)
def _state_level(intercept, trend, by_size, loading, share, latent, mean_decade, mean_size, average, level):
    """Level of each state over its years; ``average`` receives the latent's mean over the years of the indicator."""
    average[:] = 0.0
    for t in range(share.shape[0]):
        weight, row = share[t], latent[t]
        for s in range(average.shape[0]):
            average[s] += weight * row[s]
    for s in range(average.shape[0]):
        level[s] = intercept + trend * mean_decade[s] + by_size * mean_size[s] + loading * average[s]


@numba.njit(**JIT)
def _count_condition(level, total, number, variance, dispersion, spread, mean, precision):
    """Mean and precision of deviations that ``coordinates.count_condition`` pretends, of one indicator."""
    prior, larger = inverse_square(spread), 1.0 + 0.5 * variance
    for s in range(level.shape[0]):
        excess = 1.0 + total[s] / max(number[s], 1.0) / dispersion
        expected = larger * _exponentials(level[s])[0]
        precision[s] = total[s] / excess + prior
        mean[s] = (total[s] + prior * excess) / (number[s] * expected + prior * excess)
    for s in range(level.shape[0]):
        mean[s] = log_positive(mean[s])


@numba.njit(**JIT)
def _count_condition_gradient(
    level, total, number, variance, dispersion, spread, by_mean, by_precision, by_level, work
):
    """Reverse pass: fills ``by_level``, returns the derivatives to variance, dispersion and spread.

    With c the excess, m the expected mean and tau the prior precision, precision = T / c + tau and
    mean = log (T + tau c) - log (n m + tau c).
    """
    prior, larger = inverse_square(spread), 1.0 + 0.5 * variance
    to_excess, to_prior = work[0], work[1]
    for s in range(level.shape[0]):
        rate = total[s] / max(number[s], 1.0)
        excess = 1.0 + rate / dispersion
        counted = number[s] * larger * _exponentials(level[s])[0]
        above, below = 1.0 / (total[s] + prior * excess), 1.0 / (counted + prior * excess)
        by_level[s] = -by_mean[s] * counted * below
        difference = by_mean[s] * (above - below)
        to_prior[s] = by_precision[s] + difference * excess
        to_excess[s] = (difference * prior - by_precision[s] * total[s] / (excess * excess)) * rate
    by_variance = 0.5 / larger * sum_of(by_level)
    return by_variance, -sum_of(to_excess) / dispersion**2, -2.0 * inverse_cube(spread) * sum_of(to_prior)


@numba.njit(**JIT)
def _binary_condition(level, total, number, variance, spread, mean, precision):
    """Mean and precision of deviations that ``coordinates.binary_condition`` pretends, of one indicator."""
    wider = 1.0 + LOGISTIC_NORMAL * variance
    root, prior = math.sqrt(wider), wider * inverse_square(spread)
    for s in range(level.shape[0]):
        odds, against = _exponentials(level[s] / root)
        ones = total[s] + prior * (1.0 + odds)
        zeros = number[s] - total[s] + prior * (1.0 + against)
        precision[s] = ones * zeros / (wider * (ones + zeros))
        mean[s] = ones / zeros
    for s in range(level.shape[0]):
        mean[s] = root * log_positive(mean[s]) - level[s]


@numba.njit(**JIT)
def _binary_condition_gradient(
    level, total, number, variance, spread, mean, precision, by_mean, by_precision, by_level, work
):
    """Reverse pass: fills ``by_level``, returns the derivatives to variance and spread.

    With w = 1 + c^2 variance, a = w / spread^2, z = level / sqrt w, u = T + a (1 + e^z) and
    l = n - T + a (1 + e^-z): precision = u l / (w (u + l)) and mean = sqrt w log (u / l) - level.
    """
    wider = 1.0 + LOGISTIC_NORMAL * variance
    root, inverse, square = math.sqrt(wider), 1.0 / math.sqrt(wider), inverse_square(spread)
    prior = wider * square
    to_wider, to_prior = work[0], work[1]
    for s in range(level.shape[0]):
        z = level[s] * inverse
        odds, against = _exponentials(z)
        ones = total[s] + prior * (1.0 + odds)
        zeros = number[s] - total[s] + prior * (1.0 + against)
        part = 1.0 / (ones + zeros)
        share = by_precision[s] * part * part / wider
        to_ones = share * zeros * zeros + by_mean[s] * root / ones
        to_zeros = share * ones * ones - by_mean[s] * root / zeros
        to_z = prior * (to_ones * odds - to_zeros * against)
        own = to_ones * (1.0 + odds) + to_zeros * (1.0 + against)
        by_level[s] = to_z * inverse - by_mean[s]
        # log (u / l) from the mean that it gave
        logarithm = 0.5 * by_mean[s] * (mean[s] + level[s]) / wider
        to_prior[s] = own
        to_wider[s] = logarithm - (by_precision[s] * precision[s] + 0.5 * to_z * z) / wider + own * square
    return LOGISTIC_NORMAL * sum_of(to_wider), -2.0 * wider * inverse_cube(spread) * sum_of(to_prior)


@numba.njit(**JIT)
def _deviations(standard, mean, precision, spread, deviation, terms):
    """Deviations of given mean and precision from standardised ones, and what their density gains by that."""
    inverse, variance = 1.0 / spread, spread * spread
    for s in range(standard.shape[0]):
        deviation[s] = mean[s] + standard[s] / math.sqrt(precision[s])
        ratio = deviation[s] * inverse
        terms[s] = standard[s] * standard[s] - ratio * ratio
    for s in range(standard.shape[0]):
        terms[s] -= log_positive(precision[s] * variance)
    return 0.5 * sum_of(terms)


@numba.njit(**JIT)
def _deviations_gradient(standard, precision, spread, deviation, by_deviation, by_standard, by_precision):
    """Reverse pass: takes the gain into ``by_deviation``, fills the others, returns the derivative to the spread."""
    prior = inverse_square(spread)
    for s in range(standard.shape[0]):
        by_deviation[s] -= deviation[s] * prior
        inverse = 1.0 / precision[s]
        root = math.sqrt(inverse)
        by_standard[s] = by_deviation[s] * root + standard[s]
        by_precision[s] = -0.5 * inverse * (by_deviation[s] * root * standard[s] + 1.0)
    return dot_of(deviation, deviation) * inverse_cube(spread) - standard.shape[0] / spread


@numba.njit(**JIT)
def _to_levels(by_level, share, loading, mean_decade, mean_size, average, by_latent):
    """Reverse pass of ``_state_level``: adds to ``by_latent``; derivatives to intercept, trend, size slope and loading."""
    for t in range(share.shape[0]):
        weight, row = share[t] * loading, by_latent[t]
        for s in range(by_level.shape[0]):
            row[s] += weight * by_level[s]
    return (
        sum_of(by_level),
        dot_of(by_level, mean_decade),
        dot_of(by_level, mean_size),
        dot_of(by_level, average),
    )


@numba.njit(**JIT)
def _varied(trend, by_size, loading, path_variance, moments):
    """Variance of the level over the years of an average state; ``moments`` are those of decade and size."""
    known = trend**2 * moments[0] + by_size**2 * moments[1] + 2.0 * trend * by_size * moments[2]
    return known + loading**2 * path_variance


@numba.njit(**JIT)
def indicators(
    standard,
    intercept,
    trend,
    by_size,
    loading,
    path_variance,
    spread,
    dispersion,
    latent,
    place,
    decade,
    size,
    share,
    total,
    number,
    mean_decade,
    mean_size,
    moments,
    observed,
    weight,
    deviation,
    *gradient,
):
    """A latent's counts, or its 0/1 indicators: their log likelihood, and what the deviations' density gains.

    standard, total, number, mean_decade, mean_size, deviation (J, S); intercept, spread, dispersion, place (J); trend, by_size,
    loading, path_variance (I) and share (I, T) are those of all the latent's indicators, of which these stand at ``place``;
    latent, size (T, S); decade (T); moments (3, J); observed, weight (J, T, S). Counts have a dispersion above zero. Where it
    is zero, ``observed`` is the sign: +1 or -1, 0 leaves a cell out. ``gradient`` holds arrays for the derivatives to the first
    nine.
    """
    years, states = latent.shape
    by_standard, by_intercept, by_trend, by_by_size = gradient[:4]
    by_loading, by_path_variance, by_spread, by_dispersion, by_latent = gradient[4:]
    for filled in (by_trend, by_by_size, by_loading, by_path_variance):
        filled[:] = 0.0
    by_latent[:] = 0.0
    predictor, by_cell = np.empty((years, states)), np.empty((years, states))
    work = np.empty((9, states))
    average, level, mean, precision = work[0], work[1], work[2], work[3]
    by_lasting, by_precision, by_level = work[4], work[5], work[6]
    year, by_year, slope, by_slope = np.empty(years), np.empty(years), np.empty(1), np.empty(1)
    known = size.reshape((1, years, states))
    value = 0.0
    for j in range(standard.shape[0]):
        i = int(place[j])
        own, counted, moment = observed[j].ravel(), dispersion[j] > 0.0, moments[:, j]
        average_of = share[i], latent, mean_decade[j], mean_size[j], average
        _state_level(intercept[j], trend[i], by_size[i], loading[i], *average_of, level)
        varied = _varied(trend[i], by_size[i], loading[i], path_variance[i], moment)
        told = level, total[j], number[j], varied
        if counted:
            _count_condition(*told, dispersion[j], spread[j], mean, precision)
        else:
            _binary_condition(*told, spread[j], mean, precision)
        value += _deviations(standard[j], mean, precision, spread[j], deviation[j], work[7])
        for t in range(years):
            year[t] = intercept[j] + trend[i] * decade[t]
        slope[0] = by_size[i]
        panel_predictor(year, deviation[j], slope, known, loading[i], latent, predictor)
        to_dispersion = 0.0
        if counted:
            likelihood, to_dispersion = negative_binomial(
                predictor.ravel(), own, weight[j].ravel(), dispersion[j], by_cell.ravel()
            )
            value += likelihood
        else:
            value += bernoulli_logit(predictor.ravel(), own, by_cell.ravel())
        to_loading = panel_gradient(
            by_cell, known, loading[i], latent, by_year, by_lasting, by_slope, by_latent
        )
        to_spread = _deviations_gradient(
            standard[j], precision, spread[j], deviation[j], by_lasting, by_standard[j], by_precision
        )
        if counted:
            to_varied, more, indirect = _count_condition_gradient(
                *told, dispersion[j], spread[j], by_lasting, by_precision, by_level, work[7:]
            )
            to_dispersion += more
        else:
            to_varied, indirect = _binary_condition_gradient(
                *told, spread[j], mean, precision, by_lasting, by_precision, by_level, work[7:]
            )
        to_level = _to_levels(
            by_level, share[i], loading[i], mean_decade[j], mean_size[j], average, by_latent
        )
        by_intercept[j] = sum_of(by_year) + to_level[0]
        by_spread[j], by_dispersion[j] = to_spread + indirect, to_dispersion
        twice = 2.0 * to_varied
        both = twice * moment[2]
        by_trend[i] = dot_of(by_year, decade) + to_level[1] + twice * trend[i] * moment[0] + both * by_size[i]
        by_by_size[i] = by_slope[0] + to_level[2] + twice * by_size[i] * moment[1] + both * trend[i]
        by_loading[i] = to_loading + to_level[3] + twice * loading[i] * path_variance[i]
        by_path_variance[i] = to_varied * loading[i] ** 2
    return value
