"""The measure of the relationship on the shipped data, against what a historian knows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.blocks.factor import panel
from models.priors import Priors
from tests.shipped import ROOT, composition, shipped_data, shipped_measure, shipped_paths, shipped_places
from workflow.lib.checking.table import verdict_counts
from workflow.lib.checking.validity.benchmark import benchmark
from workflow.lib.checking.validity.known import known_groups, known_orderings, spells, turning_points
from workflow.lib.checking.validity.paths import percentiles, refit
from workflow.lib.checking.validity.run import HELD_OUT, read_known

KNOWN = {name: f"data/known_{name}.csv" for name in ("orderings", "groups", "turning_points")}
ORDERINGS = pd.read_csv(ROOT / KNOWN["orderings"])
GROUPS = pd.read_csv(ROOT / KNOWN["groups"]).query("expectation != 'none' and from_year < 2013")
CANADA, JAPAN, IRAN, TAIWAN, CHINA = 20, 740, 630, 713, 710


@pytest.fixture(scope="module")
def known():
    return read_known({name: ROOT / path for name, path in KNOWN.items()})


@pytest.fixture(scope="module")
def draws():
    return shipped_paths("alignment").smoothed_draw.values.astype(float)


def cells(draws, state, year):
    return shipped_places().cells(draws, state, [year])[:, 0]


def test_japan_stands_above_iran_in_2013(draws):
    assert (cells(draws, JAPAN, 2013) > cells(draws, IRAN, 2013)).mean() > 0.95


def test_canada_stands_in_the_top_fifth_in_2013(draws):
    assert (cells(percentiles(draws), CANADA, 2013) > 0.8).mean() > 0.95


def test_taiwan_stands_above_mainland_china_in_every_year_before_1972(draws):
    years = range(1950, 1972)
    chances = [(cells(draws, TAIWAN, y) > cells(draws, CHINA, y)).mean() for y in years]
    assert min(chances) > 0.5, dict(zip(years, chances, strict=True))


@pytest.mark.parametrize(
    "row", range(len(ORDERINGS)), ids=lambda row: "-".join(str(v) for v in ORDERINGS.iloc[row, :3])
)
def test_a_known_pair_is_ordered_as_history_has_it(row, draws):
    table = known_orderings(draws, shipped_places(), ORDERINGS.iloc[[row]], "quality")
    assert table["estimate"][0] > 0.5, table.iloc[0].to_dict()


def test_every_known_pair_but_one_is_told(draws):
    """Kenya and Uganda in 1975: the sanction on Uganda weighs little, and coffee and old arms speak for Uganda."""
    table = known_orderings(draws, shipped_places(), ORDERINGS, "quality")
    untold = table[table["verdict"] != "passed"]
    assert untold["verdict"].tolist() == ["cannot tell"], untold.to_dict("records")
    assert "Kenya" in untold["label"].iloc[0]


@pytest.mark.parametrize(
    "kind", dict.fromkeys(zip(GROUPS["kind"], GROUPS["expectation"], strict=True)), ids=":".join
)
def test_a_known_group_stands_where_history_has_it(kind, draws):
    own = GROUPS[(GROUPS["kind"] == kind[0]) & (GROUPS["expectation"] == kind[1])]
    assert len(spells(own, shipped_places()))
    table = known_groups(draws, shipped_places(), own, "quality", 0.9)
    assert table["verdict"][0] == "passed", table.to_dict("records")


def test_four_in_five_turning_points_that_can_be_told_are_right(draws, known):
    counts = verdict_counts(turning_points(draws, shipped_places(), known["turning_points"], "quality"))
    assert counts["passed"] + counts["failed"] >= 15
    assert counts["passed"] >= 0.8 * (counts["passed"] + counts["failed"])


@pytest.fixture(scope="module")
def criteria(draws, known):
    own, data = composition("alignment"), shipped_data()
    names = own.indicator_names(data)
    held_out = {
        name: refit(panel(replace(own, indicators=tuple(n for n in names if n != name)), data), Priors())
        for name in HELD_OUT
    }
    measure = shipped_measure("alignment")
    return benchmark(draws, measure.panel, shipped_places(), known, held_out, "quality").set_index("item")


CALLS = [f"{kind}{score}" for kind in ("orderings", "turning_points") for score in ("", "_brier")]


@pytest.mark.parametrize("item", [*CALLS, "groups", *[f"held_out:{name}" for name in HELD_OUT]])
def test_the_measure_is_at_least_as_good_as_an_equal_weight_index(item, criteria):
    assert criteria.at[item, "verdict"] == "passed", criteria.loc[item].to_dict()


def test_contact_is_another_construct_than_alignment():
    from workflow.lib.checking.validity.constructs import correlations

    table = correlations({"quality": shipped_paths("alignment"), "contact": shipped_paths("contact")}, 0.9)
    assert table["verdict"].tolist() == ["passed"]
    assert table["lower"][0] > -0.2, "contact and alignment should not exclude one another"


def test_known_facts_are_about_states_of_the_panel(known):
    data = shipped_data()
    states = set(data.state.values.tolist())
    assert set(known["orderings"][["higher_state", "lower_state"]].to_numpy().ravel()) <= states
    assert set(known["turning_points"]["state"]) <= states
    assert np.isin(known["groups"]["state"], list(states)).mean() > 0.95


def test_no_known_fact_is_measured_with():
    names = composition("alignment").indicator_names(shipped_data())
    assert not [n for n in names if "known" in n] and len(names) == len(
        shipped_measure("alignment").panel.names
    )
