"""Distance of each state from the place of each mission.

From minimum distances between states and the missions' targets to `data/distances.csv` (mission, state, distance_km).
Where a mission has several targets the nearest counts; a mission without a target state uses its host. Zero
kilometres means contiguous (or the target itself). Distances are those of the year before the mission, or of the
nearest year that the source has for the pair (it lists states from the year after they enter the system).
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import lineage, members_by_year

FIELDS = ["mission", "state", "distance_km"]


def codes_of(text: object) -> list[int]:
    """Split a list of state codes written as `651;666`; empty gives an empty list."""
    return [int(part) for part in str(text).split(";") if part.strip().isdigit()] if pd.notna(text) else []


def pair_distances(sources: Sources) -> pd.DataFrame:
    """All pairs in both directions: columns place, state, year, km."""
    rows = sources.minimum_distance
    first, second = lineage(rows["ccode1"]), lineage(rows["ccode2"])
    both = [
        pd.DataFrame({"place": first, "state": second, "year": rows["year"], "km": rows["mindist"]}),
        pd.DataFrame({"place": second, "state": first, "year": rows["year"], "km": rows["mindist"]}),
    ]
    return pd.concat(both, ignore_index=True)


def distances_to(place: int, year: int, pairs: pd.DataFrame) -> pd.Series:
    """Distance from one state to all others in the nearest year the source has for each pair.

    Returns
    -------
    Series of float (km), indexed by lineage code
    """
    near = pairs[pairs["place"] == lineage(pd.Series([place])).iloc[0]]
    ordered = near.assign(gap=(near["year"] - year).abs()).sort_values(["state", "gap", "year"])
    distance = ordered.drop_duplicates("state").set_index("state")["km"]
    distance.loc[place] = 0.0
    return distance


def derive_distances(sources: Sources, missions: pd.DataFrame) -> pd.DataFrame:
    """Compute the table of distances.

    Parameters
    ----------
    sources : Sources
    missions : DataFrame
        Columns mission, start_year, targets, host.

    Returns
    -------
    DataFrame with columns mission, state, distance_km (whole kilometres), sorted
    """
    pairs = pair_distances(sources)
    years = sorted({int(year) - 1 for year in missions["start_year"]})
    members = members_by_year(sources.system, range(min(years), max(years) + 1))
    tables = []
    for mission, start, targets, host in missions[["mission", "start_year", "targets", "host"]].itertuples(
        index=False
    ):
        places = codes_of(targets) or codes_of(host)
        states = members.loc[members["year"] == int(start) - 1, "state"].reset_index(drop=True)
        columns = [lineage(states).map(distances_to(place, int(start) - 1, pairs)) for place in places]
        nearest = pd.concat(columns, axis=1).min(axis=1) if columns else pd.Series(np.nan, index=states.index)
        tables.append(pd.DataFrame({"mission": mission, "state": states, "distance_km": nearest}))
    table = pd.concat(tables).dropna(subset=["distance_km"])
    table["distance_km"] = table["distance_km"].round().astype(int)
    return table.sort_values(["mission", "state"], ignore_index=True)[FIELDS]
