"""Simulators of each block in NumPy, independent of the PyMC graph: parameters from the priors, data from parameters.

Parameters are dictionaries by the names of models/README.md; a simulated data set is the given one with the outcomes,
indicators, joint counts and own counts replaced where they were observed, so that missingness is the real one.
"""

import numpy as np
import xarray as xr
from scipy import special

from models.composition import Composition
from models.inputs import Inputs, covariate_values, model_inputs, panel_design, prediction_years
from models.priors import Priors

Parameters = dict[str, np.ndarray]


def _path(random: np.random.Generator, share: float, states: int, size: int) -> np.ndarray:
    sd = np.sqrt(np.concatenate([[share], np.full(size - 1, 1 - share)]))
    return random.normal(size=(states, size)) * sd


def _indicators(
    prefix: str, coords: dict, priors: Priors, random: np.random.Generator, states: int
) -> Parameters:
    """Parameters of a latent's indicators from their priors."""
    names = coords[f"{prefix}indicator"]
    draw = {}

    def take(name, prior, size):
        draw[f"{prefix}{name}"] = priors.distribution(prior).rvs(size=size, random_state=random)

    take("indicator_intercept", "indicator_intercept", len(names))
    take("indicator_trend", "indicator_trend", len(names))
    take("indicator_size_slope", "indicator_size_slope", len(names))
    take("indicator_loading", "indicator_loading", len(names))
    draw[f"{prefix}indicator_loading"][0] = priors.distribution("anchor_loading").rvs(random_state=random)
    for family in ("normal", "count", "binary"):
        chosen = coords.get(f"{prefix}{family}_indicator", [])
        spread = "indicator_state_sd" if family == "normal" else f"{family}_state_sd"
        if chosen:
            take(spread, "indicator_state_sd", len(chosen))
            deviation = random.normal(size=(len(chosen), states))
            draw[f"{prefix}{family}_deviation"] = draw[f"{prefix}{spread}"][:, None] * deviation
    if f"{prefix}normal_indicator" in coords:
        take("indicator_sd", "indicator_sd", len(coords[f"{prefix}normal_indicator"]))
    if f"{prefix}count_indicator" in coords:
        take("indicator_dispersion", "indicator_dispersion", len(coords[f"{prefix}count_indicator"]))
    return draw


def _zero_sum(random: np.random.Generator, sd: float, size: int) -> np.ndarray:
    draw = random.normal(0, sd, size)
    return draw - draw.mean()


def draw_parameters(
    composition: Composition, data: xr.Dataset, priors: Priors, random: np.random.Generator
) -> Parameters:
    """One draw of every parameter of a composition from its prior.

    Returns
    -------
    dict of str to array
        By name; latents are ``quality_coefficient`` and ``contact_coefficient`` (S, B), ``opportunity`` (S,),
        ``cooperativeness_level`` (S,), ``mission_intercept`` (M,), ``mission_<term>_slope`` (M,), ``state_effect`` (S,).
    """
    inputs = model_inputs(composition, data)
    coords, states, size = inputs.coords, len(inputs.coords["state"]), inputs.basis.size
    p: Parameters = {}

    def take(name, prior=None, shape=()):
        p[name] = np.asarray(priors.distribution(prior or name).rvs(size=shape or None, random_state=random))
        return p[name]

    if composition.has("quality"):
        take("quality_static_share")
        p["quality_coefficient"] = _path(random, p["quality_static_share"], states, size)
        p |= _indicators("", coords, priors, random, states)
    if composition.has("contact"):
        take("contact_static_share")
        correlation = np.tanh(take("contact_quality_fisher", "contact_quality_correlation"))
        own = _path(random, p["contact_static_share"], states, size)
        p["contact_coefficient"] = correlation * p["quality_coefficient"] + np.sqrt(1 - correlation**2) * own
        p |= _indicators("contact_", coords, priors, random, states)
    if composition.has("ties"):
        items, years = len(coords["tie_item"]), len(coords["panel_year"])
        take("tie_year_intercept", shape=(items, years))
        p["opportunity"] = _zero_sum(random, 1.0, states)
        take("opportunity_loading", shape=(items,))
        take("tie_concentration", shape=(items,))
        if composition.has("quality"):
            take("tie_quality_loading", shape=(items,))
    if composition.has("cooperativeness"):
        items, years = len(coords["cooperativeness_item"]), len(coords["panel_year"])
        take("cooperativeness_year_intercept", shape=(items, years))
        take("cooperativeness_size_slope", shape=(items,))
        take("cooperativeness_age_slope", shape=(items,))
        p["cooperativeness_level"] = _zero_sum(random, take("cooperativeness_sd"), states)
        take("cooperativeness_loading", shape=(items - 1,))
        take("cooperativeness_dispersion", shape=(items,))
    if composition.has("outcome"):
        _draw_outcome(composition, inputs, p, take, random)
    return p


def _draw_outcome(
    composition: Composition, inputs: Inputs, p: Parameters, take, random: np.random.Generator
) -> None:
    missions, states = len(inputs.coords["mission"]), len(inputs.coords["state"])

    def expected(term, mean):
        if f"{term}_predictor" not in inputs.coords:
            return np.full(missions, mean)
        predictors = inputs.arrays[f"{term}_predictor_value"]
        slope = take(f"{term}_predictor_slope", "mission_predictor_slope", (len(predictors),))
        return mean + slope @ predictors

    level = expected("intercept", take("intercept"))
    if composition.mission_intercepts:
        level = random.normal(level, take("mission_sd"))
    p["mission_intercept"] = level
    for term in composition.slope_names():
        slope = expected(term, take(f"{term}_slope"))
        if term in composition.mission_slopes:
            slope = random.normal(slope, take(f"{term}_slope_sd"))
        p[f"mission_{term}_slope"] = slope
    if composition.has("contact"):
        take("contact_slope")
    if composition.has("cooperativeness"):
        take("cooperativeness_slope")
    if composition.moderators:
        take("moderator_slope", shape=(len(composition.moderators),))
    p["state_effect"] = np.zeros(states)
    if composition.state_effects:
        p["state_effect"] = _zero_sum(random, take("state_sd"), states)
    take("covariate_slope", shape=(len(inputs.coords["control"]),))
    if composition.label_errors:
        take("sensitivity")
        take("false_record", "false_positive_odds", (2,))


def indicator_predictor(
    prefix: str, family: str, inputs: Inputs, data: xr.Dataset, p: Parameters
) -> np.ndarray:
    """Linear predictor of a latent's indicators of one family in the panel, shape (J, S, T)."""
    coords = inputs.coords
    latent_name = "contact_coefficient" if prefix else "quality_coefficient"
    latent = p[latent_name] @ inputs.basis.at(coords["panel_year"]).T
    places = [coords[f"{prefix}indicator"].index(n) for n in coords[f"{prefix}{family}_indicator"]]
    terms = ("indicator_intercept", "indicator_trend", "indicator_size_slope")
    level = np.stack([p[f"{prefix}{t}"] for t in terms], axis=1)[places]
    own = np.einsum("jp,stp->jst", level, panel_design(data))
    return (
        own
        + p[f"{prefix}indicator_loading"][places][:, None, None] * latent
        + p[f"{prefix}{family}_deviation"][:, :, None]
    )


def _negative_binomial(random, log_mean, dispersion):
    shape = dispersion[:, None, None]
    return random.poisson(random.gamma(shape, np.exp(np.clip(log_mean, -30, 12)) / shape)).astype(float)


def simulate_indicators(prefix: str, inputs: Inputs, data: xr.Dataset, p: Parameters, random) -> xr.DataArray:
    """Indicators of a latent given its path: the data's, replaced where they were observed."""
    values = data.indicator_value.copy(deep=True)
    for family in ("normal", "count", "binary"):
        chosen = inputs.coords.get(f"{prefix}{family}_indicator", [])
        if not chosen:
            continue
        predictor = indicator_predictor(prefix, family, inputs, data, p)
        if family == "normal":
            new = random.normal(predictor, p[f"{prefix}indicator_sd"][:, None, None])
        elif family == "count":
            new = _negative_binomial(random, predictor, p[f"{prefix}indicator_dispersion"])
        else:
            new = random.binomial(1, special.expit(predictor)).astype(float)
        old = values.sel(indicator=chosen).transpose("indicator", "state", "panel_year")
        values.loc[{"indicator": chosen}] = old.copy(data=np.where(old.notnull(), new, np.nan))
    return values


def tie_predictor(inputs: Inputs, p: Parameters) -> np.ndarray:
    """Linear predictor of the tie counts in the panel, shape (K, S, T)."""
    loading = p["opportunity_loading"]
    predictor = p["tie_year_intercept"][:, None, :] + (loading[:, None] * p["opportunity"])[:, :, None]
    if "tie_quality_loading" in p:
        latent = p["quality_coefficient"] @ inputs.basis.at(inputs.coords["panel_year"]).T
        predictor = predictor + p["tie_quality_loading"][:, None, None] * latent
    return predictor


def simulate_ties(
    composition: Composition, inputs: Inputs, data: xr.Dataset, p: Parameters, random
) -> xr.DataArray:
    """Joint counts given own counts."""
    own = data.tie_own.transpose("tie_item", "state", "panel_year")
    counts = np.nan_to_num(own.values).astype(int)
    predictor, concentration = tie_predictor(inputs, p), p["tie_concentration"][:, None, None]
    if composition.tie_family == "beta_binomial":
        share = np.clip(special.expit(predictor), 1e-9, 1 - 1e-9)
        new = random.binomial(counts, random.beta(concentration * share, concentration * (1 - share))).astype(
            float
        )
    else:
        new = _negative_binomial(random, np.log(np.maximum(counts, 1)) + predictor, p["tie_concentration"])
        # this alternative has no ceiling; data have
        new = np.minimum(new, counts)
    old = data.tie_joint.transpose("tie_item", "state", "panel_year")
    return old.copy(data=np.where(old.notnull() & own.notnull(), new, np.nan))


def cooperativeness_predictor(inputs: Inputs, p: Parameters) -> np.ndarray:
    """Log mean of the own counts in the panel, shape (K, S, T)."""
    size, age = inputs.arrays["size"].T, inputs.arrays["state_age"].T
    by_size, by_age = p["cooperativeness_size_slope"], p["cooperativeness_age_slope"]
    moving = p["cooperativeness_level"][:, None] + by_size[0] * size + by_age[0] * age
    predictor = [moving]
    for k, loading in enumerate(p["cooperativeness_loading"], start=1):
        predictor.append(loading * moving + by_size[k] * size + by_age[k] * age)
    return p["cooperativeness_year_intercept"][:, None, :] + np.stack(predictor)


def outcome_logit(composition: Composition, inputs: Inputs, data: xr.Dataset, p: Parameters) -> np.ndarray:
    """Logit of joining on the mission x state grid for one set of parameters, shape (M, S)."""
    basis = inputs.basis.at(prediction_years(data))
    regressors = {"ties": inputs.arrays["ties"]}
    if composition.has("quality"):
        regressors["quality"] = basis @ p["quality_coefficient"].T
    elif composition.quality_is_given:
        regressors["quality"] = inputs.arrays["given_quality"]
    eta = p["mission_intercept"][:, None] + p["state_effect"][None, :]
    for term in composition.slope_names():
        eta = eta + p[f"mission_{term}_slope"][:, None] * regressors[term]
    if composition.has("contact"):
        eta = eta + p["contact_slope"] * (basis @ p["contact_coefficient"].T)
    if composition.has("cooperativeness"):
        eta = eta + p["cooperativeness_slope"] * p["cooperativeness_level"] / p["cooperativeness_sd"]
    for slope, moderator in zip(p.get("moderator_slope", []), composition.moderators, strict=True):
        eta = eta + slope * regressors[moderator.of] * covariate_values(data, [moderator.by])[0]
    return eta + np.einsum("k,kms->ms", p["covariate_slope"], inputs.arrays["covariate"])


def simulate(
    composition: Composition, data: xr.Dataset, p: Parameters, random: np.random.Generator
) -> xr.Dataset:
    """Data set with everything the composition explains replaced by simulated values.

    Parameters
    ----------
    composition : Composition
    data : xarray.Dataset
        Gives covariates, exposures, eligibility and the pattern of missing values.
    p : dict of str to array
        From ``draw_parameters``, or of the same shapes.
    random : numpy.random.Generator

    Returns
    -------
    xarray.Dataset
    """
    inputs = model_inputs(composition, data)
    result = data.copy()
    if composition.has("quality"):
        result["indicator_value"] = simulate_indicators("", inputs, result, p, random)
    if composition.has("contact"):
        result["indicator_value"] = simulate_indicators("contact_", inputs, result, p, random)
    if composition.has("ties"):
        result["tie_joint"] = simulate_ties(composition, inputs, result, p, random)
    if composition.has("cooperativeness"):
        log_mean = cooperativeness_predictor(inputs, p)
        new = _negative_binomial(random, log_mean, p["cooperativeness_dispersion"])
        old = data.cooperativeness_count.transpose("cooperativeness_item", "state", "panel_year")
        result["cooperativeness_count"] = old.copy(data=np.where(old.notnull(), new, np.nan))
    if composition.has("outcome"):
        probability = special.expit(outcome_logit(composition, inputs, data, p))
        joined = random.binomial(1, probability).astype(float)
        old = data.joined.transpose("mission", "state")
        if composition.label_errors:
            result["joined"], result["certainty"] = _record(joined, old, p, random)
        else:
            result["joined"] = old.copy(data=np.where(old.notnull(), joined, np.nan))
    return result


def _record(
    joined: np.ndarray, old: xr.DataArray, p: Parameters, random
) -> tuple[xr.DataArray, xr.DataArray]:
    """Recorded participation and its certainty when records may be wrong."""
    certainties = np.array([0.5, 0.75, 1.0])
    uniform = random.uniform(size=joined.shape)
    false = np.select(
        [uniform < p["false_record"][0], uniform < p["false_record"].sum()], [0.5, 0.75], np.nan
    )
    true = np.where(uniform < p["sensitivity"], certainties[random.integers(0, 3, joined.shape)], np.nan)
    certainty = np.where(joined > 0, true, false)
    recorded = np.where(old.notnull(), np.isfinite(certainty).astype(float), np.nan)
    return old.copy(data=recorded), old.copy(data=np.where(np.isfinite(certainty), certainty, 1.0))


def _dimensions(name: str, shape: tuple[int, ...], coords: dict) -> tuple[str, ...]:
    """Dimensions of a parameter as the posterior names them."""
    prefix = "contact_" if name.startswith("contact_") else ""
    stem = name.removeprefix(prefix)
    fixed = {
        "quality_coefficient": ("state", "path"),
        "coefficient": ("state", "path"),
        "indicator_sd": (f"{prefix}normal_indicator",),
        "indicator_state_sd": (f"{prefix}normal_indicator",),
        "count_state_sd": (f"{prefix}count_indicator",),
        "indicator_dispersion": (f"{prefix}count_indicator",),
        "binary_state_sd": (f"{prefix}binary_indicator",),
        "opportunity": ("state",),
        "opportunity_loading": ("tie_item",),
        "tie_year_intercept": ("tie_item", "panel_year"),
        "cooperativeness": ("state",),
        "cooperativeness_level": ("state",),
        "cooperativeness_loading": ("other_cooperativeness_item",),
        "cooperativeness_year_intercept": ("cooperativeness_item", "panel_year"),
        "state_effect": ("state",),
        "mission_intercept": ("mission",),
        "covariate_slope": ("control",),
        "moderator_slope": ("moderator",),
        "false_record": ("doubtful_class",),
    }
    if not shape:
        return ()
    if stem in fixed:
        return fixed[stem]
    if stem.startswith("indicator_"):
        return (f"{prefix}indicator",)
    if stem.startswith("mission_"):
        return ("mission",)
    if stem.endswith("_predictor_slope"):
        return (stem.removesuffix("_slope"),)
    return ("tie_item",) if stem.startswith("tie_") else ("cooperativeness_item",)


def prior_draws(
    composition: Composition, data: xr.Dataset, priors: Priors, draws: int, random: np.random.Generator
) -> xr.Dataset:
    """Draws of every parameter from the priors, shaped like a posterior with one chain.

    Parameters
    ----------
    composition : Composition
    data : xarray.Dataset
    priors : Priors
    draws : int
    random : numpy.random.Generator

    Returns
    -------
    xarray.Dataset
        (chain, draw, ...) by the names of the posterior; lasting deviations of single indicators are left out.
    """
    inputs = model_inputs(composition, data)
    samples = [draw_parameters(composition, data, priors, random) for _ in range(draws)]
    coords = {**inputs.coords, "doubtful_class": ["uncertain", "probable"]}
    variables = {}
    for name, first in samples[0].items():
        if name.endswith("_deviation"):
            continue
        values = np.stack([np.asarray(p[name]) for p in samples])[None]
        variables[name] = (("chain", "draw", *_dimensions(name, np.shape(first), coords)), values)
    if composition.has("cooperativeness"):
        level = np.stack([p["cooperativeness_level"] / p["cooperativeness_sd"] for p in samples])[None]
        variables["cooperativeness"] = (("chain", "draw", "state"), level)
    if composition.has("contact"):
        variables["contact_quality_correlation"] = (
            ("chain", "draw"),
            np.tanh(np.stack([p["contact_quality_fisher"] for p in samples]))[None],
        )
    used = {d for dims, _ in variables.values() for d in dims} & set(coords)
    return xr.Dataset(
        variables, coords={"chain": [0], "draw": np.arange(draws), **{d: coords[d] for d in used}}
    )
