"""The analysis dataset: hand-computed values on small tables."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.data.small_tables import CODEBOOK, DISTANCES, MISSIONS, PARTICIPATION, STATES, write_tables
from workflow.lib.errors import UserError
from workflow.lib.tables import load_tables, prepare

PROJECT = Path(__file__).resolve().parents[2]
SETTINGS = {
    "minimum_evidence": "weak",
    "ties_measure": "count",
    "measurement_panel": {"first": 1989, "last": 1993},
    "eligible": {"exclude_host": False},
}
MEASURES = {
    "construct": {
        "un_agreement": "alignment",
        "sanctions": "alignment",
        "aid": "clientship",
        "visits": "contact",
    },
    "anchor": {"un_agreement": "1", "visits": "1"},
    "adjust_for": {"aid": "log_population"},
    "label": {"un_agreement": "agreement in votes", "igo_joint": "shared organisations"},
}


def with_constructs(text: str = CODEBOOK) -> str:
    """The small codebook with constructs, anchors, adjustments and labels."""
    header, *rows = text.strip().split("\n")
    rows = [",".join([row, *(MEASURES[f].get(row.split(",")[0], "") for f in MEASURES)]) for row in rows]
    return "\n".join([",".join([header, *MEASURES]), *rows, ""])


@pytest.fixture
def small(tmp_path):
    return load_tables(write_tables(tmp_path, codebook=with_constructs()), tmp_path)


def changed(folder, **changes):
    return load_tables(write_tables(folder, **changes), folder)


def refusal(tables, **settings):
    with pytest.raises(UserError) as caught:
        prepare(tables, {**SETTINGS, **settings})
    return str(caught.value)


def test_joined_and_eligible(small):
    data = prepare(small, SETTINGS)
    assert data.mission.values.tolist() == ["gulf_1990", "haiti_1994"]
    assert data.state.values.tolist() == [31, 40, 41, 200, 220, 645, 690]
    expected = [[0, 0, 0, 1, 1, np.nan, 0], [1, 0, np.nan, 0, 0, 0, 0]]
    np.testing.assert_array_equal(data.joined.values, expected)


def test_certainty_of_labels(small):
    data = prepare(small, SETTINGS)
    assert data.certainty.sel(mission="gulf_1990").values.tolist()[:5] == [1, 1, 1, 1, 0.75]
    assert float(data.certainty.sel(mission="haiti_1994", state=31)) == 0.5


@pytest.mark.parametrize(("grade", "joiners"), [("uncertain", 3), ("probable", 2), ("verified", 1)])
def test_strict_and_broad_lists(small, grade, joiners):
    data = prepare(small, {**SETTINGS, "joined_certainty": grade})
    assert float(data.joined.sum()) == joiners
    assert int(data.joined.notnull().sum()) == 12


def standardised(values):
    centred = values - np.nanmean(values, axis=1, keepdims=True)
    return centred / np.nanstd(centred)


def test_ties_are_centred_by_mission_and_scaled_once(small):
    data = prepare(small, SETTINGS)
    total = np.array([[20, 15, 18, 60, 58, np.nan, 24], [22, 16, np.nan, 61, 59, 25, 24]])
    np.testing.assert_array_equal(data.tie_total.values, total)
    np.testing.assert_allclose(data.ties.values, standardised(np.log1p(total)))
    assert data.tie_measure.values.tolist() == ["count", "beyond_exposure", "igo_joint"]
    assert data.tie_label.values.tolist() == [
        "number of ties",
        "ties beyond exposure",
        "shared organisations",
    ]
    np.testing.assert_array_equal(data.tie_measure_value.sel(tie_measure="count"), data.ties)


def test_ties_beyond_exposure_need_more_rows_than_a_small_mission_has(small):
    assert refusal(small, ties_measure="beyond_exposure") == (
        "data.ties_measure: beyond_exposure does not vary between the states of any mission"
    )


def test_covariates_are_standardised_over_scored_rows(small):
    data = prepare(small, SETTINGS)
    value = data.covariate_value.sel(covariate="log_population")
    assert float(value.mean()) == pytest.approx(0, abs=1e-12)
    assert float(value.std()) == pytest.approx(1)
    contiguous = data.covariate_value.sel(covariate="contiguous_to_target")
    assert float(contiguous.mean()) == pytest.approx(0, abs=1e-12)
    assert float(contiguous.max() - contiguous.min()) == pytest.approx(1)
    roles = dict(zip(data.covariate.values, data.covariate_role.values, strict=True))
    assert roles["log_population"] == "control"
    assert roles["log_distance"] == "control"
    assert roles["igo_own"] == "tie_exposure"
    assert "aid_change" not in roles
    assert float(data.payment_value.sel(payment="aid_change", mission="gulf_1990", state=31)) == 0.1


def test_a_missing_control_drops_the_row_and_is_counted(tmp_path):
    tables = changed(tmp_path, states=STATES.replace("-1.0,0,5,0,10.9,0", "-1.0,0,5,0,,0"))
    data = prepare(tables, {**SETTINGS, "controls": ["log_population"]})
    assert np.isnan(data.joined.sel(mission="gulf_1990", state=220))
    dropped = json.loads(data.attrs["dropped"])
    assert dropped["rows_missing"] == {"log_population": 1}
    assert dropped["joiners_lost"] == [
        {"mission": "gulf_1990", "name": "France", "state": 220, "missing": ["log_population"]}
    ]
    assert (dropped["eligible"], dropped["scored"], dropped["dropped"]) == (12, 11, 1)


def test_a_missing_distance_drops_the_row(tmp_path):
    tables = changed(tmp_path, distances=DISTANCES.replace("haiti_1994,31,100\n", ""))
    dropped = json.loads(prepare(tables, SETTINGS).attrs["dropped"])
    assert dropped["rows_missing"] == {"log_distance": 1}
    assert [row["state"] for row in dropped["joiners_lost"]] == [31]


def test_a_mission_without_scored_rows_is_left_out_and_named(tmp_path):
    lines = [line for line in DISTANCES.split("\n") if not line.startswith("haiti_1994")]
    data = prepare(changed(tmp_path, distances="\n".join(lines)), SETTINGS)
    assert data.mission.values.tolist() == ["gulf_1990"]
    assert json.loads(data.attrs["dropped"])["missions_without_rows"] == ["haiti_1994"]
    assert bool(data.ties.notnull().any("state").all())


def test_indicators_are_the_columns_that_measure_a_construct(small):
    data = prepare(small, SETTINGS)
    assert data.year.values.tolist() == [1989, 1990, 1991, 1992, 1993]
    assert data.indicator.values.tolist() == ["un_agreement", "aid", "visits", "sanctions"]
    assert data.construct.values.tolist() == ["alignment", "clientship", "contact", "alignment"]
    assert data.anchor.values.tolist() == [True, False, True, False]
    assert data.direction.sel(indicator="sanctions") == -1
    assert data.indicator_label.values.tolist() == ["agreement in votes", "aid", "visits", "sanctions"]
    chosen = prepare(small, {**SETTINGS, "indicators": ["un_agreement", "visits"]})
    assert chosen.indicator.values.tolist() == ["un_agreement", "visits"]


def test_indicators_are_transformed_and_missing_where_the_table_has_nothing(small):
    data = prepare(small, SETTINGS)
    value = data.indicator_value
    assert float(value.sel(indicator="aid", state=41, year=1989)) == pytest.approx(np.log1p(12.5))
    assert float(value.sel(indicator="un_agreement", state=40, year=1993)) == -4.1
    # unobserved is not zero, and a year without a row is neither
    assert np.isnan(value.sel(indicator="aid", state=31, year=1993))
    assert value.sel(year=1991).isnull().all()
    assert data.present.sel(year=1989).all()
    assert not data.present.sel(year=1991).any()


def test_an_indicator_is_adjusted_for_what_the_codebook_says(small):
    data = prepare(small, SETTINGS)
    assert data.adjuster.values.tolist() == ["log_population"]
    assert data.adjusts.sel(adjuster="log_population").values.tolist() == [False, True, False, False]
    value = data.adjuster_value.sel(adjuster="log_population")
    assert float(value.mean()) == pytest.approx(0, abs=1e-12)
    assert float(value.std()) == pytest.approx(1)
    raw = {31: 5.5, 200: 10.9}
    difference = float(value.sel(state=200, year=1989) - value.sel(state=31, year=1989))
    spread = np.std([5.5, 5.6, 9.2, 9.3, 8.7, 8.8, 10.9, 11, 10.9, 11, 9.7, 9.8, 7.5, 7.3])
    assert difference == pytest.approx((raw[200] - raw[31]) / spread)


def test_eligible_settings(small):
    data = prepare(small, {**SETTINGS, "eligible": {"exclude_host": True}})
    assert np.isnan(data.joined.sel(mission="gulf_1990", state=690))
    data = prepare(
        small,
        {
            **SETTINGS,
            "eligible": {"exclude_targets": False, "exclude_host": False},
            "controls": ["log_population"],
        },
    )
    assert data.joined.sel(mission="gulf_1990", state=645) == 0
    data = prepare(
        small, {**SETTINGS, "eligible": {"minimum_population_thousands": 1000, "exclude_host": False}}
    )
    assert np.isnan(data.joined.sel(mission="haiti_1994", state=31))


EXCLUDED = (
    "mission,state,reason\ngulf_1990,40,on the other side\ngulf_1990,690,host\ngulf_1990,,not a state\n"
)


def test_a_state_that_could_not_have_joined_is_not_scored_and_a_host_follows_the_setting(tmp_path):
    tables = changed(tmp_path, excluded=EXCLUDED)
    gulf = prepare(tables, SETTINGS).joined.sel(mission="gulf_1990")
    assert np.isnan(gulf.sel(state=40))
    assert gulf.sel(state=690) == 0
    assert prepare(tables, SETTINGS).joined.sel(mission="haiti_1994", state=40) == 0


def late(text: str) -> str:
    """The small table of participants with bounds of entry: France after 30 to 40 months, others at once or unknown."""
    header, *rows = text.strip().split("\n")
    months = [",30,40" if ",220," in row else ",0," for row in rows]
    lines = [row + more for row, more in zip(rows, months, strict=True)]
    return "\n".join([f"{header},months_earliest,months_latest", *lines, ""])


@pytest.mark.parametrize(("within", "label"), [(24, 0), (30, 1), (None, 1)])
def test_a_state_that_cannot_have_come_in_time_did_not_join_and_is_named(tmp_path, within, label):
    tables = changed(tmp_path, participation=late(PARTICIPATION))
    data = prepare(tables, {**SETTINGS, "joined_within_months": within})
    assert data.joined.sel(mission="gulf_1990", state=220) == label
    named = json.loads(data.attrs["dropped"])["late_joiners"]
    assert named == ([] if label else [{"mission": "gulf_1990", "state": 220}])


def test_other_roles_count_by_setting(small):
    assert prepare(small, SETTINGS).joined.sel(mission="gulf_1990", state=40) == 0
    data = prepare(small, {**SETTINGS, "also_counted": ["political"]})
    assert data.joined.sel(mission="gulf_1990", state=40) == 1


def test_a_refusal_is_a_certain_label_however_it_is_known(tmp_path):
    text = PARTICIPATION.replace("Cuba,political,0,,verified", "Cuba,declined,0,,uncertain")
    data = prepare(changed(tmp_path, participation=text), SETTINGS)
    assert data.certainty.sel(mission="gulf_1990", state=40) == 1


def with_column(text: str, name: str, values: list[str]) -> str:
    header, *rows = text.strip().split("\n")
    return "\n".join([f"{header},{name}", *[f"{row},{v}" for row, v in zip(rows, values, strict=True)], ""])


def test_a_mission_of_which_the_builder_is_a_judgement_is_out_by_default(tmp_path):
    tables = changed(tmp_path, missions=with_column(MISSIONS, "pivotal_certainty", ["verified", "uncertain"]))
    assert prepare(tables, SETTINGS).mission.values.tolist() == ["gulf_1990"]
    data = prepare(tables, {**SETTINGS, "pivotal_certainty": "uncertain"})
    assert data.mission.values.tolist() == ["gulf_1990", "haiti_1994"]


def test_weak_missions_are_out_by_default(small):
    settings = {name: value for name, value in SETTINGS.items() if name != "minimum_evidence"}
    assert prepare(small, settings).mission.values.tolist() == ["gulf_1990"]


def test_conflicts_are_those_of_the_table_and_otherwise_the_missions_own(tmp_path, small):
    assert prepare(small, SETTINGS).conflict.values.tolist() == ["gulf_1990", "haiti_1994"]
    tables = changed(tmp_path, missions=with_column(MISSIONS, "conflict", ["gulf", ""]))
    data = prepare(tables, SETTINGS)
    assert data.conflict.dims == ("mission",)
    assert data.conflict.values.tolist() == ["gulf", "haiti_1994"]


def test_missions_led_by_others_scored_with_the_pivotal_states_ties(tmp_path):
    missions = (
        "mission,label,start_year,pivotal,targets\ngulf_1990,Gulf,1990,220,645\nhaiti_1994,Haiti,1994,2,41\n"
    )
    french = STATES + "220,31,1989,9,30,0,0,0,0,5.5,\n220,40,1989,12,40,0,0,0,0,9.2,\n"
    participation = PARTICIPATION.replace("gulf_1990,220,France,combat", "gulf_1990,690,Kuwait,combat")
    tables = changed(tmp_path, missions=missions, states=french, participation=participation)
    settings = {**SETTINGS, "ties_with": 2, "missions_led_by_others": True, "mission_covariates": []}
    data = prepare(tables, settings)
    assert data.mission.values.tolist() == ["gulf_1990"]
    assert np.isnan(data.joined.sel(mission="gulf_1990", state=220))
    assert data.tie_total.sel(mission="gulf_1990", state=31) == 20
    assert data.attrs["source_of_ties"] == 2
    own = prepare(tables, {**settings, "ties_with": None, "missions_led_by_others": False, "pivotal": 220})
    assert own.tie_total.sel(mission="gulf_1990", state=31) == 9


REFUSALS = {
    "unknown key": ({"tie_count": []}, "data.tie_count: unknown key; did you mean tie_counts?"),
    "unknown column": (
        {"controls": ["log_populaton"]},
        "data.controls: column log_populaton is not in states.csv; did you mean log_population?",
    ),
    "payment as predictor": (
        {"controls": ["aid_change"]},
        "data.controls: aid_change is a payment, observed after joining; it cannot be a predictor",
    ),
    "no mission left": (
        {"pivotal": 900},
        "data: no mission of missions.csv fits the settings (pivotal 900, outcome_kind deployment, last_start_year 2014, "
        "minimum_evidence weak, pivotal_certainty probable); the table has missions of pivotal states 2",
    ),
    "unknown mission": (
        {"exclude_missions": ["gulf_1991"]},
        "data.exclude_missions: no mission gulf_1991 in missions.csv; did you mean gulf_1990?",
    ),
    "unknown role": (
        {"also_counted": ["poltical"]},
        "data.also_counted: no record has the role poltical; did you mean political?",
    ),
    "unknown mission covariate": (
        {"mission_covariates": ["un_mandat"]},
        "data.mission_covariates: column un_mandat is not in missions.csv; did you mean un_mandate?",
    ),
    "a count without exposure": (
        {"tie_counts": ["visits"]},
        "data.tie_counts: visits has no exposure; name it under pairs_with in codebook.csv",
    ),
    "unknown indicator": (
        {"indicators": ["visitss"]},
        "data.indicators: column visitss is not in states.csv; did you mean visits?",
    ),
    "payment as indicator": (
        {"indicators": ["un_agreement", "aid_change"]},
        "data.indicators: aid_change is a payment, observed after joining; it cannot be a predictor",
    ),
    "unknown measure of ties": (
        {"ties_measure": "igo_join"},
        "data.ties_measure: 'igo_join' is not one of count, beyond_exposure, igo_joint; did you mean igo_joint?",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_settings_that_do_not_fit_are_refused(case, small):
    settings, message = REFUSALS[case]
    assert refusal(small, **settings) == message


def test_distance_without_table(tmp_path):
    tables = changed(tmp_path, distances=None)
    assert refusal(tables, controls=["log_distance"]) == (
        "data.controls: log_distance needs a table of distances; give its path in data.distances"
    )
    assert "log_distance" not in prepare(tables, SETTINGS).covariate.values


def test_no_row_left(tmp_path):
    header, *rows = STATES.rstrip("\n").split("\n")
    empty = [",".join([*row.split(",")[:9], "", row.split(",")[10]]) for row in rows]
    tables = changed(tmp_path, states="\n".join([header, *empty]) + "\n")
    assert refusal(tables) == (
        "data: no row is left to score: of 12 eligible rows 12 miss log_population; choose other tie_counts or controls"
    )


def test_a_codebook_without_constructs_measures_nothing(tmp_path):
    data = prepare(changed(tmp_path), SETTINGS)
    assert data.sizes["indicator"] == data.sizes["adjuster"] == 0
    assert data.sizes["year"] == 5
