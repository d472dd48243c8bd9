"""The likelihood of decisions as a PyTensor operator: values, gradients through a graph, and what has none."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import DisconnectedInputError
from scipy import stats

from models.kernels.bernoulli_logit import bernoulli_logit
from models.kernels.operator import log_likelihood

RANDOM = np.random.default_rng(3)
LOGIT = RANDOM.normal(0, 3, (4, 7))
SIGN = RANDOM.choice([-1.0, 0.0, 1.0], LOGIT.shape)


def compiled(inputs, outputs):
    return pytensor.function(inputs, outputs, mode="FAST_COMPILE")


def central_difference(function, place, step=1e-6):
    found = np.zeros_like(place)
    for index in np.ndindex(place.shape):
        ends = []
        for sign in (1, -1):
            moved = place.copy()
            moved[index] += sign * step
            ends.append(function(moved))
        found[index] = (ends[0] - ends[1]) / (2 * step)
    return found


def test_decisions_have_the_bernoulli_probability_and_cells_left_out_none():
    value, gradient = bernoulli_logit(LOGIT, SIGN)
    probability = 1 / (1 + np.exp(-LOGIT))
    expected = stats.bernoulli.logpmf(SIGN > 0, probability)[SIGN != 0].sum()
    assert value[0] == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient, np.where(SIGN == 0, 0, (SIGN > 0) - probability), atol=1e-12)


def test_logits_far_out_neither_overflow_nor_lose_their_gradient():
    value, gradient = bernoulli_logit(
        np.array([[800.0, -800.0, 800.0, -800.0]]), np.array([[1.0, 1.0, -1.0, -1.0]])
    )
    assert value[0] == -1600
    np.testing.assert_allclose(gradient, [[0, 1, -1, 0]], rtol=0, atol=1e-14)


def test_the_product_under_the_logarithm_does_not_overflow_where_missions_are_many():
    value, _ = bernoulli_logit(np.zeros((5000, 2)), np.ones((5000, 2)))
    assert value[0] == pytest.approx(10000 * np.log(0.5), rel=1e-12)


def test_the_gradient_of_decisions_passes_through_a_graph():
    slope = pt.dscalar()
    column = np.abs(LOGIT)
    density = 2 * log_likelihood(slope * column + LOGIT, SIGN)
    value, gradient = compiled([slope], [density, pt.grad(density, slope)])(0.3)
    assert value == pytest.approx(2 * bernoulli_logit(0.3 * column + LOGIT, SIGN)[0][0])
    expected = central_difference(
        lambda b: 2 * bernoulli_logit(b * column + LOGIT, SIGN)[0][0], np.array(0.3)
    )
    assert gradient == pytest.approx(expected, rel=1e-6)


def test_data_have_no_gradient():
    sign = pt.dmatrix()
    with pytest.raises(DisconnectedInputError):
        pt.grad(log_likelihood(LOGIT * pt.dscalar(), sign), sign)
