"""The folder of results: only one that is new, empty, or was made by this project is written to.

A run marks the folders that it makes with a file; without that mark a folder with files in it belongs to somebody.
"""

from __future__ import annotations

from pathlib import Path

MARKER = ".made_by_coalition_ties"
MARKER_TEXT = "A run of coalition-ties made this folder and writes over its files.\n"
# What stands in the folder of the project: a folder of results never is one of these, nor inside one.
OWN_FOLDERS = (
    *("benchmarks", "config", "data", "docs", "examples", "logs", "models", "profiles", "tests", "workflow"),
)


def folder_fault(results: str, root: Path) -> str | None:
    """Why a folder cannot take results, in words that follow its name; None if it can."""
    root = root.resolve()
    folder = root / results
    try:
        inside = folder.resolve().relative_to(root)
    except ValueError:
        inside = None
    if inside is not None:
        first = (inside.parts or (".",))[0].lower()
        if first in OWN_FOLDERS or first.startswith("."):
            return f"belongs to the project ({first}); give a new folder, such as results/second"
    for step in [folder, *folder.parents]:
        if step == root:
            break
        if not step.is_dir() and (step.exists() or step.is_symlink()):
            what = "a file" if step.exists() else "a link that leads nowhere"
            return f"leads over {step.relative_to(root)}, {what}; give a new folder, such as results/second"
    return _foreign_files(folder)


def _foreign_files(folder: Path) -> str | None:
    if not folder.is_dir() or (folder / MARKER).is_file():
        return None
    names = sorted(path.name for path in folder.iterdir())
    if not names:
        return None
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"holds files that no run of this version made ({shown}); move them away, or give a new folder"


def mark_folder(results: str, root: Path) -> None:
    """Make the folder of results, and mark it and the new or empty folders on the way to it."""
    folder = root
    for part in Path(results).parts:
        folder = folder / part
        folder.mkdir(exist_ok=True)
        if not any(folder.iterdir()):
            (folder / MARKER).write_text(MARKER_TEXT, encoding="utf-8")
