"""Rules of names, succession and grading, each on a real case; derivation from the sources where they are at hand."""

import os
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from workflow.lib.derivation import evidence
from workflow.lib.derivation.eligibility import membership
from workflow.lib.derivation.entry import entry_of
from workflow.lib.derivation.evidence import read_evidence
from workflow.lib.derivation.evidence_texts import list_family, role_class, split_sources, year_in_role
from workflow.lib.derivation.participation import (
    certainty_of,
    coded_missions,
    derive_excluded,
    derive_participation,
)
from workflow.lib.derivation.sources import VARIABLE, Sources, sources_folder
from workflow.lib.derivation.succession import (
    SPELLINGS,
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
def sources() -> Sources:
    return Sources(sources_folder(None))


@pytest.fixture(scope="module")
def cow_states(sources) -> pd.DataFrame:
    return sources.system


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
    with pytest.raises(
        UserError, match=r"'Ruritania'.*add it to workflow/lib/derivation/coding/spellings.csv"
    ):
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


def claim(year: int | None, basis: str) -> SimpleNamespace:
    return SimpleNamespace(first_year=year, basis=basis)


@pytest.mark.parametrize(
    ("claims", "end", "decision", "bounds"),
    [
        ([(1995, "dated")], None, {}, (153, 164)),
        ([(1982, "dated")], None, {}, (0, 8)),
        ([(1986, "latest")], None, {}, (0, 56)),
        ([(1986, "latest"), (1984, "dated")], None, {}, (21, 32)),
        ([(None, "")], None, {}, (0, None)),
        ([(None, "")], 1983, {}, (0, 20)),
        ([(1982, "latest")], None, {"earliest": "1986-08", "latest": "1990"}, (52, 104)),
        ([(1995, "latest")], None, {"earliest": "1986-08", "latest": ""}, (52, None)),
        ([(1995, "latest")], None, {"earliest": "", "latest": "1986-03"}, (0, 47)),
    ],
)
def test_bounds_of_an_entry_into_the_sinai_force_of_april_1982(claims, end, decision, bounds):
    entry = entry_of([claim(*one) for one in claims], (1982, 4), end, decision)
    assert (entry.earliest, entry.latest) == bounds


def test_only_a_dated_entry_has_a_first_year():
    assert entry_of([claim(1986, "latest")], (1982, 4), None, {}).first_year is None
    assert entry_of([claim(1986, "dated")], (1982, 4), None, {}).first_year == 1986


@with_sources
@pytest.mark.parametrize(
    ("code", "deployed", "gone"),
    [
        (511, date(1964, 11, 24), True),  # Zanzibar joined Tanganyika in April 1964
        (680, date(1990, 8, 7), True),  # South Yemen, May 1990
        (678, date(1990, 8, 7), False),  # the Yemen that went on under another code
        (260, date(1990, 8, 7), False),  # the Federal Republic
        (265, date(1990, 8, 7), False),  # East Germany, to October 1990
        (652, date(1958, 7, 15), True),  # Syria in the United Arab Republic
        (315, date(1993, 2, 28), True),  # Czechoslovakia
        (200, date(2023, 12, 18), False),
    ],
)
def test_who_had_left_the_system_when_the_forces_came(code, deployed, gone, cow_states):
    members = membership(cow_states, deployed.year, deployed)
    assert code in members.year_before
    assert (code in members.gone) is gone


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
        ("staff (1; pledged 120, then declined)", "staff"),
        ("support (AWACS crews; Tornado from 1995)", "staff"),
        ("declined (bases refused)", "declined"),
        ("offered, refused by the command", "refused"),
        ("naval (parallel national commands)", "combat"),
        ("naval (named; ships under national command)", "listed"),
        ("basing and air (strike aircraft from 1995)", "basing"),
        ("police (later)", "support"),
        ("police/troops", "combat"),
        ("not sovereign in 1950 (basing, mine clearing)", "listed"),
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


def test_what_the_evidence_says_of_a_dataset_at_hand_is_no_source_of_its_own():
    text = "IMI (Pearson & Baumann; Kisangani & Pickering), target 690 (8 Oct 1994); GML MID participants, dispute 4269"
    assert split_sources(text) == [("none", "", "")]
    assert split_sources("planken.org, Allied Harbor (all NATO nations contribute forces; no names)") == [
        ("none", "", "")
    ]


@with_sources
def test_a_code_that_is_not_that_of_the_name_is_refused(sources, monkeypatch, cow_states):
    table = read_evidence(sources)
    table.loc[(table["participant_name"] == "Botswana") & (table["code"] != ""), "code"] = "570"
    monkeypatch.setattr(evidence, "read_evidence", lambda _: table)
    with pytest.raises(UserError, match="column state, value 570: Botswana is 571 in 1998"):
        evidence.evidence_claims(sources, coded_missions(), codes_by_name(cow_states))


def test_names_that_are_no_states():
    assert SPELLINGS["CARICOM"] == ""


@pytest.fixture(scope="module")
def derived(sources) -> pd.DataFrame:
    return derive_participation(sources)


@with_sources
def test_deriving_twice_gives_the_same_table_from_either_folder(sources, derived):
    folder = sources.folder
    again = derive_participation(Sources(folder.parent if folder.name == "sources" else folder))
    assert again.to_csv(index=False) == derived.to_csv(index=False)


@with_sources
def test_every_participant_is_eligible_and_every_other_has_a_reason(sources, derived, cow_states):
    starts = pd.read_csv(Path(__file__).parents[2] / "data" / "missions.csv").set_index("mission")[
        "start_year"
    ]
    for mission, rows in derived.groupby("mission"):
        assert set(rows["state"]) <= set(system_members(cow_states, int(starts[mission])))
    assert derived.merge(derive_excluded(sources), on=["mission", "state"]).empty


@with_sources
def test_no_name_of_the_evidence_is_lost(sources, derived):
    evidence_rows = read_evidence(sources).drop_duplicates(["mission", "participant_name"])
    out = derive_excluded(sources)
    # Every row of the evidence is one mission and state; datasets add rows, so compare from the evidence's side.
    table = coded_missions()
    coded = table[table["evidence_name"] != ""].set_index("evidence_name")["mission"]
    named = evidence_rows.groupby(evidence_rows["mission"].map(coded)).size()
    kept = derived.groupby("mission").size().add(out.groupby("mission").size(), fill_value=0)
    assert (kept.reindex(named.index) >= named).all()
