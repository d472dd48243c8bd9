"""Coordinates in which a chain moves with long steps: those in which the density, were it normal, had no correlations to follow.

They place where chains begin and the directions in which they step, and change no density.
"""

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize
from scipy.sparse.linalg import LinearOperator, cg

from workflow.lib.inference.program import Program

STEP = 1e-4
# conjugate gradients need no more: the coordinates are rough
TOLERANCE, MOST_STEPS = 1e-2, 50
# where the density is flat, or no normal one, as if a parameter had this precision
LEAST_PRECISION = 0.05


def about_mode(program: Program) -> Program:
    """The program in coordinates about its mode, in which parameters and effects are about uncorrelated.

    With the density taken for normal about its mode, effects move with the parameters as their conditional mean does, and the
    parameters are standardised by their marginal precision (a Schur complement), whose principal axes are the coordinates.
    Only products of the precision with vectors are needed, from differences of gradients.
    """
    parameters, tilted = program.tilt.shape
    effects = slice(parameters, tilted)

    def loss(place):
        value, gradient = program.log_density(place)
        return -value, -gradient

    # with paths at their means: the mode of a product of slopes and paths is far from where most of its mass is
    limits = np.full((len(program.start), 2), (-np.inf, np.inf))
    limits[tilted:] = 0.0
    start, options = np.zeros_like(program.start), {"maxcor": 30}
    mode = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=limits, options=options).x

    def precision(direction):
        step = STEP / max(np.linalg.norm(direction), 1e-12)
        ahead, behind = (loss(mode + sign * step * direction)[1] for sign in (1, -1))
        return (ahead - behind) / (2 * step)

    def among_others(direction):
        expanded = np.zeros_like(mode)
        expanded[effects] = direction
        return precision(expanded)[effects]

    response = np.eye(tilted, parameters)
    columns = np.stack([precision(unit) for unit in np.eye(parameters, len(mode))], axis=1)[:tilted]
    size = tilted - parameters
    operator = LinearOperator((size, size), matvec=among_others, dtype=float)
    for k in range(parameters) if size else ():
        response[effects, k] = cg(operator, -columns[effects, k], rtol=TOLERANCE, maxiter=MOST_STEPS)[0]
    marginal = columns.T @ response
    values, vectors = np.linalg.eigh((marginal + marginal.T) / 2)
    factor = vectors / np.sqrt(np.maximum(values, LEAST_PRECISION))
    scale = np.where(np.arange(len(mode)) < parameters, 0.0, program.scale)
    return replace(program, start=program.position(mode), scale=scale, tilt=(response @ factor).T.copy())
