"""Which modules of the project a script depends on, found by reading its imports.

Snakemake reruns a job when its script changes, but does not look at what the script imports. The contents of those modules
are therefore a parameter of each rule, and this finds them: it parses, never runs, the script and every module of the project
that it imports, wherever in the file the import stands. Imports by a name that is only known at run time are not seen.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import cache
from pathlib import Path

PACKAGES = ("models", "workflow")


def local_imports(
    script: str | Path, root: str | Path = ".", without: Collection[tuple[str, str]] = ()
) -> list[str]:
    """Files of the project that a script imports, directly or through other files.

    Parameters
    ----------
    script
        The script, by its path below `root`.
    root
        Folder of the project.
    without
        Pairs (importing file, imported file) that are not followed: a module that chooses among others at run time
        imports more than one run of it uses.

    Returns
    -------
    list of str
        Paths below `root`, sorted, without the script itself.
    """
    root = Path(root).resolve()
    start = Path(script).as_posix()
    found: set[str] = set()
    waiting = [start]
    while waiting:
        importing = waiting.pop()
        for imported in _imports_of(importing, root):
            if imported not in found and (importing, imported) not in without:
                found.add(imported)
                waiting.append(imported)
    return sorted(found - {start})


@cache
def _imports_of(file: str, root: Path) -> tuple[str, ...]:
    """Files of the project that one file imports, packages included."""
    tree = ast.parse((root / file).read_text(encoding="utf-8"), filename=file)
    files: dict[str, None] = {}
    for node in ast.walk(tree):
        for name in _imported_names(node, file):
            for imported in _files_of(name, root):
                files[imported] = None
    return tuple(files)


def _imported_names(node: ast.AST, file: str) -> list[str]:
    """Dotted names that a statement may import: modules, and what is taken from them, which may be modules too."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = Path(file).parts[: len(Path(file).parts) - node.level] if node.level else ()
        base = ".".join([*above, *([node.module] if node.module else [])])
        return [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return []


def _files_of(name: str, root: Path) -> list[str]:
    """Files that importing a dotted name runs: the packages on the way and the module itself, if they are ours."""
    parts = name.split(".")
    if parts[0] not in PACKAGES:
        return []
    files = []
    for length in range(1, len(parts) + 1):
        stem = Path(*parts[:length])
        for candidate in (stem / "__init__.py", stem.with_suffix(".py")):
            if (root / candidate).is_file():
                files.append(candidate.as_posix())
                break
    return files
