"""Defence pacts: whether there is one with the pivotal state, how deep it is, and whether it is the only one.

From the members of ATOP alliances (with the pledges of each) and scores of depth to one column each. Pure functions of
`Sources`.
"""

import numpy as np
import pandas as pd

from workflow.lib.derivation.grid import YEARS, complete, grid, look_up
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.system import lineage, lineage_code

ALLIANCE_YEARS = (1945, 2018)


def defence_spells(sources: Sources) -> pd.DataFrame:
    """Spells of membership in alliances of which some member owes defence.

    Returns
    -------
    DataFrame with columns agreement, state (lineage), start, end (in force on 31 December of start .. end - 1),
        pledge (1 if the member itself owes defence)
    """
    members = sources.alliance_members
    spells = pd.DataFrame(
        {
            "agreement": members["atopid"],
            "state": lineage(members["member"].astype(int)),
            "start": members["yrent"],
            "end": members["yrexit"].where(members["yrexit"] > 0, np.inf),
            "pledge": members["defense"],
        }
    )
    return spells[spells.groupby("agreement")["pledge"].transform("max") > 0]


def pacts_with(pivotal: int, sources: Sources) -> pd.DataFrame:
    """Years in which a state and the pivotal state are members of an alliance in which one of the two owes defence.

    Returns
    -------
    DataFrame with columns state (lineage), agreement, year, each row once
    """
    spells = defence_spells(sources)
    centre = lineage_code(pivotal)
    own = spells[spells["state"] == centre]
    pairs = spells[spells["state"] != centre].merge(own, on="agreement", suffixes=("", "_pivotal"))
    pairs = pairs[pairs[["pledge", "pledge_pivotal"]].max(axis=1) > 0]
    first = pairs[["start", "start_pivotal"]].max(axis=1).clip(lower=YEARS[0])
    last = pairs[["end", "end_pivotal"]].min(axis=1).clip(upper=ALLIANCE_YEARS[1] + 1)
    rows = [
        (state, agreement, year)
        for state, agreement, start, end in zip(pairs["state"], pairs["agreement"], first, last, strict=True)
        for year in range(int(start), int(end))
    ]
    return pd.DataFrame(rows, columns=["state", "agreement", "year"]).drop_duplicates()


def pact_columns(
    frame: pd.DataFrame, pivotal: int, sources: Sources, states: np.ndarray
) -> dict[str, np.ndarray]:
    """Columns defence_pact (0/1) and alliance_depth (of the deepest pact in force; missing without a scored one)."""
    pacts = pacts_with(pivotal, sources)
    allied = complete(grid(pacts["state"], pacts["year"]).clip(upper=1), *ALLIANCE_YEARS, states)
    scores = sources.alliance_depth.rename(columns={"atopid": "agreement", "depth.score": "depth"})
    scored = pacts.merge(scores[["agreement", "depth"]], on="agreement").dropna(subset=["depth"])
    deepest = scored.groupby(["state", "year"], as_index=False)["depth"].max()
    return {
        "defence_pact": look_up(allied, frame),
        "alliance_depth": look_up(grid(deepest["state"], deepest["year"], deepest["depth"]), frame),
        "alliance_only_pivotal": only_allied_to_pivotal(frame, pivotal, sources),
    }


def only_allied_to_pivotal(frame: pd.DataFrame, pivotal: int, sources: Sources) -> np.ndarray:
    """1 if the state has a defence pact with the pivotal state and every other defence partner has one too.

    After the idea of Lake (2009) of "independent alliances": allies that are not also allies of the dominant state.
    """
    rows = sources.alliance_dyads
    rows = rows[rows["atop_defense"] == 1]
    pacts = pd.DataFrame(
        {
            "state": lineage(rows["ccode1"].astype(int)),
            "partner": lineage(rows["ccode2"].astype(int)),
            "year": rows["year"].astype(int),
        }
    ).drop_duplicates()
    pacts = pacts[pacts["state"] != pacts["partner"]]
    centre = lineage_code(pivotal)
    allies = pacts.loc[pacts["state"] == centre, ["partner", "year"]]
    pacts = pacts.merge(allies.assign(shared=1), how="left", on=["partner", "year"])
    independent = pacts[pacts["shared"].isna() & (pacts["partner"] != centre)]
    codes = np.unique(np.concatenate([pacts["state"], lineage(frame["state"]).to_numpy()]))
    allied = complete(grid(allies["partner"], allies["year"]), *ALLIANCE_YEARS, codes)
    others = complete(grid(independent["state"], independent["year"]), *ALLIANCE_YEARS, codes)
    only = ((allied > 0) & (others == 0)).astype(float).where(allied.notna())
    return look_up(only, frame)
