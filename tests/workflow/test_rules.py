"""What the rules do: in which order, what a change reruns, how a killed run recovers."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Project, copy_of_project

ROOT = Path(__file__).resolve().parents[2]


def append(path: Path, text: str = "\n# changed\n") -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.fixture
def restored(built_project):
    """Changed files of the built copy, put back after the test with their times."""
    kept = {}

    def change(name: str, text: str = "\n# changed\n", old: bool = False) -> None:
        path = built_project.folder / name
        kept[path] = (path.read_text(encoding="utf-8"), path.stat().st_mtime)
        append(path, text)
        if old:
            os.utime(path, (1e9, 1e9))

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
        "parameters.csv",
        "verdicts.json",
        "comparison/conflicts.csv",
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


def test_changed_block_refits_the_models_and_prepares_no_data(built_project, restored):
    restored("models/blocks/states.py")
    outputs = built_project.planned()
    assert rerun_models(outputs, "posterior.nc") == {"pooled", "crossed", "joint", "quality"}
    assert "data/analysis.nc" not in outputs


def test_changed_composition_refits_one_model(built_project):
    outputs = built_project.planned("models: {crossed: {state_effects: false}}")
    assert rerun_models(outputs, "posterior.nc") == {"crossed"}


def test_changed_manuscript_rebuilds_only_the_paper(built_project, restored):
    restored("workflow/paper/manuscript.md", "\nMore.\n")
    assert {output.split("/")[0] for output in built_project.planned()} == {"paper", "numbers.json"}


def test_changed_interval_refits_nothing(built_project):
    outputs = built_project.planned("report: {interval: 0.8}")
    assert not rerun_models(outputs, "posterior.nc")
    assert {"effects.csv", "numbers.json", "report/index.html"} <= outputs


def test_file_that_was_only_touched_reruns_nothing(built_project):
    for name in (
        "models/build.py",
        "data/states.csv",
        "workflow/scripts/fit_model.py",
        "workflow/paper/manuscript.md",
        "results/joint/posterior.nc",
    ):
        (built_project.folder / name).touch()
    assert not built_project.planned()


@pytest.mark.parametrize(
    ("name", "text", "rerun"),
    [
        ("data/states.csv", "\n", "data/analysis.nc"),
        ("workflow/scripts/fit_model.py", "\n# changed\n", "crossed/posterior.nc"),
        ("models/build.py", "\n# changed\n", "joint/posterior.nc"),
        ("workflow/paper/template.typ", "\n// changed\n", "paper/paper.pdf"),
        ("workflow/report/page.html.j2", "\n<!-- changed -->\n", "report/index.html"),
    ],
)
def test_change_of_contents_is_noticed_whatever_the_date(built_project, restored, name, text, rerun):
    """Moved, unpacked and synchronised files keep the date that they had."""
    restored(name, text, old=True)
    assert rerun in built_project.planned()


def test_results_brought_into_a_fresh_clone_with_their_record_are_not_made_again(built_project, tmp_path):
    """A clone dates every file now. What is made from whole folders, which have no checksum, is made again in seconds."""
    shutil.copytree(built_project.folder, tmp_path / "clone", symlinks=True, copy_function=shutil.copyfile)
    assert {output.split("/")[0] for output in Project(tmp_path / "clone").planned()} <= {"paper", "report"}


def test_results_brought_without_their_record_are_refused(built_project, tmp_path):
    without = shutil.ignore_patterns(".snakemake")
    shutil.copytree(built_project.folder, tmp_path / "clone", symlinks=True, ignore=without)
    result = Project(tmp_path / "clone").run()
    assert result.returncode == 1
    assert (
        "results has files, but the record of how they were made (.snakemake) is not here"
        in result.stdout + result.stderr
    )


def test_results_of_the_future_are_refused(built_project):
    path = built_project.folder / "results/effects.csv"
    kept = path.stat().st_mtime
    os.utime(path, (2e9, 2e9))
    result = built_project.run("-n")
    os.utime(path, (kept, kept))
    assert result.returncode == 1
    assert "results/effects.csv is of the future" in result.stdout + result.stderr


def test_a_configuration_that_would_run_code_is_refused_and_does_not(project):
    config = project.folder / "config.yaml"
    config.write_text("__use_yte__: true\n__definitions__:\n  - open('ran', 'w')\n", encoding="utf-8")
    result = project.run("-n")
    assert result.returncode == 1
    assert (
        "config.yaml: line 1: __use_yte__: a configuration is data and runs nothing"
        in result.stdout + result.stderr
    )
    assert not (project.folder / "ran").exists()


def test_a_run_in_another_folder_is_told_where(project, tmp_path_factory):
    command = [sys.executable, "-m", "snakemake", "-n", "-s", str(project.folder / "Snakefile")]
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for more in ([], ["--directory", str(elsewhere)]):
        result = subprocess.run(
            [*command, *more],
            cwd=elsewhere,
            env=project.environment(),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 1
        assert (
            f"run snakemake in the folder of the project: cd {project.folder}"
            in result.stdout + result.stderr
        )
        assert "Traceback" not in result.stderr


def test_folder_of_results_is_marked_and_a_folder_of_others_is_not_touched(project):
    (project.folder / "my").mkdir()
    (project.folder / "my/config.yaml").write_text("seed: 1\n", encoding="utf-8")
    result = project.run(overlay="results: my")
    assert result.returncode == 1
    assert '"my" holds files that no run of this version made (config.yaml)' in result.stdout + result.stderr
    assert [path.name for path in (project.folder / "my").iterdir()] == ["config.yaml"]
    assert project.run("results/new/config.yaml", overlay="results: results/new").returncode == 0
    assert (project.folder / "results/new/.made_by_coalition_ties").is_file()


def test_a_table_in_a_folder_with_signs_in_its_name_is_read(project):
    folder = project.folder / "Poast's tables, [final] #2 $x & %s"
    shutil.copytree(project.folder / "data", folder)
    paths = ", ".join(f'{name}: "{folder.name}/{name}.csv"' for name in ("missions", "states", "codebook"))
    result = project.run("results/data/analysis.nc", overlay=f"data: {{{paths}}}")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", ["Poast, Henke 2024", "it's #2", 'q"$HOME" `id`', "a:b;c", "Über [uns]"])
def test_a_project_in_a_folder_with_signs_in_its_name_runs(tmp_path, name):
    (tmp_path / name).mkdir()
    result = copy_of_project(tmp_path / name).run("results/pooled/gate.json")
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_folder_whose_name_is_a_pattern_is_refused(tmp_path):
    (tmp_path / "{v2}").mkdir()
    result = copy_of_project(tmp_path / "{v2}").run("-n")
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert result.stderr.strip().endswith(
        "a folder with braces in its name is a pattern to Snakemake; rename it"
    )


def test_values_of_the_command_line_are_read_as_those_of_a_file(project):
    result = project.run("-n", "--config", "sampler={draws: 500, tune: 1e3}")
    assert "--config: sampler.tune: 1000.0 is not allowed" in result.stdout + result.stderr
    assert project.run("-n", "--config", "sampler={draws: 500}").returncode == 0


def test_what_will_not_be_done_is_said_at_the_start(project):
    overlay = "fit: [pooled]\nchecks: {held_out_conflicts: [joint]}"
    result = project.run("results/config.yaml", overlay=overlay)
    assert "not scored on conflicts left out: joint" in result.stderr


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
        "conflicts.csv",
        "effects.csv",
        "numbers.json",
        "paper.pdf",
        "index.html",
    )
    assert not [name for name in made if name.endswith(behind_the_gate)]
    assert "pooled/diagnostics.json" in made and "pooled/posterior.nc" in made


def test_fault_in_the_configuration_is_the_last_line_and_nothing_runs(project):
    result = project.run(overlay="sampler: {chain: 4}")
    assert result.returncode == 1
    assert (result.stdout + result.stderr).splitlines()[-1] == (
        "overlay.yaml: sampler.chain: unknown key; allowed: chains, tune, draws, target_accept; "
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
    left = half.with_name(".posterior.nc.1.part")
    left.touch()
    after = project.run(target)
    assert after.returncode == 0, after.stdout + after.stderr
    assert half.read_text().startswith("fit_model") and not left.exists()


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
