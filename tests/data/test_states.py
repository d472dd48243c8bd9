"""The shipped state-year table and its codebook: spot checks against the record, and rules for every row."""

from pathlib import Path

import pandas as pd
import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
USA = 2


@pytest.fixture(scope="module")
def states():
    table = pd.read_csv(DATA / "states.csv", keep_default_na=False, na_values=[""])
    return table.set_index(["pivotal", "state", "year"])


@pytest.fixture(scope="module")
def codebook():
    return pd.read_csv(DATA / "codebook.csv", keep_default_na=False).set_index("column")


# What is on record, one case a column: (state, year, column, value).
RECORD = [
    # Turkey joined NATO in 1952; Rio pact states share it with the USA from 1947.
    (640, 1950, "alliance_joint", 0),
    (640, 1955, "alliance_joint", 1),
    # Canada, USA: automotive pact 1966, then NAFTA from 1994.
    (20, 1960, "trade_pact_joint", 0),
    (70, 1995, "trade_pact_joint", 1),
    # No US ambassador in Havana from 1961 to 2015, in Tehran since 1980, in Pyongyang ever.
    (40, 1970, "ambassador_in_post", 0),
    (40, 2000, "ambassador_in_post", 0),
    (40, 1955, "ambassador_in_post", 1),
    (630, 1990, "ambassador_in_post", 0),
    (731, 1990, "ambassador_in_post", 0),
    (200, 1990, "ambassador_in_post", 1),
    (630, 1990, "ambassador_vacancy_days", 365),
    # Strategic rivalries with the USA.
    (365, 1980, "rivalry", 1),
    (365, 1995, "rivalry", 0),
    (40, 1980, "rivalry", 1),
    (20, 1980, "rivalry", 0),
    # No aid to Canada in the 1990s; Israel and Egypt are the great recipients.
    (20, 1995, "military_aid", 0),
    # Iraq and the USA: disputes in the years before 1995, sanctions too.
    (645, 1995, "disputes", 1),
    (645, 1995, "sanctions", 1),
    (20, 1960, "sanctions", 0),
    # No Swiss battalion under the UN flag in 2000; Bangladesh among the great contributors.
    (225, 2000, "un_missions_joined", 0),
]


@pytest.mark.parametrize(("state", "year", "column", "value"), RECORD)
def test_what_is_on_record(states, state, year, column, value):
    assert states.loc[(USA, state, year), column] == value


def test_orders_that_are_known(states):
    year = 1990
    assert states.loc[(USA, 200, year), "un_agreement"] > states.loc[(USA, 651, year), "un_agreement"]
    assert states.loc[(USA, 666, year), "military_aid"] > 100
    assert states.loc[(USA, 20, year), "trade_share"] > 60
    assert states.loc[(USA, 255, year), "troops"] > 1
    assert states.loc[(USA, 20, year), "visits_to_pivotal"] >= 3
    assert states.loc[(USA, 817, 1968), "troops"] > 20
    assert states.loc[(USA, 771, 2005), "un_missions_joined"] >= 4


def test_germany_and_yemen_have_one_row_in_1990(states):
    members = set(states.loc[(USA, slice(None), 1990), :].index.get_level_values("state"))
    assert {255, 679} <= members
    assert not {260, 265, 678, 680} & members


def test_windows_reach_across_german_unification(states):
    assert states.loc[(USA, 255, 1990), "visits_to_pivotal"] >= 5
    assert states.loc[(USA, 255, 1990), "alliance_joint"] == states.loc[(USA, 260, 1989), "alliance_joint"]


def test_states_enter_and_leave(states):
    codes = {
        year: set(part.index.get_level_values("state")) for year, part in states.loc[USA].groupby("year")
    }
    assert 315 in codes[1992]
    assert {316, 317} <= codes[1993] - codes[1992]
    assert 341 in codes[2006] - codes[2005]
    assert 347 in codes[2008] - codes[2007]
    assert {692, 694, 696} <= codes[1971] - codes[1970]
    assert 817 in codes[1974] - codes[1975]
    assert USA not in set().union(*codes.values())


@pytest.mark.parametrize(
    ("column", "year"),
    [
        ("exercises", 1983),
        ("exercises", 2011),
        ("sanctions", 2006),
        ("un_agreement", 1964),
        ("troops", 1949),
        ("igo_joint", 2015),
        ("un_missions_joined", 1993),
    ],
)
def test_years_outside_a_source_are_missing_not_zero(states, column, year):
    assert states.loc[(USA, slice(None), year), column].isna().all()


def test_states_that_the_treaty_collection_does_not_list_are_missing(states):
    assert states.loc[(USA, [713, 315, 817]), "un_treaty_joint"].isna().all()
    # North Korea had signed nothing in 1960: an observed zero.
    assert states.loc[(USA, 731, 1960), "un_treaty_own"] == 0


def test_own_ties_bound_joint_ties(states, codebook):
    for column, exposure in codebook.loc[codebook["role"] == "tie_count", "pairs_with"].items():
        assert not (states[column] > states[exposure]).any(), column


def test_a_power_has_no_ties_with_itself(states):
    assert states.loc[(USA, 365), "igo_joint_russia"].isna().all()
    assert states.loc[(USA, 200), "alliance_uk"].isna().all()


def test_placebo_is_the_count_five_years_later(states):
    now, later = states.loc[(USA, 640, 1990), "igo_joint_lead5"], states.loc[(USA, 640, 1995), "igo_joint"]
    assert now == later
    now, later = states.loc[(USA, 260, 1985), "igo_joint_lead5"], states.loc[(USA, 255, 1990), "igo_joint"]
    assert now == later


def test_guantanamo_says_nothing_of_the_relationship(states):
    assert states.loc[(USA, 40, slice(1961, 2022)), "troops"].isna().all()
    assert states.loc[(USA, 40, 1955), "troops"] > 0


def test_aid_is_never_negative(states):
    assert states[["economic_aid", "military_aid"]].min().min() == 0


def test_payments_are_marked_as_such(codebook):
    assert set(codebook.index[codebook["role"] == "payment"]) == {
        "aid_change_economic",
        "aid_change_military",
    }


def test_each_column_has_its_codebook_row(states, codebook):
    assert ["pivotal", "state", "year", *states.columns] == list(codebook.index)
    filled = ["role", "family", "transform", "unit", "window", "definition", "source", "citation", "terms"]
    assert (codebook[filled] != "").all(axis=None)
    assert (codebook[["first_year", "last_year"]] != "").all(axis=None)


def test_russia_is_the_only_other_pivotal_state_and_has_the_columns_of_all_dyads(states):
    """Other leaders' missions are negative controls with the ties to the USA: rows of their own ties are not needed."""
    assert set(states.index.get_level_values("pivotal")) == {USA, 365}
    rows = states.loc[(365, slice(None), 1998), :]
    assert len(rows) > 150
    assert (
        rows[["alliance_joint", "trade_pact_joint", "rivalry", "disputes", "igo_joint"]]
        .notna()
        .all(axis=None)
    )
    assert rows["troops"].isna().all()
    assert USA in rows.index.get_level_values("state")
    assert states.loc[(365, 370, 1998), "trade_pact_joint"] >= 1
    assert states.loc[(365, 370, 1998), "alliance_joint"] >= 1
