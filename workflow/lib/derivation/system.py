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
    """Map state codes to the code of their lineage.

    Parameters
    ----------
    codes : Series of int, shape (n,)
        Correlates of War state codes.

    Returns
    -------
    Series of int, shape (n,)
    """
    return codes.replace(LINEAGES)


def lineage_code(code: int) -> int:
    """Map one state code to the code of its lineage."""
    return LINEAGES.get(int(code), int(code))


def american_vietnam(codes: pd.Series, years: pd.Series) -> pd.Series:
    """Give South Vietnam its own code in sources that file it under Vietnam.

    Aid, troops, visits and trade up to 1975 under code 816 are Saigon's (the USA had no relations with Hanoi).

    Parameters
    ----------
    codes, years : Series of int, shape (n,)

    Returns
    -------
    Series of int, shape (n,)
    """
    southern = (codes == VIETNAM) & (years <= LAST_YEAR_OF_SOUTH_VIETNAM)
    return codes.where(~southern, SOUTH_VIETNAM)


def members_by_year(states: pd.DataFrame, years: range) -> pd.DataFrame:
    """List the members of the state system on 31 December of each year.

    Parameters
    ----------
    states : DataFrame
        `cow_states.csv`: one row a spell (ccode, styear, endyear, endmonth, endday).
    years : range

    Returns
    -------
    DataFrame with columns state, year, sorted
    """
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
    """First year of system membership since 1816, by lineage.

    Returns
    -------
    Series of int indexed by lineage code
    """
    return (
        states.assign(code=lineage(states["ccode"].astype(int))).groupby("code")["styear"].min().astype(int)
    )
