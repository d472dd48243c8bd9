"""Who is a state, when, and which codes of a source belong to the same state.

Reads `cow_states.csv` (Correlates of War state-system membership) and returns plain tables; writes nothing.
Fails with a `UserError` only through the reader of the sources.

Rules
-----
* A state exists in a year if it is a member of the system on 31 December of that year. The year 1990 therefore
  has one Germany (255) and one Yemen (679), and never both predecessor and successor.
* An end year of 2016 in the source means "still a member" (the list was closed in 2016); membership is carried on.
* A lineage joins the codes of one continuous state: the Federal Republic (260) and Germany (255), the Yemen Arab
  Republic (678) and Yemen (679). Windows that reach back across 1990 use both codes. Czechoslovakia, the German
  Democratic Republic, South Yemen and South Vietnam have no single successor and stand alone.
"""

import numpy as np
import pandas as pd

LINEAGES = {260: 255, 678: 679}
LAST_LISTED_YEAR = 2016
VIETNAM, SOUTH_VIETNAM, LAST_YEAR_OF_SOUTH_VIETNAM = 816, 817, 1975


def lineage(codes: pd.Series) -> pd.Series:
    """Map Correlates of War state codes to the code of their lineage; shape (n,)."""
    return codes.replace(LINEAGES)


def lineage_code(code: int) -> int:
    """Map one state code to the code of its lineage."""
    return LINEAGES.get(int(code), int(code))


def american_vietnam(codes: pd.Series, years: pd.Series) -> pd.Series:
    """Give South Vietnam its own code in sources that file it under Vietnam; shape (n,).

    Aid, troops, visits and trade up to 1975 under code 816 are Saigon's (the USA had no relations with Hanoi).
    """
    southern = (codes == VIETNAM) & (years <= LAST_YEAR_OF_SOUTH_VIETNAM)
    return codes.where(~southern, SOUTH_VIETNAM)


def members_by_year(states: pd.DataFrame, years: range) -> pd.DataFrame:
    """Members of the state system (`cow_states.csv`) on 31 December of each year: columns state, year, sorted."""
    to_december = (states["endmonth"] == 12) & (states["endday"] == 31)
    last = np.where(to_december, states["endyear"], states["endyear"] - 1)
    last = np.where(states["endyear"] >= LAST_LISTED_YEAR, max(years), last)
    rows = [
        (int(code), year)
        for code, first, end in zip(states["ccode"], states["styear"], last, strict=True)
        for year in range(max(int(first), years.start), min(int(end), years.stop - 1) + 1)
    ]
    table = pd.DataFrame(rows, columns=["state", "year"]).drop_duplicates()
    return table.sort_values(["state", "year"], ignore_index=True)


def state_names(states: pd.DataFrame) -> dict[int, str]:
    """Map state codes to names as the Correlates of War list prints them."""
    return {int(code): name for code, name in zip(states["ccode"], states["statenme"], strict=True)}


def first_years(states: pd.DataFrame) -> pd.Series:
    """First year of system membership since 1816, indexed by lineage code."""
    return states["styear"].groupby(lineage(states["ccode"].astype(int))).min().astype(int)


def both_ways(dyads: pd.DataFrame) -> pd.DataFrame:
    """One row a dyad and side of it: `state` and `partner` (lineages) in the place of ccode1 and ccode2."""
    first, second = (lineage(dyads[name].astype(int)) for name in ("ccode1", "ccode2"))
    attributes = dyads.drop(columns=["ccode1", "ccode2"])
    sides = [attributes.assign(state=one, partner=other) for one, other in ((first, second), (second, first))]
    return pd.concat(sides, ignore_index=True)


def codes_of(text: object) -> list[int]:
    """Split a list of state codes written as `651;666`; empty gives an empty list."""
    return [int(part) for part in str(text).split(";") if part.strip().isdigit()] if pd.notna(text) else []
