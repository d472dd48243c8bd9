"""One PyTensor operator for compiled likelihoods: a kernel that returns its value and the derivatives to some of its inputs.

The derivatives come from the same pass as the value, so that a gradient costs one call. Only first derivatives are provided:
NUTS needs no more.
"""

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from models.kernels.bernoulli_logit import bernoulli_logit
from models.kernels.dynamic_factor import dynamic_factor

# kernel: which of its inputs are whole numbers, and which it differentiates, in the order of its outputs after the value
KERNELS = {
    "dynamic_factor": (dynamic_factor, (1, 2, 3, 5), (6, 7, 8, 9)),
    "bernoulli_logit": (bernoulli_logit, (), (0,)),
}


class Likelihood(Op):
    """(inputs of the kernel) -> (value, derivative to each differentiated input).

    Parameters
    ----------
    kernel : str
        A name in ``KERNELS``.
    """

    __props__ = ("kernel",)

    def __init__(self, kernel: str):
        self.kernel = kernel

    def make_node(self, *inputs):
        _, whole, differentiated = KERNELS[self.kernel]
        tensors = [
            pt.as_tensor(value).astype("int64" if place in whole else "float64")
            for place, value in enumerate(inputs)
        ]
        outputs = [pt.dvector(), *(tensors[place].type() for place in differentiated)]
        return Apply(self, tensors, outputs)

    def perform(self, node, inputs, outputs):
        for store, result in zip(outputs, KERNELS[self.kernel][0](*inputs), strict=True):
            store[0] = np.asarray(result)

    def infer_shape(self, node, shapes):
        return [(1,), *(shapes[place] for place in KERNELS[self.kernel][2])]

    def connection_pattern(self, node):
        differentiated = KERNELS[self.kernel][2]
        number = len(differentiated)
        return [[place in differentiated, *[False] * number] for place in range(len(node.inputs))]

    def pullback(self, inputs, outputs, cotangents):
        derivatives = dict(zip(KERNELS[self.kernel][2], outputs[1:], strict=True))
        return [
            cotangents[0][0] * derivatives[place] if place in derivatives else DisconnectedType()()
            for place in range(len(inputs))
        ]


def log_likelihood(kernel: str, *inputs):
    """Value of a kernel as a differentiable scalar."""
    return Likelihood(kernel)(*inputs)[0][0]


@register_funcify_default_op_cache_key(Likelihood)
def _compile(op, node, **kwargs):
    return numba_njit(KERNELS[op.kernel][0].py_func)
