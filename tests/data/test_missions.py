"""The coded missions: coverage, certainty of every fact, and agreement with the datasets they cite."""

import os
from pathlib import Path

import pandas as pd
import pytest

from workflow.lib.derivation import missions as module
from workflow.lib.derivation.missions import FACTS, certainty_of_fact, derive_missions, evidence_of
from workflow.lib.derivation.sources import VARIABLE, sources_folder
from workflow.lib.errors import UserError

DATA = Path(__file__).parents[2] / "data"

# The sources may not be redistributed: without the folder these tests cannot run. CI sets the variable.
with_sources = pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} is not set: no source extracts"
)


@pytest.fixture(scope="module")
def missions() -> pd.DataFrame:
    return pd.read_csv(DATA / "missions.csv", keep_default_na=False).set_index("mission")


def test_at_least_thirty_missions_and_twenty_with_the_usa_pivotal(missions):
    assert len(missions) >= 30
    assert (missions["pivotal"] == 2).sum() >= 20
    assert missions.index.is_unique


def test_missions_led_by_others_are_there_as_negative_controls(missions):
    pivotal = missions["pivotal"]
    assert pivotal["east_timor_1999"] == 900
    assert pivotal["chad_2008"] == 220
    assert pivotal["shaba_1978"] == 220
    assert pivotal["alba_1997"] == 325
    assert pivotal["yemen_2015"] == 670
    assert pivotal["czechoslovakia_1968"] == 365


def test_the_public_list_of_supporters_is_the_only_political_outcome(missions):
    assert list(missions.index[missions["outcome_kind"] == "political_support"]) == ["iraq_supporters_2003"]


def test_the_horizon_follows_kreps_where_she_speaks(missions):
    horizon = missions["short_horizon"]
    assert horizon[["afghanistan_oef_2001", "iraq_invasion_2003"]].tolist() == [1, 1]
    assert horizon[["gulf_1990", "haiti_1994"]].tolist() == [0, 0]


def test_every_fact_has_a_source_or_is_uncertain(missions):
    for fact in FACTS:
        known = missions[missions[fact] != ""]
        assert set(known[f"{fact}_certainty"]) <= {"verified", "probable", "uncertain"}
        bare = known[f"{fact}_source"] == "general knowledge"
        assert set(known.loc[bare, f"{fact}_certainty"]) <= {"uncertain"}
        assert (known[f"{fact}_source"] != "").all()


def test_weak_missions_are_marked(missions):
    evidence = missions["evidence"]
    assert set(evidence) == {"strong", "fair", "weak"}
    assert set(evidence[["haiti_1994", "liberia_2003", "deliberate_force_1995", "somalia_amisom_2007"]]) == {
        "weak"
    }
    assert set(evidence[["korea_1950", "gulf_1990", "iraq_mnf_2003"]]) == {"strong"}


def test_a_contested_lead_state_is_visible(missions):
    assert "United Kingdom" in missions.loc["afghanistan_isaf_2001", "conflict"]
    assert "Nigeria" in missions.loc["darfur_2007", "conflict"]


@pytest.mark.parametrize(
    ("source", "certainty"),
    [
        ("", "uncertain"),
        ("Mullenbach TPPKM 3.1 row 154", "verified"),
        ("Kreps 2011 (Gulf 1991: long)", "probable"),
    ],
)
def test_certainty_of_a_fact(source, certainty):
    assert certainty_of_fact(source) == certainty


def test_strength_of_evidence():
    joiners = pd.DataFrame({"certainty": ["verified", "verified", "uncertain"]})
    assert evidence_of(joiners, "verified") == "strong"
    assert evidence_of(joiners, "uncertain") == "weak"
    assert evidence_of(joiners.iloc[2:], "verified") == "weak"
    assert evidence_of(pd.DataFrame({"certainty": ["probable"]}), "verified") == "fair"


@with_sources
def test_a_mandate_that_contradicts_the_cited_dataset_is_refused(monkeypatch):
    coded = module.coded_missions()
    coded.loc[coded["mission"] == "somalia_1992", "un_mandate"] = "0"
    monkeypatch.setattr(module, "coded_missions", lambda: coded)
    with pytest.raises(
        UserError, match="mission somalia_1992, column un_mandate, value 0: Mullenbach row 154 says 1"
    ):
        derive_missions(sources_folder(None))
