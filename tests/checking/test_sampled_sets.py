"""The corners of the table of sets of indicators, sampled, in a small world in which quality decides."""

import numpy as np
import pandas as pd
import pytest

from models.blocks.factor import panel
from models.composition import Composition
from models.regressors import mission_years
from tests.checking.conftest import GATE
from tests.inference.small_world import PRIORS
from tests.models.example import ALIGNMENT, YEARS, example_data
from tests.models.simulate import simulate_outcome, simulate_panel
from workflow.lib.checking import sampled_sets
from workflow.lib.checking.indicator_sets import indicator_sets
from workflow.lib.checking.refits import Refitter
from workflow.lib.checking.sampled_sets import EFFECTS, SAMPLED, corners, with_sampled
from workflow.lib.errors import UserError

MAIN = Composition("main", regressors=("ties", "quality"), controls=())
ITEM = np.array([[0.9, 0.6, 0.9], [0.7, 0.7, 0.9], [-0.7, 0.7, 0.9], [0.6, 0.8, 0.9]])
SAMPLER = {"chains": 4, "tune": 600, "draws": 1500, "target_accept": 0.8}
REFITS = {"chains": 2, "tune": 200, "draws": 300}
RUN = {"gate": GATE, "interval": 0.9, "priors": {}, "refits": REFITS, "sampler": SAMPLER, "seed": 3}


@pytest.fixture(scope="module")
def world():
    data, random = example_data(missions=8, states=60), np.random.default_rng(4)
    empty = panel(ALIGNMENT, data)
    path, value = simulate_panel(empty, ITEM, 0.95, np.zeros((4, len(YEARS))), random)
    values = data.indicator_value.copy(deep=True)
    values.loc[{"indicator": empty.names}] = value.transpose(1, 0, 2)
    at = np.searchsorted(YEARS, mission_years(data))
    return simulate_outcome(-1 + 2 * path[:, at].T, data.assign(indicator_value=values), random)


@pytest.fixture(scope="module")
def table(world):
    return indicator_sets(ALIGNMENT, world, PRIORS, 5, 1)


def refitter(world, lines):
    return Refitter.configured(MAIN, world, {}, stage="indicator_sets", run=RUN, log=lines.append)


def test_corners_are_the_default_and_the_ends_of_both_effects_each_once():
    effects = pd.DataFrame({"quality_effect": [2, 3, 1, 2, np.nan], "ties_effect": [1, 0, 1, 5, np.nan]})
    assert corners(effects) == [0, 1, 2, 3]


def test_sampled_effects_stand_at_the_corners_alone_and_are_near_the_approximate_ones(world, table):
    found = with_sampled(table, ALIGNMENT, refitter(world, []))
    pd.testing.assert_frame_equal(found[table.columns], table)
    told = np.flatnonzero(found[SAMPLED].notna().all(axis=1))
    assert told.tolist() == sorted(corners(table))
    assert (found.loc[told, "quality_effect_sampled"] > 0.1).all()
    np.testing.assert_allclose(found.loc[told, SAMPLED], found.loc[told, EFFECTS], atol=0.08)


def test_a_set_whose_measurement_does_not_converge_has_no_number_and_is_said(world, table, monkeypatch):
    def refuse(*arguments):
        raise UserError("it did not converge")

    monkeypatch.setattr(sampled_sets, "compile_measurement", refuse)
    lines = []
    found = with_sampled(table, ALIGNMENT, refitter(world, lines))
    assert found[SAMPLED].isna().all(axis=None)
    assert lines[0] == "set 0: it did not converge"


def test_without_a_main_model_of_the_measure_the_columns_are_empty(table):
    assert with_sampled(table, ALIGNMENT, None)[SAMPLED].isna().all(axis=None)
