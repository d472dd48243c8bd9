"""Covariates that are held constant."""

import numpy as np

from models.blocks.base import Arrays, Parameter, known_length
from models.covariates import covariate_values


class Controls:
    """logit += x_mi'b."""

    def used(self, composition):
        return composition.controls is None or bool(composition.controls)

    def arrays(self, composition, data, values):
        names = composition.control_names(data)
        columns = covariate_values(data, names)
        scored = np.isfinite(data.joined.transpose("mission", "state").values)
        return Arrays(
            {"control": columns, "control_rotation": orthogonal_rotation(columns[:, scored].T)},
            {"control": names},
        )

    def parameters(self, composition):
        return [Parameter("control_slope", "slope of", ("control",), "control_slope")]

    def add(self, composition, x, variables, eta):
        slope = variables.correlated("control_slope", "control_slope", x["control_rotation"], "control")
        return {"control_slope": slope}

    def logit(self, composition, p, x):
        slope, columns = p["control_slope"], x["control"]
        if isinstance(slope, np.ndarray):
            return np.tensordot(slope, columns, axes=1)
        return sum(slope[c] * columns[c] for c in range(known_length(columns)))


def orthogonal_rotation(columns: np.ndarray) -> np.ndarray:
    """Matrix (C, C) that turns slopes of orthogonal columns of unit variance into slopes of the columns (N, C)."""
    if not columns.shape[1]:
        return np.zeros((0, 0))
    r = np.linalg.qr(columns - columns.mean(0), mode="r") / np.sqrt(max(len(columns), 1))
    # a column that others explain keeps its own direction
    weak = np.abs(np.diag(r)) < 1e-6
    r[weak] = np.eye(len(r))[weak]
    return np.linalg.inv(r)
