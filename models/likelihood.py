"""Likelihood terms by engine: ``fused`` (one kernel for value and gradient) or ``plain`` (PyTensor's own graph).

Both give the same density; the plain one is what the equations say, the fused one is what is sampled by default.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.engine import operators

ENGINES = ("fused", "plain")


def bernoulli_logit(name, eta, sign, engine):
    """Add sum log Pr(y | eta) over cells with ``sign`` +1 or -1 (0 leaves the cell out) to the density."""
    fused = engine == "fused"
    total = (
        operators.BernoulliLogit()(eta, sign)[0] if fused else -pt.sum(abs(sign) * pt.softplus(-sign * eta))
    )
    pm.Potential(name, total)


def negative_binomial(name, log_mean, count, weight, dispersion, constant, engine):
    """Add a negative binomial log likelihood with mean exp(log_mean), variance mean + mean^2 / dispersion, by item."""
    if engine == "fused":
        total = operators.NegativeBinomial()(log_mean, count, weight, dispersion)[0]
    else:
        a = dispersion.reshape((-1,) + (1,) * (log_mean.ndim - 1))
        x = log_mean - pt.log(a)
        terms = pt.gammaln(count + a) - pt.gammaln(a) + count * x - (count + a) * pt.softplus(x)
        total = pt.sum(weight * terms)
    pm.Potential(name, total + constant)


def beta_binomial(name, logit, successes, failures, weight, concentration, constant, engine):
    """Add a beta-binomial log likelihood with mean inverse logit(logit) and the given concentration, by item."""
    if engine == "fused":
        total = operators.BetaBinomial()(logit, successes, failures, weight, concentration)[0]
    else:
        k = concentration.reshape((-1,) + (1,) * (logit.ndim - 1))
        a, b = k * pt.sigmoid(logit), k * pt.sigmoid(-logit)
        terms = pt.gammaln(a + successes) - pt.gammaln(a) + pt.gammaln(b + failures) - pt.gammaln(b)
        terms = terms + pt.gammaln(k) - pt.gammaln(k + successes + failures)
        total = pt.sum(weight * terms)
    pm.Potential(name, total + constant)


def mission_grid(name, intercept, slope, value, state, coefficient, covariate, sign, engine):
    """Add the outcome's log likelihood on the mission x state grid; shapes as in ``kernels.mission_grid``."""
    if engine == "fused":
        inputs = (intercept, slope, value, state, coefficient, covariate, sign)
        pm.Potential(name, operators.MissionGrid()(*inputs)[0])
    else:
        eta = grid_logit(intercept, slope, value, state, coefficient, covariate)
        bernoulli_logit(name, eta, sign, engine)


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
    constant, precision (S, B, B), shift (S, B)
        Indicators and prior are exp(constant - 1/2 c' precision c + shift' c), up to the prior's normalisation.
    """
    if engine == "fused":
        statistics = [data[name] for name in STATISTICS]
        return operators.NormalIndicators()(loading, level, sd, state_sd, prior, *statistics)
    weight = 1 / sd**2
    number = data["number"]
    shrink = state_sd[:, None] ** 2 / (sd[:, None] ** 2 + number * state_sd[:, None] ** 2)
    residual_sum = data["value_sum"] - pt.sum(data["design_sum"] * level[:, None, :], axis=2)
    basis_residual = data["basis_value"] - pt.sum(data["basis_design"] * level[:, None, None, :], axis=3)
    shift_items = basis_residual - (shrink * residual_sum)[:, :, None] * data["basis_sum"]
    shift = pt.sum((loading * weight)[:, None, None] * shift_items, axis=0)
    information = (loading**2 * weight)[:, None, None, None]
    outer = data["basis_sum"][:, :, :, None] * data["basis_sum"][:, :, None, :]
    precision = pt.sum(information * (data["gram"] - shrink[:, :, None, None] * outer), axis=0) + pt.diag(
        prior
    )
    squares = (
        data["value_square"]
        - 2 * pt.sum(data["design_value"] * level[:, None, :], axis=2)
        + pt.sum(data["design_gram"] * (level[:, :, None] * level[:, None, :])[:, None], axis=(2, 3))
    )
    constant = pt.sum(
        -0.5 * weight[:, None] * (squares - shrink * residual_sum**2)
        - number * (pt.log(sd)[:, None] + 0.5 * np.log(2 * np.pi))
        - 0.5 * pt.log1p(number * (state_sd / sd)[:, None] ** 2)
    )
    return constant, precision, shift


def gaussian_path(precision, shift, standard, engine):
    """Log integral and draw of Gaussian path coefficients; see ``kernels.gaussian_path``."""
    if engine == "fused":
        total, path, _ = operators.GaussianPath()(precision, shift, standard)
        return total, path
    factor = pt.linalg.cholesky(precision)
    half = pt.linalg.solve_triangular(factor, shift[:, :, None], lower=True, b_ndim=2)
    upper = factor.transpose(0, 2, 1)
    path = pt.linalg.solve_triangular(upper, half + standard[:, :, None], lower=False, b_ndim=2)[:, :, 0]
    log_diagonal = pt.log(pt.diagonal(factor, axis1=1, axis2=2))
    return pt.sum(0.5 * half**2) - pt.sum(log_diagonal), path
