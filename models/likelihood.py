"""Likelihood terms by engine: ``fused`` (one kernel for value and gradient) or ``plain`` (PyTensor's own graph).

Both give the same density; the plain one is what the equations say, the fused one is what is sampled by default.
"""

from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.engine import operators
from models.path import symmetric_places

ENGINES = ("fused", "plain")


@dataclass(frozen=True)
class PanelPredictor:
    """Linear predictor of items in the panel: level[j, t] + lasting[j, s] + coefficient[j]'known[t, s] + loading[j] latent[t, s].

    Attributes
    ----------
    level : TensorVariable, shape (J, T)
    lasting : TensorVariable, shape (J, S)
    coefficient : TensorVariable, shape (J, K)
    known : TensorVariable, shape (K, T, S)
        Regressors that are data.
    loading : TensorVariable, shape (J,)
    latent : TensorVariable, shape (T, S)
    """

    level: object
    lasting: object
    coefficient: object
    known: object
    loading: object
    latent: object

    def parts(self) -> tuple:
        """The six terms in the order that the operators take."""
        return self.level, self.lasting, self.coefficient, self.known, self.loading, self.latent

    def value(self):
        """The predictor as a plain graph, shape (J, T, S)."""
        known = pt.sum(self.coefficient[:, :, None, None] * self.known[None], axis=1)
        latent = self.loading[:, None, None] * self.latent[None]
        return self.level[:, :, None] + self.lasting[:, None, :] + known + latent


def path_values(basis: np.ndarray, coefficient, engine):
    """Latent paths in the years of the rows of ``basis`` (T, B), from coefficients (B, S); shape (T, S)."""
    return operators.PathValues()(basis, coefficient) if engine == "fused" else pt.dot(basis, coefficient)


def panel_negative_binomial(name, predictor: PanelPredictor, count, weight, dispersion, constant, engine):
    """Add the log likelihood of counts of mean exp(predictor), variance mean + mean^2 / dispersion, by item."""
    if engine == "fused":
        total = operators.PanelNegativeBinomial()(*predictor.parts(), count, weight, dispersion)[0]
    else:
        a = dispersion[:, None, None]
        x = predictor.value() - pt.log(a)
        terms = pt.gammaln(count + a) - pt.gammaln(a) + count * x - (count + a) * pt.softplus(x)
        total = pt.sum(weight * terms)
    pm.Potential(name, total + constant)


def panel_beta_binomial(
    name, predictor: PanelPredictor, successes, failures, weight, concentration, constant, engine
):
    """Add the log likelihood of counts out of a number, of mean inverse logit(predictor), by item."""
    if engine == "fused":
        data = (successes, failures, weight)
        total = operators.PanelBetaBinomial()(*predictor.parts(), *data, concentration)[0]
    else:
        k, logit = concentration[:, None, None], predictor.value()
        a, b = k * pt.sigmoid(logit), k * pt.sigmoid(-logit)
        terms = pt.gammaln(a + successes) - pt.gammaln(a) + pt.gammaln(b + failures) - pt.gammaln(b)
        terms = terms + pt.gammaln(k) - pt.gammaln(k + successes + failures)
        total = pt.sum(weight * terms)
    pm.Potential(name, total + constant)


def bernoulli_logit(name, eta, sign):
    """Add the log likelihood of 0/1 cells as a plain graph."""
    pm.Potential(name, -pt.sum(abs(sign) * pt.softplus(-sign * eta)))


def mission_grid(
    name, intercept, slope, value, state, coefficient, covariate, sign, engine, known_values=False
):
    """Add the outcome's log likelihood on the mission x state grid; shapes as in ``kernels.mission_grid``.

    ``known_values`` tells that no value has to be differentiated.
    """
    if engine == "fused":
        inputs = (intercept, slope, value, state, coefficient, covariate, sign)
        pm.Potential(name, operators.MissionGrid(known_values)(*inputs)[0])
    else:
        eta = grid_logit(intercept, slope, value, state, coefficient, covariate)
        bernoulli_logit(name, eta, sign)


def grid_logit(intercept, slope, value, state, coefficient, covariate):
    """Logit of joining on the mission x state grid, shape (M, S)."""
    eta = intercept[:, None] + state[None, :] + pt.sum(slope[:, :, None] * value, axis=0)
    return eta + pt.sum(coefficient[:, None, None] * covariate, axis=0)


STATISTICS = (
    "gram",
    "basis_sum",
    "basis_design",
    "basis_value",
    "number",
    "design_gram",
    "design_sum",
    "design_value",
    "value_square",
    "value_sum",
)


def normal_indicators(loading, level, sd, state_sd, prior, data, engine):
    """Gaussian information of normal indicators on path coefficients.

    With u ~ N(0, state_sd^2) a state's own lasting deviation on an indicator, integrated out, its n residuals have
    precision (I - k 1 1') / sd^2, k = state_sd^2 / (sd^2 + n state_sd^2) (Sherman & Morrison 1950).

    Parameters
    ----------
    loading, sd, state_sd : TensorVariable, shape (J,)
    level : TensorVariable, shape (J, P)
    prior : TensorVariable, shape (B,)
        Prior precision of the coefficients.
    data : dict of str to TensorVariable
        Statistics of ``models.path.normal_statistics``.
    engine : str

    Returns
    -------
    constant, precision (B (B + 1) / 2, S), shift (B, S)
        Indicators and prior are exp(constant - 1/2 c' precision c + shift' c), up to the prior's normalisation. Of the
        precision the lower triangle is kept, row by row.
    """
    if engine == "fused":
        statistics = [data[name] for name in STATISTICS]
        return operators.NormalIndicators()(loading, level, sd, state_sd, prior, *statistics)
    weight = 1 / sd**2
    number = data["number"]
    shrink = state_sd[:, None] ** 2 / (sd[:, None] ** 2 + number * state_sd[:, None] ** 2)
    precision, shift, residual_sum = path_information(loading, level, weight[:, None], shrink, data)
    rows, columns = np.tril_indices(prior.type.shape[0])
    precision = precision + (prior[rows] * (rows == columns))[:, None]
    rows, columns = np.tril_indices(level.type.shape[1])
    squares = (
        data["value_square"]
        - 2 * pt.sum(data["design_value"] * level[:, :, None], axis=1)
        + pt.sum(
            np.where(rows == columns, 1.0, 2.0)[:, None]
            * data["design_gram"]
            * (level[:, rows] * level[:, columns])[:, :, None],
            axis=1,
        )
    )
    constant = pt.sum(
        -0.5 * weight[:, None] * (squares - shrink * residual_sum**2)
        - number * (pt.log(sd)[:, None] + 0.5 * np.log(2 * np.pi))
        - 0.5 * pt.log1p(number * (state_sd / sd)[:, None] ** 2)
    )
    return constant, precision, shift


def path_information(loading, level, weight, shrink, data):
    """Gaussian information on path coefficients of indicators whose residuals have precision weight (I - shrink 1 1').

    Parameters
    ----------
    loading : TensorVariable, shape (J,)
    level : TensorVariable, shape (J, P)
    weight, shrink : TensorVariable
        That broadcast to (J, S).
    data : dict of str to TensorVariable
        Statistics of ``models.path.normal_statistics``.

    Returns
    -------
    precision (B (B + 1) / 2, S), shift (B, S), residual_sum (J, S)
        Of the precision the lower triangle is kept, row by row.
    """
    residual_sum = data["value_sum"] - pt.sum(data["design_sum"] * level[:, :, None], axis=1)
    basis_residual = data["basis_value"] - pt.sum(data["basis_design"] * level[:, None, :, None], axis=2)
    shift_items = basis_residual - (shrink * residual_sum)[:, None, :] * data["basis_sum"]
    shift = pt.sum((loading[:, None] * weight)[:, None, :] * shift_items, axis=0)
    rows, columns = np.tril_indices(data["basis_sum"].type.shape[1])
    outer = data["basis_sum"][:, rows] * data["basis_sum"][:, columns]
    scale = (loading[:, None] ** 2 * weight)[:, None, :]
    return pt.sum(scale * (data["gram"] - shrink[:, None, :] * outer), axis=0), shift, residual_sum


def gaussian_path(precision, shift, standard, size: int, engine):
    """Log integral and draw of Gaussian path coefficients, shape (size, S); see ``path_kernels.gaussian_path``."""
    if engine == "fused":
        total, path, _ = operators.GaussianPath()(precision, shift, standard)
        return total, path
    factor = pt.linalg.cholesky(precision[symmetric_places(size)].transpose(2, 0, 1))
    half = pt.linalg.solve_triangular(factor, shift.T[:, :, None], lower=True, b_ndim=2)
    upper = factor.transpose(0, 2, 1)
    path = pt.linalg.solve_triangular(upper, half + standard.T[:, :, None], lower=False, b_ndim=2)[:, :, 0]
    log_diagonal = pt.log(pt.diagonal(factor, axis1=1, axis2=2))
    return pt.sum(0.5 * half**2) - pt.sum(log_diagonal), path.T
