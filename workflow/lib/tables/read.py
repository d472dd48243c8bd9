"""Read a CSV table as text, and say where in the file a row stands.

From one CSV file (UTF-8, comma-separated, header in the first line) to a table of texts. Nothing is guessed: `NA` stays
text, an empty field is empty. A file that is absent, empty, not text or not rectangular is one `UserError`.
"""

import csv
import hashlib
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from workflow.lib.errors import UserError


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
        reader = csv.reader(io.StringIO(self.text))
        begins, last = [], 0
        for record in reader:
            if record:
                begins.append(last + 1)
            last = reader.line_num
        return begins[1:]

    @property
    def digest(self) -> str:
        """SHA-256 of the file's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_csv(path: Path, shown: str | None = None) -> RawTable:
    """Read a table as texts.

    Parameters
    ----------
    path : Path
    shown : str, optional
        The path to print in messages; the path itself by default.

    Returns
    -------
    RawTable

    Raises
    ------
    UserError
        If the file is absent, empty, has a header only, is not UTF-8 or has rows of different lengths.
    """
    shown = shown or str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{shown}: cannot be read ({error.strerror}); expected a CSV table") from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{shown}: byte {error.start + 1} is not UTF-8 text; save the table as CSV in UTF-8"
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UserError(f"{shown}: the file is empty; expected a header line and at least one row")
    header = next(csv.reader(io.StringIO(text)))
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise UserError(f"{shown}, row 1: column {repeated[0]} appears twice; expected each column once")
    if _uneven(text, len(header)):
        raise _ragged(text, shown, len(header))
    rows = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, na_filter=False, index_col=False)
    if rows.empty:
        raise UserError(f"{shown}: the file has a header but no rows; expected at least one row")
    return RawTable(shown, text, rows)


def _uneven(text: str, width: int) -> bool:
    # Quoted fields may hold commas, so a count of commas is exact only without quotes; it is a quick first test.
    if '"' not in text:
        lines = text.split("\n")
        return any(line and line.count(",") != width - 1 for line in lines)
    return any(record and len(record) != width for record in csv.reader(io.StringIO(text)))


def _ragged(text: str, shown: str, width: int) -> UserError:
    reader = csv.reader(io.StringIO(text))
    last = 0
    for record in reader:
        if record and len(record) != width:
            hint = "; fields must be separated by commas" if width == 1 else ""
            return UserError(
                f"{shown}, row {last + 1}: {len(record)} fields; expected {width}, as in the header{hint}"
            )
        last = reader.line_num
    return UserError(f"{shown}: not a CSV table; expected a header line and rows of {width} fields")
