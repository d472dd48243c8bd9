"""Other versions of the shipped tables, and the rows that compare them."""

import numpy as np
import pytest
import xarray as xr

from workflow.lib.checking.versions import (
    eligible_versions,
    joiner_versions,
    label_versions,
    mission_versions,
    version_rows,
)
from workflow.lib.tables.prepare import prepare


@pytest.fixture(scope="module")
def joined(settings, tables):
    return prepare(tables, settings)["joined"]


def test_a_strict_list_has_fewer_joiners_and_the_configured_one_is_not_offered(settings, tables, joined):
    versions = dict(label_versions(settings, tables))
    assert {value["joined_certainty"] for value in versions.values()} == {"verified", "probable"}
    strict = prepare(tables, versions["strict list (verified)"])["joined"]
    assert 0 < float(strict.sum()) < float(joined.sum())


def test_counting_late_arrivals_makes_more_joiners_and_is_offered_once(settings, tables, joined):
    versions = dict(joiner_versions(settings, tables))
    assert "late arrivals counted" in versions
    more = prepare(tables, versions["late arrivals counted"])["joined"]
    assert float(more.sum()) > float(joined.sum())
    assert "late arrivals counted" not in dict(joiner_versions(versions["late arrivals counted"], tables))


def test_each_set_of_candidates_differs_from_the_configured_one(settings, tables, joined):
    versions = dict(eligible_versions(settings, tables))
    assert len(versions) == 3
    small = prepare(tables, versions["states under 500 thousand inhabitants left out"])["joined"]
    assert int(small.notnull().sum()) < int(joined.notnull().sum())
    assert versions["targets counted in"]["eligible"]["exclude_targets"] is False


def test_sets_of_missions_are_those_of_weaker_and_of_stronger_evidence(settings):
    versions = dict(mission_versions(settings))
    assert versions["missions of strong evidence only"]["minimum_evidence"] == "strong"
    widest = {**settings, "minimum_evidence": "weak", "pivotal_certainty": "uncertain"}
    assert set(dict(mission_versions(widest))) == {"missions of strong evidence only"}


def draws(mean, sd=0.001):
    values = np.random.default_rng(1).normal(mean, sd, size=(2, 200))
    return xr.DataArray(values, dims=("chain", "draw"))


def test_versions_are_told_in_percentage_points_and_judged_by_sign_and_half_the_size():
    reference = {"ties_effect": draws(0.04), "quality_effect": draws(0.0, 0.05)}
    effects = {
        "strict list": {"ties_effect": draws(0.03), "quality_effect": draws(0.02)},
        "broad list": {"ties_effect": draws(0.015), "quality_effect": draws(0.02)},
        "odd list": {"ties_effect": draws(-0.04), "quality_effect": draws(0.02)},
    }
    table = version_rows(reference, effects, "labels", "cut", 0.9).set_index("item")
    ties = table.loc[[f"{name}: ties_effect" for name in effects]]
    assert ties["estimate"].tolist() == pytest.approx([3.0, 1.5, -4.0], abs=0.02)
    assert set(table["unit"]) == {"points"}
    assert ties["verdict"].tolist() == ["passed", "failed", "failed"]
    assert ties["expected"].iloc[0] == "as fitted, 4.0"
    assert ties["label"].iloc[0] == "ties, strict list"
    assert ties["note"].iloc[0] == "0.75 of the effect as fitted"
    # an effect that is not there as fitted cannot change its sign
    quality = table.loc["odd list: quality_effect"]
    assert (quality["verdict"], quality["note"]) == ("described", "the effect as fitted is not clear of zero")
