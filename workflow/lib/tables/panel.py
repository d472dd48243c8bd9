"""The measurement panel: every indicator of a construct by state and year, with what it is adjusted for.

From the rows of the table of states (one pivotal state) and the codebook to labelled arrays; computes nothing but the
codebook's transforms.
"""

import numpy as np
import pandas as pd
import xarray as xr

TRANSFORMS = {"none": lambda x: x, "log": lambda x: np.log(np.where(x > 0, x, np.nan)), "log1p": np.log1p}


def transformed(values: np.ndarray, transform: str) -> np.ndarray:
    """Apply a transform of the codebook; what it is not defined for is missing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result = TRANSFORMS[transform](values)
    return np.where(np.isfinite(result), result, np.nan)


def measurement_panel(
    rows: pd.DataFrame, states: np.ndarray, years: np.ndarray, codebook: pd.DataFrame, indicators: list[str]
) -> xr.Dataset:
    """Indicators and adjusters on the grid of states and years.

    Parameters
    ----------
    rows : pandas.DataFrame
        Indexed by (year, state).
    states, years : array of int
    codebook : pandas.DataFrame
    indicators : list of str

    Returns
    -------
    xarray.Dataset
        ``indicator_value`` (indicator, state, year), transformed; ``present`` (state, year), whether the state has a row;
        ``adjuster_value`` (adjuster, state, year), standardised; ``adjusts`` (indicator, adjuster). Coordinates of an indicator:
        construct, anchor, direction, indicator_label.
    """
    grid_rows = rows.reindex(pd.MultiIndex.from_product([years, states]))
    book = codebook.set_index("column")
    shape = (len(years), len(states))

    def array(name: str) -> np.ndarray:
        return transformed(grid_rows[name].to_numpy(float), book.at[name, "transform"]).reshape(shape).T

    chosen = book.reindex(indicators)
    needed = [set(filter(None, map(str.strip, text.split(";")))) for text in chosen["adjust_for"]]
    adjusters = sorted(set().union(*needed))
    values = [array(name) for name in indicators]
    standard = [_standardised(array(name)) for name in adjusters]
    empty = np.zeros((0, *shape[::-1]))
    adjusts = np.array([[name in names for name in adjusters] for names in needed], bool)
    return xr.Dataset(
        {
            "indicator_value": (("indicator", "state", "year"), np.stack(values) if values else empty),
            "present": (("state", "year"), grid_rows.index.isin(rows.index).reshape(shape).T),
            "adjuster_value": (("adjuster", "state", "year"), np.stack(standard) if standard else empty),
            "adjusts": (("indicator", "adjuster"), adjusts.reshape(len(indicators), len(adjusters))),
        },
        coords={
            "state": states,
            "year": years,
            "indicator": np.array(indicators, dtype=str),
            "adjuster": np.array(adjusters, dtype=str),
            "construct": ("indicator", _words(chosen["construct"])),
            "indicator_label": ("indicator", _words(chosen["label"])),
            "anchor": ("indicator", (chosen["anchor"] == 1).to_numpy()),
            "direction": ("indicator", chosen["direction"].to_numpy(float)),
        },
    )


def _words(texts: pd.Series) -> np.ndarray:
    """Texts, or where there is none the name of the column."""
    return texts.where(texts != "", texts.index.to_series()).to_numpy(str)


def _standardised(values: np.ndarray) -> np.ndarray:
    spread = np.nanstd(values) if np.isfinite(values).any() else 0.0
    return (
        (values - np.nanmean(values)) / spread if spread > 0 else np.where(np.isfinite(values), 0.0, np.nan)
    )
