"""Other versions of the shipped tables, and the rows that compare them."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from workflow.lib.checking.versions import (
    eligible_versions,
    joiner_versions,
    label_versions,
    mission_versions,
    version_rows,
    version_verdict,
    with_offers,
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


def test_offers_that_were_refused_join_where_the_tables_name_them_and_nothing_else_changes(
    settings, tables, joined
):
    more = prepare(with_offers(tables), settings)["joined"].reindex_like(joined)
    changed = more.fillna(-1).values != joined.fillna(-1).values
    # Turkey in Iraq; a control of Taiwan is missing before Korea, so that it is not scored either way
    assert changed.sum() == 1
    assert float(more.sel(mission="iraq_mnf_2003", state=640)) == 1
    none = replace(tables, excluded=tables.excluded[tables.excluded["reason"] == "target"])
    assert with_offers(none).participation["joined"].sum() == tables.participation["joined"].sum()
    assert with_offers(replace(tables, excluded=None)).participation is tables.participation


def test_promises_not_kept_can_count(settings, tables, joined):
    more = prepare(tables, dict(joiner_versions(settings, tables))["promises counted"])["joined"]
    assert float(more.sum()) > float(joined.sum())


def test_sets_of_missions_are_those_of_other_evidence_and_of_builders_on_record(settings, tables, joined):
    versions = dict(mission_versions(settings, tables))
    assert versions["missions of strong evidence only"]["minimum_evidence"] == "strong"
    verified = prepare(tables, versions["missions only of which it is verified who built them"])["joined"]
    assert 0 < verified.sizes["mission"] < joined.sizes["mission"]
    widest = {**settings, "minimum_evidence": "weak", "pivotal_certainty": "uncertain"}
    assert "missions of weak evidence too" not in dict(mission_versions(widest, tables))


def test_a_set_of_missions_that_is_empty_or_the_configured_one_is_not_offered(settings, tables):
    alike = tables.missions.assign(evidence="fair", pivotal_certainty="verified")
    assert mission_versions(settings, replace(tables, missions=alike)) == []


def draws(mean, sd=0.001):
    values = np.random.default_rng(1).normal(mean, sd, size=(2, 200))
    return xr.DataArray(values, dims=("chain", "draw"))


def test_versions_are_told_in_points_and_judged_by_the_share_of_the_effect_that_they_leave():
    reference = {"ties_effect": draws(0.04), "quality_effect": draws(0.0, 0.05)}
    effects = {
        "strict list": {"ties_effect": draws(0.0304), "quality_effect": draws(0.02)},
        "broad list": {"ties_effect": draws(0.016), "quality_effect": draws(0.02)},
        "short list": {"ties_effect": draws(0.029), "quality_effect": draws(0.02)},
        "odd list": {"ties_effect": draws(-0.04), "quality_effect": draws(0.02)},
    }
    table = version_rows(reference, effects, "labels", "cut", 0.9, {"broad list": 0.4}).set_index("item")
    ties = table.loc[[f"{name}: ties_effect" for name in effects]]
    assert ties["estimate"].tolist() == pytest.approx([3.04, 1.6, 2.9, -4.0], abs=0.02)
    assert set(table["unit"]) == {"points"}
    assert ties["verdict"].tolist() == ["passed", "failed", "cannot tell", "failed"]
    assert ties["expected"].iloc[0] == "as fitted, 4.0"
    assert ties["label"].iloc[0] == "ties, strict list"
    assert ties["note"].iloc[0] == "0.76 of the effect as fitted"
    assert ties["note"].iloc[1] == "0.40 of the effect as fitted; joining is 0.40 times as frequent"
    # an effect that is not there as fitted cannot change its sign
    quality = table.loc["odd list: quality_effect"]
    assert (quality["verdict"], quality["note"]) == ("described", "the effect as fitted is not clear of zero")


@pytest.mark.parametrize(
    ("share", "verdict"),
    [
        (-1.0, "failed"),
        (0.49, "failed"),
        (0.5, "cannot tell"),
        (0.75, "passed"),
        (1.3, "passed"),
        (1.4, "cannot tell"),
    ],
)
def test_a_version_passes_that_leaves_about_the_effect_as_fitted(share, verdict):
    assert version_verdict(share) == verdict
