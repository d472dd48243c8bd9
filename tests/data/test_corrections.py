"""The later look at the participants, row by row: each correction is followed in the tables that ship, or answered here."""

import os
import re
from pathlib import Path

import pandas as pd
import pytest

from workflow.lib.derivation.sources import VARIABLE, Sources, read_texts, sources_folder
from workflow.lib.settings.schema import DataSettings

DATA = Path(__file__).parents[2] / "data"
MONTHS = DataSettings().joined_within_months

# The sources may not be redistributed: without the folder these tests cannot run. CI sets the variable.
with_sources = pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} is not set: no source extracts"
)

ANSWERED = {
    (
        "provide_comfort_1991",
        640,
    ): "its forces are part of the operation in a dataset: joined, graded uncertain",
    (
        "bosnia_1995",
        770,
    ): "said to be likely only: the label stays, graded uncertain, and leaves the strict list",
    ("shaba_1978", 482): "general knowledge without a source: no row",
    ("shaba_1978", 651): "general knowledge without a source: no row",
}
"""Corrections that the tables do not follow, with the reason."""


def corrections() -> pd.DataFrame:
    table = read_texts(Sources(sources_folder(None)).path_of_compiled("participation_corrections.csv"))
    return table[(table["state"] != "") & ~table["mission"].str.startswith("(new)")]


@pytest.fixture(scope="module")
def rows() -> dict:
    table = pd.read_csv(DATA / "participation.csv")
    return {(row["mission"], row["state"]): row for row in table.to_dict("records")}


@pytest.fixture(scope="module")
def excluded() -> dict:
    table = pd.read_csv(DATA / "participation_excluded.csv")
    return table.set_index(["mission", "state"])["reason"].to_dict()


def claims_of(right: str) -> dict:
    """What a correction asks for, as far as it can be read by rule."""
    asked: dict = {}
    if "late class" in right:
        asked["late"] = True
    elif found := re.search(r"joined=([01])", right):
        asked["joined"] = int(found.group(1))
    if found := re.search(r"first_year=((?:19|20)\d\d)", right):
        asked["first_year"] = int(found.group(1))
    if found := re.search(r"certainty[= ](uncertain|probable|verified)", right):
        asked["certainty"] = found.group(1)
    if "recorded refusal" in right:
        asked |= {"joined": 0, "role": "declined"}
    if re.match(r"(out\b|eligible until|own class: offered)", right):
        asked["excluded"] = True
    if re.search(r"staff only|class of its own \(crews", right):
        asked |= {"joined": 0, "role": "staff"}
    if "basing = 0" in right:
        asked |= {"joined": 0, "role": "basing"}
    if "add the list of 27 July 2006" in right:
        asked |= {"joined": 1, "late": False}
    if re.match(r"record: named", right):
        asked |= {"joined": 0}
    return asked


def faults(row: dict | None, reason: str | None, asked: dict) -> list[str]:
    """What of a correction is not so in the tables."""
    if asked.get("excluded"):
        return [] if reason and row is None else ["still eligible"]
    if row is None:
        return [] if reason else ["no row"]
    wrong = []
    late = row["months_earliest"] > MONTHS
    if "late" in asked and asked["late"] != late and not (asked["late"] and row["joined"] == 0):
        wrong.append(f"late is {late}")
    wrong += [
        f"{name} is {row[name]}, not {asked[name]}"
        for name in ("joined", "role", "certainty", "first_year")
        if name in asked and row[name] != asked[name]
    ]
    return wrong


@with_sources
def test_every_correction_is_followed_or_answered(rows, excluded):
    unread, wrong = [], []
    for correction in corrections().itertuples():
        key = (correction.mission, int(correction.state))
        if key in ANSWERED:
            continue
        asked = claims_of(correction.right)
        if not asked:
            unread.append((*key, correction.right))
        wrong += [(*key, fault) for fault in faults(rows.get(key), excluded.get(key), asked)]
    assert not unread
    assert not wrong


@with_sources
def test_answers_are_to_corrections_that_exist_and_leave_no_sure_joiner(rows):
    table = corrections()
    asked = {(row.mission, int(row.state)): claims_of(row.right) for row in table.itertuples()}
    for key in ANSWERED:
        assert key in asked
        kept = rows.get(key)
        assert kept is None or (kept["joined"], kept["certainty"]) == (1, "uncertain")
