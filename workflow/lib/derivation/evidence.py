"""What the sources say on who took part in a mission, one claim a row, before anything is decided.

Reads `participation_evidence.csv` (beside the sources' folder) and the datasets in the folder (UCDP/PRIO, IMI, COW
wars, militarised disputes, Geo-PKO), with the project's own coding of which conflict, war, dispute or target
belongs to which mission (`coding/datasets.csv`), and the lists that it read itself (`coding/published_lists.csv`).
Returns plain tables; writes nothing. Fails with `UserError` when a file is missing or a name or role is unknown.

A *claim* has: mission, state, source (text), family (sources of one family are not independent), kind (`dataset`,
`list`, `none`), role, first year, how exact that year is.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.succession import seat_holder_of_claim, state_code
from workflow.lib.errors import UserError

CODING = Path(__file__).parent / "coding"
EVIDENCE_FILE = "participation_evidence.csv"
ORGANISATION_CODES_FROM = 1000
ORGANISATIONS_BELOW_1000 = (1, 29, 49, 653)
"""Codes of the IMI data that stand for a multilateral force (29 Inter-American, 49 Caribbean, 653 Sinai, 1 UN)."""

IMI_FORCE_MEMBERS = {3600: (2, 200, 220, 640), 3040: (2, 771)}
"""Members that the description of a multilateral intervention in IMI names (Provide Comfort; Haiti 1994)."""

COW_FAMILY = "cow"
WIKIPEDIA = "wikipedia"
WIKIPEDIA_COPIES = r"wiki|academickids|absoluteastronomy|fandom|encyclopedia mirror|piglix"
SOURCE_PATTERNS: tuple[tuple[str, str, str, str], ...] = (
    (r"^COW Inter-State War", "dataset", COW_FAMILY, "COW Inter-State War"),
    (r"^Military Deployment Index", "dataset", "mdi", "Military Deployment Index (IISS)"),
    (r"^none retrieved", "none", "", "general knowledge of the compilers (no source retrieved)"),
    (r"^histclo\.com", "list", "histclo", "list: histclo.com"),
    (r"^history\.com", "list", "history.com", "list: history.com"),
    (r"^Papers Past", "list", "papers_past", "list: Papers Past 25 May 1965"),
    (r"^rappler/AFP", "list", "afp_2014", "list: AFP 2014"),
    (r"^interia\.pl", "list", "interia", "list: interia.pl"),
    (r"^1982 start = general knowledge", "none", "", ""),
)
"""Pattern of a source text -> kind, family, name to print. Any other text is a published list, its own family."""

BARE_LISTS_END = re.compile(
    r"\s*\((this copy|signatories|below COW|list cut|16 combat|552 peak|42,600|28,000).*$"
)

ROLE_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"^lead", "combat"),
    (r"offer only|unclear deployment", "pledge"),
    (r"not MNF-I", "listed"),
    (r"^political", "political"),
    (r"^finance", "finance"),
    (r"^basing", "basing"),
    (r"noncombat|non-combat", "support"),
    (
        r"^(medical|field hospital|airlift|support|training|police$|staff|engineers|military police)",
        "support",
    ),
    (r"^(bomb disposal|1-2 specialists|chemical|naval refuelling|air recon)", "support"),
    (r"^(support/medical|IAF \(medical\))", "support"),
    (r"^air/medical|naval/medical|rescue ships|police/defence", "support"),
    (r"troops|combat|paratroops|special forces|naval|^air|contingent|helicopters|offshore", "combat"),
)
"""First match decides. combat = armed contingents, ships or combat aircraft in the theatre; support = unarmed or
enabling contingents and staff; basing, finance, political, pledge = nothing of its own sent; listed = named by a
source that does not say that it took part in this mission."""


YEAR_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"joined about ((?:19|20)\d\d)", "dated"),
    (r"from Feb ((?:19|20)\d\d)", "dated"),
    (r"medical \(30 in (1966)", "dated"),
    (r"believed original ((?:19|20)\d\d)", "believed"),
    (r"\(((?:19|20)\d\d)-(?:19|20)\d\d in source window", "latest"),
    (r"\(((?:19|20)\d\d)[+)]", "latest"),
    (r"(?:in|Jun|Jul|Feb|Aug|May) ((?:19|20)\d\d)\b", "latest"),
)
"""Pattern with the year -> basis; the first match decides. A pledge and a range without a source give no year."""


def evidence_path(folder: Path) -> Path:
    """The evidence table beside (or in) the folder of sources.

    Raises
    ------
    UserError
        It is in neither place.
    """
    for candidate in (folder.parent / EVIDENCE_FILE, folder / EVIDENCE_FILE):
        if candidate.is_file():
            return candidate
    raise UserError(
        f"derivation: {EVIDENCE_FILE} is neither in {folder} nor in the folder above it; put it there"
    )


def extracts_folder(folder: Path) -> Path:
    """The folder with the extracts: `folder/sources` where it exists, else the folder given."""
    inner = Path(folder) / "sources"
    return inner if inner.is_dir() else Path(folder)


def role_class(text: str) -> str:
    """Class of a free-text role: combat, support, basing, finance, political or pledge.

    Raises
    ------
    UserError
        No pattern matches.
    """
    for pattern, role in ROLE_PATTERNS:
        if re.search(pattern, text):
            return role
    raise UserError(
        f"{EVIDENCE_FILE}, column role, value {text!r}: no class known; add a pattern to ROLE_PATTERNS"
    )


def list_family(name: str) -> str:
    """Family of a published list: copies of Wikipedia are one source, any other list is its own."""
    return WIKIPEDIA if re.search(WIKIPEDIA_COPIES, name, re.IGNORECASE) else name.lower()


def split_sources(text: str) -> list[tuple[str, str, str]]:
    """Single sources named in a source text, as (kind, family, name to print)."""
    found = []
    for part in re.split(r";\s*(?![^(]*\))", text):
        for pattern, kind, family, label in SOURCE_PATTERNS:
            if re.search(pattern, part):
                if label:
                    found.append((kind, family, label))
                break
        else:
            name = BARE_LISTS_END.sub("", part).strip()
            found.append(("list", list_family(name), f"list: {name}"))
    return found


def year_in_role(text: str) -> tuple[int | None, str]:
    """First year that a role text gives, and its basis.

    Returns
    -------
    year : int or None
    basis : str
        `dated` (the entry), `believed` (the compilers' belief), `latest` (seen by then) or empty.
    """
    for pattern, basis in YEAR_PATTERNS:
        found = re.search(pattern, text)
        if found:
            return int(found.group(1)), basis
    return None, ""


def evidence_claims(folder: Path, missions: pd.DataFrame, codes: Mapping[str, int]) -> pd.DataFrame:
    """Claims of the compiled evidence table, one row a source that a row names.

    Parameters
    ----------
    folder : Path
        Folder of the extracts.
    missions : DataFrame
        The coded missions (`coding/missions.csv`).
    codes : mapping
        Code by name of state.

    Returns
    -------
    DataFrame
        mission, state (COW code), name, text, role, kind, family, source, first_year, basis, grade.

    Raises
    ------
    UserError
        A mission of the evidence is not coded, or a name, role is unknown.
    """
    table = pd.read_csv(evidence_path(folder), keep_default_na=False, dtype={"start_year": int})
    coded = {row.evidence_name: row for row in missions.itertuples() if row.evidence_name}
    lost = sorted(set(table["mission"]) - set(coded))
    if lost:
        raise UserError(
            f"{EVIDENCE_FILE}, column mission, value {lost[0]!r}: not in coding/missions.csv; code it there"
        )
    rows = []
    for row in table.itertuples():
        mission = coded[row.mission]
        year, basis = year_in_role(row.role)
        for kind, family, label in split_sources(row.source):
            rows.append(
                {
                    "mission": mission.mission,
                    "state": state_code(row.participant_name, year, int(mission.start_year), codes),
                    "name": row.participant_name,
                    "text": row.role,
                    "role": role_class(row.role),
                    "kind": kind,
                    "family": family,
                    "source": label,
                    "first_year": year,
                    "basis": basis,
                    "grade": row.certainty,
                }
            )
    return pd.DataFrame(rows)


def published_claims(missions: pd.DataFrame, codes: Mapping[str, int]) -> pd.DataFrame:
    """Claims of published lists that the project read itself (`coding/published_lists.csv`).

    Returns
    -------
    DataFrame
        mission, state, role, kind, family, source, first_year, basis.
    """
    table = pd.read_csv(CODING / "published_lists.csv", keep_default_na=False, dtype=str)
    starts = missions.set_index("mission")["start_year"].astype(int)
    rows = []
    for listed in table.itertuples():
        year = int(listed.first_year) if listed.first_year else None
        for name in listed.names.split(";"):
            rows.append(
                {
                    "mission": listed.mission,
                    "state": state_code(name, year, int(starts[listed.mission]), codes),
                    "role": listed.role,
                    "kind": "list",
                    "family": list_family(listed.source),
                    "source": f"list: {listed.source}",
                    "first_year": year,
                    "basis": listed.basis,
                }
            )
    return pd.DataFrame(rows)


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
    found = table[hit & states].groupby("intervener")["start"].min() // 10000
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
