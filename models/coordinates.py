"""Coordinates in which chains move well. They change no density: each is a function of what is sampled, with its Jacobian."""

import pymc as pm
import pytensor.tensor as pt


def partly_centred(name: str, mean, spread, information, dims):
    """Independent effects x ~ N(mean, spread), of which data have about the information ``information``.

    Sampled is ``name``_standard = (x - (1 - w) mean) / s, where w = spread^2 information / (1 + spread^2 information) is the
    weight of the data in a normal posterior and s = spread / sqrt(1 + spread^2 information) its standard deviation: the
    effect itself, but for a constant, where the data tell it, and its standardised deviation from the mean where they do
    not, or where effects hardly differ (Papaspiliopoulos, Roberts & Sköld 2007, with the weight following the spread).

    Parameters
    ----------
    name : str
    mean, spread, information : TensorVariable
        That broadcast to the shape of the effects.
    dims : str or tuple of str

    Returns
    -------
    TensorVariable
        The effects.
    """
    ratio = pt.sqrt(1 + spread**2 * information)
    scale = spread / ratio
    kept = mean / ratio**2
    standard = pm.Normal(f"{name}_standard", mean * spread * information / ratio, ratio, dims=dims)
    return pm.Deterministic(name, kept + scale * standard, dims=dims)
