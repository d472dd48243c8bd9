"""Latent paths given the measurement's draws: filtered and smoothed moments, draws, and the Gaussian of joint inference."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from models.blocks.factor import Panel
from models.kernels.path_moments import path_moments


@dataclass(frozen=True)
class GaussianPath:
    """Markov Gaussian paths of states over years.

    Attributes
    ----------
    years : array of int, shape (T,)
    mean, variance, covariance : array, shape (S, T)
        The covariance is that of a year and the one before; NaN where a state did not exist.
    """

    years: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    covariance: np.ndarray

    def marginal(self, years: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (S, Y) and covariance factor (S, Y, Y) in some years; zero where a state did not exist."""
        places = np.searchsorted(self.years, years)
        mean, variance = (np.nan_to_num(a[:, places]) for a in (self.mean, self.variance))
        # cov(q_s, q_t) = var(q_t) times the product of the regressions of each year on the next, s < t
        ratio = self.covariance / self.variance
        total = np.zeros((len(self.mean), len(places), len(places)))
        for j, t in enumerate(places):
            weight = self.variance[:, t].copy()
            total[:, j, j] = np.nan_to_num(weight)
            step = t
            for i in range(j - 1, -1, -1):
                while step > places[i]:
                    weight = weight * ratio[:, step]
                    step -= 1
                total[:, i, j] = total[:, j, i] = np.nan_to_num(weight)
        absent = variance == 0
        diagonal = np.arange(len(places))
        total[:, diagonal, diagonal] += np.where(absent, 1.0, 1e-10)
        factor = np.linalg.cholesky(total)
        return mean, np.where(absent[:, :, None], 0.0, factor)


def arguments_of_draws(
    posterior: xr.Dataset, level: np.ndarray, persistence: float, number: int
) -> list[tuple]:
    """What the kernel takes after the data, for evenly spaced draws of the measurement's posterior."""
    flat = posterior.stack(sample=("chain", "draw")).transpose("sample", ...)
    chosen = np.unique(np.linspace(0, flat.sizes["sample"] - 1, number).round().astype(int))
    flat = flat.isel(sample=chosen)
    loading, sd = flat["loading"].values, flat["error_sd"].values
    item = np.stack([loading, sd, np.full_like(loading, persistence)], axis=2)
    slope = flat["adjustment"].values if "adjustment" in flat else np.zeros((len(item), 0))
    return [(level, slope[k], item[k], np.array([persistence])) for k in range(len(item))]


def latent_paths(panel: Panel, draws: list[tuple], random: np.random.Generator) -> xr.Dataset:
    """Moments and draws of all paths, averaged over the measurement's draws.

    Parameters
    ----------
    panel : Panel
    draws : list of tuple
        From ``arguments_of_draws``.
    random : numpy.random.Generator

    Returns
    -------
    xarray.Dataset
        ``<information>_mean`` and ``_sd`` (state, year) and ``<information>_draw`` (sample, state, year), for filtered and
        smoothed; NaN in years in which a state did not exist.
    """
    fixed, moments, samples = panel.fixed(), [], {"filtered": [], "smoothed": []}
    for arguments in draws:
        moment = np.stack(path_moments(*fixed, *arguments))
        moments.append(moment)
        samples["filtered"].append(_filtered_draw(moment, random))
        samples["smoothed"].append(_smoothed_draw(moment, random))
    moments, on = np.stack(moments), ("state", "year")
    found = {}
    for name, place in (("filtered", 0), ("smoothed", 3)):
        mean, variance = moments[:, place], moments[:, place + 1]
        found[f"{name}_mean"] = (on, mean.mean(0))
        found[f"{name}_sd"] = (on, np.sqrt(variance.mean(0) + mean.var(0)))
        found[f"{name}_draw"] = (("sample", *on), np.stack(samples[name]).astype("float32"))
    return xr.Dataset(found, coords={"state": panel.states, "year": panel.years})


def gaussian_path(panel: Panel, arguments: tuple) -> GaussianPath:
    """The smoothed paths given one value of the parameters."""
    _, _, _, mean, variance, covariance = path_moments(*panel.fixed(), *arguments)
    return GaussianPath(panel.years, mean, variance, covariance)


def _filtered_draw(moment: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Draw of each year's filtered value; errors of adjacent years are correlated as the filter's are."""
    mean, variance, correlation = moment[:3]
    error, drawn = np.zeros(len(mean)), np.empty_like(mean)
    for t in range(mean.shape[1]):
        rho = np.nan_to_num(correlation[:, t])
        error = rho * error + np.sqrt(1 - rho**2) * random.normal(size=len(mean))
        drawn[:, t] = mean[:, t] + np.sqrt(variance[:, t]) * error
    return drawn


def _smoothed_draw(moment: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Draw of whole paths, backwards in time."""
    mean, variance, covariance = moment[3:]
    deviation, drawn = np.zeros(len(mean)), np.empty_like(mean)
    for t in range(mean.shape[1] - 1, -1, -1):
        if t + 1 < mean.shape[1]:
            regression = np.nan_to_num(covariance[:, t + 1] / variance[:, t + 1])
            spread = np.maximum(variance[:, t] - regression**2 * np.nan_to_num(variance[:, t + 1]), 0)
        else:
            regression, spread = np.zeros(len(mean)), variance[:, t]
        deviation = regression * np.nan_to_num(deviation) + np.sqrt(spread) * random.normal(size=len(mean))
        drawn[:, t] = mean[:, t] + deviation
    return drawn
