"""Faults and warnings of tables, and the checks of a column that all tables share.

From tables of texts (`read.RawTable`) to typed columns, or to lines: file, row (the line number in a text editor), column,
value, what was expected. Faults are collected, not raised one at a time; `load` raises them together. A warning is a line on
what is suspicious but possible; it stops nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workflow.lib.settings.wording import did_you_mean
from workflow.lib.tables.read import RawTable

FIRST_YEAR, LAST_YEAR = 1816, 2100
STATE_CODES = (1, 999)
# Ranges of columns of numbers, see `numbers`.
CODE = {"integer": True, "low": STATE_CODES[0], "high": STATE_CODES[1], "required": True}
YEAR = {"integer": True, "low": FIRST_YEAR, "high": LAST_YEAR}
FLAG = {"integer": True, "low": 0, "high": 1}
NOT_NEGATIVE = {"low": 0}
ROLES = (
    *("key", "tie_count", "tie_exposure", "indicator", "rival_tie", "payment", "control", "placebo", "other"),
)
# Words of earlier codebooks, and what says the same now.
ROLES_BEFORE = {
    "quality": "indicator, with alignment (or what else it measures) under construct",
    "personal_contact": "indicator, with contact under construct",
    "hierarchy": "indicator, with hierarchy under construct",
    "cooperativeness": "indicator, with cooperativeness under construct",
}
CONSTRUCTS = ("alignment", "contact", "clientship", "hierarchy", "cooperativeness", "ties")
FAMILIES = ("normal", "bernoulli", "count")
FAMILIES_BEFORE = {"negative_binomial": "count", "hurdle": "normal, with log1p under transform"}
CERTAINTIES = ("verified", "probable", "uncertain")
EVIDENCE = ("strong", "fair", "weak")
OUTCOME_KINDS = ("deployment", "political_support")
# Codes that data sets write for what is missing: an empty field says it here.
NO_CODE = "an empty field for what is missing, not a code for it"
MISSING_CODES = (-9, -66, -77, -88, -99, -999)
# No count, amount or score is of this size; a number beyond it is a slip or an overflow.
LARGEST = 1e15
STATE_KEYS = ("pivotal", "state", "year")
OPTIONAL_TEXTS = (
    *("construct", "label", "adjust_for", "unit", "window", "definition", "source", "citation", "terms"),
)
STATE_NAME = "state_name"


@dataclass
class Faults:
    """Faults found so far, and warnings."""

    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def file(self, table: RawTable, text: str) -> None:
        """Note a fault of a whole file."""
        self.lines.append(f"{table.path}: {text}")

    def cell(self, table: RawTable, row: int, column: str, expected: str, value: object = None) -> None:
        """Note a fault of one cell, by default with all that stands in it; `row` counts records from 0."""
        shown = quoted(table.rows[column].iloc[row] if value is None else value)
        self.lines.append(
            f"{table.path}, row {table.lines[row]}, column {column}: {shown}; expected {expected}"
        )

    def cells(self, table: RawTable, wrong: pd.Series | np.ndarray, column: str, expected: str) -> None:
        """Note a fault of every marked cell of a column."""
        for row in np.flatnonzero(np.asarray(wrong)):
            self.cell(table, row, column, expected)

    def warn(self, table: RawTable, text: str) -> None:
        """Note what is suspicious but possible."""
        self.warnings.append(f"{table.path}, {text}")


def quoted(value: object) -> str:
    """A value as it is printed: what stands in the file, in quotation marks."""
    return "empty" if value == "" else f"'{value}'"


def require_columns(
    table: RawTable, columns: Iterable[str], faults: Faults, known: Iterable[str] = ()
) -> bool:
    """Whether all columns are there; note each absent one, for which those in `known` are no misspelling."""
    columns = list(columns)
    present = list(table.rows.columns)
    absent = [name for name in columns if name not in present]
    for name in absent:
        suggestion = did_you_mean(name, [other for other in present if other not in {*columns, *known}])
        shown = ", ".join(present[:8]) + (", ..." if len(present) > 8 else "")
        hint = suggestion.replace("did you mean", "is it") if suggestion else f"; the file has {shown}"
        faults.file(table, f"column {name} is missing{hint}")
    return not absent


def numbers(
    table: RawTable,
    column: str,
    faults: Faults,
    *,
    integer: bool = False,
    low: float | None = None,
    high: float | None = None,
    required: bool = False,
) -> pd.Series:
    """Turn a column of texts into numbers; note what is none or out of range.

    Parameters
    ----------
    integer : bool
        Whether only whole numbers are allowed.
    low, high : float, optional
        Range, ends included.
    required : bool
        Whether an empty field is a fault.

    Returns
    -------
    Series of float, NaN where empty or at fault
    """
    texts = table.rows[column]
    empty = texts == ""
    values = pd.to_numeric(texts.where(~empty, None), errors="coerce").astype(float)
    coded = values.isin(MISSING_CODES)
    if low is not None:
        coded &= (values < low) | (values > (np.inf if high is None else high))
    huge = values.abs() > LARGEST
    wrong = ~empty & ~np.isfinite(values) & ~huge
    if integer:
        wrong |= ~empty & ~huge & (values != values.round())
    if low is not None:
        wrong |= values < low
    if high is not None:
        wrong |= values > high
    if required:
        wrong |= empty
    wrong &= ~coded & ~huge
    kind = "whole number" if integer else "number"
    for marked, expected in (
        (coded, NO_CODE),
        (huge, f"a {kind} below {LARGEST:g} in size" + ("" if required else " or empty")),
        (wrong, _expected(kind, low, high, required)),
    ):
        faults.cells(table, marked, column, expected)
    return values.mask(wrong | coded | huge)


def _expected(kind: str, low: float | None, high: float | None, required: bool) -> str:
    text = f"a {kind}"
    if low is not None and high is not None:
        text += f" from {low:g} to {high:g}"
    elif low is not None:
        text += " of 0 or more" if low == 0 else f" of {low:g} or more"
    elif high is not None:
        text += f" of {high:g} or less"
    return text if required else f"{text} or empty"


def numbers_in(table: RawTable, limits: Mapping[str, Mapping], faults: Faults) -> dict[str, pd.Series]:
    """Columns of numbers with their limits, those that the table has, by name."""
    present = {name: limit for name, limit in limits.items() if name in table.rows}
    return {name: numbers(table, name, faults, **limit) for name, limit in present.items()}


def no_codes_for_missing(table: RawTable, columns: Iterable[str], faults: Faults) -> None:
    """Note each field of the columns that holds a code for what is missing, such as -99."""
    codes = {f"{code}{zeros}" for code in MISSING_CODES for zeros in ("", ".0", ".")}
    for column in columns:
        faults.cells(table, table.rows[column].str.strip().isin(codes), column, NO_CODE)


def one_of(
    table: RawTable,
    column: str,
    allowed: Collection[str],
    faults: Faults,
    before: Mapping[str, str] | None = None,
) -> pd.Series:
    """Check a column of words from a list; ``before`` says what to write for words that were on it once."""
    texts = table.rows[column]
    wrong = ~texts.isin(allowed)
    for row in np.flatnonzero(wrong):
        value = texts.iloc[row]
        shown = ", ".join(word or "empty" for word in allowed)
        expected = (before or {}).get(value) or f"one of {shown}{did_you_mean(value, allowed)}"
        faults.cell(table, row, column, expected)
    return texts


def unique_key(table: RawTable, columns: list[str], faults: Faults) -> None:
    """Note each row whose key stands in an earlier row."""
    keys = table.rows[columns]
    # Codes and years are compared as numbers: 2, 02 and 2.0 are one state.
    numeric = [name for name in columns if name in STATE_KEYS]
    keys = keys.assign(**keys[numeric].replace(r"^0+(?=\d)|\.0+$", "", regex=True))
    repeated = keys.duplicated(keep="first").to_numpy()
    if not repeated.any():
        return
    first = keys.groupby(columns, sort=False)[columns[0]].transform(lambda part: part.index[0])
    for row in np.flatnonzero(repeated):
        expected = f"each once, but row {table.lines[int(first.iloc[row])]} has it too"
        faults.cell(table, row, "+".join(columns), expected, " ".join(keys.iloc[row]))
