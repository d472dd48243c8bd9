"""Replicated decisions, and the statistics of a set of decisions that checks compare.

From draws of the logit of joining and the decisions to replicates; from replicates to figures. A replicate is one data set drawn
from one draw of the parameters; the same seed gives the same replicates.
"""

import numpy as np
import xarray as xr
from scipy.special import expit

from workflow.lib.checking.draws import thinned

TIMES_JOINED = {"0": (0, 0), "1": (1, 1), "2": (2, 2), "3-5": (3, 5), "6-10": (6, 10), "11+": (11, 10_000)}
PAIR_STATISTICS = (
    *("mean_missions_together", "sd_missions_together", "most_missions_together"),
    "mean_shared_joiners",
)


def replicate_joined(
    logit: xr.DataArray, joined: xr.DataArray, *, seed: int, replicates: int
) -> xr.DataArray:
    """Draw replicated decisions, one data set for each of up to `replicates` evenly spaced posterior draws.

    Parameters
    ----------
    logit : xarray.DataArray, shape (chain, draw, mission, state)
    joined : xarray.DataArray, shape (mission, state)
        Observed decisions; NaN where not eligible.
    seed : int
    replicates : int

    Returns
    -------
    xarray.DataArray, shape (replicate, mission, state), int8
        1 or 0; 0 where not eligible.
    """
    joined = joined.transpose("mission", "state")
    chosen = thinned(logit, replicates).transpose("sample", "mission", "state")
    if chosen.shape[1:] != joined.shape:
        raise ValueError(f"logit has (mission, state) {chosen.shape[1:]}, decisions have {joined.shape}")
    eligible = joined.notnull().values
    if not np.isfinite(chosen.values[:, eligible]).all():
        raise ValueError("the logit of an eligible state is not finite")
    generator = np.random.default_rng(seed)
    values = np.zeros(chosen.shape, dtype=np.int8)
    for i in range(len(values)):
        uniform = generator.random(joined.shape, dtype=np.float32)
        values[i] = eligible & (uniform < expit(np.where(eligible, chosen.values[i], 0)))
    coords = {name: joined.coords[name] for name in ("mission", "state") if name in joined.coords}
    return xr.DataArray(values, dims=("replicate", "mission", "state"), coords=coords, attrs={"seed": seed})


def upper_p_value(replicated: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Share of replicates above the observed value plus half of those equal to it; shape of `observed`.

    Equality is up to rounding error, so that a statistic computed in two orders of summation is still met.
    """
    tolerance = 1e-9 * np.maximum(np.abs(observed), 1)
    equal = np.abs(replicated - observed) <= tolerance
    return ((replicated > observed) & ~equal).mean(axis=0) + equal.mean(axis=0) / 2


def repeat_joiners(joined: np.ndarray) -> np.ndarray:
    """Share of states that joined 0, 1, 2, 3-5, 6-10 or more missions.

    Parameters
    ----------
    joined : numpy.ndarray, shape (replicate, mission, state)

    Returns
    -------
    numpy.ndarray, shape (replicate, class)
    """
    times = joined.sum(axis=1)
    within = [(times >= low) & (times <= high) for low, high in TIMES_JOINED.values()]
    return np.stack(within).mean(axis=2).T


def pair_statistics(joined: np.ndarray) -> dict[str, np.ndarray]:
    """How often two states join together, and how many joiners two missions share.

    Independent decisions understate both when states follow each other or when the same states always come.

    Parameters
    ----------
    joined : numpy.ndarray, shape (replicate, mission, state)

    Returns
    -------
    dict of str to numpy.ndarray, shape (replicate,)
        `mean_missions_together` and `sd_missions_together` (over pairs of states), `most_missions_together`,
        and `mean_shared_joiners` (over pairs of missions: size of the intersection over that of the smaller
        mission; missions without joiners left out).
    """
    replicates, missions, states = joined.shape
    state_pairs = np.triu_indices(states, 1)
    mission_pairs = np.triu_indices(missions, 1)
    statistics = np.zeros((4, replicates))
    for i in range(replicates):
        values = joined[i].astype(np.float32)
        together = (values.T @ values)[state_pairs]
        if together.size:
            statistics[:3, i] = together.mean(dtype=float), together.std(dtype=float), together.max()
        sizes = values.sum(axis=1)
        smaller = np.minimum(sizes[mission_pairs[0]], sizes[mission_pairs[1]])
        shared = (values @ values.T)[mission_pairs]
        if (smaller > 0).any():
            statistics[3, i] = (shared[smaller > 0] / smaller[smaller > 0]).mean(dtype=float)
    return dict(zip(PAIR_STATISTICS, statistics, strict=True))
