"""Block *cooperativeness*: what a state does that is not about the pivotal state. Equations in models/README.md."""

import pymc as pm
import pytensor.tensor as pt

from models.inputs import Inputs
from models.likelihood import negative_binomial
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
    factor = pm.ZeroSumNormal("cooperativeness_level", sigma=spread, dims="state")
    other = priors.variable("cooperativeness_loading", dims="other_cooperativeness_item")
    loading = pt.concatenate([pt.ones(1), other])
    predictor = level[:, None, :] + (loading[:, None] * factor[None, :])[:, :, None]
    predictor = predictor + by_size[:, None, None] * data["size"] + by_age[:, None, None] * data["state_age"]
    dispersion = priors.variable("cooperativeness_dispersion", dims="cooperativeness_item")
    negative_binomial(
        "cooperativeness_likelihood",
        predictor,
        data["own_value"],
        data["own_weight"],
        dispersion,
        data["own_constant"],
        engine,
    )
    return pm.Deterministic("cooperativeness", factor / spread, dims="state")
