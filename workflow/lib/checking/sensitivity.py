"""Sensitivity of the effect of ties to an unmeasured common cause, the priors, the list of participants.

From: draws of probabilities and slopes, a tree with log likelihood and log prior, estimates of refits. To:
`results/checks/common_cause.csv`, `results/checks/prior_sensitivity.csv`, `results/checks/labels.csv`. Fails
with a `UserError` when a stored fit lacks the log prior or the log likelihood.

Two complementary answers to "how strong must an unmeasured common cause be to take the effect away":

* the **E-value** (VanderWeele & Ding 2017, Annals of Internal Medicine 167(4), 268-274; proof: Ding &
  VanderWeele 2016, Epidemiology 27(3), 368-377) on the ratio of the probabilities of joining: makes no
  assumption on the cause;
* the **slope surface** on the logit scale: a standard normal cause with slope gamma on joining, whose mean
  differs by delta between few and many ties, takes gamma * delta from the logit contrast (Lin, Psaty &
  Kronmal 1998, Biometrics 54(3), 948-963; exact for a log link, near it for a logit link when joining is
  rare), after the contrast has been put on the scale conditional on the cause, sqrt(1 + c^2 gamma^2 v) times
  the marginal one with c^2 = (16 sqrt(3) / (15 pi))^2 and v the cause's variance given ties (Zeger, Liang &
  Albert 1988, Biometrics 44(4), 1049-1060). Observed controls are placed on the same two axes as benchmarks,
  after the idea of Cinelli & Hazlett (2020, JRSS B 82(1), 39-67): a cause as strong as the strongest control
  would do this much.
"""

import contextlib
import io
from collections.abc import Mapping, Sequence

import arviz_stats
import numpy as np
import pandas as pd
import xarray as xr

from models.priors import DEFAULT_PRIORS, Priors
from models.working import LOGISTIC_NORMAL
from workflow.lib.checking.draws import summarise
from workflow.lib.errors import UserError

COMMON_CAUSE_COLUMNS = [
    "check",
    "model",
    "item",
    "scope",
    "cause_slope",
    "cause_difference",
    "estimate",
    "lower",
    "upper",
    "probability_positive",
    "comparison_estimate",
]
REFIT_COLUMNS = [
    "check",
    "model",
    "item",
    "scope",
    "estimate",
    "lower",
    "upper",
    "comparison_estimate",
    "difference",
    "reverses",
]


def e_value(risk_ratio: np.ndarray | float) -> np.ndarray:
    """Smallest risk ratio that a common cause must have with ties and with joining to explain the ratio away.

    RR + sqrt(RR (RR - 1)); ratios below one are inverted first (VanderWeele & Ding 2017).

    Parameters
    ----------
    risk_ratio : array of float
        Probability of joining at many ties over that at few ties.
    """
    ratio = np.asarray(risk_ratio, dtype=float)
    ratio = np.maximum(ratio, 1 / ratio)
    return ratio + np.sqrt(ratio * (ratio - 1))


def bounding_factor(ratio_with_exposure: np.ndarray, ratio_with_outcome: np.ndarray) -> np.ndarray:
    """Largest factor by which a common cause of the two given risk ratios can move a risk ratio.

    a b / (a + b - 1): Ding & VanderWeele (2016), Epidemiology 27(3), 368-377.
    """
    first, second = np.asarray(ratio_with_exposure, dtype=float), np.asarray(ratio_with_outcome, dtype=float)
    return first * second / (first + second - 1)


def common_cause_e_values(
    probability_low: xr.DataArray, probability_high: xr.DataArray, model: str, *, interval: float
) -> pd.DataFrame:
    """E-value of the contrast of few and many ties.

    Parameters
    ----------
    probability_low, probability_high : xarray.DataArray, shape (chain, draw)
        Probability of joining averaged over rows, with ties at the 25th and the 75th percentile.
    model : str
    interval : float

    Returns
    -------
    pandas.DataFrame
        Two rows, check `e_value`: item `estimate` (of the posterior median ratio) and item `limit` (of the
        limit of the interval that is nearer to one; 1 if the interval includes one). `comparison_estimate` is
        the ratio.
    """
    ratio = np.asarray(probability_high / probability_low, dtype=float).ravel()
    summary = summarise(ratio, interval)
    median = float(np.median(ratio))
    includes_one = summary["lower"] <= 1 <= summary["upper"]
    limit = 1.0 if includes_one else summary["lower" if median > 1 else "upper"]
    rows = [
        {
            "check": "e_value",
            "model": model,
            "item": item,
            "scope": "all",
            "estimate": float(e_value(value)),
            "lower": np.nan,
            "upper": np.nan,
            "probability_positive": float((ratio > 1).mean()),
            "comparison_estimate": value,
        }
        for item, value in (("estimate", median), ("limit", limit))
    ]
    return pd.DataFrame(rows, columns=COMMON_CAUSE_COLUMNS)


def adjusted_contrast(
    contrast: np.ndarray, cause_slope: float, cause_difference: float, cause_variance: float = 1.0
) -> np.ndarray:
    """Logit contrast of few and many ties after a common cause has been taken into account.

    Parameters
    ----------
    contrast : numpy.ndarray
        Draws of the logit contrast between the 25th and the 75th percentile of ties.
    cause_slope : float
        Log odds of joining for one standard deviation of the cause.
    cause_difference : float
        Difference of the cause's mean between the two percentiles of ties, in standard deviations.
    cause_variance : float
        Variance of the cause given ties, at most 1.

    Returns
    -------
    numpy.ndarray
        sqrt(1 + c^2 slope^2 variance) * contrast - slope * difference; sources in the module's docstring.
    """
    conditional = np.sqrt(1 + LOGISTIC_NORMAL * cause_slope**2 * cause_variance)
    return conditional * np.asarray(contrast, dtype=float) - cause_slope * cause_difference


def common_cause_surface(
    contrast: xr.DataArray,
    model: str,
    *,
    interval: float,
    cause_slopes: Sequence[float] = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0),
    cause_differences: Sequence[float] = (0.25, 0.5, 0.75, 1.0, 1.5),
) -> pd.DataFrame:
    """What is left of the effect of ties under common causes of a grid of strengths.

    Parameters
    ----------
    contrast : xarray.DataArray, shape (chain, draw)
        `ties_slope` times the distance between the 25th and the 75th percentile of `ties`.
    model : str
    interval : float
    cause_slopes, cause_differences : sequence of float
        See `adjusted_contrast`.

    Returns
    -------
    pandas.DataFrame
        Check `common_cause`, one row a strength: estimate, lower, upper of the adjusted contrast,
        probability_positive, comparison_estimate (unadjusted); plus one row `item = to zero` for each slope,
        whose `cause_difference` is what takes the posterior mean to zero.
    """
    draws = np.asarray(contrast, dtype=float).ravel()
    rows = []
    for slope in cause_slopes:
        for difference in cause_differences:
            rows.append(_surface_row(draws, model, "grid", slope, difference, interval))
        inflation = np.sqrt(1 + LOGISTIC_NORMAL * slope**2)
        rows.append(_surface_row(draws, model, "to zero", slope, inflation * draws.mean() / slope, interval))
    return pd.DataFrame(rows, columns=COMMON_CAUSE_COLUMNS)


def common_cause_benchmarks(
    contrast: xr.DataArray,
    covariate_slope: xr.DataArray,
    data: xr.Dataset,
    percentile_distance: float,
    model: str,
    *,
    interval: float,
    multiples: Sequence[float] = (1.0, 2.0, 3.0),
) -> pd.DataFrame:
    """What would be left under an unmeasured cause one, two, three times as strong as each observed control.

    Parameters
    ----------
    contrast : xarray.DataArray, shape (chain, draw)
        As in `common_cause_surface`.
    covariate_slope : xarray.DataArray, shape (chain, draw, control)
        Slopes of the controls, for one standard deviation.
    data : xarray.Dataset
        `ties`, `covariate_value`, `joined`.
    percentile_distance : float
        Distance between the 25th and the 75th percentile of `ties`.
    model : str
    interval : float
    multiples : sequence of float
        Factors on the control's slope; its association with ties stays as observed.

    Returns
    -------
    pandas.DataFrame
        Check `common_cause`, item = control, scope = `<multiple> x`. The sign of the cause is chosen against
        the effect. `cause_difference` is the control's regression slope on ties within missions times the
        distance.
    """
    draws = np.asarray(contrast, dtype=float).ravel()
    direction = 1.0 if draws.mean() >= 0 else -1.0
    rows_scored = data["joined"].notnull()
    ties = _within_mission(data["ties"], rows_scored)
    rows = []
    for control in covariate_slope["control"].values:
        values = _within_mission(data["covariate_value"].sel(covariate=control), rows_scored)
        both = np.isfinite(ties) & np.isfinite(values)
        regression = float((ties[both] * values[both]).sum() / (ties[both] ** 2).sum())
        difference = abs(regression) * percentile_distance * direction
        slope = abs(float(covariate_slope.sel(control=control).mean()))
        for multiple in multiples:
            row = _surface_row(draws, model, str(control), multiple * slope, difference, interval)
            rows.append({**row, "scope": f"{multiple:g} x"})
    return pd.DataFrame(rows, columns=COMMON_CAUSE_COLUMNS)


# Variables of a posterior whose prior goes by another name.
PRIOR_NAMES = {
    "intercept_predictor_slope": "mission_predictor_slope",
    "ties_predictor_slope": "mission_predictor_slope",
    "quality_predictor_slope": "mission_predictor_slope",
    "false_record": "false_positive_odds",
}


def log_prior_draws(posterior: xr.Dataset, priors: Priors) -> xr.Dataset:
    """Log prior density of each hyperparameter and slope, by draw.

    Parameters
    ----------
    posterior : xarray.Dataset
        Variables (chain, draw, ...). Those without a prior of their own (effects of missions and states, whose
        distribution is part of the model) are left out.
    priors : models.priors.Priors

    Returns
    -------
    xarray.Dataset
        Of the same names and dimensions.
    """
    densities = {}
    for name, draws in posterior.data_vars.items():
        prior = PRIOR_NAMES.get(str(name), str(name))
        if prior in DEFAULT_PRIORS:
            densities[name] = draws.copy(data=priors.distribution(prior).logpdf(draws.values))
    return xr.Dataset(densities)


def prior_sensitivity(
    tree: xr.DataTree,
    model: str,
    variables: Sequence[str],
    prior_variables: Sequence[str] | None = None,
    likelihood_variables: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Power-scaling sensitivity of the posterior to the priors and to the likelihood.

    Parameters
    ----------
    tree : xarray.DataTree
        Groups posterior, log_prior, log_likelihood.
    model : str
    variables : sequence of str
        Parameters whose sensitivity is reported.
    prior_variables : sequence of str, optional
        Priors that are scaled: hyperparameters, not mission and state effects, whose "prior" is part of the
        model.
    likelihood_variables : sequence of str, optional
        Likelihoods that are scaled.

    Returns
    -------
    pandas.DataFrame
        model, parameter, prior, likelihood, diagnosis (`none`, `prior-data conflict`, `strong prior or weak
        likelihood`). Values above 0.05 count as sensitive.

    Notes
    -----
    Kallioinen, Paananen, Buerkner & Vehtari (2024), Statistics and Computing 34, 57; by
    `arviz_stats.psense_summary`.
    """
    for group in ("posterior", "log_prior", "log_likelihood"):
        if group not in tree.children:
            raise UserError(
                f"Model `{model}`: the stored fit has no group `{group}`; prior sensitivity needs the log "
                "prior and the log likelihood of each draw; compute them when the fit is stored"
            )
    # it prints advice on how to read its table, which does not belong into a log of progress
    with contextlib.redirect_stdout(io.StringIO()):
        table = arviz_stats.psense_summary(
            tree,
            var_names=list(variables),
            prior_var_names=None if prior_variables is None else list(prior_variables),
            likelihood_var_names=None if likelihood_variables is None else list(likelihood_variables),
            round_to=6,
        )
    words = {
        "potential prior-data conflict": "prior-data conflict",
        "potential strong prior / weak likelihood": "strong prior or weak likelihood",
    }
    return pd.DataFrame(
        {
            "model": model,
            "parameter": table.index.astype(str),
            "prior": table["prior"].to_numpy(dtype=float),
            "likelihood": table["likelihood"].to_numpy(dtype=float),
            "diagnosis": [words.get(value, "none") for value in table["diagnosis"]],
        }
    )


def compare_refits(
    estimates: Mapping[str, Mapping[str, xr.DataArray]],
    reference: str,
    check: str,
    model: str,
    *,
    interval: float,
) -> pd.DataFrame:
    """Estimates of refits beside those of the reference: strict and broad lists, other priors, other data.

    Parameters
    ----------
    estimates : mapping
        Item (for example `strict list`) -> estimand -> draws (chain, draw).
    reference : str
        Item that the others are compared with.
    check : str
        Name of the check, for example `labels`.
    model : str
    interval : float

    Returns
    -------
    pandas.DataFrame
        check, model, item, scope (the estimand), estimate, lower, upper, comparison_estimate, difference (of
        the means; the refits' data overlap, so its interval is not that of independent samples and is not
        given), reverses (the interval lies on the other side of zero than the reference's).
    """
    if reference not in estimates:
        raise ValueError(f"no estimates for the reference `{reference}`")
    main = {name: summarise(draws, interval) for name, draws in estimates[reference].items()}
    rows = []
    for item, own in estimates.items():
        for name, draws in own.items():
            if name not in main:
                raise ValueError(f"`{item}` has the estimand `{name}`, the reference `{reference}` has not")
            summary = summarise(draws, interval)
            opposite = (summary["lower"] > 0 and main[name]["upper"] < 0) or (
                summary["upper"] < 0 and main[name]["lower"] > 0
            )
            rows.append(
                {
                    "check": check,
                    "model": model,
                    "item": item,
                    "scope": name,
                    "estimate": summary["mean"],
                    "lower": summary["lower"],
                    "upper": summary["upper"],
                    "comparison_estimate": main[name]["mean"],
                    "difference": summary["mean"] - main[name]["mean"],
                    "reverses": bool(opposite),
                }
            )
    return pd.DataFrame(rows, columns=REFIT_COLUMNS)


def _surface_row(
    draws: np.ndarray, model: str, item: str, slope: float, difference: float, interval: float
) -> dict:
    adjusted = adjusted_contrast(draws, slope, difference)
    summary = summarise(adjusted, interval)
    return {
        "check": "common_cause",
        "model": model,
        "item": item,
        "scope": "all",
        "cause_slope": slope,
        "cause_difference": difference,
        "estimate": summary["mean"],
        "lower": summary["lower"],
        "upper": summary["upper"],
        "probability_positive": float((adjusted > 0).mean()),
        "comparison_estimate": float(draws.mean()),
    }


def _within_mission(values: xr.DataArray, rows: xr.DataArray) -> np.ndarray:
    scored = values.transpose("mission", "state").where(rows)
    return (scored - scored.mean("state")).values
