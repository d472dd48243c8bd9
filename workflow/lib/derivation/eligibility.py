"""Which states could not have joined a mission, and why; no files are read or written but the project's own coding.

By rule: the pivotal state, the targets, the hosts; a state outside the system in the start year; one that entered it in the
start year (no year before the start, so nothing to predict from); one that had left it by the day of the first deployment.
By coding (`coding/excluded.csv`, mission by mission): a state at war on the other side, one whose own war it was, and one
that was refused or asked to stay out. None of them declined.
"""

from datetime import date
from typing import NamedTuple

import pandas as pd

from workflow.lib.derivation.succession import CONTINUATIONS, system_members
from workflow.lib.derivation.system import LAST_LISTED_YEAR, codes_of, members_by_year

OUTSIDE = "not in the state system in the start year"
NEW = "entered the state system in the start year"
GONE = "no longer in the state system at the start"


class Membership(NamedTuple):
    """States of the system around the start of a mission."""

    in_start_year: set[int]
    year_before: set[int]
    gone: set[int]


def _members_on(cow_states: pd.DataFrame, day: date) -> set[int]:
    moment = day.year * 10000 + day.month * 100 + day.day
    first = cow_states["styear"] * 10000 + cow_states["stmonth"] * 100 + cow_states["stday"]
    last = cow_states["endyear"] * 10000 + cow_states["endmonth"] * 100 + cow_states["endday"]
    there = (first <= moment) & ((last >= moment) | (cow_states["endyear"] >= LAST_LISTED_YEAR))
    return set(cow_states.loc[there, "ccode"].astype(int))


def membership(cow_states: pd.DataFrame, start_year: int, deployed: date) -> Membership:
    """Members in the start year, on 31 December before it, and those of the latter that were gone when forces came."""
    before = set(members_by_year(cow_states, range(start_year - 1, start_year))["state"])
    present = _members_on(cow_states, deployed)
    continued = {early for late, early in CONTINUATIONS.items() if late in present}
    return Membership(set(system_members(cow_states, start_year)), before, before - present - continued)


def exclusion_reason(state: int, mission, members: Membership, coded: str) -> str:
    """Reason why a state cannot be a joiner of a mission; empty when it can."""
    rules = (
        ("pivotal state", state == int(mission.pivotal)),
        ("target", state in codes_of(mission.targets)),
        ("host", state in codes_of(mission.host)),
        (coded, bool(coded)),
        (OUTSIDE, state not in members.in_start_year),
        (NEW, state not in members.year_before),
        (GONE, state in members.gone),
    )
    return next((reason for reason, holds in rules if holds), "")
