"""Versions of the shipped tables, the specification curve, payments, blocs."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from workflow.lib.checking.blocs import alliance_blocs
from workflow.lib.checking.multiverse import (
    MULTIVERSE_COLUMNS,
    Specification,
    base_data,
    multiverse_table,
    specification_row,
    specifications,
)
from workflow.lib.checking.payments import payments_table
from workflow.lib.checking.versions import eligible_versions, joiner_versions, label_versions, tie_versions
from workflow.lib.settings import load_settings
from workflow.lib.tables.load import load_tables
from workflow.lib.tables.prepare import prepare


@pytest.fixture(scope="module")
def settings():
    return load_settings("config.yaml").data.model_dump(mode="json")


@pytest.fixture(scope="module")
def tables(settings):
    return load_tables(settings)


def test_lists_other_than_the_configured_one_are_offered(settings, tables):
    versions = dict(label_versions(settings, tables))
    assert {value["joined_certainty"] for value in versions.values()} == {"verified", "probable"}
    strict = prepare(tables, versions["strict list (verified)"])
    assert 0 < float(strict["joined"].sum()) < float(prepare(tables, settings)["joined"].sum())


def test_late_arrivals_officers_and_bases_can_be_counted(settings, tables):
    joined = float(prepare(tables, settings)["joined"].sum())
    versions = dict(joiner_versions(settings, tables))
    assert set(versions) == {
        "late arrivals counted",
        "officers in headquarters counted",
        "bases and transit counted",
    }
    assert all(float(prepare(tables, version)["joined"].sum()) > joined for version in versions.values())
    assert "late arrivals counted" not in dict(joiner_versions(versions["late arrivals counted"], tables))


def test_each_set_of_candidates_differs_from_the_configured_one(settings, tables):
    rows = int(prepare(tables, settings)["joined"].notnull().sum())
    numbers = {
        name: int(prepare(tables, version)["joined"].notnull().sum())
        for name, version in eligible_versions(settings, tables)
    }
    assert numbers.pop("states under 500 thousand inhabitants left out") < rows
    assert all(number != rows for number in numbers.values())


def test_a_single_tie_count_cannot_be_left_out():
    assert tie_versions(["igo_joint"]) == [("all", ["igo_joint"])]
    assert tie_versions(["a", "b"]) == [("all", ["a", "b"]), ("without a", ["b"]), ("without b", ["a"])]


def test_specifications_cover_all_choices_on_one_grid(settings, tables):
    base = base_data(tables, settings)
    chosen = list(specifications(tables, settings, base))
    assert len({specification for specification, _ in chosen}) == len(chosen) == 3 * 5 * 3 * 2
    assert all(data.sizes == base.sizes for _, data in chosen[:6])
    by_choice = dict(chosen)
    controlled = by_choice[Specification("uncertain", "all", "weak", True)]
    bare = by_choice[Specification("uncertain", "all", "weak", False)]
    np.testing.assert_array_equal(controlled["joined"], bare["joined"])
    np.testing.assert_array_equal(controlled["joined"], base["joined"])
    is_control = base["covariate_role"].values == "control"
    assert np.nanmax(np.abs(bare["covariate_value"].values[is_control])) == 0
    strong = by_choice[Specification("uncertain", "all", "strong", True)]
    assert strong["joined"].notnull().any("state").sum() < base.sizes["mission"]


def test_a_refit_that_did_not_converge_keeps_its_row_without_numbers(settings, tables):
    base = base_data(tables, settings)
    draws = xr.DataArray(np.linspace(0, 1, 20).reshape(2, 10), dims=("chain", "draw"))
    specification = Specification("uncertain", "all", "weak", True)
    rows = [
        specification_row("pooled", specification, base, draws, draws, converged, interval=0.9)
        for converged in (False, True)
    ]
    table = multiverse_table(rows)
    assert list(table.columns) == MULTIVERSE_COLUMNS
    assert table["converged"].tolist() == [True, False]
    assert table["ties_effect"].iloc[0] == pytest.approx(0.5)
    assert table[["ties_effect", "lower", "upper", "ties_slope"]].iloc[1].isna().all()


def payments_data(change):
    random = np.random.default_rng(1)
    joined = random.binomial(1, 0.3, (6, 120)).astype(float)
    paid = random.normal(size=(1, 6, 120)) + change * joined + np.arange(6)[:, None]
    grid = ("mission", "state")
    return xr.Dataset(
        {
            "joined": (grid, joined),
            "ties": (grid, random.normal(size=(6, 120))),
            "payment_value": (("payment", *grid), paid),
        },
        coords={"mission": list("abcdef"), "state": np.arange(120), "payment": ["aid"]},
    )


def test_payments_to_joiners_are_found_within_missions():
    paid = payments_table(payments_data(1.0), None, interval=0.9, seed=1, resamples=500).set_index("group")
    assert set(paid.index) == {"all", "few ties", "many ties"}
    assert paid.loc["all", "change"] == pytest.approx(1.0, abs=0.2)
    assert paid.loc["all", "change_lower"] < 1.0 < paid.loc["all", "change_upper"]
    assert (paid["change_lower"] > 0).all()


def test_without_payments_the_interval_holds_zero():
    paid = payments_table(payments_data(0.0), None, interval=0.95, seed=1, resamples=500).set_index("group")
    assert paid.loc["all", "change_lower"] < 0 < paid.loc["all", "change_upper"]


def test_a_state_allied_with_both_is_of_the_pivotal_bloc():
    states = pd.DataFrame(
        {
            "pivotal": 2,
            "state": [20, 30, 40, 50],
            "year": 1950,
            "alliance_joint": [1, 1, 0, np.nan],
            "alliance_russia": [0, 1, 1, 0],
            "alliance_china": [0, 0, 0, 0],
        }
    )
    data = xr.Dataset(coords={"state": [20, 30, 40, 50], "panel_year": [1950]}, attrs={"source_of_ties": 2})
    blocs = alliance_blocs(states, data)
    assert blocs.isel(panel_year=0).values.tolist() == [
        "allied_with_pivotal",
        "allied_with_pivotal",
        "allied_with_rival",
        "allied_with_neither",
    ]


def test_without_columns_of_alliances_there_is_one_bloc():
    states = pd.DataFrame({"pivotal": [2], "state": [20], "year": [1950]})
    data = xr.Dataset(coords={"state": [20], "panel_year": [1950, 1955]}, attrs={"source_of_ties": 2})
    assert set(alliance_blocs(states, data).values.ravel()) == {"allied_with_neither"}
