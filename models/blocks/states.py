"""Effects of states: a lasting tendency to join, "cooperators cooperate"."""

from models.blocks.base import Arrays, Parameter, decision_weights


class States:
    """logit += v_i, v_i ~ N(0, state_sd)."""

    def used(self, composition):
        return composition.state_effects

    def arrays(self, composition, data, values):
        information = decision_weights(data).sum(0)
        return Arrays({"state_information": information}, {"state": data.state.values.tolist()})

    def parameters(self, composition):
        return [
            Parameter("state_sd", "spread of states' effects", (), "state_sd"),
            Parameter("state_effect", "effect of a state", ("state",)),
        ]

    def add(self, composition, x, variables):
        spread = variables.variable("state_sd")
        effect = variables.effects("state_effect", spread, x["state_information"], "state")
        return {"state_sd": spread, "state_effect": variables.quantity("state_effect", effect, "state")}

    def logit(self, composition, p, x):
        return p["state_effect"][..., None, :]
