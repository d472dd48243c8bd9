"""Summaries of what is printed: draws in, rows of tables out."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from models.blocks.base import Parameter
from models.priors import Priors
from workflow.lib.checking.diagnostics import convergence_table
from workflow.lib.checking.draws import interval_probabilities, scalar_labels, summarise

EFFECT_COLUMNS = ("model", "estimand", "scope", "mean", "median", "sd", "lower", "upper", "ess_bulk", "r_hat")
PARAMETER_COLUMNS = (
    *("model", "parameter", "label", "mean", "sd", "lower", "upper", "ess_bulk", "r_hat"),
    "contraction",
)
PATH_COLUMNS = (
    *("pivotal", "state", "name", "year", "construct", "mean", "sd", "lower", "upper"),
    *("information", "model"),
)


def as_dataset(draws: Mapping[tuple[str, str], xr.DataArray]) -> xr.Dataset:
    """Draws of estimands as one data set, named `estimand[scope]`."""
    return xr.Dataset(
        {f"{estimand}[{scope}]": v.reset_coords(drop=True) for (estimand, scope), v in draws.items()}
    )


def as_estimands(dataset: xr.Dataset) -> dict[tuple[str, str], xr.DataArray]:
    """The same by estimand and scope."""
    pairs = {str(name): str(name).removesuffix("]").split("[", 1) for name in dataset.data_vars}
    return {(estimand, scope): dataset[name] for name, (estimand, scope) in pairs.items()}


def effect_rows(draws: Mapping[tuple[str, str], xr.DataArray], model: str, interval: float) -> pd.DataFrame:
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
    convergence = convergence_table(as_dataset(draws)).set_index("parameter")[["ess_bulk", "r_hat"]]
    rows = [
        {
            "model": model,
            "estimand": estimand,
            "scope": scope,
            **summarise(values, interval),
            "median": float(np.median(values)),
            **convergence.loc[f"{estimand}[{scope}]"],
        }
        for (estimand, scope), values in draws.items()
    ]
    return pd.DataFrame(rows, columns=list(EFFECT_COLUMNS))


def parameter_rows(
    posterior: xr.Dataset, parameters: list[Parameter], priors: Priors, model: str, interval: float
) -> pd.DataFrame:
    """One row for each scalar parameter of a model, with its contraction: one minus posterior over prior variance."""
    rows = []
    for parameter in parameters:
        if parameter.name not in posterior:
            continue
        variable = posterior[parameter.name].transpose("chain", "draw", ...)
        names = scalar_labels(variable)
        values = variable.values.reshape(*variable.shape[:2], -1)
        convergence = convergence_table({parameter.name: variable}).set_index("parameter")
        prior_variance = float(priors.distribution(parameter.prior).var()) if parameter.prior else np.nan
        for k, name in enumerate(names):
            index = name[len(parameter.name) :].strip("[]")
            summary = summarise(values[:, :, k], interval)
            rows.append(
                {
                    "model": model,
                    "parameter": name,
                    "label": f"{parameter.label} {index}".strip(),
                    **summary,
                    **convergence.loc[name, ["ess_bulk", "r_hat"]],
                    "contraction": 1 - summary["sd"] ** 2 / prior_variance,
                }
            )
    return pd.DataFrame(rows, columns=list(PARAMETER_COLUMNS))


def path_rows(
    latent: xr.Dataset, data: xr.Dataset, construct: str, model: str, interval: float
) -> pd.DataFrame:
    """Filtered and smoothed paths of all states in the years in which they existed: rows of `results/quality.csv`."""
    names = dict(zip(data["state"].values.tolist(), data["state_name"].values.tolist(), strict=True))
    present = (
        data["present"].transpose("state", "year").sel(state=latent["state"], year=latent["year"]).values
    )
    states, years = (latent[name].values for name in ("state", "year"))
    row, column = np.nonzero(present)
    lower, upper = interval_probabilities(interval)
    parts = []
    for information in ("filtered", "smoothed"):
        draws = latent[f"{information}_draw"].transpose("sample", "state", "year").values
        limits = np.quantile(draws, [lower, upper], axis=0)
        columns = {
            "mean": latent[f"{information}_mean"].transpose("state", "year").values,
            "sd": latent[f"{information}_sd"].transpose("state", "year").values,
            "lower": limits[0],
            "upper": limits[1],
        }
        part = pd.DataFrame({name: values[row, column] for name, values in columns.items()})
        parts.append(part.assign(state=states[row], year=years[column], information=information))
    table = pd.concat(parts, ignore_index=True)
    table = table.assign(
        name=table["state"].map(names),
        pivotal=int(data.attrs["source_of_ties"]),
        construct=construct,
        model=model,
    )
    return table.sort_values(["information", "state", "year"], ignore_index=True)[list(PATH_COLUMNS)]
