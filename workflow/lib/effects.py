"""Summaries of what is printed: draws of estimands and of latent quality in, rows of a table out.

From `models.estimands` and `models.posterior` to `results/effects.csv` and `results/quality.csv`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from workflow.lib.checking.diagnostics import convergence_table
from workflow.lib.checking.draws import interval_probabilities, summarise

EFFECT_COLUMNS = ("model", "estimand", "scope", "mean", "median", "sd", "lower", "upper", "ess_bulk", "r_hat")
QUALITY_COLUMNS = ("pivotal", "state", "year", "mean", "sd", "lower", "upper")

Estimands = Mapping[tuple[str, str], xr.DataArray]


def effect_rows(draws: Estimands, model: str, interval: float) -> pd.DataFrame:
    """One row for each estimand and scope of a model.

    Parameters
    ----------
    draws : mapping of (estimand, scope) to xarray.DataArray, shape (chain, draw)
    model : str
    interval : float
        Probability of the equal-tailed interval.

    Returns
    -------
    pandas.DataFrame
        Columns of `results/effects.csv`; effective sample size and R-hat are missing where all draws are the same.
    """
    labels = {f"{estimand}[{scope}]": (estimand, scope) for estimand, scope in draws}
    convergence = convergence_table(
        {label: draws[key].reset_coords(drop=True) for label, key in labels.items()}
    ).set_index("parameter")
    rows = [
        {
            "model": model,
            "estimand": estimand,
            "scope": scope,
            **summarise(draws[estimand, scope], interval),
            "median": float(np.median(draws[estimand, scope])),
            "ess_bulk": convergence.at[label, "ess_bulk"],
            "r_hat": convergence.at[label, "r_hat"],
        }
        for label, (estimand, scope) in labels.items()
    ]
    return pd.DataFrame(rows, columns=list(EFFECT_COLUMNS))


def attenuation_draws(draws: Estimands, pooled: Estimands) -> dict[tuple[str, str], xr.DataArray]:
    """Share of the pooled model's effect of ties that is gone in another model: 1 - effect / pooled effect.

    Parameters
    ----------
    draws, pooled : mapping of (estimand, scope) to xarray.DataArray, shape (chain, draw)
        With `ties_effect`. The two posteriors are independent, so draws are paired as they come, evenly spaced ones of
        the longer chains where the numbers differ.

    Returns
    -------
    dict
        (`attenuation`, scope) for the scopes `all` and the eras that both have.
    """
    attenuation = {}
    for estimand, scope in draws:
        other = pooled.get((estimand, scope))
        if estimand == "ties_effect" and other is not None and not scope.startswith("mission:"):
            chains, length = (min(draws[estimand, scope].sizes[d], other.sizes[d]) for d in ("chain", "draw"))
            ours, theirs = (_of_size(item, chains, length) for item in (draws[estimand, scope], other))
            attenuation["attenuation", scope] = 1 - ours / theirs
    return attenuation


def _of_size(draws: xr.DataArray, chains: int, length: int) -> xr.DataArray:
    """Evenly spaced draws of the first chains, numbered from zero."""
    places = np.linspace(0, draws.sizes["draw"] - 1, length).round().astype(int)
    chosen = draws.isel(chain=slice(chains), draw=places).reset_coords(drop=True)
    return chosen.assign_coords(chain=np.arange(chains), draw=np.arange(length))


def quality_rows(quality: xr.DataArray | None, pivotal: int, interval: float) -> pd.DataFrame:
    """Latent quality of the relationship of each state with the pivotal one, by year.

    Parameters
    ----------
    quality : xarray.DataArray, shape (chain, draw, state, year), optional
        In prior standard deviations; None gives an empty table.
    pivotal : int
        Correlates of War code of the pivotal state.
    interval : float

    Returns
    -------
    pandas.DataFrame
        Columns of `results/quality.csv`.
    """
    if quality is None:
        return pd.DataFrame(columns=list(QUALITY_COLUMNS))
    sample = ("chain", "draw")
    lower, upper = interval_probabilities(interval)
    limits = quality.quantile([lower, upper], dim=sample)
    summary = xr.Dataset(
        {
            "mean": quality.mean(sample),
            "sd": quality.std(sample, ddof=1),
            "lower": limits.isel(quantile=0, drop=True),
            "upper": limits.isel(quantile=1, drop=True),
        }
    )
    table = summary.to_dataframe().reset_index().assign(pivotal=pivotal)
    return table[list(QUALITY_COLUMNS)]
