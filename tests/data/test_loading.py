"""Loading tables: what may be left out, warnings, how faults are counted and printed, and the command."""

import re
import time
from pathlib import Path

import pytest

from tests.data.small_tables import (
    CODEBOOK,
    EXCLUDED,
    MISSIONS,
    PARTICIPATION,
    STATES,
    faults,
    ranged,
    swap,
    write_tables,
)
from workflow.lib.errors import UserError
from workflow.lib.tables import __main__ as command
from workflow.lib.tables import load_tables

PROJECT = Path(__file__).resolve().parents[2]
SHIPPED = {
    name: f"data/{name}.csv" for name in ("missions", "participation", "states", "codebook", "distances")
} | {"excluded": "data/participation_excluded.csv"}


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
