"""The fast logit of the tests of reverse causation."""

import numpy as np
from scipy.special import expit

from tests.recovery.penalised_logit import penalised_logit


def test_the_penalised_logit_finds_known_slopes_and_their_errors():
    random = np.random.default_rng(1)
    design = np.column_stack([np.ones(4000), random.normal(size=(4000, 2))])
    truth = np.array([-1.0, 0.8, 0.0])
    joined = (random.random(4000) < expit(design @ truth)).astype(float)
    fit = penalised_logit(design, joined, np.full(3, 5.0))
    assert (np.abs(fit.coefficient - truth) < 3 * np.sqrt(np.diag(fit.covariance))).all()
    gradient = design.T @ (joined - expit(design @ fit.coefficient)) - fit.coefficient / 25
    assert np.abs(gradient).max() < 1e-3


def test_a_tight_penalty_holds_a_slope_near_zero_where_everybody_with_it_joined():
    design = np.column_stack([np.ones(40), np.repeat([0.0, 1.0], 20)])
    joined = np.repeat([0.0, 1.0], 20)
    fit = penalised_logit(design, joined, np.array([1.0, 0.1]))
    assert 0 < fit.coefficient[1] < 0.3
