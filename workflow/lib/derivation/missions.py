"""The coded missions: curated facts checked against the datasets -> the table that ships as `data/missions.csv`.

Reads `coding/missions.csv` (the project's own coding, each fact with its source or none), the list of third-party
missions (Mullenbach TPPKM 3.1) and the evidence table in the sources' folder; writes nothing. Fails with
`UserError` when the coding contradicts the dataset it cites (UN mandate, start year off by more than a year) or a
file is missing.

Certainty of a fact: `verified` when its source is a dataset at hand; `probable` when it is a published list or an
author's judgement restated; `uncertain` when it is general knowledge, in which case its source says so. The
mission's `evidence` is read off its participants: `strong` when at least half of the joiners are verified, `weak`
when more than half are uncertain or the pivotal state is, else `fair`.
"""

import pandas as pd

from workflow.lib.derivation.horizon import SHORT_HORIZON_DAYS, dates_of, is_short, read_dates
from workflow.lib.derivation.participation import coded_missions, derive_participation
from workflow.lib.derivation.sources import Sources
from workflow.lib.errors import UserError

DATASETS = ("COW ", "UCDP", "MID ", "IMI", "Mullenbach", "Tago", "Geo-PKO")
GENERAL_KNOWLEDGE = "general knowledge"
FACTS = ("pivotal", "un_mandate", "short_horizon", "targets", "size")
COLUMNS = [
    *("mission", "label", "conflict", "start_year", "end_year", "pivotal", "outcome_kind", "type"),
    *("un_mandate", "short_horizon", "trigger_kind", "trigger_event", "trigger_date", "deployment_date"),
    *("days_to_deployment", "days_to_deployment_certainty", "days_to_deployment_source", "days_to_operation"),
    *("targets", "host", "size", "evidence"),
    *(f"{fact}_certainty" for fact in FACTS),
    *(f"{fact}_source" for fact in FACTS),
    *("disagreement", "note"),
]
WHOLE = (
    *("start_year", "pivotal", "un_mandate", "short_horizon"),
    *("days_to_deployment", "days_to_operation"),
)


def certainty_of_fact(source: str) -> str:
    """Certainty of a coded fact from the text of its source."""
    if source in ("", GENERAL_KNOWLEDGE):
        return "uncertain"
    return "verified" if any(name in source for name in DATASETS) else "probable"


def evidence_of(joiners: pd.DataFrame, pivotal_certainty: str) -> str:
    """Strength of a mission's evidence from the column `certainty` of its joiners."""
    if pivotal_certainty == "uncertain" or joiners.empty:
        return "weak"
    shares = joiners["certainty"].value_counts(normalize=True)
    if shares.get("uncertain", 0.0) > 0.5:
        return "weak"
    return "strong" if shares.get("verified", 0.0) >= 0.5 else "fair"


def _check_against_list(row: dict, listed: pd.Series) -> None:
    name = row["mission"]
    if int(row["un_mandate"]) != int(listed["UNMANDATE"]):
        raise UserError(
            f"coding/missions.csv, mission {name}, column un_mandate, value {row['un_mandate']}: "
            f"Mullenbach row {row['mullenbach']} says {int(listed['UNMANDATE'])}; correct one or drop the reference"
        )
    if abs(int(row["start_year"]) - int(listed["STARTYR"])) > 1:
        raise UserError(
            f"coding/missions.csv, mission {name}, column start_year, value {row['start_year']}: "
            f"Mullenbach row {row['mullenbach']} starts in {int(listed['STARTYR'])}; expected at most a year apart"
        )


def _disagree(row: dict, text: str) -> None:
    row["disagreement"] = "; ".join(filter(None, [row["disagreement"], text]))


def _add_list(row: dict, listed: pd.Series) -> None:
    """Facts that the list of third-party missions adds: resolution, peak strength, a different lead state."""
    _check_against_list(row, listed)
    reference = f"Mullenbach TPPKM 3.1 row {row['mullenbach']}"
    resolution = listed["UNRESOL (date)"]
    mandate = resolution if isinstance(resolution, str) else "no UN mandate"
    row["un_mandate_source"] = f"{reference}: {mandate}"
    if not row["size"] and listed["PKMNUM1"] == listed["PKMNUM1"]:
        row["size"], row["size_source"] = str(int(listed["PKMNUM1"])), f"{reference} (peak strength)"
    leader = listed["CCODE2"]
    if leader == leader and int(leader) != int(row["pivotal"]):
        _disagree(row, f"{reference}: lead state {listed['LEADSTATE']} ({int(leader)})")
    if int(listed["STARTYR"]) != int(row["start_year"]):
        _disagree(row, f"{reference}: start {int(listed['STARTYR'])}")


def _add_horizon(row: dict, dates: pd.DataFrame) -> None:
    """Dates of a mission, and its horizon: as Kreps codes it where she does, else by the rule on days."""
    row |= dates_of(dates, row["mission"])
    by_rule = is_short(row["trigger_kind"], row["days_to_deployment"])
    if row["short_horizon"] == "":
        row["short_horizon"] = by_rule
        row["short_horizon_certainty"] = row["days_to_deployment_certainty"]
        row["short_horizon_source"] = f"rule: at most {SHORT_HORIZON_DAYS} days from an event to first forces"
    else:
        row["short_horizon_certainty"] = certainty_of_fact(row["short_horizon_source"])
        if int(row["short_horizon"]) != by_rule:
            days = f"{row['days_to_deployment']} days to the first forces, {row['days_to_operation']} to the operation"
            _disagree(row, f"horizon by the rule: {days}")


def _with_facts(row: dict, listed: pd.DataFrame, dates: pd.DataFrame) -> dict:
    """A coded mission with certainty and source of each fact, checked against the list of third-party missions."""
    row["disagreement"] = ""
    if row["mullenbach"]:
        _add_list(row, listed.loc[int(row["mullenbach"])])
    _add_horizon(row, dates)
    for fact in FACTS:
        if fact != "short_horizon":
            row[f"{fact}_certainty"] = certainty_of_fact(row[f"{fact}_source"])
        row[f"{fact}_source"] = row[f"{fact}_source"] or GENERAL_KNOWLEDGE
    for fact in ("size", "targets"):
        if not row[fact]:
            row[f"{fact}_certainty"] = row[f"{fact}_source"] = ""
    return row


def derive_missions(sources: Sources) -> pd.DataFrame:
    """The coded missions with certainty and source of each fact.

    Returns
    -------
    DataFrame, sorted by start year and mission
        See `COLUMNS`; `targets` and `host` are `;`-separated COW codes, `size` is peak personnel where known,
        `end_year` is missing for a mission still deployed.
    """
    listed, dates = sources.third_party_missions.set_index("OBSNUM"), read_dates(sources)
    rows = [_with_facts(row, listed, dates) for row in coded_missions().to_dict("records")]
    participation = derive_participation(sources)
    for row in rows:
        joiners = participation[(participation["mission"] == row["mission"]) & (participation["joined"] == 1)]
        row["evidence"] = evidence_of(joiners, row["pivotal_certainty"])
    table = pd.DataFrame(rows)[COLUMNS].astype(dict.fromkeys(WHOLE, int))
    for column in ("end_year", "size"):
        table[column] = pd.to_numeric(table[column]).astype("Int64")
    return table.sort_values(["start_year", "mission"], ignore_index=True)
