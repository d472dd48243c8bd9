"""The second data set: loads, fits the contracts, and is what the sources give."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from workflow.lib.derivation.peacekeeping import derive_example, derive_mission_rows, first_maps
from workflow.lib.derivation.sources import VARIABLE, Sources, sources_folder
from workflow.lib.settings.load import load_settings
from workflow.lib.tables.load import load_tables
from workflow.lib.tables.prepare import prepare

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "peacekeeping"

# The sources may not be redistributed: without the folder this test cannot run. CI sets the variable.
with_sources = pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} is not set: no source extracts"
)


@pytest.fixture(scope="module")
def data_settings() -> dict:
    return yaml.safe_load((EXAMPLE / "config.yaml").read_text(encoding="utf-8"))["data"]


@pytest.fixture(scope="module")
def tables(data_settings):
    return load_tables(data_settings, root=ROOT)


def test_the_configuration_is_in_order():
    settings = load_settings(str(EXAMPLE / "config.yaml"), [])
    assert list(settings.models_to_fit()) == ["pooled", "missions", "crossed"]


def test_the_tables_fit_the_contracts_and_prepare_scores_every_contributor(tables, data_settings):
    dataset = prepare(tables, data_settings)
    assert dataset.sizes["mission"] == len(tables.missions)
    assert int(np.nansum(dataset["joined"])) == len(tables.participation)


def test_missions_and_contributors(tables):
    assert 12 <= len(tables.missions) <= 20
    assert tables.missions["start_year"].between(1994, 2014).all()
    joined = tables.participation.groupby("mission")["state"].apply(set)
    assert {770, 771} <= joined["unmil_2003"]  # Pakistan, Bangladesh in Liberia
    assert {140, 155} <= joined["minustah_2004"]  # Brazil, Chile in Haiti
    assert {475, 517} <= joined["unamid_2008"]  # Nigeria, Rwanda in Darfur
    assert set(tables.participation["certainty"]) == {"probable"}


def test_the_payer_and_names_of_no_state_left_with_a_reason():
    excluded = pd.read_csv(EXAMPLE / "data" / "participation_excluded.csv")
    reasons = excluded.set_index(["mission", "state_name"])["reason"]
    assert reasons["unmih_1995", "United States of America"] == "pivotal state"
    assert reasons["unmih_1995", "CARICOM"] == "not a state"


def test_only_the_first_mapped_years_count():
    maps = pd.DataFrame(
        {"mission": ["A"] * 4, "year": [2000, 2001, 2002, 2001], "tcc": ["Chad", "Mali", "Togo", "Chad"]}
    )
    early = first_maps(maps)
    assert early["tcc"].tolist() == ["Chad", "Mali"]
    assert early["first_year"].tolist() == [2000, 2001]


def test_a_mission_mapped_long_after_its_start_is_out():
    names = ["Chad", "Mali", "Togo", "Benin", "Niger"]
    maps = pd.DataFrame({"mission": "UNXX", "year": 2006, "tcc": names})
    listed = pd.DataFrame(
        {
            "OBSNUM": [1],
            "PKMNAME (location)": ["United Nations Mission (UNXX)"],
            "TPTYPE": [1],
            "STARTYR": [2005],
            "ENDYR": [2008],
            "CCODE1": [490],
            "PKMNUM1": [100],
        }
    )
    assert derive_mission_rows(maps, listed)["mission"].tolist() == ["unxx_2005"]
    assert derive_mission_rows(maps, listed.assign(STARTYR=2000)).empty


@with_sources
def test_what_ships_is_what_the_sources_give():
    for name, table in derive_example(Sources(sources_folder(None))).items():
        assert (EXAMPLE / "data" / name).read_text(encoding="utf-8") == table.to_csv(
            index=False, lineterminator="\n"
        )
