"""Every contract of the tables, broken once: the message says file, row, column, value and what was expected."""

import re
import time
from pathlib import Path

import pytest

from tests.data.small_tables import CODEBOOK, DISTANCES, MISSIONS, PARTICIPATION, STATES, write_tables
from workflow.lib.errors import UserError
from workflow.lib.tables import __main__ as command
from workflow.lib.tables import load_tables

PROJECT = Path(__file__).resolve().parents[2]
SHIPPED = {
    name: f"data/{name}.csv" for name in ("missions", "participation", "states", "codebook", "distances")
} | {"excluded": "data/participation_excluded.csv"}
MONTHS = PARTICIPATION.replace("note\n", "note,months_earliest,months_latest\n", 1)
EXCLUDED = "mission,state,reason\ngulf_1990,40,on the other side\n"


def faults(folder, **changes):
    """Write broken tables, load them, return the lines of the error."""
    paths = write_tables(folder, **changes)
    with pytest.raises(UserError) as caught:
        load_tables(paths, folder)
    return str(caught.value).split("\n")


def swap(text, old, new):
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the table"
    return text.replace(old, new)


def test_whole_tables_load(tmp_path):
    tables = load_tables(write_tables(tmp_path), tmp_path)
    assert len(tables.missions) == 2
    assert tables.missions["targets"].tolist() == [(645,), (41,)]
    assert tables.states["sanctions"].isna().sum() == 1
    assert len(tables.digest) == 64


def test_distances_are_optional(tmp_path):
    assert load_tables(write_tables(tmp_path, distances=None), tmp_path).distances is None


def test_excluded_states_are_optional_and_names_of_no_state_are_passed_over(tmp_path):
    assert load_tables(write_tables(tmp_path), tmp_path).excluded is None
    paths = write_tables(tmp_path, excluded=EXCLUDED + "gulf_1990,,not a state\n")
    assert load_tables(paths, tmp_path).excluded["state"].tolist() == [40]


def test_namibia_is_not_missing(tmp_path):
    text = swap(PARTICIPATION, "31,Bahamas", "31,NA")
    tables = load_tables(write_tables(tmp_path, participation=text), tmp_path)
    assert tables.participation["state_name"].tolist()[-1] == "NA"


def add_fields(text, field, values):
    """Add a column to a codebook; `values` by the column that is described."""
    header, *rows = text.rstrip("\n").split("\n")
    rows = [f"{row},{values.get(row.split(',')[0], '')}" for row in rows]
    return "\n".join([f"{header},{field}", *rows]) + "\n"


def with_fields(field, values):
    return {"codebook": add_fields(CODEBOOK, field, values)}


def ranged(column, minimum, maximum):
    text = add_fields(CODEBOOK, "minimum", {column: minimum})
    return {"codebook": add_fields(text, "maximum", {column: maximum})}


CASES = {
    "text where a number is due": (
        {"states": swap(STATES, "2,40,1989,15,40,-4,", "2,40,1989,fifteen,40,-4,")},
        "states.csv, row 4, column igo_joint: 'fifteen'; expected a whole number of 0 or more or empty",
    ),
    "NA is text, not missing": (
        {"states": swap(STATES, "-3.5,0,0,1,9.7,", "NA,0,0,1,9.7,")},
        "states.csv, row 12, column un_agreement: 'NA'; expected a number or empty",
    ),
    "negative count": (
        {"states": swap(STATES, "2,690,1989,24,38,-2.5,0,1", "2,690,1989,24,38,-2.5,0,-1")},
        "states.csv, row 14, column visits: '-1'; expected a whole number of 0 or more or empty",
    ),
    "a count that is not whole": (
        {"states": swap(STATES, "2,690,1989,24,38", "2,690,1989,24.5,38")},
        "states.csv, row 14, column igo_joint: '24.5'; expected a whole number of 0 or more or empty",
    ),
    "negative amount": (
        {"states": swap(STATES, "-2.5,12.5,1,0", "-2.5,-12.5,1,0")},
        "states.csv, row 6, column aid: '-12.5'; expected a number of 0 or more or empty",
    ),
    "0/1 column": (
        {"states": swap(STATES, "-0.3,0,9,0,", "-0.3,0,9,2,")},
        "states.csv, row 8, column sanctions: '2'; expected a whole number from 0 to 1 or empty",
    ),
    "joint ties above own": (
        {"states": swap(STATES, "2,200,1993,61,95", "2,200,1993,96,95")},
        "states.csv, row 9, column igo_joint: '96'; expected at most 95, its exposure igo_own",
    ),
    "key twice in the table of states": (
        {"states": swap(STATES, "2,40,1993,16", "2,40,1989,16")},
        "states.csv, row 5, column pivotal+state+year: '2 40 1989'; expected each once, but row 4 has it too",
    ),
    "key twice in other digits": (
        {"participation": swap(PARTICIPATION, "gulf_1990,220,France", "gulf_1990,200.0,UK")},
        "participation.csv, row 3, column mission+state: 'gulf_1990 200'; expected each once, but row 2 has it too",
    ),
    "years out of order": (
        {"states": swap(swap(STATES, "2,220,1989,58", "2,220,1999,58"), "2,220,1993,59", "2,220,1989,59")},
        "states.csv, row 11, column year: '1989'; expected a year after the one in the row above",
    ),
    "a year that cannot be": (
        {"states": swap(STATES, "2,31,1989,20", "2,31,89,20")},
        "states.csv, row 2, column year: '89'; expected a whole number from 1816 to 2100",
    ),
    "a state code that cannot be": (
        {"states": swap(STATES, "2,31,1989,20", "2,BHM,1989,20")},
        "states.csv, row 2, column state: 'BHM'; expected a whole number from 1 to 999",
    ),
    "a value outside the years covered": (
        {"codebook": swap(CODEBOOK, "sanctions,1945,2005", "sanctions,1945,1992")},
        "states.csv, row 3, column sanctions: '0'; expected empty outside 1945 to 1992, the years codebook.csv gives",
    ),
    "missing column": (
        {"states": swap(STATES, "igo_joint", "igo_jont")},
        "states.csv: column igo_joint is missing; is it igo_jont?",
    ),
    "column that the codebook does not describe": (
        {"states": swap(STATES, "aid_change\n", "aid_chnge\n")},
        "states.csv: column aid_chnge is not described in codebook.csv; add its row; did you mean aid_change?",
    ),
    "missing key column": (
        {"participation": swap(PARTICIPATION, "joined,", "took_part,")},
        "participation.csv: column joined is missing; the file has mission, state, state_name, role, took_part, "
        "first_year, certainty, sources, ...",
    ),
    "duplicate mission-state row": (
        {"participation": swap(PARTICIPATION, "gulf_1990,220,France", "gulf_1990,200,France")},
        "participation.csv, row 3, column mission+state: 'gulf_1990 200'; expected each once, but row 2 has it too",
    ),
    "a mission that is not listed": (
        {"participation": swap(PARTICIPATION, "haiti_1994,31", "haiti_1995,31")},
        "participation.csv, row 5, column mission: 'haiti_1995'; expected a mission of missions.csv; did you mean "
        "haiti_1994?",
    ),
    "a state that did not exist": (
        {"participation": swap(PARTICIPATION, "gulf_1990,220,France", "gulf_1990,260,West Germany")},
        "participation.csv, row 3, column state: '260'; expected a state of states.csv in 1989 or 1990 (it was not in "
        "the system)",
    ),
    "certainty": (
        {"participation": swap(PARTICIPATION, ",probable,", ",propable,")},
        "participation.csv, row 3, column certainty: 'propable'; expected one of verified, probable, uncertain; did you "
        "mean probable?",
    ),
    "joined": (
        {"participation": swap(PARTICIPATION, "combat,1,1990", "combat,yes,1990")},
        "participation.csv, row 2, column joined: 'yes'; expected a whole number from 0 to 1",
    ),
    "the pivotal state as participant": (
        {"participation": swap(PARTICIPATION, "gulf_1990,200,United Kingdom", "gulf_1990,2,USA")},
        "participation.csv, row 2, column state: '2'; expected a state other than the mission's pivotal state",
    ),
    "a target as participant": (
        {"participation": swap(PARTICIPATION, "gulf_1990,200,United Kingdom", "gulf_1990,645,Iraq")},
        "participation.csv, row 2, column state: '645'; expected a state that is no target of the mission",
    ),
    "joined before the mission": (
        {"participation": swap(PARTICIPATION, "combat,1,1990", "combat,1,1985")},
        "participation.csv, row 2, column first_year: '1985'; expected a year of the mission, 1990 to 1991, or empty",
    ),
    "mission twice": (
        {"missions": swap(MISSIONS, "haiti_1994,Haiti", "gulf_1990,Haiti")},
        "missions.csv, row 3, column mission: 'gulf_1990'; expected each once, but row 2 has it too",
    ),
    "a mission without name": (
        {"missions": swap(MISSIONS, "haiti_1994,Haiti", "haiti 94,Haiti")},
        "missions.csv, row 3, column mission: 'haiti 94'; expected an identifier of letters, digits and underscores",
    ),
    "a mission that ends before it starts": (
        {"missions": swap(MISSIONS, "1990,1991", "1990,1989")},
        "missions.csv, row 2, column end_year: '1989'; expected 1990 (start_year) or later",
    ),
    "no rows in the year before a mission": (
        {"missions": swap(MISSIONS, "Haiti 1994,1994,1995", "Haiti 1994,1993,1995")},
        "missions.csv, row 3, column start_year: '1993'; expected rows of pivotal 2 and year 1992, the year before the "
        "start, in states.csv",
    ),
    "outcome kind": (
        {"missions": swap(MISSIONS, "1995,2,deployment", "1995,2,deploy")},
        "missions.csv, row 3, column outcome_kind: 'deploy'; expected one of deployment, political_support; did you mean "
        "deployment?",
    ),
    "evidence": (
        {"missions": swap(MISSIONS, "690,strong", "690,")},
        "missions.csv, row 2, column evidence: empty; expected one of strong, fair, weak",
    ),
    "lists of codes": (
        {"missions": swap(MISSIONS, "645,690", "Iraq,690")},
        "missions.csv, row 2, column targets: 'Iraq'; expected state codes separated by semicolons, such as 645;690, or "
        "empty",
    ),
    "mission covariate": (
        {"missions": swap(MISSIONS, "deployment,1,0,645", "deployment,1,maybe,645")},
        "missions.csv, row 2, column short_horizon: 'maybe'; expected a whole number from 0 to 1 or empty",
    ),
    "role": (
        {"codebook": swap(CODEBOOK, "un_agreement,indicator", "un_agreement,indicater")},
        "codebook.csv, row 7, column role: 'indicater'; expected one of key, tie_count, tie_exposure, indicator, rival_tie, "
        "payment, control, placebo, other; did you mean indicator?",
    ),
    "role of an earlier codebook": (
        {"codebook": swap(CODEBOOK, "un_agreement,indicator", "un_agreement,quality")},
        "codebook.csv, row 7, column role: 'quality'; expected indicator, with alignment (or what else it measures) under "
        "construct",
    ),
    "family": (
        {"codebook": swap(CODEBOOK, "un_agreement,indicator,normal", "un_agreement,indicator,gaussian")},
        "codebook.csv, row 7, column family: 'gaussian'; expected one of normal, bernoulli, count",
    ),
    "family of an earlier codebook": (
        {"codebook": swap(CODEBOOK, "aid,indicator,normal", "aid,indicator,hurdle")},
        "codebook.csv, row 8, column family: 'hurdle'; expected normal, with log1p under transform",
    ),
    "transform": (
        {
            "codebook": swap(
                CODEBOOK,
                "visits,indicator,count,,1,log1p",
                "visits,indicator,count,,1,sqrt",
            )
        },
        "codebook.csv, row 9, column transform: 'sqrt'; expected one of none, log, log1p",
    ),
    "direction": (
        {"codebook": swap(CODEBOOK, "bernoulli,,-1", "bernoulli,,-2")},
        "codebook.csv, row 10, column direction: '-2'; expected a whole number from -1 to 1 or empty",
    ),
    "a tie count without exposure": (
        {"codebook": swap(CODEBOOK, "igo_own,1,log1p,count,joint", "igo_all,1,log1p,count,joint")},
        "codebook.csv, row 5, column pairs_with: 'igo_all'; expected the column that holds the exposure of this tie "
        "count",
    ),
    "years of the codebook": (
        {"codebook": swap(CODEBOOK, "1951,2016", "2016,1951")},
        "codebook.csv, row 12, column last_year: '1951'; expected a year not before first_year",
    ),
    "column described twice": (
        {"codebook": CODEBOOK + "visits,indicator,normal,,1,none,count,again,,\n"},
        "codebook.csv, row 13, column column: 'visits'; expected each once, but row 9 has it too",
    ),
    "column described but absent": (
        {"codebook": CODEBOOK + "trade,indicator,normal,,1,none,share,trade,,\n"},
        "states.csv: column trade is missing; the file has pivotal, state, year, igo_joint, igo_own, un_agreement, aid, "
        "visits, ...",
    ),
    "distance": (
        {"distances": swap(DISTANCES, "31,10000", "31,-5")},
        "distances.csv, row 2, column distance_km: '-5'; expected a number from 0 to 20100",
    ),
    "distance of an unknown mission": (
        {"distances": swap(DISTANCES, "gulf_1990,31,", "gulf_1991,31,")},
        "distances.csv, row 2, column mission: 'gulf_1991'; expected a mission of missions.csv; did you mean gulf_1990?",
    ),
    "distance twice": (
        {"distances": swap(DISTANCES, "gulf_1990,40,", "gulf_1990,31,")},
        "distances.csv, row 3, column mission+state: 'gulf_1990 31'; expected each once, but row 2 has it too",
    ),
    "entry bounds in the wrong order": (
        {
            "participation": "\n".join(
                line + (",12,3" if ",220," in line else ",,") if number else line
                for number, line in enumerate(MONTHS.strip().split("\n"))
            )
        },
        "participation.csv, row 3, column months_latest: '3'; expected as many months as months_earliest, more, or empty",
    ),
    "days to the deployment": (
        {
            "missions": "mission,label,start_year,pivotal,days_to_deployment\ngulf_1990,Gulf,1990,2,-5\nhaiti_1994,H,1994,2,\n"
        },
        "missions.csv, row 2, column days_to_deployment: '-5'; expected a number of 0 or more or empty",
    ),
    "certainty of the pivotal state": (
        {
            "missions": "mission,label,start_year,pivotal,pivotal_certainty\n"
            "gulf_1990,G,1990,2,verfied\nhaiti_1994,H,1994,2,probable\n"
        },
        "missions.csv, row 2, column pivotal_certainty: 'verfied'; expected one of verified, probable, uncertain; did you "
        "mean verified?",
    ),
    "exclusion of an unknown mission": (
        {"excluded": swap(EXCLUDED, "gulf_1990", "gulf_1991")},
        "excluded.csv, row 2, column mission: 'gulf_1991'; expected a mission of missions.csv; did you mean gulf_1990?",
    ),
    "exclusion without a reason": (
        {"excluded": swap(EXCLUDED, "on the other side", "")},
        "excluded.csv, row 2, column reason: empty; expected the reason why the state could not have joined",
    ),
    "a code for what is missing in a column of scores": (
        {"states": swap(STATES, "-3.5,0,0,1,9.7,", "-99,0,0,1,9.7,")},
        "states.csv, row 12, column un_agreement: '-99'; expected an empty field for what is missing, not a code for it",
    ),
    "a code for what is missing in a count": (
        {"states": swap(STATES, "2,690,1989,24,38,-2.5,0,1", "2,690,1989,24,38,-2.5,0,-9")},
        "states.csv, row 14, column visits: '-9'; expected an empty field for what is missing, not a code for it",
    ),
    "a code for what is missing in the table of missions": (
        {
            "missions": swap(MISSIONS, "un_mandate,short_horizon,targets", "un_mandate,days,targets").replace(
                ",1,0,645", ",1,-999,645"
            )
        },
        "missions.csv, row 2, column days: '-999'; expected an empty field for what is missing, not a code for it",
    ),
    "infinity": (
        {"states": swap(STATES, "-2.5,12.5,1,0", "-2.5,inf,1,0")},
        "states.csv, row 6, column aid: 'inf'; expected a number below 1e+15 in size or empty",
    ),
    "a number of absurd size": (
        {"states": swap(STATES, "-3.5,0,0,1,9.7,", "1e300,0,0,1,9.7,")},
        "states.csv, row 12, column un_agreement: '1e300'; expected a number below 1e+15 in size or empty",
    ),
    "above the codebook's maximum": (
        ranged("un_agreement", "-6", "0") | {"states": swap(STATES, "-3.5,0,0,1,9.7,", "3.5,0,0,1,9.7,")},
        "states.csv, row 12, column un_agreement: '3.5'; expected a number from -6 to 0 or empty",
    ),
    "below the codebook's minimum": (
        ranged("log_population", "1", "")
        | {"states": swap(STATES, "1993,24,39,-2,0,3,0,7.3", "1993,24,39,-2,0,3,0,0.3")},
        "states.csv, row 15, column log_population: '0.3'; expected a number of 1 or more or empty",
    ),
    "a maximum below the minimum": (
        ranged("aid", "5", "4"),
        "codebook.csv, row 8, column maximum: '4'; expected a number not below minimum",
    ),
    "a construct that is none": (
        with_fields("construct", {"un_agreement": "alignmnt"}),
        "codebook.csv, row 7, column construct: 'alignmnt'; expected one of empty, alignment, contact, clientship, "
        "hierarchy, cooperativeness, ties; did you mean alignment?",
    ),
    "two anchors of a construct": (
        {
            "codebook": add_fields(
                add_fields(CODEBOOK, "construct", {"un_agreement": "alignment", "sanctions": "alignment"}),
                "anchor",
                {"un_agreement": "1", "sanctions": "1"},
            )
        },
        "codebook.csv, row 10, column anchor: '1'; expected 0: another column is the anchor of alignment",
    ),
    "adjusted for an unknown column": (
        with_fields("adjust_for", {"aid": "log_populaton"}),
        "codebook.csv, row 8, column adjust_for: 'log_populaton'; expected columns of this codebook, separated by ;; did "
        "you mean log_population?",
    ),
    "superscript digits in a list of codes": (
        {"missions": swap(MISSIONS, ",1,0,645,690", ",1,0,64\u2075,690")},
        "missions.csv, row 2, column targets: '64\u2075'; expected state codes separated by semicolons, such as 645;690, or "
        "empty",
    ),
    "empty file": (
        {"states": ""},
        "states.csv: the file is empty; expected a header line and at least one row",
    ),
    "header only": (
        {"participation": PARTICIPATION.split("\n")[0] + "\n"},
        "participation.csv: the file has a header but no rows; expected at least one row",
    ),
    "row with a field too many": (
        {"missions": swap(MISSIONS, "690,strong", "690,strong,yes")},
        "missions.csv, row 2: 12 fields; expected 11, as in the header",
    ),
    "row with a field too few": (
        {"missions": swap(MISSIONS, ",690,strong", ",strong")},
        "missions.csv, row 2: 10 fields; expected 11, as in the header",
    ),
    "column twice": (
        {"missions": swap(MISSIONS, "label,start_year", "mission,start_year")},
        "missions.csv, row 1: column mission appears twice; expected each column once",
    ),
    "not UTF-8": (
        {"missions": MISSIONS.replace("Haiti 1994,", "Haïti 1994,").encode("latin-1")},
        "missions.csv: byte 181 is not UTF-8 text; save the table as CSV in UTF-8",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_broken_table_is_refused_in_one_line(case, tmp_path):
    changes, message = CASES[case]
    assert message in faults(tmp_path, **changes)


# Broken keys and names break what refers to them too; all other cases give one line and no other.
CONSEQUENCES = {
    "a year that cannot be",
    "missing column",
    "key twice in the table of states",
    "column that the codebook does not describe",
    "mission twice",
    "column described twice",
    "no rows for a pivotal state",
    "a mission without name",
    "a value outside the years covered",
    "years of the codebook",
    "a maximum below the minimum",
    "a mission that ends before it starts",
}


@pytest.mark.parametrize("case", sorted(set(CASES) - CONSEQUENCES))
def test_one_fault_gives_one_line(case, tmp_path):
    changes, message = CASES[case]
    assert faults(tmp_path, **changes) == [message]


def test_a_code_that_the_range_allows_is_a_value(tmp_path):
    # Some scores run from -10 to 10.
    text = swap(STATES, "-3.5,0,0,1,9.7,", "-9,0,0,1,9.7,")
    tables = load_tables(write_tables(tmp_path, states=text, **ranged("un_agreement", "-10", "10")), tmp_path)
    assert tables.states["un_agreement"].min() == -9


def long_states(value):
    """The table of states with 600 further rows, the last of which has another vote."""
    rows = [
        f"2,{state},{year},20,30,{-1 - year % 2},0,1,,9,"
        for state in (701, 702, 703)
        for year in range(1850, 2050)
    ]
    rows[-1] = rows[-1].replace(",30,-2,", f",30,{value},")
    return STATES + "\n".join(rows) + "\n"


def without_years():
    return {"codebook": "\n".join(re.sub(r",\d{4},\d{4}$", ",,", line) for line in CODEBOOK.split("\n"))}


def test_a_value_far_from_all_others_is_a_warning(tmp_path):
    tables = load_tables(write_tables(tmp_path, states=long_states(-99.5), **without_years()), tmp_path)
    assert tables.warnings == (
        "states.csv, row 615, column un_agreement: '-99.5' is 25 standard deviations from the mean; expected at most 20",
    )
    assert (
        load_tables(write_tables(tmp_path, states=long_states(-3), **without_years()), tmp_path).warnings
        == ()
    )


def test_a_column_that_never_varies_is_a_warning(tmp_path):
    header, *rows = STATES.rstrip("\n").split("\n")
    rows = [",".join([*row.split(",")[:7], "0", *row.split(",")[8:]]) for row in rows]
    tables = load_tables(write_tables(tmp_path, states="\n".join([header, *rows]) + "\n"), tmp_path)
    assert tables.warnings == (
        "states.csv, column visits: 0 in all 14 observed rows; expected values that vary (a column without variation "
        "measures nothing)",
    )


def test_a_column_without_any_value_is_a_warning(tmp_path):
    header, *rows = STATES.rstrip("\n").split("\n")
    rows = [row[: row.rindex(",") + 1] for row in rows]
    tables = load_tables(write_tables(tmp_path, states="\n".join([header, *rows]) + "\n"), tmp_path)
    assert tables.warnings == ("states.csv, column aid_change: no row has a value; expected values in some",)


def test_absent_file(tmp_path):
    paths = write_tables(tmp_path) | {"states": "stats.csv"}
    with pytest.raises(UserError) as caught:
        load_tables(paths, tmp_path)
    assert str(caught.value) == "stats.csv: cannot be read (No such file or directory); expected a CSV table"


def test_table_not_given(tmp_path):
    paths = write_tables(tmp_path)
    del paths["codebook"]
    with pytest.raises(
        UserError, match=r"^data: no table of codebook given; expected the path of a CSV file$"
    ):
        load_tables(paths, tmp_path)


def test_several_faults_are_reported_at_once(tmp_path):
    lines = faults(
        tmp_path,
        states=swap(STATES, "2,40,1989,15", "2,40,1989,-15"),
        participation=swap(PARTICIPATION, ",probable,", ",likely,"),
        missions=swap(MISSIONS, "1990,1991", "1990,1989"),
    )
    assert lines == [
        "states.csv, row 4, column igo_joint: '-15'; expected a whole number of 0 or more or empty",
        "missions.csv, row 2, column end_year: '1989'; expected 1990 (start_year) or later",
        "participation.csv, row 3, column certainty: 'likely'; expected one of verified, probable, uncertain",
        "participation.csv, row 2, column first_year: '1990'; expected a year of the mission, 1990 to 1989, or empty",
    ]


def test_many_faults_are_cut_and_counted(tmp_path):
    header, *rows = STATES.rstrip("\n").split("\n")
    broken = [",".join([*row.split(",")[:8], "perhaps", "many", row.split(",")[10]]) for row in rows]
    lines = faults(tmp_path, states="\n".join([header, *broken]) + "\n")
    assert len(lines) == 21
    assert lines[-1] == "and 8 more faults like these"


def test_rows_are_counted_as_in_an_editor(tmp_path):
    text = swap(PARTICIPATION, '"late, but came"', '"late,\nbut came"')
    text = swap(text, ",uncertain,", ",unsure,")
    text = text.replace("gulf_1990,40,", "\ngulf_1990,40,")
    assert faults(tmp_path, participation=text) == [
        "participation.csv, row 7, column certainty: 'unsure'; expected one of verified, probable, uncertain"
    ]


def test_windows_line_ends_and_byte_order_mark(tmp_path):
    text = b"\xef\xbb\xbf" + STATES.replace("\n", "\r\n").encode()
    assert len(load_tables(write_tables(tmp_path, states=text), tmp_path).states) == 14


def test_shipped_tables_fulfil_the_contracts_within_two_seconds_of_computing():
    start = time.process_time()
    tables = load_tables(SHIPPED, PROJECT)
    assert time.process_time() - start < 2
    assert tables.warnings == ()
    assert (tables.missions["pivotal"] == 2).sum() >= 20
    assert len(tables.missions) >= 30


def test_command_checks_a_users_tables(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_tables(tmp_path)
    assert command.main(["--folder", ".", "--coverage", "coverage.csv"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(
        "2 missions, 3 participants, 1 records of states that did not join\n14 rows of states and years"
    )
    assert "  sanctions: 1989-1993, 93%\n" in printed
    assert (tmp_path / "coverage.csv").read_text().startswith("column,role,year,states,share\nigo_joint,")
    write_tables(tmp_path, states="")
    assert command.main(["--folder", "."]) == 1
    assert (
        capsys.readouterr().err
        == "states.csv: the file is empty; expected a header line and at least one row\n"
    )


def test_shipped_tables_are_small():
    assert sum(path.stat().st_size for path in (PROJECT / "data").glob("*.csv")) < 5_000_000
