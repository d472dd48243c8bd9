"""Block *quality*: the latent relationship with the pivotal state, measured by indicators of mixed families.

Equations in models/README.md. The state's path coefficients are integrated against the normal indicators and drawn
back from their Gaussian conditional, given the hyperparameters; the other indicators enter the density as they are.
"""

from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.coordinates import binary_condition, conditioned_normal, conditioned_path, count_condition
from models.engine import operators
from models.inputs import TREND_ORIGIN_YEAR, WORKING_STATISTICS, Inputs
from models.likelihood import (
    PanelPredictor,
    bernoulli_logit,
    gaussian_path,
    normal_indicators,
    panel_negative_binomial,
    path_information,
    path_values,
)
from models.path import symmetric_places
from models.priors import Priors


@dataclass(frozen=True)
class LatentPath:
    """A latent path in the graph.

    Attributes
    ----------
    coefficient : TensorVariable, shape (B, S)
        Coefficients of each state's path on the basis.
    panel : TensorVariable, shape (T, S)
        The latent in the panel years.
    smooth_share : TensorVariable, scalar
        Share of its variance that does not last.
    """

    coefficient: object
    panel: object
    smooth_share: object

    def at(self, basis: np.ndarray, engine: str):
        """The latent in the years of the basis' rows, shape (len(basis), S)."""
        return path_values(basis, self.coefficient, engine)


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


TOLD_BY_STATE = ("total", "number", "mean_decade", "mean_size", "moments")
QUALITY = NamedIndicators(prefix="", anchor="anchor_loading", other="other_loading")
CONTACT = NamedIndicators(prefix="contact_", anchor="contact_anchor_loading", other="contact_other_loading")


def loadings(names: NamedIndicators, inputs: Inputs, priors: Priors):
    """Loadings in the order of the indicators; the anchor's, first, is positive and so fixes the latent's sign."""
    anchor = priors.variable(names.anchor, "anchor_loading")
    other = priors.variable(
        names.other,
        "indicator_loading",
        dims="other_indicator" if not names.prefix else "other_contact_indicator",
    )
    first = np.arange(len(inputs.coords[names.dim("indicator")])) == 0
    values = first * anchor
    if len(first) > 1:
        # not by joining: code for that, and for its gradient, is long in the making
        values = values + ~first * other[np.maximum(np.cumsum(~first) - 1, 0)]
    return pm.Deterministic(names.variable("indicator_loading"), values, dims=names.dim("indicator"))


@dataclass(frozen=True)
class ItemLevels:
    """Trend a decade and slope on log population of the indicators, and their sum at each indicator's average year.

    Attributes
    ----------
    trend, by_size, average : TensorVariable, shape (J,)
    """

    trend: object
    by_size: object
    average: object


def panel_decades(inputs: Inputs) -> np.ndarray:
    """Panel years in decades from the origin of trends, shape (T,)."""
    return (np.asarray(inputs.coords["panel_year"], float) - TREND_ORIGIN_YEAR) / 10


def item_levels(names: NamedIndicators, inputs: Inputs, data, priors: Priors) -> ItemLevels:
    """Trends and size slopes of a latent's indicators."""
    dims = names.dim("indicator")
    trend = priors.variable(names.variable("indicator_trend"), "indicator_trend", dims=dims)
    by_size = priors.variable(names.variable("indicator_size_slope"), "indicator_size_slope", dims=dims)
    share = data[names.data("year_share")]
    average = trend * pt.sum(share * panel_decades(inputs), axis=1)
    average = average + by_size * pt.sum(share * pt.mean(data["size"], axis=1), axis=1)
    return ItemLevels(trend, by_size, average)


def item_intercepts(names: NamedIndicators, family: str, average, priors: Priors):
    """Intercepts of the indicators of one family, sampled as what the data know: the level in an average year."""
    name = names.variable(f"{family}_intercept")
    return priors.shifted(name, "indicator_intercept", average, dims=names.dim(f"{family}_indicator"))


def gather_intercepts(names: NamedIndicators, coords: dict, intercepts: dict) -> None:
    """Keep the intercepts of all families in the order of the indicators."""
    order = np.concatenate(
        [positions(coords, names.dim("indicator"), names.dim(f"{f}_indicator")) for f in intercepts]
    )
    together = pt.concatenate(list(intercepts.values()))[np.argsort(order)]
    pm.Deterministic(names.variable("indicator_intercept"), together, dims=names.dim("indicator"))


def prior_precision(static_share, size: int):
    """Prior precision of path coefficients, shape (B,): static part first, then the smooth part."""
    static = np.arange(size) == 0
    return static / static_share + ~static / (1 - static_share)


def design_coefficients(intercept, level: ItemLevels, chosen: np.ndarray):
    """Intercepts, trends and size slopes of some indicators, shape (J, 3)."""
    terms = intercept, level.trend[chosen], level.by_size[chosen]
    return sum(value[:, None] * column for value, column in zip(terms, np.eye(3), strict=True))


def positions(coords: dict, dimension: str, part: str) -> np.ndarray:
    """Places of the labels of ``part`` among those of ``dimension``."""
    return np.array([coords[dimension].index(name) for name in coords[part]], int)


def lasting_level(names: NamedIndicators, family: str, chosen, level: ItemLevels, loading, quality, data):
    """What size, quality and trend say of each state's level on the indicators of a family, over its years; (J, S).

    ``quality`` (J, S) is the latent over the years of each of the latent's indicators.
    """
    by_decade, by_size = (data[names.data(f"{family}_mean_{part}")] for part in ("decade", "size"))
    known = level.trend[chosen][:, None] * by_decade + level.by_size[chosen][:, None] * by_size
    return known + loading[chosen][:, None] * quality[chosen]


def variance_over_years(
    names: NamedIndicators, family: str, chosen, level: ItemLevels, loading, smooth_share, data
):
    """By how much size, trend and the latent vary the level on indicators over the years of an average state; (J,)."""
    trend, by_size = level.trend[chosen], level.by_size[chosen]
    decade, size, both = (data[names.data(f"{family}_moments")][k] for k in range(3))
    known = trend**2 * decade + by_size**2 * size + 2 * trend * by_size * both
    return known + loading[chosen] ** 2 * smooth_share * data[names.data("smooth_variance")][chosen]


@dataclass(frozen=True)
class OtherFamily:
    """Parameters of the counts or of the 0/1 indicators of a latent.

    Attributes
    ----------
    chosen : array of int, shape (J,)
        Their places among the latent's indicators.
    intercept, spread : TensorVariable, shape (J,)
        ``spread`` is the standard deviation of the states' lasting deviations.
    dispersion : TensorVariable or None, shape (J,)
        Of counts.
    """

    chosen: np.ndarray
    intercept: object
    spread: object
    dispersion: object


def other_families(names: NamedIndicators, inputs: Inputs, average, priors: Priors) -> dict[str, OtherFamily]:
    """Parameters of a latent's counts and 0/1 indicators; ``average`` (J,) is what the data know with the intercepts."""
    families = {}
    for family in ("count", "binary"):
        dimension = names.dim(f"{family}_indicator")
        if dimension not in inputs.coords:
            continue
        chosen = positions(inputs.coords, names.dim("indicator"), dimension)
        spread = priors.variable(names.variable(f"{family}_state_sd"), "indicator_state_sd", dims=dimension)
        intercept = item_intercepts(names, family, average[chosen], priors)
        dispersion = None
        if family == "count":
            name = names.variable("indicator_dispersion")
            dispersion = priors.variable(name, "indicator_dispersion", dims=dimension)
        families[family] = OtherFamily(chosen, intercept, spread, dispersion)
    return families


def add_other_families(
    names: NamedIndicators,
    families: dict[str, OtherFamily],
    inputs: Inputs,
    data,
    level: ItemLevels,
    loading,
    latent,
    smooth_share,
    engine: str,
) -> None:
    """Add the counts and the 0/1 indicators of a latent to the density, each with the state's lasting deviation."""
    add = _add_family_fused if engine == "fused" else _add_family_plain
    for family, own in families.items():
        add(names, family, own, inputs, data, level, loading, latent, smooth_share)


def _add_family_plain(names, family, own: OtherFamily, inputs, data, level, loading, latent, smooth_share):
    """One family as the equations say."""
    chosen, spread = own.chosen, own.spread
    quality = path_values(data[names.data("year_share")], latent, "plain")
    expected = lasting_level(names, family, chosen, level, loading, quality, data)
    expected = expected + own.intercept[:, None]
    total, number = data[names.data(f"{family}_total")], data[names.data(f"{family}_number")]
    varied = variance_over_years(names, family, chosen, level, loading, smooth_share, data)
    if family == "count":
        # to second order the mean of exp(x) is exp(mean x) (1 + variance of x / 2)
        expected = pt.exp(expected) * (1 + 0.5 * varied[:, None])
        information, score = count_condition(total, number, expected, own.dispersion, spread)
    else:
        information, score = binary_condition(total, number, expected, varied, spread)
    name = names.variable(f"{family}_state_deviation")
    dims = (names.dim(f"{family}_indicator"), "state")
    lasting = conditioned_normal(name, spread, information, score, dims, "plain")
    lasting = pm.Deterministic(name, lasting, dims=dims)
    predictor = PanelPredictor(
        level=own.intercept[:, None] + level.trend[chosen][:, None] * panel_decades(inputs)[None],
        lasting=lasting,
        coefficient=level.by_size[chosen][:, None],
        known=data["size"][None],
        loading=loading[chosen],
        latent=latent,
    )
    if family == "count":
        value, weight = data[names.data("count_value")], data[names.data("count_weight")]
        constant = data[names.data("count_constant")]
        panel_negative_binomial(
            names.variable("count_likelihood"), predictor, value, weight, own.dispersion, constant, "plain"
        )
    else:
        sign = data[names.data("binary_sign")]
        bernoulli_logit(names.variable("binary_likelihood"), predictor.value(), sign)


def _add_family_fused(names, family, own: OtherFamily, inputs, data, level, loading, latent, smooth_share):
    """The same by one kernel: deviations, their density and the likelihood."""
    name = names.variable(f"{family}_state_deviation")
    dims = (names.dim(f"{family}_indicator"), "state")
    standard = pm.Normal(f"{name}_standard", 0, 1, dims=dims)
    told = [data[names.data(f"{family}_{part}")] for part in TOLD_BY_STATE]
    if family == "count":
        dispersion, constant = own.dispersion, data[names.data("count_constant")]
        observed = [data[names.data(f"count_{part}")] for part in ("value", "weight")]
    else:
        # no dispersion tells the kernel of 0/1 indicators
        dispersion, constant = pt.zeros(len(own.chosen)), 0.0
        observed = [data[names.data("binary_sign")]] * 2
    total, lasting, *_ = operators.Indicators()(
        standard,
        own.intercept,
        level.trend,
        level.by_size,
        loading,
        smooth_share * data[names.data("smooth_variance")],
        own.spread,
        dispersion,
        latent,
        own.chosen,
        panel_decades(inputs),
        data["size"],
        data[names.data("year_share")],
        *told,
        *observed,
    )
    pm.Deterministic(name, lasting, dims=dims)
    # with the density of the standardised deviations as drawn above, this is that of the deviations and their Jacobian
    pm.Potential(names.variable(f"{family}_likelihood"), total + constant)


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
    level, intercepts = item_levels(QUALITY, inputs, data, priors), {}
    loading = loadings(QUALITY, inputs, priors)
    share = priors.variable("quality_static_share")
    size = inputs.basis.size
    prior = prior_precision(share, size)
    states = len(inputs.coords["state"])
    standard = pm.Normal("quality_standard", 0, 1, dims=("path", "state"))
    log_prior_determinant = -states * (pt.log(share) + (size - 1) * pt.log1p(-share))
    if "normal_indicator" in inputs.coords:
        chosen = positions(inputs.coords, "indicator", "normal_indicator")
        sd = priors.variable("indicator_sd", dims="normal_indicator")
        state_sd = priors.variable("indicator_state_sd", dims="normal_indicator")
        intercepts["normal"] = item_intercepts(QUALITY, "normal", level.average[chosen], priors)
        own = design_coefficients(intercepts["normal"], level, chosen)
        statistics = {k.removeprefix("normal_"): v for k, v in data.items() if k.startswith("normal_")}
        constant, precision, shift = normal_indicators(
            loading[chosen], own, sd, state_sd, prior, statistics, engine
        )
        total, coefficient = gaussian_path(precision, shift, standard, size, engine)
        pm.Potential("normal_likelihood", constant + total + 0.5 * log_prior_determinant)
    else:
        coefficient = standard / pt.sqrt(prior)[:, None]
    pm.Deterministic("quality_coefficient", coefficient.T, dims=("state", "path"))
    latent = path_values(inputs.basis.at(inputs.coords["panel_year"]), coefficient, engine)
    average = level.average + loading * pt.sum(data["year_share"] * pt.mean(latent, axis=1), axis=1)
    families = other_families(QUALITY, inputs, average, priors)
    add_other_families(QUALITY, families, inputs, data, level, loading, latent, 1 - share, engine)
    intercepts |= {family: own.intercept for family, own in families.items()}
    gather_intercepts(QUALITY, inputs.coords, intercepts)
    return LatentPath(coefficient, latent, 1 - share)


def add_contact(inputs: Inputs, data, quality: LatentPath, priors: Priors, engine: str) -> LatentPath:
    """Add *personal contact*, a second latent path that may be correlated with quality, with its own indicators.

    Contact is r q + sqrt(1 - r^2) p, where p has unit variance and r is the hyperbolic tangent of a normal parameter.
    """
    level = item_levels(CONTACT, inputs, data, priors)
    loading = loadings(CONTACT, inputs, priors)
    share = priors.variable("contact_static_share")
    correlation = pt.tanh(priors.variable("contact_quality_fisher", "contact_quality_correlation"))
    correlation = pm.Deterministic("contact_quality_correlation", correlation)
    families = other_families(CONTACT, inputs, level.average, priors)
    # the path is sampled given what the indicators tell of it, roughly, their lasting deviations integrated out
    size, alone = inputs.basis.size, pt.sqrt(1 - correlation**2)
    precision, shift = contact_information(families, level, loading, data)
    told = pt.sum(precision[symmetric_places(size)] * quality.coefficient[None], axis=1)
    shift = alone * (shift - correlation * told)
    apart = conditioned_path("contact", prior_precision(share, size), alone**2 * precision, shift, engine)
    coefficient = correlation * quality.coefficient + alone * apart
    pm.Deterministic("contact_coefficient", coefficient.T, dims=("state", "path"))
    latent = path_values(inputs.basis.at(inputs.coords["panel_year"]), coefficient, engine)
    smooth_share = correlation**2 * quality.smooth_share + alone**2 * (1 - share)
    add_other_families(CONTACT, families, inputs, data, level, loading, latent, smooth_share, engine)
    gather_intercepts(CONTACT, inputs.coords, {family: own.intercept for family, own in families.items()})
    return LatentPath(coefficient, latent, smooth_share)


def contact_information(families: dict[str, OtherFamily], level: ItemLevels, loading, data):
    """About what the indicators of contact tell of its path: precision (B (B + 1) / 2, S) and shift (B, S)."""
    precision, shift = 0.0, 0.0
    number = data["contact_working_number"]
    for own in families.values():
        chosen = own.chosen
        information = data["contact_working_information"][chosen]
        if own.dispersion is not None:
            information = information / (1 + information / own.dispersion[:, None])
        variance = own.spread[:, None] ** 2 * information
        shrink = variance / (1 + number[chosen] * variance)
        design = design_coefficients(own.intercept, level, chosen)
        statistics = {k: data[f"contact_working_{k}"][chosen] for k in WORKING_STATISTICS}
        parts = path_information(loading[chosen], design, information, shrink, statistics)
        precision, shift = precision + parts[0], shift + parts[1]
    return precision, shift
