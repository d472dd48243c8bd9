"""Data simulated from parameters, with the margins and the gaps of given data. Pure NumPy; uses no PyMC graph."""

import numpy as np
import xarray as xr

from models.blocks.factor import Panel


def simulate_outcome(eta: np.ndarray, data: xr.Dataset, random: np.random.Generator) -> xr.Dataset:
    """The data with decisions drawn at logits (M, S) where they are scored, all certain."""
    joined = data.joined.transpose("mission", "state")
    drawn = (random.random(joined.shape) < 1 / (1 + np.exp(-eta))).astype(float)
    return data.assign(
        joined=joined.copy(data=np.where(joined.notnull(), drawn, np.nan)),
        certainty=xr.where(joined.notnull(), 1.0, np.nan),
    )


def autoregression(
    sd: float, persistence: float, shape: tuple[int, int], random: np.random.Generator
) -> np.ndarray:
    """Stationary first-order autoregressions along the last axis."""
    found = random.normal(size=shape) * sd
    for t in range(1, shape[1]):
        innovation = sd * np.sqrt(1 - persistence**2)
        found[:, t] = persistence * found[:, t - 1] + innovation * random.normal(size=shape[0])
    return found


def simulate_panel(
    panel: Panel,
    item: np.ndarray,
    persistence: float,
    level: np.ndarray,
    random: np.random.Generator,
    path: np.ndarray | None = None,
    adjustment: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Paths and indicators where they were seen.

    Parameters
    ----------
    panel : Panel
        Gaps, spans and adjusters.
    item : array, shape (K, 3)
        Loading, error's standard deviation and persistence.
    persistence : float
    level : array, shape (K, T)
    path : array, shape (S, T), optional
        Take these paths instead of drawn ones.
    adjustment : array, shape (A,), optional

    Returns
    -------
    path (S, T), value (S, K, T)
        Values are NaN where nothing was seen.
    """
    states, items, years = panel.value.shape
    path = autoregression(1.0, persistence, (states, years), random) if path is None else path
    value = np.empty((states, items, years))
    for k, (loading, sd, rho) in enumerate(item):
        value[:, k] = level[k] + loading * path + autoregression(sd, rho, (states, years), random)
    for (k, j), slope in zip(
        panel.pairs, adjustment if adjustment is not None else np.zeros(len(panel.pairs)), strict=True
    ):
        value[:, k] += slope * panel.adjuster[j]
    return path, np.where(panel.seen, value, np.nan)
