"""Block *quality*: the latent relationship with the pivotal state, measured by indicators of mixed families.

Equations in models/README.md. The state's path coefficients are integrated against the normal indicators and drawn
back from their Gaussian conditional, given the hyperparameters; the other indicators enter the density as they are.
"""

from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.inputs import TREND_ORIGIN_YEAR, Inputs
from models.likelihood import bernoulli_logit, gaussian_path, negative_binomial, normal_indicators
from models.priors import Priors


@dataclass(frozen=True)
class LatentPath:
    """A latent path in the graph.

    Attributes
    ----------
    coefficient : TensorVariable, shape (S, B)
        Coefficients of each state's path on the basis.
    panel : TensorVariable, shape (S, T)
        The latent in the panel years.
    """

    coefficient: object
    panel: object


@dataclass(frozen=True)
class NamedIndicators:
    """Names under which one latent's indicators stand in the model: quality's own, or contact's with a prefix."""

    prefix: str
    anchor: str
    other: str

    def data(self, name: str) -> str:
        """Name of an input array."""
        return f"{self.prefix}{name}"

    def variable(self, name: str) -> str:
        """Name of a parameter."""
        return f"{self.prefix}{name}"

    def dim(self, name: str) -> str:
        """Name of a dimension."""
        return f"{self.prefix}{name}"


QUALITY = NamedIndicators(prefix="", anchor="anchor_loading", other="other_loading")
CONTACT = NamedIndicators(prefix="contact_", anchor="contact_anchor_loading", other="contact_other_loading")


def loadings(names: NamedIndicators, priors: Priors):
    """Loadings in the order of the indicators; the anchor's, first, is positive and so fixes the latent's sign."""
    anchor = priors.variable(names.anchor, "anchor_loading")
    other = priors.variable(
        names.other,
        "indicator_loading",
        dims="other_indicator" if not names.prefix else "other_contact_indicator",
    )
    values = pt.concatenate([anchor[None], other])
    return pm.Deterministic(names.variable("indicator_loading"), values, dims=names.dim("indicator"))


def item_levels(names: NamedIndicators, priors: Priors):
    """Intercept, trend a decade and slope on log population of each indicator; shape (J, 3)."""
    dims = names.dim("indicator")
    return pt.stack(
        [
            priors.variable(names.variable("indicator_intercept"), "indicator_intercept", dims=dims),
            priors.variable(names.variable("indicator_trend"), "indicator_trend", dims=dims),
            priors.variable(names.variable("indicator_size_slope"), "indicator_size_slope", dims=dims),
        ],
        axis=1,
    )


def prior_precision(static_share, size: int):
    """Prior precision of path coefficients, shape (B,): static part first, then the smooth part."""
    smooth = pt.ones(size - 1) / (1 - static_share)
    return pt.concatenate([(1 / static_share)[None], smooth])


def positions(coords: dict, dimension: str, part: str) -> np.ndarray:
    """Places of the labels of ``part`` among those of ``dimension``."""
    return np.array([coords[dimension].index(name) for name in coords[part]], int)


def item_linear_predictor(slopes, regressors, lasting):
    """Linear predictor of indicators in the panel, shape (J, S, T).

    ``slopes`` (J, 4) are intercept, trend, size and loading; ``regressors`` (S, T, 4) what they multiply; ``lasting``
    (J, S) each state's own deviation.
    """
    states, years, terms = regressors.shape
    flat = pt.dot(slopes, regressors.reshape((states * years, terms)).T)
    return flat.reshape((slopes.shape[0], states, years)) + lasting[:, :, None]


def lasting_deviations(name: str, spread, dims: tuple[str, str], centred: bool):
    """Each state's lasting deviation on an indicator, shape (J, S), centred or standardised."""
    if centred:
        return pm.Normal(f"{name}_deviation", 0, spread[:, None], dims=dims)
    return spread[:, None] * pm.Normal(f"{name}_standard", 0, 1, dims=dims)


def add_other_families(
    names: NamedIndicators, inputs: Inputs, data, level, loading, latent, priors: Priors, engine: str
):
    """Add the counts and the 0/1 indicators of a latent to the density, each with the state's lasting deviation."""
    regressors = panel_regressors(inputs, data, latent)
    slopes = pt.concatenate([level, loading[:, None]], axis=1)
    for family in ("count", "binary"):
        dimension = names.dim(f"{family}_indicator")
        if dimension not in inputs.coords:
            continue
        chosen = positions(inputs.coords, names.dim("indicator"), dimension)
        spread = priors.variable(names.variable(f"{family}_state_sd"), "indicator_state_sd", dims=dimension)
        # a dozen counts tell a state's level well, a dozen 0/1 values do not; and contact, with few indicators, may leave
        # nothing to the deviations, where only standardised ones can follow their spread to zero
        centred = family == "count" and not names.prefix
        lasting = lasting_deviations(names.variable(f"{family}_state"), spread, (dimension, "state"), centred)
        predictor = item_linear_predictor(slopes[chosen], regressors, lasting)
        if family == "count":
            dispersion = priors.variable(
                names.variable("indicator_dispersion"), "indicator_dispersion", dims=dimension
            )
            negative_binomial(
                names.variable("count_likelihood"),
                predictor,
                data[names.data("count_value")],
                data[names.data("count_weight")],
                dispersion,
                data[names.data("count_constant")],
                engine,
            )
        else:
            bernoulli_logit(
                names.variable("binary_likelihood"), predictor, data[names.data("binary_sign")], engine
            )


def panel_regressors(inputs: Inputs, data, latent):
    """Intercept, trend, size and the latent in the panel, shape (S, T, 4)."""
    size = data["size"]
    decades = (np.asarray(inputs.coords["panel_year"], float) - TREND_ORIGIN_YEAR) / 10
    return pt.stack([pt.ones_like(size), pt.zeros_like(size) + decades[None, :], size, latent], axis=2)


def add_quality(inputs: Inputs, data, priors: Priors, engine: str) -> LatentPath:
    """Add the block to the model in context.

    Parameters
    ----------
    inputs : Inputs
    data : dict of str to TensorVariable
        The inputs' arrays as mutable data.
    priors : Priors
    engine : str

    Returns
    -------
    LatentPath
        Quality, of unit prior variance in every year, in the panel years.
    """
    level = item_levels(QUALITY, priors)
    loading = loadings(QUALITY, priors)
    share = priors.variable("quality_static_share")
    size = inputs.basis.size
    prior = prior_precision(share, size)
    states = len(inputs.coords["state"])
    standard = pm.Normal("quality_standard", 0, 1, dims=("state", "path"))
    log_prior_determinant = -states * (pt.log(share) + (size - 1) * pt.log1p(-share))
    if "normal_indicator" in inputs.coords:
        chosen = positions(inputs.coords, "indicator", "normal_indicator")
        sd = priors.variable("indicator_sd", dims="normal_indicator")
        state_sd = priors.variable("indicator_state_sd", dims="normal_indicator")
        statistics = {k.removeprefix("normal_"): v for k, v in data.items() if k.startswith("normal_")}
        constant, precision, shift = normal_indicators(
            loading[chosen], level[chosen], sd, state_sd, prior, statistics, engine
        )
        total, coefficient = gaussian_path(precision, shift, standard, engine)
        pm.Potential("normal_likelihood", constant + total + 0.5 * log_prior_determinant)
    else:
        coefficient = standard / pt.sqrt(prior)[None]
    coefficient = pm.Deterministic("quality_coefficient", coefficient, dims=("state", "path"))
    latent = pt.dot(coefficient, inputs.basis.at(inputs.coords["panel_year"]).T)
    add_other_families(QUALITY, inputs, data, level, loading, latent, priors, engine)
    return LatentPath(coefficient, latent)


def add_contact(inputs: Inputs, data, quality: LatentPath, priors: Priors, engine: str) -> LatentPath:
    """Add *personal contact*, a second latent path that may be correlated with quality, with its own indicators.

    Contact is r q + sqrt(1 - r^2) p, where p has unit variance and r is the hyperbolic tangent of a normal parameter.
    """
    level = item_levels(CONTACT, priors)
    loading = loadings(CONTACT, priors)
    share = priors.variable("contact_static_share")
    standard = pm.Normal("contact_standard", 0, 1, dims=("state", "path"))
    own = standard / pt.sqrt(prior_precision(share, inputs.basis.size))[None]
    correlation = pt.tanh(priors.variable("contact_quality_fisher", "contact_quality_correlation"))
    correlation = pm.Deterministic("contact_quality_correlation", correlation)
    mixed = correlation * quality.coefficient + pt.sqrt(1 - correlation**2) * own
    coefficient = pm.Deterministic("contact_coefficient", mixed, dims=("state", "path"))
    latent = pt.dot(coefficient, inputs.basis.at(inputs.coords["panel_year"]).T)
    add_other_families(CONTACT, inputs, data, level, loading, latent, priors, engine)
    return LatentPath(coefficient, latent)
