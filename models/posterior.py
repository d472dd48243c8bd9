"""From posterior draws to latents, logits and log likelihoods on labelled grids."""

import numpy as np
import xarray as xr
from scipy import special

from models.composition import Composition
from models.inputs import basis_of, covariate_values, prediction_years

HERMITE_NODES = 3
NEWTON_STEPS = 50
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


def shared_mean(posterior: xr.Dataset, data: xr.Dataset, term: str) -> xr.DataArray:
    """Mean of the missions' intercepts or slopes given their mission-level predictors; (chain, draw, mission)."""
    mean = posterior[term if term == "intercept" else f"{term}_slope"]
    mean = mean * xr.ones_like(data.mission, dtype=float)
    if f"{term}_predictor_slope" in posterior:
        slope = posterior[f"{term}_predictor_slope"].rename({f"{term}_predictor": "mission_covariate"})
        value = data.mission_covariate_value.sel(mission_covariate=slope["mission_covariate"].values)
        mean = mean + xr.dot(slope, value - value.mean("mission"), dim="mission_covariate")
    return mean.transpose("chain", "draw", "mission")


def mission_log_likelihood(
    posterior: xr.Dataset,
    data: xr.Dataset,
    composition: Composition,
    given_quality: xr.DataArray | None = None,
    missions: list[str] | None = None,
) -> xr.DataArray:
    """Log probability of all scored decisions on a mission, its own intercept and slopes integrated out.

    They are integrated over their distribution over missions, so that the draws need not have hit the values that this
    mission has; what the mission shares with others is as drawn.

    Parameters
    ----------
    posterior, data, composition, given_quality
        As for ``outcome_logit``.
    missions : list of str, optional
        All when absent.

    Returns
    -------
    xarray.DataArray
        (chain, draw, mission).
    """
    regressors = regressor_draws(posterior, data, composition, given_quality)
    eta = logit_at(posterior, data, composition, regressors)
    effects = {"intercept": ("mission_sd", "mission_intercept", xr.ones_like(data.joined))}
    effects |= {term: (f"{term}_slope_sd", f"mission_{term}_slope", v) for term, v in regressors.items()}
    effects = {term: names for term, names in effects.items() if names[0] in posterior}
    means = {term: shared_mean(posterior, data, term) for term in effects}
    draws, found = eta.isel(mission=0, state=0, drop=True), []
    for mission in data.mission.values.tolist() if missions is None else missions:
        joined = data.joined.sel(mission=mission, drop=True)
        seen = joined.dropna("state")
        base, columns, spreads = _flat(eta, draws, mission, seen), [], []
        for term, (spread, effect, value) in effects.items():
            column = _flat(value, draws, mission, seen)
            deviation = posterior[effect] - means[term]
            base = base - _flat(deviation, draws, mission) * column
            columns.append(column)
            spreads.append(_flat(posterior[spread], draws, mission)[:, 0])
        size = len(columns)
        column = np.stack(columns) if size else np.zeros((0, *base.shape))
        spread = np.stack(spreads) if size else np.zeros((0, len(base)))
        found.append(log_integral(base, column, spread, 2 * seen.values - 1).reshape(draws.shape))
    names = data.mission.values.tolist() if missions is None else missions
    coords = {"mission": names, **{d: draws[d] for d in ("chain", "draw") if d in draws.coords}}
    return xr.DataArray(np.stack(found, axis=2), dims=("chain", "draw", "mission"), coords=coords)


def _flat(values: xr.DataArray, draws: xr.DataArray, mission: str, seen: xr.DataArray | None = None):
    """One mission's values at the states ``seen`` by draw, chains one after another; (N, S), or (N, 1) without states."""
    values = values.sel(mission=mission, drop=True) if "mission" in values.dims else values
    if seen is None:
        return values.transpose("chain", "draw").values.astype(float).reshape(-1, 1)
    values = values.sel(state=seen["state"]).astype(float)
    return values.broadcast_like(draws).transpose("chain", "draw", "state").values.reshape(-1, seen.size)


def log_integral(base: np.ndarray, column: np.ndarray, spread: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Log of the mean, over normal effects, of a product of Bernoulli probabilities, for each of N draws.

    By adaptive Gauss-Hermite quadrature about the mode (Naylor & Smith 1982; Liu & Pierce 1994).

    Parameters
    ----------
    base : array, shape (N, S)
        Logits without the effects.
    column : array, shape (K, N, S)
        What the effects multiply.
    spread : array, shape (K, N)
        Their standard deviations.
    sign : array, shape (S,)
        +1 or -1.

    Returns
    -------
    array, shape (N,)
    """
    scaled = np.moveaxis(column * spread[:, :, None], 0, 1)
    number, size = scaled.shape[:2]
    identity = np.eye(size)

    def log_density(effect):
        eta = base + np.einsum("nk,nks->ns", effect, scaled)
        return -np.logaddexp(0, -sign * eta).sum(1) - 0.5 * (effect**2).sum(1)

    mode = np.zeros((number, size))
    if not size:
        return log_density(mode)
    for _ in range(NEWTON_STEPS):
        probability = special.expit(base + np.einsum("nk,nks->ns", mode, scaled))
        gradient = np.einsum("ns,nks->nk", (sign > 0) - probability, scaled) - mode
        weighted = scaled * (probability * (1 - probability))[:, None, :]
        curvature = weighted @ scaled.transpose(0, 2, 1) + identity
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        mode += step / np.maximum(np.abs(step).max(1, keepdims=True), 1.0)
        if np.abs(step).max() < 1e-6:
            break
    scale = np.linalg.cholesky(np.linalg.inv(curvature))
    nodes, weights = np.polynomial.hermite_e.hermegauss(HERMITE_NODES)
    terms = []
    for places in np.ndindex(*[HERMITE_NODES] * size):
        node = nodes[list(places)]
        log_weight = np.log(weights[list(places)]).sum() + 0.5 * (node**2).sum()
        terms.append(log_weight + log_density(mode + scale @ node))
    determinant = np.log(np.diagonal(scale, axis1=1, axis2=2)).sum(1)
    return special.logsumexp(terms, axis=0) + determinant - 0.5 * size * np.log(2 * np.pi)


def log_likelihood(logit: xr.DataArray, data: xr.Dataset) -> xr.DataArray:
    """Log probability of each scored decision, (chain, draw, mission, state); NaN where not scored."""
    joined = data.joined.transpose("mission", "state")
    return (-np.logaddexp(0, -(2 * joined - 1) * logit)).transpose(*CELL)


def probability(logit: xr.DataArray) -> xr.DataArray:
    """Inverse logit."""
    return xr.apply_ufunc(special.expit, logit)
