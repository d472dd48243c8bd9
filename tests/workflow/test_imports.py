"""The modules that a script depends on are found without running it."""

import re
from pathlib import Path

import pytest

from workflow.lib.imports import local_imports

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def small_project(tmp_path):
    def write(name, text=""):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    write("models/__init__.py")
    write("models/build.py", "import numpy\nfrom models.ties import add\nfrom models import quality\n")
    write("models/ties.py", "from .shared import half\n")
    write("models/quality.py", "import models.shared\n")
    write("models/shared.py", "half = 0.5\n")
    write("models/unused.py")
    write("script.py", "def work():\n    from models.build import build\n")
    return tmp_path


def test_imports_are_followed_also_inside_functions(small_project):
    names = ["__init__", "build", "quality", "shared", "ties"]
    assert local_imports("script.py", small_project) == [f"models/{name}.py" for name in names]


def test_relative_import_is_resolved(small_project):
    assert "models/shared.py" in local_imports("models/ties.py", small_project)


def test_a_fit_depends_on_every_block():
    found = local_imports("workflow/scripts/fit_model.py", ROOT)
    blocks = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "models/blocks").glob("*.py"))
    assert set(blocks) <= set(found)


def test_scripts_import_nothing_heavy_before_threads_are_set():
    for script in sorted((ROOT / "workflow/scripts").glob("*.py")):
        lines = script.read_text(encoding="utf-8").splitlines()
        at_top = [line for line in lines if re.match(r"(from|import) ", line)]
        assert all(line.startswith("from workflow.lib.job import ") for line in at_top), script.name
