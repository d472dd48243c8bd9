"""What the codebook and the table of states must be.

From tables of texts (`read.RawTable`) to typed tables, or to a list of faults and warnings, one line each (`checks`).
"""

import numpy as np
import pandas as pd

from workflow.lib.settings.wording import did_you_mean
from workflow.lib.tables import checks
from workflow.lib.tables.checks import CODE, FLAG, STATE_KEYS, STATE_NAME, YEAR, Faults
from workflow.lib.tables.panel import TRANSFORMS, transformed
from workflow.lib.tables.read import RawTable

# A value so far from all others, on the scale on which the column enters a model, is a slip more often than a fact.
MOST_DEVIATIONS = 20
ANY_NUMBER = {"low": -checks.LARGEST, "high": checks.LARGEST}
CODEBOOK_NUMBERS = {
    "direction": {"integer": True, "low": -1, "high": 1},
    **{"first_year": YEAR, "last_year": YEAR, "minimum": ANY_NUMBER, "maximum": ANY_NUMBER, "anchor": FLAG},
}
STATE_NUMBERS = {"pivotal": CODE, "state": CODE, "year": {**YEAR, "required": True}}


def check_codebook(table: RawTable, faults: Faults) -> pd.DataFrame | None:
    """Check the codebook; None if a column is missing.

    Optional columns are added empty: construct, label, anchor, adjust_for, unit, window, definition, minimum, maximum,
    source, citation, terms, first_year, last_year.
    """
    required = ["column", "role", "family", "pairs_with", "direction", "transform"]
    if not checks.require_columns(table, required, faults):
        return None
    checks.unique_key(table, ["column"], faults)
    checks.one_of(table, "role", checks.ROLES, faults, checks.ROLES_BEFORE)
    checks.one_of(table, "family", checks.FAMILIES, faults, checks.FAMILIES_BEFORE)
    checks.one_of(table, "transform", TRANSFORMS, faults)
    columns = {**table.rows, **checks.numbers_in(table, CODEBOOK_NUMBERS, faults)}
    absent = dict.fromkeys(checks.OPTIONAL_TEXTS, "") | dict.fromkeys(CODEBOOK_NUMBERS, np.nan)
    codebook = table.rows.assign(**{**absent, **columns})
    for first, last, expected in (
        ("first_year", "last_year", "a year not before first_year"),
        ("minimum", "maximum", "a number not below minimum"),
    ):
        faults.cells(table, codebook[last] < codebook[first], last, expected)
    _check_constructs(table, codebook, faults)
    paired = (codebook["role"] == "tie_count") | (codebook["pairs_with"] != "")
    for row in np.flatnonzero(paired & ~codebook["pairs_with"].isin(codebook["column"])):
        hint = did_you_mean(codebook["pairs_with"].iloc[row], codebook["column"])
        expected = f"the column that holds the exposure of this tie count{hint}"
        faults.cell(table, row, "pairs_with", expected)
    return codebook


def _check_constructs(table: RawTable, codebook: pd.DataFrame, faults: Faults) -> None:
    """A construct is one of the list or none, has at most one anchor, and is adjusted for described columns only."""
    if "construct" in table.rows:
        checks.one_of(table, "construct", ("", *checks.CONSTRUCTS), faults)
    anchors = codebook[(codebook["anchor"] == 1) & codebook["construct"].isin(checks.CONSTRUCTS)]
    for row in anchors.index[anchors.duplicated("construct")]:
        construct = codebook["construct"].iloc[row]
        faults.cell(table, row, "anchor", f"0: another column is the anchor of {construct}", "1")
    known = list(codebook["column"])
    for row, text in enumerate(codebook["adjust_for"]):
        for name in filter(None, text.split(";")):
            if name not in known:
                hint = did_you_mean(name, known)
                faults.cell(table, row, "adjust_for", f"columns of this codebook, separated by ;{hint}", name)


def _measured(
    table: RawTable, codebook: pd.DataFrame, codebook_path: str, year: pd.Series, faults: Faults
) -> dict[str, pd.Series]:
    """The measured columns as numbers, each within its family, its range and its years."""
    columns = {}
    for entry in codebook.drop_duplicates("column").itertuples():
        name = entry.column
        if name in (*STATE_KEYS, STATE_NAME) or name not in table.rows:
            continue
        low = 0.0 if entry.family in ("count", "bernoulli") or entry.transform != "none" else -np.inf
        high = 1.0 if entry.family == "bernoulli" else np.inf
        low, high = np.nanmax([low, entry.minimum]), np.nanmin([high, entry.maximum])
        values = checks.numbers(
            table,
            name,
            faults,
            integer=entry.family in ("count", "bernoulli"),
            low=float(low) if np.isfinite(low) else None,
            high=float(high) if np.isfinite(high) else None,
        )
        outside = values.notna() & ((year < entry.first_year) | (year > entry.last_year))
        if outside.any():
            years = f"{entry.first_year:g} to {entry.last_year:g}"
            faults.cells(table, outside, name, f"empty outside {years}, the years {codebook_path} gives")
        _warn(table, name, values, entry.transform, faults)
        columns[name] = values
    return columns


def _warn(table: RawTable, name: str, values: pd.Series, transform: str, faults: Faults) -> None:
    """One line on a column that never varies, and one on the value that is farthest from all others."""
    observed = values[values.notna()].to_numpy()
    if len(observed) == 0:
        faults.warn(table, f"column {name}: no row has a value; expected values in some")
        return
    if len(observed) > 1 and observed.min() == observed.max():
        faults.warn(
            table,
            f"column {name}: {observed[0]:g} in all {len(observed)} observed rows; expected values that vary "
            "(a column without variation measures nothing)",
        )
        return
    shown = transformed(values.to_numpy(), transform) if transform in TRANSFORMS else values.to_numpy()
    if np.isfinite(shown).sum() < 2:
        return
    distance = np.abs(shown - np.nanmean(shown)) / (np.nanstd(shown) or 1.0)
    if np.nanmax(distance) > MOST_DEVIATIONS:
        row = int(np.nanargmax(distance))
        after = f" after {transform}" if transform in ("log", "log1p") else ""
        faults.warn(
            table,
            f"row {table.lines[row]}, column {name}: {checks.quoted(table.rows[name].iloc[row])} is "
            f"{distance[row]:.0f} standard deviations from the mean{after}; expected at most {MOST_DEVIATIONS}",
        )


def _check_exposures(table: RawTable, frame: pd.DataFrame, codebook: pd.DataFrame, faults: Faults) -> None:
    """No count is more than its exposure."""
    pairs = codebook.loc[codebook["pairs_with"] != "", ["column", "pairs_with"]]
    for count, exposure in pairs.itertuples(index=False):
        if count in frame and exposure in frame:
            for row in np.flatnonzero(frame[count] > frame[exposure]):
                limit = f"at most {frame[exposure].iloc[row]:g}, its exposure {exposure}"
                faults.cell(table, row, count, limit)


def check_states(
    table: RawTable, codebook: pd.DataFrame, codebook_path: str, faults: Faults
) -> pd.DataFrame | None:
    """Check the table of states against its codebook; None if a key column is missing.

    Contracts: each column described and each described column there; whole codes and years; numbers where numbers are
    due; counts not negative; 0/1 columns 0 or 1; values between the codebook's minimum and maximum, and only in the years
    that it says are covered; no codes for what is missing; key unique and years in order; counts not more than their
    exposure. Columns that never vary and values far from all others are warnings.
    """
    described = dict(zip(codebook["column"], codebook["family"], strict=True))
    if not checks.require_columns(table, STATE_KEYS, faults):
        return None
    checks.require_columns(table, [name for name in described if name not in STATE_KEYS], faults, STATE_KEYS)
    for name in table.rows.columns:
        if name not in described and name not in (*STATE_KEYS, STATE_NAME):
            hint = did_you_mean(name, described)
            faults.file(table, f"column {name} is not described in {codebook_path}; add its row{hint}")
    states = checks.numbers_in(table, STATE_NUMBERS, faults)
    states |= _measured(table, codebook, codebook_path, states["year"], faults)
    if STATE_NAME in table.rows:
        states[STATE_NAME] = table.rows[STATE_NAME]
    frame = pd.DataFrame(states)
    checks.unique_key(table, list(STATE_KEYS), faults)
    same = (frame["pivotal"].diff() == 0) & (frame["state"].diff() == 0)
    faults.cells(table, same & (frame["year"].diff() < 0), "year", "a year after the one in the row above")
    _check_exposures(table, frame, codebook, faults)
    if frame[list(STATE_KEYS)].isna().any(axis=None):
        return None
    return frame.astype(dict.fromkeys(STATE_KEYS, int))
