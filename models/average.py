"""Averages over all scored rows, for each draw: probabilities at few and many ties, and the effects that refits compare.

What `estimands` computes for every mission is here only for all rows together, at a tenth of the cost.
"""

import xarray as xr

from models.composition import Composition
from models.estimands import quartiles
from models.posterior import logit_at, probability, regressor_draws


def average_probabilities(
    posterior: xr.Dataset,
    data: xr.Dataset,
    composition: Composition,
    term: str,
    given_quality: xr.DataArray | None = None,
) -> tuple[xr.DataArray, xr.DataArray]:
    """Probability of joining averaged over the scored rows, with one regressor at its 25th and its 75th percentile.

    Parameters
    ----------
    posterior, data, composition, given_quality
        As for ``models.posterior.outcome_logit``.
    term : {"ties", "quality"}
        The regressor that is set; the other is held where it is.

    Returns
    -------
    low, high : xarray.DataArray
        (chain, draw).
    """
    scored = data.joined.notnull().transpose("mission", "state")
    regressors = regressor_draws(posterior, data, composition, given_quality)
    flat = xr.ones_like(scored, dtype="float32")
    low, high = (
        probability(logit_at(posterior, data, composition, {**regressors, term: value * flat}))
        .where(scored)
        .mean(("mission", "state"))
        for value in quartiles(regressors[term], scored)
    )
    return low, high


def average_effects(
    posterior: xr.Dataset,
    data: xr.Dataset,
    composition: Composition,
    given_quality: xr.DataArray | None = None,
) -> dict[str, xr.DataArray]:
    """Change of the average probability from the 25th to the 75th percentile of ties and of quality.

    Returns
    -------
    dict of str to xarray.DataArray
        ``ties_effect`` and, where the model has quality, ``quality_effect``; each (chain, draw), equal to the estimand of
        that name and the scope ``all``.
    """
    effects = {}
    for term in composition.slope_names():
        low, high = average_probabilities(posterior, data, composition, term, given_quality)
        effects[f"{term}_effect"] = high - low
    return effects
