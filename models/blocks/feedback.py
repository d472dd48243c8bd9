"""Joint inference: the outcome informs each state's path of the first latent regressor.

Given the indicators' parameters (at their posterior mean), the indicators of all years leave each path Gaussian. That
Gaussian is the prior here, so that indicators and outcome inform the path together; loadings and errors stay those that the
indicators alone gave.
"""

import numpy as np
import pytensor.tensor as pt

from models.blocks.base import Arrays


class Feedback:
    """q_i = mean_i + factor_i z_i, z ~ N(0, 1), in the years before missions."""

    def used(self, composition):
        return composition.inference == "joint"

    def arrays(self, composition, data, path):
        years = data.start_year.values.astype(int) - 1
        distinct, place = np.unique(years, return_inverse=True)
        coords = {"path_year": distinct.tolist(), "path_state": data.state.values.tolist()}
        mean, factor = path.marginal(distinct)
        mean, factor = mean.T, np.moveaxis(factor, 0, 2)
        return Arrays({"path_mean": mean, "path_factor": factor, "path_place": place.astype(float)}, coords)

    def add(self, composition, x, variables):
        return {"path": variables.path("path", x["path_mean"], x["path_factor"], ("path_year", "path_state"))}


def at_missions(path, place):
    """Paths (..., Y, S) in the years before missions, (..., M, S); of a tensor or an array."""
    if isinstance(path, np.ndarray):
        return path[..., place.astype(int), :]
    return path[pt.cast(place, "int64")]
