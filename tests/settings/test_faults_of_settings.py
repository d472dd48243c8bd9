"""Every fault of a configuration is told in one line, before anything runs."""

import time

import pytest

from workflow.lib.errors import UserError
from workflow.lib.settings import load_settings

MEASURING = "quality, contact, clientship, hierarchy, cooperativeness"
OUTCOMES = (
    "pooled, missions, crossed, within, smoothed, plugin, quality_alone, cut, joint, cooperators, persons"
)

FAULTS = [
    pytest.param(
        {"sampler": {"chain": 4}},
        "sampler.chain: unknown key; allowed: chains, tune, draws, target_accept; did you mean chains?",
        id="unknown key",
    ),
    pytest.param(
        {"dat": {}},
        "dat: unknown key; allowed: seed, results, data, models, fit, priors, sampler, gate, report, checks, paper; "
        "did you mean data?",
        id="unknown section",
    ),
    pytest.param(
        {"sampler": {"chains": "four"}},
        'sampler.chains: "four" is not allowed; expected a whole number',
        id="text for a number",
    ),
    pytest.param(
        {"gate": {"r_hat": "1e-2"}},
        'gate.r_hat: "1e-2" is not allowed; expected a number (write it without quotes and with a point, as in 0.01)',
        id="number that YAML reads as text",
    ),
    pytest.param(
        {"seed": 1.5}, "seed: 1.5 is not allowed; expected a whole number", id="fraction for a whole number"
    ),
    pytest.param(
        {"seed": True}, "seed: true is not allowed; expected a whole number", id="truth value for a number"
    ),
    pytest.param(
        {"report": {"interval": 90}},
        "report.interval: 90 is not allowed; expected a number below 1",
        id="interval in per cent",
    ),
    pytest.param(
        {"sampler": {"draws": -5}},
        "sampler.draws: -5 is not allowed; expected a number of 10 or more",
        id="negative draws",
    ),
    pytest.param(
        {"priors": {"ties_slope": {"normal": [0, -1]}}},
        "priors.ties_slope.normal[1]: -1 is not allowed; expected a number above 0",
        id="negative scale",
    ),
    pytest.param(
        {"priors": {"mission_sd": {"half_normal": -1}}},
        "priors.mission_sd.half_normal: -1 is not allowed; expected a number above 0",
        id="negative scale of a folded normal",
    ),
    pytest.param(
        {"priors": {"ties_slope": {"norml": [0, 1]}}},
        "priors.ties_slope.norml: unknown distribution; allowed: normal, half_normal, exponential, beta, gamma, "
        "lognormal, truncated_normal; did you mean normal?",
        id="unknown distribution",
    ),
    pytest.param(
        {"priors": {"ties_slope": {"normal": [0]}}},
        "priors.ties_slope.normal[1]: missing; expected [mean, standard deviation]",
        id="parameter of a prior left out",
    ),
    pytest.param(
        {"priors": {"ties_slope": {"normal": [0, 1], "half_normal": 1}}},
        'priors.ties_slope: {"normal": [0, 1], "half_normal": 1}: exactly one distribution is wanted',
        id="two distributions",
    ),
    pytest.param(
        {"models": {"pooled": {"blocks": ["outcome"]}}},
        "models.pooled.blocks: unknown key; a model says measures: [alignment], or regressors: [ties, quality]",
        id="key of an earlier model",
    ),
    pytest.param(
        {"data": {"quality": ["un_agreement"]}},
        "data.quality: unknown key; columns measure what the codebook says under construct; data.indicators chooses among them",
        id="key of earlier data",
    ),
    pytest.param(
        {"checks": {"held_out_missions": ["pooled"]}},
        "checks.held_out_missions: unknown key; whole conflicts are left out: held_out_conflicts",
        id="key of earlier checks",
    ),
    pytest.param(
        {"models": {"pooled": {"tie_family": "binomial"}}},
        "models.pooled.tie_family: unknown key; allowed: label, description, measures, indicators, free_after, regressors, "
        "inference, information, cut_draws, between, mission_intercepts, mission_slopes, state_effects, controls, moderators, "
        "mission_predictors, label_errors, sampler",
        id="unknown key of a model",
    ),
    pytest.param(
        {"models": {"plugin": {"inference": "cutt"}}},
        'models.plugin.inference: "cutt" is not allowed; allowed: plugin, cut, joint; did you mean cut?',
        id="unknown inference",
    ),
    pytest.param(
        {"models": {"trial": {"measures": ["alignmnt"]}}},
        'models.trial.measures[0]: "alignmnt" is not a construct of data/codebook.csv; allowed: alignment, clientship, '
        "contact, cooperativeness, hierarchy; did you mean alignment?",
        id="construct that no column measures",
    ),
    pytest.param(
        {"models": {"trial": {"measures": ["alignment"], "indicators": ["un_agreemnt", "disputes"]}}},
        'models.trial.indicators[0]: "un_agreemnt" is not a column of data/states.csv; did you mean un_agreement?',
        id="indicator of a model that is not a column",
    ),
    pytest.param(
        {"models": {"trial": {"measures": ["alignment"], "free_after": {"un_agreemnt": 1990}}}},
        'models.trial.free_after: "un_agreemnt" is not a column of data/states.csv; did you mean un_agreement?',
        id="half of an indicator that is not a column",
    ),
    pytest.param(
        {"models": {"trial": {"measures": ["alignment"], "free_after": {"un_agreement": "later"}}}},
        'models.trial.free_after.un_agreement: "later" is not allowed; expected a whole number',
        id="half of an indicator from no year",
    ),
    pytest.param(
        {"models": {"trial": {"measures": ["alignment"], "state_effects": True}}},
        "models.trial.state_effects: a model that measures has no outcome; remove this key, or measures",
        id="key of an outcome in a measurement",
    ),
    pytest.param(
        {"models": {"trial": {"indicators": ["un_agreement"]}}},
        "models.trial.indicators: this key belongs to a model with measures",
        id="key of a measurement in an outcome",
    ),
    pytest.param(
        {"models": {"pooled": {"inference": "cut"}}},
        "models.pooled.inference: cut is about latent regressors, and this model has none; add one to regressors",
        id="inference about a latent that is not there",
    ),
    pytest.param(
        {"models": {"plugin": {"between": ["tie"]}}},
        'models.plugin.between[0]: "tie" is no regressor of this model; allowed: ties, quality; did you mean ties?',
        id="split of what is no regressor",
    ),
    pytest.param(
        {"models": {"joint": {"between": ["quality"]}}},
        "models.joint.between: the latent regressor of a joint model cannot be split; use plugin or cut",
        id="split of a joint latent",
    ),
    pytest.param(
        {"models": {"pooled": {"mission_predictors": {"ties": ["un_mandate"]}}}},
        "models.pooled.mission_predictors.ties: its slope does not differ by mission here; add it to mission_slopes",
        id="predictor of a slope that does not differ",
    ),
    pytest.param(
        {"models": {"within": {"moderators": [{"of": "quality", "by": "capability"}]}}},
        'models.within.moderators[0].of: "quality" is no term of this model; allowed: ties_within, ties_between, '
        "quality_within, quality_between; did you mean quality_within?",
        id="moderator of a term that was split",
    ),
    pytest.param(
        {"models": {"pooled": {"regressors": ["ties", "ties"]}}},
        'models.pooled.regressors: ["ties", "ties"]: "ties" is given twice; remove one of the two',
        id="regressor given twice",
    ),
    pytest.param(
        {"models": {"ties": {"measures": ["alignment"]}}},
        "models.ties: ties is a regressor of every configuration; give the model another name",
        id="name of the ties",
    ),
    pytest.param(
        {"priors": {"error_sd": {"truncated_normal": [0.8, 0.3, -1]}}},
        "priors.error_sd.truncated_normal[2]: -1 is not allowed; expected a number of 0 or more",
        id="spread that may be negative",
    ),
    pytest.param(
        {"report": {"main_model": "quality"}},
        f'report.main_model: "quality" is not a model with an outcome that is defined; allowed: {OUTCOMES}; did you mean '
        "quality_alone?",
        id="main model without an outcome",
    ),
    pytest.param(
        {"checks": {"held_out_conflicts": ["quality"]}},
        'checks.held_out_conflicts[0]: "quality" is not a model with an outcome that is defined; allowed: '
        f"{OUTCOMES}; did you mean quality_alone?",
        id="measurement scored on decisions",
    ),
    pytest.param(
        {"checks": {"validity": "halt"}},
        'checks.validity: "halt" is not allowed; allowed: warn, stop',
        id="unknown answer to a measure that is not valid",
    ),
    pytest.param(
        {"data": {"ties_measure": "beyond_exposur"}},
        'data.ties_measure: "beyond_exposur" is no measure of ties; allowed: count, beyond_exposure, or a column of '
        "data/states.csv; did you mean beyond_exposure?",
        id="unknown measure of ties",
    ),
    pytest.param(
        {"models": {"pooled": {"controls": "yes"}}},
        'models.pooled.controls: "yes" is not allowed; expected true or false or a list of texts',
        id="wrong type where two are allowed",
    ),
    pytest.param(
        {"fit": ["jont"]},
        f'fit[0]: "jont" is not a model that is defined; allowed: {MEASURING}, {OUTCOMES}; did you mean joint?',
        id="model that is not defined",
    ),
    pytest.param(
        {"models": {"plugin": {"regressors": ["ties", "qualty"]}}},
        'models.plugin.regressors: "qualty" is not a model that measures that is defined; allowed: '
        f"ties, {MEASURING}; did you mean quality?",
        id="regressor that no model measures",
    ),
    pytest.param(
        {"models": {"plugin": {"regressors": ["ties", "joint"]}}},
        f'models.plugin.regressors[1]: "joint" has the outcome, so it measures nothing; allowed: ties, {MEASURING}',
        id="regressor that is a model with the outcome",
    ),
    pytest.param(
        {"models": {"data": {"regressors": ["ties"]}}},
        "models.data: this name is taken by a folder of results; not allowed: calibration, checks, comparison, data, "
        "figures, multiverse, paper, quick, report, tables",
        id="name of a folder",
    ),
    pytest.param(
        {"models": {"Joint 2": {"regressors": ["ties"]}}},
        "models.Joint 2: not a name; small letters, digits and _ are allowed, starting with a letter",
        id="name with a space",
    ),
    pytest.param(
        {"checks": {"future_from": 1950}},
        "checks.future_from: the missions in use start between 1950 and 2014, so 1950 leaves none to fit or none to predict; "
        "give a year after 1950 and not after 2014, or null",
        id="no mission before the future",
    ),
    pytest.param(
        {"data": {"controls": ["democracyy"]}},
        'data.controls[0]: "democracyy" is not a column of data/states.csv; did you mean democracy?',
        id="misspelt column",
    ),
    pytest.param(
        {"models": {"pooled": {"moderators": [{"of": "ties", "by": "capabilty"}]}}},
        'models.pooled.moderators[0].by: "capabilty" is not a column of data/states.csv; did you mean capability?',
        id="moderator that is not a column",
    ),
    pytest.param(
        {"models": {"crossed": {"mission_predictors": {"ties": ["un_mandat"]}}}},
        'models.crossed.mission_predictors.ties[0]: "un_mandat" is not a mission covariate of data.mission_covariates; '
        "allowed: un_mandate, short_horizon; did you mean un_mandate?",
        id="mission covariate that is not there",
    ),
    pytest.param(
        {"data": {"states": "data/state.csv"}},
        'data.states: "data/state.csv" is not a file; give the path of a CSV table',
        id="table that is not there",
    ),
    pytest.param(
        {"sampler": {"draws": "500"}},
        'sampler.draws: "500" is not allowed; expected a whole number (write it without quotes, as in 500)',
        id="whole number in quotes",
    ),
    pytest.param(
        {"sampler": {"tune": 1e3}},
        "sampler.tune: 1000.0 is not allowed; expected a whole number (write it as 1000)",
        id="whole number with a point",
    ),
    pytest.param(
        {"gate": {"r_hat": float("inf")}},
        "gate.r_hat: Infinity is not allowed; expected a number of 1.2 or less",
        id="gate that lets everything through",
    ),
    pytest.param(
        {"gate": {"ess_bulk": 1e-9}},
        "gate.ess_bulk: 1e-09 is not allowed; expected a number of 10 or more",
        id="gate without effective draws",
    ),
    pytest.param(
        {"priors": {"sensitivity": {"normal": [5, 1]}}},
        "priors.sensitivity: normal lies on the whole line, but sensitivity on the numbers between 0 and 1; allowed: beta",
        id="prior of a probability beyond it",
    ),
    pytest.param(
        {"priors": {"ties_slope": {"beta": [2, 2]}}},
        "priors.ties_slope: beta lies on the numbers between 0 and 1, but ties_slope on the whole line; allowed: normal",
        id="prior of a slope on a part of its values",
    ),
    pytest.param(
        {"priors": {"mission_sd": {"normal": [0, 1]}}},
        "priors.mission_sd: normal lies on the whole line, but mission_sd on the positive numbers; allowed: half_normal, "
        "exponential, gamma, lognormal, truncated_normal",
        id="prior of a spread below zero",
    ),
    pytest.param(
        {"priors": {"ties_slope": {"normal": [0, 1e-300]}}},
        "priors.ties_slope.normal[1]: 1e-300: expected a number from 1e-06 to 1e+06",
        id="prior without a spread",
    ),
    pytest.param(
        {"checks": {"prior_scales": [2.0, 2]}},
        "checks.prior_scales: [2.0, 2]: 2.0 is given twice; remove one of the two",
        id="entry given twice",
    ),
    pytest.param(
        {"models": {"nan": {"regressors": ["ties"]}}},
        "models.nan: this name is read as missing, or as true or false, by programs; not allowed: null, nan, na, none, nil, "
        "inf, true, false, yes, no, on, off",
        id="name that is read as missing",
    ),
    pytest.param(
        {"data": {"states": "my/{v2}/states.csv"}},
        'data.states: "my/{v2}/states.csv" has what a rule reads as a pattern ({ } < > ~, space at an end); rename the file',
        id="path that is a pattern",
    ),
    pytest.param(
        {"data": {"mission_covariates": ["label"]}},
        'data.mission_covariates[0]: "label" holds texts, such as "Korea 1950, UN Command"; name columns of numbers',
        id="texts where numbers are wanted",
    ),
    pytest.param(
        {"data": {"indicators": ["state_name"]}},
        'data.indicators[0]: "state_name" is no column of numbers by data/codebook.csv; take it off the list',
        id="indicator that is a text",
    ),
    pytest.param(
        {"data": {"indicators": ["un_agreement", "capability"]}},
        'data.indicators: "capability" is in data.controls too; a column plays one part: take it off one list',
        id="control that is an indicator",
    ),
    pytest.param(
        {"data": {"controls": ["igo_joint"]}},
        'data.controls: "igo_joint" is in data.tie_counts too; a column plays one part: take it off one list',
        id="count of ties that is a control",
    ),
    pytest.param(
        {"data": {"pivotal": 998}},
        "data.pivotal: 998 builds no coalition in data/missions.csv; the table has 2, 20, 200, 220, 325, 365, 475, 552, "
        "560, 652, 670, 900",
        id="pivotal state without a mission",
    ),
    pytest.param(
        {"data": {"last_start_year": 1950}, "checks": {"future_from": None}},
        "data: the settings leave 1 of 79 missions of data/missions.csv; at least 2 are wanted: look at pivotal, "
        "outcome_kind, last_start_year, minimum_evidence, exclude_missions",
        id="one mission left",
    ),
    pytest.param(
        {"data": {"measurement_panel": {"first": 1816, "last": 1850}}},
        "data.measurement_panel: data/states.csv has the years 1948 to 2022; give years of which at least two are among "
        "them",
        id="years outside the table",
    ),
    pytest.param(
        {"data": {"measurement_panel": {"first": 2000, "last": 1990}}},
        'data.measurement_panel: {"first": 2000, "last": 1990}: last (1990) does not come after first (2000)',
        id="years out of order",
    ),
]


@pytest.mark.parametrize(("override", "line"), FAULTS)
def test_fault_is_one_line(override, line):
    with pytest.raises(UserError) as error:
        load_settings("config.yaml", override)
    assert str(error.value) == f"command line: {line}"


def test_misspelt_prior_is_told_with_the_nearest_name():
    with pytest.raises(UserError) as error:
        load_settings("config.yaml", {"priors": {"tie_slope": {"normal": [0, 1]}}})
    line = str(error.value)
    assert line.startswith("command line: priors.tie_slope: no parameter has this name; allowed: ")
    assert line.endswith("did you mean ties_slope?") and "\n" not in line


def test_of_a_regressor_that_is_not_there_its_slopes_are_not_told_too():
    with pytest.raises(UserError) as error:
        load_settings("config.yaml", {"models": {"plugin": {"regressors": ["ties", "qualty"]}}})
    assert "mission_slopes" not in str(error.value)
    assert "\n" not in str(error.value)


def test_of_thousands_of_faults_the_first_are_told_within_two_seconds(tmp_path):
    overlay = tmp_path / "overlay.yaml"
    names = ", ".join(f"m{number}" for number in range(9_000))
    overlay.write_text(f"data: {{exclude_missions: [{names}]}}\n", encoding="utf-8")
    begun = time.monotonic()
    with pytest.raises(UserError) as error:
        load_settings("config.yaml", [overlay])
    assert time.monotonic() - begun < 2
    assert str(error.value).endswith("and 8981 more that are not known")


def test_several_faults_are_told_at_once():
    with pytest.raises(UserError) as error:
        load_settings("config.yaml", {"seed": "x", "sampler": {"chain": 4, "tune": 0}})
    assert len(str(error.value).splitlines()) == 3
