"""Conflicts, and later missions, that a model has not seen.

A conflict's missions are left out together: sister missions (an invasion and the force that follows it) tell of each other. All
decisions on them are scored as one set.
"""

import numpy as np
import pandas as pd
import xarray as xr

from models.posterior import OutcomeDraws, mission_log_likelihood
from workflow.lib.checking.held_out import probability_summary, score_mission
from workflow.lib.checking.refits import Refitter, without
from workflow.lib.errors import UserError

SCORES = ["joint_log_score", "joint_log_score_se", "log_score", "brier", "joiners", "expected_joiners"]
SCORES += ["lower", "upper", "n_states"]
CONFLICT_COLUMNS = ["model", "conflict", "missions", *SCORES]
FUTURE_COLUMNS = ["model", "cutoff_year", "mission", *SCORES]


def score_conflict(
    draws: OutcomeDraws,
    data: xr.Dataset,
    missions: list[str],
    full: xr.DataArray | None,
    *,
    seed,
    interval: float,
) -> tuple[dict, xr.DataArray]:
    """Score all decisions on a conflict's missions, and their predicted probabilities.

    Parameters
    ----------
    draws : OutcomeDraws
        Of a fit that has not seen the missions; their own effects are draws of the distribution over missions.
    data : xarray.Dataset
        With the decisions.
    missions : list of str
    full : xarray.DataArray, shape (chain, draw), optional
        Log likelihood of the missions at draws that have seen them.
    """
    eta = draws.logit().sel(mission=missions).transpose("chain", "draw", "mission", "state")
    joined = data["joined"].sel(mission=missions).transpose("mission", "state")
    # the score takes one axis of decisions, whatever mission they are of
    cells = xr.DataArray(eta.values.reshape(*eta.shape[:2], -1), dims=("chain", "draw", "state"))
    decisions = xr.DataArray(joined.values.ravel(), dims="state")
    likelihood = mission_log_likelihood(draws.with_decisions(data), missions).sum("mission")
    score = score_mission(cells, decisions, seed=seed, interval=interval, likelihood=(likelihood, full))
    return score, probability_summary(eta, interval)


def leave_conflicts_out(
    refitter: Refitter, full: OutcomeDraws, model: str, *, seed: int, interval: float
) -> tuple[pd.DataFrame, xr.DataArray]:
    """Leave out each conflict once and score it.

    Returns
    -------
    rows : pandas.DataFrame
        Columns of `results/comparison/conflicts.csv`.
    probability : xarray.DataArray, shape (mission, state, statistic)
    """
    data = refitter.data
    names, conflicts = data["mission"].values, data["conflict"].values
    rows, summaries = [], []
    for position, conflict in enumerate(dict.fromkeys(conflicts.tolist())):
        chosen = conflicts == conflict
        missions = names[chosen].tolist()
        draws = refitter.fit(f"without {conflict}", without(data, chosen))
        full_likelihood = mission_log_likelihood(full, missions).sum("mission")
        score, probability = score_conflict(
            draws, data, missions, full_likelihood, seed=[seed, position], interval=interval
        )
        rows.append({"model": model, "conflict": conflict, "missions": len(missions), **score})
        summaries.append(probability)
    return pd.DataFrame(rows, columns=CONFLICT_COLUMNS), xr.concat(summaries, dim="mission")


def leave_future_out(
    refitter: Refitter, cutoff_year: int, model: str, *, seed: int, interval: float
) -> pd.DataFrame:
    """Score the missions that start in a year or later by a fit to those before, one by one.

    Raises
    ------
    UserError
        If the year leaves no mission to fit or none to predict.
    """
    data = refitter.data
    years = data["start_year"].values.astype(int)
    later = years >= cutoff_year
    if later.all() or not later.any():
        raise UserError(
            f"checks.future_from: {cutoff_year} leaves none to fit or none to predict of the missions in use, which start "
            f"between {years.min()} and {years.max()}; give a year after the first and not after the last, or null"
        )
    draws = refitter.fit(f"before {cutoff_year}", without(data, later))
    rows = []
    for position in np.flatnonzero(later):
        mission = str(data["mission"].values[position])
        score, _ = score_conflict(draws, data, [mission], None, seed=[seed, int(position)], interval=interval)
        rows.append({"model": model, "cutoff_year": cutoff_year, "mission": mission, **score})
    return pd.DataFrame(rows, columns=FUTURE_COLUMNS)


def score_unseen(
    refitter: Refitter, full: OutcomeDraws, model: str, future_from: int | None, *, seed: int, interval: float
) -> tuple[pd.DataFrame, pd.DataFrame, xr.DataArray]:
    """Scores of conflicts left out, of missions from a year on (none without a year), and probabilities of the former."""
    conflicts, probability = leave_conflicts_out(refitter, full, model, seed=seed, interval=interval)
    later = pd.DataFrame(columns=FUTURE_COLUMNS)
    if future_from is not None:
        later = leave_future_out(refitter, future_from, model, seed=seed, interval=interval)
    return conflicts, later, probability


def compare_conflicts(conflicts: pd.DataFrame, main: str | None = None) -> pd.DataFrame:
    """Total scores by model, differences from the main one (the best, if that is not scored) paired by conflict, and coverage.

    Returns
    -------
    pandas.DataFrame
        model, joint_log_score, difference, se_difference, log_score, brier, covered (number of conflicts whose number of joiners
        lies in the interval), mean_width (of that interval), conflicts, and the conflict that makes most of the difference with
        its share of it; best model first.
    """
    columns = ["model", "joint_log_score", "difference", "se_difference", "log_score", "brier"]
    columns += ["covered", "mean_width", "conflicts", "largest_conflict", "largest_share"]
    joint = conflicts.pivot(index="conflict", columns="model", values="joint_log_score")
    totals, rows = joint.sum().sort_values(ascending=False, kind="stable"), []
    reference = main if main in joint else next(iter(totals.index), None)
    for model, total in totals.items():
        model_rows = conflicts[conflicts["model"] == model]
        differences = joint[model] - joint[reference]
        shares = differences / differences.sum() if differences.sum() else differences * np.nan
        rows.append(
            {
                "model": model,
                "joint_log_score": total,
                "difference": differences.sum(),
                "se_difference": np.sqrt(len(joint)) * differences.std(ddof=1) if len(joint) > 1 else np.nan,
                "log_score": model_rows["log_score"].sum(),
                "brier": np.average(model_rows["brier"], weights=model_rows["n_states"]),
                "covered": int(model_rows["joiners"].between(model_rows["lower"], model_rows["upper"]).sum()),
                "mean_width": (model_rows["upper"] - model_rows["lower"]).mean(),
                "conflicts": len(joint),
                "largest_conflict": shares.idxmax() if shares.notna().any() else "",
                "largest_share": shares.max(),
            }
        )
    return pd.DataFrame(rows, columns=columns)
