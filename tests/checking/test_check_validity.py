"""The stage as a run has it: files in, files out, a gate."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from models.priors import Priors
from tests.shipped import CONTACT, ROOT, composition, shipped_archive, shipped_data
from workflow.lib.checking.table import CHECK_COLUMNS
from workflow.lib.checking.validity.run import read_known, validity_tables
from workflow.lib.checking.validity.verdict import pass_validity, validity_verdict
from workflow.lib.errors import UserError
from workflow.lib.inference.archive import write_tree
from workflow.scripts.check_validity import check_validity

CHECKS = (
    "known_orderings",
    "known_groups",
    "turning_points",
    "benchmark",
    "constructs",
    "information_shares",
    "invariance",
    "indicator_stability",
    "vintages",
)
KNOWN = {name: f"data/known_{name}.csv" for name in ("orderings", "groups", "turning_points")}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """Personal contact put to the test as if it were the relationship."""
    folder = tmp_path_factory.mktemp("stage")
    write_tree(shipped_data(), folder / "analysis.nc")
    for name, construct in (("persons", "contact"), ("clients", "clientship")):
        write_tree(shipped_archive(construct), folder / f"{name}.nc")
    verdict = folder / "validity.json"

    def run():
        check_validity(
            model="persons",
            label="Persons",
            composition={"measures": ["contact"], "indicators": list(CONTACT)},
            measures=["persons", "clients"],
            data={
                n: str(ROOT / f"data/{n}.csv") for n in ("missions", "participation", "states", "codebook")
            },
            priors={},
            interval=0.9,
            names=list(CHECKS),
            analysis=str(folder / "analysis.nc"),
            archives=[str(folder / f"{name}.nc") for name in ("persons", "clients")],
            known=[str(ROOT / path) for path in KNOWN.values()],
            outputs={name: str(folder / f"{name}.csv") for name in CHECKS},
            validity=str(verdict),
            log=lambda line: None,
        )
        tables = {name: pd.read_csv(folder / f"{name}.csv") for name in CHECKS}
        return tables, json.loads(verdict.read_text(encoding="utf-8"))

    return run


def test_contact_is_no_measure_of_the_relationship_and_the_gate_would_stop_it(stage):
    tables, verdict = stage()
    for name in CHECKS:
        assert tables[name].columns.tolist() == CHECK_COLUMNS and len(tables[name]), name
        assert set(tables[name]["check"]) == {name}
    assert verdict["verdict"] == "failed" and verdict["sentence"].startswith("The measure 'Persons' orders")
    with pytest.raises(UserError, match=r"checks\.validity: The measure 'Persons'"):
        pass_validity(verdict, "stop")


def test_without_known_facts_the_other_tables_are_made_all_the_same():
    archives = {"persons": shipped_archive("contact")}
    model = replace(composition("contact"), name="persons")
    tables = validity_tables(model, shipped_data(), archives, {}, None, Priors(), 0.9)
    assert tables["known_orderings"].empty and len(tables["information_shares"]) == len(CONTACT)
    assert validity_verdict(tables["known_orderings"], None, None)["verdict"] == "cannot tell"


def test_a_table_of_facts_without_a_column_is_named_with_what_was_expected(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("higher_state,year,reason\n2,1980,x\n", encoding="utf-8")
    with pytest.raises(
        UserError, match=r"pairs\.csv: no column lower_state; expected higher_state, lower_state, year"
    ):
        read_known({"orderings": str(path)})
