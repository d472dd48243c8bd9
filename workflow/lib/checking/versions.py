"""Other versions of the data that a referee may prefer: lists of participants, sets of candidates, definitions of ties.

From the `data` section of the configuration and the tables to named sections that `prepare` takes. A version that the
tables cannot tell from the configured one is left out. Nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workflow.lib.tables.contracts import CERTAINTIES
from workflow.lib.tables.load import Tables

LISTS = {
    "verified": "strict list (verified)",
    "probable": "list of probable and verified",
    "uncertain": "broad list (all records)",
}
OTHER_ROLES = {"staff": "officers in headquarters", "basing": "bases and transit"}
SMALL_STATE_THOUSANDS = 500.0

Version = tuple[str, dict]


def label_versions(data_settings: Mapping, tables: Tables) -> list[Version]:
    """Lists of participants by the certainty from which a record counts, without the configured one.

    A list on which nobody joined any mission is left out: there would be nothing to explain.
    """
    grades = tables.participation.loc[tables.participation["joined"] == 1, "certainty"].map(CERTAINTIES.index)
    versions = []
    for certainty, name in LISTS.items():
        if certainty != data_settings["joined_certainty"] and (grades <= CERTAINTIES.index(certainty)).any():
            versions.append((name, {**data_settings, "joined_certainty": certainty}))
    return versions


def joiner_versions(data_settings: Mapping, tables: Tables) -> list[Version]:
    """Who counts as a joiner: late arrivals, and officers, bases or money instead of contingents.

    A version that the tables cannot tell from the configured one is left out.
    """
    versions = []
    within = data_settings["joined_within_months"]
    if within is not None and (tables.participation["months_earliest"] > within).any():
        versions.append(("late arrivals counted", {**data_settings, "joined_within_months": None}))
    roles = set(tables.participation["role"]) if "role" in tables.participation else set()
    for role, name in OTHER_ROLES.items():
        if role in roles and role not in data_settings["also_counted"]:
            also = [*data_settings["also_counted"], role]
            versions.append((f"{name} counted", {**data_settings, "also_counted": also}))
    return versions


def eligible_versions(data_settings: Mapping, tables: Tables) -> list[Version]:
    """Sets of candidates: targets and hosts in or out, very small states out; those that the configuration has not."""
    rule = dict(data_settings["eligible"])
    changes = []
    targets, host = rule["exclude_targets"], rule["exclude_host"]
    if tables.missions["targets"].map(len).any():
        changes.append(
            (f"targets {'counted in' if targets else 'left out'}", {"exclude_targets": not targets})
        )
    if tables.missions["host"].map(len).any():
        changes.append((f"host {'counted in' if host else 'left out'}", {"exclude_host": not host}))
    if rule["minimum_population_thousands"] < SMALL_STATE_THOUSANDS and "log_population" in tables.states:
        name = f"states under {SMALL_STATE_THOUSANDS:g} thousand inhabitants left out"
        changes.append((name, {"minimum_population_thousands": SMALL_STATE_THOUSANDS}))
    return [(name, {**data_settings, "eligible": {**rule, **change}}) for name, change in changes]


def tie_versions(tie_counts: list[str]) -> list[tuple[str, list[str]]]:
    """Definitions of the tie count: all columns, and each left out in turn."""
    versions = [("all", list(tie_counts))]
    if len(tie_counts) > 1:
        versions += [
            (f"without {left_out}", [c for c in tie_counts if c != left_out]) for left_out in tie_counts
        ]
    return versions


def certainties_in_use(tables: Tables) -> list[str]:
    """Grades of certainty that at least one participant has, strictest first."""
    used = np.unique(tables.participation.loc[tables.participation["joined"] == 1, "certainty"])
    return [grade for grade in CERTAINTIES if grade in used]
