"""Covariates of the analysis: of states at the start of each mission, of missions, and payments, which are none.

From arrays of shape (mission, state) to labelled arrays, called by `prepare`. No files are read or written.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from workflow.lib.errors import UserError
from workflow.lib.settings.wording import did_you_mean
from workflow.lib.tables.columns import DERIVED_COVARIATES
from workflow.lib.tables.load import Tables
from workflow.lib.tables.panel import transformed

BY_ROW = ("mission", "state")


def derived_covariates(tables: Tables, missions: pd.DataFrame, states: np.ndarray) -> dict[str, np.ndarray]:
    """Covariates that the table of distances gives: the log of the distance, and whether it is zero."""
    if tables.distances is None:
        return {}
    distance = tables.distances.set_index(["mission", "state"])["distance_km"]
    grid = pd.MultiIndex.from_product([missions["mission"], states])
    km = distance.reindex(grid).to_numpy().reshape(len(missions), len(states))
    contiguous = np.where(np.isfinite(km), (km == 0).astype(float), np.nan)
    return {"log_distance": np.log1p(km), "contiguous_to_target": contiguous}


def on_model_scale(values: Mapping, name: str, columns: Mapping) -> np.ndarray:
    """A column under the codebook's transform."""
    return transformed(values[name], columns["transform"].get(name, "none"))


def covariates(values: Mapping, columns: Mapping, scored: np.ndarray, tables: Tables) -> xr.Dataset:
    """All columns that a model may name, standardised over the scored rows; 0/1 columns are only centred."""
    names = list(columns["controls"])
    for name in [*columns["role"], *(DERIVED_COVARIATES if tables.distances is not None else [])]:
        if name not in names and columns["role"].get(name) not in ("key", "payment", "tie_count"):
            names.append(name)
    roles, standard, centres, scales = [], [], [], []
    for name in names:
        role = columns["role"].get(name, "other")
        roles.append("control" if name in columns["controls"] else "other" if role == "control" else role)
        value = np.where(scored, on_model_scale(values, name, columns), np.nan)
        observed = value[np.isfinite(value)]
        centres.append(float(observed.mean()) if len(observed) else 0.0)
        spread = float(observed.std()) if len(observed) else 0.0
        scales.append(1.0 if columns["family"][name] == "bernoulli" or spread == 0 else spread)
        standard.append((value - centres[-1]) / scales[-1])
    return xr.Dataset(
        {"covariate_value": (("covariate", *BY_ROW), np.stack(standard))},
        coords={
            "covariate": names,
            "covariate_role": ("covariate", roles),
            "covariate_centre": ("covariate", centres),
            "covariate_scale": ("covariate", scales),
        },
    )


def payments(values: Mapping, columns: Mapping, scored: np.ndarray) -> xr.Dataset:
    """Payments around each mission, as they stand in the table: outcomes to describe, kept apart from covariates."""
    names = [name for name, role in columns["role"].items() if role == "payment"]
    stacked = [np.where(scored, values[name], np.nan) for name in names]
    value = np.stack(stacked) if names else np.zeros((0, *scored.shape))
    return xr.Dataset(
        {"payment_value": (("payment", *BY_ROW), value)}, coords={"payment": np.array(names, dtype=str)}
    )


def mission_covariates(missions: pd.DataFrame, names: list[str], tables: Tables) -> xr.Dataset:
    """Covariates of missions as numbers; a column that is not there, or a mission without a number, is a `UserError`."""
    path = tables.paths["missions"]
    values = np.zeros((len(names), len(missions)))
    for row, name in enumerate(names):
        if name not in missions:
            raise UserError(
                f"data.mission_covariates: column {name} is not in {path}{did_you_mean(name, missions.columns)}"
            )
        values[row] = pd.to_numeric(missions[name].replace("", None), errors="coerce")
        missing = missions.loc[~np.isfinite(values[row]), "mission"].tolist()
        if missing:
            raise UserError(
                f"data.mission_covariates: {name} is empty or no number for mission {missing[0]} in {path}; fill it "
                "in or take the column off the list"
            )
    return xr.Dataset(
        {"mission_covariate_value": (("mission_covariate", "mission"), values)},
        coords={"mission_covariate": list(names)},
    )
