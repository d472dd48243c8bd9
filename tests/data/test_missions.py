"""The coded missions: coverage, certainty of every fact, and agreement with the datasets they cite."""

import os
from pathlib import Path

import pandas as pd
import pytest

from workflow.lib.derivation import missions as module
from workflow.lib.derivation.horizon import SHORT_HORIZON_DAYS, read_dates
from workflow.lib.derivation.missions import FACTS, certainty_of_fact, derive_missions, evidence_of
from workflow.lib.derivation.sources import VARIABLE, Sources, sources_folder
from workflow.lib.errors import UserError

DATA = Path(__file__).parents[2] / "data"

# The sources may not be redistributed: without the folder these tests cannot run. CI sets the variable.
with_sources = pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} is not set: no source extracts"
)


@pytest.fixture(scope="module")
def missions() -> pd.DataFrame:
    return pd.read_csv(DATA / "missions.csv", keep_default_na=False).set_index("mission")


def test_at_least_sixty_missions_and_forty_five_with_the_usa_pivotal(missions):
    deployments = missions[missions["outcome_kind"] == "deployment"]
    assert len(deployments) >= 60
    assert (deployments["pivotal"] == 2).sum() >= 45
    assert missions.index.is_unique


def test_at_least_fifteen_missions_of_the_default_set_are_led_by_others(missions):
    default = (missions["evidence"] != "weak") & (missions["pivotal_certainty"] != "uncertain")
    default &= (missions["outcome_kind"] == "deployment") & (missions["start_year"] <= 2014)
    assert (missions.loc[default, "pivotal"] != 2).sum() >= 15
    assert (missions.loc[default, "pivotal"] == 2).sum() >= 30


def test_missions_led_by_others_are_there_as_negative_controls(missions):
    pivotal = missions["pivotal"]
    assert pivotal["east_timor_1999"] == 900
    assert pivotal["chad_2008"] == 220
    assert pivotal["shaba_1978"] == 220
    assert pivotal["alba_1997"] == 325
    assert pivotal["yemen_2015"] == 670
    assert pivotal["czechoslovakia_1968"] == 365


def test_words_are_an_outcome_of_their_own(missions):
    words = missions.index[missions["outcome_kind"] == "political_support"]
    assert set(words) == {"iraq_supporters_2003", "psi_2003"}


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


def test_elsewhere_the_horizon_is_the_days_from_trigger_to_first_forces(missions):
    ruled = missions[missions["short_horizon_source"].str.startswith("rule")]
    assert len(ruled) >= len(missions) - 5
    days = ruled["days_to_deployment"].astype(int)
    event = ruled["trigger_kind"] == "event"
    assert (ruled["short_horizon"].astype(bool) == event & (days <= SHORT_HORIZON_DAYS)).all()
    assert (missions["days_to_deployment"] >= 0).all()
    assert (missions["days_to_operation"] >= missions["days_to_deployment"]).all()


def test_five_days_after_the_invasion_of_kuwait_the_first_forces_came_and_the_war_after_168(missions):
    gulf = missions.loc["gulf_1990"]
    assert (gulf["trigger_date"], gulf["deployment_date"]) == ("1990-08-02", "1990-08-07")
    assert (gulf["days_to_deployment"], gulf["days_to_operation"]) == (5, 168)
    assert "horizon by the rule: 5 days" in gulf["disagreement"]


@pytest.mark.parametrize("mission", ["bosnia_1995", "kosovo_1999", "darfur_2007", "afghanistan_rs_2015"])
def test_a_mission_that_follows_an_agreement_or_a_resolution_had_time_to_bargain(missions, mission):
    assert missions.loc[mission, ["trigger_kind", "short_horizon"]].tolist() == ["decision", 0]


@pytest.mark.parametrize("mission", ["grenada_1983", "provide_comfort_1991", "tsunami_2004", "thailand_1962"])
def test_an_event_and_forces_within_the_month_are_a_short_horizon(missions, mission):
    assert missions.loc[mission, ["trigger_kind", "short_horizon"]].tolist() == ["event", 1]


def test_weak_missions_are_marked(missions):
    evidence = missions["evidence"]
    assert set(evidence) == {"strong", "fair", "weak"}
    assert set(evidence[["haiti_1994", "liberia_2003", "somalia_amisom_2007", "stanleyville_1964"]]) == {
        "weak"
    }
    assert set(evidence[["korea_1950", "gulf_1990", "iraq_mnf_2003"]]) == {"strong"}


@pytest.mark.parametrize("mission", ["stanleyville_1964", "liberia_2003", "somalia_amisom_2007"])
def test_that_the_usa_built_it_is_a_judgement(missions, mission):
    assert missions.loc[mission, "pivotal_certainty"] == "uncertain"


def test_a_mission_that_nobody_joined_is_weak(missions):
    assert set(missions.loc[["libya_1986", "desert_strike_1996"], "evidence"]) == {"weak"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("afghanistan_isaf_2001", "afghanistan_oef_2001"),
        ("iraq_invasion_2003", "iraq_mnf_2003"),
        ("iraq_invasion_2003", "iraq_supporters_2003"),
        ("allied_force_1999", "kosovo_1999"),
        ("deliberate_force_1995", "bosnia_1995"),
        ("deny_flight_1993", "adriatic_1992"),
        ("haiti_embargo_1993", "haiti_1994"),
        ("southern_watch_1992", "desert_fox_1998"),
    ],
)
def test_sister_missions_share_their_conflict(missions, one, other):
    assert missions.loc[one, "conflict"] == missions.loc[other, "conflict"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("haiti_1994", "haiti_2004"), ("gulf_1990", "iraq_invasion_2003"), ("bosnia_1995", "kosovo_1999")],
)
def test_other_wars_in_the_same_place_are_other_conflicts(missions, one, other):
    assert missions.loc[one, "conflict"] != missions.loc[other, "conflict"]


def test_every_group_of_sisters_has_its_reason_in_the_note(missions):
    sizes = missions["conflict"].map(missions["conflict"].value_counts())
    assert missions.loc[sizes > 1, "note"].str.contains("Conflict: ").all()
    assert (sizes[missions["conflict"] == missions.index] == 1).all()


def test_a_contested_lead_state_is_visible(missions):
    assert "United Kingdom" in missions.loc["afghanistan_isaf_2001", "disagreement"]
    assert "Nigeria" in missions.loc["darfur_2007", "disagreement"]


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
        derive_missions(Sources(sources_folder(None)))


@with_sources
def test_days_that_are_not_those_between_the_dates_are_refused(tmp_path):
    source = sources_folder(None)
    text = (source / "missions_more.csv").read_text(encoding="utf-8")
    (tmp_path / "sources").mkdir()
    (tmp_path / "missions_more.csv").write_text(
        text.replace("1990-08-02,general_knowledge,1990-08-07", "1990-08-01,general_knowledge,1990-08-07")
    )
    with pytest.raises(UserError, match=r"mission gulf_1990.*value 5: 6 days lie between its dates"):
        read_dates(Sources(tmp_path))
