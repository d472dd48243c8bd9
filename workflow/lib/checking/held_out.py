"""Score decisions that a model has not seen.

A mission is a set of decisions and is scored as a set: its joint log score is the log of the posterior mean of the product over
its states, which sees whether a model knows how large a mission may be and who goes together; the sum of the states' own log
scores stands beside it. Fails with a `ValueError` when the draws and the decisions do not fit together.
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from scipy.special import expit, logsumexp

from workflow.lib.checking.convergence import convergence
from workflow.lib.checking.draws import flat_draws, interval_probabilities
from workflow.lib.checking.scores import brier_score, log_score

BRIDGE_STEPS = 1000


def log_mean_likelihood(held_out: xr.DataArray, full: xr.DataArray | None = None) -> tuple[float, float]:
    """Log of the mean likelihood of new data over a posterior that has not seen them, and its Monte Carlo error.

    Draws that have not seen the data rarely hit where they are likely, so a plain mean hangs on a few draws. With draws of
    the posterior that has seen them, too, the mean is the ratio of the two posteriors' normalising constants, which the
    optimal bridge between them tells best (Bennett 1976; Meng & Wong 1996, equation 4.1).

    Parameters
    ----------
    held_out, full : xarray.DataArray, shape (chain, draw)
        Log likelihood of the new data at draws that have not, and have, seen them. Without the latter: the plain mean.

    Returns
    -------
    log_mean, standard_error : float
        The error is that of the log, by the delta method from effective sample sizes.
    """
    unseen = _chains(held_out)
    if full is None:
        weight = np.exp(unseen - unseen.max())
        return float(logsumexp(unseen) - np.log(unseen.size)), float(np.sqrt(_relative_variance(weight)))
    seen = _chains(full)
    log_share_seen, log_share_unseen = (np.log(x.size / (seen.size + unseen.size)) for x in (seen, unseen))
    log_ratio = float(np.median(unseen))
    for _ in range(BRIDGE_STEPS):
        upper = unseen - np.logaddexp(log_share_seen + unseen, log_share_unseen + log_ratio)
        lower = -np.logaddexp(log_share_seen + seen, log_share_unseen + log_ratio)
        previous = log_ratio
        log_ratio = float(logsumexp(upper) - np.log(unseen.size) - logsumexp(lower) + np.log(seen.size))
        if abs(log_ratio - previous) < 1e-8:
            break
    variance = sum(_relative_variance(np.exp(x - x.max())) for x in (upper, lower))
    return log_ratio, float(np.sqrt(variance))


def _chains(values: xr.DataArray) -> np.ndarray:
    return values.transpose("chain", "draw").values.astype(float)


def _relative_variance(values: np.ndarray) -> float:
    """Variance of the mean of draws (chain, draw), over the squared mean."""
    if np.ptp(values) == 0:
        return 0.0
    _, bulk, _ = convergence(values[None])
    return float(values.var() / values.mean() ** 2 / max(float(bulk[0]), 1.0))


def score_mission(
    logit: xr.DataArray,
    joined: xr.DataArray,
    *,
    seed: int | Sequence[int],
    interval: float,
    likelihood: tuple[xr.DataArray, xr.DataArray | None],
) -> dict:
    """Score the decisions on one held-out mission.

    Parameters
    ----------
    logit : xarray.DataArray, shape (chain, draw, state)
        Draws of the logit from a posterior that has not seen the mission.
    joined : xarray.DataArray, shape (state,)
        1 or 0, NaN where not eligible.
    seed : int or sequence of int
        Of the replicated numbers of joiners.
    interval : float
        Probability of the prediction interval of the number of joiners.
    likelihood : pair of xarray.DataArray, each of shape (chain, draw)
        Log likelihood of the mission at draws that have not, and have, seen it (``log_mean_likelihood``; None for draws
        that there are not).

    Returns
    -------
    dict
        `joint_log_score` = log(mean over draws of the product over states) and its Monte Carlo error
        `joint_log_score_se`, `log_score` = sum over states of log(mean over draws), `brier` (mean over states),
        `joiners`, `expected_joiners`, `lower`, `upper` (equal-tailed prediction interval, decisions included), `n_states`.
    """
    decisions, logits = _eligible(logit, joined)
    joint, error = log_mean_likelihood(*likelihood)
    probabilities = expit(logits)
    mean_probability = probabilities.mean(axis=0)
    generator = np.random.default_rng(seed)
    replicated = (generator.random(probabilities.shape) < probabilities).sum(axis=1)
    lower, upper = np.quantile(replicated, interval_probabilities(interval))
    return {
        "joint_log_score": joint,
        "log_score": log_score(mean_probability, decisions),
        "brier": brier_score(mean_probability, decisions),
        "joiners": int(decisions.sum()),
        "expected_joiners": float(mean_probability.sum()),
        "lower": float(lower),
        "upper": float(upper),
        "n_states": len(decisions),
        "joint_log_score_se": error,
    }


def _eligible(logit: xr.DataArray, joined: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    """Decisions (state,) and logits (sample, state) of the eligible states."""
    if "state" in logit.coords and "state" in joined.coords:
        joined = joined.reindex(state=logit["state"])
    if logit.sizes["state"] != joined.sizes["state"]:
        raise ValueError(f"{logit.sizes['state']} states have draws, {joined.sizes['state']} have decisions")
    decisions = joined.values.astype(float)
    eligible = ~np.isnan(decisions)
    if not eligible.any():
        raise ValueError("the mission has no eligible state to score")
    logits = flat_draws(logit).values.astype(float)[:, eligible]
    if not np.isfinite(logits).all():
        raise ValueError("the logit of an eligible state is not finite")
    return decisions[eligible], logits


def probability_summary(logit: xr.DataArray, interval: float) -> xr.DataArray:
    """Mean and equal-tailed interval of the probability of joining.

    Parameters
    ----------
    logit : xarray.DataArray, shape (chain, draw, ..., state)

    Returns
    -------
    xarray.DataArray, shape (..., state, statistic)
        statistic: mean, lower, upper.
    """
    flat = flat_draws(logit)
    probabilities = expit(flat.values.astype(float))
    lower, upper = np.quantile(probabilities, interval_probabilities(interval), axis=0)
    values = np.stack([probabilities.mean(axis=0), lower, upper], axis=-1)
    coords = {name: flat.coords[name] for name in flat.dims[1:] if name in flat.coords}
    return xr.DataArray(
        values, dims=(*flat.dims[1:], "statistic"), coords={**coords, "statistic": ["mean", "lower", "upper"]}
    )
