"""Latent paths given the measurement's draws: filtered and smoothed moments, draws, and the Gaussian of joint inference."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from models.blocks.factor import Panel
from models.kernels.path_moments import condition_paths


@dataclass(frozen=True)
class GaussianPath:
    """Gaussian paths of states over years.

    Attributes
    ----------
    years : array of int, shape (T,)
    mean : array, shape (S, T)
    covariance : array, shape (S, T, T)
        Both NaN where a state did not exist.
    """

    years: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray

    def marginal(self, years: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean (S, Y) and covariance factor (S, Y, Y) in some years; zero where a state did not exist."""
        places = np.searchsorted(self.years, years)
        mean = np.nan_to_num(self.mean[:, places])
        total = np.nan_to_num(self.covariance[:, places][:, :, places])
        diagonal = np.arange(len(places))
        absent = total[:, diagonal, diagonal] == 0
        total[:, diagonal, diagonal] += np.where(absent, 1.0, 1e-10)
        return mean, np.where(absent[:, :, None], 0.0, np.linalg.cholesky(total))


def arguments_of_draws(
    posterior: xr.Dataset, level: np.ndarray, persistence: float, number: int
) -> list[tuple]:
    """What ``path_moments`` takes of a measurement, for evenly spaced draws of the measurement's posterior."""
    flat = posterior.stack(sample=("chain", "draw")).transpose("sample", ...)
    chosen = np.unique(np.linspace(0, flat.sizes["sample"] - 1, number).round().astype(int))
    flat = flat.isel(sample=chosen)
    loading, sd = flat["loading"].values, flat["error_sd"].values
    item = np.stack([loading, sd, np.full_like(loading, persistence)], axis=2)
    slope = flat["adjustment"].values if "adjustment" in flat else np.zeros((len(item), 0))
    return [(level, slope[k], item[k], np.array([persistence])) for k in range(len(item))]


def path_moments(
    panel: Panel, arguments: tuple, noise: np.ndarray | None = None, with_covariance: bool = False
) -> tuple:
    """Moments of all paths given parameters (``Mode.arguments``), see ``models.kernels.path_moments``; by default no errors."""
    level, slope, item, persistence = arguments
    residual, (states, items, years) = panel.value - level, panel.value.shape
    for a, (k, j) in enumerate(panel.pairs):
        residual[:, k] -= slope[a] * panel.adjuster[j]
    noise = np.zeros((states, years, items + 1)) if noise is None else noise
    return condition_paths(residual, *panel.readings, panel.span, item, persistence, noise, with_covariance)


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
    moments, samples = [], {"filtered": [], "smoothed": []}
    size = (len(panel.states), len(panel.years), len(panel.names) + 1)
    for arguments in draws:
        moment = np.stack(path_moments(panel, arguments, random.normal(size=size))[:6])
        moments.append(moment)
        for name, place in (("filtered", 0), ("smoothed", 3)):
            samples[name].append((moment[place] + moment[place + 2]).astype("float32"))
    moments, dims = np.stack(moments), ("state", "year")
    paths = {}
    for name, place in (("filtered", 0), ("smoothed", 3)):
        mean, variance = moments[:, place], moments[:, place + 1]
        paths[f"{name}_mean"] = (dims, mean.mean(0))
        paths[f"{name}_sd"] = (dims, np.sqrt(variance.mean(0) + mean.var(0)))
        paths[f"{name}_draw"] = (("sample", *dims), np.stack(samples[name]))
    return xr.Dataset(paths, coords={"state": panel.states, "year": panel.years})


def gaussian_path(panel: Panel, arguments: tuple) -> GaussianPath:
    """The smoothed paths given one value of the parameters."""
    moments = path_moments(panel, arguments, with_covariance=True)
    return GaussianPath(panel.years, moments[3], moments[6])
