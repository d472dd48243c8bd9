"""The shipped participants: spot checks a reviewer would make, and rules that hold for every row."""

from pathlib import Path

import pandas as pd
import pytest

DATA = Path(__file__).parents[2] / "data"
CERTAINTIES = {"verified", "probable", "uncertain"}


@pytest.fixture(scope="module")
def participation() -> pd.DataFrame:
    return pd.read_csv(DATA / "participation.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def missions() -> pd.DataFrame:
    return pd.read_csv(DATA / "missions.csv", keep_default_na=False).set_index("mission")


@pytest.fixture(scope="module")
def excluded() -> pd.DataFrame:
    return pd.read_csv(DATA / "participation_excluded.csv", keep_default_na=False)


def joiners(participation: pd.DataFrame, mission: str) -> set[str]:
    rows = participation[(participation["mission"] == mission) & (participation["joined"] == 1)]
    return set(rows["state_name"])


@pytest.mark.parametrize(
    ("mission", "names"),
    [
        ("korea_1950", {"Turkey", "Philippines", "South Africa", "Ethiopia", "Colombia"}),
        ("iraq_mnf_2003", {"Dominican Republic", "El Salvador", "Mongolia", "Tonga"}),
        ("gulf_1990", {"Egypt", "Syria", "Bangladesh"}),
        ("vietnam_1965", {"South Korea", "Thailand", "Philippines", "Australia", "New Zealand"}),
        ("darfur_2007", {"Nigeria", "Rwanda"}),
        ("east_timor_1999", {"Thailand", "Philippines"}),
        ("grenada_1983", {"Jamaica", "Barbados"}),
        ("yemen_2015", {"Egypt", "Sudan", "United Arab Emirates"}),
    ],
)
def test_well_known_participants_joined(participation, mission, names):
    assert names <= joiners(participation, mission)


@pytest.mark.parametrize("name", ["France", "Germany", "Belgium", "Canada"])
def test_neither_france_nor_germany_joined_the_force_in_iraq(participation, name):
    assert name not in joiners(participation, "iraq_mnf_2003")
    assert name not in joiners(participation, "iraq_invasion_2003")


def test_no_mission_and_state_twice(participation):
    assert not participation.duplicated(["mission", "state"]).any()


def test_every_row_has_a_certainty_and_a_source(participation):
    assert set(participation["certainty"]) <= CERTAINTIES
    assert (participation["sources"].str.len() > 0).all()
    assert (participation["n_sources"] >= 0).all()


def test_verified_means_two_independent_sources_and_no_source_means_uncertain(participation):
    assert (participation.loc[participation["certainty"] == "verified", "n_sources"] >= 2).all()
    assert set(participation.loc[participation["n_sources"] == 0, "certainty"]) == {"uncertain"}


def test_only_contingents_join_a_deployment_and_only_words_the_list_of_supporters(participation, missions):
    kinds = participation["mission"].map(missions["outcome_kind"])
    joined = participation["joined"] == 1
    assert set(participation.loc[joined & (kinds == "deployment"), "role"]) == {"combat", "support"}
    assert set(participation.loc[joined & (kinds == "political_support"), "role"]) == {"political"}


def test_a_state_that_only_lent_bases_or_money_did_not_join(participation):
    rows = participation.set_index(["mission", "state_name"])
    assert rows.loc[("iraq_invasion_2003", "Kuwait"), ["role", "joined"]].tolist() == ["basing", 0]
    assert rows.loc[("gulf_1990", "Japan"), ["role", "joined"]].tolist() == ["finance", 0]


def test_a_dated_entry_after_the_window_is_no_joiner_and_says_so(participation):
    hungary = participation.set_index(["mission", "state_name"]).loc[("sinai_1982", "Hungary")]
    assert (hungary["joined"], hungary["late"], int(hungary["first_year"])) == (0, "yes", 1995)
    assert "counted as not joined" in hungary["note"]


def test_a_state_first_seen_after_the_window_stays_but_uncertain(participation):
    seen_late = participation[(participation["late"] == "possible") & (participation["joined"] == 1)]
    assert len(seen_late) > 0
    assert set(seen_late["certainty"]) == {"uncertain"}
    assert "Mongolia" in set(seen_late.loc[seen_late["mission"] == "afghanistan_isaf_2001", "state_name"])


def test_first_years_lie_in_the_mission(participation, missions):
    known = participation[participation["first_year"] != ""]
    start = known["mission"].map(missions["start_year"]).astype(int)
    end = known["mission"].map(missions["end_year"]).replace("", "9999").astype(int)
    years = known["first_year"].astype(int)
    assert (years >= start).all()
    # A list can be printed, and a dataset-year counted, in the year after a short mission began.
    assert (years <= end + 1).all()


def test_missions_of_participants_are_coded(participation, missions, excluded):
    assert set(participation["mission"]) == set(missions.index)
    assert set(excluded["mission"]) <= set(missions.index)


def test_pivotal_states_targets_and_hosts_left_with_their_reason(participation, missions, excluded):
    for mission, row in missions.iterrows():
        out = {int(row["pivotal"])} | {
            int(code) for code in f"{row['targets']};{row['host']}".split(";") if code
        }
        assert not out & set(participation.loc[participation["mission"] == mission, "state"])
    reasons = excluded.set_index(["mission", "state_name"])["reason"]
    assert reasons["korea_1950", "South Korea"] == "host"
    assert reasons["korea_1950", "China"] == "target"
    assert reasons["east_timor_1999", "Australia"] == "pivotal state"


def test_states_outside_the_system_left_with_their_reason(participation, excluded):
    outside = "not in the state system in the start year"
    reasons = excluded.set_index(["mission", "state_name"])["reason"]
    assert reasons["korea_1950", "German Federal Republic"] == outside
    assert reasons["kosovo_1999", "Montenegro"] == outside
    assert reasons["afghanistan_isaf_2001", "Montenegro"] == outside
    assert reasons["sinai_1982", "Czech Republic"] == outside
    assert (excluded["reason"].str.len() > 0).all()


def test_conflicts_between_sources_are_visible(participation):
    rows = participation.set_index(["mission", "state_name"])["conflict"]
    assert "every member of NATO" in rows["allied_force_1999", "Iceland"]
    assert "extract does not list" in rows["gulf_1990", "Bangladesh"]
    assert "denied" in rows["iraq_supporters_2003", "Solomon Islands"]


def test_a_state_that_denied_its_support_is_no_supporter(participation):
    assert "Solomon Islands" not in joiners(participation, "iraq_supporters_2003")
