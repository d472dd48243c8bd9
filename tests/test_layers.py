"""Imports point one way: presentation, checking, inference, models; and what a layer stands on knows nothing of it."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIB = "workflow.lib"
# from the top; a layer imports itself, layers below it, and what belongs to none
LAYERS = [f"{LIB}.presentation", f"{LIB}.checking", f"{LIB}.inference", "models"]
# parts of the models, from the top
PARTS = ["models.build", "models.blocks", "models.kernels"]


def module_of(path: Path) -> str:
    """Dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Dotted names of what a file imports, wherever in it; `from a import b` may mean the module a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = module_of(path).split(".")
            # a file's own package is the first dot, except that of a package is its own name
            up = node.level - (path.name == "__init__.py")
            base = ".".join(package[: len(package) - up]) if node.level else ""
            name = ".".join(filter(None, [base, node.module]))
            found |= {name, *(f"{name}.{alias.name}" for alias in node.names)}
    return found


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def belongs(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def place(name: str, order: list[str]) -> int | None:
    return next((k for k, package in enumerate(order) if belongs(name, package)), None)


def upward(path: Path, order: list[str]) -> list[str]:
    """Imports of a file that point up in an order of packages."""
    own = place(module_of(path), order)
    return [
        f"{module_of(path)} imports {name}"
        for name in sorted(imports_of(path))
        if own is not None and (at := place(name, order)) is not None and at < own
    ]


@pytest.mark.parametrize("order", [LAYERS, PARTS], ids=["layers", "parts of the models"])
def test_imports_only_point_down(order):
    assert [line for path in files("models", "workflow") for line in upward(path, order)] == []


def test_the_models_know_nothing_of_the_workflow_or_the_tests():
    wrong = [
        f"{module_of(path)} imports {name}"
        for path in files("models")
        for name in imports_of(path)
        if belongs(name, "workflow") or belongs(name, "tests")
    ]
    assert wrong == []


def test_the_library_knows_nothing_of_scripts_tests_and_benchmarks():
    wrong = [
        f"{module_of(path)} imports {name}"
        for path in files("models", "workflow")
        for name in imports_of(path)
        if any(belongs(name, package) for package in ("workflow.scripts", "tests", "benchmarks"))
    ]
    assert wrong == []


def test_tables_and_settings_stand_on_no_sampler():
    """Reading a configuration and preparing the data need neither PyMC nor what draws."""
    wrong = [
        f"{module_of(path)} imports {name}"
        for path in files("workflow/lib/tables", "workflow/lib/settings", "workflow/lib/derivation")
        for name in imports_of(path)
        if any(belongs(name, layer) for layer in LAYERS[:3])
        or belongs(name, "pymc")
        or belongs(name, "nutpie")
    ]
    assert wrong == []


def test_every_layer_is_there_and_an_import_that_points_up_is_seen(tmp_path, monkeypatch):
    assert all((ROOT / layer.replace(".", "/")).is_dir() for layer in LAYERS)
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / "models" / "late.py"
    path.parent.mkdir()
    path.write_text("def f():\n    from workflow.lib import checking\n")
    assert upward(path, LAYERS) == ["models.late imports workflow.lib.checking"]
    path.write_text("from .blocks import base\nimport workflow.lib.inference.sampling\n")
    assert upward(path, LAYERS) == ["models.late imports workflow.lib.inference.sampling"]
    assert "models.blocks.base" in imports_of(path)
