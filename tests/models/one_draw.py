"""A posterior of one draw from a simulator's parameters, for tests of what is computed from draws."""

import numpy as np
import xarray as xr

DIMENSIONS = {
    "mission_intercept": ("mission",),
    "mission_ties_slope": ("mission",),
    "mission_quality_slope": ("mission",),
    "intercept_predictor_slope": ("intercept_predictor",),
    "state_effect": ("state",),
    "covariate_slope": ("control",),
    "moderator_slope": ("moderator",),
    "quality_coefficient": ("state", "path"),
    "contact_coefficient": ("state", "path"),
}
SCALARS = ("intercept", "ties_slope", "quality_slope", "contact_slope", "cooperativeness_slope")


def one_draw(composition, inputs, p) -> xr.Dataset:
    """Posterior of one chain and one draw that holds what a fit of the composition would hold."""
    absent = {
        f"mission_{term}_slope" for term in ("ties", "quality") if term not in composition.mission_slopes
    }
    shifted = composition.mission_intercepts or composition.mission_predictors.get("intercept")
    absent |= set() if shifted else {"mission_intercept"}
    absent |= set() if composition.state_effects else {"state_effect"}
    variables = {n: ((), p[n]) for n in SCALARS if n in p}
    variables |= {n: (dims, p[n]) for n, dims in DIMENSIONS.items() if n in p and n not in absent}
    if composition.has("cooperativeness"):
        variables["cooperativeness"] = (("state",), p["cooperativeness_level"] / p["cooperativeness_sd"])
    used = {dim for dims, _ in variables.values() for dim in dims}
    dataset = xr.Dataset(
        {n: (dims, np.asarray(value)) for n, (dims, value) in variables.items()},
        coords={dim: inputs.coords[dim] for dim in used},
    )
    return dataset.expand_dims(chain=[0], draw=[0])


def several_draws(composition, inputs, parameters) -> xr.Dataset:
    """Posterior of one chain with a draw for each set of parameters."""
    draws = [one_draw(composition, inputs, p).assign_coords(draw=[k]) for k, p in enumerate(parameters)]
    return xr.concat(draws, dim="draw")
