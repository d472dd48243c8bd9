"""Specification curve: the effect of ties under every combination of defensible choices.

From the tables and the `data` section of the configuration to one data set for each combination of list of participants,
definition of the tie count and least evidence on missions, each with and without controls; and from refits to rows of
`results/multiverse.csv`. All data sets are put on the grid of the most inclusive one, so that a model is compiled once.
Without controls, their values are zero and the rows stay the same, so that what changes is the model and not the sample.

Source: Simonsohn, Simmons & Nelson (2020), Specification curve analysis, Nature Human Behaviour 4, 1208-1214; Steegen et al.
(2016), Increasing transparency through a multiverse analysis, Perspectives on Psychological Science 11(5), 702-712.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from workflow.lib.checking.draws import summarise
from workflow.lib.checking.refits import on_the_grid_of
from workflow.lib.checking.versions import certainties_in_use, tie_versions
from workflow.lib.tables.contracts import CERTAINTIES, EVIDENCE
from workflow.lib.tables.load import Tables
from workflow.lib.tables.prepare import prepare

MULTIVERSE_COLUMNS = [
    "model",
    "participants",
    "ties",
    "evidence",
    "controls",
    "missions",
    "rows",
    "joined",
    "ties_effect",
    "lower",
    "upper",
    "ties_slope",
    "converged",
]
# A list on which fewer took part says next to nothing about who joins.
FEWEST_JOINERS = 30


@dataclass(frozen=True)
class Specification:
    """One combination of choices.

    Attributes
    ----------
    participants : str
        Certainty from which a participant counts.
    ties : str
        `all`, or `without <column>`.
    evidence : str
        Least evidence on a mission's participants.
    controls : bool
    """

    participants: str
    ties: str
    evidence: str
    controls: bool

    @property
    def name(self) -> str:
        """Words for logs and seeds."""
        return (
            f"{self.participants}, {self.evidence}, {self.ties}, {'with' if self.controls else 'no'} controls"
        )


def base_data(tables: Tables, data_settings: Mapping) -> xr.Dataset:
    """The most inclusive data set, on whose grid all others lie."""
    return prepare(
        tables,
        {**data_settings, **_missions_of(EVIDENCE[-1], data_settings), "joined_certainty": "uncertain"},
    )


def specifications(
    tables: Tables, data_settings: Mapping, base: xr.Dataset
) -> Iterator[tuple[Specification, xr.Dataset]]:
    """All specifications with their data on the grid of `base`.

    Choices that the tables cannot tell apart (a grade that no participant or no mission has) are left out, and so are
    those with fewer than 30 joiners.
    """
    used = set(tables.missions["evidence"])
    levels = [grade for grade in EVIDENCE if grade in used] or [EVIDENCE[-1]]
    columns = base["tie_item"].values.tolist()
    controls = base["covariate_role"] == "control"
    for participants in certainties_in_use(tables):
        for ties, counts in tie_versions(columns):
            for evidence in levels:
                chosen = {
                    **data_settings,
                    "joined_certainty": participants,
                    "tie_counts": counts,
                    **_missions_of(evidence, data_settings),
                }
                if not _any_mission(tables, data_settings, evidence):
                    continue
                data = on_the_grid_of(base, prepare(tables, chosen))
                if float(data["joined"].sum()) < FEWEST_JOINERS:
                    continue
                bare = data.assign(covariate_value=data["covariate_value"].where(~controls, 0.0))
                yield Specification(participants, ties, evidence, True), data
                yield Specification(participants, ties, evidence, False), bare


def specification_row(
    model: str,
    specification: Specification,
    data: xr.Dataset,
    effect: xr.DataArray,
    slope: xr.DataArray,
    converged: bool,
    *,
    interval: float,
) -> dict:
    """One row of the specification curve; the estimates of a refit that did not converge are left empty.

    Parameters
    ----------
    effect : xarray.DataArray, shape (chain, draw)
        Change of the probability of joining from the 25th to the 75th percentile of ties.
    slope : xarray.DataArray, shape (chain, draw)
        Slope of ties in log-odds.
    """
    row = {
        "model": model,
        "participants": specification.participants,
        "ties": specification.ties,
        "evidence": specification.evidence,
        "controls": specification.controls,
        "missions": int(data["joined"].notnull().any("state").sum()),
        "rows": int(data["joined"].notnull().sum()),
        "joined": int(data["joined"].sum()),
        "converged": converged,
    }
    if converged:
        summary = summarise(effect, interval)
        row |= {"ties_effect": summary["mean"], "lower": summary["lower"], "upper": summary["upper"]}
        row["ties_slope"] = float(slope.mean())
    return row


def multiverse_table(rows: list[dict]) -> pd.DataFrame:
    """Rows of the specification curve in the order of their effects, with all columns."""
    table = pd.DataFrame(rows, columns=MULTIVERSE_COLUMNS)
    return table.sort_values(["ties_effect", "model"], kind="stable", ignore_index=True)


def _missions_of(evidence: str, data_settings: Mapping) -> dict[str, str]:
    """Which missions a grade of evidence lets in; the weakest takes those of which it is unsure who built them, too."""
    unsure = evidence == EVIDENCE[-1]
    return {
        "minimum_evidence": evidence,
        "pivotal_certainty": CERTAINTIES[-1] if unsure else data_settings["pivotal_certainty"],
    }


def _any_mission(tables: Tables, data_settings: Mapping, evidence: str) -> bool:
    missions = tables.missions
    grades = missions["evidence"].map(EVIDENCE.index) <= EVIDENCE.index(evidence)
    return bool((grades & (missions["pivotal"] == data_settings["pivotal"])).any())
