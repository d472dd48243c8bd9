"""Ties beyond exposure: what a state shares beyond what its own memberships, age and size lead one to expect."""

import numpy as np

FEWEST_ROWS = 10


def beyond_exposure(joint: np.ndarray, exposures: list[np.ndarray], scored: np.ndarray) -> np.ndarray:
    """Residuals of a least-squares regression of shared ties on their exposures, mission by mission.

    Parameters
    ----------
    joint : array, shape (M, S)
        Log of one plus the number of shared ties.
    exposures : list of array, shape (M, S)
        Log of one plus the state's own ties, its age, its size; an exposure that is missing in a row is taken at the mission's
        mean.
    scored : array of bool, shape (M, S)

    Returns
    -------
    array, shape (M, S)
        NaN where not scored or not counted, and in missions with too few rows.
    """
    residual = np.full(joint.shape, np.nan)
    for m in range(len(joint)):
        rows = scored[m] & np.isfinite(joint[m])
        if rows.sum() < max(FEWEST_ROWS, 2 * (len(exposures) + 1)):
            continue
        columns = [np.ones(rows.sum())]
        for exposure in exposures:
            value = exposure[m, rows]
            seen = np.isfinite(value)
            if seen.any():
                columns.append(np.where(seen, value, value[seen].mean() if seen.any() else 0.0))
        design = np.stack(columns, axis=1)
        slopes, *_ = np.linalg.lstsq(design, joint[m, rows], rcond=None)
        residual[m, rows] = joint[m, rows] - design @ slopes
    return residual
