"""Which missions, which states could have joined them, and which did: the outcome under the settings.

From validated tables and the `data` section to arrays of shape (mission, state), called by `prepare`. No files are read or
written. Fails with `UserError` when the settings leave no mission or name an unknown one, or an unknown role.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workflow.lib.errors import UserError
from workflow.lib.settings.wording import did_you_mean
from workflow.lib.tables.checks import CERTAINTIES, EVIDENCE
from workflow.lib.tables.load import Tables

REFUSAL = "declined"
CERTAINTY_VALUE = {"verified": 1.0, "probable": 0.75, "uncertain": 0.5}
BY_COLUMN = ("pivotal state", "target", "host")
"""Reasons in the table of excluded states that the table of missions and the settings decide."""


def choose_missions(tables: Tables, settings: Mapping, partner: int) -> pd.DataFrame:
    """Missions that fit the settings, in order of their start; that none fits, or a name is unknown, is a `UserError`."""
    missions = tables.missions
    for name in settings["exclude_missions"]:
        if name not in set(missions["mission"]):
            hint = did_you_mean(name, missions["mission"])
            raise UserError(f"data.exclude_missions: no mission {name} in {tables.paths['missions']}{hint}")
    by_other_states = settings["missions_led_by_others"]
    led = missions["pivotal"] != partner if by_other_states else missions["pivotal"] == settings["pivotal"]
    selected = led & (missions["outcome_kind"] == settings["outcome_kind"])
    selected &= at_least(missions["evidence"], settings["minimum_evidence"], EVIDENCE)
    selected &= at_least(missions["pivotal_certainty"], settings["pivotal_certainty"], CERTAINTIES)
    selected &= ~missions["mission"].isin(settings["exclude_missions"])
    if settings["last_start_year"] is not None:
        selected &= missions["start_year"] <= settings["last_start_year"]
    if not selected.any():
        leaders = sorted(set(missions["pivotal"]))
        raise UserError(
            f"data: no mission of {tables.paths['missions']} fits the settings (pivotal {settings['pivotal']}, "
            f"outcome_kind {settings['outcome_kind']}, last_start_year {settings['last_start_year']}, minimum_evidence "
            f"{settings['minimum_evidence']}, pivotal_certainty {settings['pivotal_certainty']}); the table has missions "
            f"of pivotal states {', '.join(map(str, leaders))}"
        )
    return missions[selected].sort_values(["start_year", "mission"], ignore_index=True)


def at_least(grades: pd.Series, least: str, order: tuple[str, ...]) -> pd.Series:
    """Which grades are the least one that is asked for, or better; the order begins with the best."""
    return grades.map(order.index) <= order.index(least)


def eligible_states(
    values: Mapping,
    missions: pd.DataFrame,
    states: np.ndarray,
    partner: int,
    settings: Mapping,
    excluded: pd.DataFrame | None,
) -> np.ndarray:
    """Which states could have joined which mission, shape (mission, state)."""
    eligible = values["present"] > 0
    if excluded is not None:
        eligible &= ~named_by(excluded[~excluded["reason"].isin(BY_COLUMN)], missions, states)
    rule = settings["eligible"]
    for row, mission in enumerate(missions.itertuples()):
        outside = {mission.pivotal, partner}
        outside |= set(mission.targets) if rule["exclude_targets"] else set()
        outside |= set(mission.host) if rule["exclude_host"] else set()
        eligible[row] &= ~np.isin(states, list(outside))
    least = rule["minimum_population_thousands"]
    if least:
        if "log_population" not in values:
            raise UserError(
                "data.eligible.minimum_population_thousands: the table of states has no log_population"
            )
        eligible &= ~(np.exp(values["log_population"]) < least)
    return eligible


def named_by(pairs: pd.DataFrame, missions: pd.DataFrame, states: np.ndarray) -> np.ndarray:
    """Which missions and states a table names, shape (mission, state)."""
    named = np.zeros((len(missions), len(states)), dtype=bool)
    row, column, _ = _places(pairs, missions, states)
    named[row, column] = True
    return named


def _places(
    pairs: pd.DataFrame, missions: pd.DataFrame, states: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row and column of the pairs that the grid of missions and states has, and which pairs these are."""
    row = pd.Index(missions["mission"]).get_indexer(pairs["mission"])
    column = pd.Index(states).get_indexer(pairs["state"])
    in_grid = (row >= 0) & (column >= 0)
    return row[in_grid], column[in_grid], in_grid


def counted(participation: pd.DataFrame, settings: Mapping) -> tuple[pd.Series, pd.Series]:
    """Which records are joiners under the settings, and which of them came too late."""
    joined = participation["joined"] == 1
    if settings["also_counted"]:
        roles = participation["role"] if "role" in participation else pd.Series("", index=participation.index)
        for role in settings["also_counted"]:
            if role not in set(roles):
                raise UserError(
                    f"data.also_counted: no record has the role {role}{did_you_mean(role, set(roles))}"
                )
        joined |= roles.isin(settings["also_counted"])
    joined &= at_least(participation["certainty"], settings["joined_certainty"], CERTAINTIES)
    within = settings["joined_within_months"]
    late = joined & (participation["months_earliest"] > (np.inf if within is None else within))
    return joined & ~late, late


def labels(
    participation: pd.DataFrame, missions: pd.DataFrame, states: np.ndarray, settings: Mapping
) -> tuple[np.ndarray, np.ndarray]:
    """Who joined, and how certain each label is; states without a record did not join, for certain."""
    joined, certainty = np.zeros((len(missions), len(states))), np.ones((len(missions), len(states)))
    row, column, in_grid = _places(participation, missions, states)
    grade = participation["certainty"].map(CERTAINTY_VALUE).to_numpy(float)
    if "role" in participation:
        # Nobody claims that a state that refused took part, however the refusal is known.
        grade = np.where(participation["role"] == REFUSAL, 1.0, grade)
    label = counted(participation, settings)[0].to_numpy(float)
    joined[row, column] = label[in_grid]
    certainty[row, column] = grade[in_grid]
    return joined, certainty
