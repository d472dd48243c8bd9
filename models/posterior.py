"""From posterior draws to latents, logits and log likelihoods on labelled grids."""

import numpy as np
import xarray as xr
from scipy import special

from models.composition import Composition
from models.inputs import basis_of, covariate_values, prediction_years

CELL = ("chain", "draw", "mission", "state")


def latent_path(posterior: xr.Dataset, data: xr.Dataset, years, latent: str = "quality") -> xr.DataArray:
    """Draws of a latent in given calendar years.

    Parameters
    ----------
    posterior : xarray.Dataset
        With ``quality_coefficient`` or ``contact_coefficient`` (chain, draw, state, path).
    data : xarray.Dataset
        The analysis data set, which fixes the basis.
    years : array of int, shape (Y,)
    latent : str

    Returns
    -------
    xarray.DataArray
        (chain, draw, state, year), in prior standard deviations, single precision.
    """
    rows = xr.DataArray(
        basis_of(data).at(years).astype("float32"),
        dims=("year", "path"),
        coords={"year": np.asarray(years, int)},
    )
    coefficient = posterior[f"{latent}_coefficient"].drop_vars("path", errors="ignore").astype("float32")
    return xr.dot(coefficient, rows, dim="path").transpose("chain", "draw", "state", "year")


def mission_latent(posterior: xr.Dataset, data: xr.Dataset, latent: str = "quality") -> xr.DataArray:
    """Draws of a latent for each mission, in the year before it starts; (chain, draw, mission, state)."""
    years = prediction_years(data)
    unique, places = np.unique(years, return_inverse=True)
    path = latent_path(posterior, data, unique, latent)
    taken = path.isel(year=xr.DataArray(places, dims="mission", coords={"mission": data.mission.values}))
    return taken.drop_vars("year").transpose(*CELL)


def regressor_draws(
    posterior: xr.Dataset,
    data: xr.Dataset,
    composition: Composition,
    given_quality: xr.DataArray | None = None,
) -> dict[str, xr.DataArray]:
    """Ties and quality on the mission x state grid: ties (mission, state), quality with or without draws."""
    regressors = {}
    if composition.ties:
        regressors["ties"] = (
            data.ties.where(data.joined.notnull(), 0.0).fillna(0.0).transpose("mission", "state")
        )
    if composition.has("quality"):
        regressors["quality"] = mission_latent(posterior, data)
    elif composition.quality_is_given:
        if given_quality is None:
            raise ValueError(
                f"models.{composition.name}: quality is given from another model, pass given_quality"
            )
        regressors["quality"] = given_quality
    return regressors


def slope_draws(posterior: xr.Dataset, data: xr.Dataset, term: str) -> xr.DataArray:
    """Slope of ties or quality by mission, (chain, draw, mission)."""
    name = f"mission_{term}_slope"
    if name in posterior:
        return posterior[name]
    missions = xr.DataArray(
        np.ones(data.sizes["mission"]), dims="mission", coords={"mission": data.mission.values}
    )
    return posterior[f"{term}_slope"] * missions


def outcome_logit(
    posterior: xr.Dataset,
    data: xr.Dataset,
    composition: Composition,
    given_quality: xr.DataArray | None = None,
) -> xr.DataArray:
    """Logit of joining for each draw.

    Parameters
    ----------
    posterior : xarray.Dataset
    data : xarray.Dataset
    composition : Composition
    given_quality : xarray.DataArray, optional
        Quality that a plug-in or cut model was given: (mission, state) or with chain and draw.

    Returns
    -------
    xarray.DataArray
        (chain, draw, mission, state), single precision; cells that are not scored carry a value too.
    """
    regressors = regressor_draws(posterior, data, composition, given_quality)
    return logit_at(posterior, data, composition, regressors)


def logit_at(
    posterior: xr.Dataset, data: xr.Dataset, composition: Composition, regressors: dict[str, xr.DataArray]
) -> xr.DataArray:
    """Logit of joining with ties and quality set to the given values; see ``outcome_logit``."""
    grid = xr.DataArray(
        np.zeros((data.sizes["mission"], data.sizes["state"]), "float32"),
        dims=("mission", "state"),
        coords={"mission": data.mission.values, "state": data.state.values},
    )
    single = posterior.astype("float32")
    eta = (single["mission_intercept"] if "mission_intercept" in single else single["intercept"]) + grid
    for term, value in regressors.items():
        eta = eta + slope_draws(single, data, term) * value.astype("float32")
    if composition.has("contact"):
        eta = eta + single["contact_slope"] * mission_latent(posterior, data, "contact")
    for moderator in composition.moderators:
        by = xr.DataArray(
            covariate_values(data, [moderator.by])[0].astype("float32"),
            dims=("mission", "state"),
            coords=grid.coords,
        )
        slope = single["moderator_slope"].sel(moderator=moderator.name, drop=True)
        eta = eta + slope * (regressors[moderator.of].astype("float32") * by)
    if "state_effect" in single:
        eta = eta + single["state_effect"]
    if composition.has("cooperativeness"):
        eta = eta + single["cooperativeness_slope"] * single["cooperativeness"]
    names = composition.covariate_names(data)
    if names:
        values = xr.DataArray(
            covariate_values(data, names).astype("float32"),
            dims=("control", "mission", "state"),
            coords={"control": names, **{d: grid[d] for d in ("mission", "state")}},
        )
        eta = eta + xr.dot(single["covariate_slope"], values, dim="control")
    return eta.transpose(*CELL)


def log_likelihood(logit: xr.DataArray, data: xr.Dataset) -> xr.DataArray:
    """Log probability of each scored decision, (chain, draw, mission, state); NaN where not scored."""
    joined = data.joined.transpose("mission", "state")
    return (-np.logaddexp(0, -(2 * joined - 1) * logit)).transpose(*CELL)


def probability(logit: xr.DataArray) -> xr.DataArray:
    """Inverse logit."""
    return xr.apply_ufunc(special.expit, logit)
