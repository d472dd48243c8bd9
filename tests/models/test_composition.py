"""Compositions that cannot be estimated get one plain line each, before anything is built."""

import numpy as np
import pytest

from models.build import model_parameters, used_blocks
from models.composition import Composition, Moderator, Term, check
from tests.models.example import ALIGNMENT, COMPOSITIONS, example_data

DATA = example_data()
COVARIATES = "capability, democracy, log_population"
LATENT = {"regressors": ("ties", "quality")}

BAD_TERMS = {
    "unknown inference": (
        {"inference": "ploughin"},
        "inference: 'ploughin' is not one of cut, joint, plugin; did you mean 'plugin'?",
    ),
    "unknown information": (
        {"information": "filterd"},
        "information: 'filterd' is not one of filtered, smoothed; did you mean 'filtered'?",
    ),
    "mission slope of what is no regressor": (
        {**LATENT, "mission_slopes": ("qualty",)},
        "mission_slopes: 'qualty' is not one of quality, ties; did you mean 'quality'?",
    ),
    "split of what is no regressor": ({"between": ("quality",)}, "between: 'quality' is not one of ties"),
    "mission slope without regressors": (
        {"regressors": (), "mission_slopes": ("ties",)},
        "mission_slopes: 'ties' is not one of (no regressors)",
    ),
    "joint without a latent": (
        {"inference": "joint"},
        "inference: 'joint' needs a latent regressor; add a measurement model to regressors",
    ),
    "joint that splits its latent": (
        {**LATENT, "inference": "joint", "between": ("quality",)},
        "between: a latent regressor of a joint model cannot be split; use plugin or cut",
    ),
    "control that is not a column": (
        {"controls": ("democrcy",)},
        f"controls: 'democrcy' is not one of {COVARIATES}; did you mean 'democracy'?",
    ),
    "moderator that is not a column": (
        {"moderators": (Moderator("ties", "wealth"),)},
        f"moderators.by: 'wealth' is not one of {COVARIATES}",
    ),
    "moderator of what is no term": (
        {"between": ("ties",), "moderators": (Moderator("ties", "democracy"),)},
        "moderators.of: 'ties' is not one of ties_between, ties_within",
    ),
    "mission predictor that is not a column": (
        {"mission_predictors": {"intercept": ("un_mandat",)}},
        "mission_predictors.intercept: 'un_mandat' is not one of short_horizon, un_mandate; did you mean 'un_mandate'?",
    ),
    "mission predictor of a slope that does not vary": (
        {"mission_predictors": {"ties": ("un_mandate",)}},
        "mission_predictors: 'ties' does not vary by mission here; add it to mission_slopes",
    ),
    "unknown construct": (
        {"measures": ("alignmnt",)},
        "measures: 'alignmnt' is not one of alignment, contact; did you mean 'alignment'?",
    ),
    "unknown indicator": (
        {"measures": ("alignment",), "indicators": ("aid", "disputs")},
        "indicators: 'disputs' is not one of aid, ambassador, disputes, trade_share, un_agreement, visits; "
        "did you mean 'disputes'?",
    ),
    "half of what is no indicator of the model": (
        {"measures": ("alignment",), "free_after": {"visits": 1975}},
        "free_after: 'visits' is not one of aid, disputes, trade_share, un_agreement",
    ),
    "half without a year": (
        {"measures": ("alignment",), "free_after": {"disputes": 1970}},
        "free_after.disputes: 1970 is not one of 1971 to 1981, years after its first",
    ),
    "one indicator": (
        {"measures": ("contact",), "indicators": ("visits",)},
        "measures: contact has 1 indicators in these data, at least 2 are needed; "
        "name the construct of further columns in the codebook",
    ),
}


@pytest.mark.parametrize("case", BAD_TERMS)
def test_bad_terms_get_one_plain_line(case):
    terms, expected = BAD_TERMS[case]
    assert check(Composition("trial", **terms), DATA) == [f"models.trial.{expected}"]


@pytest.mark.parametrize(("value", "fault"), [(np.nan, "is never observed"), (1.5, "does not vary")])
def test_an_indicator_that_tells_nothing_gets_one_plain_line(value, fault):
    values = DATA.indicator_value.copy(deep=True)
    values.loc[{"indicator": "disputes"}] = value
    assert check(ALIGNMENT, DATA.assign(indicator_value=values)) == [
        f"models.quality.measures: the indicator 'disputes' {fault}; take its construct out of the codebook"
    ]


def test_missions_beyond_the_measured_years_are_refused_where_a_latent_is_wanted():
    late = DATA.assign(start_year=DATA.start_year + 2)
    line = (
        "models.plugin.regressors: quality is measured before missions of 1971 to 1982 only, and 1 missions start at other "
        "times, the first of them mission_4; widen data.measurement_panel, or leave these missions out (data.last_start_year)"
    )
    assert check(COMPOSITIONS["plugin"], late) == [line]
    assert check(COMPOSITIONS["crossed"], late) == []


def test_several_faults_are_reported_at_once_one_line_each():
    faults = check(
        Composition("trial", controls=("x",), mission_slopes=("quality",), inference="joint"), DATA
    )
    assert len(faults) == 3
    assert all("\n" not in fault and fault.startswith("models.trial.") for fault in faults)


@pytest.mark.parametrize("composition", [*COMPOSITIONS.values(), ALIGNMENT], ids=lambda c: c.name)
def test_good_compositions_have_no_fault(composition):
    assert check(composition, DATA) == []


def test_a_composition_from_the_configuration_is_the_one_written_in_python():
    plain = {
        "regressors": ["ties", "quality"],
        "moderators": [{"of": "quality", "by": "capability"}],
        "mission_predictors": {"ties": ["short_horizon"], "intercept": []},
        "mission_slopes": ["ties"],
    }
    expected = Composition(
        "trial",
        regressors=("ties", "quality"),
        moderators=(Moderator("quality", "capability"),),
        mission_predictors={"ties": ("short_horizon",)},
        mission_slopes=("ties",),
    )
    assert Composition.from_mapping("trial", plain) == expected


def test_an_unknown_term_is_refused_with_what_is_known():
    with pytest.raises(
        ValueError, match=r"^models\.trial\.blocks: unknown term; known are between, controls, cut_draws, "
    ):
        Composition.from_mapping("trial", {"blocks": ["outcome"]})


def test_controls_are_those_of_the_codebook_unless_named():
    assert Composition("trial").control_names(DATA) == ["log_population", "democracy"]
    named = Composition("trial", controls=("capability", "log_population"))
    assert named.control_names(DATA) == ["log_population", "capability"]


def test_a_model_that_measures_has_no_outcome_and_no_terms():
    assert not ALIGNMENT.has_outcome
    assert ALIGNMENT.terms() == []
    assert ALIGNMENT.latents == ()
    assert COMPOSITIONS["joint"].latents == ("quality",)


def test_a_split_regressor_has_two_terms_and_only_deviations_have_slopes_by_mission():
    composition = COMPOSITIONS["within"]
    assert composition.terms() == [
        Term("ties_within", "ties", "within"),
        Term("ties_between", "ties", "between"),
        Term("quality_within", "quality", "within"),
        Term("quality_between", "quality", "between"),
    ]
    assert [composition.varies_by_mission(term) for term in composition.terms()] == [True, False, True, False]


def test_parameters_of_a_model_are_named_once_with_their_prior():
    parameters = {p.name: p for p in model_parameters(COMPOSITIONS["every_term"])}
    assert list(parameters) == [
        *("intercept", "intercept_predictor_slope", "mission_sd", "mission_intercept"),
        *("ties_slope", "ties_slope_predictor_slope", "ties_slope_sd", "mission_ties_slope", "quality_slope"),
        *(
            "contact_within_slope",
            "contact_within_slope_sd",
            "mission_contact_within_slope",
            "contact_between_slope",
        ),
        *("moderator_slope", "control_slope", "state_sd", "state_effect"),
    ]
    assert parameters["quality_slope"].label == "slope of quality"
    assert parameters["mission_intercept"].prior is None


def test_only_what_a_model_uses_is_built():
    names = [type(block).__name__ for block in used_blocks(COMPOSITIONS["without_regressors"])]
    assert names == ["Missions", "Labels"]


def test_a_model_less_a_regressor_loses_all_that_is_about_it_and_no_more():
    full = Composition(
        "full",
        regressors=("ties", "quality"),
        inference="cut",
        cut_draws=8,
        between=("ties",),
        mission_slopes=("ties", "quality"),
        state_effects=True,
        moderators=(Moderator("ties_within", "capability"), Moderator("quality", "democracy")),
        mission_predictors={"intercept": ("un_mandate",), "ties": ("un_mandate",)},
    )
    assert full.without("ties") == Composition(
        "full",
        regressors=("quality",),
        inference="cut",
        cut_draws=8,
        mission_slopes=("quality",),
        state_effects=True,
        moderators=(Moderator("quality", "democracy"),),
        mission_predictors={"intercept": ("un_mandate",)},
    )
    assert full.without("quality") == Composition(
        "full",
        between=("ties",),
        mission_slopes=("ties",),
        state_effects=True,
        moderators=(Moderator("ties_within", "capability"),),
        mission_predictors={"intercept": ("un_mandate",), "ties": ("un_mandate",)},
    )
