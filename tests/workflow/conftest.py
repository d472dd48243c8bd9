"""A copy of the project in which every job only writes its outputs, to see what the rules do within seconds."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "Snakefile",
    "config.yaml",
    "config",
    "data",
    "environment.yml",
    "examples",
    "models",
    "requirements.lock",
    "workflow",
)

# Takes the place of `workflow.lib.job`: a fit waits while the file `wait` is there, and leaves half an output.
STUB = '''
"""Write every output instead of doing the work."""

import time
from collections.abc import Callable
from pathlib import Path

Log = Callable[[str], None]
STOPPED_VARIABLE = "COALITION_TIES_STOPPED"


def write_text(text, path):
    Path(path).write_text(text)


def run_job(snakemake, function, **arguments):
    for output in map(Path, snakemake.output):
        if output.suffix:
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_text("half")
            while snakemake.rule == "fit_model" and Path("wait").exists():
                time.sleep(0.1)
            output.write_text(f"{snakemake.rule} {dict(snakemake.wildcards)}")
        else:
            output.mkdir(parents=True, exist_ok=True)
            (output / "effects.svg").write_text("")
'''


class Project:
    """The copy, and Snakemake in it."""

    def __init__(self, folder: Path):
        self.folder = folder

    def command(self, *arguments: str, overlay: str = "") -> list[str]:
        """Command line of a run of three models, with a text of YAML laid over the configuration."""
        Path(self.folder, "few.yaml").write_text("fit: [pooled, crossed, joint]\n", encoding="utf-8")
        Path(self.folder, "overlay.yaml").write_text(overlay or "{}", encoding="utf-8")
        configuration = ["--configfile", "few.yaml", "overlay.yaml"]
        return [sys.executable, "-m", "snakemake", "--cores", "2", *arguments, *configuration]

    def environment(self) -> dict[str, str]:
        """Variables of a run: those that a run sets itself are left out, but for the folders of what is compiled."""
        own = ("PYTHONPATH", "COALITION_TIES_STOPPED")
        return {k: v for k, v in os.environ.items() if k not in own}

    def run(self, *arguments: str, overlay: str = "") -> subprocess.CompletedProcess:
        """Run Snakemake to its end."""
        command = self.command(*arguments, overlay=overlay)
        environment = self.environment()
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300
        )

    def planned(self, overlay: str = "") -> set[str]:
        """Outputs that a run would make anew, below the results folder."""
        result = self.run("--summary", overlay=overlay)
        assert result.returncode == 0, result.stdout + result.stderr
        rows = [line.split("\t") for line in result.stdout.splitlines()]
        return {row[0].removeprefix("results/") for row in rows[1:] if row[-1] != "no update"}


def copy_of_project(folder: Path, stubbed: bool = True) -> Project:
    """The project in another folder, its jobs writing their outputs only, or working in earnest."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    (folder / "profiles").symlink_to("workflow/profiles")
    if stubbed:
        (folder / "workflow/lib/job.py").write_text(STUB, encoding="utf-8")
    return Project(folder)


@pytest.fixture(scope="session")
def built_project(tmp_path_factory) -> Project:
    """A copy that has been built once."""
    project = copy_of_project(tmp_path_factory.mktemp("built"))
    result = project.run()
    assert result.returncode == 0, result.stdout + result.stderr
    return project


@pytest.fixture
def project(tmp_path) -> Project:
    """A copy that has not been built."""
    return copy_of_project(tmp_path)
