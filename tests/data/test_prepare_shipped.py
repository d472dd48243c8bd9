"""The analysis dataset of the shipped tables: what it promises."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.blocks.factor import panel
from models.build import outcome_inputs
from models.composition import Composition
from workflow.lib.inference.archive import read_dataset, write_tree
from workflow.lib.tables import load_tables, prepare
from workflow.lib.tables.coverage import coverage_by_year

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shipped():
    names = ("missions", "participation", "states", "codebook", "distances")
    paths = {name: f"data/{name}.csv" for name in names} | {"excluded": "data/participation_excluded.csv"}
    return load_tables(paths, PROJECT)


@pytest.fixture(scope="module")
def main(shipped):
    return prepare(shipped, {})


def test_shipped_main_analysis(main):
    dropped = json.loads(main.attrs["dropped"])
    assert main.sizes["mission"] >= 20
    assert dropped["scored"] > 4000
    assert dropped["scored"] == int(main.joined.notnull().sum())
    assert len(dropped["joiners_lost"]) <= 0.01 * dropped["joined_of_scored"]
    assert list(dropped["rows_missing"]) == ["un_treaty_joint"]


def test_shipped_scored_rows_are_complete(main):
    scored = main.joined.notnull()
    controls = main.covariate_value.sel(covariate=main.covariate_role == "control")
    assert bool(controls.notnull().all("covariate").where(scored, True).all())
    assert bool(main.ties.notnull().where(scored, True).all())
    assert not bool(main.ties.notnull().where(~scored, False).any())
    assert set(main.covariate.values[main.covariate_role.values == "control"]) == {
        *("log_population", "log_gdp_per_head", "capability", "democracy", "log_distance")
    }


def test_shipped_predictors_come_from_the_year_before(main, shipped):
    rows = shipped.states[shipped.states["pivotal"] == 2].set_index(["year", "state"])
    items = ["igo_joint", "un_treaty_joint", "alliance_joint", "trade_pact_joint"]
    for mission, state in (("korea_1950", 640), ("gulf_1990", 651), ("iraq_mnf_2003", 42)):
        year = int(main.start_year.sel(mission=mission)) - 1
        assert float(main.tie_total.sel(mission=mission, state=state)) == rows.loc[(year, state), items].sum()


def test_shipped_ties_beyond_exposure_do_not_follow_the_states_own_ties(main, shipped):
    rows = shipped.states[shipped.states["pivotal"] == 2].set_index(["year", "state"])
    owned = ["igo_own", "un_treaty_own", "alliance_own", "trade_pact_own"]
    for m in range(0, main.sizes["mission"], 9):
        scored = main.joined.notnull().values[m]
        year, states = int(main.start_year[m]) - 1, main.state.values[scored]
        own = rows.loc[[(year, state) for state in states], owned].sum(axis=1).to_numpy()
        ties = main.tie_measure_value.sel(tie_measure="beyond_exposure").values[m, scored]
        total = main.tie_total.values[m, scored]
        assert np.corrcoef(np.log1p(own), ties)[0, 1] == pytest.approx(0, abs=1e-6)
        assert np.corrcoef(np.log1p(total), ties)[0, 1] > 0.1


def test_shipped_constructs_have_indicators_and_each_is_observed(main):
    number = main.construct.to_series().value_counts()
    assert set(number.index) == {"alignment", "contact", "clientship", "hierarchy", "cooperativeness"}
    assert number.min() >= 3
    assert main.indicator.values[main.construct.values == "contact"].tolist() == [
        *("visits_to_pivotal", "visits_from_pivotal", "ambassador_in_post")
    ]
    assert (main.indicator_value.std(("state", "year")) > 0).all()


def test_shipped_others_missions_serve_as_negative_controls(shipped):
    data = prepare(shipped, {"ties_with": 2, "missions_led_by_others": True})
    assert {"east_timor_1999", "chad_2008", "alba_1997"} <= set(data.mission.values)
    assert 2 not in data.state.values
    assert np.isnan(data.joined.sel(mission="east_timor_1999", state=900))


def test_dataset_depends_on_nothing_but_tables_and_settings(shipped, main):
    assert prepare(shipped, {}).identical(main)


def test_dataset_read_from_its_file_gives_the_model_the_same_bits(main, tmp_path):
    """Draws follow from every bit of what a model is given; sums differ in the last with the order in memory."""
    write_tree(main, tmp_path / "analysis.nc")
    read = read_dataset(tmp_path / "analysis.nc")
    outcome, quality = (
        Composition("crossed", state_effects=True),
        Composition("quality", measures=("alignment",)),
    )
    arrays = [outcome_inputs(outcome, data).arrays for data in (main, read)]
    assert all(arrays[0][name].tobytes() == arrays[1][name].tobytes() for name in arrays[0])
    panels = [panel(quality, data) for data in (main, read)]
    panels = [(p.value, *p.readings, p.span, p.adjuster, p.pairs) for p in panels]
    assert all(one.tobytes() == other.tobytes() for one, other in zip(*panels, strict=True))


def test_coverage_of_shipped_tables(shipped):
    coverage = coverage_by_year(shipped)
    assert coverage["share"].between(0, 1).all()
    session = coverage[(coverage["column"] == "un_agreement") & (coverage["year"] == 1964)]
    assert session["share"].tolist() == [0]
    before = coverage[(coverage["column"] == "exercises") & (coverage["year"] < 1984)]
    assert before["share"].eq(0).all()
