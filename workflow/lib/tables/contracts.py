"""What each table must be: columns, types, ranges, keys, references, and counts within their exposures.

From tables of texts (`read.RawTable`) to typed tables, or to a list of faults, one line each: file, row (the line number
in a text editor), column, value, what was expected. Faults are collected, not raised one at a time; `load` raises them
together.
"""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workflow.lib.tables.read import RawTable

FIRST_YEAR, LAST_YEAR = 1816, 2100
STATE_CODES = (1, 999)
ROLES = (
    *("key", "tie_count", "tie_exposure", "quality", "personal_contact", "cooperativeness", "rival_tie"),
    *("hierarchy", "payment", "control", "placebo", "other"),
)
FAMILIES = ("normal", "negative_binomial", "bernoulli", "hurdle", "count")
COUNT_FAMILIES = ("negative_binomial", "count")
TRANSFORMS = ("none", "log", "log1p")
CERTAINTIES = ("verified", "probable", "uncertain")
EVIDENCE = ("strong", "fair", "weak")
OUTCOME_KINDS = ("deployment", "political_support")
STATE_KEYS = ("pivotal", "state", "year")
STATE_NAME = "state_name"


@dataclass
class Faults:
    """Faults found so far."""

    lines: list[str] = field(default_factory=list)

    def file(self, table: RawTable, text: str) -> None:
        """Note a fault of a whole file."""
        self.lines.append(f"{table.path}: {text}")

    def cell(self, table: RawTable, row: int, column: str, value: object, expected: str) -> None:
        """Note a fault of one cell; `row` counts records from 0."""
        self.lines.append(
            f"{table.path}, row {table.lines[row]}, column {column}: {quoted(value)}; expected {expected}"
        )

    def cells(self, table: RawTable, wrong: pd.Series | np.ndarray, column: str, expected: str) -> None:
        """Note a fault of every marked cell of a column."""
        for row in np.flatnonzero(np.asarray(wrong)):
            self.cell(table, row, column, table.rows[column].iloc[row], expected)


def quoted(value: object) -> str:
    """A value as it is printed: what stands in the file, in quotation marks."""
    return "empty" if value == "" else f"'{value}'"


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean x?`, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def require_columns(
    table: RawTable, columns: Iterable[str], faults: Faults, known: Iterable[str] = ()
) -> bool:
    """Note each required column that is absent; columns in `known` are no candidates for a misspelling.

    Returns
    -------
    bool
        True if all are there.
    """
    columns = list(columns)
    present = list(table.rows.columns)
    absent = [name for name in columns if name not in present]
    for name in absent:
        near = suggestion(name, [other for other in present if other not in {*columns, *known}])
        shown = ", ".join(present[:8]) + (", ..." if len(present) > 8 else "")
        hint = near.replace("did you mean", "is it") if near else f"; the file has {shown}"
        faults.file(table, f"column {name} is missing{hint}")
    return not absent


def numbers(
    table: RawTable,
    column: str,
    faults: Faults,
    *,
    whole: bool = False,
    low: float | None = None,
    high: float | None = None,
    required: bool = False,
) -> pd.Series:
    """Turn a column of texts into numbers; note what is none or out of range.

    Parameters
    ----------
    table : RawTable
    column : str
    faults : Faults
    whole : bool
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
    values = pd.to_numeric(texts.where(texts != "", None), errors="coerce").astype(float)
    empty = texts == ""
    expected = "a whole number" if whole else "a number"
    if low is not None and high is not None:
        expected += f" from {low:g} to {high:g}"
    elif low is not None:
        expected += " of 0 or more" if low == 0 else f" of {low:g} or more"
    wrong = ~empty & ~np.isfinite(values)
    if whole:
        wrong |= values != values.round()
        wrong &= ~empty
    if low is not None:
        wrong |= values < low
    if high is not None:
        wrong |= values > high
    if required:
        wrong |= empty
    else:
        expected += " or empty"
    if wrong.any():
        faults.cells(table, wrong, column, expected)
    return values.mask(wrong)


def one_of(table: RawTable, column: str, allowed: Collection[str], faults: Faults) -> pd.Series:
    """Check a column of words from a list.

    Returns
    -------
    Series of str
    """
    texts = table.rows[column]
    wrong = ~texts.isin(allowed)
    for row in np.flatnonzero(wrong):
        value = texts.iloc[row]
        faults.cell(table, row, column, value, f"one of {', '.join(allowed)}{suggestion(value, allowed)}")
    return texts


def unique_key(table: RawTable, columns: list[str], faults: Faults) -> None:
    """Note each row whose key stands in an earlier row."""
    keys = table.rows[columns]
    # Codes and years are compared as numbers: 2, 02 and 2.0 are one state.
    numeric = [name for name in columns if name in STATE_KEYS]
    keys = keys.assign(
        **{name: keys[name].str.replace(r"^0+(?=\d)|\.0+$", "", regex=True) for name in numeric}
    )
    repeated = keys.duplicated(keep="first").to_numpy()
    if not repeated.any():
        return
    first = keys.groupby(columns, sort=False)[columns[0]].transform(lambda part: part.index[0])
    for row in np.flatnonzero(repeated):
        value = " ".join(keys.iloc[row])
        earlier = table.lines[int(first.iloc[row])]
        faults.cell(table, row, "+".join(columns), value, f"each once, but row {earlier} has it too")


def check_codebook(table: RawTable, faults: Faults) -> pd.DataFrame | None:
    """Check the codebook; None if a column is missing.

    Optional columns are added empty: unit, window, definition, source, citation, terms, first_year, last_year.
    """
    if not require_columns(
        table, ["column", "role", "family", "pairs_with", "direction", "transform"], faults
    ):
        return None
    unique_key(table, ["column"], faults)
    one_of(table, "role", ROLES, faults)
    one_of(table, "family", FAMILIES, faults)
    one_of(table, "transform", TRANSFORMS, faults)
    codebook = table.rows.copy()
    for name in ("unit", "window", "definition", "source", "citation", "terms"):
        if name not in codebook:
            codebook[name] = ""
    codebook["direction"] = numbers(table, "direction", faults, whole=True, low=-1, high=1)
    for name in ("first_year", "last_year"):
        given = name in table.rows
        codebook[name] = (
            numbers(table, name, faults, whole=True, low=FIRST_YEAR, high=LAST_YEAR) if given else np.nan
        )
    if "first_year" in table.rows and "last_year" in table.rows:
        wrong = codebook["last_year"] < codebook["first_year"]
        faults.cells(table, wrong, "last_year", "a year not before first_year")
    counts = codebook["role"] == "tie_count"
    for row in np.flatnonzero(counts):
        exposure = codebook["pairs_with"].iloc[row]
        if exposure not in set(codebook["column"]):
            near = suggestion(exposure, codebook["column"])
            expected = f"the column that holds the exposure of this tie count{near}"
            faults.cell(table, row, "pairs_with", exposure, expected)
    return codebook


def check_states(
    table: RawTable, codebook: pd.DataFrame, codebook_path: str, faults: Faults
) -> pd.DataFrame | None:
    """Check the table of states against its codebook; None if a key column is missing.

    Contracts: each column described and each described column there; whole codes and years; numbers where numbers are
    due; counts not negative; 0/1 columns 0 or 1; values only in the years that the codebook says are covered; key unique
    and years in order; joint ties not more than their exposure.
    """
    described = dict(zip(codebook["column"], codebook["family"], strict=True))
    if not require_columns(table, STATE_KEYS, faults):
        return None
    require_columns(table, [name for name in described if name not in STATE_KEYS], faults, STATE_KEYS)
    for name in table.rows.columns:
        if name not in described and name not in (*STATE_KEYS, STATE_NAME):
            near = suggestion(name, described)
            faults.file(table, f"column {name} is not described in {codebook_path}; add its row{near}")
    states = {
        "pivotal": numbers(table, "pivotal", faults, whole=True, low=1, high=999, required=True),
        "state": numbers(table, "state", faults, whole=True, low=1, high=999, required=True),
        "year": numbers(table, "year", faults, whole=True, low=FIRST_YEAR, high=LAST_YEAR, required=True),
    }
    covered = codebook.set_index("column")[["first_year", "last_year"]]
    year = states["year"]
    for name, family in described.items():
        if name in (*STATE_KEYS, STATE_NAME) or name not in table.rows:
            continue
        if family == "bernoulli":
            values = numbers(table, name, faults, whole=True, low=0, high=1)
        elif family in COUNT_FAMILIES:
            values = numbers(table, name, faults, whole=True, low=0)
        else:
            values = numbers(table, name, faults, low=0 if family == "hurdle" else None)
        first, last = covered.loc[name] if covered.index.is_unique else (np.nan, np.nan)
        outside = values.notna() & ((year < first) | (year > last))
        if outside.any():
            faults.cells(
                table, outside, name, f"empty outside {first:g} to {last:g}, the years {codebook_path} gives"
            )
        states[name] = values
    if STATE_NAME in table.rows:
        states[STATE_NAME] = table.rows[STATE_NAME]
    frame = pd.DataFrame(states)
    unique_key(table, list(STATE_KEYS), faults)
    same = (frame["pivotal"].diff() == 0) & (frame["state"].diff() == 0)
    faults.cells(table, same & (frame["year"].diff() < 0), "year", "a year after the one in the row above")
    for count, exposure in codebook.loc[codebook["role"] == "tie_count", ["column", "pairs_with"]].itertuples(
        index=False
    ):
        if count in frame and exposure in frame:
            for row in np.flatnonzero(frame[count] > frame[exposure]):
                limit = f"{frame[exposure].iloc[row]:g}"
                faults.cell(
                    table,
                    row,
                    count,
                    table.rows[count].iloc[row],
                    f"at most {limit}, its exposure {exposure}",
                )
    if frame[list(STATE_KEYS)].isna().any(axis=None):
        return None
    return frame.astype(dict.fromkeys(STATE_KEYS, int))


def code_lists(table: RawTable, column: str, faults: Faults) -> pd.Series:
    """Split columns of state codes written as `651;666` into tuples of integers."""
    if column not in table.rows:
        return pd.Series([()] * len(table.rows), index=table.rows.index)
    result = []
    for row, text in enumerate(table.rows[column]):
        parts = [part.strip() for part in text.split(";") if part.strip()]
        wrong = [
            part
            for part in parts
            if not (part.isascii() and part.isdigit() and STATE_CODES[0] <= int(part) <= STATE_CODES[1])
        ]
        if wrong:
            faults.cell(
                table, row, column, text, "state codes separated by semicolons, such as 645;690, or empty"
            )
        result.append(tuple(int(part) for part in parts) if not wrong else ())
    return pd.Series(result, index=table.rows.index)


def check_missions(table: RawTable, faults: Faults) -> pd.DataFrame | None:
    """Check the table of missions; None if a required column is missing.

    Required: mission, label, start_year, pivotal. Optional with a default: end_year (start_year), outcome_kind
    (deployment), evidence (fair), targets and host (none). All other columns pass as text; a column of 0, 1 and empty
    becomes numbers and may serve as a mission covariate.
    """
    if not require_columns(table, ["mission", "label", "start_year", "pivotal"], faults):
        return None
    rows = table.rows
    missions = rows.copy()
    wrong = ~rows["mission"].str.fullmatch(r"[A-Za-z0-9_.-]+")
    faults.cells(table, wrong, "mission", "an identifier of letters, digits and underscores")
    unique_key(table, ["mission"], faults)
    year = {"whole": True, "low": FIRST_YEAR, "high": LAST_YEAR}
    missions["start_year"] = numbers(table, "start_year", faults, **year, required=True)
    missions["pivotal"] = numbers(table, "pivotal", faults, whole=True, low=1, high=999, required=True)
    if "end_year" in rows:
        missions["end_year"] = numbers(table, "end_year", faults, **year)
        early = missions["end_year"] < missions["start_year"]
        for row in np.flatnonzero(early):
            start = rows["start_year"].iloc[row]
            faults.cell(table, row, "end_year", rows["end_year"].iloc[row], f"{start} (start_year) or later")
    else:
        missions["end_year"] = np.nan
    for name, allowed, default in (
        ("outcome_kind", OUTCOME_KINDS, "deployment"),
        ("evidence", EVIDENCE, "fair"),
    ):
        missions[name] = one_of(table, name, allowed, faults) if name in rows else default
    for name in ("un_mandate", "short_horizon"):
        if name in rows:
            missions[name] = numbers(table, name, faults, whole=True, low=0, high=1)
    if "size" in rows:
        missions["size"] = numbers(table, "size", faults, low=0)
    for name in ("targets", "host"):
        missions[name] = code_lists(table, name, faults)
    if missions[["start_year", "pivotal"]].isna().any(axis=None):
        return None
    return missions.astype({"start_year": int, "pivotal": int})


def check_participation(
    table: RawTable, missions: pd.DataFrame | None, missions_path: str, faults: Faults
) -> pd.DataFrame | None:
    """Check the table of participants; None if a required column is missing.

    Required: mission, state, joined, certainty. Optional: state_name, role, first_year, sources and others.
    """
    if not require_columns(table, ["mission", "state", "joined", "certainty"], faults):
        return None
    rows = table.rows
    participation = rows.copy()
    unique_key(table, ["mission", "state"], faults)
    participation["state"] = numbers(table, "state", faults, whole=True, low=1, high=999, required=True)
    participation["joined"] = numbers(table, "joined", faults, whole=True, low=0, high=1, required=True)
    one_of(table, "certainty", CERTAINTIES, faults)
    if "first_year" in rows:
        participation["first_year"] = numbers(
            table, "first_year", faults, whole=True, low=FIRST_YEAR, high=LAST_YEAR
        )
    else:
        participation["first_year"] = np.nan
    if missions is not None:
        known = list(missions["mission"])
        for row in np.flatnonzero(~rows["mission"].isin(known)):
            value = rows["mission"].iloc[row]
            faults.cell(
                table, row, "mission", value, f"a mission of {missions_path}{suggestion(value, known)}"
            )
        _check_against_missions(table, participation, missions, faults)
    if participation[["state", "joined"]].isna().any(axis=None):
        return None
    return participation.astype({"state": int, "joined": int})


def _check_against_missions(
    table: RawTable, participation: pd.DataFrame, missions: pd.DataFrame, faults: Faults
) -> None:
    """Participants are neither the pivotal state nor a target, and join within the years of the mission."""
    by_mission = missions.drop_duplicates("mission").set_index("mission")
    columns = participation[["mission", "state", "joined", "first_year"]]
    for row, (mission, state, joined, first) in enumerate(columns.itertuples(index=False)):
        if mission not in by_mission.index:
            continue
        facts = by_mission.loc[mission]
        code = table.rows["state"].iloc[row]
        if state == facts["pivotal"]:
            faults.cell(table, row, "state", code, "a state other than the mission's pivotal state")
        if joined == 1 and state in facts["targets"]:
            faults.cell(table, row, "state", code, "a state that is no target of the mission")
        last = facts["end_year"]
        if first < facts["start_year"] or first > last:
            years = (
                f"{facts['start_year']:g} or later"
                if np.isnan(last)
                else f"{facts['start_year']:g} to {last:g}"
            )
            value = table.rows["first_year"].iloc[row]
            faults.cell(table, row, "first_year", value, f"a year of the mission, {years}, or empty")


def check_distances(
    table: RawTable, missions: pd.DataFrame | None, missions_path: str, faults: Faults
) -> pd.DataFrame | None:
    """Check the table of distances; None if a required column is missing."""
    if not require_columns(table, ["mission", "state", "distance_km"], faults):
        return None
    distances = table.rows[["mission", "state"]].copy()
    unique_key(table, ["mission", "state"], faults)
    distances["state"] = numbers(table, "state", faults, whole=True, low=1, high=999, required=True)
    distances["distance_km"] = numbers(table, "distance_km", faults, low=0, high=20100, required=True)
    if missions is not None:
        known = list(missions["mission"])
        for row in np.flatnonzero(~table.rows["mission"].isin(known)):
            value = table.rows["mission"].iloc[row]
            faults.cell(
                table, row, "mission", value, f"a mission of {missions_path}{suggestion(value, known)}"
            )
    if distances[["state", "distance_km"]].isna().any(axis=None):
        return None
    return distances.astype({"state": int})


def check_years_of_missions(
    table: RawTable, missions: pd.DataFrame, states: pd.DataFrame, states_path: str, faults: Faults
) -> None:
    """Each mission needs rows of its pivotal state in the year before its start."""
    pairs = set(zip(states["pivotal"], states["year"], strict=True))
    for row, (pivotal, start) in enumerate(zip(missions["pivotal"], missions["start_year"], strict=True)):
        if (pivotal, start - 1) not in pairs:
            expected = (
                f"rows of pivotal {pivotal} and year {start - 1}, the year before the start, in {states_path}"
            )
            faults.cell(table, row, "start_year", table.rows["start_year"].iloc[row], expected)


def check_existence(
    table: RawTable,
    participation: pd.DataFrame,
    missions: pd.DataFrame,
    states: pd.DataFrame,
    states_path: str,
    faults: Faults,
) -> None:
    """Each participant must be a state in the year before the mission, its first year, or the year it joined.

    A state exists in a year if the table of states has a row for it in that year, whatever the pivotal state.
    """
    exists = set(zip(states["state"], states["year"], strict=True))
    start_of = dict(zip(missions["mission"], missions["start_year"], strict=True))
    leader_of = dict(zip(missions["mission"], missions["pivotal"], strict=True))
    columns = participation[["mission", "state", "first_year"]]
    for row, (mission, state, first) in enumerate(columns.itertuples(index=False)):
        start = start_of.get(mission)
        if start is None or leader_of[mission] == state:
            continue
        years = [start - 1, start] if np.isnan(first) else [start - 1, start, int(first)]
        if not any((state, year) in exists for year in years):
            shown = f"a state of {states_path} in {' or '.join(str(year) for year in dict.fromkeys(years))}"
            faults.cell(
                table, row, "state", table.rows["state"].iloc[row], f"{shown} (it was not in the system)"
            )
