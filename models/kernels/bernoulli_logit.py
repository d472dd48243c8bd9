"""Log likelihood of 0/1 decisions given logits, with its gradient."""

import numba
import numpy as np

JIT = {"nogil": True, "error_model": "numpy", "cache": True}
# one logarithm is taken of a product of so many factors between one and two
FACTORS = 512
# exp(-x) is the power of this order of a polynomial of x over it; beyond the largest x it is nothing beside one
ORDER, LARGEST = 256, 40.0


@numba.njit(**JIT)
def bernoulli_logit(logit, sign):
    """Sum of log Pr(y | logit) over cells.

    Sums run by column and the exponential is written out, with an error below 1e-14, so that the loop takes several columns
    at a time, which it does not where it calls a function.

    Parameters
    ----------
    logit : array, shape (M, S)
    sign : array, shape (M, S)
        +1 where y = 1, -1 where y = 0, 0 where the cell is left out.

    Returns
    -------
    value (1,), derivative to the logits (M, S)
    """
    rows, columns = logit.shape
    by_logit = np.empty(logit.shape)
    total, product = np.zeros(columns), np.ones(columns)
    for m in range(rows):
        for s in range(columns):
            y = sign[m, s]
            x = y * logit[m, s]
            part = max(-abs(x), -LARGEST) * (1 / ORDER)
            small = 1 / 24 + part * (1 / 120 + part * (1 / 720 + part * (1 / 5040)))
            small = 1 + part * (1 + part * (1 / 2 + part * (1 / 6 + part * small)))
            for _ in range(8):
                small *= small
            total[s] += min(x, 0.0)
            product[s] *= 1.0 + abs(y) * small
            by_logit[m, s] = y * (small if x > 0.0 else 1.0) / (1.0 + small)
        if m % FACTORS == FACTORS - 1:
            total -= np.log(product)
            product[:] = 1.0
    return np.full(1, (total - np.log(product)).sum()), by_logit
