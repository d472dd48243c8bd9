"""What the datasets say on who took part in a mission, one claim a row, before anything is decided.

Reads UCDP/PRIO, IMI, COW wars, militarised disputes and Geo-PKO in the sources' folder, with the project's own coding of
which conflict, war, dispute or target belongs to which mission (`coding/datasets.csv`). Returns plain tables; writes
nothing. Fails with `UserError` when a file is missing or a contributor's name is unknown.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from workflow.lib.derivation.evidence import CODING
from workflow.lib.derivation.evidence_texts import COW_FAMILY
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.succession import seat_holder_of_claim, state_code

ORGANISATION_CODES_FROM = 1000
ORGANISATIONS_BELOW_1000 = (1, 29, 49, 653)
"""Codes of the IMI data that stand for a multilateral force (29 Inter-American, 49 Caribbean, 653 Sinai, 1 UN)."""

IMI_MISPRINTS = {695: 696}
"""Codes of the IMI data that stand for no state -> the state that the row's description names (the Emirates, 1994)."""

IMI_FORCE_MEMBERS = {
    3600: (2, 200, 220, 640),
    3602: (2, 200, 220),
    3040: (2, 771),
    2450: (540, 552, 565),
}
"""Members that the description of a multilateral intervention in IMI names (Provide Comfort; Southern Watch; Haiti 1994;
Congo 1998)."""


class CachedSources(Sources):
    """Source extracts, each file read once however many missions ask for it."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.read = functools.cache(super().read)


def _ucdp(sources: Sources, coding) -> pd.DataFrame:
    table = sources.read("ucdp_acd_parties_long.csv")
    hit = (table["conflict_id"] == int(coding.identifier)) & table["role"].isin(coding.side.split(";"))
    hit &= table["year"].between(coding.first, coding.last) & table["ccode"].notna()
    found = table[hit].groupby("ccode")["year"].min().rename("first_year").reset_index()
    return found.assign(action=pd.NA)


def _cow_wars(sources: Sources, coding) -> pd.DataFrame:
    table = sources.read("cow_interstate_war_participant_years_1945_2003.csv")
    hit = (table["warnum"] == int(coding.identifier)) & table["year"].between(coding.first, coding.last)
    found = table[hit].groupby("ccode")["year"].min().rename("first_year").reset_index()
    return found.assign(action=pd.NA)


def _mid(sources: Sources, coding) -> pd.DataFrame:
    table = sources.read("gml_mid_participants_1945_2010.csv")
    hit = (table["dispnum"] == int(coding.identifier)) & (table["sidea"] == int(coding.side))
    hit &= table["styear"].between(coding.first, coding.last)
    grouped = table[hit].groupby("ccode")
    return grouped.agg(first_year=("styear", "min"), action=("hiact", "max")).reset_index()


def _mid_dyads(sources: Sources, coding) -> pd.DataFrame:
    table = sources.read("cow_mid5_directed_dyad_year_disputes_1945_2014.csv.gz")
    hit = (table["ccode2"] == int(coding.identifier)) & table["dispnum"].isin(
        map(int, coding.side.split(";"))
    )
    hit &= table["year"].between(coding.first, coding.last)
    found = table[hit].rename(columns={"ccode1": "ccode"}).groupby("ccode")
    return found.agg(first_year=("year", "min"), action=("hiact1", "max")).reset_index()


def _imi(sources: Sources, coding) -> pd.DataFrame:
    table = sources.read("imi_1946_2005.csv")
    hit = table["target"].isin(map(int, coding.identifier.split(";")))
    hit &= table["start"].between(coding.first, coding.last)
    states = (table["intervener"] < ORGANISATION_CODES_FROM) & ~table["intervener"].isin(
        ORGANISATIONS_BELOW_1000
    )
    interveners = table[hit & states].assign(
        intervener=lambda rows: rows["intervener"].replace(IMI_MISPRINTS)
    )
    found = interveners.groupby("intervener")["start"].min() // 10000
    return found.rename("first_year").rename_axis("ccode").reset_index().assign(action=pd.NA)


def _imi_description(sources: Sources, coding) -> pd.DataFrame:
    table = sources.read("imi_1946_2005.csv")
    force = int(coding.side)
    hit = (table["target"] == int(coding.identifier)) & (table["intervener"] == force)
    year = int(table.loc[hit & table["start"].between(coding.first, coding.last), "start"].min() // 10000)
    return pd.DataFrame({"ccode": IMI_FORCE_MEMBERS[force], "first_year": year, "action": pd.NA})


def _geo_pko(sources: Sources, coding, codes: Mapping[str, int]) -> pd.DataFrame:
    table = sources.read("geopko_v2_3_mission_year_tcc.csv")
    hit = (table["mission"] == coding.identifier) & table["year"].between(coding.first, coding.last)
    found = table[hit].groupby("tcc")["year"].min().rename("first_year").reset_index()
    pairs = zip(found["tcc"], found["first_year"], strict=True)
    found["ccode"] = [state_code(name, year, year, codes) for name, year in pairs]
    return (
        found.dropna(subset=["ccode"]).groupby("ccode")["first_year"].min().reset_index().assign(action=pd.NA)
    )


FAMILIES = {
    "ucdp": ("ucdp", "UCDP/PRIO conflict {identifier}"),
    "cow_wars": (COW_FAMILY, "COW Inter-State War {identifier}"),
    "mid": (COW_FAMILY, "MID dispute {identifier}"),
    "mid_dyads": (COW_FAMILY, "MID dyads, dispute {side} with {identifier}"),
    "imi": ("imi", "IMI (target {identifier})"),
    "imi_description": ("imi", "IMI (description, target {identifier})"),
    "geo_pko": ("geo_pko", "Geo-PKO {identifier}"),
}
"""Dataset -> family, name to print. Wars and disputes are one family: the disputes contain the wars."""


def dataset_claims(folder: Path, missions: pd.DataFrame, codes: Mapping[str, int]) -> pd.DataFrame:
    """Claims of the datasets, one row a mission, dataset row of the coding and state.

    Returns
    -------
    DataFrame
        mission, state, role, kind, family, source, first_year, basis, below (the state is listed, but its highest
        action is under the coded threshold), action, covers (the dataset means to list every participant).
    """
    sources = CachedSources(folder)
    starts = missions.set_index("mission")["start_year"].astype(int)
    coding_table = pd.read_csv(
        CODING / "datasets.csv", keep_default_na=False, dtype={"identifier": str, "side": str}
    )
    readers = {
        "ucdp": _ucdp,
        "cow_wars": _cow_wars,
        "mid": _mid,
        "mid_dyads": _mid_dyads,
        "imi": _imi,
        "imi_description": _imi_description,
        "geo_pko": functools.partial(_geo_pko, codes=codes),
    }
    claims = []
    for coding in coding_table.itertuples():
        found = readers[coding.dataset](sources, coding)
        family, label = FAMILIES[coding.dataset]
        start = int(starts[coding.mission])
        below = pd.Series(False, index=found.index)
        if coding.minimum_action != "":
            below = found["action"].astype(float) < float(coding.minimum_action)
        first = found["first_year"].astype(int)
        dated = (first <= start) | coding.dataset.startswith("imi")
        claims.append(
            pd.DataFrame(
                {
                    "mission": coding.mission,
                    "state": [
                        seat_holder_of_claim(int(code), year, start)
                        for code, year in zip(found["ccode"], first, strict=True)
                    ],
                    "role": coding.role,
                    "kind": "dataset",
                    "family": family,
                    "source": label.format(identifier=coding.identifier, side=coding.side),
                    "first_year": first.clip(lower=start),
                    "basis": dated.map({True: "dated", False: "latest"}),
                    "below": below.astype(bool),
                    "action": found["action"],
                    "covers": coding.dataset != "imi_description",
                }
            )
        )
    return pd.concat(claims, ignore_index=True)
