"""Which states exist in a year, and which code a name stands for: predecessors and successors by rule.

Reads the spellings of names in `coding/spellings.csv` (a name that the state system writes otherwise, or that is no state) and
writes nothing. Fails with `UserError` when a name is unknown. The rules, each with a test on a real case:

* *Membership.* A state is in the system in a year when it was a member on any day of it. `cow_states.csv` ends
  in 2016, which means "still a member".
* *One seat for one state.* Where a code and its continuation were both members in the year of the change, the
  earlier code keeps the seat for that year, because predictors are observed the year before (Germany 1990: 260;
  Yemen 1990: 678). The partner that was absorbed (265, 680) was a member until then and keeps its own code.
* *Germany* is 260 from 1946 to 1990 (a member from 1955) and 255 before and after; *Yemen* is 678 to 1990 and 679
  after; these are the same state under two codes, so the mission's start year decides.
* *Czechoslovakia* (315, to 1992) ended; a claim on a later year speaks of the *Czech Republic* (316), a claim on an
  earlier year of 315, whatever code the source wrote (IMI writes 316 for 1990).
* *Yugoslavia, Serbia and Montenegro, Serbia* are 345 and *USSR, Russia* are 365 throughout; *Vietnam* is 816, the
  southern Republic 817 until 1975.
* *Not (yet) members* have a code but no seat in the year: Kosovo before 2008, Montenegro before 2006, Bahrain,
  Qatar, the Emirates and Oman before 1971, the Federal Republic of Germany before 1955.
"""

from collections.abc import Mapping

import pandas as pd

from workflow.lib.derivation.sources import CODING, read_texts
from workflow.lib.derivation.system import LAST_LISTED_YEAR
from workflow.lib.errors import UserError

OPEN_END = 9999
# Code -> (code, first year, last year) of the holder of the seat; states not named keep one code for ever.
CZECH = ((315, 0, 1992), (316, 1993, OPEN_END))
YEMEN = ((678, 0, 1990), (679, 1991, OPEN_END))
SEATS = {
    255: ((255, 0, 1945), (260, 1946, 1990), (255, 1991, OPEN_END)),
    260: ((260, 0, 1990), (255, 1991, OPEN_END)),
    **dict.fromkeys((315, 316), CZECH),
    **dict.fromkeys((678, 679), YEMEN),
}
# A state that ended and the successor that sources sometimes write in its place.
ENDED = (315, 316)
# Code after the change -> code before it, for states that went on under a new code.
CONTINUATIONS = {255: 260, 679: 678}
# A spelling leads to a name, not to a code, because the code of "Germany" or "Yemen" depends on the year; empty: no state.
SPELLINGS = dict(read_texts(CODING / "spellings.csv").itertuples(index=False))


def seat_holder(code: int, year: int) -> int:
    """Code of the holder of a state's seat in a year, whether or not it was a member of the system."""
    return next((holder for holder, first, last in SEATS.get(code, ()) if first <= year <= last), code)


def seat_holder_of_claim(code: int, claim_year: int | None, start_year: int) -> int:
    """Code of the state that a claim on a year (None: not given) speaks of, for a mission that began in `start_year`."""
    by_claim = code in ENDED and claim_year is not None
    return seat_holder(code, claim_year if by_claim else start_year)


def system_members(cow_states: pd.DataFrame, year: int) -> list[int]:
    """Codes of the states in the system (`cow_states.csv`) in a year, ascending, one code for one state."""
    ends = cow_states["endyear"].where(cow_states["endyear"] < LAST_LISTED_YEAR, OPEN_END)
    inside = (cow_states["styear"] <= year) & (ends >= year)
    codes = set(cow_states.loc[inside, "ccode"].astype(int))
    waiting = {late for late, early in CONTINUATIONS.items() if late in codes and early in codes}
    return sorted(codes - waiting)


def codes_by_name(cow_states: pd.DataFrame) -> dict[str, int]:
    """Code of each name in `cow_states.csv`."""
    return {name: int(code) for name, code in zip(cow_states["statenme"], cow_states["ccode"], strict=True)}


def state_code(name: str, claim_year: int | None, start_year: int, codes: Mapping[str, int]) -> int | None:
    """COW code of the state that a free-text name speaks of; None when the name is no state.

    The code is returned whether or not the state was a member of the system; see `system_members` for that. A name that is not
    known is never dropped: it is a `UserError`.

    Parameters
    ----------
    claim_year : int or None
        Year that the claim is about; None when the source gives none.
    start_year : int
        First year of the mission.
    codes : mapping
        Code by name (`codes_by_name`).
    """
    cleaned = " ".join(str(name).split())
    full_name = SPELLINGS.get(cleaned, cleaned)
    if full_name and full_name not in codes:
        raise UserError(
            f"state name {name!r}: not a name of cow_states.csv and not a known spelling; "
            "add it to workflow/lib/derivation/coding/spellings.csv"
        )
    return seat_holder_of_claim(codes[full_name], claim_year, start_year) if full_name else None
