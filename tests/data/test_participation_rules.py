"""Rules of names, succession and grading, each on a real case; derivation from the sources where they are at hand."""

import os
from pathlib import Path

import pandas as pd
import pytest

from workflow.lib.derivation.evidence import (
    evidence_path,
    extracts_folder,
    list_family,
    role_class,
    split_sources,
    year_in_role,
)
from workflow.lib.derivation.participation import (
    certainty_of,
    coded_missions,
    derive_excluded,
    derive_participation,
    lateness,
)
from workflow.lib.derivation.sources import VARIABLE, Sources, sources_folder
from workflow.lib.derivation.state_names import NOT_STATES
from workflow.lib.derivation.succession import (
    codes_by_name,
    seat_holder_of_claim,
    state_code,
    system_members,
)
from workflow.lib.errors import UserError

# The sources may not be redistributed: without the folder these tests cannot run. CI sets the variable.
with_sources = pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} is not set: no source extracts"
)


@pytest.fixture(scope="module")
def folder() -> Path:
    return extracts_folder(sources_folder(None))


@pytest.fixture(scope="module")
def cow_states(folder) -> pd.DataFrame:
    return Sources(folder).read("cow_states.csv")


@with_sources
@pytest.mark.parametrize(
    ("name", "claim_year", "start_year", "code"),
    [
        ("Germany", None, 2001, 255),
        ("Germany", 1991, 1990, 260),
        ("Germany", None, 1950, 260),
        ("Czechoslovakia", None, 1990, 315),
        ("Czech Republic", 1990, 1990, 315),
        ("Czech Republic", 2009, 1982, 316),
        ("Czech Republic", None, 2003, 316),
        ("Serbia", None, 2014, 345),
        ("Soviet Union", None, 1990, 365),
        ("Russia", None, 2008, 365),
        ("Yemen", None, 2007, 679),
        ("Yemen", None, 1990, 678),
        ("North Yemen", None, 1980, 678),
        ("South Vietnam", None, 1965, 817),
        ("North Vietnam", None, 1965, 816),
        ("Ivory Coast", None, 1978, 437),
        ("North Macedonia", None, 2003, 343),
        ("Korea", None, 1999, 732),
        ("CARICOM", None, 1995, None),
    ],
)
def test_a_name_stands_for_the_state_of_its_time(name, claim_year, start_year, code, cow_states):
    assert state_code(name, claim_year, start_year, codes_by_name(cow_states)) == code


@with_sources
def test_an_unknown_name_is_refused_not_dropped(cow_states):
    with pytest.raises(UserError, match=r"'Ruritania'.*add it to SPELLINGS"):
        state_code("Ruritania", None, 1990, codes_by_name(cow_states))


@with_sources
@pytest.mark.parametrize(
    ("code", "year", "inside"),
    [
        (347, 1999, False),  # Kosovo
        (341, 2001, False),  # Montenegro
        (341, 2007, True),
        (692, 1965, False),  # Bahrain
        (694, 1965, False),  # Qatar
        (696, 1990, True),  # the Emirates
        (260, 1950, False),  # Federal Republic of Germany
        (255, 1990, False),  # Germany waits for 1991
        (260, 1990, True),
        (679, 1990, False),  # Yemen waits for 1991
        (678, 1990, True),
        (315, 1990, True),  # Czechoslovakia
        (316, 1990, False),
        (316, 1993, True),
        (817, 1965, True),  # Republic of Vietnam
        (817, 1990, False),
        (860, 1999, False),  # East Timor
        (60, 1983, True),  # St. Kitts and Nevis, a month before Grenada
        (200, 2023, True),  # the list ends in 2016, the United Kingdom does not
    ],
)
def test_membership_of_the_state_system(code, year, inside, cow_states):
    assert (code in system_members(cow_states, year)) is inside


def test_a_claim_on_germany_follows_the_mission_and_one_on_czechoslovakia_its_own_year():
    assert seat_holder_of_claim(255, 1991, 1990) == 260
    assert seat_holder_of_claim(316, 1990, 1990) == 315
    assert seat_holder_of_claim(315, 2009, 1982) == 316


@pytest.mark.parametrize(
    ("families", "dataset", "capped", "grade"),
    [
        (0, False, False, "uncertain"),
        (1, True, False, "probable"),
        (1, False, False, "probable"),
        (3, False, False, "probable"),
        (2, True, False, "verified"),
        (3, True, True, "uncertain"),
    ],
)
def test_certainty_follows_the_number_and_kind_of_sources(families, dataset, capped, grade):
    assert certainty_of(families, dataset, capped) == grade


@pytest.mark.parametrize(
    ("year", "basis", "start", "end", "late"),
    [
        (1995, "dated", 1982, None, "yes"),
        (1986, "dated", 1982, None, "no"),
        (2010, "latest", 2001, 2014, "possible"),
        (2006, "latest", 2001, 2014, "no"),
        (None, "", 2001, 2014, ""),
        (None, "", 1990, 1991, "no"),
    ],
)
def test_lateness(year, basis, start, end, late):
    assert lateness(year, basis, start, end) == late


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("combat (special forces)", "combat"),
        ("naval (mine-hunters)", "combat"),
        ("medical (field hospital 1954, after armistice; recognised later)", "support"),
        ("non-combat troops (600)", "support"),
        ("basing/overflight", "basing"),
        ("finance + aircraft to Turkey", "finance"),
        ("offer only (pledge reported, INTERFET deployment doubtful)", "pledge"),
        ("UN guard only (UNAMI), not MNF-I", "listed"),
        ("political (on 48/49 list)", "political"),
    ],
)
def test_role_classes(text, role):
    assert role_class(text) == role


def test_an_unknown_role_is_refused():
    with pytest.raises(UserError, match="column role, value 'choir'"):
        role_class("choir")


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("troops (1576 in 2011)", (2011, "latest")),
        ("troops (1400)", (None, "")),
        ("troops (1999-2013 or non-MDI)", (None, "")),
        ("troops (2014-2021 in source window, max 29)", (2014, "latest")),
        ("contingent (2011 list; joined about 1995)", (1995, "dated")),
        ("contingent (in 2011 list; believed original 1982)", (1982, "believed")),
    ],
)
def test_years_in_roles(text, year):
    assert year_in_role(text) == year


def test_sources_of_one_text_are_counted_apart_and_general_knowledge_is_none():
    text = "COW Inter-State War v4 (copy in GitHub joshuaalley/arms-allies data/interstate-war-rev.csv); history.com"
    assert [(kind, family) for kind, family, _ in split_sources(text)] == [
        ("dataset", "cow"),
        ("list", "history.com"),
    ]
    assert [
        kind for kind, _, _ in split_sources("none retrieved (model general knowledge; check before use)")
    ] == ["none"]


def test_copies_of_wikipedia_are_one_source():
    copies = ["friendlywiki.com copy of Wikipedia Unified Task Force", "military-history.fandom.com infobox"]
    assert {list_family(name) for name in copies} == {"wikipedia"}
    assert list_family("Reuters 4 Mar 2004") != list_family("AP list of Feb 2006")


def test_names_that_are_no_states():
    assert "CARICOM" in NOT_STATES


@pytest.fixture(scope="module")
def derived(folder) -> pd.DataFrame:
    return derive_participation(folder)


@with_sources
def test_deriving_twice_gives_the_same_table_from_either_folder(folder, derived):
    again = derive_participation(folder.parent if folder.name == "sources" else folder)
    assert again.to_csv(index=False) == derived.to_csv(index=False)


@with_sources
def test_every_participant_is_eligible_and_every_other_has_a_reason(folder, derived, cow_states):
    starts = pd.read_csv(Path(__file__).parents[2] / "data" / "missions.csv").set_index("mission")[
        "start_year"
    ]
    for mission, rows in derived.groupby("mission"):
        assert set(rows["state"]) <= set(system_members(cow_states, int(starts[mission])))
    assert derived.merge(derive_excluded(folder), on=["mission", "state"]).empty


@with_sources
def test_no_name_of_the_evidence_is_lost(folder, derived):
    evidence = pd.read_csv(evidence_path(folder))
    out = derive_excluded(folder)
    # Every row of the evidence is one mission and state; datasets add rows, so compare from the evidence's side.
    table = coded_missions()
    coded = table[table["evidence_name"] != ""].set_index("evidence_name")["mission"]
    named = evidence.groupby(evidence["mission"].map(coded)).size()
    kept = derived.groupby("mission").size().add(out.groupby("mission").size(), fill_value=0)
    assert (kept.reindex(named.index) >= named).all()
