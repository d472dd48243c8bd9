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

import re
from collections.abc import Iterator
from datetime import date

import pandas as pd

from workflow.lib.derivation.datasets import dataset_claims
from workflow.lib.derivation.eligibility import exclusion_reason, membership
from workflow.lib.derivation.entry import entry_of
from workflow.lib.derivation.evidence import evidence_claims, published_claims
from workflow.lib.derivation.evidence_texts import GENERAL_KNOWLEDGE
from workflow.lib.derivation.horizon import dates_of, read_dates
from workflow.lib.derivation.sources import CODING, Sources, coded_by_state, read_texts
from workflow.lib.derivation.succession import codes_by_name
from workflow.lib.derivation.system import state_names

JOINING_ROLES = ("combat", "support")
SENT_SOMETHING = (*JOINING_ROLES, "staff", "basing", "finance")
ROLE_ORDER = (
    *("combat", "support", "staff", "basing", "finance", "political", "pledge", "refused", "declined"),
    "listed",
)
DOUBTFUL = "doubtful|denied|unclear|deployment partly"
UNNUMBERED_WAR = "COW Inter-State War"


def coded_missions() -> pd.DataFrame:
    """The project's own coding of the missions, as text."""
    return read_texts(CODING / "missions.csv")


def certainty_of(n_families: int, has_dataset: bool, capped: bool) -> str:
    """Grade of a label from its independent sources, and whether it is capped: disputed, doubtful or possibly late."""
    if capped or n_families == 0:
        return "uncertain"
    return "verified" if n_families >= 2 and has_dataset else "probable"


def _claims(sources: Sources, missions: pd.DataFrame, codes: dict[str, int]) -> pd.DataFrame:
    """All claims; evidence that cites the COW wars counts as none where the dataset at hand does not list the state."""
    listed = evidence_claims(sources, missions, codes).assign(below=False, action=pd.NA, covers=False)
    published = published_claims(missions, codes).assign(below=False, action=pd.NA, covers=False)
    datasets_and_lists = pd.concat([dataset_claims(sources, missions, codes), published])
    claims = pd.concat([listed, datasets_and_lists.assign(text="", grade="")], ignore_index=True)
    cited = claims["source"] == UNNUMBERED_WAR
    keys = pd.MultiIndex.from_frame(claims[["mission", "state"]])
    unconfirmed = cited & ~keys.isin(keys[claims["source"].str.startswith(f"{UNNUMBERED_WAR} ")])
    claims.loc[cited, "source"] = ""
    claims.loc[unconfirmed, ["kind", "family"]] = ["none", ""]
    return claims.assign(unconfirmed=unconfirmed).astype({"below": bool, "covers": bool})


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
    end_year = int(mission.end_year) if mission.end_year else None
    entry = entry_of(acting, case["start"], end_year, case["entry_decision"])
    capped = capped or entry.basis == "believed"
    role = decision.get("role") or role
    if decision.get("joined"):
        joined, capped = int(decision["joined"]), True
    disagreements.append(decision.get("disagreement"))
    notes = [*dict.fromkeys(claim.text for claim in claims), decision.get("source")]
    if case["entry_decision"]:
        notes.append(f"entry: {case['entry_decision']['source']}")
    families = {claim.family for claim in acting if claim.kind != "none"}
    listing = {claim.source for claim in claims}
    missed = [source for source in case["covering"] if source not in listing] if joined else []
    sent = joined or role in SENT_SOMETHING
    grade = certainty_of(len(families), bool(_datasets(claims)), capped)
    return {
        "mission": mission.mission,
        "state": case["state"],
        "state_name": names[case["state"]],
        "role": role,
        "joined": joined,
        "first_year": entry.first_year,
        "months_earliest": entry.earliest if sent else None,
        "months_latest": entry.latest if sent else None,
        "certainty": decision.get("certainty") or grade,
        "n_sources": len(families),
        "sources": names_of(claims),
        "disagreement": "; ".join(filter(None, disagreements)),
        "not_listed_by": "; ".join(missed),
        "note": "; ".join(filter(None, notes)),
    }


def _considered(sources: Sources) -> Iterator[dict]:
    """Yield each mission and state with a claim, an exclusion or a seat that was lost: what is known and decided of it."""
    missions, dates = coded_missions(), read_dates(sources)
    claims = _claims(sources, missions, codes_by_name(sources.system))
    names = ("overrides.csv", "entry_dates.csv", "excluded.csv")
    decisions, entries, exclusions = map(coded_by_state, names)
    for mission in missions.itertuples():
        deployed = date.fromisoformat(dates_of(dates, mission.mission)["deployment_date"])
        members = membership(sources.system, int(mission.start_year), deployed)
        mission_claims = list(claims[claims["mission"] == mission.mission].itertuples())
        coded = {state for name, state in exclusions if name == mission.mission}
        for state in sorted({int(claim.state) for claim in mission_claims} | coded | members.gone):
            key = (mission.mission, state)
            exclusion = exclusions.get(key, {})
            yield {
                "mission": mission,
                "state": state,
                "start": (deployed.year, deployed.month),
                "claims": [claim for claim in mission_claims if claim.state == state],
                "reason": exclusion_reason(state, mission, members, exclusion.get("reason", "")),
                "exclusion_source": exclusion.get("source", ""),
                "decision": decisions.get(key, {}),
                "entry_decision": entries.get(key, {}),
                "covering": sorted({claim.source for claim in mission_claims if claim.covers}),
            }


def derive_participation(sources: Sources) -> pd.DataFrame:
    """Graded participants of every coded mission, sorted by mission and state.

    Returns
    -------
    DataFrame
        The columns of `_row`; `state` is the COW code, `n_sources` the number of independent sources.
    """
    names = state_names(sources.system)
    table = pd.DataFrame([_row(case, names) for case in _considered(sources) if not case["reason"]])
    table = table.astype(dict.fromkeys(("first_year", "months_earliest", "months_latest"), "Int64"))
    return table.sort_values(["mission", "state"], ignore_index=True)


def derive_excluded(sources: Sources) -> pd.DataFrame:
    """States that could not have joined a mission although a source names them or a seat of theirs predicts it.

    Returns
    -------
    DataFrame, sorted by mission and state
        mission, state (COW code), state_name, reason, sources.
    """
    names = state_names(sources.system)
    rows = [
        {
            "mission": case["mission"].mission,
            "state": case["state"],
            "state_name": names[case["state"]],
            "reason": case["reason"],
            "sources": case["exclusion_source"]
            or (names_of(case["claims"]) if case["claims"] else "COW state system"),
        }
        for case in _considered(sources)
        if case["reason"]
    ]
    return pd.DataFrame(rows).sort_values(["mission", "state"], ignore_index=True)
