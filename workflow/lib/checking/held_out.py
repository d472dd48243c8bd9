"""Missions that a model has not seen: leave-one-mission-out and leave-future-out.

From: a function, given by the caller, that refits a model without a mission (or with missions before a year)
and returns draws of the logit for what was left out, whose mission effects are drawn from their prior. To:
rows of `results/comparison/missions.csv` and `results/comparison/future.csv`. A mission is a set of decisions
and is scored as a set: its **joint** log score is the log of the posterior mean of the product over its
states, which sees whether a model knows how large a mission may be and who goes together; the sum of the
states' own log scores stands beside it. Fails with a `ValueError` when the draws and the decisions do not fit
together.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import expit, logsumexp

from workflow.lib.checking.convergence import convergence
from workflow.lib.checking.draws import flat_draws, interval_probabilities
from workflow.lib.checking.scores import bernoulli_log_likelihood, brier_score, log_score
from workflow.lib.errors import UserError

BRIDGE_STEPS = 1000
MISSION_COLUMNS = [
    "model",
    "mission",
    "joint_log_score",
    "log_score",
    "brier",
    "joiners",
    "expected_joiners",
    "lower",
    "upper",
    "n_states",
    "joint_log_score_se",
]
TOTAL_COLUMNS = [
    "model",
    "joint_log_score",
    "difference",
    "se_difference",
    "log_score",
    "brier",
    "covered",
    "missions",
]
FUTURE_COLUMNS = ["model", "cutoff_year", *MISSION_COLUMNS[1:]]


def log_mean_likelihood(without: xr.DataArray, within: xr.DataArray | None = None) -> tuple[float, float]:
    """Log of the mean likelihood of new data over a posterior that has not seen them, and its Monte Carlo error.

    Draws that have not seen the data rarely hit where they are likely, so a plain mean hangs on a few draws. With draws of
    the posterior that has seen them, too, the mean is the ratio of the two posteriors' normalising constants, which the
    optimal bridge between them tells best (Bennett 1976; Meng & Wong 1996, equation 4.1).

    Parameters
    ----------
    without, within : xarray.DataArray, shape (chain, draw)
        Log likelihood of the new data at draws that have not, and have, seen them. Without the latter: the plain mean.

    Returns
    -------
    log_mean, standard_error : float
        The error is that of the log, by the delta method from effective sample sizes.
    """
    new = _chains(without)
    if within is None:
        weight = np.exp(new - new.max())
        return float(logsumexp(new) - np.log(new.size)), float(np.sqrt(_relative_variance(weight)))
    old = _chains(within)
    share_old, share_new = (np.log(x.size / (old.size + new.size)) for x in (old, new))
    ratio = float(np.median(new))
    for _ in range(BRIDGE_STEPS):
        upper = new - np.logaddexp(share_old + new, share_new + ratio)
        lower = -np.logaddexp(share_old + old, share_new + ratio)
        before = ratio
        ratio = float(logsumexp(upper) - np.log(new.size) - logsumexp(lower) + np.log(old.size))
        if abs(ratio - before) < 1e-8:
            break
    error = sum(_relative_variance(np.exp(x - x.max())) for x in (upper, lower))
    return ratio, float(np.sqrt(error))


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
    likelihood: tuple[xr.DataArray, xr.DataArray | None] | None = None,
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
    likelihood : pair of xarray.DataArray, each of shape (chain, draw), optional
        Log likelihood of the mission at draws that have not, and have, seen it (``log_mean_likelihood``; None for draws
        that there are not); when absent that of the logits.

    Returns
    -------
    dict
        `joint_log_score` = log(mean over draws of the product over states) and its Monte Carlo error
        `joint_log_score_se`, `log_score` = sum over states of log(mean over draws), `brier` (mean over states),
        `joiners`, `expected_joiners`, `lower`, `upper` (equal-tailed prediction interval, decisions included), `n_states`.
    """
    if "state" in logit.coords and "state" in joined.coords:
        joined = joined.reindex(state=logit["state"])
    if logit.sizes["state"] != joined.sizes["state"]:
        raise ValueError(f"{logit.sizes['state']} states have draws, {joined.sizes['state']} have decisions")
    decisions = joined.values.astype(float)
    eligible = ~np.isnan(decisions)
    if not eligible.any():
        raise ValueError("the mission has no eligible state to score")
    decisions = decisions[eligible]
    logits = flat_draws(logit).values.astype(float)[:, eligible]
    if not np.isfinite(logits).all():
        raise ValueError("the logit of an eligible state is not finite")
    if likelihood is None:
        by_draw = bernoulli_log_likelihood(logits, decisions).sum(axis=1)
        shape = (logit.sizes["chain"], logit.sizes["draw"])
        likelihood = (xr.DataArray(by_draw.reshape(shape), dims=("chain", "draw")), None)
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
        "n_states": int(eligible.sum()),
        "joint_log_score_se": error,
    }


def leave_one_mission_out(
    fit_without: Callable[[str], tuple[xr.DataArray, tuple[xr.DataArray, xr.DataArray] | None]],
    data: xr.Dataset,
    model: str,
    *,
    seed: int,
    interval: float,
    missions: Iterable[str] | None = None,
) -> tuple[pd.DataFrame, xr.DataArray]:
    """Hold out each mission once and score it.

    Parameters
    ----------
    fit_without : callable
        mission -> draws of its logit (chain, draw, state) from a fit that has not seen it, and the `likelihood` of
        `score_mission`.
    data : xarray.Dataset
        Analysis data set with `joined` (mission, state).
    model : str
        Name of the model in the config.
    seed : int
        Each mission's replicates use (seed, position of the mission in the data): independent of which are
        held out.
    interval : float
        Probability of the prediction interval.
    missions : iterable of str, optional
        Missions to hold out; all when absent.

    Returns
    -------
    rows : pandas.DataFrame
        Columns of `results/comparison/missions.csv`.
    probability : xarray.DataArray, shape (mission, state, statistic)
        `mean`, `lower`, `upper` of the held-out probability of joining, for `results/predictions.csv`.
    """
    names = [str(name) for name in data["mission"].values]
    chosen = names if missions is None else [str(name) for name in missions]
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        raise ValueError(f"no such mission in the data: {', '.join(unknown)}")
    rows, summaries = [], []
    for mission in chosen:
        logit, likelihood = fit_without(mission)
        joined = data["joined"].sel(mission=mission, drop=True)
        own_seed = [seed, names.index(mission)]
        score = score_mission(logit, joined, seed=own_seed, interval=interval, likelihood=likelihood)
        rows.append({"model": model, "mission": mission, **score})
        summaries.append(probability_summary(logit, interval))
    probability = xr.concat(summaries, dim=pd.Index(chosen, name="mission"), join="outer")
    return pd.DataFrame(rows, columns=MISSION_COLUMNS), probability


def leave_future_out(
    fit_before: Callable[[int], tuple[xr.DataArray, xr.DataArray]],
    data: xr.Dataset,
    cutoff_year: int,
    model: str,
    *,
    seed: int,
    interval: float,
) -> pd.DataFrame:
    """Score the missions that start in a year or later by a fit to those before.

    Parameters
    ----------
    fit_before : callable
        cutoff year -> draws of the logit (chain, draw, mission, state) and the log likelihood by mission (chain, draw,
        mission), of at least the later missions, from a fit that has only seen earlier ones.
    data : xarray.Dataset
        Analysis data set with `joined` (mission, state) and `start_year` (mission).
    cutoff_year : int
        First year of what is predicted.
    model, seed, interval
        As in `leave_one_mission_out`.

    Returns
    -------
    pandas.DataFrame
        Columns of `results/comparison/future.csv`: model, cutoff_year, mission, then those of missions.csv. Each mission
        is scored given the earlier ones, not given the others that are predicted.

    Raises
    ------
    UserError
        If the year leaves no mission to fit or none to predict.
    """
    names = [str(name) for name in data["mission"].values]
    years = data["start_year"].values.astype(int)
    later = years >= cutoff_year
    if later.all() or not later.any():
        raise UserError(
            f"checks.future_from: {cutoff_year} leaves none to fit or none to predict of the missions in use, which start "
            f"between {years.min()} and {years.max()}; give a year after the first and not after the last, or null"
        )
    logit, likelihood = fit_before(cutoff_year)
    rows = []
    for place in np.flatnonzero(later):
        mission = names[place]
        score = score_mission(
            logit.sel(mission=mission, drop=True),
            data["joined"].sel(mission=mission, drop=True),
            seed=[seed, int(place)],
            interval=interval,
            likelihood=(likelihood.sel(mission=mission, drop=True), None),
        )
        rows.append({"model": model, "cutoff_year": cutoff_year, "mission": mission, **score})
    return pd.DataFrame(rows, columns=FUTURE_COLUMNS)


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
    kept = {name: flat.coords[name] for name in flat.dims[1:] if name in flat.coords}
    return xr.DataArray(
        values, dims=(*flat.dims[1:], "statistic"), coords={**kept, "statistic": ["mean", "lower", "upper"]}
    )


def compare_held_out(missions: pd.DataFrame) -> pd.DataFrame:
    """Total scores by model and differences to the best one, paired by mission.

    Parameters
    ----------
    missions : pandas.DataFrame
        Rows of `results/comparison/missions.csv` of several models, each with the same missions; none where no model was
        scored so.

    Returns
    -------
    pandas.DataFrame
        model, joint_log_score (sum), difference and se_difference (paired over missions: square root of the
        number of missions times the standard deviation of the differences), log_score (sum), brier (mean over
        decisions), covered (share of missions whose number of joiners lies in the interval), missions; best
        model first.

    Raises
    ------
    ValueError
        The models were scored on different missions.
    """
    joint = missions.pivot(index="mission", columns="model", values="joint_log_score")
    if joint.isna().to_numpy().any():
        raise ValueError("the models were scored on different missions and cannot be compared")
    totals = joint.sum().sort_values(ascending=False, kind="stable")
    rows = []
    for model, total in totals.items():
        own = missions[missions["model"] == model]
        differences = joint[model] - joint[totals.index[0]]
        rows.append(
            {
                "model": model,
                "joint_log_score": total,
                "difference": differences.sum(),
                "se_difference": np.sqrt(len(joint)) * differences.std(ddof=1) if len(joint) > 1 else np.nan,
                "log_score": own["log_score"].sum(),
                "brier": np.average(own["brier"], weights=own["n_states"]),
                "covered": own["joiners"].between(own["lower"], own["upper"]).mean(),
                "missions": len(joint),
            }
        )
    return pd.DataFrame(rows, columns=TOTAL_COLUMNS)
