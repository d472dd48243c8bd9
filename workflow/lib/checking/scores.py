"""Scores of the decisions to join: PSIS leave-one-out, log score, Brier score.

From: draws of the logit of joining (chain, draw, mission, state) and the decisions (mission, state), NaN
where a state was not eligible. To: `results/comparison/loo.csv`. Only decisions are scored, never the
measurement part: pointwise leave-one-out of a latent variable's indicators answers another question. Fails
with a `ValueError` when the models are not scored on the same rows.

Sources: Vehtari, Gelman & Gabry (2017), Statistics and Computing 27, 1413-1432; Vehtari, Simpson, Gelman, Yao
& Gabry (2024), JMLR 25(72); stacking: Yao, Vehtari, Simpson & Gelman (2018), Bayesian Analysis 13(3),
917-1007.
"""

import warnings
from collections.abc import Mapping

import arviz_stats
import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.base import array_stats
from arviz_stats.utils import ELPDDataLOO
from scipy.special import expit

COMPARISON_COLUMNS = ["model", "elpd", "se", "p", "elpd_diff", "se_diff", "weight", "n", "pareto_k_above"]


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


def with_exact_scores(pointwise: xr.Dataset, exact: xr.DataArray) -> xr.Dataset:
    """Put exact leave-one-out scores (from refits) in the place of the approximate ones.

    Parameters
    ----------
    pointwise : xarray.Dataset
        What `pointwise_loo` returned.
    exact : xarray.DataArray, shape (mission, state)
        Exact log predictive probability where a refit was made, NaN elsewhere. Pareto k becomes 0 there.
    """
    exact = exact.reindex_like(pointwise["elpd_i"])
    made = exact.notnull() & pointwise["elpd_i"].notnull()
    return pointwise.assign(
        elpd_i=xr.where(made, exact, pointwise["elpd_i"], keep_attrs=True),
        p_i=xr.where(made, pointwise["p_i"] + pointwise["elpd_i"] - exact, pointwise["p_i"]),
        pareto_k=xr.where(made, 0.0, pointwise["pareto_k"]),
    )


def compare_loo(pointwise: Mapping[str, xr.Dataset], pareto_k_threshold: float = 0.7) -> pd.DataFrame:
    """Table of leave-one-out scores, best model first.

    Parameters
    ----------
    pointwise : mapping of str to xarray.Dataset
        Model -> what `pointwise_loo` returned.
    pareto_k_threshold : float
        Rows above it are counted in `pareto_k_above`.

    Returns
    -------
    pandas.DataFrame
        model, elpd, se, p, elpd_diff and se_diff (against the best model), weight (stacking), n (rows
        scored), pareto_k_above.

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
    results = {model: _elpd_data(data, pareto_k_threshold) for model, data in pointwise.items()}
    if len(results) == 1:
        weights = pd.DataFrame({"elpd_diff": [0.0], "dse": [0.0], "weight": [1.0]}, index=[first_name])
    else:
        with warnings.catch_warnings():
            # ArviZ remarks on chance differences among more than eleven models; the errors are in the table.
            warnings.filterwarnings("ignore", category=UserWarning, module="arviz_stats")
            weights = arviz_stats.compare(results, method="stacking", round_to="none")
    rows = [
        {
            "model": model,
            "elpd": results[model].elpd,
            "se": results[model].se,
            "p": results[model].p,
            "elpd_diff": weights.loc[model, "elpd_diff"],
            "se_diff": weights.loc[model, "dse"],
            "weight": weights.loc[model, "weight"],
            "n": results[model].n_data_points,
            "pareto_k_above": int((pointwise[model]["pareto_k"] > pareto_k_threshold).sum()),
        }
        for model in weights.index
    ]
    return pd.DataFrame(rows, columns=COMPARISON_COLUMNS)


def joining_probability(logit: xr.DataArray) -> xr.DataArray:
    """Posterior mean probability of joining, shape (mission, state), without a second copy of all draws."""
    logit = logit.transpose("chain", "draw", "mission", "state")
    means = [
        expit(logit.values[:, :, i].astype(float)).mean(axis=(0, 1)) for i in range(logit.sizes["mission"])
    ]
    return logit.isel(chain=0, draw=0, drop=True).copy(data=np.stack(means)).rename("probability")


def brier_score(probability: np.ndarray | xr.DataArray, joined: np.ndarray | xr.DataArray) -> float:
    """Mean squared difference of probability and decision over eligible rows (Brier 1950); 0 is best."""
    probability, joined = np.asarray(probability, dtype=float), np.asarray(joined, dtype=float)
    return float(np.nanmean(np.where(np.isnan(joined), np.nan, (probability - joined) ** 2)))


def log_score(probability: np.ndarray | xr.DataArray, joined: np.ndarray | xr.DataArray) -> float:
    """Sum over eligible rows of the log of the probability given to what happened; 0 is best."""
    probability, joined = np.asarray(probability, dtype=float), np.asarray(joined, dtype=float)
    given = np.where(joined > 0.5, probability, 1 - probability)[~np.isnan(joined)]
    with np.errstate(divide="ignore"):
        return float(np.log(given).sum())


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


def _elpd_data(pointwise: xr.Dataset, pareto_k_threshold: float) -> ELPDDataLOO:
    rows = pointwise["elpd_i"].values[pointwise["elpd_i"].notnull().values]
    pareto_k = pointwise["pareto_k"].values[pointwise["elpd_i"].notnull().values]
    return ELPDDataLOO(
        elpd=float(rows.sum()),
        se=float(np.sqrt(rows.size * rows.var())),
        p=float(pointwise["p_i"].sum()),
        n_samples=int(pointwise.attrs.get("draws", 0)),
        n_data_points=int(rows.size),
        scale="log",
        warning=bool((pareto_k > pareto_k_threshold).any()),
        good_k=pareto_k_threshold,
        elpd_i=xr.DataArray(rows, dims="row"),
        pareto_k=xr.DataArray(pareto_k, dims="row"),
    )
