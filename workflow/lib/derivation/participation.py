"""Who joined which mission: claims of the sources -> one graded row a mission and state.

Reads the sources' folder and the evidence table beside it (through `evidence`), the coded missions
(`coding/missions.csv`) and the project's decisions on single rows (`coding/overrides.csv`); returns the tables that ship
as `data/participation.csv` and `data/participation_excluded.csv`. Writes nothing. Fails with `UserError` when a file, a
name or a mission is unknown.

Rules
-----
*Eligible* are the members of the state system in the mission's start year less the pivotal state, the targets and the
hosts; a participant outside leaves with its reason (`derive_excluded`).

*Joined* is 1 when the state sent armed forces (`combat`) or enabling or unarmed contingents or staff (`support`) within
`JOINING_WINDOW` years of the mission's start. Bases, money, words and pledges are recorded with joined = 0 unless a dataset
codes the state as a party or an intervener. For the list of public supporters (outcome `political_support`) the words are
the outcome.

*Late joiners.* `late` is `yes` when a dated entry lies after the window (then joined = 0: predictors are observed before the
mission's start and say nothing of a decision taken a decade later), `possible` when the state is first *seen* after it (then
joined = 1 and certainty `uncertain`), `no` inside the window or in a mission no longer than it, and empty when unknown.

*Certainty* grades the label `joined`. `verified`: two independent sources, one of them a dataset. `probable`: one
dataset or published list, or several lists. `uncertain`: general knowledge only, doubtful roles, a dispute between
sources that could not be settled, or `late` possible. Sources of one project (COW wars and COW disputes) count once; general
knowledge counts as none.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from workflow.lib.derivation.evidence import CODING, dataset_claims, evidence_claims, extracts_folder
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.succession import state_name, system_members

JOINING_WINDOW = 5
JOINING_ROLES = ("combat", "support")
ROLE_ORDER = ("combat", "support", "basing", "finance", "political", "pledge")
COLUMNS = [
    "mission",
    "state",
    "state_name",
    "role",
    "joined",
    "first_year",
    "first_year_basis",
    "late",
    "certainty",
    "n_sources",
    "sources",
    "conflict",
    "note",
]
NO_SOURCE = "general knowledge of the compilers (no source retrieved)"


def coded_missions() -> pd.DataFrame:
    """The project's own coding of the missions, as text."""
    return pd.read_csv(CODING / "missions.csv", keep_default_na=False, dtype=str)


def codes(text: str) -> set[int]:
    """State codes of a `;`-separated field."""
    return {int(part) for part in text.split(";") if part}


def certainty_of(n_families: int, has_dataset: bool, capped: bool) -> str:
    """Grade of a label from the number and kind of independent sources.

    Parameters
    ----------
    n_families : int
        Number of independent sources.
    has_dataset : bool
        Whether one of them is a dataset.
    capped : bool
        Whether the label is disputed, doubtful or possibly late.
    """
    if capped or n_families == 0:
        return "uncertain"
    return "verified" if n_families >= 2 and has_dataset else "probable"


def first_year_of(claims: pd.DataFrame) -> tuple[int | None, str]:
    """Earliest year of the claims and its basis; a dated year wins over an equal "seen by then"."""
    known = claims.dropna(subset=["first_year"])
    if known.empty:
        return None, ""
    year = int(known["first_year"].min())
    bases = set(known.loc[known["first_year"] == year, "basis"])
    return year, "dated" if "dated" in bases else "latest"


def lateness(year: int | None, basis: str, start: int, end: int | None) -> str:
    """`no`, `possible`, `yes` or empty: whether the state came after the joining window."""
    if end is not None and end - start <= JOINING_WINDOW:
        return "no"
    if year is None:
        return ""
    if year <= start + JOINING_WINDOW:
        return "no"
    return "yes" if basis == "dated" else "possible"


UNNUMBERED_WAR = "COW Inter-State War"


def _unconfirmed_wars(claims: pd.DataFrame) -> pd.Series:
    """Rows that cite the COW wars in the evidence table although the dataset at hand does not list the state."""
    cited = claims["source"] == UNNUMBERED_WAR
    numbered = claims["source"].str.startswith(f"{UNNUMBERED_WAR} ")
    keys = pd.MultiIndex.from_frame(claims[["mission", "state"]])
    return cited & ~keys.isin(keys[numbered])


def _claims(folder: Path, missions: pd.DataFrame, cow_states: pd.DataFrame) -> pd.DataFrame:
    listed = evidence_claims(folder, missions, cow_states).assign(below=False, action=pd.NA)
    found = dataset_claims(folder, missions, cow_states)
    claims = pd.concat([listed, found.assign(name="", text="", grade="")], ignore_index=True)
    unconfirmed = _unconfirmed_wars(claims)
    claims["unconfirmed"] = unconfirmed
    claims.loc[unconfirmed, ["kind", "family", "source"]] = ["none", "", ""]
    confirmed = (claims["source"] == UNNUMBERED_WAR) & ~unconfirmed
    claims.loc[confirmed, "source"] = ""
    return claims


def _inputs(sources: Path) -> tuple[Path, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    folder = extracts_folder(Path(sources))
    cow_states = Sources(folder).read("cow_states.csv")
    missions = coded_missions()
    return folder, cow_states, missions, _claims(folder, missions, cow_states)


def _overrides() -> pd.DataFrame:
    table = pd.read_csv(CODING / "overrides.csv", keep_default_na=False, dtype=str)
    return table.assign(state=table["state"].astype(int)).set_index(["mission", "state"])


def exclusion_reason(state: int | None, mission, members: set[int]) -> str:
    """Reason why a state cannot be a participant of a mission; empty when it can."""
    if state is None:
        return "not a state"
    if state == int(mission.pivotal):
        return "pivotal state"
    if state in codes(mission.targets):
        return "target"
    if state in codes(mission.host):
        return "host"
    return "" if state in members else "not in the state system in the start year"


def _year(text: str) -> int | None:
    return int(text) if text else None


def names_of(claims: pd.DataFrame) -> str:
    """Names of the sources of some claims, joined by `; `."""
    names = set(claims.loc[claims["kind"] != "none", "source"]) - {""}
    return "; ".join(sorted(names)) or NO_SOURCE


def _row(mission, state: int, claims: pd.DataFrame, decision: dict, cow_states: pd.DataFrame) -> dict:
    start, end = int(mission.start_year), _year(mission.end_year)
    acting = claims[~claims["below"].astype(bool)]
    sourced = acting[acting["kind"] != "none"]
    datasets = sourced[sourced["kind"] == "dataset"]
    named = claims[claims["text"] != ""]
    roles = named["role"] if len(named) else acting["role"]
    role = min(roles, key=ROLE_ORDER.index) if len(roles) else "political"
    conflicts, notes = [], []

    wanted = JOINING_ROLES if mission.outcome_kind == "deployment" else ("political",)
    joined = int(role in wanted)
    capped = bool(len(named)) and set(named["grade"]) == {"uncertain"} and datasets.empty
    if not joined and len(datasets) and role in ("basing", "finance", "pledge"):
        joined, capped = 1, False
        conflicts.append(f"evidence table: {named['text'].iloc[0]}; datasets code it as a party or intervener")
    if acting.empty:
        joined, capped = 0, True
    if mission.evidence_name and named.empty and len(datasets):
        conflicts.append("named by a dataset, not in the compiled evidence table")
    for below in claims[claims["below"].astype(bool)].itertuples():
        conflicts.append(f"{below.source} lists the state; highest action {int(below.action)} is below the use of force")
    if claims["unconfirmed"].any():
        conflicts.append("the evidence table cites COW Inter-State War; the extract does not list the state")
    doubtful = named.loc[named["text"].str.contains("doubtful|denied|declined|unclear|deployment partly"), "text"]
    conflicts.extend(doubtful.unique())

    year, basis = first_year_of(acting)
    if decision.get("first_year"):
        year, basis = int(decision["first_year"]), "dated"
    late = lateness(year, basis, start, end)
    if late == "yes" and joined:
        joined = 0
        notes.append(f"entered more than {JOINING_WINDOW} years after the start: counted as not joined")
    if decision.get("role"):
        role = decision["role"]
    if decision.get("joined"):
        joined, capped = int(decision["joined"]), True
    if decision.get("conflict"):
        conflicts.append(decision["conflict"])
    if decision.get("source"):
        notes.append(decision["source"])
    if late == "possible":
        capped = True
        notes.append("first seen after the joining window; entry may be earlier")
    texts = [text for text in named["text"].unique() if text]

    families = sourced["family"].nunique()
    return {
        "mission": mission.mission,
        "state": state,
        "state_name": state_name(state, cow_states),
        "role": role,
        "joined": joined,
        "first_year": year,
        "first_year_basis": basis,
        "late": late,
        "certainty": certainty_of(families, len(datasets) > 0, capped),
        "n_sources": families,
        "sources": names_of(claims),
        "conflict": "; ".join(conflicts),
        "note": "; ".join([*texts, *notes]),
    }


def derive_participation(sources: Path) -> pd.DataFrame:
    """Graded participants of every coded mission.

    Parameters
    ----------
    sources : Path
        The folder with the extracts, or the one that holds it as `sources/`.

    Returns
    -------
    DataFrame, sorted by mission and state
        mission, state (COW code), state_name, role, joined (0/1), first_year, first_year_basis, late, certainty,
        n_sources (independent sources), sources, conflict, note.

    Raises
    ------
    UserError
        A file, name, role or mission is unknown.
    """
    folder, cow_states, missions, claims = _inputs(sources)
    decisions = _overrides()
    rows = []
    for mission in missions.itertuples():
        members = set(system_members(cow_states, int(mission.start_year)))
        own = claims[(claims["mission"] == mission.mission) & claims["state"].notna()]
        for state, group in own.groupby("state"):
            state = int(state)
            decision = dict(decisions.loc[(mission.mission, state)]) if (mission.mission, state) in decisions.index else {}
            if exclusion_reason(state, mission, members) or decision.get("exclude"):
                continue
            rows.append(_row(mission, state, group, decision, cow_states))
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["first_year"] = table["first_year"].astype("Int64")
    return table.sort_values(["mission", "state"], ignore_index=True)


def derive_excluded(sources: Path) -> pd.DataFrame:
    """Participants that the sources name and that cannot be joiners, each with its reason.

    Returns
    -------
    DataFrame, sorted by mission and name
        mission, state (COW code, empty when the name is no state), name, reason, sources.
    """
    folder, cow_states, missions, claims = _inputs(sources)
    decisions = _overrides()
    rows = []
    for mission in missions.itertuples():
        members = set(system_members(cow_states, int(mission.start_year)))
        own = claims[claims["mission"] == mission.mission]
        for state, group in own.groupby("state"):
            state = int(state)
            reason = exclusion_reason(state, mission, members)
            key = (mission.mission, state)
            if not reason and key in decisions.index:
                reason = decisions.loc[key, "exclude"]
            if reason:
                rows.append(
                    {
                        "mission": mission.mission,
                        "state": state,
                        "name": state_name(state, cow_states),
                        "reason": reason,
                        "sources": names_of(group),
                    }
                )
    table = pd.DataFrame(rows, columns=["mission", "state", "name", "reason", "sources"])
    return table.sort_values(["mission", "state"], ignore_index=True)
