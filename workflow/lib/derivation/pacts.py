"""Defence pacts: whether there is one with the pivotal state, how deep it is, and whether it is the only one.

From the members of ATOP alliances (with the pledges of each) and scores of depth to one column each. Pure functions of
`Sources`.
"""

import functools

import numpy as np
import pandas as pd

from workflow.lib.derivation.grid import YEARS, complete, grid, look_up, within
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import lineage, lineage_code

ALLIANCE_YEARS = (1945, 2018)


@functools.lru_cache(maxsize=1)
def defence_pacts(sources: Sources) -> pd.DataFrame:
    """Years in which two states are members of an alliance in which one of the two owes defence.

    In force on 31 December: a pact of start .. end counts to end - 1.

    Returns
    -------
    DataFrame with columns state, partner (lineages), agreement, year, each row once
    """
    members = sources.alliance_members
    spells = pd.DataFrame(
        {
            "agreement": members["atopid"],
            "state": lineage(members["member"].astype(int)),
            "start": members["yrent"].clip(lower=YEARS[0]),
            "end": members["yrexit"].where(members["yrexit"] > 0, np.inf).clip(upper=ALLIANCE_YEARS[1] + 1),
            "pledge": members["defense"],
        }
    )
    spells = spells[(spells["end"] > spells["start"])]
    pairs = spells.merge(spells.rename(columns={"state": "partner"}), on="agreement", suffixes=("", "_2"))
    pairs = pairs[(pairs["state"] != pairs["partner"]) & (pairs[["pledge", "pledge_2"]].max(axis=1) > 0)]
    first = pairs[["start", "start_2"]].max(axis=1).astype(int)
    length = (pairs[["end", "end_2"]].min(axis=1).astype(int) - first).clip(lower=0).to_numpy()
    rows = pairs.loc[pairs.index.repeat(length), ["state", "partner", "agreement"]]
    place = np.arange(length.sum()) - np.repeat(length.cumsum() - length, length)
    rows = rows.assign(year=np.repeat(first.to_numpy(), length) + place)
    return rows.drop_duplicates(ignore_index=True)


def pact_columns(
    frame: pd.DataFrame, pivotal: int, sources: Sources, states: np.ndarray
) -> dict[str, np.ndarray]:
    """What defence pacts say of the rows of a table.

    Returns
    -------
    dict of arrays, shape (n,)
        defence_pact (0/1); alliance_depth (of the deepest pact in force; missing without a scored one);
        alliance_only_pivotal (1 if there is a pact with the pivotal state, and every other partner has one with it too: no
        independent alliance in the sense of Lake 2009).
    """
    pacts, centre = defence_pacts(sources), lineage_code(pivotal)
    pivotal_pacts = pacts[pacts["partner"] == centre]
    scores = sources.alliance_depth.rename(columns={"atopid": "agreement", "depth.score": "depth"})
    scored = pivotal_pacts.merge(scores[["agreement", "depth"]], on="agreement").dropna(subset=["depth"])
    deepest = scored.groupby(["state", "year"], as_index=False)["depth"].max()
    allies = pivotal_pacts[["state", "year"]].drop_duplicates().rename(columns={"state": "partner"})
    shared = pacts.merge(allies, how="left", on=["partner", "year"], indicator=True)
    independent = shared[(shared["_merge"] == "left_only") & (shared["partner"] != centre)]
    allied = complete(grid(pivotal_pacts["state"], pivotal_pacts["year"]), *ALLIANCE_YEARS, states) > 0
    has_independent = complete(grid(independent["state"], independent["year"]), *ALLIANCE_YEARS, states) > 0
    has_independent = has_independent.reindex(allied.index, fill_value=False)
    pact = within(allied.astype(float), *ALLIANCE_YEARS)
    tables = {
        "defence_pact": pact,
        "alliance_depth": grid(deepest["state"], deepest["year"], deepest["depth"]),
        "alliance_only_pivotal": pact.mask(has_independent & pact.notna(), 0.0),
    }
    return {name: look_up(table, frame) for name, table in tables.items()}
