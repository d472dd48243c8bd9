"""How long the pivotal state had: days from what set a mission off to its first forces in the theatre.

Reads the dates compiled in `missions_more.csv` beside the sources' folder; writes nothing. Fails with `UserError` when the
file or a mission is missing, or its number of days is not the one between its dates.

Rule
----
The horizon is *short* when an event set the mission off (an attack, a coup, a flight, a disaster: what others did) and the
first forces came at most `SHORT_HORIZON_DAYS` days later. Where the trigger at hand is a decision (a resolution, an agreement, a
request, an act of the builder itself), the mission was bargained over before it, and the horizon is not short however soon the
forces followed. The kind of each trigger is coded in `coding/missions.csv`.

Where Kreps (2011), whose concept it is, codes a mission, her coding stands and a different result of the rule is noted as a
disagreement: she counts the time until the operation that needs partners (Gulf 1990-91: 5 days to the first forces, 168 to the
war).
"""

from datetime import date

import pandas as pd

from workflow.lib.derivation.sources import Sources, read_texts
from workflow.lib.errors import UserError

DATES_FILE = "missions_more.csv"
SHORT_HORIZON_DAYS = 30
"""A month: shorter than a parliament's decision or the passage of a contingent by sea takes."""

TRIGGER_KINDS = ("event", "decision")
GRADES = {
    "verified_dataset": "verified",
    "verified_excerpt": "probable",
    "general_knowledge": "uncertain",
    "uncertain": "uncertain",
}
ORDER = ("verified", "probable", "uncertain")


def read_dates(sources: Sources) -> pd.DataFrame:
    """Trigger, first deployment and main operation of each mission, by mission.

    Returns
    -------
    DataFrame, index mission
        trigger_event, trigger_date, deployment_date (ISO text), days_to_deployment with its certainty (the weaker of its
        two dates) and source, days_to_operation.
    """
    table = read_texts(sources.path_of_compiled(DATES_FILE))
    table = table[table["trigger_date"] != ""].set_index("mission")
    rows = {}
    for mission, row in table.iterrows():
        trigger = date.fromisoformat(row["trigger_date"])
        days = (date.fromisoformat(row["first_deployment_date"]) - trigger).days
        if days != int(row["days_to_first_deployment"]):
            raise UserError(
                f"{DATES_FILE}, mission {mission}, column days_to_first_deployment, value "
                f"{row['days_to_first_deployment']}: {days} days lie between its dates; correct one of them"
            )
        grades = [GRADES[row["trigger_certainty"]], GRADES[row["first_deployment_certainty"]]]
        rows[mission] = {
            "trigger_event": row["trigger_event"],
            "trigger_date": row["trigger_date"],
            "deployment_date": row["first_deployment_date"],
            "days_to_deployment": days,
            "days_to_deployment_certainty": max(grades, key=ORDER.index),
            "days_to_deployment_source": row["source"],
            "days_to_operation": (date.fromisoformat(row["main_operation_date"]) - trigger).days,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("mission")


def dates_of(dates: pd.DataFrame, mission: str) -> dict:
    """Dates of one mission; `UserError` if it has none."""
    if mission not in dates.index:
        raise UserError(f"{DATES_FILE}, mission {mission}: no dates; add its trigger and first deployment")
    return dates.loc[mission].to_dict()


def is_short(trigger_kind: str, days: int) -> int:
    """1 when an event was the trigger and the first forces came within `SHORT_HORIZON_DAYS` days of it, else 0."""
    if trigger_kind not in TRIGGER_KINDS:
        raise UserError(
            f"coding/missions.csv, column trigger_kind, value {trigger_kind!r}: expected one of {', '.join(TRIGGER_KINDS)}"
        )
    return int(trigger_kind == "event" and days <= SHORT_HORIZON_DAYS)
