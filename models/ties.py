"""Block *ties*: how many of a state's own memberships it shares with the pivotal state. Equations in models/README.md."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.coordinates import conditioned_zero_sum_normal, count_information, share_information
from models.inputs import Inputs
from models.likelihood import PanelPredictor, panel_beta_binomial, panel_negative_binomial, path_values
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
    # unit variance and positive loadings: no scale or sign is left to trade
    loading = priors.variable("opportunity_loading", dims="tie_item")
    concentration = priors.variable("tie_concentration", dims="tie_item")
    # given quality, the counts tell loading * opportunity + slope * quality of each state, item by item
    number = data["tie_number"]
    if family == "beta_binomial":
        information = share_information(data["tie_information"], number, concentration)
    else:
        information = count_information(data["tie_information"], number, concentration)
    told = loading[:, None] * information
    said = -data["tie_deviation"]
    if quality is not None:
        lasting = pt.mean(quality.panel, axis=0)
        said = said + slope[:, None] * (lasting - pt.mean(lasting))
    opportunity = conditioned_zero_sum_normal(
        "opportunity",
        1.0,
        pt.sum(loading[:, None] * told, axis=0),
        pt.sum(told * said, axis=0),
        "state",
        engine,
    )
    opportunity = pm.Deterministic("opportunity", opportunity, dims="state")
    # sampled is the level at the quality and opportunity of those whose counts tell most
    average = (loading * pt.sum(data["tie_share"] * opportunity, axis=1))[:, None]
    if quality is not None:
        average = average + slope[:, None] * path_values(data["tie_share"], quality.panel.T, engine)
    level = priors.shifted(
        "tie_year_intercept", "tie_year_intercept", average, dims=("tie_item", "panel_year")
    )
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
    if family == "beta_binomial":
        panel_beta_binomial("tie_likelihood", predictor, joint, rest, weight, concentration, constant, engine)
    else:
        panel_negative_binomial("tie_likelihood", predictor, joint, weight, concentration, constant, engine)
    return opportunity
