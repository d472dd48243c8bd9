"""The likelihood of decisions as a PyTensor operator: a kernel that returns its value and its derivative in one pass.

Only the first derivative is provided: NUTS needs no more.
"""

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from models.kernels.bernoulli_logit import JIT, bernoulli_logit


class BernoulliLogit(Op):
    """(logit (M, S), sign (M, S)) -> (value (1,), derivative to the logit); see ``bernoulli_logit``."""

    __props__ = ()

    def make_node(self, logit, sign):
        tensors = [pt.as_tensor(value).astype("float64") for value in (logit, sign)]
        return Apply(self, tensors, [pt.dvector(), tensors[0].type()])

    def perform(self, node, inputs, outputs):
        for store, result in zip(outputs, bernoulli_logit(*inputs), strict=True):
            store[0] = np.asarray(result)

    def connection_pattern(self, node):
        return [[True, False], [False, False]]

    def pullback(self, inputs, outputs, cotangents):
        return [cotangents[0][0] * outputs[1], DisconnectedType()()]


def log_likelihood(logit, sign):
    """Log likelihood of decisions as a differentiable scalar."""
    return BernoulliLogit()(logit, sign)[0][0]


@register_funcify_default_op_cache_key(BernoulliLogit)
def _compile(op, node, **kwargs):
    return numba_njit(bernoulli_logit.py_func, error_model=JIT["error_model"])
