"""Log density of an outcome model written a second time from its equations, in NumPy alone and cell by cell.

Uses the composition's terms and the analysis data set; nothing of `models.blocks`, `models.build` or `models.regressors`.
"""

import numpy as np
from scipy import stats

PRIORS = {
    "intercept": stats.norm(-3, 3),
    "slope": stats.norm(0, 2),
    "slope_sd": stats.halfnorm(scale=1.25),
    "control_slope": stats.norm(0, 2),
    "moderator_slope": stats.norm(0, 0.5),
    "predictor_slope": stats.norm(0, 1),
    "mission_sd": stats.halfnorm(scale=2.5),
    "state_sd": stats.halfnorm(scale=2.5),
    "sensitivity": stats.beta(18, 2),
    "false_record": stats.beta(1, 19),
}


def regressor_values(composition, data, measured, path=None) -> dict[str, np.ndarray]:
    """Values of each term, (mission, state): ties, or the latent in the year before the mission, split where asked for."""
    joined = data.joined.values
    scored, found = np.isfinite(joined), {}
    for name in composition.regressors:
        grid = np.zeros(joined.shape)
        for m, i in np.argwhere(scored):
            if name == "ties":
                grid[m, i] = data.ties.values[m, i]
                continue
            year, state = int(data.start_year.values[m]) - 1, int(data.state.values[i])
            if path is not None and name == composition.latents[0]:
                grid[m, i] = path[path_years(data).index(year), i]
            elif state in measured[name].state.values:
                means = measured[name][f"{composition.information}_mean"]
                grid[m, i] = float(means.sel(state=state, year=year))
        if name not in composition.between:
            found[name] = grid
            continue
        between = np.zeros(joined.shape)
        for i in range(joined.shape[1]):
            if scored[:, i].any():
                between[:, i] = grid[scored[:, i], i].mean()
        found[f"{name}_within"], found[f"{name}_between"] = grid - between, between
    return found


def path_years(data) -> list[int]:
    """Years before missions, each once."""
    return sorted({int(year) - 1 for year in data.start_year.values})


def covariate(data, name, m, i):
    return float(data.covariate_value.sel(covariate=name).values[m, i])


def mission_mean(composition, data, p, term, name, m):
    """Mean of a mission's intercept or slope, shifted by the mission's covariates less their means."""
    mean = p[name]
    for k, covariate_name in enumerate(composition.mission_predictors.get(term, ())):
        values = data.mission_covariate_value.sel(mission_covariate=covariate_name).values
        mean = mean + p[f"{name}_predictor_slope"][k] * (values[m] - values.mean())
    return mean


def logit(composition, data, p, values, m, i) -> float:
    """Logit of state i's joining mission m."""
    if composition.mission_intercepts:
        total = float(p["mission_intercept"][m])
    else:
        total = float(mission_mean(composition, data, p, "intercept", "intercept", m))
    for name in composition.regressors:
        for term in [f"{name}_within", f"{name}_between"] if name in composition.between else [name]:
            if name in composition.mission_slopes and not term.endswith("_between"):
                slope = p[f"mission_{term}_slope"][m]
            else:
                slope = p[f"{term}_slope"]
            total += slope * values[term][m, i]
    for k, moderator in enumerate(composition.moderators):
        total += p["moderator_slope"][k] * values[moderator.of][m, i] * covariate(data, moderator.by, m, i)
    for k, name in enumerate(composition.control_names(data)):
        total += p["control_slope"][k] * covariate(data, name, m, i)
    return total + (p["state_effect"][i] if composition.state_effects else 0.0)


def cell(composition, data, p, eta, m, i, shares) -> float:
    """Log probability of what is recorded of a decision."""
    joined, chance = data.joined.values[m, i] == 1, 1 / (1 + np.exp(-eta))
    if not composition.label_errors:
        return np.log(chance if joined else 1 - chance)
    false = p["false_record"]
    if not joined:
        return np.log(chance * (1 - p["sensitivity"]) + (1 - chance) * (1 - false.sum()))
    k = {0.5: 0, 0.75: 1, 1.0: 2}[float(data.certainty.values[m, i])]
    return np.log(chance * p["sensitivity"] * shares[k] + (1 - chance) * (*false, 0.0)[k])


def record_shares(data) -> np.ndarray:
    """Shares of the classes of certainty among records of joining, one added to each."""
    certainty = data.certainty.values[data.joined.values == 1]
    number = np.array([(certainty == c).sum() + 1 for c in (0.5, 0.75, 1.0)])
    return number / number.sum()


def log_density(composition, data, measured, p, gaussian=None) -> float:
    """Joint log density of parameters and decisions.

    Parameters
    ----------
    p : dict
        Parameters as themselves; ``path`` (Y, S) of a joint model.
    gaussian : tuple of mean (S, Y) and covariance (S, Y, Y), optional
        What the indicators say of the path; states without a measurement have a covariance of zero.
    """
    total = sum(np.sum(PRIORS[prior_of(name)].logpdf(value)) for name, value in p.items() if prior_of(name))
    if composition.mission_intercepts:
        total += effects(composition, data, p, "intercept", "intercept", "mission_sd")
    for name in composition.mission_slopes:
        term = f"{name}_within" if name in composition.between else name
        total += effects(composition, data, p, name, f"{term}_slope", f"{term}_slope_sd")
    if composition.state_effects:
        total += stats.norm.logpdf(p["state_effect"], 0, p["state_sd"]).sum()
    if gaussian is not None:
        for path, mean, covariance in zip(p["path"].T, *gaussian, strict=True):
            if covariance.any():
                total += stats.multivariate_normal.logpdf(path, mean, covariance)
    values, shares = regressor_values(composition, data, measured, p.get("path")), record_shares(data)
    for m, i in np.argwhere(np.isfinite(data.joined.values)):
        total += cell(composition, data, p, logit(composition, data, p, values, m, i), m, i, shares)
    return float(total)


def prior_of(name: str) -> str | None:
    """Which prior a parameter has; None for effects, whose distribution is their own."""
    if name in PRIORS:
        return name
    if name.startswith("mission_") or name in ("state_effect", "path"):
        return None
    return next(end for end in ("predictor_slope", "slope_sd", "slope") if name.endswith(f"_{end}"))


def effects(composition, data, p, term, name, spread) -> float:
    means = [mission_mean(composition, data, p, term, name, m) for m in range(data.sizes["mission"])]
    return stats.norm.logpdf(p[f"mission_{name}"], means, p[spread]).sum()
