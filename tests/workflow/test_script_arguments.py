"""Every script gets from its rule what its function asks for; found without a run."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Prints, by rule: its script, and the names of outputs, inputs, parameters and wildcards, each with whether it is one file, a
# list of files, or not known before the job is (a function of the wildcards).
LIST_RULES = """
import json, sys
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, ResourceSettings

def kind(value):
    value = getattr(value, "_file", value)
    return "one" if isinstance(value, (str, Path)) else ("unknown" if callable(value) else "list")

def described(items):
    return {name: kind(value) for name, value in items.items()}

with SnakemakeApi() as api:
    workflow = api.workflow(
        resource_settings=ResourceSettings(cores=1),
        config_settings=ConfigSettings(config=json.loads(sys.argv[1])),
        snakefile=Path("Snakefile"),
    )._workflow
    found = {
        rule.name: {
            "script": rule.script,
            "output": described(rule.output),
            "input": described(rule.input),
            "params": dict.fromkeys(rule.params.keys(), "value"),
            "wildcards": dict.fromkeys(rule.wildcard_names, "one"),
        }
        for rule in workflow.rules
        if rule.script
    }
print(json.dumps(found))
"""
LISTS = ("list[str]", "list")


def rules_of(**config):
    command = [sys.executable, "-c", LIST_RULES, json.dumps(config)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module", params=[{}, {"fit": ["pooled"]}], ids=["all models", "one model"])
def rules(request):
    return rules_of(**request.param)


def job_of(script):
    """Arguments of a script's function with their annotations, those with a default, and those that `run_job` is given."""
    tree = ast.parse((ROOT / "workflow/scripts" / Path(script).name).read_text(encoding="utf-8"))
    call = next(
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "run_job"
    )
    function = next(
        n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == ast.unparse(call.args[1])
    )
    asked = {a.arg: ast.unparse(a.annotation) for a in function.args.args}
    return asked, {keyword.arg for keyword in call.keywords}


def faults(rules):
    found = []
    for name, rule in rules.items():
        asked, given = job_of(rule["script"])
        for argument, annotation in asked.items():
            if argument in {"log", "threads"} | given:
                continue
            kinds = [
                rule[of][argument]
                for of in ("output", "input", "params", "wildcards")
                if argument in rule[of]
            ]
            if len(kinds) != 1:
                found.append(
                    f"{name}: '{argument}' is in {len(kinds)} of output, input, params and wildcards"
                )
            elif kinds[0] in ("one", "list") and (kinds[0] == "list") != (annotation in LISTS):
                found.append(f"{name}: '{argument}' is {kinds[0]}, the script takes {annotation}")
    return found


def test_every_script_gets_each_argument_from_one_place_and_in_its_form(rules):
    assert len(rules) >= 12
    assert faults(rules) == []


def test_a_misnamed_input_and_a_list_for_a_file_are_found(rules):
    broken = json.loads(json.dumps(rules))
    broken["fit_model"]["input"]["analyses"] = broken["fit_model"]["input"].pop("analysis")
    broken["pass_gate"]["input"]["diagnostics"] = "list"
    assert faults(broken) == [
        "fit_model: 'analysis' is in 0 of output, input, params and wildcards",
        "pass_gate: 'diagnostics' is list, the script takes str",
    ]


def test_outputs_and_parameters_that_a_script_reads_by_itself_are_of_its_rule():
    """`run_job` is given keyword arguments that read `snakemake.output.x`: x must be an output of the rule."""
    rules = rules_of()
    for name, rule in rules.items():
        tree = ast.parse((ROOT / "workflow/scripts" / Path(rule["script"]).name).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            place = ast.unparse(node.value) if isinstance(node, ast.Attribute) else ""
            if place in ("snakemake.output", "snakemake.params"):
                assert node.attr in rule[place.removeprefix("snakemake.")], f"{name}: {ast.unparse(node)}"
