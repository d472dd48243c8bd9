"""Which states exist in a year, and which code a name stands for: predecessors and successors by rule.

Reads the state-system membership (`cow_states.csv` of the sources' folder) and writes nothing. Fails with `UserError`
when a name is unknown. The rules, each with a test on a real case:

* *Membership.* A state is in the system in a year when it was a member on any day of it. `cow_states.csv` ends in 2016,
  which means "still a member".
* *One seat a lineage.* Where a predecessor and a successor are both members in the year of the change, the
  predecessor keeps the seat for that year, because predictors are observed the year before (Germany 1990: 260; Yemen
  1990: 678). A second predecessor that ended that year is no eligible state either (265 and 680 in 1990 are left to
  their own codes: they were members, and they count).
* *Germany* is 260 from 1955 to 1990 and 255 before and after; *Czechoslovakia* is 315 to 1992 and the *Czech Republic*
  316 after; *Yugoslavia, Serbia and Montenegro, Serbia* are 345 throughout; *USSR and Russia* are 365 throughout;
  *Yemen* is 678 to 1990 and 679 after; *Vietnam* is 816, the southern Republic 817 until 1975.
* *Not (yet) members* have no code in the year: Kosovo before 2008, Montenegro 1919-2005, Bahrain, Qatar, the
  Emirates and Oman before 1971, West Germany before 1955.
"""

from __future__ import annotations

import pandas as pd

from workflow.lib.derivation.state_names import cow_name
from workflow.lib.derivation.system import LAST_LISTED_YEAR

OPEN_END = 9999

LINEAGES: dict[int, tuple[tuple[int, int, int], ...]] = {
    255: ((255, 0, 1945), (260, 1946, 1990), (255, 1991, 9999)),
    260: ((260, 1946, 1990), (255, 1991, 9999)),
    315: ((315, 0, 1992), (316, 1993, 9999)),
    316: ((315, 0, 1992), (316, 1993, 9999)),
    678: ((678, 0, 1990), (679, 1991, 9999)),
    679: ((678, 0, 1990), (679, 1991, 9999)),
}
"""Code -> (code, first year, last year) of the state that holds the seat; states not named keep one code for ever."""

SUCCESSORS_THAT_WAIT: dict[tuple[int, int], int] = {(255, 1990): 260, (679, 1990): 678}
"""(successor, year of the change) -> predecessor that keeps the seat in that year."""


def seat_holder(code: int, year: int) -> int:
    """Code of the state that holds the seat of a lineage in a year, whether or not it was a member of the system."""
    for holder, first, last in LINEAGES.get(code, ()):
        if first <= year <= last:
            return holder
    return code


def system_members(cow_states: pd.DataFrame, year: int) -> list[int]:
    """Codes of the states in the system in a year, ascending, one seat a lineage.

    Parameters
    ----------
    cow_states : DataFrame
        `cow_states.csv` with `ccode`, `styear`, `endyear`.
    year : int
        Calendar year.

    Returns
    -------
    list of int
    """
    ends = cow_states["endyear"].where(cow_states["endyear"] < LAST_LISTED_YEAR, OPEN_END)
    inside = (cow_states["styear"] <= year) & (ends >= year)
    codes = set(cow_states.loc[inside, "ccode"].astype(int))
    waiting = {late for (late, when), early in SUCCESSORS_THAT_WAIT.items() if when == year and early in codes}
    return sorted(codes - waiting)


def state_code(name: str, year: int, cow_states: pd.DataFrame) -> int | None:
    """COW code that a free-text name stands for in a year; None when the name is no state.

    The code is returned whether or not the state was a member of the system that year; use `system_members` for that.

    Raises
    ------
    UserError
        The name is not known.
    """
    full_name = cow_name(name, cow_states)
    if full_name is None:
        return None
    code = int(cow_states.loc[cow_states["statenme"] == full_name, "ccode"].iloc[0])
    return seat_holder(code, year)


def state_name(code: int, cow_states: pd.DataFrame) -> str:
    """Name of a state in `cow_states.csv`."""
    return str(cow_states.loc[cow_states["ccode"] == code, "statenme"].iloc[0])
