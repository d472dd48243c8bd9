"""The fast logit, and the answer under many sets of indicators."""

import numpy as np
import pytest
from scipy.special import expit

from models.priors import Priors
from tests.shipped import composition, shipped_data
from workflow.lib.checking.indicator_sets import COLUMNS, NEIGHBOURS, Sets, draw_sets, indicator_sets
from workflow.lib.checking.penalised_logit import Outcome, penalised_logit

OWN = [f"own_{k}" for k in range(8)]


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


def test_sets_are_different_have_three_indicators_and_begin_with_the_default():
    sets = draw_sets(OWN, list(NEIGHBOURS), 300, 1)
    assert len(sets) == len(set(sets)) == 300
    assert sets[0] == tuple(OWN)
    assert min(map(len, sets)) >= 3
    assert all(set(s) & set(OWN) for s in sets)
    assert sets == draw_sets(OWN, list(NEIGHBOURS), 300, 1) != draw_sets(OWN, list(NEIGHBOURS), 300, 2)


def test_of_few_indicators_no_more_sets_are_asked_than_there_are():
    assert len(draw_sets(OWN[:4], [], 300, 1)) == 5


@pytest.fixture(scope="module")
def sets():
    return Sets(composition("alignment"), shipped_data(), Priors())


def test_the_default_set_agrees_with_itself(sets):
    row = sets.row(0, tuple(composition("alignment").indicator_names(shipped_data())))
    assert list(row) == COLUMNS
    assert row["correlation_with_default"] == pytest.approx(1.0)


def test_a_set_of_hostile_indicators_points_the_right_way(sets):
    row = sets.row(1, ("disputes", "rivalry", "sanctions"))
    assert row["correlation_with_default"] > 0.3


def test_a_set_far_from_the_default_has_numbers_too(sets):
    """From the default's mode Newton's steps alone go round in circles here."""
    row = sets.row(2, ("arms_transfers", "exercises", "disputes", "rivalry", "economic_aid"))
    assert np.isfinite([row["quality_effect"], row["ties_effect"]]).all()


def test_the_effect_of_a_term_moves_nothing_else(sets):
    outcome = sets.outcome
    quality = np.random.default_rng(1).normal(size=len(outcome.joined))
    fit = outcome.fit(quality)
    for term, place in (("quality", Outcome.QUALITY), ("ties", Outcome.TIES)):
        without = fit.coefficient.copy()
        without[place] = 0
        first = 3 + outcome.controls.shape[1] + (1 if term == "quality" else 2) * outcome.missions.shape[1]
        without[first : first + outcome.missions.shape[1]] = 0
        assert outcome.effect(type(fit)(without, fit.covariance), quality, term) == pytest.approx(
            0, abs=1e-12
        )
        assert outcome.effect(fit, quality, term) != 0


@pytest.mark.slow
def test_two_processes_give_the_same_table_as_one():
    arguments = (composition("contact"), shipped_data(), Priors(), 3, 5)
    assert indicator_sets(*arguments, processes=1).equals(indicator_sets(*arguments, processes=2))
