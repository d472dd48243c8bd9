"""Block *cooperativeness*: what a state does that is not about the pivotal state. Equations in models/README.md."""

import pymc as pm
import pytensor.tensor as pt

from models.inputs import Inputs
from models.likelihood import PanelPredictor, panel_negative_binomial
from models.priors import Priors


def add_cooperativeness(inputs: Inputs, data, priors: Priors, engine: str):
    """Add the block to the model in context.

    Returns
    -------
    TensorVariable, shape (S,)
        Cooperativeness in standard deviations.
    """
    level = priors.variable("cooperativeness_year_intercept", dims=("cooperativeness_item", "panel_year"))
    by_size = priors.variable("cooperativeness_size_slope", dims="cooperativeness_item")
    by_age = priors.variable("cooperativeness_age_slope", dims="cooperativeness_item")
    spread = priors.variable("cooperativeness_sd")
    # centred at what size and age say of a state's lasting level: that sum is what the counts know well
    expected = by_size[0] * pt.mean(data["size"], axis=0) + by_age[0] * pt.mean(data["state_age"], axis=0)
    total = pm.Normal("cooperativeness_total", expected, spread, dims="state")
    factor = pm.Deterministic("cooperativeness_level", total - expected, dims="state")
    moving = factor[None, :] + by_size[0] * data["size"] + by_age[0] * data["state_age"]
    other = priors.variable("cooperativeness_loading", dims="other_cooperativeness_item")
    # another item may depend on size and age beyond what it takes from the first
    own = pt.concatenate([pt.zeros(1), pt.ones(other.shape[0])])
    predictor = PanelPredictor(
        level=level,
        lasting=pt.zeros((len(inputs.coords["cooperativeness_item"]), len(inputs.coords["state"]))),
        coefficient=pt.stack([own * by_size, own * by_age], axis=1),
        known=pt.stack([data["size"], data["state_age"]]),
        loading=pt.concatenate([pt.ones(1), other]),
        latent=moving,
    )
    dispersion = priors.variable("cooperativeness_dispersion", dims="cooperativeness_item")
    panel_negative_binomial(
        "cooperativeness_likelihood",
        predictor,
        data["own_value"],
        data["own_weight"],
        dispersion,
        data["own_constant"],
        engine,
    )
    return pm.Deterministic("cooperativeness", factor / spread, dims="state")
