"""Whether joining moves a relationship: its path before and after missions, and states that had never joined before.

A measure that is taken before a mission can still hold what earlier missions left behind. Two tests tell: joiners should not have
been drawing closer already, and quality should tell who joins among states that had joined none.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from workflow.lib.checking.controls import NEAR_ZERO, POSITIVE
from workflow.lib.checking.table import CANNOT_TELL, DESCRIBED, check_row, estimate_row, passed_if

YEARS_AROUND = (-10, -5, -3, 1, 3, 5, 10)
# one test before and one after; the other years show the course
TESTED = (-5, 5)
BEFORE, AFTER, FIRST = "before joining", "after joining", "first joiners"
WEIGHTINGS = 500


def path_around(path: xr.DataArray, data: xr.Dataset, years: int) -> xr.DataArray:
    """A path (state, year) some years from the year before each mission, (mission, state); NaN outside the panel."""
    target = xr.DataArray(
        data["start_year"].values.astype(int) - 1 + years,
        dims="mission",
        coords={"mission": data["mission"].values},
    )
    values = path.reindex(state=data["state"].values).reindex(year=np.unique(target)).sel(year=target)
    return values.drop_vars("year").transpose("mission", "state")


def first_decisions(data: xr.Dataset) -> xr.DataArray:
    """Whether a state had joined no mission that started in an earlier year, (mission, state)."""
    joined = data["joined"].transpose("mission", "state").fillna(0).values > 0
    start = data["start_year"].values
    earlier = np.array([joined[start < year].any(axis=0) for year in start])
    return xr.DataArray(
        ~earlier,
        dims=("mission", "state"),
        coords={"mission": data["mission"].values, "state": data["state"].values},
    )


def difference_of_joiners(
    change: np.ndarray, level: np.ndarray, joined: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Change of joiners less that of others of the same mission and the same level, over states that might have been others.

    Least squares with an intercept for each mission, under weights of states that are exponential: a Bayesian bootstrap
    (Rubin 1981) in which a state goes with all its decisions.

    Parameters
    ----------
    change, level, joined : array, shape (M, S)
        NaN where not known.
    random : numpy.random.Generator

    Returns
    -------
    array, shape (WEIGHTINGS,)
    """
    mission, state = np.nonzero(np.isfinite(change) & np.isfinite(level) & np.isfinite(joined))
    columns = np.stack([array[mission, state] for array in (change, joined, level)])
    missions, differences = joined.shape[0], np.empty(WEIGHTINGS)
    for weighting in range(WEIGHTINGS):
        weight = random.exponential(size=joined.shape[1])[state]
        total = np.bincount(mission, weight, missions)
        means = np.stack(
            [np.bincount(mission, weight * column, missions) for column in columns]
        ) / np.maximum(total, 1e-12)
        y, *x = columns - means[:, mission]
        x = np.stack(x)
        differences[weighting] = np.linalg.solve((x * weight) @ x.T, (x * weight) @ y)[0]
    return differences


def rows_around_missions(
    path: xr.DataArray, data: xr.Dataset, regressor: str, model: str, interval: float, seed: int
) -> list[dict]:
    """Quality of joiners less that of others of the same quality in the year before a mission, by years from that year.

    Parameters
    ----------
    path : xarray.DataArray, shape (state, year)
        Posterior mean that knows each year's past alone.
    """
    level, joined = path_around(path, data, 0).values, data["joined"].transpose("mission", "state").values
    rows = []
    for years in YEARS_AROUND:
        change = path_around(path, data, years).values - level
        if not (np.isfinite(change) & (joined == 1)).any():
            continue
        difference = estimate_row(
            difference_of_joiners(change, level, joined, np.random.default_rng([seed, years + 100])), interval
        )
        side = "earlier" if years < 0 else "later"
        rows.append(
            check_row(
                BEFORE if years < 0 else AFTER,
                model,
                f"{regressor} {years:+d}",
                f"{regressor} of joiners less others, {abs(years)} year{'s' * (abs(years) > 1)} {side}",
                passed_if(difference["lower"] <= 0 <= difference["upper"]) if years in TESTED else DESCRIBED,
                **difference,
                unit="sd",
                expected=NEAR_ZERO,
                note="than the year before a mission, among states of the same quality in that year",
            )
        )
    return rows


def first_joiners_row(
    slope: xr.DataArray, naive: xr.DataArray, regressor: str, model: str, interval: float, joiners: int
) -> dict:
    """Slope among states that had joined no earlier mission, which nothing that joining leaves behind can make."""
    slope_row, naive_row = estimate_row(slope, interval), estimate_row(naive, interval)
    # a slope that is not there to begin with leaves nothing to test
    if naive_row["lower"] <= 0 or slope_row["lower"] <= 0 <= naive_row["estimate"] <= slope_row["upper"]:
        verdict = CANNOT_TELL
    else:
        verdict = passed_if(slope_row["lower"] > 0)
    return check_row(
        FIRST,
        model,
        f"{regressor} {FIRST}",
        f"{regressor} among states that had joined no earlier mission",
        verdict,
        **slope_row,
        unit="log-odds",
        expected=POSITIVE,
        note=f"{joiners} joined; slope in all decisions {naive_row['estimate']:.2f}",
    )
