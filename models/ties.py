"""Block *ties*: how many of a state's own memberships it shares with the pivotal state. Equations in models/README.md."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.coordinates import conditioned_zero_sum_normal
from models.inputs import Inputs
from models.likelihood import PanelPredictor, panel_beta_binomial, panel_negative_binomial
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
        Residual opportunity of each state, in prior standard deviations.
    """
    slope = None if quality is None else priors.variable("tie_quality_loading", dims="tie_item")
    # sampled is the level at the states' average quality in the year
    average = 0.0 if quality is None else slope[:, None] * pt.mean(quality.panel, axis=1)[None, :]
    level = priors.shifted(
        "tie_year_intercept", "tie_year_intercept", average, dims=("tie_item", "panel_year")
    )
    # unit variance and positive loadings: no scale or sign is left to trade
    loading = priors.variable("opportunity_loading", dims="tie_item")
    # given quality, the counts tell loading * opportunity + slope * quality by item, with precisions of about these
    information = pt.mean(data["tie_information"], axis=1)
    score = pt.zeros(len(inputs.coords["state"]))
    if quality is not None:
        lasting = pt.mean(quality.panel, axis=0)
        score = pt.sum(loading * slope * information) * (lasting - pt.mean(lasting))
    told = pt.sum(loading**2 * information)
    opportunity = conditioned_zero_sum_normal("opportunity", 1.0, told, score, "state")
    opportunity = pm.Deterministic("opportunity", opportunity, dims="state")
    joint, rest, weight, constant = (data[k] for k in ("tie_joint", "tie_rest", "tie_weight", "tie_constant"))
    items, years, states = (
        len(inputs.coords[dimension]) for dimension in ("tie_item", "panel_year", "state")
    )
    if family == "beta_binomial":
        coefficient, known = np.zeros((items, 0)), np.zeros((0, years, states))
    else:
        # each item has its own exposure, so the matrix of coefficients is the identity
        coefficient, known = np.eye(items), pt.log(pt.maximum(joint + rest, 1.0))
    predictor = PanelPredictor(
        level=level,
        lasting=loading[:, None] * opportunity[None, :],
        coefficient=pt.as_tensor(coefficient),
        known=pt.as_tensor(known),
        loading=pt.zeros(items) if quality is None else slope,
        latent=pt.zeros((years, states)) if quality is None else quality.panel,
    )
    concentration = priors.variable("tie_concentration", dims="tie_item")
    if family == "beta_binomial":
        panel_beta_binomial("tie_likelihood", predictor, joint, rest, weight, concentration, constant, engine)
    else:
        panel_negative_binomial("tie_likelihood", predictor, joint, weight, concentration, constant, engine)
    return opportunity
