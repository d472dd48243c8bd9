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


def test_turkey_in_1990_is_treated_like_kuwait_in_2003_pakistan_in_2001_and_hungary_in_1999(participation):
    rows = participation.set_index(["mission", "state_name"])
    for case in (
        ("gulf_1990", "Turkey"),
        ("iraq_invasion_2003", "Kuwait"),
        ("afghanistan_oef_2001", "Pakistan"),
        ("afghanistan_oef_2001", "Uzbekistan"),
        ("allied_force_1999", "Hungary"),
        ("libya_1986", "United Kingdom"),
    ):
        assert rows.loc[case, ["role", "joined"]].tolist() == ["basing", 0], case


def test_officers_in_a_headquarters_are_no_contingent(participation):
    staff = participation[participation["role"] == "staff"]
    assert set(staff["joined"]) == {0}
    named = staff.groupby("mission")["state_name"].apply(set)
    assert {"United Kingdom", "Luxembourg", "Greece", "Bulgaria", "Romania"} <= named["chad_2008"]
    assert {"Austria", "Ireland", "Italy"} <= named["artemis_2003"]
    assert named["sinai_1982"] == {"Norway"}


def test_crews_of_the_early_warning_force_count_alike_in_both_air_operations_over_bosnia(participation):
    staff = participation[participation["role"] == "staff"].groupby("mission")["state_name"].apply(set)
    crews = {"Belgium", "Canada", "Denmark"}
    assert crews <= staff["deny_flight_1993"] and crews <= staff["deliberate_force_1995"]


@pytest.mark.parametrize(
    ("mission", "name", "months"),
    [
        ("sinai_1982", "Hungary", 153),
        ("sinai_1982", "Canada", 45),
        ("somalia_amisom_2007", "Sierra Leone", 73),
        ("afghanistan_isaf_2001", "South Korea", 56),
        ("kosovo_1999", "Croatia", 60),
        ("kosovo_1999", "Latvia", 8),
    ],
)
def test_a_late_joiner_joined_and_its_months_say_when(participation, mission, name, months):
    row = participation.set_index(["mission", "state_name"]).loc[(mission, name)]
    assert (row["joined"], int(row["months_earliest"])) == (1, months)


def test_a_year_in_which_a_dataset_first_shows_a_state_is_no_entry_date(participation):
    rows = participation.set_index(["mission", "state_name"])
    for name in ("Ireland", "Sweden", "Slovenia", "Estonia"):
        seen = rows.loc[("afghanistan_isaf_2001", name)]
        assert (seen["first_year"], int(seen["months_earliest"])) == ("", 0)
        assert int(seen["months_latest"]) > 24


def test_bounds_of_an_entry_are_in_order(participation):
    known = participation[(participation["months_earliest"] != "") & (participation["months_latest"] != "")]
    assert len(known) > 600
    assert (known["months_earliest"].astype(int) <= known["months_latest"].astype(int)).all()


def test_east_germany_stopped_at_the_border_of_czechoslovakia(participation):
    assert joiners(participation, "czechoslovakia_1968") == {"Poland", "Hungary", "Bulgaria"}


def test_two_more_than_the_list_counts_are_not_in_somalia_1992(participation):
    names = joiners(participation, "somalia_1992")
    assert not {"Indonesia", "Malaysia"} & names
    assert len(names) + 1 == 27  # with the USA


def test_the_list_of_supporters_has_49_states_with_the_usa(participation):
    names = joiners(participation, "iraq_supporters_2003")
    assert len(names) + 1 == 49
    assert "Solomon Islands" in names
    assert not {"Bahrain", "Qatar", "Kazakhstan", "Taiwan"} & names


def test_thailand_and_mongolia_served_under_enduring_freedom(participation):
    assert {"Thailand", "Mongolia"} <= joiners(participation, "afghanistan_oef_2001")


@pytest.mark.parametrize(
    ("mission", "name", "grade"),
    [
        ("gulf_1990", "Honduras", "uncertain"),
        ("afghanistan_oef_2001", "Russia", "uncertain"),
        ("bosnia_1995", "Jordan", "probable"),
        ("iraq_invasion_2003", "Denmark", "probable"),
        ("deliberate_force_1995", "Netherlands", "probable"),
    ],
)
def test_grades_after_the_second_look(participation, mission, name, grade):
    row = participation.set_index(["mission", "state_name"]).loc[(mission, name)]
    assert (row["joined"], row["certainty"]) == (1, grade)


def test_eritrea_lent_its_base_for_the_war_in_yemen(participation):
    row = participation.set_index(["mission", "state_name"]).loc[("yemen_2015", "Eritrea")]
    assert (row["role"], row["joined"], row["certainty"]) == ("basing", 0, "uncertain")


def test_nepal_did_not_land_in_haiti_in_1994_and_zambia_was_not_in_somalia(participation):
    assert "Nepal" not in joiners(participation, "haiti_1994")
    assert "Zambia" not in joiners(participation, "somalia_amisom_2007")


@pytest.mark.parametrize(
    ("mission", "names"),
    [
        ("southern_watch_1992", {"United Kingdom", "France"}),
        ("jordan_lebanon_1958", {"United Kingdom"}),
        ("thailand_1962", {"United Kingdom", "Australia", "New Zealand"}),
        ("momep_1995", {"Brazil", "Argentina", "Chile"}),
        ("lesotho_1998", {"Botswana"}),
        ("kazakhstan_2022", {"Belarus", "Armenia", "Tajikistan", "Kyrgyzstan"}),
        ("libya_1986", set()),
        (
            "haiti_embargo_1993",
            {"Canada", "Dominican Republic", "Argentina", "United Kingdom", "Netherlands", "France"},
        ),
    ],
)
def test_who_joined_the_further_missions(participation, mission, names):
    assert joiners(participation, mission) == names


@pytest.mark.parametrize(
    ("mission", "name"),
    [
        ("adriatic_1992", "Romania"),  # in the dispute for a clash of its own
        ("southern_watch_1992", "Kuwait"),  # clashes on its own border
        ("congo_1998", "Libya"),  # one flight that fetched stranded Arabs
        ("ivory_coast_2002", "United States of America"),  # fetched foreigners
        ("desert_strike_1996", "United Kingdom"),  # a clash two months later
        ("rwanda_relief_1994", "Australia"),  # served in the force of the UN
    ],
)
def test_a_state_in_the_same_dataset_for_something_else_did_not_join(participation, mission, name):
    row = participation.set_index(["mission", "state_name"]).loc[(mission, name)]
    assert row["joined"] == 0


def test_the_emirates_of_1994_stand_under_a_misprint_in_the_interventions(participation):
    row = participation.set_index(["mission", "state_name"]).loc[
        ("vigilant_warrior_1994", "United Arab Emirates")
    ]
    assert "IMI" in row["sources"] and row["certainty"] == "verified"


def test_members_that_a_description_names_are_claims_of_the_dataset(participation):
    rows = participation.set_index(["mission", "state_name"])["sources"]
    assert "IMI (description" in rows["southern_watch_1992", "France"]
    assert "IMI (description" in rows["congo_1998", "Namibia"]


def test_recorded_refusals_did_not_join(participation):
    refused = participation[participation["role"] == "declined"]
    assert set(refused["joined"]) == {0}
    assert {"Turkey", "Canada", "France", "Germany"} <= set(
        refused.loc[refused["mission"] == "iraq_invasion_2003", "state_name"]
    )


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


@pytest.mark.parametrize(
    ("mission", "name", "reason"),
    [
        ("bosnia_1995", "Croatia", "its own war"),
        ("bosnia_1995", "Yugoslavia", "on the other side"),
        ("lebanon_1982", "Israel", "at war in the host's territory"),
        ("lebanon_1982", "Syria", "at war in the host's territory"),
        ("tanker_escort_1987", "Iraq", "its own war"),
        ("korea_1950", "Taiwan", "offered and refused"),
        ("ivory_coast_2002", "Gambia", "offered and refused"),
        ("gulf_1990", "Israel", "kept out by the builder"),
        ("stanleyville_1964", "Zanzibar", "no longer in the state system at the start"),
        ("gulf_1990", "Yemen People's Republic", "no longer in the state system at the start"),
        ("jordan_lebanon_1958", "Syria", "no longer in the state system at the start"),
        ("grenada_1983", "St. Kitts and Nevis", "entered the state system in the start year"),
        ("gulf_1990", "German Democratic Republic", "ended within two months of the start"),
    ],
)
def test_a_state_that_could_not_have_joined_did_not_decline(participation, excluded, mission, name, reason):
    assert excluded.set_index(["mission", "state_name"])["reason"][mission, name] == reason
    assert participation[(participation["mission"] == mission) & (participation["state_name"] == name)].empty


def test_yemen_that_went_on_under_another_code_stays_a_candidate(excluded):
    gulf = excluded[excluded["mission"] == "gulf_1990"]
    assert not {678, 679} & set(gulf["state"])


def test_disagreements_between_sources_are_visible(participation):
    rows = participation.set_index(["mission", "state_name"])["disagreement"]
    assert "every member of NATO" in rows["allied_force_1999", "Iceland"]
    assert "extract does not list" in rows["gulf_1990", "Bangladesh"]
    assert "denied" in rows["iraq_supporters_2003", "Solomon Islands"]
