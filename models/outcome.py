"""Block *outcome*: who joins which mission. Equations in models/README.md."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.composition import Composition
from models.coordinates import conditioned_normal, conditioned_zero_sum_normal
from models.inputs import Inputs
from models.likelihood import grid_logit, mission_grid
from models.priors import Priors
from models.quality import LatentPath


def _mean_by_mission(inputs: Inputs, data, term: str, mean, priors: Priors):
    """Mean of the missions' intercepts or slopes: the overall one, shifted by mission-level predictors."""
    if f"{term}_predictor" not in inputs.coords:
        return mean
    slope = priors.variable(f"{term}_predictor_slope", "mission_predictor_slope", dims=f"{term}_predictor")
    return mean + pt.sum(slope[:, None] * data[f"{term}_predictor_value"], axis=0)


def _kept(spread, information):
    """Share of a change in the overall mean that a mission's slope follows where data tell it, shape (M,)."""
    return 1 / (1 + information * spread**2)


def _by_mission(term: str, name: str, expected, spread, data, others, engine: str):
    """Intercepts or slopes by mission, normal about what is expected of them; shape (M,).

    ``others`` (M,) is what the other terms say of the logit where a mission's information is; it moves coordinates only.
    """
    information = data[f"{term}_information"]
    score = information * (expected + others - data[f"{term}_level"])
    deviation = conditioned_normal(f"{name}_deviation", spread, information, score, "mission", engine)
    return pm.Deterministic(f"mission_{name}", expected + deviation, dims="mission")


def _mission_slope(inputs: Inputs, data, term: str, mean, spread, others, priors: Priors, engine: str):
    """Slope of a regressor in each mission about its overall mean, shape (M,); ``others`` as for ``_by_mission``.

    ``spread`` None: the same slope in each mission.
    """
    if spread is None:
        return pt.repeat(mean[None], len(inputs.coords["mission"]))
    expected = _mean_by_mission(inputs, data, term, mean, priors)
    return _by_mission(term, f"{term}_slope", expected, spread, data, others, engine)


def _state_effect(data, others, priors: Priors, engine: str):
    """Zero-sum effects of states, shape (S,); ``others`` (S,) is what the other terms say of a state's logit.

    Only how states differ from each other moves the coordinates: what they share is the missions'.
    """
    information = data["state_information"]
    excess = others - data["state_level"]
    score = information * (excess - pt.sum(information * excess) / pt.sum(information))
    spread = priors.variable("state_sd")
    effect = conditioned_zero_sum_normal("state", spread, information, score, "state", engine)
    return pm.Deterministic("state_effect", effect, dims="state")


def add_outcome(
    composition: Composition,
    inputs: Inputs,
    data,
    latents: dict[str, LatentPath],
    cooperativeness,
    mission_years: np.ndarray,
    priors: Priors,
    engine: str,
) -> None:
    """Add the block to the model in context.

    Parameters
    ----------
    composition : Composition
    inputs : Inputs
    data : dict of str to TensorVariable
    latents : dict of str to LatentPath
        ``quality`` and ``contact`` where they are estimated here.
    cooperativeness : TensorVariable or None
        Shape (S,), standardised.
    mission_years : array of int, shape (M,)
        The year before each mission's start, in which regressors are taken.
    priors : Priors
    engine : str
    """
    missions, states = len(inputs.coords["mission"]), len(inputs.coords["state"])
    # ties and controls go together, and so do their slopes in the posterior: sampled are those of orthogonal columns
    slope = priors.rotated("covariate_slope", "covariate_slope", data["covariate_rotation"], dims="control")
    shift = {"ties": pt.sum(data["covariate_by_ties"] * slope)}
    basis = inputs.basis.at(mission_years)
    regressors = {"ties": data["ties"]} if composition.ties else {}
    if composition.quality_is_given:
        regressors["quality"] = data["given_quality"]
    elif composition.uses_quality:
        regressors["quality"] = latents["quality"].at(basis, engine)
    slopes, values = {}, {}
    if "contact" in latents:
        slopes["contact"] = pt.repeat(priors.variable("contact_slope")[None], missions)
        values["contact"] = latents["contact"].at(basis, engine)
    if composition.moderators:
        interaction = priors.variable("moderator_slope", dims="moderator")
        for k, moderator in enumerate(composition.moderators):
            slopes[moderator.name] = pt.repeat(interaction[k][None], missions)
            values[moderator.name] = regressors[moderator.of] * data["moderating"][k]
    mean = {
        term: priors.shifted(f"{term}_slope", f"{term}_slope", shift.get(term, 0.0)) for term in regressors
    }
    spread = {
        term: priors.variable(f"{term}_slope_sd") if term in composition.mission_slopes else None
        for term in regressors
    }
    state = pt.zeros(states)
    if cooperativeness is not None:
        state = priors.variable("cooperativeness_slope") * cooperativeness
    if composition.state_effects:
        others = state + pt.sum(slope[:, None] * data["state_covariate"], axis=0)
        expected = [slopes[name][:, None] * value for name, value in values.items()]
        for term, value in regressors.items():
            moved = mean[term]
            if spread[term] is not None:
                kept = _kept(spread[term], data[f"{term}_information"])[:, None]
                moved = kept * moved + (1 - kept) * data[f"{term}_rough_slope"]
            expected.append(moved * value)
        if expected:
            others = others + pt.sum(data["state_weight"] * sum(expected), axis=0)
        state = state + _state_effect(data, others, priors, engine)

    def said(term):
        """What controls, states and the slopes so far say of the logit where data tell of the term, shape (M,)."""
        weight = data[f"{term}_weight"]
        total = pt.sum(slope[:, None] * data[f"{term}_covariate"], axis=0) + pt.sum(weight * state, axis=1)
        for name, value in values.items():
            average = data[f"{term}_ties"] if name == "ties" else pt.sum(weight * value, axis=1)
            total = total + slopes[name] * average
        return total

    for term in regressors:
        slope_of_term = _mission_slope(
            inputs, data, term, mean[term], spread[term], said(term), priors, engine
        )
        slopes[term], values[term] = slope_of_term, regressors[term]
    intercept = priors.variable("intercept")
    expected = _mean_by_mission(inputs, data, "intercept", intercept, priors)
    if composition.mission_intercepts:
        mission_sd = priors.variable("mission_sd")
        level = _by_mission("intercept", "intercept", expected, mission_sd, data, said("intercept"), engine)
    else:
        level = expected + pt.zeros(missions)
        if "intercept_predictor" in inputs.coords:
            level = pm.Deterministic("mission_intercept", level, dims="mission")

    if slopes:
        regression = pt.stack(list(slopes.values())), pt.stack(list(values.values()))
    else:
        regression = pt.zeros((1, missions)), data["ties"][None]
    terms = (level, *regression, state, slope, data["covariate"])
    if composition.label_errors:
        record_likelihood(grid_logit(*terms), data["record"], priors)
    else:
        mission_grid("outcome_likelihood", *terms, data["sign"], engine, known_values=not latents)


def record_likelihood(eta, record, priors: Priors) -> None:
    """Add the likelihood of recorded participation when records may be wrong.

    A participant is recorded with probability ``sensitivity``; a non-participant is recorded, as uncertain or as
    probable, with probability ``false_record`` (one for each class); verified records are true. Given that it is
    recorded, the class of a true participant carries no parameter (it cancels from the posterior of everything else
    up to the class shares, which are fixed at one third).
    """
    joined = pt.sigmoid(eta)
    sensitivity = priors.variable("sensitivity")
    false_record = priors.variable("false_record", "false_positive_odds", dims="doubtful_class")
    true_record = joined * sensitivity / 3
    doubtful = [true_record + (1 - joined) * false_record[k] for k in (0, 1)]
    absent = joined * (1 - sensitivity) + (1 - joined) * (1 - pt.sum(false_record))
    likelihood = pt.switch(
        pt.eq(record, 0),
        absent,
        pt.switch(pt.eq(record, 1), doubtful[0], pt.switch(pt.eq(record, 2), doubtful[1], true_record)),
    )
    pm.Potential("outcome_likelihood", pt.sum(pt.switch(record < 0, 0.0, pt.log(likelihood))))
