"""Block *ties*: how many of a state's own memberships it shares with the pivotal state. Equations in models/README.md."""

import pymc as pm
import pytensor.tensor as pt

from models.inputs import Inputs
from models.likelihood import beta_binomial, negative_binomial
from models.priors import Priors
from models.quality import LatentPath


def add_ties(inputs: Inputs, data, quality: LatentPath | None, family: str, priors: Priors, engine: str):
    """Add the block to the model in context.

    Parameters
    ----------
    inputs : Inputs
    data : dict of str to TensorVariable
    quality : LatentPath or None
        Quality, on which the counts load; None leaves that term out.
    family : str
        ``beta_binomial`` (joint given own) or ``negative_binomial`` (own as exposure).
    priors : Priors
    engine : str

    Returns
    -------
    TensorVariable, shape (S,)
        Residual opportunity of each state, on the scale of the first tie count.
    """
    level = priors.variable("tie_year_intercept", dims=("tie_item", "panel_year"))
    spread = priors.variable("opportunity_sd")
    opportunity = pm.ZeroSumNormal("opportunity", sigma=spread, dims="state")
    # the first item's loading is 1 and the factor's variance free: no scale or sign is left to trade
    other = priors.variable("opportunity_loading", dims="other_tie_item")
    loading = pt.concatenate([pt.ones(1), other])
    predictor = level[:, None, :] + (loading[:, None] * opportunity[None, :])[:, :, None]
    if quality is not None:
        slope = priors.variable("tie_quality_loading", dims="tie_item")
        predictor = predictor + slope[:, None, None] * quality.panel[None]
    concentration = priors.variable("tie_concentration", dims="tie_item")
    joint, rest, weight, constant = (data[k] for k in ("tie_joint", "tie_rest", "tie_weight", "tie_constant"))
    if family == "beta_binomial":
        beta_binomial("tie_likelihood", predictor, joint, rest, weight, concentration, constant, engine)
    else:
        exposure = pt.log(pt.maximum(joint + rest, 1.0))
        negative_binomial(
            "tie_likelihood", exposure + predictor, joint, weight, concentration, constant, engine
        )
    return opportunity
