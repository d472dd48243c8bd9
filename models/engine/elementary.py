"""Elementary functions and sums for Numba kernels.

Kernels are made of branch-free loops, so that LLVM turns them into vector instructions. Scalar ``math.exp`` and
``math.log`` would stop that; the two elementary functions are therefore written out here, after Cody & Waite (1980)
for the range reduction and with truncated series whose relative error is below 1e-14 (tested).

The compiler may not reorder or fuse any operation (no fast math): a draw would otherwise depend on whether code came from the
cache, or on where arrays lie in memory. What is summed is therefore summed along the leading axis, cell by cell, or by
``sum_of`` and ``dot_of`` in the order that they write out.
"""

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

JIT = {"nogil": True, "error_model": "numpy"}
_INV_LN2 = 1.4426950408889634
_LN2_HIGH = 6.93145751953125e-1
_LN2_LOW = 1.42860682030941723212e-6
_LN2 = 0.6931471805599453
_SQRT2 = 1.4142135623730951


@intrinsic
def fused(typing_context, a, b, c):
    """Product a b plus c, rounded once."""

    def generate(context, builder, signature, arguments):
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@numba.njit(inline="always", **JIT)
def exp_nonpositive(x):
    """Exponential of ``x`` in [-700, 0] (smaller values are raised to -700)."""
    x = max(x, -700.0)
    k = np.floor(fused(x, _INV_LN2, 0.5))
    r = fused(k, -_LN2_HIGH, x)
    r = fused(k, -_LN2_LOW, r)
    p = 2.08767569878681e-9
    p = fused(p, r, 2.505210838544172e-8)
    p = fused(p, r, 2.755731922398589e-7)
    p = fused(p, r, 2.755731922398589e-6)
    p = fused(p, r, 2.48015873015873e-5)
    p = fused(p, r, 1.984126984126984e-4)
    p = fused(p, r, 1.388888888888889e-3)
    p = fused(p, r, 8.333333333333333e-3)
    p = fused(p, r, 4.1666666666666664e-2)
    p = fused(p, r, 1.6666666666666666e-1)
    p = fused(p, r, 0.5)
    p = fused(p, r, 1.0)
    p = fused(p, r, 1.0)
    return p * np.int64((np.int64(k) + 1023) << 52).view(np.float64)


@numba.njit(inline="always", **JIT)
def log_near_one(q):
    """Logarithm of ``q`` in [sqrt(1/2), 2]: twice the area tangent of (q - sqrt 2)/(q + sqrt 2), plus log sqrt 2."""
    s = (q - _SQRT2) / (q + _SQRT2)
    s2 = s * s
    c = 1.0 / 17.0
    c = fused(c, s2, 1.0 / 15.0)
    c = fused(c, s2, 1.0 / 13.0)
    c = fused(c, s2, 1.0 / 11.0)
    c = fused(c, s2, 1.0 / 9.0)
    c = fused(c, s2, 1.0 / 7.0)
    c = fused(c, s2, 1.0 / 5.0)
    c = fused(c, s2, 1.0 / 3.0)
    c = fused(c, s2, 1.0)
    return 0.5 * _LN2 + 2.0 * s * c


@numba.njit(inline="always", **JIT)
def log_positive(x):
    """Logarithm of a positive normal float: exponent from its bits, mantissa in [1, 2) by the series above."""
    bits = np.float64(x).view(np.int64)
    exponent = (bits >> 52) - 1023
    mantissa = np.int64((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64)
    return np.float64(exponent) * _LN2 + log_near_one(mantissa)


@numba.njit(inline="always", **JIT)
def inverse_square(x):
    """``x`` to the power -2: infinite at zero, where Numba's own negative powers stop with an error."""
    return 1.0 / (x * x)


@numba.njit(inline="always", **JIT)
def inverse_cube(x):
    """``x`` to the power -3, as ``inverse_square``."""
    return 1.0 / (x * x * x)


@numba.njit(**JIT)
def copy_to(target, source):
    """Copy an array of one axis; Numba's assignment to a slice takes many times as long."""
    for i in range(target.shape[0]):
        target[i] = source[i]


@numba.njit(**JIT)
def sum_of(x):
    """Sum of an array of one axis, in eight interleaved parts."""
    a = b = c = d = e = f = g = h = 0.0
    end = x.shape[0] - x.shape[0] % 8
    for i in range(0, end, 8):
        a += x[i]
        b += x[i + 1]
        c += x[i + 2]
        d += x[i + 3]
        e += x[i + 4]
        f += x[i + 5]
        g += x[i + 6]
        h += x[i + 7]
    for i in range(end, x.shape[0]):
        a += x[i]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@numba.njit(**JIT)
def dot_of(x, y):
    """Sum of products of two arrays of one axis, in eight interleaved parts."""
    a = b = c = d = e = f = g = h = 0.0
    end = x.shape[0] - x.shape[0] % 8
    for i in range(0, end, 8):
        a += x[i] * y[i]
        b += x[i + 1] * y[i + 1]
        c += x[i + 2] * y[i + 2]
        d += x[i + 3] * y[i + 3]
        e += x[i + 4] * y[i + 4]
        f += x[i + 5] * y[i + 5]
        g += x[i + 6] * y[i + 6]
        h += x[i + 7] * y[i + 7]
    for i in range(end, x.shape[0]):
        a += x[i] * y[i]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@numba.njit(inline="always", **JIT)
def _stirling(x, inverse):
    """Stirling series of log gamma and digamma at ``x`` >= 6, without the constant; relative error below 1e-12."""
    i2 = inverse * inverse
    series = -691.0 / 360360.0
    series = fused(series, i2, 1.0 / 1188.0)
    series = fused(series, i2, -1.0 / 1680.0)
    series = fused(series, i2, 1.0 / 1260.0)
    series = fused(series, i2, -1.0 / 360.0)
    series = fused(series, i2, 1.0 / 12.0)
    slope = -691.0 / 32760.0
    slope = fused(slope, i2, 1.0 / 132.0)
    slope = fused(slope, i2, -1.0 / 240.0)
    slope = fused(slope, i2, 1.0 / 252.0)
    slope = fused(slope, i2, -1.0 / 120.0)
    slope = fused(slope, i2, 1.0 / 12.0)
    logarithm = log_positive(x)
    return fused(x - 0.5, logarithm, fused(series, inverse, -x)), logarithm - fused(slope, i2, 0.5 * inverse)


@numba.njit(inline="always", **JIT)
def _rising(x):
    """Product x (x + 1) ... (x + 7) and its derivative."""
    a = x * (x + 7.0)
    # x (x+7), (x+1)(x+6), (x+2)(x+5), (x+3)(x+4) are a, a + 6, a + 10, a + 12
    b = a + 6.0
    c = a + 10.0
    d = a + 12.0
    outer, inner = a * b, c * d
    return outer * inner, fused(inner, a + b, outer * (c + d)) * (2.0 * x + 7.0)


@numba.njit(inline="always", **JIT)
def log_gamma_step(x, y):
    """Log gamma(x + y) - log gamma(x) and its derivative to x, for x > 0, y >= 0.

    From the recurrence at x + 8 and x + y + 8. Divisions are dear: one each does for both arguments.
    """
    low, high = x + 8.0, x + y + 8.0
    inverse = 1.0 / (low * high)
    value_low, by_low = _stirling(low, high * inverse)
    value_high, by_high = _stirling(high, low * inverse)
    product_low, slope_low = _rising(x)
    product_high, slope_high = _rising(x + y)
    inverse = 1.0 / (product_low * product_high)
    value = value_high - value_low + log_positive(product_low * product_low * inverse)
    return value, by_high - by_low + (slope_low * product_high - slope_high * product_low) * inverse


@numba.njit(nogil=True, fastmath={"nnan", "nsz"})
def _largest(x):
    """Largest entry of an array that is not negative; it is the same in any order."""
    top = 0.0
    for i in range(x.shape[0]):
        top = max(top, x[i])
    return top


@numba.njit(**JIT)
def log_gamma_steps(x, count, value, slope):
    """``log_gamma_step`` of one ``x`` for many counts, whole numbers from 0 on: each number that occurs is done once."""
    top = _largest(count)
    if top > count.shape[0]:
        for i in range(count.shape[0]):
            value[i], slope[i] = log_gamma_step(x, count[i])
        return
    number = int(top) + 1
    values = np.empty(number)
    slopes = np.empty(number)
    for k in range(number):
        values[k], slopes[k] = log_gamma_step(x, np.float64(k))
    for i in range(count.shape[0]):
        k = int(count[i])
        value[i] = values[k]
        slope[i] = slopes[k]


@numba.njit(inline="always", **JIT)
def _next_factor(x, count, k, value, slope):
    """Product and derivative times x + k where k is below the count."""
    inside = count > k
    factor = x + k if inside else 1.0
    return value * factor, fused(slope, factor, value if inside else 0.0)


@numba.njit(inline="always", **JIT)
def _log_gamma_few(x, count):
    """``log_gamma_step`` for counts of at most four: of the product x (x + 1) ... (x + count - 1)."""
    value, slope = _next_factor(x, count, 0.0, 1.0, 0.0)
    value, slope = _next_factor(x, count, 1.0, value, slope)
    value, slope = _next_factor(x, count, 2.0, value, slope)
    value, slope = _next_factor(x, count, 3.0, value, slope)
    return log_positive(value), slope / value


@numba.njit(**JIT)
def log_gamma_steps_each(x, count, value, slope):
    """``log_gamma_step`` of many ``x``, each for its own count, a whole number from 0 on."""
    if _largest(count) > 4.0:
        for i in range(x.shape[0]):
            value[i], slope[i] = log_gamma_step(x[i], count[i])
    else:
        for i in range(x.shape[0]):
            value[i], slope[i] = _log_gamma_few(x[i], count[i])
