"""What a run says of the objections, in worlds whose truth is known and in runs that lack a part."""

import numpy as np
import pandas as pd
import pytest

from tests.checking.worlds import MODELS, World, effect
from workflow.lib.checking.objections import NOT_UPHELD, OPEN, UPHELD
from workflow.lib.checking.table import check_row, check_table
from workflow.lib.checking.verdicts import write_verdicts

PASSED = {"verdict": "passed", "sentence": "The measure is valid."}


def verdicts_of(world, models=MODELS, validity=PASSED, main="plugin"):
    return write_verdicts(world.effects(), world.checks(), main, models, validity)


def verdict(found, key):
    return next(one for one in found["objections"] if one["id"] == key)


def made_up(rows, checks=None, models=None, validity=PASSED, main="plugin"):
    """Verdicts of effects given as {(model, estimand): (mean, lower, upper)}."""
    effects = pd.DataFrame(
        [effect(*key, *numbers) for key, numbers in rows.items()],
        columns=["model", "estimand", "scope", "mean", "lower", "upper"],
    )
    return write_verdicts(effects, checks or {}, main, models or MODELS, validity)


def control(regressor, verdict, kind="rivals"):
    row = check_row(kind, "plugin", f"{regressor} 365 difference", f"{regressor} less its control", verdict)
    return {"negative_controls": check_table([row])}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_common_cause_without_an_effect_of_ties_upholds_the_first_objection(seed):
    found = verdicts_of(World(habit=1.2, shared=1.0, seed=seed))
    assert verdict(found, "a")["verdict"] == UPHELD
    assert "(a) that cooperators cooperate is upheld" in found["abstract"][-1]
    failed = "2 of 2 tests of negative controls failed: ties with Russia, ties less ties with Russia."
    assert failed in found["abstract"]


def test_an_effect_of_ties_without_a_habit_of_cooperating_does_not_uphold_it():
    """In four of five worlds: a check at an interval of 90 % fails one in ten by chance."""
    clean = 0
    for seed in range(1, 6):
        found = verdicts_of(World(ties=0.6, seed=seed))
        assert verdict(found, "a")["verdict"] == NOT_UPHELD
        assert verdict(found, "b")["verdict"] == NOT_UPHELD
        clean += found["failed_checks"] == []
    assert clean >= 4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_reverse_causation_alone_does_not_credit_quality(seed):
    """Some states join again and again, and each time quality rises: it goes with joining and is not its cause."""
    world = World(habit=1.0, moved=0.3, seed=seed)
    effects = world.effects().set_index(["model", "estimand"])
    assert effects.loc[("plugin", "quality_effect"), "lower"] > 0
    found = verdicts_of(world)
    assert verdict(found, "b")["verdict"] != UPHELD
    assert "it may be what joining leaves behind" in verdict(found, "b")["result"]
    assert any("reverse causation failed" in sentence for sentence in found["abstract"])


def test_quality_that_matters_is_credited():
    """In four of five worlds: a check at an interval of 90 % fails one in ten by chance."""
    found = [verdict(verdicts_of(World(quality=0.6, seed=seed)), "b")["verdict"] for seed in range(1, 6)]
    assert found.count(UPHELD) >= 4
    assert set(found) <= {UPHELD, OPEN}


def test_an_order_that_turns_with_another_measure_is_said_and_settles_nothing():
    rows = {
        ("plugin", "ties_effect"): (0.01, -0.01, 0.03),
        ("plugin", "quality_effect"): (0.05, 0.03, 0.07),
        ("plugin", "quality_beats_ties"): (0.99, 1.0, 1.0),
    }

    def other_measure(quality, ties):
        effects = {"quality_effect": quality, "ties_effect": ties}
        items = [(f"measured without trade: {name}", value) for name, value in effects.items()]
        made = [check_row("measures", "plugin", i, i, "passed", estimate=v, unit="points") for i, v in items]
        return {"measures": check_table(made)}

    assert verdict(made_up(rows, other_measure(4.0, 2.0)), "b")["verdict"] == UPHELD
    turned = verdict(made_up(rows, other_measure(2.0, 4.0)), "b")
    assert turned["verdict"] == OPEN
    assert "larger turns with quality measured without trade" in turned["result"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_that_joiners_come_closer_afterwards_is_said(seed):
    moved = verdict(verdicts_of(World(quality=0.6, moved=0.5, seed=seed)), "b")
    assert "Afterwards quality is higher for joiners than for others" in moved["result"]


def test_an_interval_wide_enough_for_everything_upholds_nothing():
    wide = {
        ("pooled", "ties_effect"): (0.05, 0.03, 0.07),
        ("within", "ties_within_effect"): (0.02, -0.06, 0.10),
        ("plugin", "ties_effect"): (0.03, -0.02, 0.08),
        ("plugin", "quality_effect"): (0.04, -0.03, 0.11),
        ("plugin", "quality_beats_ties"): (0.6, 0.0, 1.0),
    }
    assert [one["verdict"] for one in made_up(wide)["objections"]] == [OPEN] * 3


def test_tests_that_disagree_leave_the_first_objection_open_and_say_so():
    rows = {
        ("pooled", "ties_effect"): (0.05, 0.03, 0.07),
        ("within", "ties_within_effect"): (0.04, 0.01, 0.07),
    }
    found = verdict(made_up(rows, control("ties", "failed")), "a")
    assert (found["verdict"], found["result"].endswith("The tests disagree.")) == (OPEN, True)
    assert verdict(made_up(rows, control("ties", "passed")), "a")["verdict"] == NOT_UPHELD
    # that ties some years later do as well speaks about time, not about a habit
    assert verdict(made_up(rows, control("ties", "failed", "later")), "a")["verdict"] == NOT_UPHELD


def test_without_an_effect_of_ties_there_is_nothing_that_cooperation_could_explain():
    rows = {
        ("pooled", "ties_effect"): (0.0, -0.01, 0.01),
        ("within", "ties_within_effect"): (0.0, -0.01, 0.01),
    }
    found = verdict(made_up(rows), "a")
    assert found["verdict"] == OPEN
    assert "nothing to explain away" in found["result"]


def measures(**slopes):
    rows = [
        check_row(
            "measures of ties", "plugin", f"{name} ties", name, "described", estimate=e, lower=lo, upper=up
        )
        for name, (e, lo, up) in slopes.items()
    ]
    return {"ties_measures": check_table(rows)}


@pytest.mark.parametrize(
    ("beyond", "factor", "expected"),
    [
        ((0.0, -0.1, 0.1), (0.0, -0.01, 0.01), UPHELD),
        # one test alone does not carry a verdict
        ((0.0, -0.1, 0.1), (0.03, -0.02, 0.08), OPEN),
        # wide enough for the whole slope of the count
        ((0.2, -0.3, 0.7), (0.0, -0.01, 0.01), OPEN),
        ((0.3, 0.1, 0.5), (0.0, -0.01, 0.01), OPEN),
    ],
)
def test_a_count_that_goes_with_joining_only_as_own_memberships_do_speaks_for_cooperation(
    beyond, factor, expected
):
    checks = measures(count=(0.5, 0.3, 0.7), beyond_exposure=beyond)
    rows = {("pooled", "ties_effect"): (0.05, 0.03, 0.07), ("cooperators", "ties_effect"): factor}
    rows[("cooperators", "cooperativeness_effect")] = (0.04, 0.02, 0.06)
    found = verdict(made_up(rows, checks), "a")
    assert found["verdict"] == expected
    assert "slope of the number of ties +0.50 [0.30, 0.70]" in found["result"].lower()


def test_controls_of_a_slope_that_is_not_there_show_nothing():
    rows = {("pooled", "ties_effect"): (-0.01, -0.02, -0.005)}
    assert verdict(made_up(rows, control("ties", "failed")), "a")["verdict"] == OPEN


QUALITY_WINS = {
    ("plugin", "ties_effect"): (0.01, -0.01, 0.03),
    ("plugin", "quality_effect"): (0.08, 0.05, 0.11),
    ("plugin", "quality_beats_ties"): (0.99, 1.0, 1.0),
}
TIES_WIN = {
    ("plugin", "ties_effect"): (0.08, 0.05, 0.11),
    ("plugin", "quality_effect"): (0.01, -0.01, 0.03),
    ("plugin", "quality_beats_ties"): (0.01, 0.0, 0.0),
}


@pytest.mark.parametrize(
    ("rows", "checks", "validity", "expected"),
    [
        (QUALITY_WINS, {}, "passed", UPHELD),
        (QUALITY_WINS, control("quality", "failed"), "passed", OPEN),
        (QUALITY_WINS, control("ties", "failed"), "passed", UPHELD),
        (QUALITY_WINS, {}, "failed", OPEN),
        (TIES_WIN, {}, "passed", NOT_UPHELD),
        (TIES_WIN, control("ties", "failed"), "passed", OPEN),
        (TIES_WIN, {}, "failed", OPEN),
    ],
)
def test_neither_side_is_credited_while_its_control_fails_or_the_measure_is_not_valid(
    rows, checks, validity, expected
):
    found = made_up(rows, checks, validity={"verdict": validity, "sentence": "What it is."})
    assert verdict(found, "b")["verdict"] == expected


@pytest.mark.parametrize("terms", [{"information": "smoothed"}, {"inference": "joint"}])
def test_a_model_that_knows_what_came_after_does_not_credit_quality(terms):
    models = {**MODELS, "plugin": {**MODELS["plugin"], **terms}}
    found = verdict(made_up(QUALITY_WINS, models=models), "b")
    assert found["verdict"] == OPEN
    assert "knows what came after" in found["result"]


@pytest.mark.parametrize(
    ("contact", "ties", "expected"),
    [
        ((0.06, 0.03, 0.09), (0.0, -0.02, 0.02), UPHELD),
        ((0.0, -0.02, 0.02), (0.06, 0.03, 0.09), NOT_UPHELD),
        ((0.06, 0.03, 0.09), (0.05, 0.02, 0.08), OPEN),
        ((0.06, 0.03, 0.09), (0.04, -0.02, 0.10), OPEN),
    ],
)
def test_persons_are_told_from_institutions_only_where_one_is_clearly_less(contact, ties, expected):
    models = {**MODELS, "persons": {"regressors": ["ties", "quality", "contact"]}}
    rows = {("persons", "contact_effect"): contact, ("persons", "ties_effect"): ties}
    assert verdict(made_up(rows, models=models), "c")["verdict"] == expected
    # ties whose control fails are credited with nothing, here as in the second objection
    doubted = verdict(made_up(rows, control("ties", "failed"), models), "c")["verdict"]
    assert doubted == (OPEN if expected == NOT_UPHELD else expected)


def test_renamed_models_have_the_same_verdicts():
    world = World(quality=0.6)
    names = {name: f"my_{name}" for name in MODELS}
    models = {
        names[name]: own | {"regressors": [names.get(r, r) for r in own.get("regressors", [])]}
        for name, own in MODELS.items()
    }
    effects, checks = world.effects(), world.checks()
    other = effects.assign(
        model=effects["model"].map(names),
        estimand=effects["estimand"].replace(
            {"quality_effect": "my_quality_effect", "cooperativeness_effect": "my_cooperativeness_effect"}
        ),
    )
    checks["reverse_causation"]["item"] = checks["reverse_causation"]["item"].str.replace(
        "quality", "my_quality"
    )
    found = write_verdicts(other, checks, "my_plugin", models, PASSED)
    expected = verdicts_of(world)
    assert [o["verdict"] for o in found["objections"]] == [o["verdict"] for o in expected["objections"]]
    assert "my quality" in found["headline"]["sentence"]
    assert "the quality of the relationship" in expected["headline"]["sentence"]


def test_a_run_of_ties_alone_has_verdicts_without_numbers_of_quality():
    models = {"pooled": {"regressors": ["ties"]}}
    found = made_up(
        {("pooled", "ties_effect"): (0.05, 0.03, 0.07)}, models=models, validity=None, main="pooled"
    )
    assert [one["verdict"] for one in found["objections"]] == [OPEN] * 3
    assert found["headline"]["sentence"] == (
        "The probability of joining changes by +5.0 points [3.0, 7.0] from the lower to the upper quartile of ties."
    )
    assert found["abstract"] == [
        found["headline"]["sentence"],
        "Of Poast's objections, (a) that cooperators cooperate, (b) that quality and not the count matters "
        "and (c) that persons and not institutions matter cannot be told with these data.",
    ]


def test_a_measure_that_was_not_tested_or_failed_is_the_first_thing_in_the_abstract():
    for validity in (None, {"verdict": "failed", "sentence": "It is not valid."}):
        found = made_up(QUALITY_WINS, validity=validity)
        assert found["abstract"][0] == found["validity"]["sentence"]
    assert made_up(QUALITY_WINS)["abstract"][0] == made_up(QUALITY_WINS)["headline"]["sentence"]


def test_what_failed_is_counted_for_the_main_model_and_the_abstract_stays_short():
    rows = [check_row("calibration", m, f"{m} {k}", f"tenth {k}", v) for m, k, v in FAILED_PREDICTIONS]
    tables = {
        "predictive": check_table(rows),
        "labels": check_table([check_row("labels", "plugin", "a", "ties, strict list", "failed")]),
        "payments": check_table([check_row("payments", "plugin", "a", "aid", "described")]),
        **control("ties", "failed"),
    }
    found = made_up(QUALITY_WINS, tables)
    counts = {one["check"]: (one["number"], one["of"]) for one in found["failed_checks"]}
    assert counts == {"predictive": (1, 2), "labels": (1, 1), "negative_controls": (1, 1)}
    assert (
        "Also failed: predictive checks (1 of 2), other lists of participants (1 of 1)." in found["abstract"]
    )
    assert len(" ".join(found["abstract"]).split()) < 115


FAILED_PREDICTIONS = [
    ("plugin", 1, "failed"),
    ("plugin", 2, "passed"),
    ("pooled", 1, "failed"),
    ("pooled", 2, "failed"),
]


def test_feedback_is_told_beside_the_same_information_without_the_outcome():
    models = {
        **MODELS,
        "smoothed": {"regressors": ["ties", "quality"], "information": "smoothed"},
        "joint": {"regressors": ["ties", "quality"], "inference": "joint"},
    }
    rows = QUALITY_WINS | {
        ("smoothed", "quality_effect"): (0.05, 0.02, 0.08),
        ("joint", "quality_effect"): (0.09, 0.06, 0.12),
    }
    moved = check_row("feedback", "joint", "all states", "shift", "described", note="3 of 170 states by more")
    sentence = made_up(rows, {"feedback": check_table([moved])}, models)["feedback"]["sentence"]
    assert "+9.0 points [6.0, 12.0]; from indicators of all years alone it is +5.0 points" in sentence
    assert "3 of 170 states" in sentence
    without = {name: own for name, own in models.items() if name != "smoothed"}
    assert "from earlier indicators alone it is +8.0" in made_up(rows, models=without)["feedback"]["sentence"]
    assert made_up(QUALITY_WINS)["feedback"]["sentence"].startswith("No model")


SPLIT = {"regressors": ["ties", "quality"], "mission_slopes": ["ties", "quality"], "state_effects": True}
SCORED = {
    "quality": {"measures": ["alignment"]},
    "main": SPLIT,
    "one": {"regressors": ["ties"], "mission_slopes": ["ties"]},
    "two": {"regressors": ["ties"], "mission_slopes": ["ties"], "state_effects": True},
    "three": {"regressors": ["quality"], "mission_slopes": ["quality"], "state_effects": True},
}


def told_of_prediction(models, *scored):
    rows = {
        "main": (0.0, 0.0, -100.0, "", np.nan),
        "one": (-9.0, 1.0, -100.0, "kosovo", 0.2),
        "two": (-42.7, 18.7, -99.0, "gulf_war", 0.5),
        "three": (3.2, 4.0, -90.0, "kosovo", 0.3),
    }
    columns = ["model", "difference", "se_difference", "log_score", "largest_conflict", "largest_share"]
    scores = pd.DataFrame([(name, *rows[name]) for name in scored], columns=columns)
    effects = pd.DataFrame(columns=["model", "estimand", "scope", "mean", "lower", "upper"])
    found = write_verdicts(effects, {}, "main", models, PASSED, "the number of ties", scores)
    return found["prediction"]["sentence"]


def test_what_ties_and_quality_add_is_told_by_the_models_that_lack_them_and_nothing_else():
    assert told_of_prediction(SCORED, "main", "one", "two", "three") == (
        "In joint log score of conflicts left out, the number of ties adds −3.2 (standard error 4.0) to what the quality of the "
        "relationship tells, and the quality of the relationship adds +42.7 (standard error 18.7) to what the number of ties "
        "tells. But 50% of the second comes from gulf war, and single decisions are predicted no better with the quality of "
        "the relationship than without."
    )
    assert "the number of ties adds" not in told_of_prediction(SCORED, "main", "two")
    carried = {**SCORED, "main": SPLIT | {"inference": "cut"}}
    # a cut model less quality has nothing to carry, and less ties it is no plug-in model
    assert "the number of ties adds" not in told_of_prediction(carried, "main", "two", "three")
    assert "+42.7" in told_of_prediction(carried, "main", "two", "three")


@pytest.mark.parametrize("scored", [(), ("main", "one"), ("two", "three")])
def test_without_such_models_or_the_main_one_it_is_said_that_it_is_not_told(scored):
    assert told_of_prediction(SCORED, *scored).startswith("No model without ties")


def simulated(**shares):
    """Rows of error rates: wrong comparisons, and how much of quality's effect the mean of its path and draws of it find."""
    wrong = check_row(
        "calls", "plugin", "all truths: wrong", "", "passed", note="3 of 200 simulated data sets"
    )
    words = {"mean": "quality", "draws": "quality by draws of its path"}
    items = [(f"both matter: {words[key]}: share", share) for key, share in shares.items()]
    rows = [check_row("shares", "plugin", item, "", "described", estimate=share) for item, share in items]
    return {"error_rates": check_table([wrong, *rows])}


def test_the_error_rate_stands_beside_the_second_objection_and_the_first_sentence_says_what_draws_find():
    effects = {
        ("plugin", "ties_effect"): (0.03, 0.01, 0.05),
        ("plugin", "quality_effect"): (0.04, 0.03, 0.05),
    }
    effects |= {("cut", "ties_effect"): (0.04, 0.02, 0.06), ("cut", "quality_effect"): (0.025, 0.01, 0.04)}
    models = {**MODELS, "cut": {**MODELS["plugin"], "inference": "cut"}}
    found = made_up(effects, simulated(mean=1.004, draws=0.626), models)
    assert verdict(found, "b")["error_rate"] == "3 of 200 simulated data sets"
    assert verdict(found, "a")["error_rate"] is None
    words = (
        "Draws of quality find 0.63 of a true effect in simulated data, its mean 1.00; they give +4.0 points"
    )
    assert words in found["headline"]["sentence"]
    # without draws among the simulations nothing is said of them
    assert "simulated" not in made_up(effects, simulated(mean=1.0), models)["headline"]["sentence"]
    assert verdict(made_up(effects), "b")["error_rate"] is None
