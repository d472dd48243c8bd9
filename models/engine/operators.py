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

from models.engine import indicator_kernels, kernels, path_kernels
from models.engine.calls import by_address


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


@register_funcify_default_op_cache_key(Unpack)
def _compile_unpack(op, node, **kwargs):
    parts = [
        f"vector[{start}:{stop}].reshape({shape})" if shape else f"np.asarray(vector[{start}])"
        for shape, (start, stop) in zip(op.shapes, op.places(), strict=True)
    ]
    source = f"def unpack(vector):\n    return {', '.join(parts)}\n"
    return numba_basic.numba_njit(compile_numba_function_src(source, "unpack", {"np": np}))


class Kernel(Op):
    """(inputs) -> (value, filled arrays): a kernel that takes the inputs, then arrays that it fills, and returns a number.

    A kernel that returns nothing has no value among the outputs. Inputs without axes are given to it as numbers.

    Attributes
    ----------
    axes : tuple of int
        Number of axes of each input.
    """

    __props__ = ()
    kernel: staticmethod
    returns_value = True
    axes: tuple[int, ...]

    def reverse(self) -> "Kernel | None":
        """The operator that computes derivatives, where it is another."""
        return None

    def call(self) -> tuple:
        """What ``calls.by_address`` takes."""
        sizes = [tuple(range(number)) for number in self.axes]
        return self.kernel, (*self.axes, *map(len, self.filled(sizes))), self.returns_value

    def filled(self, shapes: list[tuple]) -> list[tuple]:
        """Shapes of the arrays that are filled, made of the inputs' sizes (of whatever kind: numbers, variables, code)."""
        raise NotImplementedError

    def make_node(self, *inputs):
        inputs = _floats(*inputs)
        if tuple(x.type.ndim for x in inputs) != self.axes:
            raise ValueError(f"{self} takes inputs of {self.axes} axes")
        value = [pt.dscalar()] if self.returns_value else []
        filled = self.filled([x.type.shape for x in inputs])
        return Apply(self, inputs, [*value, *[pt.TensorType("float64", shape)() for shape in filled]])

    def perform(self, node, inputs, outputs):
        arguments = [np.ascontiguousarray(x) if np.ndim(x) else float(x) for x in inputs]
        filled = [np.empty(shape) for shape in self.filled([np.shape(x) for x in inputs])]
        value = self.kernel(*arguments, *filled)
        results = [np.asarray(value), *filled] if self.returns_value else filled
        for store, result in zip(outputs, results, strict=True):
            store[0] = result

    def infer_shape(self, node, shapes):
        filled = [tuple(map(pt.as_tensor, shape)) for shape in self.filled(shapes)]
        return [*([()] if self.returns_value else []), *filled]


@register_funcify_default_op_cache_key(Kernel)
def _compile_kernel(op, node, **kwargs):
    axes = op.axes
    inputs = [f"given_{i}" for i in range(len(axes))]
    sizes = [tuple(f"{x}.shape[{k}]" for k in range(number)) for x, number in zip(inputs, axes, strict=True)]
    filled = op.filled(sizes)
    arrays = [f"filled_{i}" for i in range(len(filled))]
    arguments = [
        f"np.ascontiguousarray({x})" if number else f"{x}.item()"
        for x, number in zip(inputs, axes, strict=True)
    ]
    results = [*(["np.asarray(value)"] if op.returns_value else []), *arrays]
    name = op.kernel.__name__
    source = [
        f"def {name}({', '.join(inputs)}):",
        *[
            f"    {x} = np.empty(({', '.join(map(str, shape))},))"
            for x, shape in zip(arrays, filled, strict=True)
        ],
        f"    value = call(({', '.join([*arguments, *arrays])}))",
        f"    return {', '.join(results)}",
    ]
    call = by_address(*op.call())
    function = compile_numba_function_src("\n".join(source), name, {"np": np, "call": call})
    return numba_basic.numba_njit(function)


class PathValues(Kernel):
    """(basis (T, B), coefficient (B, S)) -> latent paths in some years, (T, S); the basis is not differentiated."""

    kernel = staticmethod(path_kernels.path_values)
    returns_value = False
    axes = 2, 2

    def filled(self, shapes):
        return [(shapes[0][0], shapes[1][1])]

    def connection_pattern(self, node):
        return [[False], [True]]

    def pullback(self, inputs, outputs, cotangents):
        return [*_disconnected(1), PathValues()(inputs[0].T, cotangents[0])]


class Panel(Kernel):
    """Items in the panel: (level, lasting, coefficient, known, loading, latent, ...) -> (log likelihood, derivatives).

    The linear predictor is that of ``kernels.panel_predictor``, by item: level (J, T), lasting (J, S), coefficient (J, K),
    known (K, T, S), loading (J,), latent (T, S). A family adds ``constants`` arrays of shape (J, T, S), and where it has a
    ``scale`` one more of shape (J,). The derivatives are those to level, lasting, coefficient, loading, latent and scale.
    """

    constants: int
    scale: bool

    @property
    def axes(self) -> tuple[int, ...]:
        """Of the terms of the predictor, the constants and the scale."""
        return 2, 2, 2, 3, 1, 2, *(3,) * self.constants, *(1,) * self.scale

    def differentiated(self) -> list[int]:
        """Places of the inputs to which derivatives are given, in the order of the outputs."""
        return [0, 1, 2, 4, 5, *([6 + self.constants] if self.scale else [])]

    def filled(self, shapes):
        return [shapes[i] for i in self.differentiated()]

    def connection_pattern(self, node):
        given = self.differentiated()
        return [[i in given, *[False] * len(given)] for i in range(len(node.inputs))]

    def pullback(self, inputs, outputs, cotangents):
        gradient = dict(zip(self.differentiated(), outputs[1:], strict=True))
        return [
            cotangents[0] * gradient[i] if i in gradient else DisconnectedType()() for i in range(len(inputs))
        ]


class PanelNegativeBinomial(Panel):
    """Panel items that count, log link; constants are ``count`` and ``weight``, the scale is the dispersion."""

    kernel = staticmethod(kernels.panel_negative_binomial)
    constants, scale = 2, True


class PanelBetaBinomial(Panel):
    """Panel items that count out of a number; ``successes``, ``failures``, ``weight``; the scale is the concentration."""

    kernel = staticmethod(kernels.panel_beta_binomial)
    constants, scale = 3, True


class MissionGrid(Kernel):
    """Bernoulli-logit log likelihood on the mission x state grid; see ``kernels.mission_grid``.

    Inputs: intercept (M), slope (V, M), value (V, M, S), state (S), coefficient (K), covariate (K, M, S), sign (M, S). Values
    that are known, all of them, are not differentiated.
    """

    __props__ = ("known_values",)
    kernel = staticmethod(kernels.mission_grid)
    axes = 1, 2, 3, 1, 1, 3, 2

    def __init__(self, known_values: bool = False):
        self.known_values = known_values

    def filled(self, shapes):
        missions, states = shapes[6]
        return [*[shapes[i] for i in (0, 1, 3, 4)], (1 if self.known_values else missions, states)]

    def connection_pattern(self, node):
        connected = True, True, not self.known_values, True, True, False, False
        return [[by_value, *[False] * 5] for by_value in connected]

    def pullback(self, inputs, outputs, cotangents):
        scale = cotangents[0]
        by_intercept, by_slope, by_state, by_coefficient, by_cell = outputs[1:]
        others = [scale * part for part in (by_intercept, by_slope, by_state, by_coefficient)]
        known = _disconnected(2)
        by_value = known[0] if self.known_values else scale * (inputs[1][:, :, None] * by_cell[None])
        return [*others[:2], by_value, *others[2:], *known]


class GaussianPath(Kernel):
    """(precision (P, S), shift (B, S), standard (B, S)) -> (log integral, path, factor); see ``path_kernels.gaussian_path``."""

    kernel = staticmethod(path_kernels.gaussian_path)
    axes = 2, 2, 2

    def reverse(self):
        return GaussianPathGradient()

    def filled(self, shapes):
        return [shapes[2], shapes[0]]

    def connection_pattern(self, node):
        return [[True, True, False], [True, True, False], [False, True, False]]

    def pullback(self, inputs, outputs, cotangents):
        by_total, by_path, _ = cotangents
        if isinstance(by_total.type, DisconnectedType):
            by_total = pt.constant(0.0)
        if isinstance(by_path.type, DisconnectedType):
            by_path = pt.zeros_like(outputs[1])
        return self.reverse()(inputs[2], outputs[1], outputs[2], by_total, by_path)


class GaussianPathGradient(Kernel):
    """Reverse pass of ``GaussianPath``: derivatives to precision, shift and standard."""

    kernel = staticmethod(path_kernels.gaussian_path_gradient)
    returns_value = False
    axes = 2, 2, 2, 0, 2

    def filled(self, shapes):
        return [shapes[2], shapes[0], shapes[0]]


class ConditionedNormal(Kernel):
    """(standard (S), spread (1), information (S), score (S)) -> (gain, effects); see ``kernels.conditioned_normal``."""

    kernel = staticmethod(kernels.conditioned_normal)
    axes = 1, 1, 1, 1

    def reverse(self):
        return ConditionedNormalGradient()

    def filled(self, shapes):
        return [shapes[0]]

    def pullback(self, inputs, outputs, cotangents):
        by_total, by_value = cotangents
        return self.reverse()(*inputs, outputs[1], by_total, by_value)


class ConditionedNormalGradient(Kernel):
    """Reverse pass of ``ConditionedNormal``: derivatives to its inputs."""

    kernel = staticmethod(kernels.conditioned_normal_gradient)
    returns_value = False
    axes = 1, 1, 1, 1, 1, 0, 1

    def filled(self, shapes):
        return shapes[:4]


class ConditionedZeroSumNormal(ConditionedNormal):
    """The same of effects that sum to zero; see ``kernels.conditioned_zero_sum_normal``."""

    kernel = staticmethod(kernels.conditioned_zero_sum_normal)

    def reverse(self):
        return ConditionedZeroSumNormalGradient()


class ConditionedZeroSumNormalGradient(ConditionedNormalGradient):
    """Reverse pass of ``ConditionedZeroSumNormal``: derivatives to its inputs."""

    kernel = staticmethod(kernels.conditioned_zero_sum_normal_gradient)


class Indicators(Kernel):
    """Counts, or 0/1 indicators, of a latent -> (log density, deviations, derivatives); see ``indicator_kernels.indicators``.

    The log density is differentiated to the first nine inputs, the deviations are not.
    """

    kernel = staticmethod(indicator_kernels.indicators)
    axes = 2, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3
    differentiated = 9

    def filled(self, shapes):
        return [shapes[0], *shapes[: self.differentiated]]

    def connection_pattern(self, node):
        known = [False] * (self.differentiated + 1)
        return [[i < self.differentiated, *known] for i in range(len(node.inputs))]

    def pullback(self, inputs, outputs, cotangents):
        gradient = [cotangents[0] * derivative for derivative in outputs[2:]]
        return [*gradient, *_disconnected(len(inputs) - self.differentiated)]


class NormalIndicators(Kernel):
    """(loading, level, sd, state sd, prior, ten statistics) -> (constant, precision, shift).

    See ``path_kernels.normal_indicators``; the statistics are those of ``models.path.normal_statistics`` in its order.
    """

    kernel = staticmethod(path_kernels.normal_indicators)
    axes = 1, 2, 1, 1, 1, 3, 3, 4, 3, 2, 3, 3, 3, 2, 2

    def reverse(self):
        return NormalIndicatorsGradient()

    def filled(self, shapes):
        return [shapes[5][1:], shapes[6][1:]]

    def connection_pattern(self, node):
        return [[i < 5 and not (i == 4 and o != 1) for o in range(3)] for i in range(15)]

    def pullback(self, inputs, outputs, cotangents):
        parameters, statistics = inputs[:4], inputs[5:]
        gradient = self.reverse()(*parameters, *statistics, cotangents[1], cotangents[2], cotangents[0])
        return [*gradient, *_disconnected(10)]


class NormalIndicatorsGradient(Kernel):
    """Reverse pass of ``NormalIndicators``: derivatives to loading, level, sd, state sd and prior."""

    kernel = staticmethod(path_kernels.normal_indicators_gradient)
    returns_value = False
    axes = 1, 2, 1, 1, 3, 3, 4, 3, 2, 3, 3, 3, 2, 2, 2, 2, 0

    def filled(self, shapes):
        return [*shapes[:4], (shapes[5][1],)]
