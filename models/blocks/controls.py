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
        return Arrays({"control": covariate_values(data, names)}, {"control": names})

    def parameters(self, composition):
        return [Parameter("control_slope", "slope of", ("control",), "control_slope")]

    def add(self, composition, x, variables):
        return {"control_slope": variables.variable("control_slope", dims="control")}

    def logit(self, composition, p, x):
        slope, columns = p["control_slope"], x["control"]
        if isinstance(slope, np.ndarray):
            return np.tensordot(slope, columns, axes=1)
        return sum(slope[c] * columns[c] for c in range(known_length(columns)))
