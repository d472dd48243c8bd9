"""Rules of the state-years on small inputs: what counts as an error of a source, and what stays."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from workflow.lib.derivation import bilateral, continuation
from workflow.lib.derivation.aid import mean_aid
from workflow.lib.derivation.contact import spells_in_post
from workflow.lib.derivation.grid import grid
from workflow.lib.derivation.pacts import pact_columns
from workflow.lib.derivation.population import broken
from workflow.lib.derivation.relations import ideal_points
from workflow.lib.derivation.security import (
    arms_transferred,
    exercise_codes,
    imposed_sanctions,
    jumps,
    shared_exercises,
    ships,
)
from workflow.lib.derivation.trade import coverage, trade_columns, trade_volumes

USA = 2


def frame(*rows):
    return pd.DataFrame(rows, columns=["state", "year"])


def sources(**tables):
    """Extracts that hold only what a rule needs; compared by identity, as the real ones."""

    class Extracts(SimpleNamespace):
        __hash__ = object.__hash__

    return Extracts(**tables)


def test_figures_that_jump_without_their_parts_are_errors_and_others_are_crises():
    years = list(range(2000, 2009))
    troops = pd.DataFrame(
        [
            [1e5, 1e5, 1e5, 1e5, 1e5, 3e5, 4e5, 1e5, 1e5],  # quarters added up
            [1e5, 1e5, 1e5, 1e5, 1e5, 3e5, 4e5, 1e5, 1e5],  # the same, service by service
            [4e3, 4e3, 4e3, 0, 0, 0, 5e3, 5e3, 5e3],  # left out of the list
            [20, 20, 20, 0, 0, 0, 30, 30, 30],  # a guard at an embassy
            [0, 0, 0, 0, 9e4, 9e4, 9e4, 0, 0],  # a war between two years of peace
        ],
        index=[1, 2, 3, 4, 5],
        columns=years,
    )
    parts = troops.mask(troops.index.isin([1, 3, 4, 5])[:, None] & np.ones(troops.shape, dtype=bool), 0.0)
    marked = jumps(troops, parts)
    assert {code: [year for year in years if marked.loc[code, year]] for code in troops.index} == {
        1: [2005, 2006],
        2: [],
        3: [2003, 2004, 2005],
        4: [],
        5: [],
    }


def test_crews_of_visiting_ships_are_marked_and_landings_are_not():
    years = [1953, 1954, 1955]
    troops = pd.DataFrame([[50, 3500, 60], [30, 17000, 100], [800, 900, 850]], index=[1, 2, 3], columns=years)
    navy = pd.DataFrame([[2, 3400, 3], [3, 5000, 4], [700, 800, 700]], index=[1, 2, 3], columns=years)
    assert ships(troops, navy).to_numpy().tolist() == [[False, True, False], [False] * 3, [False] * 3]


def test_points_of_few_votes_and_points_that_swing_there_and_back_are_missing():
    rows = pd.DataFrame(
        [(712, 47, 60, -0.4), (712, 48, 40, 2.0), (712, 49, 60, -0.2), (90, 47, 3, 0.5), (90, 48, 60, 0.4)],
        columns=["ccode", "session", "NVotes", "IdealPoint"],
    )
    table = ideal_points(sources(ideal_points=rows))
    np.testing.assert_array_equal(table.loc[712, 1992:1994], [-0.4, np.nan, -0.2])
    np.testing.assert_array_equal(table.loc[90, 1992:1993], [np.nan, 0.4])


def test_a_population_is_broken_only_where_it_jumps_and_a_second_source_disagrees():
    years = [2000, 2001, 2002, 2003]
    series = pd.DataFrame(
        [[110, 500, 500, 110], [100, 100, 40, 40], [300, 300, 310, 310]], index=[987, 770, 680], columns=years
    )
    other = pd.DataFrame(
        [[108, 108, 108, 108], [50, 50, 45, 45], [1000, 1000, 1000, 1000]],
        index=[987, 770, 680],
        columns=years,
    )
    assert broken(series, other).to_numpy().tolist() == [
        [False, True, True, False],
        [False] * 4,  # it lost a province
        [False] * 4,  # the second source counts another territory
    ]


def test_coverage_is_low_while_the_usual_partner_is_not_on_record():
    volumes = np.full((1, 2, 4), np.nan)
    volumes[0, 0] = [np.nan, 80, 80, 80]
    volumes[0, 1] = [1, 20, 20, 20]
    first, *later = coverage(volumes)[0]
    assert first < 0.5
    assert np.allclose(later, 1)


def dyads(rows):
    return pd.DataFrame(rows, columns=["ccode1", "ccode2", "year", "flow1", "flow2"])


def test_germany_counts_in_no_total_and_saigon_has_its_own_trade():
    rows = [
        (USA, 205, 1970, 1.0, 0.0),
        (205, 200, 1970, 1.0, 0.0),
        (USA, 210, 1970, 10.0, 0.0),
        (210, 255, 1970, 90.0, 0.0),
        (210, 220, 1970, 30.0, 0.0),
        (USA, 816, 1970, 5.0, 5.0),
        (220, 816, 1970, 10.0, 0.0),
        (USA, 816, 1976, 0.0, 0.0),
        (220, 816, 1976, 10.0, 0.0),
        (USA, 220, 1970, np.nan, 5.0),
    ]
    volumes = trade_volumes(sources(trade=dyads(rows)))
    table = trade_columns(
        frame((210, 1970), (817, 1970), (816, 1970), (816, 1976), (220, 1970), (205, 1970)), USA, volumes
    )
    np.testing.assert_array_equal(table["trade_share"], [25, 50, np.nan, 0, np.nan, np.nan])
    assert np.isnan(trade_columns(frame((210, 1970)), 900, volumes)["trade_share"][0])


def test_a_window_with_aid_of_an_unknown_year_is_missing_and_a_young_state_s_is_not():
    people = grid(
        pd.Series([713] * 6 + [450] * 2), pd.Series([*range(1949, 1955), 1953, 1954]), pd.Series([1e3] * 8)
    )
    aid = grid(
        pd.Series([713] * 5 + [450] * 2), pd.Series([*range(1950, 1955), 1953, 1954]), pd.Series([5.0] * 7)
    )
    aid.loc[450, 1953] = -9.0
    values = mean_aid(aid, people, frame((713, 1953), (713, 1954), (450, 1953), (450, 1954)), (1946, 2019))
    np.testing.assert_array_equal(values, [np.nan, 5, 0, 0])


def test_liaison_in_peking_is_no_embassy_in_taipei():
    columns = ["id", "ccode", "role", "career_type", "appointed", "started", "ended"]
    rows = [
        ("a", 710, "ambassador-e-p", "career", "1946-07-12", "1946-07-19", "1949-08-02"),
        ("b", 710, "ambassador-e-p", "career", "1966-06-16", "1966-06-28", "1974-04-04"),
        ("c", 710, "chief", "non-career", "1973-03-15", "1973-05-14", "1974-09-25"),
        ("d", 710, "ambassador-e-p", "career", "1974-03-14", "1974-05-25", "1979-01-19"),
        ("e", 710, "ambassador-e-p", "non-career", "1979-02-27", "1979-03-07", "1981-02-13"),
    ]
    spells = spells_in_post(pd.DataFrame(rows, columns=columns))
    assert list(zip(spells["code"], spells["start"].dt.year, strict=True)) == [
        (710, 1946),
        (710, 1979),
        (713, 1966),
        (713, 1974),
    ]


def test_sanctions_are_imposed_and_about_security():
    columns = ["startyear", "endyear", "ongoingasofyear", "sender1", "primarysender", "targetstate", "issue1"]
    columns += ["imposition", "sancimpositionstartyear", "sanctiontype"]
    rows = [
        (1980, 1982.0, np.nan, 2, 2, 365, 2, 1, "1981", "2 3"),  # imposed a year after the threat
        (2003, 2004.0, np.nan, 2, 2, 339, 7, 0, None, None),  # a threat alone
        (1990, 1991.0, np.nan, 2, 2, 20, 13, 1, "1990", "3"),  # trade
        (1952, np.nan, 1986, 2, 2, 205, 7, 1, "1952", "7"),  # aid that never came back
        (1960, np.nan, 1962, 2, 2, 40, 4, 1, "1960", "1 3"),
        (1970, 1971.0, np.nan, 200, 200, 552, 3, 1, "1970", "2"),  # another's sanction
    ]
    table = pd.DataFrame(rows, columns=columns)
    for number in range(2, 6):
        table[f"sender{number}"] = np.nan
    listed = imposed_sanctions(sources(sanctions=table), USA)
    assert sorted(zip(listed["code"], listed["year"], strict=True)) == [
        (40, 1960),
        (40, 1961),
        (40, 1962),
        (205, 1952),
        (365, 1981),
        (365, 1982),
    ]


def test_participants_of_exercises_without_a_code_are_known_by_name():
    rows = pd.DataFrame(
        [
            ("e", 2000, np.nan, "Tonga"),
            ("e", 2000, 817.0, "Vietnam"),
            ("e", 2003, 340.0, "Serbia"),
            ("e", 2000, 260.0, "Germany"),
            ("e", 2000, np.nan, "St. Kitts & Nevis"),
            ("e", 2000, np.nan, "-9"),
        ],
        columns=["exercise", "year", "gwcode", "country"],
    )
    system = pd.DataFrame(
        {"ccode": [955, 345, 60], "statenme": ["Tonga", "Yugoslavia", "St. Kitts and Nevis"]}
    )
    crosswalk = pd.DataFrame({"year": [2000], "gwcode": [260], "ccode": [255.0]})
    codes = exercise_codes(rows, sources(crosswalk=crosswalk, system=system))
    np.testing.assert_array_equal(codes, [955, 816, 345, 255, 60, np.nan])
    held = pd.DataFrame({"exercise": "e", "year": 2000, "code": [2.0, 955.0, 955.0, np.nan]})
    assert shared_exercises(held, USA, (1980, 2010), np.array([955])).loc[
        955, [2000, 2004, 2005]
    ].tolist() == [
        1,
        1,
        0,
    ]


def test_a_buyer_of_arms_that_is_never_listed_is_missing_and_others_bought_none():
    rows = pd.DataFrame(
        [
            (2, 666, 1988, 100.0),
            (2, 666, 1990, 500.0),
            (365, 40, 1992, 10.0),
            (365, 365, 1992, 0.0),
            (20, 2, 1990, 1.0),
        ],
        columns=["ccode1", "ccode2", "year", "value"],
    )
    extracts = sources(arms_transfers=rows)
    states = np.array([40, 666, 696])
    american = arms_transferred(extracts, USA, states)
    assert np.isnan(american.loc[666, 1989])  # two years since the seller is listed
    assert american.loc[666, 1990] == 200
    assert american.loc[40, 1994] == 0
    assert american.loc[696].isna().all()
    assert arms_transferred(extracts, 900, states).empty


def test_a_pact_needs_a_pledge_of_defence_by_one_of_the_two():
    members = pd.DataFrame(
        [
            (1, 2, 1949, 0, 1),
            (1, 640, 1951, 0, 1),
            (2, 2, 1975, 0, 0),
            (2, 380, 1975, 0, 0),
            (3, 2, 1960, 1965, 0),
            (3, 450, 1960, 0, 0),
            (3, 20, 1960, 0, 1),
            (4, 20, 1962, 0, 1),
            (4, 900, 1962, 0, 1),
        ],
        columns=["atopid", "member", "yrent", "yrexit", "defense"],
    )
    depth = pd.DataFrame({"atopid": [1, 2], "depth.score": [0.4, 2.0]})
    extracts = sources(alliance_members=members, alliance_depth=depth)
    rows = frame((640, 1950), (640, 1951), (380, 1980), (450, 1961), (20, 1964), (20, 1965), (640, 2019))
    columns = pact_columns(rows, USA, extracts, np.array([20, 380, 450, 640]))
    np.testing.assert_array_equal(columns["defence_pact"], [0, 1, 0, 0, 1, 0, np.nan])
    np.testing.assert_array_equal(columns["alliance_depth"], [np.nan, 0.4, *[np.nan] * 5])
    np.testing.assert_array_equal(columns["alliance_only_pivotal"], [0, 1, 0, 0, 0, 0, np.nan])


def index_of_treaties():
    columns = ["ccode1", "ccode2", "year", "topic", "headnote", "dup"]
    rows = [
        (2, 20, 1909, "5LAND", "BRIDGE", 0),
        (2, 20, 1960, "5AIR", "AIR", 0),
        (2, 20, 1960, "5AIR", "AIR", 2),
        (2, 750, 1956, "4AGRIC", "AGRICULTURAL COMMODITIES", 0),
        (2, 750, 1957, "3COMMO", "SALE OF AGRICULTURAL COMMODITIES", 0),
        (750, 365, 1970, "3TRADE", "TRADE", 0),
        (2, 20, 1990, "5AIR", "AIR", 0),
        (20, 365, 1990, "3TRADE", "TRADE", 0),
    ]
    system = pd.DataFrame({"ccode": [20, 750, 369], "styear": [1920, 1947, 1991], "endyear": 2016})
    return sources(bilateral_treaties=pd.DataFrame(rows, columns=columns), system=system)


def test_stocks_of_treaties_leave_out_aid_and_copies_and_end_where_registration_ends():
    extracts, states = index_of_treaties(), np.array([2, 20, 750, 369])
    rows = frame((20, 1950), (20, 1984), (20, 1985), (750, 1958), (750, 1970), (20, 2014), (369, 1995))
    table = bilateral.treaty_columns(rows, USA, extracts, states)
    nothing = np.nan
    assert_columns(table, "bilateral_treaty_joint", [1, 2, nothing, 0, 0, nothing, nothing])
    assert_columns(table, "bilateral_treaty_own", [1, 2, 2, 0, 1, nothing, nothing])
    assert_columns(table, "bilateral_treaty_carried", [1, 2, 2, 0, 0, 2, nothing])
    assert_columns(table, "bilateral_aid_treaty_joint", [0, 0, nothing, 2, 2, nothing, nothing])
    assert_columns(table, "food_aid_agreements", [0, 0, nothing, 2, 0, nothing, nothing])
    np.testing.assert_array_equal(
        bilateral.rival_treaties(frame((750, 1969), (750, 1970), (2, 1990)), 365, extracts, states),
        [0, 1, nothing],
    )


def assert_columns(table, name, expected):
    np.testing.assert_array_equal(table[name], expected, err_msg=name)


def test_defence_agreements_that_ended_do_not_count():
    rows = pd.DataFrame(
        [(2, 20, 1984, 0, 2010), (2, 20, 1992, 1, 1999), (20, 200, 1995, -88, 2010)],
        columns=["ccode1", "ccode2", "signYear", "terminated", "endYearEstimate"],
    )
    rows = bilateral.agreement_columns(
        frame((20, 1990), (20, 1991), (20, 1998), (20, 1999), (20, 2011)),
        USA,
        sources(defence_agreements=rows),
        np.array([2, 20]),
    )
    assert_columns(rows, "defence_agreement_joint", [np.nan, 1, 2, 1, np.nan])
    assert_columns(rows, "defence_agreement_own", [np.nan, 1, 3, 2, np.nan])


def test_the_continuation_counts_full_members_of_a_fixed_set():
    first, last = continuation.EDITIONS
    rows = [
        (state, edition, organisation, "full", "igo")
        for edition in range(first, last + 1)
        for state, organisation in ((2, "A"), (20, "A"), (20, "B"), (40, "A"), (40, "B"))
        if (state, edition) != (40, 2001)
    ]
    rows += [
        (20, last, "NEW", "full", "igo"),
        (20, last, "C", "full", "grouping"),
        (2, last, "B", "observer", "igo"),
    ]
    memberships = pd.DataFrame(rows, columns=["ccode", "year", "organisation", "status", "kind"])
    assert continuation.fixed_set(memberships) == ["A", "B"]
    table = continuation.continuation_columns(
        frame((20, last - 1), (20, last), (40, 2000), (90, 2000)),
        USA,
        sources(factbook_memberships=memberships),
    )
    assert_columns(table, "factbook_igo_joint", [1, np.nan, 1, np.nan])
    assert_columns(table, "factbook_igo_own", [2, np.nan, 2, np.nan])
