import pandas as pd

from workflow.lib.checking.files import read_json, read_tables, write_json, write_table


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
