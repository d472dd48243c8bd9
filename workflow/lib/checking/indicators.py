"""Predictive checks of the quality indicators, and whether an indicator works differently by era and bloc.

From: replicated panels of each indicator (replicate or chain and draw, state, panel_year), drawn by the
caller from the measurement model, and the observed panel. To: rows of `results/checks/indicators.csv` and
`results/checks/differential_functioning.csv`. Cells without an observation are left out of both sides. An
indicator functions differently where, at the same latent quality, a group of states has other values than the
model expects: the mean residual of the group is compared with that of the replicates. Fails with a
`ValueError` when shapes differ.

Source: Gelman, Meng & Stern (1996), Statistica Sinica 6, 733-807; for differential item functioning by
posterior predictive checks: Sinharay, Johnson & Stern (2006), Applied Psychological Measurement 30(4),
298-321.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from workflow.lib.checking.draws import flat_draws
from workflow.lib.checking.predictive import CHECK_COLUMNS, ERAS, check_rows

STATISTICS: Mapping[str, Mapping[str, Callable[[np.ndarray], np.ndarray]]] = {
    "normal": {
        "mean": lambda values: values.mean(axis=-1),
        "sd": lambda values: values.std(axis=-1),
        "smallest": lambda values: values.min(axis=-1),
        "largest": lambda values: values.max(axis=-1),
    },
    "negative_binomial": {
        "mean": lambda values: values.mean(axis=-1),
        "sd": lambda values: values.std(axis=-1),
        "share_zero": lambda values: (values == 0).mean(axis=-1),
        "largest": lambda values: values.max(axis=-1),
    },
    "bernoulli": {
        "mean": lambda values: values.mean(axis=-1),
        "share_zero": lambda values: (values == 0).mean(axis=-1),
    },
}
BLOCS = ("allied_with_pivotal", "allied_with_rival", "allied_with_neither")


def indicator_checks(
    replicated: Mapping[str, xr.DataArray], data: xr.Dataset, model: str, *, interval: float
) -> pd.DataFrame:
    """Mean, spread, share of zeros and extremes of each indicator.

    Parameters
    ----------
    replicated : mapping of str to xarray.DataArray, shape (chain, draw, state, panel_year)
        Indicator -> replicated panel (dimension `replicate` instead of chain and draw is accepted).
    data : xarray.Dataset
        `indicator_value` (indicator, state, panel_year) and `family` (indicator).
    model : str
    interval : float

    Returns
    -------
    pandas.DataFrame
        Check `indicator`, item = indicator, scope = its family.
    """
    rows = []
    for indicator, family, values, observed in _cells(replicated, data):
        for statistic, function in STATISTICS[family].items():
            rows += check_rows(
                function(values)[:, None],
                np.array([function(observed)]),
                [indicator],
                check="indicator",
                model=model,
                statistic=statistic,
                interval=interval,
                scope=family,
            )
    return pd.DataFrame(rows, columns=CHECK_COLUMNS)


def bloc_labels(allied_with_pivotal: xr.DataArray, allied_with_rival: xr.DataArray) -> xr.DataArray:
    """Bloc of each state in each panel year.

    Parameters
    ----------
    allied_with_pivotal, allied_with_rival : xarray.DataArray, shape (state, panel_year)
        Number of alliances shared, or 0/1; missing counts as none. A state allied with both belongs to the
        pivotal state's bloc: what is asked is whether the indicator reads differently among its allies.
    """
    pivotal = allied_with_pivotal.fillna(0) > 0
    rival = allied_with_rival.fillna(0) > 0
    return xr.where(pivotal, BLOCS[0], xr.where(rival, BLOCS[1], BLOCS[2])).rename("bloc")


def differential_functioning(
    replicated: Mapping[str, xr.DataArray],
    data: xr.Dataset,
    bloc: xr.DataArray,
    model: str,
    *,
    interval: float,
    smallest_group: int = 10,
) -> pd.DataFrame:
    """Residual of each indicator in each era and bloc, against replicates of the model.

    Parameters
    ----------
    replicated, data, model, interval
        As in `indicator_checks`.
    bloc : xarray.DataArray, shape (state, panel_year)
        Labels, for example from `bloc_labels`.
    smallest_group : int
        Groups with fewer observed cells are left out.

    Returns
    -------
    pandas.DataFrame
        Check `differential_functioning`, item = indicator, scope = `era:bloc`, statistic
        `standardised_residual`: the mean over the group's cells of observed minus expected, divided by its
        standard deviation over replicates (mean 0 by construction); `lower` and `upper` are the replicates'
        interval on the same scale.
    """
    bloc = bloc.transpose("state", "panel_year")
    rows = []
    for indicator, _, values, observed, cells in _cells(replicated, data, with_positions=True):
        years = data["panel_year"].values[cells[1]]
        blocs = bloc.sel(state=data["state"], panel_year=data["panel_year"]).values[cells]
        expected = values.mean(axis=0)
        for era, (first, last) in ERAS.items():
            for name in np.unique(blocs):
                group = (years >= first) & (years <= last) & (blocs == name)
                if group.sum() < smallest_group:
                    continue
                residuals = (values[:, group] - expected[group]).mean(axis=1)
                scale = residuals.std(ddof=1)
                if scale == 0:
                    continue
                rows += check_rows(
                    residuals[:, None] / scale,
                    np.array([(observed[group] - expected[group]).mean() / scale]),
                    [indicator],
                    check="differential_functioning",
                    model=model,
                    statistic="standardised_residual",
                    interval=interval,
                    scope=f"{era}:{name}",
                )
    return pd.DataFrame(rows, columns=CHECK_COLUMNS)


def _cells(replicated: Mapping[str, xr.DataArray], data: xr.Dataset, with_positions: bool = False):
    """Each indicator with its family, its replicated (replicate, cell) and its observed (cell,) values."""
    for indicator, draws in replicated.items():
        panel = data["indicator_value"].sel(indicator=indicator).transpose("state", "panel_year")
        family = str(data["family"].sel(indicator=indicator).values)
        if family not in STATISTICS:
            raise ValueError(f"`{indicator}`: no checks for the family `{family}`")
        flat = flat_draws(draws).transpose("sample", "state", "panel_year")
        if flat.shape[1:] != panel.shape:
            raise ValueError(
                f"`{indicator}`: replicates have shape {flat.shape[1:]}, the panel has {panel.shape}"
            )
        positions = np.nonzero(panel.notnull().values)
        if not positions[0].size:
            continue
        cells = (
            indicator,
            family,
            flat.values[:, positions[0], positions[1]].astype(float),
            panel.values[positions],
        )
        yield (*cells, positions) if with_positions else cells
