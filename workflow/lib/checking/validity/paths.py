"""Paths of states: agreement within years, percentiles, and refits by posterior mode."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy import stats

from models.blocks.factor import Mode, Panel, find_mode, panel
from models.composition import Composition
from models.paths import path_moments
from models.priors import Priors

FEWEST_STATES = 10


def correlation_within_years(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Mean over years of the correlation over states, (..., S, T) each; what is missing in one is left out of both.

    Years with fewer than ten states, or without any difference between them, do not count.
    """
    seen = np.isfinite(first) & np.isfinite(second)
    number = seen.sum(-2)
    a, b = (_centred(np.where(seen, values, 0.0), seen) for values in np.broadcast_arrays(first, second))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = (a * b).sum(-2) / np.sqrt((a**2).sum(-2) * (b**2).sum(-2))
    counted = (number >= FEWEST_STATES) & np.isfinite(correlation)
    with np.errstate(invalid="ignore"):
        return np.where(counted, correlation, 0.0).sum(-1) / counted.sum(-1)


def _centred(value: np.ndarray, seen: np.ndarray) -> np.ndarray:
    mean = value.sum(-2, keepdims=True) / np.maximum(seen.sum(-2, keepdims=True), 1)
    return np.where(seen, value - mean, 0.0)


def without_year_means(value: np.ndarray) -> np.ndarray:
    """Values (S, T) less the mean of each year over the states that have one."""
    seen = np.isfinite(value)
    return np.where(seen, _centred(np.where(seen, value, 0.0), seen), np.nan)


def percentiles(value: np.ndarray) -> np.ndarray:
    """Share of the year's other states that are below, 0 to 1, along the last but one axis (..., S, T); ties count half."""
    rank = stats.rankdata(value, axis=-2, nan_policy="omit") - 1
    number = np.isfinite(value).sum(-2, keepdims=True)
    return rank / np.maximum(number - 1, 1)


@dataclass(frozen=True)
class Refit:
    """A measurement at its posterior mode.

    Attributes
    ----------
    panel : Panel
    mode : Mode
    smoothed, filtered : array, shape (S, T)
        Means of the paths, high where indicators stand as expected of a good relationship.
    """

    panel: Panel
    mode: Mode
    smoothed: np.ndarray
    filtered: np.ndarray


def paths_at(panel: Panel, mode: Mode) -> Refit:
    """Means of the paths at given parameters, turned so that the indicators point where the codebook says."""
    moments = path_moments(panel, mode.arguments())
    sign = 1.0 if np.nansum(mode.item[:, 0] * panel.direction) >= 0 else -1.0
    return Refit(panel, mode, sign * moments[3], sign * moments[0])


def refit(panel: Panel, priors: Priors) -> Refit:
    """Mode and paths of a panel."""
    return paths_at(panel, find_mode(panel, priors))


def without_each(composition: Composition, data: xr.Dataset, priors: Priors) -> Mapping[str, Refit]:
    """The measurement without each of its indicators; empty where too few would be left."""
    names = composition.indicator_names(data)
    if len(names) < 3:
        return {}
    return {
        name: refit(
            panel(replace(composition, indicators=tuple(n for n in names if n != name)), data), priors
        )
        for name in names
    }


def parameters_of(posterior: xr.Dataset, level: xr.Dataset) -> Mode:
    """Posterior means of an archive's parameters, as a mode; ``level`` is the archive's group of that name."""
    mean, persistence = posterior.mean(("chain", "draw")), float(level["persistence"])
    loading, sd = mean["loading"].values, mean["error_sd"].values
    item = np.stack([loading, sd, np.full_like(loading, persistence)], axis=1)
    slope = mean["adjustment"].values if "adjustment" in mean else np.zeros(0)
    levels = level["level"].sel(indicator=mean["indicator"].values).transpose("indicator", "year")
    return Mode(levels.values, item, slope, persistence, np.nan)
