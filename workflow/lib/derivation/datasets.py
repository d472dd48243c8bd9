"""What the datasets say on who took part in a mission, one claim a row, before anything is decided.

Reads UCDP/PRIO, IMI, COW wars, militarised disputes and Geo-PKO in the sources' folder, with the project's own coding of
which conflict, war, dispute or target belongs to which mission (`coding/datasets.csv`). Returns plain tables; writes
nothing. Fails with `UserError` when a file is missing or a contributor's name is unknown.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workflow.lib.derivation.sources import CODING, Sources, read_texts
from workflow.lib.derivation.succession import seat_holder_of_claim, state_code

# Codes of the IMI data that stand for a multilateral force (29 Inter-American, 49 Caribbean, 653 Sinai, 1 UN).
ORGANISATIONS, ORGANISATION_CODES_FROM = (1, 29, 49, 653), 1000
# Codes of the IMI data that stand for no state -> the state that the row's description names (the Emirates, 1994).
IMI_MISPRINTS = {695: 696}
# Members that the description of a multilateral intervention in IMI names (Provide Comfort; Southern Watch; Haiti 1994;
# Congo 1998).
IMI_FORCE_MEMBERS = {3600: (2, 200, 220, 640), 3602: (2, 200, 220), 3040: (2, 771), 2450: (540, 552, 565)}

# Family of each dataset (those of one family are not independent: the disputes contain the wars), name to print, extract, and
# what its columns are called.
DATASETS = read_texts(CODING / "dataset_columns.csv").set_index("dataset")


def _is_one_of(values: pd.Series, texts: str) -> pd.Series:
    return values.isin(pd.Series(texts.split(";")).astype(values.dtype))


def _participants(sources: Sources, coding, codes: Mapping[str, int]) -> pd.DataFrame:
    """Participants by a row of the coding: ccode, first_year, action (the highest, where the dataset has it)."""
    dataset = DATASETS.loc[coding.dataset]
    table = getattr(sources, dataset.extract)
    hit = _is_one_of(table[dataset.identifier], coding.identifier)
    hit &= table[dataset.year].between(coding.first, coding.last)
    if dataset.side:
        hit &= _is_one_of(table[dataset.side], coding.side)
    rows = table[hit]
    action = rows[dataset.action] if dataset.action else np.nan
    actors = pd.DataFrame({"ccode": rows[dataset.state], "first_year": rows[dataset.year], "action": action})
    if coding.dataset == "geo_pko":
        actors = actors.groupby("ccode", as_index=False).min()
        pairs = zip(actors["ccode"], actors["first_year"], strict=True)
        actors["ccode"] = [state_code(name, year, year, codes) for name, year in pairs]
    if coding.dataset.startswith("imi"):
        actors["first_year"] //= 10000
    if coding.dataset == "imi":
        actors = actors[(actors["ccode"] < ORGANISATION_CODES_FROM) & ~actors["ccode"].isin(ORGANISATIONS)]
        actors = actors.replace({"ccode": IMI_MISPRINTS})
    if coding.dataset == "imi_description":
        members = IMI_FORCE_MEMBERS[int(coding.side)]
        actors = pd.DataFrame({"ccode": members, "first_year": actors["first_year"].min(), "action": np.nan})
    grouped = actors.dropna(subset=["ccode"]).groupby("ccode")
    return grouped.agg({"first_year": "min", "action": "max"}).reset_index()


def dataset_claims(sources: Sources, missions: pd.DataFrame, codes: Mapping[str, int]) -> pd.DataFrame:
    """Claims of the datasets, one row a mission, dataset row of the coding and state.

    Returns
    -------
    DataFrame
        mission, state, role, kind, family, source, first_year, basis, below (the state is listed, but its highest
        action is under the coded threshold), action, covers (the dataset means to list every participant).
    """
    starts = missions.set_index("mission")["start_year"].astype(int)
    texts = {"identifier": str, "side": str}
    claims = []
    for coding in pd.read_csv(CODING / "datasets.csv", keep_default_na=False, dtype=texts).itertuples():
        participants, dataset = _participants(sources, coding, codes), DATASETS.loc[coding.dataset]
        start, first = int(starts[coding.mission]), participants["first_year"].astype(int)
        pairs = zip(participants["ccode"], first, strict=True)
        least = float(coding.minimum_action) if coding.minimum_action != "" else -np.inf
        claim = {
            "mission": coding.mission,
            "state": [seat_holder_of_claim(int(code), year, start) for code, year in pairs],
            "role": coding.role,
            "kind": "dataset",
            "family": dataset.family,
            "source": dataset.label.format(identifier=coding.identifier, side=coding.side),
            "first_year": first.clip(lower=start),
            "basis": np.where((first <= start) | (dataset.family == "imi"), "dated", "latest"),
            "below": participants["action"] < least,
            "action": participants["action"],
            "covers": coding.dataset != "imi_description",
        }
        claims.append(pd.DataFrame(claim))
    return pd.concat(claims, ignore_index=True)
