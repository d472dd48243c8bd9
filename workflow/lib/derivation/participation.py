"""Who joined which mission: claims of the sources -> one graded row a mission and state.

Reads the sources' folder and the evidence table beside it (through `evidence`), the coded missions
(`coding/missions.csv`) and the project's decisions on single rows (`coding/overrides.csv`); returns the tables
that ship as `data/participation.csv` and `data/participation_excluded.csv`. Writes nothing. Fails with `UserError`
when a file, a name or a mission is unknown.

Rules
-----
*Eligible* are the members of the state system in the mission's start year less the pivotal state, the targets and
the hosts; a participant outside leaves with its reason (`derive_excluded`).

*Joined* is 1 when the state sent armed forces (`combat`) or enabling or unarmed contingents or staff (`support`)
within `JOINING_WINDOW` years of the mission's start. Bases, money, words and pledges are recorded with joined = 0
unless a dataset codes the state as a party or an intervener (the role is `support` then). `listed` rows, with joined
= 0, are named by a dataset that records no use of force or speaks of something else. For the list of public
supporters (outcome `political_support`) the words are the outcome.

*Late joiners.* `late` is `yes` when a dated entry lies after the window (then joined = 0: predictors are observed
before the mission's start and say nothing of a decision taken a decade later), `possible` when the state is first
*seen* after it (then joined = 1 and certainty `uncertain`), `no` inside the window or in a mission no longer than
it, and empty when unknown. `first_year_basis` says how the year is known: `dated`, `believed`, `latest` (seen by
then).

*Certainty* grades the label `joined`. `verified`: two independent sources, one of them a dataset. `probable`: one
dataset or published list, or several lists. `uncertain`: general knowledge only, doubtful roles, a dispute between
sources that a decision of the project settled, a believed or possibly late first year. Sources of one project (COW
wars and COW disputes) count once; general knowledge counts as none.

*Conflicts* stay in the column `conflict`; `not_listed_by` names the datasets that cover the mission and lack the
state (they code combat above a threshold, so this is information rather than contradiction).
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from workflow.lib.derivation.evidence import (
    CODING,
    dataset_claims,
    evidence_claims,
    extracts_folder,
    published_claims,
)
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.succession import codes_by_name, system_members
from workflow.lib.derivation.system import state_names

JOINING_WINDOW = 5
JOINING_ROLES = ("combat", "support")
SENT_NOTHING = ("basing", "finance", "pledge")
ROLE_ORDER = ("combat", "support", "basing", "finance", "political", "pledge", "listed")
BASES = ("dated", "latest", "believed")
DOUBTFUL = "doubtful|denied|declined|unclear|deployment partly"
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
    "not_listed_by",
    "note",
]
NO_SOURCE = "general knowledge of the compilers (no source retrieved)"


def coded_missions() -> pd.DataFrame:
    """The project's own coding of the missions, as text."""
    return pd.read_csv(CODING / "missions.csv", keep_default_na=False, dtype=str)


def code_set(text: str) -> set[int]:
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


def first_year_of(claims: list) -> tuple[int | None, str]:
    """Earliest year of the claims and its best basis: dated, then seen by then, then believed."""
    known = [(int(claim.first_year), claim.basis) for claim in claims if not pd.isna(claim.first_year)]
    if not known:
        return None, ""
    year = min(known)[0]
    bases = {basis for when, basis in known if when == year}
    return year, next(basis for basis in BASES if basis in bases)


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
    """Rows whose evidence cites the COW wars although the dataset at hand does not list the state."""
    cited = claims["source"] == UNNUMBERED_WAR
    numbered = claims["source"].str.startswith(f"{UNNUMBERED_WAR} ")
    keys = pd.MultiIndex.from_frame(claims[["mission", "state"]])
    return cited & ~keys.isin(keys[numbered])


def _claims(folder: Path, missions: pd.DataFrame, codes: dict[str, int]) -> pd.DataFrame:
    listed = evidence_claims(folder, missions, codes).assign(below=False, action=pd.NA, covers=False)
    published = published_claims(missions, codes).assign(below=False, action=pd.NA, covers=False)
    found = pd.concat([dataset_claims(folder, missions, codes), published])
    claims = pd.concat([listed, found.assign(name="", text="", grade="")], ignore_index=True)
    unconfirmed = _unconfirmed_wars(claims)
    claims["unconfirmed"] = unconfirmed
    claims.loc[unconfirmed, ["kind", "family", "source"]] = ["none", "", ""]
    confirmed = (claims["source"] == UNNUMBERED_WAR) & ~unconfirmed
    claims.loc[confirmed, "source"] = ""
    return claims.astype({"below": bool, "covers": bool})


def _inputs(sources: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    folder = extracts_folder(Path(sources))
    cow_states = Sources(folder).read("cow_states.csv")
    missions = coded_missions()
    return cow_states, missions, _claims(folder, missions, codes_by_name(cow_states))


def _overrides() -> dict[tuple[str, int], dict[str, str]]:
    table = pd.read_csv(CODING / "overrides.csv", keep_default_na=False, dtype=str)
    return {(row["mission"], int(row["state"])): row for row in table.to_dict("records")}


def exclusion_reason(state: int, mission, members: set[int]) -> str:
    """Reason why a state cannot be a participant of a mission; empty when it can."""
    if state == int(mission.pivotal):
        return "pivotal state"
    if state in code_set(mission.targets):
        return "target"
    if state in code_set(mission.host):
        return "host"
    return "" if state in members else "not in the state system in the start year"


def _year(text: str) -> int | None:
    return int(text) if text else None


def names_of(claims: list) -> str:
    """Names of the sources of some claims, joined by `; `."""
    names = {claim.source for claim in claims if claim.kind != "none"} - {""}
    return "; ".join(sorted(names)) or NO_SOURCE


def _datasets(claims: list) -> list:
    """Claims of datasets that record participation above the coded threshold."""
    return [claim for claim in claims if claim.kind == "dataset" and not claim.below]


def _role(claims: list) -> str:
    """Role of a state from its claims: the evidence table's where it names the state, else the datasets'."""
    named = [claim.role for claim in claims if claim.text]
    roles = named or [claim.role for claim in claims if not claim.below]
    return min(roles, key=ROLE_ORDER.index) if roles else "listed"


def _conflicts(claims: list, in_evidence: bool) -> list[str]:
    """What the sources say against each other, in words."""
    named = [claim for claim in claims if claim.text]
    datasets = _datasets(claims)
    found = []
    if in_evidence and not named and datasets:
        found.append("named by a dataset, not in the compiled evidence table")
    if in_evidence and not named and not datasets and not any(claim.below for claim in claims):
        found.append("on a published list, not in the compiled evidence table")
    if datasets and named and {claim.role for claim in named} <= set(SENT_NOTHING):
        found.append(f"evidence table: {named[0].text}; datasets: a party or intervener")
    for claim in claims:
        if claim.below:
            action = int(claim.action)
            found.append(
                f"{claim.source} lists the state; its highest action ({action}) is below the use of force"
            )
        if claim.unconfirmed:
            found.append(f"the evidence table cites {UNNUMBERED_WAR}; the extract does not list the state")
    found.extend(claim.text for claim in named if re.search(DOUBTFUL, claim.text))
    return list(dict.fromkeys(found))


def _joined(outcome_kind: str, claims: list) -> tuple[int, str, bool]:
    """Label, role and whether the certainty is capped, before decisions and lateness."""
    if all(claim.below for claim in claims):
        return 0, "listed", True
    role, datasets = _role(claims), _datasets(claims)
    if role in SENT_NOTHING and datasets:
        return 1, "support", False
    named = [claim for claim in claims if claim.text]
    doubtful = any(re.search(DOUBTFUL, claim.text) for claim in named)
    doubtful = doubtful or (bool(named) and {claim.grade for claim in named} == {"uncertain"})
    confirmed = bool(datasets) or any(claim.kind == "list" and not claim.text for claim in claims)
    wanted = JOINING_ROLES if outcome_kind == "deployment" else ("political",)
    return int(role in wanted), role, doubtful and not confirmed


def _row(mission, state: int, claims: list, decision: dict, covering: list[str], names: dict) -> dict:
    conflicts = _conflicts(claims, bool(mission.evidence_name))
    joined, role, capped = _joined(mission.outcome_kind, claims)
    acting = [claim for claim in claims if not claim.below]
    year, basis = first_year_of(acting)
    if decision.get("first_year"):
        year, basis = int(decision["first_year"]), "dated"
    late = lateness(year, basis, int(mission.start_year), _year(mission.end_year))
    notes = [text for text in dict.fromkeys(claim.text for claim in claims) if text]
    if late == "yes" and joined:
        joined = 0
        notes.append(f"entered more than {JOINING_WINDOW} years after the start: counted as not joined")
    if late == "possible":
        notes.append("first seen after the joining window; entry may be earlier")
    capped = capped or late == "possible" or basis == "believed"
    role = decision.get("role") or role
    if decision.get("joined"):
        joined, capped = int(decision["joined"]), True
    conflicts.extend(filter(None, [decision.get("conflict")]))
    notes.extend(filter(None, [decision.get("source")]))
    families = {claim.family for claim in acting if claim.kind != "none"}
    listing = {claim.source for claim in claims}
    return {
        "mission": mission.mission,
        "state": state,
        "state_name": names[state],
        "role": role,
        "joined": joined,
        "first_year": year,
        "first_year_basis": basis,
        "late": late,
        "certainty": decision.get("certainty")
        or certainty_of(len(families), bool(_datasets(claims)), capped),
        "n_sources": len(families),
        "sources": names_of(claims),
        "conflict": "; ".join(conflicts),
        "not_listed_by": "; ".join(source for source in covering if source not in listing) if joined else "",
        "note": "; ".join(notes),
    }


def _considered(sources: Path):
    """Yield (mission, state, its claims, reason of exclusion or empty, decision, datasets that cover the mission)."""
    cow_states, missions, claims = _inputs(sources)
    decisions = _overrides()
    for mission in missions.itertuples():
        members = set(system_members(cow_states, int(mission.start_year)))
        own = list(claims[claims["mission"] == mission.mission].itertuples())
        covering = sorted({claim.source for claim in own if claim.covers})
        for state in sorted({int(claim.state) for claim in own}):
            decision = decisions.get((mission.mission, state), {})
            reason = exclusion_reason(state, mission, members) or decision.get("exclude", "")
            yield mission, state, [claim for claim in own if claim.state == state], reason, decision, covering


def _names(sources: Path) -> dict[int, str]:
    return state_names(Sources(extracts_folder(Path(sources))).read("cow_states.csv"))


def derive_participation(sources: Path) -> pd.DataFrame:
    """Graded participants of every coded mission.

    Parameters
    ----------
    sources : Path
        The folder with the extracts, or the one that holds it as `sources/`.

    Returns
    -------
    DataFrame, sorted by mission and state
        See `COLUMNS`; `state` is the COW code, `n_sources` the number of independent sources.

    Raises
    ------
    UserError
        A file, name, role or mission is unknown.
    """
    names = _names(sources)
    rows = [
        _row(mission, state, claims, decision, covering, names)
        for mission, state, claims, reason, decision, covering in _considered(sources)
        if not reason
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["first_year"] = table["first_year"].astype("Int64")
    return table.sort_values(["mission", "state"], ignore_index=True)


def derive_excluded(sources: Path) -> pd.DataFrame:
    """Participants that the sources name and that cannot be joiners, each with its reason.

    Returns
    -------
    DataFrame, sorted by mission and name
        mission, state (COW code), state_name, reason, sources.
    """
    names = _names(sources)
    rows = [
        (mission.mission, state, names[state], reason, names_of(claims))
        for mission, state, claims, reason, _, _ in _considered(sources)
        if reason
    ]
    table = pd.DataFrame(rows, columns=["mission", "state", "state_name", "reason", "sources"])
    return table.sort_values(["mission", "state"], ignore_index=True)
