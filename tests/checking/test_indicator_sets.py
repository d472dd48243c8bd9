"""The answer under many sets of indicators: in a small world in which quality decides, and with the shipped indicators."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from models.blocks.factor import panel
from models.composition import Composition
from models.regressors import mission_years
from tests.checking.conftest import GATE
from tests.inference.small_world import PRIORS
from tests.models.example import ALIGNMENT, YEARS, example_data
from tests.models.simulate import simulate_outcome, simulate_panel
from tests.shipped import composition, shipped_data
from workflow.lib.checking import indicator_sets as module
from workflow.lib.checking.indicator_sets import (
    COLUMNS,
    NEIGHBOURS,
    draw_sets,
    indicator_sets,
    measuring_with,
)
from workflow.lib.checking.refits import Refitter
from workflow.lib.checking.validity.paths import correlation_within_years, refit
from workflow.lib.errors import UserError

OWN = [f"own_{k}" for k in range(8)]
MAIN = Composition("main", regressors=("ties", "quality"), controls=())
ITEM = np.array([[0.9, 0.6, 0.9], [0.7, 0.7, 0.9], [-0.7, 0.7, 0.9], [0.6, 0.8, 0.9]])
SAMPLER = {"chains": 4, "tune": 600, "draws": 1500, "target_accept": 0.8}
REFITS = {"chains": 2, "tune": 200, "draws": 300}
RUN = {"gate": GATE, "interval": 0.9, "priors": {}, "refits": REFITS, "sampler": SAMPLER, "seed": 3}


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
def world():
    data, random = example_data(missions=8, states=60), np.random.default_rng(4)
    empty = panel(ALIGNMENT, data)
    path, value = simulate_panel(empty, ITEM, 0.95, np.zeros((4, len(YEARS))), random)
    values = data.indicator_value.copy(deep=True)
    values.loc[{"indicator": empty.names}] = value.transpose(1, 0, 2)
    years = np.searchsorted(YEARS, mission_years(data))
    return simulate_outcome(-1 + 2 * path[:, years].T, data.assign(indicator_value=values), random)


@pytest.fixture
def refitter(world):
    measured = refit(panel(ALIGNMENT, world), PRIORS)
    coords = {"state": measured.panel.states, "year": measured.panel.years}
    path = xr.Dataset({"filtered_mean": (("state", "year"), measured.filtered)}, coords)
    return Refitter.configured(MAIN, world, {"quality": path}, stage="sets", run=RUN, log=print)


def test_each_set_has_the_effects_of_the_main_model_refitted_with_its_path(world, refitter):
    table = indicator_sets(ALIGNMENT, world, PRIORS, 4, 1, refitter, print)
    assert list(table.columns) == COLUMNS
    assert table["correlation_with_default"][0] == pytest.approx(1.0)
    # the default's path is the one that the main model has
    expected = refitter.effects(refitter.fit("set 0"))
    assert table["quality_effect"][0] == pytest.approx(float(expected["quality_effect"].mean()))
    larger = (expected["quality_effect"] > expected["ties_effect"]).mean()
    assert table["quality_larger"][0] == pytest.approx(float(larger))
    assert (table["quality_effect"] > 0.1).all()
    assert (table["ties_effect"].abs() < 0.1).all()


def test_a_set_whose_refit_does_not_converge_has_no_effects_and_is_said(world, refitter, monkeypatch):
    def refuse(*arguments, **named):
        raise UserError("it did not converge")

    monkeypatch.setattr(module, "effects_with", refuse)
    lines = []
    table = indicator_sets(ALIGNMENT, world, PRIORS, 3, 1, refitter, lines.append)
    assert table[["quality_effect", "ties_effect", "quality_larger"]].isna().all(axis=None)
    assert table["correlation_with_default"].notna().all()
    assert lines[0] == "set 0: it did not converge"


def test_without_a_main_model_of_the_measure_there_are_no_effects(world):
    table = indicator_sets(ALIGNMENT, world, PRIORS, 3, 1, None, print)
    assert table["quality_effect"].isna().all()


def test_a_set_of_hostile_indicators_points_the_right_way():
    quality, data = composition("alignment"), shipped_data()
    hostile = measuring_with(quality, ("disputes", "rivalry", "sanctions"), data)
    paths = [refit(panel(terms, data), PRIORS).smoothed for terms in (quality, hostile)]
    assert correlation_within_years(*paths) > 0.3


def test_a_set_keeps_the_eras_of_its_own_indicators():
    free = replace(composition("alignment"), free_after={"un_agreement": 1990, "arms_transfers": 1990})
    found = measuring_with(free, ("un_agreement", "troops", "exercises"), shipped_data())
    assert found.free_after == {"un_agreement": 1990}
