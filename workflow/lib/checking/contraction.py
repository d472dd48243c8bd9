"""Prior-to-posterior contraction: how much of each parameter's uncertainty the data removed.

From: groups `prior` and `posterior` of a model. To: `results/checks/contraction.csv`. A parameter that hardly
contracts is not identified by the data, whatever its interval looks like. Fails with a `ValueError` when no
parameter is common.

Source: contraction is 1 - Var(posterior) / Var(prior), the posterior's shift is measured in prior standard
deviations: Schad, Betancourt & Vasishth (2021), Psychological Methods 26(1), 103-126.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from workflow.lib.checking.draws import scalar_blocks

CONTRACTION_COLUMNS = [
    "model",
    "parameter",
    "prior_mean",
    "prior_sd",
    "posterior_mean",
    "posterior_sd",
    "contraction",
    "shift",
]


def contraction_table(
    prior: xr.Dataset, posterior: xr.Dataset, model: str, variables: Sequence[str] | None = None
) -> pd.DataFrame:
    """Contraction of each scalar parameter.

    Parameters
    ----------
    prior, posterior : xarray.Dataset
        Variables (chain, draw, ...) of the same names and coordinates.
    model : str
    variables : sequence of str, optional
        All that are in both when absent.

    Returns
    -------
    pandas.DataFrame
        model, parameter, prior_mean, prior_sd, posterior_mean, posterior_sd, contraction (1: fully informed
        by the data, 0: as in the prior, negative: wider than the prior), shift ((posterior mean - prior mean)
        / prior sd). Scalars that are fixed in the prior are left out.
    """
    names = [
        name for name in (posterior.data_vars if variables is None else variables) if name in prior.data_vars
    ]
    if not names:
        raise ValueError(f"`{model}`: prior and posterior have no parameter in common")
    before, after = _moments(prior, names), _moments(posterior, names)
    table = before.add_suffix("_prior").join(after.add_suffix("_posterior"), how="inner")
    table = table[table["sd_prior"] > 0]
    return pd.DataFrame(
        {
            "model": model,
            "parameter": table.index,
            "prior_mean": table["mean_prior"].to_numpy(),
            "prior_sd": table["sd_prior"].to_numpy(),
            "posterior_mean": table["mean_posterior"].to_numpy(),
            "posterior_sd": table["sd_posterior"].to_numpy(),
            "contraction": (1 - (table["sd_posterior"] / table["sd_prior"]) ** 2).to_numpy(),
            "shift": ((table["mean_posterior"] - table["mean_prior"]) / table["sd_prior"]).to_numpy(),
        },
        columns=CONTRACTION_COLUMNS,
    )


def _moments(draws: xr.Dataset, names: Sequence[str]) -> pd.DataFrame:
    parts = []
    for labels, values in scalar_blocks(draws, variables=names):
        flat = values.reshape(len(labels), -1)
        parts.append(pd.DataFrame({"mean": flat.mean(axis=1), "sd": flat.std(axis=1, ddof=1)}, index=labels))
    moments = pd.concat(parts)
    return moments[np.isfinite(moments).all(axis=1)]
