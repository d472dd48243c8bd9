"""R-hat and effective sample sizes of many scalars at once.

From: draws as an array (scalar, chain, draw). To: one figure a scalar. The figures are those of ArviZ's
`rhat(method="rank")`, `ess(method="bulk")` and `ess(method="tail", prob=(0.05, 0.95))`, to rounding error (a
test holds them equal); ArviZ visits one scalar after another, which costs half a minute for the ten thousand
scalars of a latent-variable model, and is done here on blocks of scalars, with each ranking and each
transform shared by the figures that need it. Draws must be finite and must vary: constants are the caller's
to handle.

Source: Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021), Rank-normalization, folding, and localization:
an improved R-hat for assessing convergence of MCMC, Bayesian Analysis 16(2), 667-718.
"""

import numpy as np
import xarray as xr
from scipy import fft
from scipy.special import ndtri
from scipy.stats import rankdata

TAIL_PROBABILITIES = (0.05, 0.95)


def convergence(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rank-normalised split R-hat, bulk and tail effective sample size.

    Parameters
    ----------
    draws : numpy.ndarray, shape (scalar, chain, draw)
        Finite draws, each scalar with at least two distinct values; at least two chains and six draws.

    Returns
    -------
    r_hat, ess_bulk, ess_tail : numpy.ndarray, shape (scalar,)
    """
    if draws.ndim != 3 or draws.shape[1] < 2 or draws.shape[2] < 6:
        raise ValueError(f"need (scalar, chain >= 2, draw >= 6), got shape {draws.shape}")
    half = draws.shape[2] // 2
    halves = np.concatenate([draws[:, :, :half], draws[:, :, -half:]], axis=1)
    normal_scores = _normal_scores(halves)
    median = np.median(halves.reshape(len(halves), -1), axis=1)[:, None, None]
    folded_scores = _normal_scores(np.abs(halves - median))
    # Folding a variable of two values at a median between them leaves a constant, without a figure of its own.
    r_hat = np.fmax(_r_hat(normal_scores), _r_hat(folded_scores))

    ess_bulk = _effective_sample_size(normal_scores)
    quantiles = np.quantile(draws.reshape(len(draws), -1), TAIL_PROBABILITIES, axis=1)
    ess_tail = np.minimum(
        *(_effective_sample_size((halves <= quantile[:, None, None]).astype(float)) for quantile in quantiles)
    )
    return r_hat, ess_bulk, ess_tail


def missing_information(energy: xr.DataArray) -> np.ndarray:
    """Estimated Bayesian fraction of missing information of each chain, shape (chain,).

    Mean squared change of the energy between draws over its variance: Betancourt (2016), arXiv:1604.00695.
    """
    values = energy.transpose("chain", "draw").values.astype(float)
    variance = values.var(axis=1, ddof=1)
    changes = (np.diff(values, axis=1) ** 2).mean(axis=1)
    return np.divide(changes, variance, out=np.full(len(values), np.nan), where=variance > 0)


def _normal_scores(values: np.ndarray) -> np.ndarray:
    """Normal scores of the ranks over all chains, Blom's offset of 3/8; ties share their average rank."""
    flat = values.reshape(len(values), -1)
    size = flat.shape[1]
    order = np.argsort(flat, axis=1)
    scores = np.empty(flat.shape)
    np.put_along_axis(scores, order, ndtri(_blom(np.arange(1.0, size + 1), size))[None, :], axis=1)
    ordered = np.take_along_axis(flat, order, axis=1)
    tied = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
    if tied.size:
        scores[tied] = ndtri(_blom(rankdata(flat[tied], axis=1), size))
    return scores.reshape(values.shape)


def _blom(ranks: np.ndarray, size: int) -> np.ndarray:
    return (ranks - 3 / 8) / (size + 1 / 4)


def _r_hat(halves: np.ndarray) -> np.ndarray:
    draws = halves.shape[2]
    within = halves.var(axis=2, ddof=1).mean(axis=1)
    between = draws * halves.mean(axis=2).var(axis=1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt((between / within + draws - 1) / draws)


def _effective_sample_size(halves: np.ndarray) -> np.ndarray:
    """Effective sample size of the mean by Geyer's initial monotone sequence (section 3.2 of the source)."""
    scalars, chains, draws = halves.shape
    size = chains * draws
    means = halves.mean(axis=2)
    spectrum = fft.rfft(halves - means[:, :, None], n=fft.next_fast_len(2 * draws), axis=2)
    power = (spectrum.real**2 + spectrum.imag**2).mean(axis=1)
    autocovariance = fft.irfft(power, n=fft.next_fast_len(2 * draws), axis=1)[:, :draws] / draws

    variance = autocovariance[:, 0] * draws / (draws - 1)
    pooled_variance = autocovariance[:, 0] + means.var(axis=1, ddof=1)
    constant = np.ptp(halves.reshape(scalars, -1), axis=1) < np.finfo(float).resolution
    pooled_variance = np.where(constant, 1.0, pooled_variance)
    correlation = 1 - (variance[:, None] - autocovariance) / pooled_variance[:, None]
    correlation[:, 0] = 1.0

    # ArviZ stops the search at lag draws - 3; the pairs beyond it are never looked at.
    pairs_available = (draws - 1) // 2
    even = correlation[:, 0 : 2 * pairs_available : 2]
    pairs = even + correlation[:, 1 : 2 * pairs_available : 2]
    nonpositive = pairs <= 0
    last = np.where(nonpositive.any(axis=1), nonpositive.argmax(axis=1), pairs_available - 1)
    monotone = np.minimum.accumulate(pairs, axis=1)
    before_truncation = np.arange(pairs_available)[None, :] < last[:, None]
    rows = np.arange(scalars)
    tail = np.where(nonpositive[rows, last], np.maximum(even[rows, last], 0), even[rows, last])
    autocorrelation_time = -1 + 2 * np.where(before_truncation, monotone, 0).sum(axis=1) + tail
    return np.where(constant, size, size / np.maximum(autocorrelation_time, 1 / np.log10(size)))
