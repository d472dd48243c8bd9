"""Replicated indicator panels and simulators' parameters from posterior draws.

Lasting deviations of states on an indicator are drawn anew from their distribution, for each replicate (mixed replication:
Marshall & Spiegelhalter 2007, Statistics in Medicine 26): the question is whether states deviate as much as, and no more
systematically than, the model says; deviations fitted to the data would answer it by themselves.
"""

import numpy as np
import xarray as xr

from models.composition import Composition
from models.inputs import Inputs, model_inputs
from models.simulate import Parameters, simulate_indicators

FAMILIES = {"normal": "indicator_state_sd", "count": "count_state_sd", "binary": "binary_state_sd"}


def parameters_of_draw(
    posterior: xr.Dataset, inputs: Inputs, composition: Composition, random: np.random.Generator
) -> Parameters:
    """Parameters of one posterior draw in the form that the simulators take.

    Parameters
    ----------
    posterior : xarray.Dataset
        One draw, without the dimensions chain and draw.
    inputs : Inputs
        Of the composition.
    composition : Composition
    random : numpy.random.Generator
        For the lasting deviations of indicators.

    Returns
    -------
    dict of str to array
        As from ``models.simulate.draw_parameters``; what all missions share is repeated for each of them.
    """
    p = {str(name): np.asarray(value) for name, value in posterior.data_vars.items()}
    coords = inputs.coords
    states, missions = len(coords["state"]), np.ones(len(coords["mission"]))
    for prefix in ("", "contact_"):
        for family, spread in FAMILIES.items():
            if f"{prefix}{family}_indicator" in coords:
                sd = p[f"{prefix}{spread}"][:, None]
                p[f"{prefix}{family}_deviation"] = sd * random.normal(size=(len(sd), states))
    if composition.has("cooperativeness") and "cooperativeness_level" not in p:
        p["cooperativeness_level"] = p["cooperativeness"] * p["cooperativeness_sd"]
    if composition.has("outcome"):
        p.setdefault("mission_intercept", p["intercept"] * missions)
        p.setdefault("state_effect", np.zeros(states))
        for term in composition.slope_names():
            p.setdefault(f"mission_{term}_slope", p[f"{term}_slope"] * missions)
    return p


def evenly_spaced(posterior: xr.Dataset, number: int) -> xr.Dataset:
    """At most ``number`` draws, spread evenly over all chains; dimension ``sample`` first."""
    flat = posterior.stack(sample=("chain", "draw"), create_index=False).drop_vars(
        ("chain", "draw"), errors="ignore"
    )
    total = flat.sizes["sample"]
    chosen = np.unique(np.linspace(0, total - 1, min(number, total)).round().astype(int))
    return flat.isel(sample=chosen).transpose("sample", ...)


def replicated_indicators(
    posterior: xr.Dataset,
    data: xr.Dataset,
    composition: Composition,
    replicates: int,
    random: np.random.Generator,
) -> dict[str, xr.DataArray]:
    """Replicated panels of every indicator.

    Parameters
    ----------
    posterior : xarray.Dataset
        Of a composition with the block quality.
    data : xarray.Dataset
    composition : Composition
    replicates : int
        Number of posterior draws, each giving one panel.
    random : numpy.random.Generator

    Returns
    -------
    dict of str to xarray.DataArray
        Indicator -> (replicate, state, panel_year); NaN where nothing was observed.
    """
    inputs = model_inputs(composition, data)
    draws = evenly_spaced(posterior, replicates)
    prefixes = ["", *(["contact_"] if composition.has("contact") else [])]
    panels = []
    for k in range(draws.sizes["sample"]):
        p = parameters_of_draw(draws.isel(sample=k), inputs, composition, random)
        simulated = data
        for prefix in prefixes:
            simulated = simulated.assign(
                indicator_value=simulate_indicators(prefix, inputs, simulated, p, random)
            )
        panels.append(simulated["indicator_value"].transpose("indicator", "state", "panel_year").values)
    stacked = np.stack(panels)
    names = [name for prefix in prefixes for name in inputs.coords[f"{prefix}indicator"]]
    places = {str(name): i for i, name in enumerate(data["indicator"].values)}
    return {
        name: xr.DataArray(
            stacked[:, places[name]],
            dims=("replicate", "state", "panel_year"),
            coords={"state": data["state"].values, "panel_year": data["panel_year"].values},
        )
        for name in names
    }
