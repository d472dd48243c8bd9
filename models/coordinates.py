"""Coordinates in which chains move well. They change no density: each is a function of what is sampled, with its Jacobian."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.logprob.transforms import Transform

from models.engine import operators
from models.likelihood import gaussian_path
from models.working import LOGISTIC_NORMAL

# below this share of the prior's scale a spread is sampled as its logarithm, above it as itself
NEAR_ZERO = 0.1


class FromZero(Transform):
    """Positive values as about themselves, and as about their logarithm near zero: value = width softplus(x / width).

    Data that hardly tell a spread from zero leave it a density that is flat there. On the logarithm that is a long tail, in
    which chains lose themselves; here it is cut off after a few widths.

    Parameters
    ----------
    scale : float
        Of the prior; the width is ``NEAR_ZERO`` of it.
    """

    name = "from_zero"
    ndim_supp = 0

    def __init__(self, scale: float):
        self.width = NEAR_ZERO * float(scale)

    def forward(self, value, *inputs):
        """What is sampled, of a value above zero."""
        return value + self.width * pt.log(-pt.expm1(-value / self.width))

    def backward(self, value, *inputs):
        """The value above zero of what is sampled."""
        return self.width * pt.softplus(value / self.width)

    def log_jac_det(self, value, *inputs):
        """Log of the derivative of ``backward``."""
        return -pt.softplus(-value / self.width)


def conditioned_normal(name: str, spread, information, score, dims, engine: str):
    """Independent effects x ~ N(0, spread), sampled as standardised given what else they go together with.

    Were the rest of the log density -information x^2 / 2 - score x and a part in which nothing else is unknown, x would be
    normal of precision P = information + spread^-2 about -score / P. Sampled is ``name``_standard = (x + score / P) sqrt(P): x
    itself, but for a constant, where data tell it, and x over its spread where they do not or where effects hardly differ.
    This is the partial centring of Papaspiliopoulos, Roberts & Sköld (2007) with weights that follow the spread. A rough
    ``information`` makes rough coordinates, never another density.

    Parameters
    ----------
    name : str
    spread : TensorVariable, scalar or shape (J,)
    information, score : TensorVariable, shape (S,) or (J, S)
    dims : str or tuple of str
    engine : str
        ``fused`` is for effects of one axis.

    Returns
    -------
    TensorVariable
        The effects.
    """
    standard = pm.Normal(f"{name}_standard", 0, 1, dims=dims)
    # the density of the standard effects as drawn above is replaced by that of the effects and the Jacobian
    if engine == "fused":
        gain, value = operators.ConditionedNormal()(standard, spread[None], information, score)
    else:
        spread = spread[..., None]
        variance = 1 / (information + spread**-2)
        scale = pt.sqrt(variance)
        value = scale * standard - variance * score
        ratio = value / spread
        gain = pt.sum(0.5 * (standard**2 - ratio**2) + pt.log(scale / spread))
    pm.Potential(f"{name}_coordinates", gain)
    return value


def excess_variance(total, number, dispersion):
    """How many times a Poisson count's the variance of counts is, 1 + mean / dispersion at the observed mean; shape (J, S)."""
    return 1 + total / pt.maximum(number, 1) / dispersion[:, None]


def count_information(total, number, dispersion):
    """About how much counts tell of the log of their mean: what is counted, less where counts are overdispersed.

    The information of the negative binomial is m / (1 + m / dispersion) a count of mean m.

    Parameters
    ----------
    total, number : TensorVariable, shape (J, S)
        Sum of the counts, and how many there are.
    dispersion : TensorVariable, shape (J,)

    Returns
    -------
    TensorVariable, shape (J, S)
    """
    return total / excess_variance(total, number, dispersion)


def share_information(binomial, number, concentration):
    """About how much counts out of a number tell of the logit of their share, where they are overdispersed.

    The information of the beta-binomial of n trials is about n p (1 - p) (c + 1) / (c + n) at concentration c.

    Parameters
    ----------
    binomial, number : TensorVariable, shape (J, S)
        Sum of n p (1 - p), and trials a count.
    concentration : TensorVariable, shape (J,)

    Returns
    -------
    TensorVariable, shape (J, S)
    """
    c = concentration[:, None]
    return binomial * (c + 1) / (c + number)


def count_condition(total, number, expected, dispersion, spread):
    """Information and score, for ``conditioned_normal``, of effects on the log mean of counts.

    They are such that the effects' mean is the log of the mean of the gamma posterior: with a gamma prior of mean 1 and
    variance spread^2 on exp(x), n Poisson counts of mean m exp(x) that sum to T leave (T + spread^-2) / (n m + spread^-2).
    Other than a quadratic about the observed mean it is right for counts of zero, too. Where counts are overdispersed, T and
    n m are divided by ``excess_variance``.

    Parameters
    ----------
    total, number, expected : TensorVariable, shape (J, S)
        Sum of the counts, how many there are, mean expected without the effect.
    dispersion, spread : TensorVariable, shape (J,)

    Returns
    -------
    information, score : TensorVariable, shape (J, S)
    """
    prior, excess = spread[:, None] ** -2, excess_variance(total, number, dispersion)
    information = total / excess
    mean = pt.log((total + prior * excess) / (number * expected + prior * excess))
    return information, -(information + prior) * mean


def binary_condition(total, number, expected, variance, spread):
    """Information and score, for ``conditioned_normal``, of effects on the logit of 0/1 observations.

    As ``count_condition``, from the beta posterior: a prior of a ones and b zeros has the expected logit where
    log(a / b) is that logit, and about the variance spread^2 where 1 / a + 1 / b is. With T ones among n observations,
    a + T and b + n - T leave log((a + T) / (b + n - T)) of about the variance 1 / (a + T) + 1 / (b + n - T). Logits that vary
    between the observations leave the logit of the average share smaller by sqrt(1 + c^2 variance), c = 16 sqrt(3) / (15 pi)
    (Zeger, Liang & Albert 1988).

    Parameters
    ----------
    total, number, expected : TensorVariable, shape (J, S)
        Number of ones, and of observations; mean over the observations of the logit expected without the effect.
    variance, spread : TensorVariable, shape (J,)
        Variance of that logit over the observations.

    Returns
    -------
    information, score : TensorVariable, shape (J, S)
    """
    square = (1 / (1 + LOGISTIC_NORMAL * variance))[:, None]
    smaller = pt.sqrt(square)
    prior = spread[:, None] ** -2 / square
    odds = pt.exp(smaller * expected)
    ones = total + prior * (1 + odds)
    zeros = number - total + prior * (1 + 1 / odds)
    precision = square * ones * zeros / (ones + zeros)
    mean = pt.log(ones / zeros) / smaller - expected
    return precision - spread[:, None] ** -2, -precision * mean


def conditioned_zero_sum_normal(name: str, spread, information, score, dim: str, engine: str):
    """Zero-sum effects x ~ N(0, spread), sampled as standardised given what else they go together with.

    As ``conditioned_normal``, but the sum stays zero: with D = (information + spread^-2)^-1/2 and e the effects sampled,
    zero-sum too, x = y - D^2 (sum y) / (sum D^2) of y = D e - D^2 score, as normals of variance D^2 are moved by knowing their
    sum. On the effects that sum to zero its determinant is (prod D) (sum D) / (sum D^2).

    Parameters
    ----------
    name : str
    spread : TensorVariable
        Scalar.
    information, score : TensorVariable, shape (S,)
    dim : str
    engine : str

    Returns
    -------
    TensorVariable, shape (S,)
    """
    standard = pm.ZeroSumNormal(f"{name}_standard", sigma=1, dims=dim)
    # the density of the standard effects as drawn above is replaced by that of the effects and the Jacobian
    if engine == "fused":
        spread = pt.as_tensor(spread)
        gain, value = operators.ConditionedZeroSumNormal()(standard, spread[None], information, score)
    else:
        variance = 1 / (information + spread**-2)
        scale = pt.sqrt(variance)
        alone = scale * standard - variance * score
        squares = pt.sum(variance)
        value = alone - variance * (pt.sum(alone) / squares)
        terms = 0.5 * (standard**2 - (value / spread) ** 2) + pt.log(scale / spread)
        gain = pt.sum(terms) + pt.log(spread * pt.sum(scale) / squares)
    pm.Potential(f"{name}_coordinates", gain)
    return value


def conditioned_path(name: str, prior, precision, shift, engine: str):
    """Path coefficients c ~ N(0, 1 / prior), sampled as standardised given what else they go together with.

    As ``conditioned_normal`` for vectors: were the rest of the log density -c' A c / 2 + b' c, c would be normal of precision
    A + diag(prior).

    Parameters
    ----------
    name : str
    prior : TensorVariable, shape (B,)
        Prior precision.
    precision : TensorVariable, shape (B (B + 1) / 2, S)
        Lower triangle of A, row by row.
    shift : TensorVariable, shape (B, S)
        b.
    engine : str

    Returns
    -------
    TensorVariable, shape (B, S)
    """
    rows, columns = np.tril_indices(prior.type.shape[0])
    diagonal = rows == columns
    standard = pm.Normal(f"{name}_standard", 0, 1, dims=("path", "state"))
    together = precision + (prior[rows] * diagonal)[:, None]
    total, value = gaussian_path(together, shift, standard, len(rows[diagonal]), engine)
    # the density of the standard coefficients, with the pretended information, less that information: the prior remains
    square = pt.sum(np.where(diagonal, 0.5, 1.0)[:, None] * precision * value[rows] * value[columns])
    log_prior = 0.5 * value.shape[1] * pt.sum(pt.log(prior))
    pm.Potential(f"{name}_coordinates", total + log_prior + square - pt.sum(shift * value))
    return value
