"""Are the constructs told apart, and how reliably is each measured?"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
import xarray as xr

from models.blocks.factor import Panel
from workflow.lib.checking.table import (
    CANNOT_TELL,
    FAILED,
    PASSED,
    check_row,
    check_table,
    estimate_row,
    passed_if,
)
from workflow.lib.checking.validity.benchmark import equal_weight_index, item_values
from workflow.lib.checking.validity.paths import Refit, correlation_within_years, without_year_means

# above this two constructs are one
DISTINCT = 0.85
RELIABLE = 0.7
CONVERGENT = 0.3


def reliability(mean: np.ndarray, sd: np.ndarray) -> float:
    """Variance of the posterior mean within years over the total variance, of (S, T)."""
    between = np.nanmean(without_year_means(mean) ** 2)
    return float(between / (between + np.nanmean(sd**2)))


def correlations(latents: Mapping[str, xr.Dataset], interval: float) -> pd.DataFrame:
    """Correlations of constructs within years, freed of the error of either measure.

    The measures are separate, so that a correlation of their draws is attenuated by the product of the reliabilities, that of
    their means by the root of it.

    Parameters
    ----------
    latents : mapping of str to xarray.Dataset
        Group `latent` of each measurement.
    interval : float
    """
    rows, reliability_by_name = [], {}
    for name, latent in latents.items():
        reliability_by_name[name] = reliability(latent.smoothed_mean.values, latent.smoothed_sd.values)
    for first, second in combinations(latents, 2):
        a, b = xr.align(latents[first], latents[second], join="inner")
        size = min(a.sizes["sample"], b.sizes["sample"])
        product = reliability_by_name[first] * reliability_by_name[second]
        correlation_of_means = correlation_within_years(a.smoothed_mean.values, b.smoothed_mean.values)
        estimate = float(correlation_of_means / np.sqrt(product))
        pair = [
            x.smoothed_draw.transpose("sample", "state", "year").values[:size].astype(float) for x in (a, b)
        ]
        # separate measures may have drawn with the same random numbers: no draw meets its own
        pair[1] = np.roll(pair[1], size // 2, axis=0)
        columns = estimate_row(correlation_within_years(*pair) / product, interval) | {"estimate": estimate}
        smallest, largest = sorted((abs(columns["lower"]), abs(columns["upper"])))
        verdict = FAILED if smallest > DISTINCT else (PASSED if largest < DISTINCT else CANNOT_TELL)
        columns |= {"unit": "correlation", "expected": f"below {DISTINCT} in size"}
        columns["note"] = "within years, freed of measurement error"
        item, words = f"correlation:{first}:{second}", f"Correlation of {first} and {second}"
        rows.append(check_row("constructs", first, item, words, verdict, **columns))
    return check_table(rows)


def reliabilities(latents: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Omega of each construct by decade; the smoothed path's, with the filtered one's in the note."""
    rows = []
    for name, latent in latents.items():
        decade = latent.year.values // 10 * 10
        for start in np.unique(decade):
            part = latent.isel(year=np.flatnonzero(decade == start))
            omega, filtered_omega = (
                reliability(part[f"{kind}_mean"].values, part[f"{kind}_sd"].values)
                for kind in ("smoothed", "filtered")
            )
            item, words = f"reliability:{start}", f"Reliability of {name}, {start}s"
            columns = {"estimate": omega, "unit": "share", "expected": f"at least {RELIABLE}"}
            columns["note"] = f"from indicators up to the year alone: {filtered_omega:.2f}"
            verdict = passed_if(omega >= RELIABLE)
            rows.append(check_row("constructs", name, item, words, verdict, **columns))
    return check_table(rows)


def convergent(held_out: Mapping[str, Refit], panel: Panel, model: str) -> pd.DataFrame:
    """Does the path that was measured without an indicator agree with that indicator within years?"""
    rows = []
    for name, refitted in held_out.items():
        value = item_values(panel, name)
        agreement = float(correlation_within_years(refitted.smoothed, value))
        index_agreement = float(correlation_within_years(equal_weight_index(panel, without=name), value))
        words = f"Agreement of {model} with {name.replace('_', ' ')}, left out"
        columns = {"estimate": agreement, "unit": "correlation", "expected": f"above {CONVERGENT}"}
        columns["note"] = f"equal-weight index without it: {index_agreement:.2f}"
        verdict = passed_if(agreement > CONVERGENT)
        rows.append(check_row("constructs", model, f"held_out:{name}", words, verdict, **columns))
    return check_table(rows)
