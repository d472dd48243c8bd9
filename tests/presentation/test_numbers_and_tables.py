"""numbers.json and tables: the words follow from the posterior, cells cannot break a table."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workflow.lib.errors import UserError
from workflow.lib.presentation import numbers, quantities, tables, wording
from workflow.lib.presentation.results import Results
from workflow.lib.settings import load_settings
from workflow.lib.tables.load import load_tables
from workflow.lib.tables.prepare import prepare

ROOT = Path(__file__).parents[2]


def test_each_number_has_value_text_and_file(run):
    found = numbers.collect_numbers(*run)
    for key, entry in found.items():
        assert set(entry) == {"value", "text", "file"}, key
        assert entry["text"] and entry["text"] != "nan", key
    json.dumps(found, allow_nan=False)
    assert found["data.missions"]["value"] == 10
    assert found == numbers.collect_numbers(*run)


def test_the_answer_turns_with_the_posterior(run, tmp_path):
    results = Results.load(*run)
    effects = results.effects.copy()

    def answer(estimand, lower, upper, column="mean", value=None):
        rows = (effects["model"] == "joint") & (effects["estimand"] == estimand) & (effects["scope"] == "all")
        changed = effects.copy()
        changed.loc[rows, ["lower", "upper"]] = [lower, upper]
        if value is not None:
            changed.loc[rows, column] = value
        fresh = Results.load(*run)
        fresh.__dict__["effects"] = changed
        out = numbers.Collector()
        numbers.add_effects(out, fresh)
        numbers.add_answer(out, fresh)
        return out.entries

    assert "is not credibly different from zero" in answer("ties_effect", -0.1, 0.1)["answer.effects"]["text"]
    assert (
        answer("ties_effect", 0.1, 0.2)["model.joint.ties_effect.verdict"]["text"]
        == "is credibly larger than zero"
    )
    for value, words in ((0.99, "larger"), (0.5, "undecided"), (0.01, "smaller")):
        entry = answer("quality_beats_ties", 0, 1, value=value)["answer.comparison"]
        assert entry["value"] == words
    assert "does not credibly change" in answer("attenuation", -0.2, 0.2)["answer.attenuation"]["text"]
    assert "larger, not smaller" in answer("attenuation", -0.5, -0.1)["answer.attenuation"]["text"]


@pytest.mark.parametrize(("without", "verdict"), [(0.9, "agree"), (0.2, "differ")])
def test_a_result_that_depends_on_feedback_from_the_outcome_is_said_to(run, without, verdict):
    fresh = Results.load(*run)
    joint = fresh.effects[fresh.effects["model"] == "joint"]
    plugin = joint.assign(model="plugin")
    tables_ = pd.concat([fresh.effects, plugin], ignore_index=True)
    for model, value in (("joint", 0.8), ("plugin", without)):
        rows = (tables_["model"] == model) & (tables_["estimand"] == "quality_beats_ties")
        tables_.loc[rows, "mean"] = value
    fresh.__dict__["effects"] = tables_
    out = numbers.Collector()
    numbers.add_effects(out, fresh)
    numbers.add_answer(out, fresh)
    entry = out.entries["answer.feedback"]
    assert entry["value"] == verdict
    assert ("do not settle it" in entry["text"]) == (verdict == "differ")


@pytest.mark.parametrize(
    ("behind", "words"), [(-5, "worse than"), (0, "about as well as"), (5, "better than")]
)
def test_the_fullest_model_that_was_scored_is_compared_on_missions_not_seen(run, behind, words):
    fresh = Results.load(*run)
    scores = fresh.comparison["future"]
    rank = scores["mission"].rank(method="dense")
    pooled = -behind + 0.01 * (rank - rank.mean())
    alone = scores.assign(joint_log_score=pooled.where(scores["model"] == "pooled", 0.0) - 20)
    fresh.__dict__["comparison"] = {
        **fresh.comparison,
        "future": alone[alone["model"].isin(["pooled", "crossed"])],
    }
    out = numbers.Collector()
    numbers.add_comparison(out, fresh)
    numbers.add_predictions(out)
    assert out.entries["held_out.fullest"]["value"] == "joint"
    assert out.entries["future.fullest"]["value"] == "crossed"
    text = out.entries["answer.future"]["text"]
    later = alone["mission"].nunique()
    assert text.startswith(f"On the {later} missions from 1990 on, fitted to those before, the ")
    assert f"predicts {words} “" in text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(-0.001, 2, "0.00"), (-1.25, 1, "−1.2"), (float("nan"), 2, "–"), (3, 0, "3")],
)
def test_numbers_are_printed_with_a_real_minus_and_never_as_minus_zero(value, decimals, text):
    assert wording.fixed(value, decimals) == text


def test_words_for_signs_and_lists():
    assert wording.sign(0.1, 0.3) == "positive"
    assert wording.sign(-0.3, -0.1) == "negative"
    assert wording.sign(0.0, 0.1) == "uncertain"
    assert wording.listing([]) == "none"
    assert wording.listing(["a", "b", "c"]) == "a, b and c"
    assert wording.count(1, "model") == "one model"
    assert wording.count(13, "model") == "13 models"
    assert wording.probability(1.0) == "above 0.99"


def test_no_text_of_a_user_can_break_a_table_or_become_markup():
    text = tables.pipe_table(pd.DataFrame({"A": [tables.escape("a|b *c* @d [e] $f$ <g>\nh_i")]}))
    row = text.splitlines()[2]
    assert row == r"| a\|b \*c\* \@d \[e\] \$f\$ \<g\> h\_i |"


def test_every_table_of_a_full_run_is_made(run):
    made = tables.collect_tables(Results.load(*run))
    assert set(made) == set(tables.TABLES)
    for name, text in made.items():
        lines = text.splitlines()
        assert len(lines) > 2, name
        assert len({line.replace(r"\|", "").count("|") for line in lines}) == 1, name


def test_the_made_up_dataset_holds_what_a_prepared_one_does_where_it_does(run):
    chosen = load_settings(ROOT / "config.yaml").data.model_dump()
    prepared, made_up = prepare(load_tables(chosen, ROOT), chosen), Results.load(*run).data
    assert set(made_up.coords) <= set(prepared.coords)
    assert set(made_up.data_vars) <= set(prepared.data_vars)
    for name, variable in made_up.variables.items():
        assert variable.dims == prepared[name].dims, name


def test_loadings_go_with_their_families_and_the_directions_that_the_codebook_expects(run):
    fresh = Results.load(*run)
    families = quantities.loadings(fresh).set_index("item")["family"]
    assert families["un_agreement"] == "normal"
    assert families["troops_any"] == "bernoulli"
    assert families["igo_joint"].tolist() == ["", ""]
    assert "negative binomial" in tables.loadings_table(fresh)
    loadings = (
        quantities.loadings(fresh)
        .query("kind == 'indicator' and lower * upper > 0")
        .set_index("item")["mean"]
    )
    # as if the codebook expected the opposite of what was found for one indicator alone
    direction = np.sign(loadings.reindex(fresh.data["indicator"].values)).fillna(1.0)
    direction["un_agreement"] *= -1
    fresh.__dict__["data"] = fresh.data.assign(direction=("indicator", direction.to_numpy()))
    out = numbers.Collector()
    numbers.add_measurement(out, fresh)
    assert out.entries["quality.against_expectation"]["value"] == 1
    assert out.entries["quality.against_expectation.list"]["text"] == "UN voting agreement"


def test_a_model_with_a_sampler_of_its_own_is_named(run):
    fresh = Results.load(*run)
    terms = fresh.settings["models"]["joint"] | {"sampler": {"tune": 400, "draws": None}}
    fresh.__dict__["settings"] = fresh.settings | {"models": fresh.settings["models"] | {"joint": terms}}
    out = numbers.Collector()
    numbers.add_settings(out, fresh)
    assert out.entries["settings.tune_of_some"]["text"] == "400 in the joint model"
    assert "settings.draws_of_some" not in out.entries


def test_a_missing_file_that_every_run_leaves_is_one_line(tmp_path):
    with pytest.raises(
        UserError, match=r"analysis\.nc: missing, expected the analysis dataset; run the workflow"
    ) as raised:
        numbers.collect_numbers(tmp_path, {})
    assert "\n" not in str(raised.value)


def test_a_table_without_a_column_of_the_contract_is_one_line(run, tmp_path):
    path = tmp_path / "effects.csv"
    pd.DataFrame({"model": ["a"]}).to_csv(path, index=False)
    from workflow.lib.presentation.results import EFFECT_COLUMNS, required_table

    with pytest.raises(UserError, match=r"column estimand, scope, .* is missing, expected model, estimand"):
        required_table(path, EFFECT_COLUMNS)
