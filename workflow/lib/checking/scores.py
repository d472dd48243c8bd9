"""Scores of the decisions to join: PSIS leave-one-out, log score, Brier score.

From: draws of the logit of joining (chain, draw, mission, state) and the decisions (mission, state), NaN
where a state was not eligible. To: `results/comparison/loo.csv`. Only decisions are scored, never the
measurement part: pointwise leave-one-out of a latent variable's indicators answers another question. Fails
with a `ValueError` when the models are not scored on the same rows.

Sources: Vehtari, Gelman & Gabry (2017), Statistics and Computing 27, 1413-1432; Vehtari, Simpson, Gelman, Yao
& Gabry (2024), JMLR 25(72); stacking: Yao, Vehtari, Simpson & Gelman (2018), Bayesian Analysis 13(3),
917-1007.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.base import array_stats

COMPARISON_COLUMNS = ["model", "elpd", "se", "difference", "se_difference", "bad_k", "n"]


def bernoulli_log_likelihood(logit: np.ndarray, joined: np.ndarray) -> np.ndarray:
    """Log probability of each decision, without overflow at any logit.

    Parameters
    ----------
    logit : numpy.ndarray, shape (..., state)
    joined : numpy.ndarray, shape (state,)
        1 or 0; the result is NaN where it is NaN.

    Returns
    -------
    numpy.ndarray, shape (..., state), float64
    """
    signed = np.where(joined > 0.5, 1.0, -1.0) * np.asarray(logit, dtype=float)
    return np.where(np.isnan(joined), np.nan, -np.logaddexp(0, -signed))


def log_likelihood(logit: xr.DataArray, joined: xr.DataArray) -> xr.DataArray:
    """Pointwise log likelihood in single precision, for archives; same dimensions as the logit.

    Parameters
    ----------
    logit : xarray.DataArray, shape (chain, draw, mission, state)
    joined : xarray.DataArray, shape (mission, state)
    """
    logit = logit.transpose("chain", "draw", "mission", "state")
    joined = joined.transpose("mission", "state")
    values = np.empty(logit.shape, dtype=np.float32)
    for i in range(logit.sizes["mission"]):
        values[:, :, i] = bernoulli_log_likelihood(logit.values[:, :, i], joined.values[i])
    return logit.copy(data=values).rename("joined")


def pointwise_loo(
    logit: xr.DataArray, joined: xr.DataArray, relative_efficiency: float | None = None
) -> xr.Dataset:
    """Leave-one-out log score of each decision, mission by mission, so that memory stays small.

    Parameters
    ----------
    logit : xarray.DataArray, shape (chain, draw, mission, state)
        Draws of the logit; any float type; values at rows that are not eligible are ignored.
    joined : xarray.DataArray, shape (mission, state)
        1 or 0, NaN where not eligible.
    relative_efficiency : float, optional
        Effective over nominal number of draws of the likelihood; estimated for each mission as the mean over
        its rows when absent.

    Returns
    -------
    xarray.Dataset
        `elpd_i`, `p_i`, `pareto_k` (mission, state), NaN where not eligible; attribute `draws`.
    """
    logit = logit.transpose("chain", "draw", "mission", "state")
    joined = joined.transpose("mission", "state")
    shape = joined.shape
    fields = {name: np.full(shape, np.nan) for name in ("elpd_i", "p_i", "pareto_k")}
    for i in range(shape[0]):
        rows = np.flatnonzero(~np.isnan(joined.values[i]))
        if not rows.size:
            continue
        values = bernoulli_log_likelihood(logit.values[:, :, i][:, :, rows], joined.values[i][rows])
        values = np.ascontiguousarray(np.moveaxis(values, -1, 0))
        efficiency = _relative_efficiency(values) if relative_efficiency is None else relative_efficiency
        elpd, pareto_k, parameters = array_stats.loo(values, chain_axis=-2, draw_axis=-1, r_eff=efficiency)
        fields["elpd_i"][i, rows] = elpd
        fields["pareto_k"][i, rows] = pareto_k
        fields["p_i"][i, rows] = parameters
    coords = {name: joined.coords[name] for name in ("mission", "state") if name in joined.coords}
    return xr.Dataset(
        {name: (("mission", "state"), values) for name, values in fields.items()},
        coords=coords,
        attrs={"draws": int(logit.sizes["chain"] * logit.sizes["draw"])},
    )


def has_loo(inference: str) -> bool:
    """Whether the posterior of a model gives leave-one-out scores.

    Of a cut or joint model the density of one decision given the others is not that of its logit alone: each draw of a latent
    regressor would be weighted as if the outcome had chosen it. Held-out conflicts score them.
    """
    return inference == "plugin"


def score_tree(logit: xr.DataArray, joined: xr.DataArray, inference: str) -> xr.DataTree:
    """Groups `log_likelihood` and, where they are valid, `loo`, as `results/<model>/loglik.nc` holds them."""
    groups = {"log_likelihood": log_likelihood(logit, joined).to_dataset()}
    if has_loo(inference):
        groups["loo"] = pointwise_loo(logit, joined)
    return xr.DataTree.from_dict(groups)


def compare_loo(pointwise: Mapping[str, xr.Dataset], pareto_k_threshold: float = 0.7) -> pd.DataFrame:
    """Table of leave-one-out scores, best model first.

    Parameters
    ----------
    pointwise : mapping of str to xarray.Dataset
        Model -> what `pointwise_loo` returned.
    pareto_k_threshold : float
        Rows above it are counted in `bad_k`: their score is not to be believed.

    Returns
    -------
    pandas.DataFrame
        model, elpd, se, difference and se_difference (against the best model, paired by row), bad_k, n (rows scored).

    Raises
    ------
    ValueError
        The models were scored on different rows.
    """
    scored = {model: data["elpd_i"].notnull() for model, data in pointwise.items()}
    first_name, first = next(iter(scored.items()))
    for model, rows in scored.items():
        if rows.shape != first.shape or not bool((rows.values == first.values).all()):
            raise ValueError(
                f"`{model}` and `{first_name}` are scored on different rows and cannot be compared"
            )
    values = {model: data["elpd_i"].values[first.values] for model, data in pointwise.items()}
    order = sorted(values, key=lambda model: -values[model].sum())
    rows = []
    for model in order:
        elpd, difference = values[model], values[model] - values[order[0]]
        errors = [np.sqrt(len(elpd)) * scores.std(ddof=1) for scores in (elpd, difference)]
        bad = int((pointwise[model]["pareto_k"] > pareto_k_threshold).sum())
        rows.append((model, elpd.sum(), errors[0], difference.sum(), errors[1], bad, len(elpd)))
    return pd.DataFrame(rows, columns=COMPARISON_COLUMNS)


def brier_score(probability: np.ndarray | xr.DataArray, joined: np.ndarray | xr.DataArray) -> float:
    """Mean squared difference of probability and decision over eligible rows (Brier 1950); 0 is best."""
    probability, joined = np.asarray(probability, dtype=float), np.asarray(joined, dtype=float)
    return float(np.nanmean(np.where(np.isnan(joined), np.nan, (probability - joined) ** 2)))


def log_score(probability: np.ndarray | xr.DataArray, joined: np.ndarray | xr.DataArray) -> float:
    """Sum over eligible rows of the log of the probability given to what happened; 0 is best."""
    probability, joined = np.asarray(probability, dtype=float), np.asarray(joined, dtype=float)
    probability_of_decision = np.where(joined > 0.5, probability, 1 - probability)[~np.isnan(joined)]
    with np.errstate(divide="ignore"):
        return float(np.log(probability_of_decision).sum())


def _relative_efficiency(values: np.ndarray) -> float:
    chains, draws = values.shape[1:]
    if chains * draws < 8 or draws < 4:
        return 1.0
    likelihood = np.exp(values)
    varying = np.ptp(likelihood.reshape(len(likelihood), -1), axis=1) > 0
    if not varying.any():
        return 1.0
    sizes = array_stats.ess(likelihood[varying], chain_axis=-2, draw_axis=-1, method="mean")
    return float(np.mean(sizes) / (chains * draws))
