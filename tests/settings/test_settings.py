"""What a configuration says: its files, models to fit, notes, defaults, the schema for editors."""

import json
from pathlib import Path

import pytest

from workflow.lib.errors import UserError
from workflow.lib.settings import load_settings, priors_from_plain
from workflow.lib.settings.__main__ import SCHEMA_PATH, main, schema_text
from workflow.lib.settings.notes import find_notes
from workflow.scripts import write_config


def test_what_is_asked_for_and_not_done_is_said():
    asked = {
        "fit": ["pooled"],
        "data": {"exclude_missions": ["korea_1950"]},
        "report": {"main_model": "crossed", "cases": ["korea_1950"]},
        "checks": {"held_out_conflicts": ["pooled", "joint"]},
    }
    assert find_notes(load_settings("config.yaml", asked)) == [
        "checks.held_out_conflicts: not fitted, so not scored on conflicts left out: joint",
        "report.main_model: crossed is not fitted; the paper speaks of pooled",
        "report.cases: left out by the section data, so without a page: korea_1950",
    ]
    assert find_notes(load_settings("config.yaml")) == []


def test_fault_names_the_file_it_stands_in(tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("sampler: {tune: 300, draw: 5}\n", encoding="utf-8")
    with pytest.raises(UserError, match=rf"^{overlay}: sampler\.draw: unknown key"):
        load_settings("config.yaml", [overlay])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("seed: 1\nseed: 2\n", "line 2: seed is given twice (first in line 1); remove one of the two"),
        ("seed: [1\n", "line 2, column 1: not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("- seed\n", 'keys and values are expected (key: value), not ["seed"]'),
    ],
)
def test_broken_file_is_one_line(tmp_path, text, fault):
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as error:
        load_settings(path)
    assert str(error.value) == f"{path}: {fault}"


def test_missing_file_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"no such file; give the path of a configuration file$"):
        load_settings(tmp_path / "config.yaml")


@pytest.mark.parametrize("overlays", [[], ["config/quick.yaml"], ["examples/peacekeeping/config.yaml"]])
def test_shipped_configurations_are_in_order(overlays):
    assert load_settings("config.yaml", overlays).models_to_fit()


def test_shipped_configuration_shows_every_key_and_its_default():
    shown = load_settings("config.yaml").model_dump()
    default = type(load_settings("config.yaml"))().model_dump()
    for section, keys in {
        "checks": ("held_out_conflicts", "future_from"),
        "report": ("main_model", "cases"),
    }.items():
        for values in (shown, default):
            values[section] = {key: value for key, value in values[section].items() if key not in keys}
    differs_on_purpose = {"models", "fit", "data"}
    assert {k: v for k, v in shown.items() if k not in differs_on_purpose} == {
        k: v for k, v in default.items() if k not in differs_on_purpose
    }


@pytest.mark.parametrize("overlays", [[], ["config/quick.yaml"], ["examples/peacekeeping/config.yaml"]])
def test_the_configuration_that_a_run_leaves_is_read_as_what_it_was(tmp_path, overlays):
    """`results/config.yaml` has every default filled in: a run can be made again from it."""
    given = load_settings("config.yaml", overlays)
    path = tmp_path / "config.yaml"
    values = given.model_dump(mode="json", exclude_none=True)
    write_config.write_config(values, str(path), print)
    again = load_settings(path)
    assert again == given
    assert list(again.models) == list(given.models)


def test_schema_for_editors_is_in_step():
    assert Path(SCHEMA_PATH).read_text(encoding="utf-8") == schema_text(), "run `make schema`"
    first_line = Path("config.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first_line == f"# yaml-language-server: $schema={SCHEMA_PATH}"
    assert json.loads(schema_text())["additionalProperties"] is False


def test_a_model_that_measures_is_fitted_before_the_models_that_need_it():
    settings = load_settings("config.yaml", {"fit": ["persons", "pooled"]})
    assert settings.models_to_fit() == ["quality", "contact", "persons", "pooled"]
    assert settings.measurement_models() == ["quality", "contact"]
    assert settings.models_with_outcome() == ["persons", "pooled"]


def test_the_main_model_is_the_one_named_if_it_is_fitted_and_else_the_last():
    named = {"report": {"main_model": "crossed"}}
    assert load_settings("config.yaml", named).main_model() == "crossed"
    assert load_settings("config.yaml", {**named, "fit": ["missions", "pooled"]}).main_model() == "pooled"
    assert load_settings("config.yaml", {**named, "fit": ["quality"]}).main_model() is None


def test_model_may_have_its_own_sampler_settings():
    settings = load_settings("config.yaml", {"models": {"joint": {"sampler": {"draws": 2000}}}})
    assert settings.sampler_of("joint").draws == 2000
    assert settings.sampler_of("crossed").draws == 1500


def test_compositions_are_what_the_statistics_take():
    from models.composition import Composition

    settings = load_settings("config.yaml", {"models": {"crossed": {"controls": ["democracy"]}}})
    by_name = {name: Composition.from_mapping(name, item.terms()) for name, item in settings.models.items()}
    assert by_name["pooled"].controls is None
    assert by_name["crossed"].controls == ("democracy",)
    assert by_name["cut"].latents == ("quality",)
    assert by_name["quality"].measures == ("alignment",)


def test_priors_reach_the_statistics_as_pairs():
    settings = load_settings(
        "config.yaml", {"priors": {"ties_slope": {"normal": [0, 2]}, "mission_sd": {"half_normal": 3}}}
    )
    pairs = {"ties_slope": ("normal", (0.0, 2.0)), "mission_sd": ("half_normal", (3.0,))}
    assert settings.prior_values() == pairs
    assert priors_from_plain(settings.model_dump(mode="json")["priors"]) == pairs


def test_command_checks_a_configuration(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("config.yaml is in order; models to fit: quality, ")
    assert main(["no_such_file.yaml"]) == 1
    assert (
        capsys.readouterr().err == "no_such_file.yaml: no such file; give the path of a configuration file\n"
    )
