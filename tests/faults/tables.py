"""Tables with one fault each: name, the table, its text from the whole one, and words of the line that refuses it."""

from collections.abc import Callable

from tests.data.small_tables import MISSIONS, PARTICIPATION, STATES, swap

THREE = MISSIONS + "iraq_2003,Iraq 2003,2003,2003,2,deployment,0,1,645,645,fair\n"


TABLES: list[tuple[str, str, str | bytes | Callable, str]] = [
    (
        "a quotation mark that is not closed",
        "missions",
        swap(MISSIONS, "Gulf 1990-91", '"Gulf 1990-91'),
        "is not closed",
    ),
    (
        "a smart mark that closes nothing",
        "missions",
        swap(MISSIONS, "Gulf 1990-91", '"Gulf 1990-91”'),
        "is not closed",
    ),
    (
        "two marks that swallow a mission",
        "missions",
        swap(swap(MISSIONS, "690,strong", '690,"strong'), "41,weak", '41,weak"'),
        "a quotation mark opens a field that goes on for 2 rows",
    ),
    (
        "text after a quoted field",
        "missions",
        swap(MISSIONS, "Haiti 1994,", '"Haiti" 1994,'),
        "text follows a quotation",
    ),
    (
        "a field of 200,000 characters",
        "missions",
        swap(MISSIONS, "Haiti 1994,", "x" * 200_000 + ","),
        "row 3: ",
    ),
    ("semicolons", "participation", PARTICIPATION.replace(",", ";"), "fields are separated by semicolons"),
    ("tabs", "states", STATES.replace(",", "\t"), "fields are separated by tabs"),
    ("a line for a spreadsheet", "missions", "sep=,\n" + MISSIONS, "is no header; remove the line"),
    (
        "row names of R",
        "states",
        "".join(f'"{number or ""}",{line}\n' for number, line in enumerate(STATES.splitlines())),
        "column 1 has no name; if R wrote the table, write it without row names",
    ),
    (
        "row names of R without a header",
        "states",
        "".join(
            (f"{number}," if number else "") + line + "\n" for number, line in enumerate(STATES.splitlines())
        ),
        "if R wrote the table, write it without row names",
    ),
    ("a column twice", "missions", swap(MISSIONS, "label,start_year", "mission,start_year"), "appears twice"),
    ("a column without a name", "missions", swap(MISSIONS, "label,", ","), "column 2 has no name"),
    ("a formula for a name", "states", swap(STATES, "aid_change\n", "=A1\n"), "begins or ends with"),
    ("a NUL in a label", "missions", swap(MISSIONS, "Haiti 1994,", "Haiti\0,"), "the character U+0000"),
    (
        "a command of a terminal in a label",
        "missions",
        swap(MISSIONS, "Haiti 1994,", "\x1b[2J,"),
        "the character U+001B",
    ),
    (
        "a label that is turned",
        "missions",
        swap(MISSIONS, "Haiti 1994,", "\u202eitiaH,"),
        "the character U+202E",
    ),
    ("an empty file", "states", "", "the file is empty"),
    ("a header alone", "participation", PARTICIPATION.split("\n")[0], "the file has a header but no rows"),
    ("UTF-16", "missions", MISSIONS.encode("utf-16"), "is not UTF-8 text; save the table as CSV in UTF-8"),
    ("Latin-1", "missions", swap(MISSIONS, "Haiti 1994", "Haïti").encode("latin-1"), "is not UTF-8 text"),
    ("a workbook", "missions", b"PK\x03\x04" + bytes(100), "a workbook or an archive, no text"),
    (
        "a million rows",
        "distances",
        "mission,state,distance_km\n" + "gulf_1990,31,1\n" * 1_000_000,
        "1,000,001 rows",
    ),
    (
        "a field too many",
        "missions",
        swap(MISSIONS, "690,strong", "690,strong,yes"),
        "12 fields; expected 11",
    ),
    ("a field too few", "missions", swap(MISSIONS, ",690,strong", ",strong"), "10 fields; expected 11"),
    (
        "a text for a number",
        "states",
        swap(STATES, "2,40,1989,15", "2,40,1989,many"),
        "column igo_joint: 'many'",
    ),
    (
        "the text NA for a number",
        "states",
        swap(STATES, "2,31,1989,20,30,-1.5", "2,31,1989,20,30,NA"),
        "'NA'; expected",
    ),
    ("infinity", "states", swap(STATES, "2,31,1989,20,30,-1.5", "2,31,1989,20,30,inf"), "'inf'; expected"),
    ("1e309", "states", swap(STATES, "2,31,1989,20,30,-1.5", "2,31,1989,20,30,1e309"), "'1e309'; expected"),
    (
        "a superscript for a state",
        "missions",
        swap(MISSIONS, "0,645,690", "0,²,690"),
        "'²'; expected state codes",
    ),
    (
        "a digit of another script",
        "missions",
        swap(MISSIONS, "0,645,690", "0,٦٤٥,690"),
        "'٦٤٥'; expected state codes",
    ),
    ("a negative count", "states", swap(STATES, "2,40,1989,15", "2,40,1989,-15"), "'-15'; expected"),
    (
        "joint ties above own",
        "states",
        swap(STATES, "2,40,1989,15,40", "2,40,1989,41,40"),
        "its exposure igo_own",
    ),
    (
        "a mission twice",
        "missions",
        MISSIONS + MISSIONS.splitlines()[1] + "\n",
        "each once, but row 2 has it too",
    ),
    (
        "a participant of no mission",
        "participation",
        swap(PARTICIPATION, "haiti_1994", "haiti"),
        "did you mean haiti_1994",
    ),
]
