import pandas as pd
import pytest

from workflow.lib.checking.files import read_json, read_table, read_tables, write_json, write_table
from workflow.lib.errors import UserError


def test_tables_are_complete_or_absent_and_round_trip(tmp_path):
    table = pd.DataFrame({"model": ["joint", "crossed"], "elpd": [-10.123456789, float("nan")]})
    write_table(table, tmp_path / "comparison" / "loo.csv")
    assert (tmp_path / "comparison" / "loo.csv").read_text().splitlines() == [
        "model,elpd",
        "joint,-10.123457",
        "crossed,",
    ]
    assert [path.name for path in (tmp_path / "comparison").iterdir()] == ["loo.csv"]
    both = read_tables([tmp_path / "comparison" / "loo.csv"] * 2)
    assert both["model"].tolist() == ["joint", "crossed"] * 2


def test_json_holds_no_figures_that_are_not_finite(tmp_path):
    write_json({"checks": [{"value": float("inf")}, {"value": 1.5}]}, tmp_path / "diagnostics.json")
    assert read_json(tmp_path / "diagnostics.json") == {"checks": [{"value": None}, {"value": 1.5}]}


def test_names_that_look_like_missing_values_or_numbers_stay_names(tmp_path):
    table = pd.DataFrame({"model": ["null", "nan"], "mission": ["NA", "1990"], "state_name": ["NA", None]})
    write_table(table, tmp_path / "one.csv")
    write_table(table.assign(mission="007"), tmp_path / "two.csv")
    both = read_tables([tmp_path / "one.csv", tmp_path / "two.csv"])
    assert both["model"].tolist() == ["null", "nan"] * 2
    assert both["mission"].tolist() == ["NA", "1990", "007", "007"]
    assert both["state_name"].isna().tolist() == [False, True] * 2


def test_no_name_runs_as_a_formula_in_a_spreadsheet(tmp_path):
    names = ["=1+1", "+A1", "@SUM(A1)", "-2+3", "'=1", "'plain", "-0.5", "Côte d'Ivoire"]
    write_table(pd.DataFrame({"name": names, "mean": -0.5}), tmp_path / "effects.csv")
    written = (tmp_path / "effects.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line.rsplit(",", 1)[0].strip('"') for line in written] == [
        "'=1+1", "'+A1", "'@SUM(A1)", "'-2+3", "''=1", "'plain", "-0.5", "Côte d'Ivoire",
    ]  # fmt: skip
    assert {line.rsplit(",", 1)[1] for line in written} == {"-0.5"}
    assert read_table(tmp_path / "effects.csv")["name"].tolist() == names


def test_a_damaged_table_or_record_names_itself(tmp_path):
    for name, read, content in (
        ("loo.csv", read_table, b'model,elpd\n"joint\n'),
        ("gate.csv", read_table, b""),
        ("gate.json", read_json, b'{"checks": ['),
        ("gate.json", read_json, b"\xff\xfe{}"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(
            UserError, match=rf"{name}: damaged, or no .* of results; delete it and run again"
        ):
            read(tmp_path / name)
