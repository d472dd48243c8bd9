"""The measurement panel: every indicator of a construct by state and year, with what it is adjusted for.

From the rows of the table of states (one pivotal state) and the codebook to labelled arrays; computes nothing but the
codebook's transforms.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

TRANSFORMS = {"none": lambda x: x, "log1p": np.log1p, "log": lambda x: np.log(np.where(x > 0, x, np.nan))}


def transformed(values: np.ndarray, transform: str) -> np.ndarray:
    """Apply a transform of the codebook; what it is not defined for is missing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = TRANSFORMS[transform](values)
    return np.where(np.isfinite(found), found, np.nan)


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
    at = rows.reindex(pd.MultiIndex.from_product([years, states]))
    book = codebook.set_index("column")
    shape = (len(years), len(states))

    def array(name: str) -> np.ndarray:
        return transformed(at[name].to_numpy(float), book.at[name, "transform"]).reshape(shape).T

    needed = {name: adjusters_of(book, name) for name in indicators}
    adjusters = sorted({a for names in needed.values() for a in names})
    values = [array(name) for name in indicators]
    standard = [_standardised(array(name)) for name in adjusters]
    empty = np.zeros((0, *shape[::-1]))
    return xr.Dataset(
        {
            "indicator_value": (("indicator", "state", "year"), np.stack(values) if values else empty),
            "present": (("state", "year"), at.index.isin(rows.index).reshape(shape).T),
            "adjuster_value": (("adjuster", "state", "year"), np.stack(standard) if standard else empty),
            "adjusts": (
                ("indicator", "adjuster"),
                np.array([[a in needed[n] for a in adjusters] for n in indicators], bool).reshape(
                    len(indicators), len(adjusters)
                ),
            ),
        },
        coords={
            "state": states,
            "year": years,
            "indicator": np.array(indicators, dtype=str),
            "adjuster": np.array(adjusters, dtype=str),
            "construct": ("indicator", _column(book, indicators, "construct")),
            "indicator_label": ("indicator", _column(book, indicators, "label")),
            "anchor": ("indicator", np.array([_is_one(_get(book, n, "anchor")) for n in indicators], bool)),
            "direction": (
                "indicator",
                np.array([_direction(_get(book, n, "direction")) for n in indicators], float),
            ),
        },
    )


def adjusters_of(book: pd.DataFrame, name: str) -> list[str]:
    """Columns that an indicator is adjusted for."""
    text = _get(book, name, "adjust_for")
    return [part.strip() for part in str(text).split(";") if part.strip()] if isinstance(text, str) else []


def _get(book: Mapping, name: str, column: str):
    return book.at[name, column] if column in book else ""


def _column(book: pd.DataFrame, names: list[str], column: str) -> np.ndarray:
    return np.array([str(_get(book, n, column) or n) for n in names], dtype=str)


def _is_one(value) -> bool:
    return str(value).strip() in ("1", "1.0", "True")


def _direction(value) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return np.nan


def _standardised(values: np.ndarray) -> np.ndarray:
    spread = np.nanstd(values) if np.isfinite(values).any() else 0.0
    return (
        (values - np.nanmean(values)) / spread if spread > 0 else np.where(np.isfinite(values), 0.0, np.nan)
    )
