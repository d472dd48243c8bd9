"""What disturbs a run while it works: each disturbance ends in the same numbers, or in a plain line and then in them.

The run is a small one (one model, few draws), in earnest; its numbers are for comparing only.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.harness import Said, copy_project, run

OVERLAY = """
results: results/tiny
fit: [pooled]
data: {controls: [democracy]}
sampler: {chains: 2, tune: 60, draws: 60}
gate: {r_hat: 1.2, ess_bulk: 10, ess_tail: 10, divergences: 1000, bfmi: 0.0}
checks: {held_out_conflicts: [], future_from: null, prior_scales: [2.0], refits: {chains: 2, tune: 20, draws: 20}}
report: {cases: [], main_model: pooled}
paper: {formats: [html]}
"""
FILES = ("effects.csv", "numbers.json")
LIMIT = 600
# Starts Snakemake with the project's guard, as the environment that the set-up makes does.
START = (
    "import sys; sys.orig_argv.append('snakemake'); guard = 'workflow/lib/snakemake_guard.py'; "
    "import os; os.path.isfile(guard) and exec(compile(open(guard).read(), guard, 'exec'), dict(__file__=guard)); "
    "from snakemake.cli import main; main(sys.argv[1:])"
)


def snakemake(*arguments: str) -> list[str]:
    """Command line of Snakemake."""
    return [sys.executable, "-c", START, *arguments]


class Undisturbed:
    """A project, and what a run of it leaves that nothing disturbs."""

    def __init__(self, folder: Path):
        self.folder = copy_project(folder / "project")
        (self.folder / "tiny.yaml").write_text(OVERLAY, encoding="utf-8")
        self.results = self.folder / "results/tiny"
        said = self.run()
        assert said.status == 0, said.text[-3000:]
        self.seconds = said.seconds
        self.wanted = self.found(self.folder)

    def command(self, cores: int = 2, files: tuple[str, ...] = FILES) -> list[str]:
        targets = [f"results/tiny/{name}" for name in files]
        return snakemake("--cores", str(cores), *targets, "--configfile", "tiny.yaml")

    def run(self, cores: int = 2, before: tuple[str, ...] = (), **environment) -> Said:
        return run([*before, *self.command(cores)], self.folder, LIMIT, **environment)

    def start(self) -> subprocess.Popen:
        return subprocess.Popen(
            self.command(),
            cwd=self.folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def found(self, folder: Path, files: tuple[str, ...] = FILES) -> dict[str, bytes]:
        return {name: (folder / "results/tiny" / name).read_bytes() for name in files}

    def forget(self) -> None:
        """Take away what earlier runs left, but for compiled code."""
        for name in ("results", "logs", ".snakemake"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def is_same(self) -> str:
        """Finish what was disturbed, and compare."""
        said = self.run()
        assert said.status == 0, said.text[-3000:]
        assert self.found(self.folder) == self.wanted
        return "the same"


def plain(text: str, words: str) -> str:
    """The last line that holds some words; no traceback before it."""
    assert "Traceback (most recent call last)" not in text, text[-3000:]
    lines = [line.strip() for line in text.splitlines() if words in line]
    assert lines, text[-3000:]
    return lines[-1]


def with_signal(which: signal.Signals, times: int) -> Callable:
    """Stop the whole group of processes at random moments, each time in another run, and finish."""

    def disturb(undisturbed: Undisturbed) -> tuple[str, float]:
        undisturbed.forget()
        moments, begun = random.Random(which.value), time.monotonic()
        stopped = 0
        for _ in range(times):
            running = undisturbed.start()
            time.sleep(moments.uniform(1, 14))
            if running.poll() is None:
                os.killpg(running.pid, which)
                stopped += 1
            text = running.communicate(timeout=LIMIT)[0]
            assert which == signal.SIGKILL or "Traceback (most recent call last)" not in text, text[-3000:]
        assert stopped >= times / 2
        return f"{undisturbed.is_same()}, after {stopped} stops", time.monotonic() - begun

    return disturb


def under(cores: int = 2, before: tuple[str, ...] = (), **environment) -> Callable:
    """A run under other circumstances leaves the same."""

    def disturb(undisturbed: Undisturbed) -> tuple[str, float]:
        undisturbed.forget()
        said = undisturbed.run(cores, before, **environment)
        assert said.status == 0, said.text[-3000:]
        assert undisturbed.found(undisturbed.folder) == undisturbed.wanted
        return "the same", said.seconds

    return disturb


def elsewhere(name: str) -> Callable:
    """A project in a folder of another name leaves the same."""

    def disturb(undisturbed: Undisturbed) -> tuple[str, float]:
        folder = copy_project(undisturbed.folder.parent / name)
        (folder / "tiny.yaml").write_text(OVERLAY, encoding="utf-8")
        said = run(undisturbed.command(files=FILES[:1]), folder, LIMIT)
        assert said.status == 0, said.text[-3000:]
        assert undisturbed.found(folder, FILES[:1]) == {"effects.csv": undisturbed.wanted["effects.csv"]}
        compiled = [
            path for path in folder.parent.rglob("pytensor") if path.parent.name.startswith("python3")
        ]
        assert all(undisturbed.folder in path.parents or folder in path.parents for path in compiled)
        shutil.rmtree(folder)
        return "the same effects.csv; compiled code stays in the folder", said.seconds

    return disturb


def twice_at_once(undisturbed: Undisturbed) -> tuple[str, float]:
    undisturbed.forget()
    begun = time.monotonic()
    first = undisturbed.start()
    while not (undisturbed.folder / ".snakemake/run.lock").exists() and first.poll() is None:
        time.sleep(0.1)
    second = undisturbed.run()
    line = plain(second.text, "another run is at work in this folder")
    first.communicate(timeout=LIMIT)
    assert second.status == 1 and first.returncode == 0
    return f"the second refused: {line}; {undisturbed.is_same()}", time.monotonic() - begun


def results_taken_away(undisturbed: Undisturbed) -> tuple[str, float]:
    undisturbed.forget()
    begun = time.monotonic()
    running = undisturbed.start()
    while not (undisturbed.results / "pooled/posterior.nc").exists() and running.poll() is None:
        time.sleep(0.1)
    shutil.rmtree(undisturbed.folder / "results", ignore_errors=True)
    text = running.communicate(timeout=LIMIT)[0]
    assert "Traceback (most recent call last)" not in text, text[-3000:]
    return f"the run stops; the next one: {undisturbed.is_same()}", time.monotonic() - begun


def clock_set_back(undisturbed: Undisturbed) -> tuple[str, float]:
    undisturbed.is_same()
    path = undisturbed.results / "data/analysis.nc"
    kept = path.stat().st_mtime
    os.utime(path, (kept + 1e6, kept + 1e6))
    said = undisturbed.run()
    os.utime(path, (kept, kept))
    return f"refused: {plain(said.text, 'is of the future')}; {undisturbed.is_same()}", said.seconds


def mounted(options: list[str], words: str) -> Callable:
    """Results on a disk that is full or cannot be written to."""

    def disturb(undisturbed: Undisturbed) -> tuple[str, float]:
        undisturbed.forget()
        undisturbed.results.mkdir(parents=True)
        begun = time.monotonic()
        if subprocess.run(["mount", *options, str(undisturbed.results)], capture_output=True).returncode:
            pytest.skip("no right to mount")
        try:
            said = undisturbed.run()
        finally:
            subprocess.run(["umount", str(undisturbed.results)], check=True)
        assert said.status == 1
        line = plain(said.text, words)
        return f"refused: {line}; then {undisturbed.is_same()}", time.monotonic() - begun

    return disturb


def little_memory(undisturbed: Undisturbed) -> tuple[str, float]:
    if shutil.which("prlimit") is None:
        pytest.skip("no prlimit")
    undisturbed.forget()
    said = undisturbed.run(before=("prlimit", "--as=900000000"))
    assert said.status == 1
    return f"refused: {plain(said.text, 'memory ran out')}; then {undisturbed.is_same()}", said.seconds


def damaged_posterior(undisturbed: Undisturbed) -> tuple[str, float]:
    undisturbed.is_same()
    path = undisturbed.results / "pooled/posterior.nc"
    path.write_bytes(path.read_bytes()[:5000])
    said = undisturbed.run()
    line = plain(said.text, "posterior.nc: damaged, cut short")
    path.unlink()
    return f"refused: {line}; then {undisturbed.is_same()}", said.seconds


def older_table(undisturbed: Undisturbed) -> tuple[str, float]:
    undisturbed.is_same()
    path = undisturbed.folder / "data/states.csv"
    kept, date = path.read_text(encoding="utf-8"), path.stat().st_mtime
    lines = kept.splitlines(keepends=True)
    path.write_text("".join([*lines[:-1], lines[-1].rstrip("\n"), "\n\n"]), encoding="utf-8")
    os.utime(path, (1e9, 1e9))
    said = run([*undisturbed.command(), "-n"], undisturbed.folder)
    path.write_text(kept, encoding="utf-8")
    os.utime(path, (date, date))
    assert "prepare_data" in said.text and "Nothing to be done" not in said.text
    return "right: the data are prepared again", said.seconds


def touched_files(undisturbed: Undisturbed) -> tuple[str, float]:
    undisturbed.is_same()
    for pattern in ("data/*.csv", "workflow/scripts/*.py", "models/*.py", "workflow/lib/**/*.py"):
        for path in undisturbed.folder.glob(pattern):
            path.touch()
    said = run([*undisturbed.command(), "-n"], undisturbed.folder)
    assert "Nothing to be done" in said.text, said.text[-2000:]
    return "right: nothing is run again", said.seconds


DISTURBANCES: list[tuple[str, Callable]] = [
    ("kill -9 of all processes at ten random moments", with_signal(signal.SIGKILL, 10)),
    ("SIGINT, as by Ctrl-C, at two random moments", with_signal(signal.SIGINT, 2)),
    ("SIGTERM at two random moments", with_signal(signal.SIGTERM, 2)),
    ("the disk is full", mounted(["-t", "tmpfs", "-o", "size=40k", "tmpfs"], "No space left on device")),
    (
        "results on a disk that cannot be written to",
        mounted(["-t", "tmpfs", "-o", "ro", "tmpfs"], "Read-only file"),
    ),
    ("memory of 0.9 GB", little_memory),
    ("a second run in the same folder", twice_at_once),
    ("results taken away between two stages", results_taken_away),
    ("the clock is set back", clock_set_back),
    ("a posterior cut short", damaged_posterior),
    ("a changed table with an older date", older_table),
    ("every table, script and module touched", touched_files),
    ("one core", under(cores=1)),
    ("four cores", under(cores=4)),
    ("no network", under(before=("unshare", "-n"))),
    ("LANG=C, LC_ALL=C", under(LANG="C", LC_ALL="C")),
    ("no HOME", under(HOME=None)),
    (
        "single precision and fast math in PYTENSOR_FLAGS",
        under(PYTENSOR_FLAGS="floatX=float32,numba__fastmath=True"),
    ),
    ("seven threads of linear algebra asked for", under(OMP_NUM_THREADS="7", OPENBLAS_NUM_THREADS="7")),
    ("spaces and umlauts in the path", elsewhere("Über uns, zwei")),
    ("commas, quotes and # in the path", elsewhere('Poast\'s, "Henke" #2 $x')),
]
