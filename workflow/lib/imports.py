"""Which modules of the project a script depends on, found by reading its imports.

Snakemake reruns a job when its script changes, but does not look at what the script imports. The contents of those modules
are therefore a parameter of each rule, and this finds them: it parses, never runs, the script and every module of the project
that it imports, wherever in the file the import stands. Imports by a name that is only known at run time are not seen.
"""

import ast
from functools import cache
from pathlib import Path

PACKAGES = ("models", "workflow")


def local_imports(script: str | Path, root: str | Path = ".") -> list[str]:
    """Files of the project that a script imports, directly or through other files.

    All paths are those below `root`, the folder of the project; sorted, without the script itself.
    """
    root = Path(root).resolve()
    start = Path(script).as_posix()
    files: set[str] = set()
    waiting = [start]
    while waiting:
        new = _imports_of(waiting.pop(), root) - files
        files |= new
        waiting.extend(new)
    return sorted(files - {start})


@cache
def _imports_of(file: str, root: Path) -> frozenset[str]:
    """Files of the project that one file imports, packages included."""
    tree = ast.parse((root / file).read_text(encoding="utf-8"), filename=file)
    names = {name for node in ast.walk(tree) for name in _imported_names(node, file)}
    return frozenset(imported for name in names for imported in _files_of(name, root))


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
    stems = [Path(*parts[:length]) for length in range(1, len(parts) + 1)]
    candidates = [path for stem in stems for path in (stem / "__init__.py", stem.with_suffix(".py"))]
    return [path.as_posix() for path in candidates if (root / path).is_file()]
