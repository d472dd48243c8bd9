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
        arrays = {"grid": np.ones(weights.shape), "intercept_information": weights.sum(1)}
        return Arrays(
            {**arrays, **predictors.values}, {"mission": data.mission.values.tolist(), **predictors.coords}
        )

    def parameters(self, composition):
        listed = [Parameter("intercept", "intercept of an average mission", (), "intercept")]
        if "intercept" in composition.mission_predictors:
            name, words = "intercept_predictor_slope", "shift of missions' intercepts"
            listed.append(Parameter(name, words, ("intercept_predictor",), "mission_predictor_slope"))
        if composition.mission_intercepts:
            listed.append(Parameter("mission_sd", "spread of missions' intercepts", (), "mission_sd"))
            listed.append(Parameter("mission_intercept", "intercept of a mission", ("mission",)))
        return listed

    def add(self, composition, x, variables):
        effects = {"intercept": variables.variable("intercept")}
        if composition.mission_intercepts:
            effects["mission_sd"] = variables.variable("mission_sd")
        mean, spread, name = effects["intercept"], effects.get("mission_sd"), "intercept"
        return effects | by_mission(composition, x, variables, name, name, mean, spread)

    def logit(self, composition, p, x):
        return p["mission_intercept"][..., :, None] * x["grid"]
