"""Effects of states: a lasting tendency to join, "cooperators cooperate"."""

from models.blocks.base import Arrays, Parameter
from models.linearised import ratio


class States:
    """logit += v_i, v_i ~ N(0, state_sd)."""

    def used(self, composition):
        return composition.state_effects

    def arrays(self, composition, data, values):
        weight, response = data.working_weight.values, data.working_response.values
        total = weight.sum(0)
        found = {
            "state_information": total,
            "state_weight": ratio(weight, total),
            "state_observed": ratio((weight * response).sum(0), total),
        }
        return Arrays(found, {"state": data.state.values.tolist()})

    def parameters(self, composition):
        return [
            Parameter("state_sd", "spread of states' effects", (), "state_sd"),
            Parameter("state_effect", "effect of a state", ("state",)),
        ]

    def add(self, composition, x, variables, eta):
        spread = variables.variable("state_sd")
        others = (x["state_weight"] * eta).sum(0) - x["state_observed"]
        effect = variables.conditioned("state_effect", spread, x["state_information"], others, "state")
        return {"state_sd": spread, "state_effect": variables.quantity("state_effect", effect, "state")}

    def logit(self, composition, p, x):
        return p["state_effect"][..., None, :] * x["grid"]
