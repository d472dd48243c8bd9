"""What the rules do: in which order, what a change reruns, how a killed run recovers."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def append(path: Path, text: str = "\n# changed\n") -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.fixture
def restored(built_project):
    """Changed files of the built copy, put back after the test with their times."""
    kept = {}

    def change(name: str, text: str = "\n# changed\n") -> None:
        path = built_project.folder / name
        kept[path] = (path.read_text(encoding="utf-8"), path.stat().st_mtime)
        append(path, text)

    yield change
    for path, (text, changed) in kept.items():
        path.write_text(text, encoding="utf-8")
        os.utime(path, (changed, changed))


def rerun_models(outputs: set[str], file: str) -> set[str]:
    return {output.split("/")[0] for output in outputs if output.endswith(f"/{file}")}


def test_second_run_has_nothing_to_do(built_project):
    result = built_project.run()
    assert result.returncode == 0
    assert "Nothing to be done" in result.stdout + result.stderr
    assert "Exception" not in result.stdout + result.stderr


def test_output_contract_is_met(built_project):
    results = built_project.folder / "results"
    for model in ("pooled", "crossed", "joint"):
        for name in ("prior.nc", "posterior.nc", "loglik.nc", "predictive.nc", "diagnostics.json"):
            assert (results / model / name).is_file(), f"{model}/{name}"
    for name in (
        "data/analysis.nc",
        "config.yaml",
        "effects.csv",
        "quality.csv",
        "predictions.csv",
        "comparison/loo.csv",
        "comparison/missions.csv",
        "comparison/future.csv",
        "numbers.json",
        "diagnostics.json",
        "paper/paper.pdf",
        "paper/paper.docx",
        "paper/paper.html",
        "paper/paper.tex",
        "report/index.html",
    ):
        assert (results / name).is_file(), name


def test_changed_block_refits_only_the_models_that_have_it(built_project, restored):
    restored("models/ties.py")
    outputs = built_project.planned()
    assert rerun_models(outputs, "posterior.nc") == {"joint"}
    assert "data/analysis.nc" not in outputs


def test_changed_block_of_no_fitted_model_refits_nothing(built_project, restored):
    restored("models/cooperativeness.py")
    outputs = built_project.planned()
    assert not [output for output in outputs if output.endswith(("posterior.nc", "held_out.csv"))]


def test_changed_composition_refits_one_model(built_project):
    outputs = built_project.planned("models: {crossed: {state_effects: false}}")
    assert rerun_models(outputs, "posterior.nc") == {"crossed"}


def test_changed_manuscript_rebuilds_only_the_paper(built_project, restored):
    restored("workflow/paper/manuscript.md", "\nMore.\n")
    assert {output.split("/")[0] for output in built_project.planned()} == {"paper"}


def test_changed_interval_refits_nothing(built_project):
    outputs = built_project.planned("report: {interval: 0.8}")
    assert not rerun_models(outputs, "posterior.nc")
    assert {"effects.csv", "numbers.json", "report/index.html"} <= outputs


def test_file_that_was_only_touched_reruns_nothing(built_project):
    for name in ("models/build.py", "data/states.csv", "results/joint/posterior.nc"):
        (built_project.folder / name).touch()
    assert not built_project.planned()


def test_order_of_keys_in_the_configuration_reruns_no_fit(built_project):
    outputs = built_project.planned("models: {joint: {state_effects: true, mission_slopes: [ties, quality]}}")
    assert not rerun_models(outputs, "posterior.nc")


def test_quick_overlay_writes_beside_the_results(built_project):
    outputs = built_project.planned((ROOT / "config/quick.yaml").read_text(encoding="utf-8"))
    assert outputs and all(output.startswith("quick/") for output in outputs)


def test_nothing_that_prints_a_number_runs_before_the_gate(project):
    """A failing gate is the last thing that happens to a model."""
    script = project.folder / "workflow/scripts/pass_gate.py"
    script.write_text('import sys\n\nsys.exit("pooled did not converge")\n', encoding="utf-8")
    result = project.run("--keep-going", overlay="fit: [pooled]")
    assert result.returncode != 0, result.stderr
    made = {
        str(path.relative_to(project.folder / "results"))
        for path in (project.folder / "results").rglob("*.*")
    }
    behind_the_gate = (
        "predictions.csv",
        "loglik.nc",
        "held_out.csv",
        "effects.csv",
        "numbers.json",
        "paper.pdf",
        "index.html",
    )
    assert not [name for name in made if name.endswith(behind_the_gate)]
    assert "diagnostics.json" in made and "pooled/posterior.nc" in made


def test_fault_in_the_configuration_is_the_last_line_and_nothing_runs(project):
    result = project.run(overlay="sampler: {chain: 4}")
    assert result.returncode == 1
    assert (result.stdout + result.stderr).splitlines()[-1] == (
        "overlay.yaml: sampler.chain: unknown key; allowed: chains, tune, draws, target_accept, cores, engine, backend; "
        "did you mean chains?"
    )
    assert "Traceback" not in result.stderr and not (project.folder / "results").exists()


def test_killed_run_is_finished_by_the_next_one(project):
    (project.folder / "wait").touch()
    target = "results/pooled/gate.json"
    running = subprocess.Popen(
        project.command(target),
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    half = project.folder / "results/pooled/posterior.nc"
    deadline = time.monotonic() + 120
    while not half.exists() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    second = project.run(target)
    assert second.returncode == 1
    assert "another run is at work in this folder" in second.stdout + second.stderr
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert half.read_text() == "half"
    (project.folder / "wait").unlink()
    after = project.run(target)
    assert after.returncode == 0, after.stdout + after.stderr
    assert half.read_text().startswith("fit_model")


def test_rules_pass_the_linter(built_project):
    result = built_project.run("--lint")
    assert result.returncode == 0, result.stdout + result.stderr


def test_rule_script_and_log_have_one_name():
    names = {path.stem for path in (ROOT / "workflow/scripts").glob("*.py")}
    rules = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow/rules").glob("*.smk"))
    for name in names:
        assert f"rule {name}:" in rules, name
        assert f'"../scripts/{name}.py"' in rules, name
        assert f'"<logs>/{name}.log"' in rules or f'"<logs>/{name}/{{' in rules, name
