"""From a composition and the data to a PyMC model."""

import numpy as np
import pymc as pm
import xarray as xr

from models.composition import Composition
from models.cooperativeness import add_cooperativeness
from models.engine.operators import Unpack
from models.inputs import PACKED, Inputs, model_inputs, prediction_years
from models.likelihood import ENGINES
from models.outcome import add_outcome
from models.priors import Priors
from models.quality import add_contact, add_quality
from models.ties import add_ties


def build(
    composition: Composition,
    data: xr.Dataset,
    priors: Priors,
    engine: str = "fused",
    inputs: Inputs | None = None,
) -> pm.Model:
    """PyMC model of a composition; all arrays are mutable data, so that refits need no compilation.

    Parameters
    ----------
    composition : Composition
    data : xarray.Dataset
        The analysis data set.
    priors : Priors
    engine : {"fused", "plain"}
        Which implementation of the same likelihood.
    inputs : Inputs, optional
        The arrays, where the caller has them already.

    Returns
    -------
    pymc.Model
    """
    if engine not in ENGINES:
        raise ValueError(f"sampler.engine: '{engine}' is not one of {', '.join(ENGINES)}")
    inputs = inputs or model_inputs(composition, data)
    coords = {**inputs.coords, "doubtful_class": ["uncertain", "probable"]}
    with pm.Model(coords=coords) as model:
        shapes = [np.shape(array) for array in inputs.arrays.values()]
        unpacked = Unpack(shapes)(pm.Data(PACKED, inputs.packed()), return_list=True)
        arrays = dict(zip(inputs.arrays, unpacked, strict=True))
        latents = {}
        if composition.has("quality"):
            latents["quality"] = add_quality(inputs, arrays, priors, engine)
        if composition.has("contact"):
            latents["contact"] = add_contact(inputs, arrays, latents["quality"], priors, engine)
        if composition.has("ties"):
            add_ties(inputs, arrays, latents.get("quality"), composition.tie_family, priors, engine)
        cooperativeness = None
        if composition.has("cooperativeness"):
            cooperativeness = add_cooperativeness(inputs, arrays, priors, engine)
        if composition.has("outcome"):
            years = prediction_years(data)
            add_outcome(composition, inputs, arrays, latents, cooperativeness, years, priors, engine)
    return model
