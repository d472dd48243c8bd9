"""Posterior draws from parameters drawn from the priors, as a fit would leave them."""

import numpy as np
import xarray as xr

from models.blocks.base import known_length
from models.build import draw_from_prior, model_parameters, outcome_inputs
from models.posterior import OutcomeDraws
from models.priors import Priors
from models.regressors import term_values


def prior_draws(composition, data, measured, number=3, seed=1, path=None, **known):
    """Draws of a model, and the parameters and logits of each.

    Returns
    -------
    OutcomeDraws, list of (dict, array)
    """
    inputs = outcome_inputs(composition, data, term_values(composition, data, measured), path)
    random = np.random.default_rng(seed)
    drawn = [draw_from_prior(composition, inputs, Priors(), random) for _ in range(number)]
    parameters = [{**p, **{k: np.asarray(v) for k, v in known.items()}} for p, _ in drawn]
    return outcome_draws(composition, data, inputs, parameters), [
        (p, eta) for p, (_, eta) in zip(parameters, drawn, strict=True)
    ]


def outcome_draws(composition, data, inputs, parameters, given=None) -> OutcomeDraws:
    """Draws in one chain, one of each set of parameters."""
    dims = {p.name: p.dims for p in model_parameters(composition)}
    if composition.inference == "joint":
        dims["path"] = ("path_year", "path_state")
    variables = {
        name: (("chain", "draw", *on), np.stack([np.asarray(p[name]) for p in parameters])[None])
        for name, on in dims.items()
    }
    coords = {d: inputs.coords[d] for on in dims.values() for d in on}
    assert all(len(coords[d]) == known_length(v[1][0, 0]) for n, v in variables.items() for d in dims[n][:1])
    groups = {"posterior": xr.Dataset(variables, coords=coords)}
    if given is not None:
        groups["latent_draws"] = given
    return OutcomeDraws(xr.DataTree.from_dict(groups), data, composition, inputs)
