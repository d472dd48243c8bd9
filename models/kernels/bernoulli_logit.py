"""Log likelihood of 0/1 decisions given logits, with its gradient."""

import math

import numba
import numpy as np

JIT = {"nogil": True, "error_model": "numpy", "cache": True}
# one logarithm is taken of a product of many factors between one and two
LARGE = 1e200


@numba.njit(**JIT)
def bernoulli_logit(logit, sign):
    """Sum of log Pr(y | logit) over cells.

    Parameters
    ----------
    logit : array, shape (M, S)
    sign : array, shape (M, S)
        +1 where y = 1, -1 where y = 0, 0 where the cell is left out.

    Returns
    -------
    value (1,), derivative to the logits (M, S)
    """
    total, by_logit = 0.0, np.zeros_like(logit)
    for m in range(logit.shape[0]):
        product = 1.0
        for s in range(logit.shape[1]):
            x = sign[m, s] * logit[m, s]
            small = math.exp(-abs(x))
            total += min(x, 0.0)
            product *= 1.0 + abs(sign[m, s]) * small
            if product > LARGE:
                total -= math.log(product)
                product = 1.0
            by_logit[m, s] = sign[m, s] * (small if x > 0.0 else 1.0) / (1.0 + small)
        total -= math.log(product)
    return np.full(1, total), by_logit
