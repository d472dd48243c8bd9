"""A fast logit of who joins, with effects of missions and states held near zero by fixed penalties.

For what needs hundreds of refits: the same terms as the main model's, spreads given instead of estimated, the mode by Newton's
method and its curvature instead of draws.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.special import expit

from models.covariates import covariate_values
from models.regressors import scored_cells

# standard deviations of the effects: the scales of the models' priors
COMMON_SD, MISSION_SD, SLOPE_SD, STATE_SD = 2.0, 1.0, 0.5, 1.0
STEPS, TOLERANCE = 30, 1e-6


@dataclass(frozen=True)
class LogitFit:
    """Mode of a penalised logit.

    Attributes
    ----------
    coefficient : array, shape (P,)
    covariance : array, shape (P, P)
        Inverse of the curvature at the mode.
    """

    coefficient: np.ndarray
    covariance: np.ndarray

    def estimate(self, position: int) -> tuple[float, float]:
        """One coefficient and its standard error."""
        return float(self.coefficient[position]), float(np.sqrt(self.covariance[position, position]))


def penalised_logit(
    design: np.ndarray, joined: np.ndarray, sd: np.ndarray, start: np.ndarray | None = None
) -> LogitFit:
    """Mode under independent normal priors about zero.

    Parameters
    ----------
    design : array, shape (N, P)
    joined : array, shape (N,)
        0 or 1.
    sd : array, shape (P,)
        Of the priors.
    start : array, shape (P,), optional

    Raises
    ------
    ValueError
        If the search does not end.
    """

    def density(coefficient):
        eta = design @ coefficient
        return joined @ eta - np.logaddexp(0, eta).sum() - 0.5 * ((coefficient / sd) ** 2).sum()

    coefficient = np.zeros(design.shape[1]) if start is None else start.copy()
    for _ in range(STEPS):
        probability = expit(design @ coefficient)
        gradient = design.T @ (joined - probability) - coefficient / sd**2
        curvature = (design * (probability * (1 - probability))[:, None]).T @ design + np.diag(1 / sd**2)
        step = np.linalg.solve(curvature, gradient)
        share = 1 / max(1.0, np.abs(step).max() / 2)
        # a step too far goes round in circles
        while share > TOLERANCE and density(coefficient + share * step) < density(coefficient) - TOLERANCE:
            share /= 2
        coefficient = coefficient + share * step
        if np.abs(step).max() < TOLERANCE:
            return LogitFit(coefficient, np.linalg.inv(curvature))
    raise ValueError(f"no mode of the penalised logit was found in {STEPS} steps")


class Outcome:
    """Who joined, with everything but the latent regressor made ready once.

    The columns of the design are the intercept, quality, ties, the controls, then by mission an intercept, a slope of quality and
    one of ties, and by state an intercept.

    Parameters
    ----------
    data : xarray.Dataset
        The analysis dataset.
    state_effects : bool
    """

    QUALITY, TIES = 1, 2

    def __init__(self, data: xr.Dataset, state_effects: bool = True):
        scored = scored_cells(data).values
        self.scored = scored
        self.mission, self.state = np.nonzero(scored)
        self.joined = data.joined.transpose("mission", "state").values[scored]
        self.ties = data.ties.transpose("mission", "state").values[scored]
        names = data.covariate.values[data.covariate_role.values == "control"].tolist()
        self.controls = covariate_values(data, names)[:, scored].T
        self.missions = np.eye(len(scored))[self.mission]
        number = scored.shape[1] if state_effects else 0
        self.states = np.eye(scored.shape[1])[self.state][:, :number]
        common = 3 + self.controls.shape[1]
        times = [common, len(scored), 2 * len(scored), number]
        self.sd = np.repeat([COMMON_SD, MISSION_SD, SLOPE_SD, STATE_SD], times)

    def design(self, quality: np.ndarray) -> np.ndarray:
        """Columns (N, P) with a value of quality for each scored row."""
        slopes = [self.missions * quality[:, None], self.missions * self.ties[:, None]]
        first = np.stack([np.ones_like(quality), quality, self.ties], axis=1)
        return np.concatenate([first, self.controls, self.missions, *slopes, self.states], axis=1)

    def fit(self, quality: np.ndarray, start: np.ndarray | None = None) -> LogitFit:
        """Mode with a value of quality for each scored row, (N,)."""
        return penalised_logit(self.design(quality), self.joined, self.sd, start)
