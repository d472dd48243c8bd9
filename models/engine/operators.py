"""PyTensor operators around the fused kernels: a value, and its gradients computed in the same pass.

Each operator returns the log likelihood first and the derivatives after it; ``pullback`` multiplies those, so the
kernel runs once for value and gradient. Only first derivatives are provided (NUTS needs no more).
"""

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch import basic as numba_basic
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from models.engine import kernels


def _floats(*tensors):
    return [pt.as_tensor(t).astype("float64") for t in tensors]


def _disconnected(number):
    return [DisconnectedType()() for _ in range(number)]


class BernoulliLogit(Op):
    """(eta, sign) of one shape -> (log likelihood, d/d eta)."""

    __props__ = ()

    def make_node(self, eta, sign):
        eta, sign = _floats(eta, sign)
        return Apply(self, [eta, sign], [pt.dscalar(), eta.type()])

    def perform(self, node, inputs, outputs):
        eta, sign = map(np.ascontiguousarray, inputs)
        gradient = np.empty(eta.size)
        outputs[0][0] = np.asarray(kernels.bernoulli_logit(eta.ravel(), sign.ravel(), gradient))
        outputs[1][0] = gradient.reshape(eta.shape)

    def connection_pattern(self, node):
        return [[True, False], [False, False]]

    def pullback(self, inputs, outputs, cotangents):
        return [cotangents[0] * outputs[1], *_disconnected(1)]

    def infer_shape(self, node, shapes):
        return [(), shapes[0]]


class NegativeBinomial(Op):
    """(log mean, count, weight, dispersion) -> (log likelihood, d/d log mean, d/d dispersion).

    The first axis of the arrays is the item; dispersion has one value an item.
    """

    __props__ = ()
    kernel = staticmethod(kernels.negative_binomial)
    constants = 2

    def make_node(self, mean, *rest):
        inputs = _floats(mean, *rest)
        return Apply(self, inputs, [pt.dscalar(), inputs[0].type(), pt.dvector()])

    def perform(self, node, inputs, outputs):
        *arrays, dispersion = inputs
        items = len(dispersion)
        flat = [np.ascontiguousarray(a).reshape(items, -1) for a in arrays]
        gradient, by_dispersion, total = np.empty(flat[0].shape), np.empty(items), 0.0
        for j in range(items):
            value, by_dispersion[j] = self.kernel(*[a[j] for a in flat], dispersion[j], gradient[j])
            total += value
        outputs[0][0], outputs[1][0], outputs[2][0] = (
            np.asarray(total),
            gradient.reshape(arrays[0].shape),
            by_dispersion,
        )

    def connection_pattern(self, node):
        return [[True, False, False], *[[False] * 3] * self.constants, [True, False, False]]

    def pullback(self, inputs, outputs, cotangents):
        return [cotangents[0] * outputs[1], *_disconnected(self.constants), cotangents[0] * outputs[2]]

    def infer_shape(self, node, shapes):
        return [(), shapes[0], shapes[-1]]


class BetaBinomial(NegativeBinomial):
    """(logit, successes, failures, weight, concentration) -> (log likelihood, d/d logit, d/d concentration); by item."""

    kernel = staticmethod(kernels.beta_binomial)
    constants = 3


class MissionGrid(Op):
    """Bernoulli-logit log likelihood on the mission x state grid; see ``kernels.mission_grid``.

    Inputs: intercept (M), slope (V, M), value (V, M, S), state (S), coefficient (K), covariate (K, M, S), sign (M, S).
    """

    __props__ = ()

    def make_node(self, *inputs):
        inputs = _floats(*inputs)
        intercept, slope, _, state, coefficient, _, sign = inputs
        return Apply(
            self, inputs, [pt.dscalar(), *[x.type() for x in (intercept, slope, state, coefficient, sign)]]
        )

    def perform(self, node, inputs, outputs):
        intercept, slope, value, state, coefficient, covariate, sign = map(np.ascontiguousarray, inputs)
        gradient = tuple(np.empty_like(x) for x in (intercept, slope, state, coefficient))
        by_value = np.empty_like(sign)
        total = kernels.mission_grid(
            intercept, slope, value, state, coefficient, covariate, sign, gradient, by_value
        )
        for store, result in zip(outputs, (np.asarray(total), *gradient, by_value), strict=True):
            store[0] = result

    def connection_pattern(self, node):
        return [[connected, *[False] * 5] for connected in (True, True, True, True, True, False, False)]

    def pullback(self, inputs, outputs, cotangents):
        scale = cotangents[0]
        by_intercept, by_slope, by_state, by_coefficient, by_cell = outputs[1:]
        by_value = inputs[1][:, :, None] * by_cell[None]
        parts = [by_intercept, by_slope, by_value, by_state, by_coefficient]
        return [*[scale * part for part in parts], *_disconnected(2)]

    def infer_shape(self, node, shapes):
        return [(), shapes[0], shapes[1], shapes[3], shapes[4], shapes[6]]


class GaussianPath(Op):
    """(precision, shift, standard) -> (log integral, path, Cholesky factor); see ``kernels.gaussian_path``."""

    __props__ = ()

    def make_node(self, precision, shift, standard):
        inputs = _floats(precision, shift, standard)
        return Apply(self, inputs, [pt.dscalar(), inputs[2].type(), inputs[0].type()])

    def perform(self, node, inputs, outputs):
        precision, shift, standard = map(np.ascontiguousarray, inputs)
        path, factor = np.empty_like(shift), np.empty_like(precision)
        outputs[0][0] = np.asarray(kernels.gaussian_path(precision, shift, standard, path, factor))
        outputs[1][0], outputs[2][0] = path, factor

    def connection_pattern(self, node):
        return [[True, True, False], [True, True, False], [False, True, False]]

    def pullback(self, inputs, outputs, cotangents):
        by_total, by_path, _ = cotangents
        if isinstance(by_total.type, DisconnectedType):
            by_total = pt.constant(0.0)
        if isinstance(by_path.type, DisconnectedType):
            by_path = pt.zeros_like(outputs[1])
        return GaussianPathGradient()(inputs[2], outputs[1], outputs[2], by_total, by_path)

    def infer_shape(self, node, shapes):
        return [(), shapes[2], shapes[0]]


class GaussianPathGradient(Op):
    """Reverse pass of ``GaussianPath``: derivatives to precision, shift and standard."""

    __props__ = ()

    def make_node(self, *inputs):
        inputs = _floats(*inputs)
        standard, _, factor, _, _ = inputs
        return Apply(self, inputs, [factor.type(), standard.type(), standard.type()])

    def perform(self, node, inputs, outputs):
        standard, path, factor, by_total, by_path = map(np.ascontiguousarray, inputs)
        results = np.empty_like(factor), np.empty_like(path), np.empty_like(path)
        kernels.gaussian_path_gradient(standard, path, factor, float(by_total.item()), by_path, *results)
        for store, result in zip(outputs, results, strict=True):
            store[0] = result

    def infer_shape(self, node, shapes):
        return [shapes[2], shapes[0], shapes[0]]


class NormalIndicators(Op):
    """(loading, level, sd, state sd, prior, ten statistics) -> (constant, precision, shift).

    See ``kernels.normal_indicators``; the statistics are those of ``models.path.normal_statistics`` in its order.
    """

    __props__ = ()

    def make_node(self, *inputs):
        inputs = _floats(*inputs)
        basis_sum = inputs[6]
        _, states, size = basis_sum.type.shape
        outputs = [
            pt.dscalar(),
            pt.TensorType("float64", (states, size, size))(),
            pt.TensorType("float64", (states, size))(),
        ]
        return Apply(self, inputs, outputs)

    def perform(self, node, inputs, outputs):
        arrays = [np.ascontiguousarray(x) for x in inputs]
        _, states, size = arrays[6].shape
        precision, shift = np.empty((states, size, size)), np.empty((states, size))
        constant = kernels.normal_indicators(*arrays[:5], tuple(arrays[5:]), precision, shift)
        outputs[0][0], outputs[1][0], outputs[2][0] = np.asarray(constant), precision, shift

    def connection_pattern(self, node):
        return [[i < 5 and not (i == 4 and o != 1) for o in range(3)] for i in range(15)]

    def pullback(self, inputs, outputs, cotangents):
        parameters, statistics = inputs[:4], inputs[5:]
        gradient = NormalIndicatorsGradient()(
            *parameters, *statistics, cotangents[1], cotangents[2], cotangents[0]
        )
        return [*gradient, *_disconnected(10)]

    def infer_shape(self, node, shapes):
        _, states, size = shapes[6]
        return [(), (states, size, size), (states, size)]


class NormalIndicatorsGradient(Op):
    """Reverse pass of ``NormalIndicators``: derivatives to loading, level, sd, state sd and prior."""

    __props__ = ()

    def make_node(self, *inputs):
        inputs = _floats(*inputs)
        return Apply(self, inputs, [*[x.type() for x in inputs[:4]], pt.dvector()])

    def perform(self, node, inputs, outputs):
        arrays = [np.ascontiguousarray(x) for x in inputs]
        gradient = (*[np.empty_like(x) for x in arrays[:4]], np.empty(arrays[5].shape[2]))
        kernels.normal_indicators_gradient(
            *arrays[:4], tuple(arrays[4:14]), arrays[14], arrays[15], float(arrays[16].item()), gradient
        )
        for store, result in zip(outputs, gradient, strict=True):
            store[0] = result

    def infer_shape(self, node, shapes):
        return [*shapes[:4], (shapes[5][2],)]


@register_funcify_default_op_cache_key(NormalIndicators)
def _compile_normal_indicators(op, node, **kwargs):
    @numba_basic.numba_njit
    def normal_indicators(loading, level, sd, state_sd, prior, g, bs, bd, bv, n, dg, ds, dv, vs, vt):
        precision = np.empty(g.shape[1:])
        shift = np.empty(bs.shape[1:])
        statistics = (g, bs, bd, bv, n, dg, ds, dv, vs, vt)
        constant = kernels.normal_indicators(
            np.ascontiguousarray(loading),
            np.ascontiguousarray(level),
            np.ascontiguousarray(sd),
            np.ascontiguousarray(state_sd),
            np.ascontiguousarray(prior),
            statistics,
            precision,
            shift,
        )
        return np.asarray(constant), precision, shift

    return normal_indicators


@register_funcify_default_op_cache_key(NormalIndicatorsGradient)
def _compile_normal_indicators_gradient(op, node, **kwargs):
    @numba_basic.numba_njit
    def normal_indicators_gradient(
        loading,
        level,
        sd,
        state_sd,
        g,
        bs,
        bd,
        bv,
        n,
        dg,
        ds,
        dv,
        vs,
        vt,
        by_precision,
        by_shift,
        by_constant,
    ):
        by_loading = np.empty(loading.shape)
        by_level = np.empty(level.shape)
        by_sd = np.empty(sd.shape)
        by_state_sd = np.empty(state_sd.shape)
        by_prior = np.empty(bs.shape[2])
        kernels.normal_indicators_gradient(
            np.ascontiguousarray(loading),
            np.ascontiguousarray(level),
            np.ascontiguousarray(sd),
            np.ascontiguousarray(state_sd),
            (g, bs, bd, bv, n, dg, ds, dv, vs, vt),
            np.ascontiguousarray(by_precision),
            np.ascontiguousarray(by_shift),
            by_constant.item(),
            (by_loading, by_level, by_sd, by_state_sd, by_prior),
        )
        return by_loading, by_level, by_sd, by_state_sd, by_prior

    return normal_indicators_gradient


@register_funcify_default_op_cache_key(BernoulliLogit)
def _compile_bernoulli_logit(op, node, **kwargs):
    @numba_basic.numba_njit
    def bernoulli_logit(eta, sign):
        gradient = np.empty(eta.shape)
        value = kernels.bernoulli_logit(
            np.ascontiguousarray(eta).ravel(), np.ascontiguousarray(sign).ravel(), gradient.ravel()
        )
        return np.asarray(value), gradient

    return bernoulli_logit


@register_funcify_default_op_cache_key(NegativeBinomial)
def _compile_negative_binomial(op, node, **kwargs):
    @numba_basic.numba_njit
    def negative_binomial(log_mean, count, weight, dispersion):
        gradient = np.empty(log_mean.shape)
        by_dispersion = np.empty(dispersion.shape)
        total = 0.0
        for j in range(dispersion.shape[0]):
            value, by_dispersion[j] = kernels.negative_binomial(
                np.ascontiguousarray(log_mean[j]).ravel(),
                np.ascontiguousarray(count[j]).ravel(),
                np.ascontiguousarray(weight[j]).ravel(),
                dispersion[j],
                gradient[j].ravel(),
            )
            total += value
        return np.asarray(total), gradient, by_dispersion

    return negative_binomial


@register_funcify_default_op_cache_key(BetaBinomial)
def _compile_beta_binomial(op, node, **kwargs):
    @numba_basic.numba_njit
    def beta_binomial(logit, successes, failures, weight, concentration):
        gradient = np.empty(logit.shape)
        by_concentration = np.empty(concentration.shape)
        total = 0.0
        for j in range(concentration.shape[0]):
            value, by_concentration[j] = kernels.beta_binomial(
                np.ascontiguousarray(logit[j]).ravel(),
                np.ascontiguousarray(successes[j]).ravel(),
                np.ascontiguousarray(failures[j]).ravel(),
                np.ascontiguousarray(weight[j]).ravel(),
                concentration[j],
                gradient[j].ravel(),
            )
            total += value
        return np.asarray(total), gradient, by_concentration

    return beta_binomial


@register_funcify_default_op_cache_key(MissionGrid)
def _compile_mission_grid(op, node, **kwargs):
    @numba_basic.numba_njit
    def mission_grid(intercept, slope, value, state, coefficient, covariate, sign):
        by_intercept = np.empty(intercept.shape)
        by_slope = np.empty(slope.shape)
        by_state = np.empty(state.shape)
        by_coefficient = np.empty(coefficient.shape)
        by_value = np.empty(sign.shape)
        total = kernels.mission_grid(
            np.ascontiguousarray(intercept),
            np.ascontiguousarray(slope),
            np.ascontiguousarray(value),
            np.ascontiguousarray(state),
            np.ascontiguousarray(coefficient),
            np.ascontiguousarray(covariate),
            np.ascontiguousarray(sign),
            (by_intercept, by_slope, by_state, by_coefficient),
            by_value,
        )
        return np.asarray(total), by_intercept, by_slope, by_state, by_coefficient, by_value

    return mission_grid


@register_funcify_default_op_cache_key(GaussianPath)
def _compile_gaussian_path(op, node, **kwargs):
    @numba_basic.numba_njit
    def gaussian_path(precision, shift, standard):
        path = np.empty(shift.shape)
        factor = np.empty(precision.shape)
        total = kernels.gaussian_path(precision, shift, standard, path, factor)
        return np.asarray(total), path, factor

    return gaussian_path


@register_funcify_default_op_cache_key(GaussianPathGradient)
def _compile_gaussian_path_gradient(op, node, **kwargs):
    @numba_basic.numba_njit
    def gaussian_path_gradient(standard, path, factor, by_total, by_path):
        by_precision = np.empty(factor.shape)
        by_shift = np.empty(path.shape)
        by_standard = np.empty(path.shape)
        kernels.gaussian_path_gradient(
            standard, path, factor, by_total.item(), by_path, by_precision, by_shift, by_standard
        )
        return by_precision, by_shift, by_standard

    return gaussian_path_gradient
