"""Block *ties*: how many of a state's own memberships it shares with the pivotal state. Equations in models/README.md."""

import numpy as np
import pytensor.tensor as pt

from models.coordinates import conditioned_normal
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
        Residual opportunity of each state, of unit prior variance.
    """
    slope = None if quality is None else priors.variable("tie_quality_loading", dims="tie_item")
    loading = priors.variable("opportunity_loading", dims="tie_item")
    # given quality, the counts tell loading * opportunity + slope * quality by item, with precisions of about these
    information = data["tie_information"]
    told = pt.sum(loading[:, None] ** 2 * information, axis=0)
    score = np.float64(0)
    if quality is not None:
        score = pt.sum((loading * slope)[:, None] * information, axis=0) * pt.mean(quality.panel, axis=0)
    opportunity = conditioned_normal("opportunity", np.float64(1), told, score, "state")
    # sampled is the level at the average quality and opportunity of the states that tell it
    share = information / pt.maximum(pt.sum(information, axis=1, keepdims=True), 1e-12)
    average = (loading * pt.sum(share * opportunity, axis=1))[:, None]
    if quality is not None:
        average = average + slope[:, None] * pt.sum(share[:, None, :] * quality.panel[None], axis=2)
    average = average + pt.zeros((1, len(inputs.coords["panel_year"])))
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
    concentration = priors.variable("tie_concentration", dims="tie_item")
    if family == "beta_binomial":
        panel_beta_binomial("tie_likelihood", predictor, joint, rest, weight, concentration, constant, engine)
    else:
        panel_negative_binomial("tie_likelihood", predictor, joint, weight, concentration, constant, engine)
    return opportunity
