"""Ties, quality and other regressors, their slopes by mission, and interactions with covariates."""

import numpy as np

from models.blocks.base import Arrays, Parameter, by_mission, decision_weights, predictor_arrays
from models.covariates import covariate_values


class Regressors:
    """logit += sum over terms of b_m x_mi, b_m ~ N(b + z_m'g, slope_sd) where slopes vary by mission."""

    def used(self, composition):
        return bool(composition.terms())

    def arrays(self, composition, data, values):
        arrays, weight = {}, decision_weights(data)
        for term in composition.terms():
            value = values.sel(term=term.name).values
            name = f"{term.name}_slope"
            mean = (weight * value).sum(1) / np.maximum(weight.sum(1), 1e-12)
            arrays[f"{term.name}_value"] = value
            arrays[f"{name}_information"] = (weight * (value - mean[:, None]) ** 2).sum(1)
        coords = {}
        for name in composition.mission_slopes:
            predictors = predictor_arrays(composition, data, name)
            arrays |= predictors.values
            coords |= predictors.coords
        if composition.moderators:
            moderating = covariate_values(data, [m.by for m in composition.moderators])
            arrays |= {f"moderator_{k}": value for k, value in enumerate(moderating)}
            coords["moderator"] = [m.name for m in composition.moderators]
        return Arrays(arrays, coords)

    def parameters(self, composition):
        listed = []
        for term in composition.terms():
            name, words = f"{term.name}_slope", term.name.replace("_", " ")
            listed.append(Parameter(name, f"slope of {words}", (), name))
            if composition.varies_by_mission(term):
                if term.regressor in composition.mission_predictors:
                    dims, label = (f"{term.regressor}_predictor",), f"shift of missions' slopes of {words}"
                    listed.append(
                        Parameter(f"{name}_predictor_slope", label, dims, "mission_predictor_slope")
                    )
                listed.append(
                    Parameter(f"{name}_sd", f"spread of missions' slopes of {words}", (), f"{name}_sd")
                )
                listed.append(Parameter(f"mission_{name}", f"slope of {words} in a mission", ("mission",)))
        if composition.moderators:
            listed.append(Parameter("moderator_slope", "interaction", ("moderator",), "moderator_slope"))
        return listed

    def add(self, composition, x, variables):
        slopes = {}
        for term in composition.terms():
            name = f"{term.name}_slope"
            slopes[name] = variables.variable(name)
            spread = None
            if composition.varies_by_mission(term):
                spread = slopes[f"{name}_sd"] = variables.variable(f"{name}_sd")
            slopes |= by_mission(composition, x, variables, term.regressor, name, slopes[name], spread)
        if composition.moderators:
            slopes["moderator_slope"] = variables.variable("moderator_slope", dims="moderator")
        return slopes

    def logit(self, composition, p, x):
        total = 0.0
        for term in composition.terms():
            total = total + p[f"mission_{term.name}_slope"][..., :, None] * x[f"{term.name}_value"]
        for k, moderator in enumerate(composition.moderators):
            value = x[f"{moderator.of}_value"] * x[f"moderator_{k}"]
            total = total + p["moderator_slope"][..., k, None, None] * value
        return total
