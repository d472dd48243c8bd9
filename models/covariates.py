"""Covariates of the analysis data set as arrays."""

import numpy as np
import xarray as xr


def covariate_values(data: xr.Dataset, names: list[str]) -> np.ndarray:
    """Standardised covariates (C, M, S), zero where none is known.

    A cell whose decision is masked keeps its covariates: it is to be predicted from them.

    Raises
    ------
    ValueError
        If a scored cell has no finite value.
    """
    scored = np.isfinite(data.joined.transpose("mission", "state").values)
    values = data.covariate_value.sel(covariate=names).transpose("covariate", "mission", "state").values
    for name, value in zip(names, values, strict=True):
        missing = int((scored & ~np.isfinite(value)).sum())
        if missing:
            raise ValueError(f"covariate '{name}' has no finite value in {missing} scored rows")
    return np.where(np.isfinite(values), values, 0.0)
