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

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from models.build import Inputs, draw_from_prior
from models.composition import Composition
from models.priors import Priors
from workflow.lib.checking.draws import interval_probabilities, thinned
from workflow.lib.checking.held_out import probability_summary
from workflow.lib.checking.replicates import (
    TIMES_JOINED,
    pair_statistics,
    repeat_joiners,
    replicate_joined,
    upper_p_value,
)
from workflow.lib.checking.table import DESCRIBED, FAILED, PASSED, check_row, check_table, holm

COLUMNS = ["check", "model", "item", "scope", "statistic", "observed", "mean", "lower", "upper", "p_value"]
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
CALIBRATION_BINS = 10
# predictions, scores and replicates are of so many draws of a fit, evenly spaced
PREDICTIVE_DRAWS = 2000


class Comparison:
    """Rows of a predictive check from replicated and observed values.

    ``interval`` is the probability of the interval of the replicates.
    """

    def __init__(self, model: str, interval: float):
        self.model, self.interval, self.rows = model, interval, []

    def add(self, check: str, statistic: str, replicated, observed, items: list, scope: str = "all") -> None:
        """Rows of one statistic: replicated (replicate, item), observed (item,)."""
        lower, upper = np.quantile(replicated, interval_probabilities(self.interval), axis=0)
        p_values = upper_p_value(replicated, observed)
        for i, item in enumerate(items):
            numbers = observed[i], replicated[:, i].mean(), lower[i], upper[i], p_values[i]
            row = [check, self.model, item, scope, statistic, *map(float, numbers)]
            self.rows.append(dict(zip(COLUMNS, row, strict=True)))

    def add_one(self, check: str, statistic: str, replicated, observed, item: str, scope="all") -> None:
        """The row of a statistic of all decisions: replicated (replicate,), observed a number."""
        self.add(check, statistic, replicated[:, None], np.array([observed]), [item], scope)

    def table(self) -> pd.DataFrame:
        """All rows."""
        return pd.DataFrame(self.rows, columns=COLUMNS)


def predictive_checks(
    logit: xr.DataArray, data: xr.Dataset, model: str, *, seed: int, interval: float, replicates: int = 1000
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
        Columns check, model, item, scope, statistic, observed, mean, lower, upper, p_value. Checks: the number of joiners of
        each mission and their spread; the share of states that joined k missions (repeat joiners); joiners by region and era;
        pairs (how often two states join together, how many joiners two missions share); calibration (joiners within each
        tenth of predicted probability).
    """
    joined = data["joined"].transpose("mission", "state")
    replicated = replicate_joined(logit, joined, seed=seed, replicates=replicates).values
    observed = joined.fillna(0).values.astype(np.int8)
    checks = Comparison(model, interval)

    sizes, observed_sizes = replicated.sum(axis=2), observed.sum(axis=1)
    missions = [str(name) for name in data["mission"].values]
    checks.add("joiners_per_mission", "joiners", sizes, observed_sizes, missions)
    for name, function in (("sd", np.std), ("smallest", np.min), ("largest", np.max)):
        spread = function(sizes, axis=1), function(observed_sizes)
        checks.add_one("spread_of_joiners", name, *spread, "all missions")
    times, observed_times = repeat_joiners(replicated), repeat_joiners(observed[None])[0]
    checks.add("repeat_joiners", "share_of_states", times, observed_times, list(TIMES_JOINED))
    _add_regions(checks, replicated, observed, data)
    observed_pairs = pair_statistics(observed[None])
    for name, values in pair_statistics(replicated).items():
        checks.add_one("pairs", name, values, observed_pairs[name][0], "all pairs")
    _add_calibration(checks, logit, joined, replicated)
    return checks.table()


def _add_regions(checks: Comparison, replicated: np.ndarray, observed: np.ndarray, data: xr.Dataset) -> None:
    """Joiners by region and era, where any state was eligible."""
    eligible = data["joined"].transpose("mission", "state").notnull().values
    for era, rows in _groups(data["start_year"].values, ERAS).items():
        for region, columns in _groups(data["state"].values, REGIONS).items():
            block = np.ix_(rows, columns)
            if eligible[block].any():
                counts = replicated[:, rows][:, :, columns].sum(axis=(1, 2))
                checks.add_one("joiners_by_region", "joiners", counts, observed[block].sum(), region, era)


def prior_predictive_checks(
    logit: xr.DataArray, data: xr.Dataset, model: str, *, seed: int, interval: float, replicates: int = 1000
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
    checks = Comparison(model, interval)
    checks.add("prior_joiners", "joiners", replicated, observed, missions)
    checks.add("prior_joiners", "share", replicated / eligible, observed / eligible, missions)
    nobody, most = "share_of_missions_without_joiners", "share_of_missions_joined_by_most"
    none = (replicated == 0).mean(axis=1), (observed == 0).mean()
    many = (replicated > eligible / 2).mean(axis=1), (observed > eligible / 2).mean()
    checks.add_one("prior_joiners", nobody, *none, "all missions")
    checks.add_one("prior_joiners", most, *many, "all missions")
    return checks.table()


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

    def summaries(decisions: xr.DataArray) -> xr.Dataset:
        together = pair_statistics(decisions.values)["mean_missions_together"]
        variables = {
            "joiners": decisions.sum("state").astype(np.int32),
            "missions_joined": decisions.sum("mission").astype(np.int32),
            "joined_together": ("replicate", together),
        }
        return xr.Dataset(variables)

    probability = probability_summary(logit, interval).astype(np.float32)
    predictive = summaries(replicated).assign(probability=probability)
    predictive = predictive.assign_attrs(seed=seed, interval=interval)
    observed = summaries(joined.fillna(0).astype(np.int8).expand_dims("replicate")).isel(replicate=0)
    groups = {"posterior_predictive": predictive, "observed_data": observed.assign(joined=joined)}
    return xr.DataTree.from_dict(groups)


def prediction_rows(
    probability: xr.DataArray, data: xr.Dataset, model: str, *, held_out: bool
) -> pd.DataFrame:
    """Rows of `results/predictions.csv`, one for each eligible state of each mission.

    Parameters
    ----------
    probability : xarray.DataArray, shape (mission, state, statistic)
        mean, lower, upper; from `held_out.probability_summary` or `held_out_conflicts.leave_conflicts_out`.
    data : xarray.Dataset
        Analysis data set with `joined`.
    model : str
    held_out : bool
        Whether the fit had not seen the mission.
    """
    joined = data["joined"].sel(mission=probability["mission"], state=probability["state"])
    joined = joined.transpose("mission", "state")
    probability = probability.transpose("mission", "state", "statistic")
    rows, columns = np.nonzero(joined.notnull().values)
    predicted = {
        name: probability.sel(statistic=name).values[rows, columns] for name in ("mean", "lower", "upper")
    }
    predicted |= {"model": model, "held_out": held_out, "joined": joined.values[rows, columns].astype(int)}
    predicted |= {"mission": joined["mission"].values[rows], "state": joined["state"].values[columns]}
    return pd.DataFrame(predicted, columns=PREDICTION_COLUMNS)


def failed_rows(checks: pd.DataFrame, level: float = 0.05) -> np.ndarray:
    """Which rows' two-sided p-value, twice the smaller tail, survives Holm's correction within their check.

    Parameters
    ----------
    checks : pandas.DataFrame
        Rows with `check`, `model`, `p_value`.
    level : float
        Chance of naming any row of a check that a right model would have produced (posterior predictive
        p-values are conservative: the true chance is smaller).
    """
    two_sided = 2 * np.minimum(checks["p_value"], 1 - checks["p_value"])
    by_check = two_sided.groupby([checks["check"], checks["model"]])
    return (by_check.transform(lambda p_values: holm(p_values.to_numpy())) <= level).to_numpy()


def prior_logits(
    composition: Composition,
    inputs: Inputs,
    priors: Priors,
    data: xr.Dataset,
    random: np.random.Generator,
    draws: int = 500,
) -> xr.DataArray:
    """Logits of joining drawn from the priors, (chain, draw, mission, state), one chain."""
    values = [draw_from_prior(composition, inputs, priors, random)[1] for _ in range(draws)]
    coords = {name: data[name].values for name in ("mission", "state")}
    stacked = np.stack(values)[None].astype("float32")
    return xr.DataArray(stacked, dims=("chain", "draw", "mission", "state"), coords=coords)


def checks_of_model(
    eta: xr.DataArray, prior_eta: xr.DataArray, data: xr.Dataset, model: str, *, seed: int, interval: float
) -> pd.DataFrame:
    """Predictive checks of the posterior (passed or failed) and of the prior (described), as a table of checks."""
    posterior_checks = predictive_checks(eta, data, model, seed=seed, interval=interval)
    prior_checks = prior_predictive_checks(prior_eta, data, model, seed=seed, interval=interval)
    verdicts = [*np.where(failed_rows(posterior_checks), FAILED, PASSED), *[DESCRIBED] * len(prior_checks)]
    rows = []
    for row, verdict in zip(pd.concat([posterior_checks, prior_checks]).itertuples(), verdicts, strict=True):
        item, label = f"{row.item} {row.statistic}", f"{row.statistic}: {row.item} ({row.scope})"
        columns = {"estimate": row.mean, "lower": row.lower, "upper": row.upper}
        columns |= {"expected": f"observed {row.observed:.4g}", "note": f"p = {row.p_value:.3f}"}
        rows.append(check_row(row.check, model, item, label.replace("_", " "), str(verdict), **columns))
    return check_table(rows)


def _groups(values: np.ndarray, bounds: Mapping[str, tuple[int, int]]) -> dict[str, np.ndarray]:
    """Positions of the values within each pair of bounds, both included; empty groups left out."""
    groups = {name: (values >= low) & (values <= high) for name, (low, high) in bounds.items()}
    return {name: np.flatnonzero(within) for name, within in groups.items() if within.any()}


def _add_calibration(checks: Comparison, logit: xr.DataArray, joined: xr.DataArray, replicated) -> None:
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
    bins = [tenth for tenth in np.array_split(np.arange(decisions.size), CALIBRATION_BINS) if tenth.size]
    observed, drawn = (np.stack([x[:, b].sum(axis=1) for b in bins], axis=1) for x in (observed, drawn))
    centre = observed.mean(axis=0)
    names = [f"tenth {i + 1} of predicted probability" for i in range(len(bins))]
    checks.add("calibration", "joiners", drawn - observed + centre, centre, names)
