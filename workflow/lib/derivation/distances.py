"""Distance of each state from the place of each mission.

From minimum distances between states and the missions' targets to `data/distances.csv` (mission, state, distance_km).
Where a mission has several targets the nearest counts; a mission without a target state uses its host. Zero
kilometres means contiguous (or the target itself). Distances are those of the year before the mission, or of the
nearest year that the source has for the pair (it lists states from the year after they enter the system).
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import both_ways, codes_of, lineage, lineage_code, members_by_year


def distances_to(place: int, year: int, pairs: pd.DataFrame) -> pd.Series:
    """Distance (km) from one state to all others, by lineage code, in the nearest year the source has for each pair."""
    dyads = pairs[pairs["partner"] == lineage_code(place)]
    ordered = dyads.assign(gap=(dyads["year"] - year).abs()).sort_values(["state", "gap", "year"])
    distance = ordered.drop_duplicates("state").set_index("state")["mindist"]
    distance.loc[place] = 0.0
    return distance


def derive_distances(sources: Sources, missions: pd.DataFrame) -> pd.DataFrame:
    """Compute the table of distances from missions with the columns mission, start_year, targets, host.

    Returns
    -------
    DataFrame with columns mission, state, distance_km (whole kilometres), sorted
    """
    pairs = both_ways(sources.minimum_distance)
    years = missions["start_year"].astype(int) - 1
    members = members_by_year(sources.system, range(years.min(), years.max() + 1))
    tables = []
    for mission, year in zip(missions.itertuples(), years, strict=True):
        places = codes_of(mission.targets) or codes_of(mission.host)
        states = members.loc[members["year"] == year, "state"].reset_index(drop=True)
        columns = [lineage(states).map(distances_to(place, year, pairs)) for place in places]
        nearest = pd.concat(columns, axis=1).min(axis=1) if columns else np.nan
        tables.append(pd.DataFrame({"mission": mission.mission, "state": states, "distance_km": nearest}))
    table = pd.concat(tables).dropna(subset=["distance_km"])
    table["distance_km"] = table["distance_km"].round().astype(int)
    return table.sort_values(["mission", "state"], ignore_index=True)
