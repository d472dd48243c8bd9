"""A rough fit of who joins, by which coordinates know where the data tell something of missions and states.

A ridge logit of joining with intercepts of missions and states, fitted by coordinate-wise Newton steps. Nothing of it
enters a density: it says at which probabilities the logits are linearised (McCullagh & Nelder 1989, section 2.5).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

# the mean of a logistic function over a normal variable of variance v is about the function at the mean over sqrt(1 + this v)
# (Zeger, Liang & Albert 1988, Biometrics 44(4), 1049-1060)
LOGISTIC_NORMAL = (16 * np.sqrt(3) / (15 * np.pi)) ** 2
MOST_SWEEPS, SMALLEST_STEP = 500, 1e-11
# spreads of the rough fit's intercepts and slopes about their mean, as wide as the model's priors
MISSION_SPREAD, STATE_SPREAD, SLOPE_SPREAD = 2.0, 1.0, 1.0


@dataclass(frozen=True)
class WorkingFit:
    """Joining as if it were normal about its logit.

    Attributes
    ----------
    information : array, shape (M, S)
        p (1 - p) of each cell at the fitted probability, 0 where it is not scored.
    response : array, shape (M, S)
        Logit plus (y - p) / (p (1 - p)), times the information.
    mission : array, shape (M,)
        Intercepts.
    slope : array, shape (K,)
    """

    information: np.ndarray
    response: np.ndarray
    mission: np.ndarray
    slope: np.ndarray


def working_fit(joined: np.ndarray, regressors: np.ndarray) -> WorkingFit:
    """The rough fit.

    Parameters
    ----------
    joined : array, shape (M, S)
        1, 0, NaN where not scored.
    regressors : array, shape (K, M, S)
    """
    scored = np.isfinite(joined)
    y, number = np.nan_to_num(joined), scored.sum()
    share = (y.sum() + 0.5) / (number + 1)
    centre = np.log(share) - np.log1p(-share)
    mission, state = np.full(joined.shape[0], centre), np.zeros(joined.shape[1])
    slope = np.zeros(len(regressors))

    def logits():
        return mission[:, None] + state[None, :] + np.tensordot(slope, regressors, axes=1)

    def cells():
        p = expit(logits())
        return scored * (y - p), scored * p * (1 - p)

    for _ in range(MOST_SWEEPS):
        before = mission, state, slope
        residual, information = cells()
        penalty = MISSION_SPREAD**-2
        mission = mission + (residual.sum(1) - penalty * (mission - centre)) / (information.sum(1) + penalty)
        residual, information = cells()
        penalty = STATE_SPREAD**-2
        state = state + (residual.sum(0) - penalty * state) / (information.sum(0) + penalty)
        residual, information = cells()
        penalty = SLOPE_SPREAD**-2
        gram = np.einsum("kms,lms->kl", regressors * information, regressors)
        score = np.tensordot(regressors, residual, axes=2) - penalty * slope
        slope = slope + np.linalg.solve(gram + penalty * np.eye(len(slope)), score)
        steps = [np.abs(new - old).max() for new, old in zip((mission, state, slope), before, strict=True)]
        if max(steps) < SMALLEST_STEP:
            break
    residual, information = cells()
    return WorkingFit(information, information * logits() + residual, mission, slope)


def _ratio(total: np.ndarray, information: np.ndarray) -> np.ndarray:
    return total / np.maximum(information, 1e-12)


def mission_conditions(
    fit: WorkingFit, regressors: dict[str, np.ndarray], unseen: dict[str, float]
) -> dict[str, np.ndarray]:
    """What the cells of each mission tell of its intercept and slopes, for ``conditioned_normal``.

    Parameters
    ----------
    fit : WorkingFit
    regressors : dict of str to array, shape (M, S)
        Of the slopes; of one that is not known, what is expected of it.
    unseen : dict of str to float
        Variance of a regressor that will be given about what is expected of it, the same in all cells.

    Returns
    -------
    dict of str to array
        For ``intercept`` and each regressor: ``<term>_information`` (M,), of slopes beside the intercept's;
        ``<term>_weight`` (M, S), such that a logit e, added to the others, moves what data say of the term by minus the
        weighted sum of e over states; ``<term>_level`` (M,), what data say of the term where the others are zero.
    """
    total = fit.information.sum(1)
    columns = {"intercept": np.ones_like(fit.information)}
    for term, value in regressors.items():
        columns[term] = value - _ratio((fit.information * value).sum(1), total)[:, None]
    found = {}
    for term, column in columns.items():
        expected = (fit.information * column**2).sum(1)
        information = expected + unseen.get(term, 0.0) * total
        found[f"{term}_information"] = information
        found[f"{term}_weight"] = _ratio(fit.information * column, information[:, None])
        found[f"{term}_level"] = _ratio((fit.response * column).sum(1), expected)
    return found


def state_conditions(fit: WorkingFit) -> dict[str, np.ndarray]:
    """What the cells of each state tell of its effect, for ``conditioned_zero_sum_normal``.

    Returns
    -------
    dict of str to array
        ``state_information`` (S,); ``state_weight`` (M, S): where its missions tell of it, of sum one; ``state_level`` (S,): what
        they say of the effect and all terms but their intercepts.
    """
    information = fit.information.sum(0)
    response = (fit.response - fit.information * fit.mission[:, None]).sum(0)
    return {
        "state_information": information,
        "state_weight": _ratio(fit.information, information),
        "state_level": _ratio(response, information),
    }
