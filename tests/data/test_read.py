"""A file that is no table is refused in one line, with the row and what to do, and at once."""

import os
import time

import pytest

from workflow.lib.errors import UserError
from workflow.lib.tables.read import read_csv

HEADER = "mission,label,start_year,pivotal,note\n"
THREE = HEADER + "a_1990,A,1990,2,fine\nb_1991,B,1991,2,fine\nc_1992,C,1992,2,end\n"

REFUSED = [
    pytest.param(
        THREE.replace("B,1991,2,fine", 'B,1991,2,"see the text”'),
        "row 3: a quotation mark opens a field that is not closed; take it out, or write it twice",
        id="quotation mark that is not closed",
    ),
    pytest.param(
        THREE.replace("B,1991,2,fine", 'B,1991,2,"see the text').replace(",end", ',end"'),
        "row 3: a quotation mark opens a field that goes on for 2 rows, which vanish in it; take the mark out, or write it "
        "twice",
        id="two marks that swallow a mission",
    ),
    pytest.param(
        THREE.replace("A,1990", '"A,1990').replace("C,1992", 'C",1992'),
        "row 2: a quotation mark opens a field that goes on for 3 rows",
        id="two marks in the middle that swallow two missions",
    ),
    pytest.param(
        THREE.replace("b_1991,B", 'b_1991,"B" or C'),
        "row 3: text follows a quotation mark that closes a field; write the mark twice",
        id="text after a quoted field",
    ),
    pytest.param(
        THREE.replace("A,1990,2,fine", 'A,1990,2,"' + "x" * 200_000 + '"'),
        "row 2: a field beyond every limit; does a quotation mark open it that is not closed?",
        id="field beyond every limit",
    ),
    pytest.param(
        THREE.replace("A,", "x" * 20_000 + ","),
        "row 2: a field of 20,000 characters; expected at most 10,000",
        id="long field without quotation marks",
    ),
    pytest.param(
        THREE.replace(",", ";"),
        "row 1: fields are separated by semicolons; save the table with commas",
        id="semicolons",
    ),
    pytest.param(
        THREE.replace(",", "\t"), "row 1: fields are separated by tabs; save the table with commas", id="tabs"
    ),
    pytest.param(
        "sep=,\n" + THREE, "row 1: 'sep=,' is no header; remove the line", id="line for a spreadsheet"
    ),
    pytest.param(
        "".join(f'"{n or ""}",{line}\n' for n, line in enumerate(THREE.splitlines())),
        "row 1: column 1 has no name; if R wrote the table, write it without row names",
        id="row names with a header",
    ),
    pytest.param(
        HEADER + "".join(f"{n},{line}\n" for n, line in enumerate(THREE.splitlines()[1:], start=1)),
        "row 2: 6 fields; expected 5, as in the header; if R wrote the table, write it without row names",
        id="row names without a header",
    ),
    pytest.param(
        THREE.replace("label", ""), "row 1: column 2 has no name; name it, or take it out", id="no name"
    ),
    pytest.param(
        THREE.replace("label", " label"), "row 1: column ' label' begins or ends with a space", id="space"
    ),
    pytest.param(
        THREE.replace("note", "=A1"), "row 1: column '=A1' begins or ends with", id="formula as a name"
    ),
    pytest.param(
        THREE.replace("B,", "B\0,"), "row 3: the character U+0000 does not show; remove it", id="NUL"
    ),
    pytest.param(
        THREE.replace("C,", "C\x1b[31m,"), "row 4: the character U+001B", id="command of a terminal"
    ),
    pytest.param(THREE.replace("C,", "C\u202e,"), "row 4: the character U+202E", id="turned text"),
    pytest.param(HEADER, "the file has a header but no rows; expected at least one row", id="header only"),
    pytest.param("\n\n", "the file is empty", id="empty lines"),
    pytest.param(
        "PK\x03\x04" + THREE, "a workbook or an archive, no text; save the table as CSV in UTF-8", id="xlsx"
    ),
    pytest.param(
        HEADER + "a,A,1990,2,\n" * 1_000_000,
        "1,000,001 rows; expected at most 500,000: leave out those that no mission needs",
        id="a million rows",
    ),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_no_table_is_refused_in_one_line(tmp_path, text, message):
    path = tmp_path / "missions.csv"
    path.write_text(text, encoding="utf-8")
    begun = time.monotonic()
    with pytest.raises(UserError) as error:
        read_csv(path, "my/missions.csv")
    assert time.monotonic() - begun < 5
    assert str(error.value).startswith("my/missions.csv") and message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_pipe_and_a_folder_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", tmp_path):
        with pytest.raises(UserError, match=r"x\.csv: not a file; expected a CSV table"):
            read_csv(path, "x.csv")


def test_quoted_commas_marks_and_line_ends_are_read_as_they_are(tmp_path):
    path = tmp_path / "missions.csv"
    path.write_text(THREE.replace("A,", '"A, ""so called"",\nand more",'), encoding="utf-8")
    table = read_csv(path)
    assert table.rows["label"].tolist() == ['A, "so called",\nand more', "B", "C"]
    assert table.lines == [2, 4, 5]
