"""When a participant came, as bounds in months after the mission's first deployment; no files are read or written.

A source can date an entry, or only show a state in the force by a year, or show that it was not there yet. So an entry is
an interval: not before `earliest`, not after `latest` (empty: until the end of the mission, or open). Who is a late joiner
is decided by whoever sets the number of months: a state is late when it cannot have come within them (`earliest` lies
after them). A year in which a source first shows a state is an upper bound, never an entry date.
"""

from typing import NamedTuple

import pandas as pd

FIRST_MONTH, LAST_MONTH = 1, 12
BASES = ("dated", "latest", "believed")


class Entry(NamedTuple):
    """Bounds of an entry in months after the start, and its year where sources date it."""

    earliest: int
    latest: int | None
    first_year: int | None
    basis: str


def first_year_of(claims: list) -> tuple[int | None, str]:
    """Earliest year of the claims and its best basis: dated, then seen by then, then believed."""
    known = [(int(claim.first_year), claim.basis) for claim in claims if not pd.isna(claim.first_year)]
    if not known:
        return None, ""
    year = min(known)[0]
    bases = {basis for when, basis in known if when == year}
    return year, next(basis for basis in BASES if basis in bases)


def months_after(start: tuple[int, int], moment: tuple[int, int]) -> int:
    """Months from (year, month) to (year, month), not below zero."""
    return max(0, 12 * (moment[0] - start[0]) + moment[1] - start[1])


def moment_of(text: str, month: int) -> tuple[int, int] | None:
    """(year, month) of `1996-02` or `1996`, the latter with the month given; None for an empty text."""
    if not text:
        return None
    year, _, named = text.partition("-")
    return int(year), int(named or month)


def entry_of(claims: list, start: tuple[int, int], end_year: int | None, decision: dict[str, str]) -> Entry:
    """Bounds of a participant's entry.

    Parameters
    ----------
    claims : list
        Claims with `first_year` and `basis`.
    start : (int, int)
        Year and month of the first deployment.
    end_year : int or None
        Last year of the mission; None while it goes on.
    decision : dict
        The row of `coding/entry_dates.csv` with `earliest` and `latest`; empty when there is none. It wins.
    """
    year, basis = first_year_of(claims)
    first, last = None, None
    if year is not None:
        first = None if basis == "latest" else (year, FIRST_MONTH)
        last = (year, LAST_MONTH)
    if decision:
        first = moment_of(decision["earliest"], FIRST_MONTH)
        last = moment_of(decision["latest"], LAST_MONTH) or (None if first else last)
        basis = "dated" if decision["earliest"] and decision["latest"] else "bounded"
    ends = [moment for moment in (last, (end_year, LAST_MONTH) if end_year else None) if moment]
    earliest = months_after(start, first) if first else 0
    latest = months_after(start, min(ends)) if ends else None
    dated = first is not None and last is not None and first[0] == last[0]
    return Entry(earliest, latest, max(start[0], first[0]) if dated else None, basis)
