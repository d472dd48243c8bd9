"""The folder of results: only one that is new, empty, or was made by this project is written to.

A run marks the folders that it makes with a file; without that mark a folder with files in it belongs to somebody.
"""

import time
from base64 import urlsafe_b64encode
from pathlib import Path

MARKER = ".made_by_coalition_ties"
MOST_SECONDS_AHEAD = 60
MARKER_TEXT = "A run of coalition-ties made this folder and writes over its files.\n"
# What stands in the folder of the project: a folder of results never is one of these, nor inside one.
OWN_FOLDERS = (
    *("benchmarks", "config", "data", "docs", "examples", "logs", "models", "profiles", "tests", "workflow"),
)
# Where Snakemake keeps how each file was made, and which files are half made.
RECORDS = (".snakemake/metadata", ".snakemake/incomplete")


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
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    fault = f"holds files that no run of this version made ({shown}); move them away, or give a new folder"
    return fault if names else None


def mark_folder(results: str, root: Path) -> None:
    """Make the folder of results, and mark it and the new or empty folders on the way to it."""
    folder = root
    for part in Path(results).parts:
        folder = folder / part
        folder.mkdir(exist_ok=True)
        if not any(folder.iterdir()):
            (folder / MARKER).write_text(MARKER_TEXT, encoding="utf-8")


def record_fault(results: str, root: Path) -> str | None:
    """Why what is in a folder of results cannot be told from what a run would make now; None if it can.

    Without the record of how files were made, and with files of the future, a change would go unnoticed.
    """
    files = [path for path in (root / results).rglob("*") if path.is_file() and not path.name.startswith(".")]
    if not files:
        return None
    names = [urlsafe_b64encode(str(path.relative_to(root)).encode()).decode() for path in files]
    if not any((root / folder / name).exists() for folder in RECORDS for name in names):
        return (
            f"{results} has files, but the record of how they were made (.snakemake) is not here: they are of another "
            "folder or version; bring the record too, or take the folder away"
        )
    newest = max(files, key=lambda path: path.stat().st_mtime)
    if newest.stat().st_mtime > time.time() + MOST_SECONDS_AHEAD:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(newest.stat().st_mtime))
        return f"{newest} is of the future ({when}): set the clock right, or take the folder away"
    return None
