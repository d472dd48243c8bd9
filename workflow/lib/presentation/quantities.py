"""Small derived tables that figures, tables, numbers and the report share.

Takes a `Results`, returns data frames; writes nothing.
"""

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from workflow.lib.presentation.results import Results
from workflow.lib.presentation.style import column_label

WELL_KNOWN_STATES = (200, 220, 666, 651, 630, 640, 840, 560, 40, 816)
CERTAINTIES = ("verified", "probable", "uncertain")
JOINERS_HELD_OUT = {
    "mission": "mission",
    "joiners": "observed",
    "expected_joiners": "mean",
    "lower": "lower",
    "upper": "upper",
}
JOINERS_FITTED = {
    "item": "mission",
    "observed": "observed",
    "mean": "mean",
    "lower": "lower",
    "upper": "upper",
}
INTERNAL_SUFFIXES = ("_standard", "_raw", "_coefficient")
WIDE_DIMENSIONS = frozenset({"mission", "state", "panel_year", "path_year"})


def poisson_binomial_quantile(probability: np.ndarray, quantile: float) -> int:
    """Quantile of the number of successes of independent trials with unequal probabilities.

    Parameters
    ----------
    probability : ndarray, shape (trials,)
        Probability of each success.
    quantile : float
        Between 0 and 1.

    Returns
    -------
    int
        Smallest count whose cumulative probability reaches `quantile` (exact, by convolution).
    """
    mass = np.array([1.0])
    for p in probability:
        mass = np.convolve(mass, [1 - p, p])
    return int(np.searchsorted(np.cumsum(mass), quantile - 1e-12))


def prediction_rows(results: Results, model: str | None = None, held_out: bool | None = None) -> pd.DataFrame:
    """Predictions of one model with labels: held-out rows if there are any (or as asked), else in-sample rows.

    Returns
    -------
    DataFrame
        predictions.csv's columns with `mission_label` and `state_name`.
    """
    model = model or results.main_model
    rows = results.predictions[results.predictions["model"] == model]
    if held_out is None:
        held_out = bool(rows["held_out"].any())
    rows = rows[rows["held_out"] == held_out]
    return rows.assign(
        mission_label=rows["mission"].map(results.short_label_of),
        state_name=rows["state"].map(results.state_names).fillna(rows["state"].astype(str)),
    )


def joiners(results: Results, model: str | None = None) -> pd.DataFrame:
    """Predicted and actual number of joiners of each mission.

    Taken from comparison/missions.csv (the mission held out) if the model was scored so, else from the predictive check
    `joiners_per_mission` (the mission in the fit), else computed from the mean probabilities (Poisson-binomial: the
    chance of each decision without the uncertainty of the parameters).

    Returns
    -------
    DataFrame
        mission, mission_label, eligible, observed, mean, lower, upper, in order of the start, and `source`
        (`held out`, `fitted`, `mean probabilities`).
    """
    model = model or results.main_model
    scored = joiners_from(results.comparison["missions"], model, JOINERS_HELD_OUT)
    if not scored.empty:
        return with_mission_labels(results, scored.assign(source="held out"))
    checks = results.checks
    if not checks.empty and "statistic" in checks:
        checks = checks[(checks["check"] == "joiners_per_mission") & (checks["statistic"] == "joiners")]
        fitted = joiners_from(checks, model, JOINERS_FITTED)
        if not fitted.empty:
            return with_mission_labels(results, fitted.assign(source="fitted"))
    rows = prediction_rows(results, model)
    tail = (1 - results.interval) / 2
    out = []
    for mission in results.mission_labels:
        part = rows[rows["mission"] == mission]
        if part.empty:
            continue
        probability = part["mean"].to_numpy(float)
        out.append(
            {
                "mission": mission,
                "mission_label": results.short_label_of(mission),
                "eligible": len(part),
                "observed": int(part["joined"].sum()),
                "mean": probability.sum(),
                "lower": poisson_binomial_quantile(probability, tail),
                "upper": poisson_binomial_quantile(probability, 1 - tail),
                "source": "mean probabilities",
            }
        )
    return pd.DataFrame(out)


def joiners_from(table: pd.DataFrame, model: str, names: dict[str, str]) -> pd.DataFrame:
    """Rows of one model with the columns mission, observed, mean, lower, upper; empty if it has none."""
    if table.empty:
        return pd.DataFrame()
    return table.loc[table["model"] == model, list(names)].rename(columns=names)


def with_mission_labels(results: Results, table: pd.DataFrame) -> pd.DataFrame:
    """Add the missions' labels and numbers of eligible states, in order of the start."""
    eligible = results.data["joined"].notnull().sum("state").to_series()
    order = {mission: position for position, mission in enumerate(results.mission_labels)}
    table = table[table["mission"].isin(list(order))]
    table = table.assign(
        mission_label=table["mission"].map(results.short_label_of), eligible=table["mission"].map(eligible)
    )
    return table.sort_values("mission", key=lambda column: column.map(order), ignore_index=True)


def surprises(results: Results, mission: str, number: int = 8, model: str | None = None) -> pd.DataFrame:
    """States whose decision the model expected least: joiners with the lowest, absentees with the highest probability.

    Returns
    -------
    DataFrame
        Prediction rows with `kind` `joined` or `absent`, most surprising first within each kind.
    """
    rows = prediction_rows(results, model)
    rows = rows[rows["mission"] == mission]
    joined = rows[rows["joined"] == 1].sort_values(["mean", "state"]).head(number).assign(kind="joined")
    absent = rows[rows["joined"] == 0].sort_values(["mean", "state"], ascending=[False, True]).head(number)
    return pd.concat([joined, absent.assign(kind="absent")], ignore_index=True)


def calibration(results: Results, model: str | None = None, held_out: bool | None = None) -> pd.DataFrame:
    """Observed share of joiners in bins of predicted probability, with a Jeffreys interval.

    Returns
    -------
    DataFrame
        predicted (mean of the bin), observed, lower, upper, count.
    """
    rows = prediction_rows(results, model, held_out)
    edges = np.array([0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.55, 0.7, 0.85, 1.0])
    position = np.clip(
        np.searchsorted(edges, rows["mean"].to_numpy(float), side="right") - 1, 0, len(edges) - 2
    )
    grouped = rows.assign(bin=position).groupby("bin").agg(
        predicted=("mean", "mean"), successes=("joined", "sum"), count=("joined", "size")
    )  # fmt: skip
    tail = (1 - results.interval) / 2
    first, second = grouped["successes"] + 0.5, grouped["count"] - grouped["successes"] + 0.5
    return grouped.assign(
        observed=grouped["successes"] / grouped["count"],
        lower=stats.beta.ppf(tail, first, second),
        upper=stats.beta.ppf(1 - tail, first, second),
    ).reset_index(drop=True)


def summarise_draws(draws: xr.DataArray, interval: float) -> pd.DataFrame:
    """Mean and central interval over chain and draw, one row an element.

    Returns
    -------
    DataFrame
        The element's coordinates, mean, lower, upper.
    """
    tail = (1 - interval) / 2
    sample = ("chain", "draw")
    summary = xr.Dataset(
        {
            "mean": draws.mean(sample),
            "lower": draws.quantile(tail, sample).drop_vars("quantile"),
            "upper": draws.quantile(1 - tail, sample).drop_vars("quantile"),
        }
    )
    return summary.to_dataframe().reset_index()


def mission_slopes(results: Results) -> pd.DataFrame:
    """Slopes of ties and of quality by mission, of the main model or else of any that has them.

    Returns
    -------
    DataFrame
        model, slope (`ties` or `quality`), mission, mission_label, mean, lower, upper; empty if none varies.
    """
    for model in [results.main_model, *results.models[::-1]]:
        posterior = results.posterior(model)
        if posterior is None:
            continue
        tables = []
        for slope in ("ties", "quality"):
            name = f"mission_{slope}_slope"
            if name in posterior:
                table = summarise_draws(posterior[name], results.interval)
                tables.append(table[["mission", "mean", "lower", "upper"]].assign(model=model, slope=slope))
        if tables:
            table = pd.concat(tables, ignore_index=True)
            return table.assign(mission_label=table["mission"].map(results.short_label_of))
    return pd.DataFrame()


def loadings(results: Results) -> pd.DataFrame:
    """Loadings of the indicators of quality and of the tie counts on quality and on opportunity.

    Returns
    -------
    DataFrame
        kind (`indicator`, `tie on quality`, `tie on opportunity`), item, family, mean, lower, upper; empty without a measurement.
    """
    if results.quality_model is None:
        return pd.DataFrame()
    posterior = results.posterior(results.quality_model)
    families = dict(zip(results.data["indicator"].values, results.data["family"].values, strict=True))
    tables = []
    for name, dimension, kind in (
        ("indicator_loading", "indicator", "indicator"),
        ("tie_quality_loading", "tie_item", "tie on quality"),
        ("opportunity_loading", "tie_item", "tie on opportunity"),
    ):
        if name in posterior and posterior[name].dims[2:] == (dimension,):
            table = summarise_draws(posterior[name], results.interval).rename(columns={dimension: "item"})
            tables.append(table[["item", "mean", "lower", "upper"]].assign(kind=kind))
    table = pd.concat(tables, ignore_index=True)
    return table.assign(family=table["item"].map(families).fillna(""))


def contraction(results: Results, model: str | None = None) -> pd.DataFrame:
    """Prior-to-posterior contraction, 1 - Var(posterior) / Var(prior), of a model's parameters.

    Effects of single missions and states and latent paths are left out. One is complete learning; zero is none; below
    zero the data disagree with the prior or the posterior is wider.

    Returns
    -------
    DataFrame
        parameter, element, contraction; empty if the model has no prior draws.
    """
    model = model or results.main_model
    prior, posterior = results.prior(model), results.posterior(model)
    if prior is None or posterior is None:
        return pd.DataFrame()
    rows = []
    internal = tuple(INTERNAL_SUFFIXES)
    for name in posterior.data_vars:
        if name not in prior or WIDE_DIMENSIONS & set(posterior[name].dims) or name.endswith(internal):
            continue
        if posterior[name].dtype.kind != "f" or posterior[name].ndim > 3:
            continue
        before, after = prior[name].var(("chain", "draw")), posterior[name].var(("chain", "draw"))
        share = (1 - after / before).where(before > 0)
        elements = [""] if share.ndim == 0 else [str(value) for value in share[share.dims[0]].values]
        for element, value in zip(elements, np.atleast_1d(share.values), strict=True):
            if np.isfinite(value):
                rows.append({"parameter": name, "element": element, "contraction": float(value)})
    return pd.DataFrame(rows)


def coverage_by_year(results: Results) -> pd.DataFrame:
    """Share of states with a value, by column and year, of the main pivotal state.

    Returns
    -------
    DataFrame
        Index column (in the codebook's order), columns year, values 0 to 1; empty without the table of states.
    """
    states = results.input_table("states")
    if states.empty:
        return pd.DataFrame()
    if "pivotal" in states.columns:
        states = states[states["pivotal"] == (results.settings.get("data") or {}).get("pivotal", 2)]
    values = [name for name in states.columns if name not in ("pivotal", "state", "year", "state_name")]
    share = states[values].notna().groupby(states["year"]).mean().T
    codebook = results.input_table("codebook")
    if not codebook.empty:
        order = [name for name in codebook["column"] if name in share.index]
        share = share.loc[order + [name for name in share.index if name not in order]]
    return share


def certainty_by_mission(results: Results) -> pd.DataFrame:
    """Number of participants by mission and certainty.

    Returns
    -------
    DataFrame
        Index mission in the data's order, columns verified, probable, uncertain; empty without the table.
    """
    participation = results.input_table("participation")
    if participation.empty:
        return pd.DataFrame()
    joined = participation[participation["joined"] == 1]
    counts = joined.groupby(["mission", "certainty"]).size().unstack(fill_value=0)
    order = [mission for mission in results.mission_labels if mission in counts.index]
    return counts.reindex(index=order, columns=list(CERTAINTIES), fill_value=0)


def mission_scores(results: Results, table: str = "missions") -> pd.DataFrame:
    """comparison/missions.csv, or future.csv, for the missions of the data with their labels; empty if not made."""
    scores = results.comparison[table]
    if scores.empty:
        return scores
    scores = scores[scores["mission"].isin(list(results.mission_labels))]
    return scores.assign(mission_label=scores["mission"].map(results.short_label_of))


def quality_paths(results: Results, states: tuple[int, ...] = WELL_KNOWN_STATES) -> pd.DataFrame:
    """Rows of quality.csv for some states, with `state_name`, in the order given."""
    table = results.quality
    table = table[table["state"].isin(states)]
    order = {state: position for position, state in enumerate(states)}
    table = table.assign(state_name=table["state"].map(results.state_names), order=table["state"].map(order))
    return table.sort_values(["order", "year"], kind="stable").drop(columns="order")


def total_scores(results: Results, table: str = "missions") -> pd.DataFrame:
    """Scores over all missions that a model had not seen, by model.

    Parameters
    ----------
    results : Results
    table : {"missions", "future"}
        Each mission left out, or the later missions predicted from the earlier.

    Returns
    -------
    DataFrame
        model, log_score (sum over the missions that all models scored), brier (mean), missions; in the config's order.
    """
    scores = mission_scores(results, table)
    if scores.empty:
        return scores
    number = scores["model"].nunique()
    common = scores.groupby("mission")["model"].nunique()
    scores = scores[scores["mission"].isin(common[common == number].index)]
    totals = scores.groupby("model").agg(
        log_score=("joint_log_score", "sum"), brier=("brier", "mean"), missions=("mission", "nunique")
    )
    order = [model for model in results.models if model in totals.index]
    return totals.loc[order].reset_index()


def fullest_scored(results: Results, table: str = "missions") -> str | None:
    """The model whose score is compared with the others': the main one, else the last of the config that was scored."""
    totals = total_scores(results, table)
    scored = [] if totals.empty else totals["model"].tolist()
    return next((name for name in [results.main_model, *scored[::-1]] if name in scored), None)


def score_difference(
    results: Results, first: str, second: str, table: str = "missions"
) -> tuple[float, float] | None:
    """Difference of log scores of missions not seen, first minus second, and its standard error over missions.

    Parameters
    ----------
    results : Results
    first, second : str
        Names of models.
    table : {"missions", "future"}
        As for `total_scores`.

    Returns
    -------
    tuple of float or None
        Sum of the differences by mission and sqrt(n) times their standard deviation; None if either was not scored.
    """
    scores = mission_scores(results, table)
    if scores.empty:
        return None
    wide = scores.pivot_table(index="mission", columns="model", values="joint_log_score")
    if first not in wide or second not in wide:
        return None
    difference = (wide[first] - wide[second]).dropna()
    if len(difference) < 2:
        return None
    return float(difference.sum()), float(np.sqrt(len(difference)) * difference.std(ddof=1))


OUTCOME_PARAMETERS = {
    "intercept": "Intercept",
    "ties_slope": "Number of ties",
    "quality_slope": "Quality",
    "contact_slope": "Personal contact",
    "cooperativeness_slope": "Cooperativeness",
    "mission_sd": "Spread of mission intercepts",
    "ties_slope_sd": "Spread of the slopes of ties",
    "quality_slope_sd": "Spread of the slopes of quality",
    "state_sd": "Spread of state effects",
    "sensitivity": "Sensitivity of the record",
}
OUTCOME_VECTORS = {
    "covariate_slope": "",
    "moderator_slope": "moderator: ",
    "intercept_predictor_slope": "mission intercept on ",
    "ties_predictor_slope": "slope of ties on ",
    "quality_predictor_slope": "slope of quality on ",
}


def outcome_parameters(results: Results, model: str) -> pd.DataFrame:
    """Scalars of the outcome block, logit scale.

    Returns
    -------
    DataFrame
        name (variable, or variable[element]), label, mean, lower, upper; empty if the model has no posterior file.
    """
    posterior = results.posterior(model)
    if posterior is None:
        return pd.DataFrame(columns=["name", "label", "mean", "lower", "upper"])
    tables = []
    for name, label in OUTCOME_PARAMETERS.items():
        if name in posterior and posterior[name].ndim == 2:
            table = summarise_draws(posterior[name].expand_dims("item", axis=2), results.interval)
            tables.append(table.assign(name=name, label=label))
    for name, prefix in OUTCOME_VECTORS.items():
        if name in posterior and posterior[name].ndim == 3:
            dimension = posterior[name].dims[2]
            table = summarise_draws(posterior[name], results.interval)
            elements = table[dimension].astype(str)
            labels = [prefix + column_label(element) for element in elements]
            tables.append(table.assign(name=[f"{name}[{element}]" for element in elements], label=labels))
    table = pd.concat(tables, ignore_index=True)
    return table[["name", "label", "mean", "lower", "upper"]]
