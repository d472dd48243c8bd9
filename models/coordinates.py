"""Coordinates in which chains move well. They change no density: each is a function of what is sampled, with its Jacobian."""

import pymc as pm
import pytensor.tensor as pt


def conditioned_normal(name: str, spread, information, score, dims):
    """Independent effects x ~ N(0, spread), sampled as standardised given what else they go together with.

    Were the rest of the log density -information x^2 / 2 - score x and a part in which nothing else is unknown, x would be
    normal of precision P = information + spread^-2 about -score / P. Sampled is ``name``_standard = (x + score / P) sqrt(P): x
    itself, but for a constant, where data tell it, and x over its spread where they do not or where effects hardly differ.
    This is the partial centring of Papaspiliopoulos, Roberts & Sköld (2007) with weights that follow the spread. A rough
    ``information`` makes rough coordinates, never another density.

    Parameters
    ----------
    name : str
    spread, information, score : TensorVariable
        That broadcast to the shape of the effects.
    dims : str or tuple of str

    Returns
    -------
    TensorVariable
        The effects.
    """
    variance = 1 / (information + spread**-2)
    scale = pt.sqrt(variance)
    standard = pm.Normal(f"{name}_standard", 0, 1, dims=dims)
    value = scale * standard - variance * score
    # the density of the standard effects as drawn above is replaced by that of the effects and the Jacobian
    ratio = value / spread
    terms = 0.5 * (standard**2 - ratio**2) + pt.log(scale / spread)
    pm.Potential(f"{name}_coordinates", pt.sum(terms))
    return value


def conditioned_zero_sum_normal(name: str, spread, information, score, dim: str):
    """Zero-sum effects x ~ N(0, spread), sampled as (x + score / P) sqrt(P) with P = information + spread^-2, a number.

    See ``conditioned_normal``; ``score`` sums to zero, and one P for all effects keeps the sum.
    """
    precision = information + spread**-2
    standard = pm.ZeroSumNormal(f"{name}_standard", sigma=1, dims=dim)
    value = standard / pt.sqrt(precision) - score / precision
    # the density of the standard effects as drawn above is replaced by that of the effects and the Jacobian
    free = standard.shape[0] - 1
    density = 0.5 * pt.sum(standard**2 - (value / spread) ** 2)
    pm.Potential(f"{name}_coordinates", density - free * (pt.log(spread) + 0.5 * pt.log(precision)))
    return value
