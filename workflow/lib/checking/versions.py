"""Other versions of the data that a referee may prefer: lists of participants, sets of candidates, definitions of ties.

From the `data` section of the configuration and the tables to named sections that `prepare` takes. A version that the
tables cannot tell from the configured one is left out. Nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from workflow.lib.checking.table import CANNOT_TELL, FAILED, PASSED, check_row, check_table, estimate_row
from workflow.lib.errors import UserError
from workflow.lib.tables.checks import CERTAINTIES
from workflow.lib.tables.columns import resolve_settings
from workflow.lib.tables.load import Tables
from workflow.lib.tables.outcome import choose_missions

LISTS = {
    "verified": "strict list (verified)",
    "probable": "list of probable and verified",
    "uncertain": "broad list (all records)",
}
OTHER_ROLES = {"staff": "officers in headquarters", "basing": "bases and transit", "pledge": "promises"}
OFFERED = "offered and refused"
SMALL_STATE_THOUSANDS = 500.0
# shares of the effect as fitted: one that leaves less than half has changed the answer, one that leaves three quarters has not
FAILED_BELOW, PASSED_FROM = 0.5, 0.75

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
    for column in ("targets", "host"):
        if tables.missions[column].map(len).any():
            out = rule[f"exclude_{column}"]
            name = f"{column} {'counted in' if out else 'left out'}"
            changes.append((name, {f"exclude_{column}": not out}))
    if rule["minimum_population_thousands"] < SMALL_STATE_THOUSANDS and "log_population" in tables.states:
        name = f"states under {SMALL_STATE_THOUSANDS:g} thousand inhabitants left out"
        changes.append((name, {"minimum_population_thousands": SMALL_STATE_THOUSANDS}))
    return [(name, {**data_settings, "eligible": {**rule, **change}}) for name, change in changes]


def with_offers(tables: Tables) -> Tables:
    """The tables with the states that offered to come and were refused as joiners."""
    if tables.excluded is None:
        return tables
    offered = tables.excluded["reason"] == OFFERED
    rows = tables.excluded[offered].reindex(columns=tables.participation.columns)
    rows = rows.assign(joined=1, certainty=CERTAINTIES[0])
    participation = pd.concat([tables.participation, rows], ignore_index=True)
    return replace(tables, excluded=tables.excluded[~offered], participation=participation)


def mission_versions(data_settings: Mapping, tables: Tables) -> list[Version]:
    """Sets of missions: weaker evidence and doubtful builders let in, or only strong evidence, or only builders on record."""
    changes = {
        "missions of weak evidence too": {"minimum_evidence": "weak", "pivotal_certainty": "uncertain"},
        "missions of strong evidence only": {"minimum_evidence": "strong"},
        "missions only of which it is verified who built them": {"pivotal_certainty": "verified"},
    }

    def chosen(change: Mapping) -> set[str]:
        settings = resolve_settings({**data_settings, **change})
        partner = settings["ties_with"] or settings["pivotal"]
        try:
            return set(choose_missions(tables, settings, partner)["mission"])
        except UserError:
            return set()

    distinct = {name: change for name, change in changes.items() if chosen(change) not in (set(), chosen({}))}
    return [(name, {**data_settings, **change}) for name, change in distinct.items()]


def version_verdict(share: float) -> str:
    """Verdict on what a version leaves of an effect that is clear of zero, as a share of it; much more is another answer, too."""
    if share < FAILED_BELOW:
        return FAILED
    return PASSED if PASSED_FROM <= share <= 1 / PASSED_FROM else CANNOT_TELL


def version_rows(
    reference: Mapping[str, xr.DataArray],
    effects: Mapping[str, Mapping[str, xr.DataArray]],
    check: str,
    model: str,
    interval: float,
    frequencies: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """One row for each version and effect, judged by the share that the version leaves of the effect of the main model.

    Parameters
    ----------
    reference : mapping of str to xarray.DataArray
        Effects of the main model.
    effects : mapping of str to mapping
        Effects by version.
    frequencies : mapping of str to float, optional
        How frequent joining is in a version, as a ratio: effects on the probability shrink with it, whatever the slopes do.
    """
    rows = []
    for name, version_effects in effects.items():
        for effect, draws in version_effects.items():
            main = float(reference[effect].mean())
            share = float(draws.mean()) / main if main else np.nan
            reference_row = estimate_row(reference[effect], interval)
            discernible = reference_row["lower"] > 0 or reference_row["upper"] < 0
            verdict = version_verdict(share) if discernible else "described"
            label = f"{effect.removesuffix('_effect').replace('_', ' ')}, {name}"
            note, frequency = "the effect as fitted is not clear of zero", (frequencies or {}).get(name, 1.0)
            if discernible:
                note = f"{share:.2f} of the effect as fitted"
            if discernible and round(frequency, 2) != 1:
                note += f"; joining is {frequency:.2f} times as frequent"
            columns = {"unit": "points", "expected": f"as fitted, {100 * main:.1f}", "note": note}
            columns |= estimate_row(100 * draws, interval)
            rows.append(check_row(check, model, f"{name}: {effect}", label, verdict, **columns))
    return check_table(rows)
