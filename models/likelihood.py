"""Likelihood terms by engine: ``fused`` (one kernel for value and gradient) or ``plain`` (PyTensor's own graph).

Both give the same density; the plain one is what the equations say, the fused one is what is sampled by default.
"""

import pymc as pm
import pytensor.tensor as pt

from models.engine import operators

ENGINES = ("fused", "plain")


def bernoulli_logit(name, eta, sign, engine):
    """Add sum log Pr(y | eta) over cells with ``sign`` +1 or -1 (0 leaves the cell out) to the density."""
    if engine == "fused":
        total = operators.BernoulliLogit()(eta, sign)[0]
    else:
        total = -pt.sum(abs(sign) * pt.softplus(-sign * eta))
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
