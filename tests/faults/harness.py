"""Try a fault on the project as a user meets it, and keep what came of it: one row of docs/faults.md.

A fault ends well in one of two ways: the command does what is right, or it stops with a plain line that names the place.
Ends badly: a traceback, a wait beyond the limit, more lines than faults, or results that differ and say nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/faults.md"
COPIED = (
    *(
        "Snakefile",
        "config.yaml",
        "config",
        "data",
        "environment.yml",
        "examples",
        "models",
        "requirements.lock",
    ),
    *("workflow", "Makefile", "pyproject.toml"),
)
INTRODUCTION = """# Faults that were tried, and what came of them

Made by the harness (`make faults`), which tries each fault on a copy of the project as a user meets it. *Refused*: the
command stops with the line that is printed here, and nothing is written. *Right*: it does what it should. *The same*: the
run, or the next one, ends with the same `effects.csv` and `numbers.json` to the last digit as an undisturbed one (where only
the first is named, only it was compared). A row that ends in a traceback, in silence or in other numbers fails the harness.

| Kind | Fault | What came of it | Seconds |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Said:
    """What a command said, how it ended, how long it took."""

    status: int
    text: str
    seconds: float

    @property
    def last_line(self) -> str:
        lines = [line for line in self.text.splitlines() if line.strip()]
        return lines[-1] if lines else ""


def run(command: list[str], folder: Path, limit: float = 60, **environment: str | None) -> Said:
    """Run a command to its end; variables that are None are taken away."""
    own = (
        "PYTHONPATH",
        "COALITION_TIES_STOPPED",
        "PYTENSOR_FLAGS",
        "PYTENSORRC",
        "MPLCONFIGDIR",
        "NUMBA_OPT",
    )
    given = {name: value for name, value in os.environ.items() if name not in own} | environment
    begun = time.monotonic()
    done = subprocess.run(
        command,
        cwd=folder,
        env={name: value for name, value in given.items() if value is not None},
        text=True,
        encoding="utf-8",
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        timeout=limit,
    )
    assert "Traceback (most recent call last)" not in done.stdout, done.stdout[-3000:]
    return Said(done.returncode, done.stdout, time.monotonic() - begun)


def python(module: str, *arguments: str) -> list[str]:
    """Command line of a module of the project."""
    return [sys.executable, "-m", module, *arguments]


def copy_project(folder: Path) -> Path:
    """A copy of what ships, without results."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, folder / name)
    (folder / "profiles").symlink_to("workflow/profiles")
    return folder


def refused(said: Said, words: str, limit: float) -> str:
    """The one line of a refusal; anything else fails."""
    assert said.status != 0, f"accepted: {said.text[-500:]}"
    assert said.seconds < limit, f"{said.seconds:.1f} s"
    assert words in said.last_line, said.text[-1000:]
    return f"refused: {said.last_line}"


def keep(kind: str, fault: str, outcome: str, seconds: float, folder: Path | None = None) -> None:
    """Write a row into the page, in the place of an earlier one of the same fault."""
    plain = outcome.replace(f"{folder}/", "") if folder else outcome
    plain = re.sub(r"\s+", " ", plain.replace("|", "\\|").replace("<", "&lt;").replace("`", "'"))
    plain = plain if len(plain) <= 220 else plain[:217] + "..."
    rows = page_rows()
    rows[kind, fault] = f"| {kind} | {fault} | {plain} | {seconds:.1f} |"
    PAGE.parent.mkdir(exist_ok=True)
    ordered = sorted(rows.items(), key=lambda item: item[0])
    PAGE.write_text(INTRODUCTION + "\n".join(row for _, row in ordered) + "\n", encoding="utf-8")


def page_rows() -> dict[tuple[str, str], str]:
    """Rows of the page by kind and fault."""
    lines = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else []
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| Kind ")]
    cells = [re.split(r"(?<!\\)\|", row) for row in rows]
    return {(cell[1].strip(), cell[2].strip()): row for cell, row in zip(cells, rows, strict=True)}
