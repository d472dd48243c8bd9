"""PyTensor operators around the fused kernels: a value, and its gradients computed in the same pass.

Each operator returns the log likelihood first and the derivatives after it; ``pullback`` multiplies those, so the
kernel runs once for value and gradient. Only first derivatives are provided (NUTS needs no more).
"""

import math

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.cache import compile_numba_function_src
from pytensor.link.numba.dispatch import basic as numba_basic
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from models.engine import kernels


def _floats(*tensors):
    return [pt.as_tensor(t).astype("float64") for t in tensors]


def _disconnected(number):
    return [DisconnectedType()() for _ in range(number)]


class Unpack(Op):
    """(vector) -> arrays of the given shapes that stand in it one after another, row by row; not differentiated."""

    __props__ = ("shapes",)

    def __init__(self, shapes):
        self.shapes = tuple(tuple(int(size) for size in shape) for shape in shapes)
        # the arrays are views of the vector: nothing may be computed in their place
        self.view_map = {i: [0] for i in range(len(self.shapes))}

    def places(self) -> list[tuple[int, int]]:
        """Where each array begins and ends in the vector."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes]).tolist()
        return list(zip([0, *ends[:-1]], ends, strict=True))

    def make_node(self, vector):
        outputs = [pt.TensorType("float64", shape)() for shape in self.shapes]
        return Apply(self, _floats(vector), outputs)

    def perform(self, node, inputs, outputs):
        for store, shape, (start, stop) in zip(outputs, self.shapes, self.places(), strict=True):
            store[0] = inputs[0][start:stop].reshape(shape)

    def connection_pattern(self, node):
        return [[False] * len(self.shapes)]

    def pullback(self, inputs, outputs, cotangents):
        return _disconnected(1)

    def infer_shape(self, node, shapes):
        return [tuple(pt.constant(size, dtype="int64") for size in shape) for shape in self.shapes]


class PathValues(Op):
    """(basis (T, B), coefficient (B, S)) -> latent paths in some years, (T, S); the basis is not differentiated."""

    __props__ = ()

    def make_node(self, basis, coefficient):
        return Apply(self, _floats(basis, coefficient), [pt.dmatrix()])

    def perform(self, node, inputs, outputs):
        basis, coefficient = map(np.ascontiguousarray, inputs)
        values = np.empty((len(basis), coefficient.shape[1]))
        kernels.path_values(basis, coefficient, values)
        outputs[0][0] = values

    def connection_pattern(self, node):
        return [[False], [True]]

    def pullback(self, inputs, outputs, cotangents):
        return [*_disconnected(1), PathValues()(inputs[0].T, cotangents[0])]

    def infer_shape(self, node, shapes):
        return [(shapes[0][0], shapes[1][1])]


class Panel(Op):
    """Items in the panel: (level, lasting, coefficient, known, loading, latent, ...) -> (log likelihood, derivatives).

    The linear predictor is that of ``kernels.panel_predictor``, by item: level (J, T), lasting (J, S), coefficient (J, K),
    known (K, T, S), loading (J,), latent (T, S). A family adds ``constants`` arrays of shape (J, T, S), and where it has a
    ``scale`` one more of shape (J,). The derivatives are those to level, lasting, coefficient, loading, latent and scale.
    """

    __props__ = ()
    kernel: staticmethod
    constants: int
    scale: bool

    def differentiated(self) -> list[int]:
        """Places of the inputs to which derivatives are given, in the order of the outputs."""
        return [0, 1, 2, 4, 5, *([6 + self.constants] if self.scale else [])]

    def make_node(self, *inputs):
        inputs = _floats(*inputs)
        return Apply(self, inputs, [pt.dscalar(), *[inputs[i].type() for i in self.differentiated()]])

    def perform(self, node, inputs, outputs):
        arrays = [np.ascontiguousarray(x) for x in inputs]
        gradient = tuple(np.empty_like(arrays[i]) for i in self.differentiated())
        total = self.kernel(*arrays, gradient)
        for store, result in zip(outputs, (np.asarray(total), *gradient), strict=True):
            store[0] = result

    def connection_pattern(self, node):
        given = self.differentiated()
        return [[i in given, *[False] * len(given)] for i in range(len(node.inputs))]

    def pullback(self, inputs, outputs, cotangents):
        gradient = dict(zip(self.differentiated(), outputs[1:], strict=True))
        return [
            cotangents[0] * gradient[i] if i in gradient else DisconnectedType()() for i in range(len(inputs))
        ]

    def infer_shape(self, node, shapes):
        return [(), *[shapes[i] for i in self.differentiated()]]


class PanelBernoulli(Panel):
    """Panel items of 0 and 1; the constant is their ``sign`` (+1, -1, 0 leaves out)."""

    kernel = staticmethod(kernels.panel_bernoulli)
    constants, scale = 1, False


class PanelNegativeBinomial(Panel):
    """Panel items that count, log link; constants are ``count`` and ``weight``, the scale is the dispersion."""

    kernel = staticmethod(kernels.panel_negative_binomial)
    constants, scale = 2, True


class PanelBetaBinomial(Panel):
    """Panel items that count out of a number; ``successes``, ``failures``, ``weight``; the scale is the concentration."""

    kernel = staticmethod(kernels.panel_beta_binomial)
    constants, scale = 3, True


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
    """(precision (P, S), shift (B, S), standard (B, S)) -> (log integral, path, factor); see ``kernels.gaussian_path``."""

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


class ConditionedNormal(Op):
    """(standard (J, S), spread (J), information (J, S), score (J, S)) -> (gain, effects); see ``kernels.conditioned_normal``."""

    __props__ = ()

    def make_node(self, *inputs):
        inputs = _floats(*inputs)
        return Apply(self, inputs, [pt.dscalar(), inputs[0].type()])

    def perform(self, node, inputs, outputs):
        arrays = [np.ascontiguousarray(x) for x in inputs]
        value = np.empty_like(arrays[0])
        outputs[0][0], outputs[1][0] = np.asarray(kernels.conditioned_normal(*arrays, value)), value

    def pullback(self, inputs, outputs, cotangents):
        by_total, by_value = cotangents
        return ConditionedNormalGradient()(*inputs, outputs[1], by_total, by_value)

    def infer_shape(self, node, shapes):
        return [(), shapes[0]]


class ConditionedNormalGradient(Op):
    """Reverse pass of ``ConditionedNormal``: derivatives to its inputs."""

    __props__ = ()

    def make_node(self, *inputs):
        inputs = _floats(*inputs)
        return Apply(self, inputs, [x.type() for x in inputs[:4]])

    def perform(self, node, inputs, outputs):
        arrays = [np.ascontiguousarray(x) for x in inputs]
        gradient = tuple(np.empty_like(x) for x in arrays[:4])
        kernels.conditioned_normal_gradient(*arrays[:5], float(arrays[5].item()), arrays[6], gradient)
        for store, result in zip(outputs, gradient, strict=True):
            store[0] = result

    def infer_shape(self, node, shapes):
        return shapes[:4]


class NormalIndicators(Op):
    """(loading, level, sd, state sd, prior, ten statistics) -> (constant, precision, shift).

    See ``kernels.normal_indicators``; the statistics are those of ``models.path.normal_statistics`` in its order.
    """

    __props__ = ()

    def make_node(self, *inputs):
        inputs = _floats(*inputs)
        (_, length, states), (_, size, _) = (inputs[i].type.shape for i in (5, 6))
        shapes = (length, states), (size, states)
        return Apply(self, inputs, [pt.dscalar(), *[pt.TensorType("float64", shape)() for shape in shapes]])

    def perform(self, node, inputs, outputs):
        arrays = [np.ascontiguousarray(x) for x in inputs]
        precision, shift = (np.empty(arrays[i].shape[1:]) for i in (5, 6))
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
        return [(), shapes[5][1:], shapes[6][1:]]


class NormalIndicatorsGradient(Op):
    """Reverse pass of ``NormalIndicators``: derivatives to loading, level, sd, state sd and prior."""

    __props__ = ()

    def make_node(self, *inputs):
        inputs = _floats(*inputs)
        return Apply(self, inputs, [*[x.type() for x in inputs[:4]], pt.dvector()])

    def perform(self, node, inputs, outputs):
        arrays = [np.ascontiguousarray(x) for x in inputs]
        gradient = (*[np.empty_like(x) for x in arrays[:4]], np.empty(arrays[5].shape[1]))
        kernels.normal_indicators_gradient(
            *arrays[:4], tuple(arrays[4:14]), arrays[14], arrays[15], float(arrays[16].item()), gradient
        )
        for store, result in zip(outputs, gradient, strict=True):
            store[0] = result

    def infer_shape(self, node, shapes):
        return [*shapes[:4], (shapes[5][1],)]


@register_funcify_default_op_cache_key(Unpack)
def _compile_unpack(op, node, **kwargs):
    parts = [
        f"vector[{start}:{stop}].reshape({shape})" if shape else f"np.asarray(vector[{start}])"
        for shape, (start, stop) in zip(op.shapes, op.places(), strict=True)
    ]
    source = f"def unpack(vector):\n    return {', '.join(parts)}\n"
    return numba_basic.numba_njit(compile_numba_function_src(source, "unpack", {"np": np}))


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
        by_prior = np.empty(bs.shape[1])
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


@register_funcify_default_op_cache_key(ConditionedNormal)
def _compile_conditioned_normal(op, node, **kwargs):
    @numba_basic.numba_njit
    def conditioned_normal(standard, spread, information, score):
        value = np.empty(standard.shape)
        total = kernels.conditioned_normal(
            np.ascontiguousarray(standard),
            np.ascontiguousarray(spread),
            np.ascontiguousarray(information),
            np.ascontiguousarray(score),
            value,
        )
        return np.asarray(total), value

    return conditioned_normal


@register_funcify_default_op_cache_key(ConditionedNormalGradient)
def _compile_conditioned_normal_gradient(op, node, **kwargs):
    @numba_basic.numba_njit
    def conditioned_normal_gradient(standard, spread, information, score, value, by_total, by_value):
        by_standard = np.empty(standard.shape)
        by_spread = np.empty(spread.shape)
        by_information = np.empty(information.shape)
        by_score = np.empty(score.shape)
        kernels.conditioned_normal_gradient(
            np.ascontiguousarray(standard),
            np.ascontiguousarray(spread),
            np.ascontiguousarray(information),
            np.ascontiguousarray(score),
            np.ascontiguousarray(value),
            by_total.item(),
            np.ascontiguousarray(by_value),
            (by_standard, by_spread, by_information, by_score),
        )
        return by_standard, by_spread, by_information, by_score

    return conditioned_normal_gradient


@register_funcify_default_op_cache_key(PathValues)
def _compile_path_values(op, node, **kwargs):
    @numba_basic.numba_njit
    def path_values(basis, coefficient):
        values = np.empty((basis.shape[0], coefficient.shape[1]))
        kernels.path_values(np.ascontiguousarray(basis), np.ascontiguousarray(coefficient), values)
        return values

    return path_values


@register_funcify_default_op_cache_key(PanelBernoulli)
def _compile_panel_bernoulli(op, node, **kwargs):
    @numba_basic.numba_njit
    def panel_bernoulli(level, lasting, coefficient, known, loading, latent, sign):
        by_level = np.empty(level.shape)
        by_lasting = np.empty(lasting.shape)
        by_coefficient = np.empty(coefficient.shape)
        by_loading = np.empty(loading.shape)
        by_latent = np.empty(latent.shape)
        total = kernels.panel_bernoulli(
            np.ascontiguousarray(level),
            np.ascontiguousarray(lasting),
            np.ascontiguousarray(coefficient),
            np.ascontiguousarray(known),
            np.ascontiguousarray(loading),
            np.ascontiguousarray(latent),
            np.ascontiguousarray(sign),
            (by_level, by_lasting, by_coefficient, by_loading, by_latent),
        )
        return np.asarray(total), by_level, by_lasting, by_coefficient, by_loading, by_latent

    return panel_bernoulli


@register_funcify_default_op_cache_key(PanelNegativeBinomial)
def _compile_panel_negative_binomial(op, node, **kwargs):
    @numba_basic.numba_njit
    def panel_negative_binomial(
        level, lasting, coefficient, known, loading, latent, count, weight, dispersion
    ):
        by_level = np.empty(level.shape)
        by_lasting = np.empty(lasting.shape)
        by_coefficient = np.empty(coefficient.shape)
        by_loading = np.empty(loading.shape)
        by_latent = np.empty(latent.shape)
        by_dispersion = np.empty(dispersion.shape)
        total = kernels.panel_negative_binomial(
            np.ascontiguousarray(level),
            np.ascontiguousarray(lasting),
            np.ascontiguousarray(coefficient),
            np.ascontiguousarray(known),
            np.ascontiguousarray(loading),
            np.ascontiguousarray(latent),
            np.ascontiguousarray(count),
            np.ascontiguousarray(weight),
            np.ascontiguousarray(dispersion),
            (by_level, by_lasting, by_coefficient, by_loading, by_latent, by_dispersion),
        )
        return np.asarray(total), by_level, by_lasting, by_coefficient, by_loading, by_latent, by_dispersion

    return panel_negative_binomial


@register_funcify_default_op_cache_key(PanelBetaBinomial)
def _compile_panel_beta_binomial(op, node, **kwargs):
    @numba_basic.numba_njit
    def panel_beta_binomial(
        level, lasting, coefficient, known, loading, latent, successes, failures, weight, concentration
    ):
        by_level = np.empty(level.shape)
        by_lasting = np.empty(lasting.shape)
        by_coefficient = np.empty(coefficient.shape)
        by_loading = np.empty(loading.shape)
        by_latent = np.empty(latent.shape)
        by_concentration = np.empty(concentration.shape)
        total = kernels.panel_beta_binomial(
            np.ascontiguousarray(level),
            np.ascontiguousarray(lasting),
            np.ascontiguousarray(coefficient),
            np.ascontiguousarray(known),
            np.ascontiguousarray(loading),
            np.ascontiguousarray(latent),
            np.ascontiguousarray(successes),
            np.ascontiguousarray(failures),
            np.ascontiguousarray(weight),
            np.ascontiguousarray(concentration),
            (by_level, by_lasting, by_coefficient, by_loading, by_latent, by_concentration),
        )
        return (
            np.asarray(total),
            by_level,
            by_lasting,
            by_coefficient,
            by_loading,
            by_latent,
            by_concentration,
        )

    return panel_beta_binomial


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
