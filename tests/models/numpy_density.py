"""The models' log density written once more, in NumPy and SciPy, observation by observation.

Takes constrained parameters by name. Nothing of the PyMC graph is used; of the project only the labels and the path basis.
"""

import numpy as np
from scipy import special, stats

from models.inputs import anchored_order, basis_of, covariate_values, record_classes, rough_quality


def log_prior(priors, name, values):
    return float(np.sum(priors.distribution(name).logpdf(values)))


def zero_sum_normal(x, sd):
    """Log density of a normal vector constrained to sum to zero, on its subspace."""
    return float(-0.5 * np.sum(x**2) / sd**2 - (len(x) - 1) * (np.log(sd) + 0.5 * np.log(2 * np.pi)))


def design_row(data, s, t):
    size = (
        data.panel_covariate_value.sel(panel_covariate="log_population")
        .transpose("state", "panel_year")
        .values[s, t]
    )
    decade = (float(data.panel_year.values[t]) - 1980) / 10
    return np.array([1.0, decade, 0.0 if np.isnan(size) else size])


def indicators(data, p, priors, prefix, names, coefficient):
    """Log density of a latent's indicators and of their parameters, given path coefficients (S, B)."""
    basis = basis_of(data).at(data.panel_year.values)
    latent = coefficient @ basis.T
    families = dict(zip(data.indicator.values, data.family.values, strict=True))
    by_family = {
        f: [n for n in names if families[n] == f] for f in ("normal", "negative_binomial", "bernoulli")
    }
    loading = p[f"{prefix}indicator_loading"]
    smooth_share = 1 - p["quality_static_share"]
    if prefix:
        square = p["contact_quality_correlation"] ** 2
        smooth_share = square * smooth_share + (1 - square) * (1 - p["contact_static_share"])
    total = log_prior(priors, "anchor_loading", loading[0]) + log_prior(
        priors, "indicator_loading", loading[1:]
    )
    for term in ("indicator_intercept", "indicator_trend", "indicator_size_slope"):
        total += log_prior(priors, term, p[f"{prefix}{term}"])
    slopes = np.stack([p[f"{prefix}indicator_{t}"] for t in ("intercept", "trend", "size_slope")], axis=1)
    design = np.array(
        [[design_row(data, s, t) for t in range(latent.shape[1])] for s in range(latent.shape[0])]
    )
    for j, name in enumerate(names):
        values = data.indicator_value.sel(indicator=name).transpose("state", "panel_year").values
        mean = design @ slopes[j] + loading[j] * latent
        family = families[name]
        place = by_family[family].index(name)
        if family == "normal":
            sd, lasting = p[f"{prefix}indicator_sd"][place], p[f"{prefix}indicator_state_sd"][place]
            total += log_prior(priors, "indicator_sd", sd) + log_prior(priors, "indicator_state_sd", lasting)
            for s in range(values.shape[0]):
                seen = np.isfinite(values[s])
                if seen.any():
                    covariance = sd**2 * np.eye(seen.sum()) + lasting**2
                    total += stats.multivariate_normal(mean[s, seen], covariance).logpdf(values[s, seen])
            continue
        kind = "count" if family == "negative_binomial" else "binary"
        spread = p[f"{prefix}{kind}_state_sd"][place]
        total += log_prior(priors, "indicator_state_sd", spread)
        deviation = p[f"{prefix}{kind}_state_deviation"][place]
        total += stats.norm.logpdf(deviation, 0, spread).sum()
        dispersion = p[f"{prefix}indicator_dispersion"][place] if kind == "count" else None
        if kind == "count":
            told = counted_information(values, dispersion)
        else:
            told = binary_information(
                values, *over_the_years(data, values, latent, slopes[j], loading[j], smooth_share), spread
            )
        total += log_scale(spread, told)
        mean = mean + deviation[:, None]
        seen = np.isfinite(values)
        if kind == "count":
            total += log_prior(priors, "indicator_dispersion", dispersion)
            share = dispersion / (dispersion + np.exp(mean[seen]))
            total += stats.nbinom.logpmf(values[seen], dispersion, share).sum()
        else:
            total += stats.bernoulli.logpmf(values[seen], special.expit(mean[seen])).sum()
    return total


def log_scale(spread, information):
    """Log determinant of effects' derivative to what is sampled: their rough posterior standard deviations."""
    return np.log(spread / np.sqrt(1 + spread**2 * information)).sum()


def zero_sum_log_scale(spread, information):
    """The same for effects that sum to zero, from the matrix of the derivative between two bases of such vectors."""
    scale = spread / np.sqrt(1 + spread**2 * information)
    basis = np.linalg.svd(np.ones((1, len(scale))))[2][1:]
    weights = scale**2 / np.sum(scale**2)
    derivative = (np.eye(len(scale)) - weights[:, None]) @ np.diag(scale)
    return np.linalg.slogdet(basis @ derivative @ basis.T)[1]


def rough_information(composition, data):
    """Rough information p (1 - p) of each decision, at the mode of a ridge logit of joining found by Newton steps.

    Intercepts of missions about the overall logit (deviation 2), of states (1); slopes of ties, 0.7 rough quality,
    covariates (1).

    Returns
    -------
    information (M, S), ties (M, S), expected quality (S,)
    """
    joined = data.joined.transpose("mission", "state").values
    seen = np.isfinite(joined)
    ties = np.where(seen, np.nan_to_num(data.ties.transpose("mission", "state").values), 0)
    quality = 0.7 * rough_quality(data)
    columns = [ties[seen], np.broadcast_to(quality, joined.shape)[seen]]
    columns += [x[seen] for x in covariate_values(data, composition.covariate_names(data))]
    mission, state = np.nonzero(seen)
    missions, states = joined.shape
    design = np.hstack([np.eye(missions)[mission], np.eye(states)[state], np.array(columns).T])
    penalty = np.concatenate([np.full(missions, 0.25), np.ones(design.shape[1] - missions)])
    y, centre = joined[seen], np.zeros(design.shape[1])
    centre[:missions] = special.logit((y.sum() + 0.5) / (len(y) + 1))
    slope = centre.copy()
    for _ in range(50):
        q = special.expit(design @ slope)
        score = design.T @ (y - q) - penalty * (slope - centre)
        slope = slope + np.linalg.solve((design.T * (q * (1 - q))) @ design + np.diag(penalty), score)
    information = np.zeros(joined.shape)
    information[seen] = q * (1 - q)
    return information, ties, quality


def told_beside_the_intercept(information, regressor):
    """Weighted sum of squares of a regressor about its weighted mean in each mission."""
    total = np.maximum(information.sum(1), 1e-12)
    mean = (information * regressor).sum(1) / total
    return (information * (regressor - mean[:, None]) ** 2).sum(1)


def opportunity_information(data, family, p):
    """Rough information of the tie counts on each state's opportunity, shape (S,)."""
    joint = data.tie_joint.transpose("tie_item", "state", "panel_year").values
    own = data.tie_own.transpose("tie_item", "state", "panel_year").values
    total = np.zeros(joint.shape[1])
    for k, c in enumerate(p["tie_concentration"]):
        for s in range(joint.shape[1]):
            seen = np.isfinite(joint[k, s]) & (np.nan_to_num(own[k, s]) > 0)
            if not seen.any():
                continue
            shared, trials = joint[k, s, seen].sum(), own[k, s, seen].sum()
            share = (shared + 0.5) / (trials + 1)
            if family == "beta_binomial":
                told = trials * share * (1 - share) * (c + 1) / (c + trials / seen.sum())
            else:
                told = shared / (1 + shared / seen.sum() / c)
            total[s] += p["opportunity_loading"][k] ** 2 * told
    return total


def counted_information(values, dispersion):
    """Rough information of counts (..., T) on their log mean."""
    total, number = np.nansum(values, -1), np.isfinite(values).sum(-1)
    return total / (1 + total / np.maximum(number, 1) / dispersion)


def binary_information(values, logit, variance, spread):
    """Rough information of 0/1 values (S, T) on each state's deviation, from a beta posterior.

    ``logit`` (S,) and ``variance``: mean over the years of the logit without the deviation, and its variance.
    """
    smaller = 1 / np.sqrt(1 + 256 * 3 / (225 * np.pi**2) * variance)
    share, ones, number = special.expit(smaller * logit), np.nansum(values, 1), np.isfinite(values).sum(1)
    a, b = 1 / (smaller * spread) ** 2 / (1 - share), 1 / (smaller * spread) ** 2 / share
    return smaller**2 / (1 / (a + ones) + 1 / (b + number - ones)) - spread**-2


def over_the_years(data, values, latent, slopes, loading, smooth_share):
    """Mean of an item's logit over each state's years (S,), and its variance in an average state, without the deviation.

    Size and trend are of the years in which the item is seen for the state; quality, of years by their share of all states',
    varying as a path of squared exponential covariance is expected to.
    """
    seen = np.isfinite(values)
    rows = np.array([[design_row(data, s, t) for t in range(seen.shape[1])] for s in range(seen.shape[0])])
    number = np.maximum(seen.sum(1), 1)
    means = (seen[:, :, None] * rows).sum(1)[:, 1:] / number[:, None]
    centred = seen[:, :, None] * (rows[:, :, 1:] - means[:, None, :])
    covariance = np.einsum("stp,stq->pq", centred, centred) / seen.sum()
    share = seen.sum(0) / seen.sum()
    smooth = basis_of(data).at(data.panel_year.values)[:, 1:]
    kernel = smooth @ smooth.T
    logit = slopes[0] + means @ slopes[1:] + loading * (latent @ share)
    variance = slopes[1:] @ covariance @ slopes[1:]
    return logit, variance + loading**2 * smooth_share * (np.diag(kernel) @ share - share @ kernel @ share)


def path_log_prior(coefficient, share):
    sd = np.sqrt(np.concatenate([[share], np.full(coefficient.shape[1] - 1, 1 - share)]))
    return float(stats.norm.logpdf(coefficient, 0, sd).sum())


def path_log_jacobian(data, p, names):
    """Log determinant of the path coefficients' derivative to the standardised ones that are sampled.

    The coefficients are A^-1 b + L^-T e with L L' = A the precision of the path given the normal indicators, so the log
    determinant is minus half that of A.
    """
    basis = basis_of(data).at(data.panel_year.values)
    share, size = p["quality_static_share"], basis.shape[1]
    families = dict(zip(data.indicator.values, data.family.values, strict=True))
    normal = [n for n in names if families[n] == "normal"]
    total = 0.0
    for s in range(data.sizes["state"]):
        precision = np.diag(np.concatenate([[1 / share], np.full(size - 1, 1 / (1 - share))]))
        for place, name in enumerate(normal):
            values = data.indicator_value.sel(indicator=name).transpose("state", "panel_year").values[s]
            seen = np.isfinite(values)
            if seen.any():
                covariance = (
                    p["indicator_sd"][place] ** 2 * np.eye(seen.sum()) + p["indicator_state_sd"][place] ** 2
                )
                loaded = p["indicator_loading"][names.index(name)] * basis[seen]
                precision = precision + loaded.T @ np.linalg.solve(covariance, loaded)
        total -= 0.5 * np.linalg.slogdet(precision)[1]
    return total


def contact_log_jacobian(data, p, names):
    """The same for the path of contact, given about what its counts and 0/1 indicators tell of it."""
    basis = basis_of(data).at(data.panel_year.values)
    share, size = p["contact_static_share"], basis.shape[1]
    apart = 1 - np.tanh(p["contact_quality_fisher"]) ** 2
    families = dict(zip(data.indicator.values, data.family.values, strict=True))
    total = 0.0
    for s in range(data.sizes["state"]):
        precision = np.diag(np.concatenate([[1 / share], np.full(size - 1, 1 / (1 - share))]))
        place = {"negative_binomial": 0, "bernoulli": 0}
        for k, name in enumerate(names):
            j, family = place[families[name]], families[name]
            place[family] += 1
            values = data.indicator_value.sel(indicator=name).transpose("state", "panel_year").values[s]
            seen = np.isfinite(values)
            if not seen.any():
                continue
            if family == "negative_binomial":
                mean = (values[seen].sum() + 0.5) / seen.sum()
                variance = 1 / mean + 1 / p["contact_indicator_dispersion"][j]
                spread = p["contact_count_state_sd"][j]
            else:
                mean = (values[seen].sum() + 0.5) / (seen.sum() + 1)
                variance, spread = 1 / (mean * (1 - mean)), p["contact_binary_state_sd"][j]
            covariance = variance * np.eye(seen.sum()) + spread**2
            loaded = p["contact_indicator_loading"][k] * basis[seen]
            precision = precision + apart * loaded.T @ np.linalg.solve(covariance, loaded)
        total -= 0.5 * np.linalg.slogdet(precision)[1]
    return total


def log_density(composition, data, p, priors):
    """Log density of the parameters ``p`` (constrained) and the data under a composition."""
    total, latents = 0.0, {}
    panel_basis = basis_of(data).at(data.panel_year.values)
    years = data.start_year.values.astype(int) - 1
    mission_basis = basis_of(data).at(years)
    if composition.has("quality"):
        names = anchored_order(data, composition.indicator_names(data))
        c = latents["quality"] = p["quality_coefficient"]
        total += log_prior(priors, "quality_static_share", p["quality_static_share"])
        total += path_log_prior(c, p["quality_static_share"]) + path_log_jacobian(data, p, names)
        total += indicators(data, p, priors, "", names, c)
    if composition.has("contact"):
        names = anchored_order(data, composition.contact_names(data))
        c = latents["contact"] = p["contact_coefficient"]
        total += log_prior(priors, "contact_static_share", p["contact_static_share"])
        total += log_prior(priors, "contact_quality_correlation", p["contact_quality_fisher"])
        r = np.tanh(p["contact_quality_fisher"])
        apart = (c - r * latents["quality"]) / np.sqrt(1 - r**2)
        total += path_log_prior(apart, p["contact_static_share"]) + contact_log_jacobian(data, p, names)
        total += indicators(data, p, priors, "contact_", names, c)
    if composition.has("ties"):
        for name in ("tie_year_intercept", "opportunity_loading", "tie_concentration"):
            total += log_prior(priors, name, p[name])
        total += zero_sum_normal(p["opportunity"], 1.0)
        total += zero_sum_log_scale(1.0, opportunity_information(data, composition.tie_family, p))
        loading = p["opportunity_loading"]
        eta = p["tie_year_intercept"][:, None, :] + loading[:, None, None] * p["opportunity"][None, :, None]
        if composition.has("quality"):
            total += log_prior(priors, "tie_quality_loading", p["tie_quality_loading"])
            eta = eta + p["tie_quality_loading"][:, None, None] * (latents["quality"] @ panel_basis.T)[None]
        joint = data.tie_joint.transpose("tie_item", "state", "panel_year").values
        own = data.tie_own.transpose("tie_item", "state", "panel_year").values
        seen = np.isfinite(joint) & np.isfinite(own) & (np.nan_to_num(own) > 0)
        k = np.broadcast_to(p["tie_concentration"][:, None, None], joint.shape)[seen]
        if composition.tie_family == "beta_binomial":
            share = special.expit(eta[seen])
            total += stats.betabinom.logpmf(joint[seen], own[seen], k * share, k * (1 - share)).sum()
        else:
            mean = own[seen] * np.exp(eta[seen])
            total += stats.nbinom.logpmf(joint[seen], k, k / (k + mean)).sum()
    if composition.has("cooperativeness"):
        for name in ("year_intercept", "size_slope", "age_slope", "sd", "loading", "dispersion"):
            total += log_prior(priors, f"cooperativeness_{name}", p[f"cooperativeness_{name}"])
        total += zero_sum_normal(p["cooperativeness_level"], p["cooperativeness_sd"])
        value = data.cooperativeness_count.transpose("cooperativeness_item", "state", "panel_year").values
        loading = np.concatenate([[1.0], p["cooperativeness_loading"]])
        information = counted_information(value, p["cooperativeness_dispersion"][:, None])
        total += zero_sum_log_scale(p["cooperativeness_sd"], loading**2 @ information)
        loading = loading[:, None, None]
        covariates = data.panel_covariate_value.transpose("panel_covariate", "state", "panel_year")
        size = np.nan_to_num(covariates.sel(panel_covariate="log_population").values)
        age = np.nan_to_num(covariates.sel(panel_covariate="state_age").values)
        by_size, by_age = p["cooperativeness_size_slope"], p["cooperativeness_age_slope"]
        moving = p["cooperativeness_level"][:, None] + by_size[0] * size + by_age[0] * age
        eta = p["cooperativeness_year_intercept"][:, None, :] + loading * moving[None]
        eta[1:] += by_size[1:, None, None] * size + by_age[1:, None, None] * age
        seen = np.isfinite(value)
        a = np.broadcast_to(p["cooperativeness_dispersion"][:, None, None], value.shape)[seen]
        total += stats.nbinom.logpmf(value[seen], a, a / (a + np.exp(eta[seen]))).sum()
    if composition.has("outcome"):
        total += outcome(composition, data, p, priors, latents, mission_basis)
    return total


def outcome(composition, data, p, priors, latents, mission_basis):
    joined = data.joined.transpose("mission", "state").values
    missions, states = joined.shape
    information, ties, quality = rough_information(composition, data)
    total = log_prior(priors, "intercept", p["intercept"]) + log_prior(
        priors, "covariate_slope", p["covariate_slope"]
    )

    def expected(term, mean):
        nonlocal total
        names = composition.mission_predictors.get(term)
        if not names:
            return np.full(missions, mean)
        slope = p[f"{term}_predictor_slope"]
        total += log_prior(priors, "mission_predictor_slope", slope)
        x = (
            data.mission_covariate_value.sel(mission_covariate=list(names))
            .transpose("mission_covariate", "mission")
            .values
        )
        return mean + slope @ (x - x.mean(1, keepdims=True))

    level = expected("intercept", p["intercept"])
    if composition.mission_intercepts:
        total += log_prior(priors, "mission_sd", p["mission_sd"])
        total += stats.norm.logpdf(p["mission_intercept"], level, p["mission_sd"]).sum()
        total += log_scale(p["mission_sd"], information.sum(1))
        level = p["mission_intercept"]
    regressors = {}
    if composition.ties:
        regressors["ties"] = ties
    if composition.has("quality"):
        regressors["quality"] = mission_basis @ latents["quality"].T
    elif composition.quality_is_given:
        regressors["quality"] = np.zeros((missions, states))
    eta = np.repeat(level[:, None], states, axis=1)
    for term, value in regressors.items():
        total += log_prior(priors, f"{term}_slope", p[f"{term}_slope"])
        slope = np.full(missions, p[f"{term}_slope"])
        if term in composition.mission_slopes:
            total += log_prior(priors, f"{term}_slope_sd", p[f"{term}_slope_sd"])
            slope = p[f"mission_{term}_slope"]
            mean, spread = expected(term, p[f"{term}_slope"]), p[f"{term}_slope_sd"]
            total += stats.norm.logpdf(slope, mean, spread).sum()
            if term == "ties":
                told = told_beside_the_intercept(information, ties)
            else:
                told = told_beside_the_intercept(information, quality)
                if composition.quality_is_given:
                    told = told + (1 - 0.7**2) * information.sum(1)
            total += log_scale(spread, told)
        eta = eta + slope[:, None] * value
    if "contact" in latents:
        total += log_prior(priors, "contact_slope", p["contact_slope"])
        eta = eta + p["contact_slope"] * (mission_basis @ latents["contact"].T)
    for k, moderator in enumerate(composition.moderators):
        total += log_prior(priors, "moderator_slope", p["moderator_slope"][k])
        eta = (
            eta
            + p["moderator_slope"][k] * regressors[moderator.of] * covariate_values(data, [moderator.by])[0]
        )
    if composition.state_effects:
        total += log_prior(priors, "state_sd", p["state_sd"]) + zero_sum_normal(
            p["state_effect"], p["state_sd"]
        )
        total += zero_sum_log_scale(p["state_sd"], information.sum(0))
        eta = eta + p["state_effect"]
    if composition.has("cooperativeness"):
        total += log_prior(priors, "cooperativeness_slope", p["cooperativeness_slope"])
        eta = eta + p["cooperativeness_slope"] * p["cooperativeness_level"] / p["cooperativeness_sd"]
    eta = eta + np.einsum(
        "k,kms->ms", p["covariate_slope"], covariate_values(data, composition.covariate_names(data))
    )
    seen = np.isfinite(joined)
    if not composition.label_errors:
        return total + stats.bernoulli.logpmf(joined[seen], special.expit(eta[seen])).sum()
    total += log_prior(priors, "sensitivity", p["sensitivity"])
    total += log_prior(priors, "false_positive_odds", p["false_record"])
    record = record_classes(joined, data.certainty.transpose("mission", "state").values)
    for r, q in zip(record[seen], special.expit(eta[seen]), strict=True):
        true = q * p["sensitivity"] / 3
        total += np.log(
            {
                0: q * (1 - p["sensitivity"]) + (1 - q) * (1 - p["false_record"].sum()),
                1: true + (1 - q) * p["false_record"][0],
                2: true + (1 - q) * p["false_record"][1],
                3: true,
            }[int(r)]
        )
    return total
