"""Block *cooperativeness*: what a state does that is not about the pivotal state. Equations in models/README.md."""

import pymc as pm
import pytensor.tensor as pt

from models.coordinates import conditioned_zero_sum_normal, count_information
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
    by_size = priors.variable("cooperativeness_size_slope", dims="cooperativeness_item")
    by_age = priors.variable("cooperativeness_age_slope", dims="cooperativeness_item")
    spread = priors.variable("cooperativeness_sd")
    other = priors.variable("cooperativeness_loading", dims="other_cooperativeness_item")
    loading = pt.concatenate([pt.ones(1), other])
    dispersion = priors.variable("cooperativeness_dispersion", dims="cooperativeness_item")
    # the counts know well what a state's size, age and factor come to over its years
    expected = by_size[0] * pt.mean(data["size"], axis=0) + by_age[0] * pt.mean(data["state_age"], axis=0)
    information = count_information(data["own_total"], data["own_number"], dispersion)
    told = pt.sum(loading[:, None] ** 2 * information, axis=0)
    score = told * (expected - pt.mean(expected))
    factor = conditioned_zero_sum_normal("cooperativeness_level", spread, told, score, "state", engine)
    factor = pm.Deterministic("cooperativeness_level", factor, dims="state")
    moving = factor[None, :] + by_size[0] * data["size"] + by_age[0] * data["state_age"]
    # another item may depend on size and age beyond what it takes from the first
    is_other = pt.concatenate([pt.zeros(1), pt.ones(other.shape[0])])
    own = [is_other * by_size, is_other * by_age]
    # sampled is the level of an average state among those counted in the year
    share = data["own_weight"] / pt.maximum(pt.sum(data["own_weight"], axis=2, keepdims=True), 1)
    average = loading[:, None] * pt.sum(share * moving[None], axis=2)
    for slope, known in zip(own, (data["size"], data["state_age"]), strict=True):
        average = average + slope[:, None] * pt.sum(share * known[None], axis=2)
    name = "cooperativeness_year_intercept"
    level = priors.shifted(name, name, average, dims=("cooperativeness_item", "panel_year"))
    predictor = PanelPredictor(
        level=level,
        lasting=pt.zeros((len(inputs.coords["cooperativeness_item"]), len(inputs.coords["state"]))),
        coefficient=pt.stack(own, axis=1),
        known=pt.stack([data["size"], data["state_age"]]),
        loading=loading,
        latent=moving,
    )
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
