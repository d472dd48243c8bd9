"""What data cannot tell, found before a fit: nothing varies, nothing is observed, one column says what others say.

From the analysis dataset to lines in plain words, a fault each; or to warnings. A sampler would not complain: it would print
the prior as if it were an estimate. Reads no files.
"""

from collections.abc import Iterable

import numpy as np
import xarray as xr

FURTHEST = 20.0  # standard deviations
# Share of a column's variance that the other columns must leave, for its slope to be told from theirs.
LEAST_RESIDUAL_VARIANCE = 1e-6


def faults_of_rows(data: xr.Dataset) -> list[str]:
    """Faults of the outcome: too few missions, nobody or everybody joined, values that are no numbers."""
    joined = data["joined"].values
    scored, joiners = int(np.isfinite(joined).sum()), int(np.nansum(joined))
    faults = []
    if data.sizes["mission"] < 2:
        faults.append(
            f"data: {data.sizes['mission']} mission is left; at least 2 are wanted to tell missions from states"
        )
    if joiners in (0, scored):
        who = "nobody" if joiners == 0 else "everybody"
        faults.append(
            f"data: {who} joined in the {scored} rows of mission and state, so nothing can explain it; look at joined and "
            "certainty in the table of participation, and at data.joined_certainty"
        )
    for name, values in data.data_vars.items():
        if values.dtype.kind == "f" and np.isinf(values.values).any():
            faults.append(
                f"data: {name} has {int(np.isinf(values.values).sum())} infinite values; look at the tables"
            )
    return faults


def faults_of_regressors(data: xr.Dataset, names: Iterable[str], where: str = "data.controls") -> list[str]:
    """Faults of covariates of the outcome beside its ties: never observed, without variation, or said by the others."""
    scored = np.isfinite(data["joined"].values)
    columns = {"ties": data["ties"].values[scored]} if "ties" in data else {}
    faults = []
    for name in names:
        values = data["covariate_value"].sel(covariate=name).values[scored]
        observed = values[np.isfinite(values)]
        if not len(observed):
            faults.append(f"{where}: {name} is never observed in the rows that count; take it off the list")
        elif np.ptp(observed) < 1e-12:
            faults.append(
                f"{where}: {name} is the same in all rows that count, so it has no slope; take it off the list"
            )
        else:
            columns[name] = values
    return faults + _collinear_columns(columns, where)


def _collinear_columns(columns: dict[str, np.ndarray], where: str) -> list[str]:
    """Each column that the columns before it determine, with those that it needs most."""
    if not columns:
        return []
    matrix = np.column_stack(list(columns.values()))
    matrix = matrix[np.isfinite(matrix).all(axis=1)]
    if len(matrix) < 2:
        return [f"{where}: no row has all of {', '.join(columns)}; take columns off the list"]
    spread = matrix.std(axis=0)
    matrix = (matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    faults = []
    for index, name in enumerate(columns):
        if index == 0:
            continue
        earlier = matrix[:, :index]
        weights = np.linalg.lstsq(earlier, matrix[:, index], rcond=None)[0]
        residual_variance = float(np.mean((matrix[:, index] - earlier @ weights) ** 2))
        if residual_variance < LEAST_RESIDUAL_VARIANCE:
            collinear = [other for other, weight in zip(columns, weights, strict=False) if abs(weight) > 1e-3]
            faults.append(
                f"{where}: {name} says nothing that {', '.join(collinear)} does not say, so their slopes cannot be told apart; "
                "take one off the list"
            )
    return faults


def faults_of_incomplete(data: xr.Dataset, names: Iterable[str], where: str) -> list[str]:
    """Moderators and controls of a model with missing values: a missing one would count as average."""
    scored = np.isfinite(data["joined"].values)
    faults = []
    for name in names:
        missing = int((~np.isfinite(data["covariate_value"].sel(covariate=name).values[scored])).sum())
        if missing:
            faults.append(
                f"{where}: {name} is missing in {missing} of {int(scored.sum())} rows; add it to data.controls, which "
                "leaves these rows out, or take another column"
            )
    return faults


def warnings_of_data(data: xr.Dataset) -> list[str]:
    """Covariates with values so far from the rest that they decide the scale of all others."""
    warnings = []
    for name in data["covariate"].values.tolist():
        values = data["covariate_value"].sel(covariate=name).values
        far = np.abs(np.where(np.isfinite(values), values, 0.0)) > FURTHEST
        if far.any():
            mission, state = np.argwhere(far)[0]
            warnings.append(
                f"{name}: {int(far.sum())} values more than {FURTHEST:g} standard deviations from the mean, the first for "
                f"state {int(data['state'][state])} and mission {data['mission'].values[mission]}; is it a slip?"
            )
    return warnings
