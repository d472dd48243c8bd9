"""Predictive checks of who joins: what the model would have produced against what happened.

From: draws of the logit of joining (chain, draw, mission, state), from the posterior or the prior, and the
analysis data set. To: `results/<model>/predictive.nc` (replicated summaries), `results/checks/predictive.csv`
(one row a statistic) and rows of `results/predictions.csv`. A replicate is one data set drawn from one draw
of the parameters; the same seed gives the same replicates. Fails with a `ValueError` when draws and data do
not fit together.

Source: Gelman, Meng & Stern (1996), Statistica Sinica 6, 733-807. The p-value is the share of replicates
above the observed value plus half of those equal to it, so that a discrete statistic that is met exactly
gives one half.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import expit

from workflow.lib.checking.draws import interval_probabilities, thinned
from workflow.lib.checking.held_out import probability_summary

CHECK_COLUMNS = [
    "check",
    "model",
    "item",
    "scope",
    "statistic",
    "observed",
    "mean",
    "lower",
    "upper",
    "p_value",
]
PREDICTION_COLUMNS = ["model", "mission", "state", "joined", "mean", "lower", "upper", "held_out"]

# First code of each region in the Correlates of War numbering of states.
REGIONS = {
    "Americas": (2, 199),
    "Europe": (200, 399),
    "Sub-Saharan Africa": (400, 599),
    "Middle East and North Africa": (600, 699),
    "Asia": (700, 899),
    "Oceania": (900, 999),
}
ERAS = {"before_1990": (0, 1989), "after_1990": (1990, 9999)}
TIMES_JOINED = {"0": (0, 0), "1": (1, 1), "2": (2, 2), "3-5": (3, 5), "6-10": (6, 10), "11+": (11, 10_000)}
CALIBRATION_BINS = 10


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


def check_rows(
    replicated: np.ndarray,
    observed: np.ndarray,
    items: list,
    *,
    check: str,
    model: str,
    statistic: str,
    interval: float,
    scope: str = "all",
) -> list[dict]:
    """Rows of a predictive check from replicated and observed values of a statistic.

    Parameters
    ----------
    replicated : numpy.ndarray, shape (replicate, item)
    observed : numpy.ndarray, shape (item,)
    items : list, length item
    """
    lower, upper = np.quantile(replicated, interval_probabilities(interval), axis=0)
    p_values = upper_p_value(replicated, observed)
    return [
        {
            "check": check,
            "model": model,
            "item": item,
            "scope": scope,
            "statistic": statistic,
            "observed": float(observed[i]),
            "mean": float(replicated[:, i].mean()),
            "lower": float(lower[i]),
            "upper": float(upper[i]),
            "p_value": float(p_values[i]),
        }
        for i, item in enumerate(items)
    ]


def upper_p_value(replicated: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Share of replicates above the observed value plus half of those equal to it; shape of `observed`.

    Equality is up to rounding error, so that a statistic computed in two orders of summation is still met.
    """
    tolerance = 1e-9 * np.maximum(np.abs(observed), 1)
    equal = np.abs(replicated - observed) <= tolerance
    return ((replicated > observed) & ~equal).mean(axis=0) + equal.mean(axis=0) / 2


def predictive_checks(
    logit: xr.DataArray,
    data: xr.Dataset,
    model: str,
    *,
    seed: int,
    interval: float,
    replicates: int = 1000,
) -> pd.DataFrame:
    """Posterior predictive checks of who joins.

    Parameters
    ----------
    logit : xarray.DataArray, shape (chain, draw, mission, state)
    data : xarray.Dataset
        Analysis data set with `joined` and `start_year`; states are coordinates in Correlates of War numbers.
    model : str
    seed : int
    interval : float
    replicates : int

    Returns
    -------
    pandas.DataFrame
        Columns check, model, item, scope, statistic, observed, mean, lower, upper, p_value. Checks: the
        number of joiners of each mission and their spread; the share of states that joined k missions (repeat
        joiners); joiners by region and era; pairs (how often two states join together, how many joiners two
        missions share); calibration (joiners within each tenth of predicted probability).
    """
    joined = data["joined"].transpose("mission", "state")
    replicated = replicate_joined(logit, joined, seed=seed, replicates=replicates)
    observed = joined.fillna(0).values.astype(np.int8)
    common = {"model": model, "interval": interval}
    missions = [str(name) for name in data["mission"].values]
    rows = []

    sizes, observed_sizes = replicated.values.sum(axis=2), observed.sum(axis=1)
    rows += check_rows(
        sizes, observed_sizes, missions, check="joiners_per_mission", statistic="joiners", **common
    )
    for name, function in (("sd", np.std), ("smallest", np.min), ("largest", np.max)):
        rows += check_rows(
            function(sizes, axis=1)[:, None],
            np.array([function(observed_sizes)]),
            ["all missions"],
            check="spread_of_joiners",
            statistic=name,
            **common,
        )

    times, observed_times = repeat_joiners(replicated.values), repeat_joiners(observed[None])[0]
    rows += check_rows(
        times,
        observed_times,
        list(TIMES_JOINED),
        check="repeat_joiners",
        statistic="share_of_states",
        **common,
    )

    for era, mission_rows in _groups(data["start_year"].values, ERAS).items():
        for region, columns in _groups(data["state"].values, REGIONS).items():
            block = np.ix_(mission_rows, columns)
            if not joined.notnull().values[block].any():
                continue
            rows += check_rows(
                replicated.values[:, mission_rows][:, :, columns].sum(axis=(1, 2))[:, None],
                np.array([observed[block].sum()]),
                [region],
                check="joiners_by_region",
                statistic="joiners",
                scope=era,
                **common,
            )

    pairs, observed_pairs = pair_statistics(replicated.values), pair_statistics(observed[None])
    for name, values in pairs.items():
        rows += check_rows(
            values[:, None], observed_pairs[name], ["all pairs"], check="pairs", statistic=name, **common
        )
    rows += _calibration_rows(logit, joined, replicated.values, common)
    return pd.DataFrame(rows, columns=CHECK_COLUMNS)


def prior_predictive_checks(
    logit: xr.DataArray,
    data: xr.Dataset,
    model: str,
    *,
    seed: int,
    interval: float,
    replicates: int = 1000,
) -> pd.DataFrame:
    """What the priors alone say about how many states join each mission.

    Returns
    -------
    pandas.DataFrame
        Check `prior_joiners`, one row a mission and statistic: `joiners`, and `share` of the eligible states;
        and one row each for the prior probability that nobody joins and that more than half of the eligible
        states do (item `all missions`; the observed figure beside it).
    """
    joined = data["joined"].transpose("mission", "state")
    replicated = replicate_joined(logit, joined, seed=seed, replicates=replicates).values.sum(axis=2)
    eligible = joined.notnull().values.sum(axis=1)
    observed = joined.fillna(0).values.sum(axis=1)
    missions = [str(name) for name in data["mission"].values]
    common = {"check": "prior_joiners", "model": model, "interval": interval}
    rows = check_rows(replicated, observed, missions, statistic="joiners", **common)
    rows += check_rows(replicated / eligible, observed / eligible, missions, statistic="share", **common)
    extremes: Mapping[str, Callable] = {
        "share_of_missions_without_joiners": lambda counts: (counts == 0).mean(axis=-1),
        "share_of_missions_joined_by_most": lambda counts: (counts > eligible / 2).mean(axis=-1),
    }
    for name, function in extremes.items():
        rows += check_rows(
            function(replicated)[:, None],
            np.array([function(observed)]),
            ["all missions"],
            statistic=name,
            **common,
        )
    return pd.DataFrame(rows, columns=CHECK_COLUMNS)


def predictive_summaries(
    logit: xr.DataArray, data: xr.Dataset, *, seed: int, interval: float, replicates: int = 1000
) -> xr.DataTree:
    """Replicated and observed summaries, as `results/<model>/predictive.nc` holds them.

    Returns
    -------
    xarray.DataTree
        Group `posterior_predictive`: `joiners` (replicate, mission), `missions_joined` (replicate, state),
        `joined_together` (replicate); `probability` (mission, state, statistic). Group `observed_data`: the
        same names without replicates, and `joined`. The seed stands in the attributes.
    """
    joined = data["joined"].transpose("mission", "state")
    replicated = replicate_joined(logit, joined, seed=seed, replicates=replicates)
    observed = joined.fillna(0)
    together = pair_statistics(replicated.values)["mean_missions_together"]
    predictive = xr.Dataset(
        {
            "joiners": replicated.sum("state").astype(np.int32),
            "missions_joined": replicated.sum("mission").astype(np.int32),
            "joined_together": ("replicate", together),
            "probability": probability_summary(logit, interval).astype(np.float32),
        },
        attrs={"seed": seed, "interval": interval},
    )
    observed_data = xr.Dataset(
        {
            "joined": joined,
            "joiners": observed.sum("state").astype(np.int32),
            "missions_joined": observed.sum("mission").astype(np.int32),
            "joined_together": pair_statistics(observed.values[None].astype(np.int8))[
                "mean_missions_together"
            ][0],
        }
    )
    return xr.DataTree.from_dict({"posterior_predictive": predictive, "observed_data": observed_data})


def prediction_rows(
    probability: xr.DataArray, data: xr.Dataset, model: str, *, held_out: bool
) -> pd.DataFrame:
    """Rows of `results/predictions.csv`, one for each eligible state of each mission.

    Parameters
    ----------
    probability : xarray.DataArray, shape (mission, state, statistic)
        mean, lower, upper; from `held_out.probability_summary` or `held_out.leave_one_mission_out`.
    data : xarray.Dataset
        Analysis data set with `joined`.
    model : str
    held_out : bool
        Whether the fit had not seen the mission.
    """
    joined = data["joined"].sel(mission=probability["mission"], state=probability["state"])
    joined = joined.transpose("mission", "state")
    probability = probability.transpose("mission", "state", "statistic")
    mission_rows, state_columns = np.nonzero(joined.notnull().values)
    values = {name: probability.sel(statistic=name).values for name in ("mean", "lower", "upper")}
    return pd.DataFrame(
        {
            "model": model,
            "mission": probability["mission"].values[mission_rows],
            "state": probability["state"].values[state_columns],
            "joined": joined.values[mission_rows, state_columns].astype(int),
            **{name: array[mission_rows, state_columns] for name, array in values.items()},
            "held_out": held_out,
        },
        columns=PREDICTION_COLUMNS,
    )


def failed_checks(checks: pd.DataFrame, level: float = 0.05) -> pd.DataFrame:
    """Rows whose two-sided p-value, twice the smaller tail, survives Holm's correction within the check.

    Parameters
    ----------
    checks : pandas.DataFrame
        Rows of a predictive check with `check`, `model`, `p_value`.
    level : float
        Chance of naming any row of a check that a right model would have produced (posterior predictive
        p-values are conservative: the true chance is smaller).
    """
    two_sided = 2 * np.minimum(checks["p_value"], 1 - checks["p_value"])
    failed = np.zeros(len(checks), dtype=bool)
    for _, rows in checks.groupby(["check", "model"], sort=False).indices.items():
        ordered = rows[np.argsort(two_sided.to_numpy()[rows], kind="stable")]
        limits = level / np.arange(len(rows), 0, -1)
        below = two_sided.to_numpy()[ordered] <= limits
        failed[ordered[: len(rows) if below.all() else below.argmin()]] = True
    return checks[failed]


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
    return np.stack(
        [((times >= low) & (times <= high)).mean(axis=1) for low, high in TIMES_JOINED.values()], axis=1
    )


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
    results = {
        name: np.zeros(replicates)
        for name in (
            "mean_missions_together",
            "sd_missions_together",
            "most_missions_together",
            "mean_shared_joiners",
        )
    }
    for i in range(replicates):
        values = joined[i].astype(np.float32)
        together = (values.T @ values)[state_pairs]
        if together.size:
            results["mean_missions_together"][i] = together.mean(dtype=float)
            results["sd_missions_together"][i] = together.std(dtype=float)
            results["most_missions_together"][i] = together.max()
        sizes = values.sum(axis=1)
        smaller = np.minimum(sizes[mission_pairs[0]], sizes[mission_pairs[1]])
        shared = (values @ values.T)[mission_pairs]
        if (smaller > 0).any():
            results["mean_shared_joiners"][i] = (shared[smaller > 0] / smaller[smaller > 0]).mean(dtype=float)
    return results


def _groups(values: np.ndarray, bounds: Mapping[str, tuple[int, int]]) -> dict[str, np.ndarray]:
    """Positions of the values within each pair of bounds, both included; empty groups left out."""
    groups = {
        name: np.flatnonzero((values >= low) & (values <= high)) for name, (low, high) in bounds.items()
    }
    return {name: positions for name, positions in groups.items() if positions.size}


def _calibration_rows(
    logit: xr.DataArray, joined: xr.DataArray, replicated: np.ndarray, common: Mapping
) -> list[dict]:
    """Joiners within each tenth of the rows, ordered by each draw's own probability.

    Ordering by the posterior mean would blame every hierarchical model: it is fitted to the same decisions and shrunk.
    With the order of each draw the discrepancy depends on data and parameters, and observed and replicated decisions
    are exchangeable given a right model (Gelman, Meng & Stern 1996). The rows show the mean observed number and the
    distribution of replicated minus observed numbers around it.
    """
    chosen = thinned(logit, len(replicated)).transpose("sample", "mission", "state").values
    eligible = joined.notnull().values
    decisions = joined.values[eligible]
    order = np.argsort(chosen[:, eligible], axis=1, kind="stable")
    observed = np.take_along_axis(np.broadcast_to(decisions, order.shape), order, axis=1)
    drawn = np.take_along_axis(replicated[:, eligible], order, axis=1)
    bins = [
        positions
        for positions in np.array_split(np.arange(decisions.size), CALIBRATION_BINS)
        if positions.size
    ]
    observed = np.stack([observed[:, positions].sum(axis=1) for positions in bins], axis=1)
    drawn = np.stack([drawn[:, positions].sum(axis=1) for positions in bins], axis=1)
    centre = observed.mean(axis=0)
    return check_rows(
        drawn - observed + centre,
        centre,
        [f"tenth {i + 1} of predicted probability" for i in range(len(bins))],
        check="calibration",
        statistic="joiners",
        **common,
    )
