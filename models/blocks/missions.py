"""Intercepts of missions, how large a coalition was: a_m ~ N(a + z_m'g, mission_sd), or a for all."""

import numpy as np

from models.blocks.base import Arrays, Parameter, by_mission, decision_weights, predictor_arrays


class Missions:
    """logit += a_m."""

    def used(self, composition):
        return True

    def arrays(self, composition, data, values):
        predictors = predictor_arrays(composition, data, "intercept")
        weights = decision_weights(data)
        own = {"grid": np.ones(weights.shape), "intercept_information": weights.sum(1)}
        return Arrays(
            {**own, **predictors.values}, {"mission": data.mission.values.tolist(), **predictors.coords}
        )

    def parameters(self, composition):
        found = [Parameter("intercept", "intercept of an average mission", (), "intercept")]
        if "intercept" in composition.mission_predictors:
            name, words = "intercept_predictor_slope", "shift of missions' intercepts"
            found.append(Parameter(name, words, ("intercept_predictor",), "mission_predictor_slope"))
        if composition.mission_intercepts:
            found.append(Parameter("mission_sd", "spread of missions' intercepts", (), "mission_sd"))
            found.append(Parameter("mission_intercept", "intercept of a mission", ("mission",)))
        return found

    def add(self, composition, x, variables):
        own = {"intercept": variables.variable("intercept")}
        if composition.mission_intercepts:
            own["mission_sd"] = variables.variable("mission_sd")
        mean, spread, name = own["intercept"], own.get("mission_sd"), "intercept"
        return own | by_mission(composition, x, variables, name, name, mean, spread)

    def logit(self, composition, p, x):
        return p["mission_intercept"][..., :, None] * x["grid"]
