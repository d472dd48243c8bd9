"""The derivation: rules on small inputs, its command, and that what ships is what is derived."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workflow.lib.derivation import __main__ as command
from workflow.lib.derivation.contact import dates, spells_in_post
from workflow.lib.derivation.derive import differences, write_all
from workflow.lib.derivation.grid import complete, grid, look_up, window_mean, window_sum
from workflow.lib.derivation.sources import VARIABLE, Sources
from workflow.lib.derivation.states import format_column
from workflow.lib.derivation.system import american_vietnam, codes_of, lineage, members_by_year
from workflow.lib.derivation.ties import agreements, trade_pact_spells

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = os.environ.get(VARIABLE)
needs_sources = pytest.mark.skipif(
    not FOLDER, reason=f"{VARIABLE} is not set: the source extracts are not here"
)


def extracts():
    return Sources(Path(FOLDER)).folder


def frame(*rows):
    return pd.DataFrame(rows, columns=["state", "year"])


def test_members_on_the_last_day_of_the_year():
    spells = pd.DataFrame(
        [
            (260, 1955, 1990, 10, 2),
            (255, 1990, 2016, 12, 31),
            (315, 1945, 1992, 12, 31),
            (652, 1946, 1958, 2, 1),
            (652, 1961, 2016, 12, 31),
        ],
        columns=["ccode", "styear", "endyear", "endmonth", "endday"],
    )
    table = members_by_year(spells, range(1950, 2021))
    years = table.groupby("state")["year"].agg(set)
    assert max(years[260]) == 1989
    assert min(years[255]) == 1990
    assert max(years[255]) == 2020
    assert max(years[315]) == 1992
    assert {1957, 1961} <= years[652]
    assert not {1958, 1959, 1960} & years[652]


def test_lineages():
    assert lineage(pd.Series([260, 255, 678, 315, 265])).tolist() == [255, 255, 679, 315, 265]


def test_american_sources_file_saigon_under_vietnam():
    codes = american_vietnam(pd.Series([816, 816, 640]), pd.Series([1965, 1995, 1965]))
    assert codes.tolist() == [817, 816, 640]


def test_windows_need_all_their_years_and_zero_stands_only_inside_the_source():
    counts = complete(grid(pd.Series([20, 20]), pd.Series([1982, 1986])), 1980, 1990, np.array([20, 40]))
    window = window_sum(counts)
    rows = frame((20, 1983), (20, 1984), (20, 1986), (40, 1986), (20, 1991), (99, 1986))
    np.testing.assert_array_equal(look_up(window, rows), [np.nan, 1, 2, 0, np.nan, np.nan])
    np.testing.assert_array_equal(look_up(counts, rows, years_later=3), [1, 0, 0, 0, np.nan, np.nan])


def test_window_mean_takes_the_years_there_are():
    values = grid(pd.Series([20, 20]), pd.Series([1985, 1986]), pd.Series([2.0, 4.0]))
    assert look_up(window_mean(values, at_least=1), frame((20, 1987)))[0] == 3
    assert np.isnan(look_up(window_mean(values, at_least=3), frame((20, 1987)))[0])


def test_agreements_in_force_on_the_last_day_of_the_year():
    spells = pd.DataFrame(
        [("a", 2, 1950, 1960), ("a", 20, 1952, np.inf), ("b", 20, 1951, np.inf), ("a", 260, 1955, 1990)],
        columns=["agreement", "state", "start", "end"],
    )
    part = agreements(spells, np.array([2, 20, 40, 255]), 1945, 2018)
    rows = frame((20, 1951), (20, 1952), (20, 1959), (20, 1960), (40, 1955), (255, 1956), (20, 2019))
    np.testing.assert_array_equal(look_up(part.joint(2), rows), [0, 1, 1, 0, 0, 1, np.nan])
    np.testing.assert_array_equal(look_up(part.total(), rows), [1, 2, 2, 2, 0, 1, np.nan])
    assert np.isnan(look_up(part.joint(900), rows)).all()


def test_trade_pacts_follow_accessions_and_withdrawals():
    table = pd.DataFrame(
        [
            ("375", 375, "base_treaty", 1960, 1960, 826, 578, np.nan),
            ("375+1", 375, "accession", 1969, 1970, 826, 578, 352),
            ("375_1", 375, "withdrawal", 1973, 1973, 578, 208, 826),
            ("9", 9, "base_treaty", 1990, np.nan, 840, 124, np.nan),
            ("8", 8, "negotiation", 1990, 1991, 840, 124, np.nan),
        ],
        columns=["number", "base_treaty", "entry_type", "year", "entryforceyear", "c1", "c2", "c3"],
    )
    spells = trade_pact_spells(table).set_index("state")
    assert spells.loc[200, ["start", "end"]].tolist() == [1960, 1973]
    assert spells.loc[385, ["start", "end"]].tolist() == [1960, np.inf]
    assert spells.loc[395, "start"] == 1970
    assert not {2, 20} & set(spells.index)


def test_ambassadors_are_ranked_heads_of_mission():
    chiefs = pd.DataFrame(
        [
            ("a", 640, "ambassador-e-p", "career", "1990-01-01", "1990-03-01", "1991-05-10"),
            ("b", 640, "charge-daffaires-ad-interim", "career", None, "1991-05-10", "1991-09-01"),
            ("c", 640, "ambassador-e-p", "non-career", "1991-08-01", "1991-09-01", None),
            ("d", 640, "ambassador-e-p", "career", "1994-01-01", None, None),
            ("e", 640, "ambassador-e-p", "career", "1995-01-01", "1995-02", "1996"),
            (
                "f",
                260,
                "envoy-extraordinary-minister-plenipotentiary",
                "career",
                "1955-01-01",
                None,
                "1956-06-01",
            ),
        ],
        columns=["id", "ccode", "role", "career_type", "appointed", "started", "ended"],
    )
    spells = spells_in_post(chiefs)
    days = [(str(row.start.date()), str(row.end.date())) for row in spells.itertuples()]
    # An open end is closed by the next chief; who never presented credentials was never in post.
    assert days == [
        ("1955-01-01", "1956-06-01"),
        ("1990-03-01", "1991-05-10"),
        ("1991-09-01", "1995-02-15"),
        ("1995-02-15", "1996-07-01"),
    ]
    assert spells["code"].tolist() == [255, 640, 640, 640]
    assert spells["career"].tolist() == [1, 1, 0, 1]


def test_dates_to_the_month_and_year():
    assert dates(pd.Series(["1990-05", "1990", "1990-05-06"])).dt.strftime("%m-%d").tolist() == [
        "05-15",
        "07-01",
        "05-06",
    ]


def test_numbers_are_written_alike_everywhere():
    assert format_column(pd.Series([1.0, np.nan, 20.0])).tolist() == ["1", "", "20"]
    assert format_column(pd.Series([1.0, 0.1234567, -0.0])).tolist() == ["1", "0.12346", "0"]


def test_lists_of_codes():
    assert codes_of("651;666") == [651, 666]
    assert codes_of(np.nan) == []


def test_no_sources_is_one_line(monkeypatch, capsys):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert command.main([]) == 1
    assert capsys.readouterr().err == (
        "derivation: no folder of sources given; pass --sources DIR or set COALITION_TIES_SOURCES to the folder that holds "
        "the source extracts (cow_states.csv and others)\n"
    )


def test_absent_folder_is_one_line(capsys, tmp_path):
    assert command.main(["--sources", str(tmp_path / "nowhere")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "does not exist; pass --sources DIR or set COALITION_TIES_SOURCES" in error


def test_missing_extract_is_one_line(capsys, tmp_path):
    (tmp_path / "sources").mkdir()
    assert command.main(["--sources", str(tmp_path / "sources"), "--output", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert re.search(r"is not in the sources|not found|absent|missing", error)
    assert not (tmp_path / "out").exists()


def test_tables_are_written_whole_or_not_at_all(tmp_path):
    write_all({"a.csv": "x\n1\n"}, tmp_path)
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(Exception, match="cannot write"):
        write_all({"a.csv": "x\n2\n", "b.csv": "y\n"}, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_differences_name_file_and_line(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n2\n")
    tables = {"a.csv": "x\n1\n3\n", "b.csv": "y\n"}
    assert differences(tables, tmp_path) == [
        f"{tmp_path}/a.csv, line 3: ships '2', derived '3'",
        f"{tmp_path}/b.csv: absent; the derivation makes it",
    ]
    assert differences({"a.csv": "x\n1\n2\n"}, tmp_path) == []


@needs_sources
def test_treaty_counts_agree_with_the_count_that_a_source_publishes():
    published = pd.read_csv(extracts() / "un_multilateral_joint_with_usa_1946_2014.csv")
    shipped = pd.read_csv(
        PROJECT / "data" / "states.csv", usecols=["pivotal", "state", "year", "un_treaty_joint"]
    )
    both = shipped[shipped["pivotal"] == 2].merge(
        published, left_on=["state", "year"], right_on=["ccode", "year"]
    )
    both = both.dropna(subset=["un_treaty_joint"])
    assert len(both) > 9000
    assert (both["un_treaty_joint"] == both["un_mlt_joint_bound"]).all()


@needs_sources
def test_alliances_agree_with_the_dyads_that_a_source_publishes():
    dyads = pd.read_parquet(extracts() / "atop_alliance_directed_dyad_year_1945_2018.parquet")
    allied = {
        (int(state), int(year))
        for state, year in dyads.loc[dyads["ccode1"] == 2, ["ccode2", "year"]].to_numpy()
    }
    shipped = pd.read_csv(
        PROJECT / "data" / "states.csv", usecols=["pivotal", "state", "year", "alliance_joint"]
    )
    rows = shipped[(shipped["pivotal"] == 2) & shipped["alliance_joint"].notna()]
    listed = [(state, year) in allied for state, year in zip(rows["state"], rows["year"], strict=True)]
    different = rows[(rows["alliance_joint"] > 0).to_numpy() != np.array(listed)]
    # The source counts the year in which an alliance ends; here it is in force on 31 December or not.
    assert len(different) <= 20
    assert (different["alliance_joint"] == 0).all()


@needs_sources
def test_defence_pacts_agree_with_the_dyads_that_a_source_publishes():
    dyads = pd.read_parquet(extracts() / "atop_alliance_directed_dyad_year_1945_2018.parquet")
    dyads = dyads[(dyads["ccode1"] == 2) & (dyads["atop_defense"] == 1)]
    allied = {(int(state), int(year)) for state, year in dyads[["ccode2", "year"]].to_numpy()}
    shipped = pd.read_csv(
        PROJECT / "data" / "states.csv", usecols=["pivotal", "state", "year", "defence_pact"]
    )
    rows = shipped[(shipped["pivotal"] == 2) & shipped["defence_pact"].notna()]
    listed = [(state, year) in allied for state, year in zip(rows["state"], rows["year"], strict=True)]
    different = rows[(rows["defence_pact"] == 1).to_numpy() != np.array(listed)]
    # Only the years in which a pact ended: Cuba 1962, Spain 1970, Iran 1979, Taiwan 1980, New Zealand 1986, Israel 1991.
    assert set(zip(different["state"], different["year"], strict=True)) == {
        *[(40, 1962), (230, 1970), (630, 1979), (713, 1980), (920, 1986), (666, 1991)]
    }


@needs_sources
def test_what_ships_is_what_is_derived_twice():
    output, example = PROJECT / "data", PROJECT / "examples" / "peacekeeping" / "data"
    for folder, tables in command.derive_both(Path(FOLDER), output, example).items():
        assert differences(tables, folder) == []
    # Another process with another hash seed derives the same bytes.
    run = subprocess.run(
        [sys.executable, "-m", "workflow.lib.derivation", "--check"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
