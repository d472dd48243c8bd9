"""Values of the outcome's regressors on the mission x state grid: ties, and latent paths that other models measured."""

import numpy as np
import xarray as xr

from models.composition import TIES, Composition, Term


def mission_years(data: xr.Dataset) -> np.ndarray:
    """The year before each mission's start, in which regressors are taken, shape (M,)."""
    return data.start_year.values.astype(int) - 1


def scored_cells(data: xr.Dataset) -> xr.DataArray:
    """Whether a state's decision on a mission is scored, (mission, state)."""
    return data.joined.notnull().transpose("mission", "state")


def latent_at_missions(path: xr.DataArray, data: xr.Dataset) -> xr.DataArray:
    """A path (..., state, year) in the years before missions, (..., mission, state); zero where there is none.

    Raises
    ------
    KeyError
        If the path does not reach a mission's year.
    """
    years = xr.DataArray(mission_years(data), dims="mission", coords={"mission": data.mission.values})
    chosen = path.sel(year=years).reindex(state=data.state.values).drop_vars("year")
    return chosen.fillna(0.0).transpose(..., "mission", "state")


def grid_of(name: str, composition: Composition, data: xr.Dataset, measured: dict, draw: int | None = None):
    """One regressor on the grid: the ties of the data, or a latent's posterior mean or one of its draws."""
    if name == TIES:
        return data.ties.fillna(0.0).transpose("mission", "state")
    paths = measured[name]
    if draw is None:
        return latent_at_missions(paths[f"{composition.information}_mean"], data)
    return latent_at_missions(paths[f"{composition.information}_draw"].isel(sample=draw, drop=True), data)


def split(value: xr.DataArray, term: Term, scored: xr.DataArray) -> xr.DataArray:
    """A regressor as a term takes it: whole, its state means over scored missions, or the deviations from them."""
    if term.part == "whole":
        return value
    mean = value.where(scored).mean("state" if "state" not in value.dims else "mission").fillna(0.0)
    mean = mean.broadcast_like(value)
    return (mean if term.part == "between" else value - mean).transpose(*value.dims)


def term_values(
    composition: Composition, data: xr.Dataset, measured: dict | None = None, draw: int | None = None
) -> xr.DataArray:
    """All terms on the grid. A cell whose decision is masked keeps them: it is to be predicted from them.

    Parameters
    ----------
    composition : Composition
    data : xarray.Dataset
    measured : mapping of str to xarray.Dataset
        Latent paths by measurement model (``models.paths.latent_paths``).
    draw : int, optional
        Take this draw of the latents instead of their mean.

    Returns
    -------
    xarray.DataArray
        (term, mission, state); zero where nothing is known.
    """
    scored, grids = scored_cells(data), []
    for term in composition.terms():
        grid = grid_of(term.regressor, composition, data, measured or {}, draw)
        grids.append(split(grid, term, scored))
    names = [term.name for term in composition.terms()]
    if not grids:
        empty = np.zeros((0, data.sizes["mission"], data.sizes["state"]))
        return xr.DataArray(empty, dims=("term", "mission", "state"), coords={"term": np.array([], str)})
    stacked = xr.concat(
        grids, dim=xr.DataArray(names, dims="term", name="term"), coords="minimal", compat="override"
    )
    return stacked.transpose("term", "mission", "state")
