"""From posterior draws of an outcome model to logits and log likelihoods on labelled grids."""

import copy

import numpy as np
import xarray as xr
from scipy import special

from models.blocks.feedback import at_missions
from models.build import Inputs, logit
from models.composition import Composition

HERMITE_NODES = 3
NEWTON_STEPS = 50
# cells of draws times missions times states computed at a time
BATCH_CELLS = 4_000_000


def inputs_of_draws(
    composition: Composition, inputs: Inputs, p: dict, used: np.ndarray | None, values
) -> dict:
    """The model's data as each draw had them: a path that was sampled, or the draw of latents that it is conditioned on.

    Parameters
    ----------
    p : dict of str to array
        Draws (N, ...).
    used : array of int, shape (N,), optional
        Which draw of the latents each draw of a cut model is conditioned on.
    values : array, shape (D, term, M, S), optional
        Those draws of the latents.
    """
    x = dict(inputs.arrays)
    if "path" in p:
        x[f"{composition.latents[0]}_value"] = at_missions(p["path"], inputs.arrays["path_place"])
    elif used is not None:
        for k, term in enumerate(composition.terms()):
            x[f"{term.name}_value"] = values[used, k]
    return x


class OutcomeDraws:
    """Draws of an outcome model with the data each of them had.

    Parameters
    ----------
    tree : xarray.DataTree
        With the group ``posterior``, and ``latent_draws`` of a cut model.
    data : xarray.Dataset
    composition : Composition
    inputs : Inputs
    """

    def __init__(self, tree: xr.DataTree, data: xr.Dataset, composition: Composition, inputs: Inputs):
        posterior = tree["posterior"].to_dataset()
        self.data, self.composition, self.inputs = data, composition, inputs
        self.shape = posterior.sizes["chain"], posterior.sizes["draw"]
        flat = posterior.stack(sample=("chain", "draw")).transpose("sample", ...)
        p = {str(name): value.values for name, value in flat.data_vars.items()}
        self.p = complete(composition, p, inputs)
        self.used = self.values = None
        if "latent_draws" in tree.children:
            latent_draws = tree["latent_draws"].to_dataset()
            self.used = latent_draws["used"].transpose("chain", "draw").values.ravel()
            self.values = latent_draws["value"].transpose("latent_draw", "term", "mission", "state").values
        self.coords = {"mission": data.mission.values, "state": data.state.values}

    def with_decisions(self, data: xr.Dataset) -> "OutcomeDraws":
        """The same draws beside other decisions on the same missions and states."""
        other = copy.copy(self)
        other.data = data
        return other

    def batches(self):
        """Slices of draws that fit in memory."""
        number = self.shape[0] * self.shape[1]
        cells = self.data.sizes["mission"] * self.data.sizes["state"]
        size = max(1, BATCH_CELLS // cells)
        return [slice(start, min(start + size, number)) for start in range(0, number, size)]

    def batch(self, part: slice) -> tuple[dict, dict]:
        """Parameters and data of some draws."""
        p = {name: value[part] for name, value in self.p.items()}
        used = None if self.used is None else self.used[part]
        return p, inputs_of_draws(self.composition, self.inputs, p, used, self.values)

    def each(self, function) -> np.ndarray:
        """Apply ``function(p, x)`` -> (n, ...) to all draws in batches."""
        return np.concatenate([function(*self.batch(part)) for part in self.batches()])

    def labelled(self, values: np.ndarray, dims: tuple[str, ...] = ()) -> xr.DataArray:
        """Values (N, ...) with chains, draws and labels."""
        shaped = values.reshape(*self.shape, *values.shape[1:])
        coords = {d: self.coords[d] for d in dims if d in self.coords}
        return xr.DataArray(shaped, dims=("chain", "draw", *dims), coords=coords)

    def logit(self) -> xr.DataArray:
        """Logit of joining, (chain, draw, mission, state), single precision; cells that are not scored have one too."""
        found = self.each(lambda p, x: logit(self.composition, p, x).astype("float32"))
        return self.labelled(found, ("mission", "state"))


def complete(composition: Composition, p: dict, inputs: Inputs) -> dict:
    """Draws with what all missions share repeated for each of them."""
    number = len(next(iter(p.values())))
    missions = np.ones((number, len(inputs.coords["mission"])))
    completed = dict(p)
    slopes = ((f"{t.name}_slope", t.regressor) for t in composition.terms())
    for name, term in [("intercept", "intercept"), *slopes]:
        if f"mission_{name}" not in completed:
            completed[f"mission_{name}"] = shared_mean(completed, inputs, name, term) * missions
    return completed


def shared_mean(p: dict, inputs: Inputs, name: str, term: str) -> np.ndarray:
    """Mean of missions' intercepts or slopes given their predictors, (N, M) or (N, 1)."""
    mean = p[name][:, None]
    if f"{name}_predictor_slope" in p:
        mean = mean + p[f"{name}_predictor_slope"] @ inputs.arrays[f"{term}_predictor"]
    return mean


def mission_log_likelihood(draws: OutcomeDraws, missions: list[str]) -> xr.DataArray:
    """Log probability of all scored decisions on missions, each mission's own intercept and slopes integrated out.

    They are integrated over their distribution over missions, so that the draws need not have hit the values that this
    mission has; what the mission shares with others is as drawn.

    Returns
    -------
    xarray.DataArray
        (chain, draw, mission).
    """
    composition, names = draws.composition, draws.data.mission.values.tolist()
    places = [names.index(name) for name in missions]
    joined = draws.data.joined.transpose("mission", "state").values
    effects = [("intercept", "intercept", None, "mission_sd")] if composition.mission_intercepts else []
    effects += [
        (f"{t.name}_slope", t.regressor, t.name, f"{t.name}_slope_sd")
        for t in composition.terms()
        if composition.varies_by_mission(t)
    ]

    def score(p, x):
        eta, scores = logit(composition, p, x), []
        for m in places:
            seen = np.isfinite(joined[m])
            base, columns, spreads = eta[:, m, seen], [], []
            for name, term, value, spread in effects:
                mean = shared_mean(p, draws.inputs, name, term)
                deviation = p[f"mission_{name}"][:, m] - (mean[:, m] if mean.shape[1] > 1 else mean[:, 0])
                column = np.ones(seen.sum()) if value is None else x[f"{value}_value"][..., m, :][..., seen]
                column = np.broadcast_to(column, base.shape)
                base = base - deviation[:, None] * column
                columns.append(column)
                spreads.append(p[spread])
            stacked = np.stack(columns) if columns else np.zeros((0, *base.shape))
            spread = np.array(spreads).reshape(-1, len(base))
            scores.append(integrate_effects(base, stacked, spread, 2 * joined[m, seen] - 1))
        return np.stack(scores, axis=1)

    shaped = draws.each(score).reshape(*draws.shape, len(missions))
    return xr.DataArray(shaped, dims=("chain", "draw", "mission"), coords={"mission": missions})


def integrate_effects(
    base: np.ndarray, column: np.ndarray, spread: np.ndarray, sign: np.ndarray
) -> np.ndarray:
    """Log of the likelihood of one mission averaged over normal effects, by adaptive Gauss-Hermite quadrature about the mode.

    Sources: Naylor & Smith 1982; Liu & Pierce 1994.

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
        chance = special.expit(base + np.einsum("nk,nks->ns", mode, scaled))
        gradient = np.einsum("ns,nks->nk", (sign > 0) - chance, scaled) - mode
        weighted = scaled * (chance * (1 - chance))[:, None, :]
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
