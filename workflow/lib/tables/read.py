"""Read a CSV table as text, and say where in the file a row stands.

From one CSV file (UTF-8, comma-separated, header in the first line) to a table of texts. Nothing is guessed: `NA` stays
text, an empty field is empty. A file that is absent, too large, empty, not text, not rectangular, or in which a quotation
mark swallows rows is one `UserError`.
"""

import csv
import hashlib
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from workflow.lib.errors import UserError
from workflow.lib.text import FORMULA_SIGNS, unprintable

MOST_BYTES = 200_000_000
MOST_ROWS = 500_000
MOST_CHARACTERS = 10_000
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
WORKBOOK_SIGNS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# What the reader of records says, and what it means; the last one is said of all else.
FAULTS_OF_RECORDS = {
    "field limit": "a field beyond every limit; does a quotation mark open it that is not closed?",
    "expected after": "text follows a quotation mark that closes a field; write the mark twice",
    "": "a quotation mark opens a field that is not closed; take it out, or write it twice",
}


@dataclass(frozen=True)
class RawTable:
    """A table as it stands in its file.

    Parameters
    ----------
    path : str
        As the user wrote it; used in messages.
    text : str
        The whole file.
    rows : DataFrame of str
        One column a header field, one row a record.
    """

    path: str
    text: str
    rows: pd.DataFrame

    @cached_property
    def lines(self) -> list[int]:
        """Line number, as in a text editor, at which each record begins."""
        return [line for line, record in _records(self.text) if record][1:]

    @property
    def digest(self) -> str:
        """SHA-256 of the file's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_csv(path: Path, shown: str | None = None) -> RawTable:
    """Read a table as texts; messages call it `shown`, by default its path.

    A `UserError` is a file that is absent, too large, empty, has a header only, is not UTF-8, has unprintable characters, columns
    without a name, rows of different lengths, or fields that swallow rows.
    """
    shown = shown or str(path)
    try:
        text = _text_of(path)
        _check_records(text, _check_header(text))
    except UserError as error:
        raise UserError(f"{shown}{error}") from None
    rows = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, na_filter=False, index_col=False)
    if rows.empty:
        raise UserError(f"{shown}: the file has a header but no rows; expected at least one row")
    return RawTable(shown, text, rows)


def _text_of(path: Path) -> str:
    """The text of a file with one kind of line ends; messages follow its name."""
    try:
        if path.exists() and not path.is_file():
            raise UserError(": not a file; expected a CSV table")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UserError(
                f": {size:,} bytes; expected at most {MOST_BYTES:,}: leave out rows that no mission needs"
            )
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f": cannot be read ({error.strerror}); expected a CSV table") from None
    if content.startswith(WORKBOOK_SIGNS):
        raise UserError(": a workbook or an archive, no text; save the table as CSV in UTF-8")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise UserError(
            f": byte {error.start + 1} is not UTF-8 text; save the table as CSV in UTF-8"
        ) from None
    if not text.strip():
        raise UserError(": the file is empty; expected a header line and at least one row")
    rows = text.count("\n")
    if rows > MOST_ROWS:
        raise UserError(
            f": {rows:,} rows; expected at most {MOST_ROWS:,}: leave out those that no mission needs"
        )
    if character := unprintable(text, allowed="\t\n"):
        row = text.count("\n", 0, character[0]) + 1
        raise UserError(f", row {row}: the character {character[1]} does not show; remove it")
    return text


def _check_header(text: str) -> int:
    """Number of columns; a header that names none, or the same twice, is refused."""
    first = text.partition("\n")[0]
    if first.lower().startswith("sep="):
        raise UserError(f", row 1: {first!r} is no header; remove the line")
    header = next(record for _, record in _records(text))
    for separator, words in SEPARATORS.items():
        if len(header) == 1 and separator in first:
            raise UserError(f", row 1: fields are separated by {words}; save the table with commas")
    for number, name in enumerate(header, start=1):
        if not name.strip():
            by_r, other = "if R wrote the table, write it without row names", "name it, or take it out"
            raise UserError(f", row 1: column {number} has no name; {by_r if number == 1 else other}")
        if name != name.strip() or name.startswith(FORMULA_SIGNS):
            raise UserError(f", row 1: column {name!r} begins or ends with a space or a sign; rename it")
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise UserError(f", row 1: column {repeated[0]} appears twice; expected each column once")
    return len(header)


def _check_records(text: str, width: int) -> None:
    """Refuse rows of another length than the header, and fields that hold rows of their own."""
    # Quoted fields may hold commas, so a count of commas is exact only without quotes; it is a quick first test.
    lines = text.split("\n")
    plain = '"' not in text and max(map(len, lines)) <= MOST_CHARACTERS
    if plain and all(not line or line.count(",") == width - 1 for line in lines):
        return
    for line, record in _records(text):
        if record and len(record) != width:
            raise UserError(
                f", row {line}: {len(record)} fields; expected {width}, as in the header{_why(text, width)}"
            )
        for field in record:
            rows = field.count("\n")
            # A mark that opens in one row and one that closes in another leave a record of the right length, and in
            # its field the commas of the rows between.
            if rows and field.count(",") >= rows * (width - 1) > 0:
                raise UserError(
                    f", row {line}: a quotation mark opens a field that goes on for {rows + 1} rows, which vanish in it; "
                    "take the mark out, or write it twice"
                )
            if len(field) > MOST_CHARACTERS:
                raise UserError(
                    f", row {line}: a field of {len(field):,} characters; expected at most {MOST_CHARACTERS:,}"
                )


def _why(text: str, width: int) -> str:
    """A hint where every row has one field more than the header."""
    if width == 1:
        return "; fields must be separated by commas"
    rows = [record for _, record in _records(text) if record][1:]
    numbered = all(len(record) == width + 1 for record in rows) and rows[0][0] == "1"
    return "; if R wrote the table, write it without row names" if numbered else ""


def _records(text: str):
    """Records of a table with the line, as in a text editor, at which each begins."""
    reader = csv.reader(io.StringIO(text), strict=True)
    begins = 1
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            words = next(words for sign, words in FAULTS_OF_RECORDS.items() if sign in str(error))
            raise UserError(f", row {begins}: {words}") from None
        yield begins, record
        begins = reader.line_num + 1
