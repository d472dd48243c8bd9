"""Who joined which mission: claims of the sources -> one graded row a mission and state.

Reads the sources' folder and the evidence tables beside it (through `evidence` and `datasets`), the coded missions
(`coding/missions.csv`) and the project's decisions on single rows (`coding/overrides.csv`, `entry_dates.csv`,
`excluded.csv`); returns the tables that ship as `data/participation.csv` and `data/participation_excluded.csv`. Writes
nothing. Fails with `UserError` when a file, a name or a mission is unknown.

Rules
-----
*Eligible* are the members of the state system less those that `eligibility` names; they leave with their reason
(`derive_excluded`).

*Joined* is 1 when the state sent armed forces (`combat`) or enabling or unarmed contingents (`support`) at any time of the
mission. Officers in the headquarters, bases and transit, money, words and pledges are recorded with joined = 0, whatever
a dataset calls the state (`evidence_texts` has the classes). `listed` rows, with joined = 0, are named by a dataset that
records no use of force or speaks of something else. For lists of political support the words are the outcome.

*When* is `months_earliest` and `months_latest`, bounds in months after the first deployment (`entry`): a user's setting
says within how many months a state must have come to count, and a state that cannot have come by then is a late joiner.

*Certainty* grades the label `joined`. `verified`: two independent sources, one of them a dataset. `probable`: one
dataset or published list, or several lists. `uncertain`: general knowledge only, doubtful roles, a dispute between
sources that a decision of the project settled, a believed first year. Sources of one project (COW wars and COW
disputes) count once; general knowledge counts as none.

*Disagreement* between sources stays in the column `disagreement`; `not_listed_by` names the datasets that cover the
mission and lack the state (they code combat above a threshold, so this is information rather than contradiction).
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pandas as pd

from workflow.lib.derivation.datasets import dataset_claims
from workflow.lib.derivation.eligibility import coded_exclusions, exclusion_reason, membership
from workflow.lib.derivation.entry import entry_of
from workflow.lib.derivation.evidence import CODING, evidence_claims, extracts_folder, published_claims
from workflow.lib.derivation.evidence_texts import GENERAL_KNOWLEDGE
from workflow.lib.derivation.horizon import dates_of, read_dates
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.succession import codes_by_name
from workflow.lib.derivation.system import state_names

JOINING_ROLES = ("combat", "support")
SENT_SOMETHING = (*JOINING_ROLES, "staff", "basing", "finance")
ROLE_ORDER = (
    *("combat", "support", "staff", "basing", "finance", "political", "pledge", "refused", "declined"),
    "listed",
)
DOUBTFUL = "doubtful|denied|unclear|deployment partly"
COLUMNS = [
    "mission",
    "state",
    "state_name",
    "role",
    "joined",
    "first_year",
    "months_earliest",
    "months_latest",
    "certainty",
    "n_sources",
    "sources",
    "disagreement",
    "not_listed_by",
    "note",
]


def coded_missions() -> pd.DataFrame:
    """The project's own coding of the missions, as text."""
    return pd.read_csv(CODING / "missions.csv", keep_default_na=False, dtype=str)


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


def _decisions(name: str) -> dict[tuple[str, int], dict[str, str]]:
    """Rows of one of the project's coding tables by mission and state."""
    table = pd.read_csv(CODING / name, keep_default_na=False, dtype=str)
    return {(row["mission"], int(row["state"])): row for row in table.to_dict("records")}


def _year(text: str) -> int | None:
    return int(text) if text else None


def names_of(claims: list) -> str:
    """Names of the sources of some claims, joined by `; `."""
    names = {claim.source for claim in claims if claim.kind != "none"} - {""}
    return "; ".join(sorted(names)) or GENERAL_KNOWLEDGE


def _datasets(claims: list) -> list:
    """Claims of datasets that record participation above the coded threshold."""
    return [claim for claim in claims if claim.kind == "dataset" and not claim.below]


def _role(claims: list) -> str:
    """Role of a state from its claims: the evidence table's where it names the state, else the datasets'."""
    named = [claim.role for claim in claims if claim.text]
    roles = named or [claim.role for claim in claims if not claim.below]
    return min(roles, key=ROLE_ORDER.index) if roles else "listed"


def _disagreements(claims: list, in_evidence: bool) -> list[str]:
    """What the sources say against each other, in words."""
    named = [claim for claim in claims if claim.text]
    datasets = _datasets(claims)
    found = []
    if in_evidence and not named and datasets:
        found.append("named by a dataset, not in the compiled evidence")
    if in_evidence and not named and not datasets and not any(claim.below for claim in claims):
        found.append("on a published list, not in the compiled evidence")
    if datasets and named and not {claim.role for claim in named} & set(JOINING_ROLES):
        found.append(f"compiled evidence: {named[0].text}; datasets: a party or intervener")
    for claim in claims:
        if claim.below:
            action = int(claim.action)
            found.append(
                f"{claim.source} lists the state; its highest action ({action}) is below the use of force"
            )
        if claim.unconfirmed:
            found.append(f"the compiled evidence cites {UNNUMBERED_WAR}; the extract does not list the state")
    found.extend(claim.text for claim in named if re.search(DOUBTFUL, claim.text))
    return list(dict.fromkeys(found))


def _joined(outcome_kind: str, claims: list) -> tuple[int, str, bool]:
    """Label, role and whether the certainty is capped, before decisions."""
    if all(claim.below for claim in claims):
        return 0, "listed", True
    role, datasets = _role(claims), _datasets(claims)
    # A promise that a dataset shows kept is a contingent; bases and money stay what they are.
    role = "support" if role == "pledge" and datasets else role
    named = [claim for claim in claims if claim.text]
    doubtful = any(re.search(DOUBTFUL, claim.text) for claim in named)
    doubtful = doubtful or (bool(named) and {claim.grade for claim in named} == {"uncertain"})
    confirmed = bool(datasets) or any(claim.kind == "list" and not claim.text for claim in claims)
    wanted = JOINING_ROLES if outcome_kind == "deployment" else ("political",)
    return int(role in wanted), role, doubtful and not confirmed


def _row(case: dict, names: dict[int, str]) -> dict:
    """One graded participant; `case` is what `_considered` yields."""
    mission, claims, decision = case["mission"], case["claims"], case["decision"]
    disagreements = _disagreements(claims, bool(mission.evidence_name))
    joined, role, capped = _joined(mission.outcome_kind, claims)
    acting = [claim for claim in claims if not claim.below]
    entry = entry_of(acting, case["start"], _year(mission.end_year), case["entry_decision"])
    capped = capped or entry.basis == "believed"
    role = decision.get("role") or role
    if decision.get("joined"):
        joined, capped = int(decision["joined"]), True
    disagreements.extend(filter(None, [decision.get("disagreement")]))
    notes = [text for text in dict.fromkeys(claim.text for claim in claims) if text]
    notes.extend(filter(None, [decision.get("source")]))
    if case["entry_decision"]:
        notes.append(f"entry: {case['entry_decision']['source']}")
    families = {claim.family for claim in acting if claim.kind != "none"}
    listing = {claim.source for claim in claims}
    missed = [source for source in case["covering"] if source not in listing] if joined else []
    return {
        "mission": mission.mission,
        "state": case["state"],
        "state_name": names[case["state"]],
        "role": role,
        "joined": joined,
        "first_year": entry.first_year,
        "months_earliest": entry.earliest if joined or role in SENT_SOMETHING else None,
        "months_latest": entry.latest if joined or role in SENT_SOMETHING else None,
        "certainty": decision.get("certainty")
        or certainty_of(len(families), bool(_datasets(claims)), capped),
        "n_sources": len(families),
        "sources": names_of(claims),
        "disagreement": "; ".join(disagreements),
        "not_listed_by": "; ".join(missed),
        "note": "; ".join(notes),
    }


def _considered(sources: Path):
    """Yield each mission and state with a claim, an exclusion or a seat that was lost: what is known and decided of it."""
    folder = extracts_folder(Path(sources))
    cow_states = Sources(folder).read("cow_states.csv")
    missions, dates = coded_missions(), read_dates(folder)
    claims = _claims(folder, missions, codes_by_name(cow_states))
    decisions, entries, exclusions = (
        _decisions("overrides.csv"),
        _decisions("entry_dates.csv"),
        coded_exclusions(),
    )
    for mission in missions.itertuples():
        deployed = date.fromisoformat(dates_of(dates, mission.mission)["deployment_date"])
        members = membership(cow_states, int(mission.start_year), deployed)
        own = list(claims[claims["mission"] == mission.mission].itertuples())
        coded = {state for name, state in exclusions if name == mission.mission}
        for state in sorted({int(claim.state) for claim in own} | coded | members.gone):
            key = (mission.mission, state)
            exclusion = exclusions.get(key, {})
            yield {
                "mission": mission,
                "state": state,
                "start": (deployed.year, deployed.month),
                "claims": [claim for claim in own if claim.state == state],
                "reason": exclusion_reason(state, mission, members, exclusion.get("reason", "")),
                "exclusion_source": exclusion.get("source", ""),
                "decision": decisions.get(key, {}),
                "entry_decision": entries.get(key, {}),
                "covering": sorted({claim.source for claim in own if claim.covers}),
            }


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
    rows = [_row(case, names) for case in _considered(sources) if not case["reason"]]
    table = pd.DataFrame(rows, columns=COLUMNS)
    for column in ("first_year", "months_earliest", "months_latest"):
        table[column] = table[column].astype("Int64")
    return table.sort_values(["mission", "state"], ignore_index=True)


def derive_excluded(sources: Path) -> pd.DataFrame:
    """States that could not have joined a mission although a source names them or a seat of theirs predicts it.

    Returns
    -------
    DataFrame, sorted by mission and state
        mission, state (COW code), state_name, reason, sources.
    """
    names = _names(sources)
    rows = []
    for case in _considered(sources):
        if case["reason"]:
            found = case["exclusion_source"] or (
                names_of(case["claims"]) if case["claims"] else "COW state system"
            )
            state = case["state"]
            rows.append((case["mission"].mission, state, names[state], case["reason"], found))
    table = pd.DataFrame(rows, columns=["mission", "state", "state_name", "reason", "sources"])
    return table.sort_values(["mission", "state"], ignore_index=True)
