"""What every script of the workflow does around its one function: threads, a log, and errors in one line.

A script is a pure function and one call of `run_job`, which maps `snakemake` to it. Progress goes to the rule's log file
and to the terminal. A `UserError` ends the job with status 1 and its message alone; any other error is a fault of the
program, so its traceback goes to the log and to the terminal, unless the disk, rights or memory are wanting.
"""

from __future__ import annotations

import contextlib
import errno
import inspect
import os
import sys
import time
import traceback
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from workflow.lib.errors import UserError

Log = Callable[[str], None]

# Names the file that collects the messages of jobs that stopped, for the last lines of a run.
STOPPED_VARIABLE = "COALITION_TIES_STOPPED"

FAULTS_OF_DISKS = {
    errno.ENOSPC: "make room on the disk and run again",
    errno.EDQUOT: "make room on the disk and run again",
    errno.EROFS: "the folder cannot be written to: choose another for results",
    errno.EACCES: "the file or folder may not be read or written: set its rights",
    errno.EPERM: "the file or folder may not be read or written: set its rights",
    errno.EIO: "the disk does not answer: look at it and run again",
}

LINEAR_ALGEBRA_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def bound_arguments(
    snakemake: Any, function: Callable[..., object], given: Collection[str] = ()
) -> dict[str, Any]:
    """Arguments of a function by their names: outputs, inputs, parameters and wildcards of the job, and its threads.

    Raises
    ------
    ValueError
        The job has nothing of a name that the function asks for.
    """
    sources = [
        _named(of) for of in (snakemake.output, snakemake.input, snakemake.params, snakemake.wildcards)
    ]
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        holders = [of for of in sources if name in of]
        if name == "log" or name in given:
            continue
        if name == "threads":
            found[name] = int(snakemake.threads)
        elif holders:
            value = holders[0][name]
            is_list = str(parameter.annotation) == "list[str]" and value is not None
            found[name] = [str(item) for item in value] if is_list else value
        elif parameter.default is inspect.Parameter.empty:
            raise ValueError(f"{function.__name__}: the rule has no '{name}'")
    return found


def _named(items: Any) -> dict[str, Any]:
    """Named items of a job; files as texts."""
    pairs = dict(items.items()) if hasattr(items, "items") else {}
    return {name: str(value) if isinstance(value, str) else value for name, value in pairs.items()}


def run_job(snakemake: Any, function: Callable[..., object], **arguments: Any) -> None:
    """Call the function of a script as one job of the workflow; its arguments are bound by name, see `bound_arguments`.

    Parameters
    ----------
    snakemake
        The object that Snakemake gives to a script: its `threads` and its `log` are used.
    function
        The work; it takes the keyword arguments and `log`, a function that takes a line of progress. It imports what is
        heavy itself, because the number of threads must be set before.
    **arguments
        Keyword arguments of the function, where they are not those of the rule's names.
    """
    set_threads(int(snakemake.threads))
    arguments = {**bound_arguments(snakemake, function, arguments), **arguments}
    with LogFile(Path(str(snakemake.log[0]))) as log:
        try:
            function(log=log, **arguments)
        except UserError as error:
            log(str(error))
            _remember(str(error))
            sys.exit(1)
        except KeyboardInterrupt:
            log("interrupted; the next run makes this again")
            sys.exit(130)
        except Exception as error:
            if words := _fault_of_the_machine(error):
                log(words)
                _remember(words)
                sys.exit(1)
            log(traceback.format_exc().rstrip())
            _remember(f"{type(error).__name__}: {error} (a fault of the program; see {snakemake.log[0]})")
            sys.exit(1)


def _fault_of_the_machine(error: Exception) -> str | None:
    """One line where a disk, a right or memory is wanting, and the program is not to blame; else None."""
    if isinstance(error, MemoryError):
        return "memory ran out; close other programs, or give fewer cores (--cores 1), and run again"
    if not isinstance(error, OSError | RuntimeError):
        return None
    number = getattr(error, "errno", None)
    # The library that writes netCDF tells the number only in its text.
    found = [n for n in FAULTS_OF_DISKS if n == number or f"errno = {n}," in str(error)]
    if not found:
        return None
    return f"{getattr(error, 'filename', None) or 'results'}: {os.strerror(found[0])}; {FAULTS_OF_DISKS[found[0]]}"


def set_threads(threads: int) -> None:
    """Give the threads of a job to its chains; linear algebra keeps to one.

    How a sum is split over threads changes its last digit, and with it every later draw of a chain: results must not
    depend on the number of cores.
    """
    for variable in LINEAR_ALGEBRA_VARIABLES:
        os.environ[variable] = "1"
    os.environ["NUMBA_NUM_THREADS"] = str(threads)
    os.environ["RAYON_NUM_THREADS"] = str(threads)
    os.environ["POLARS_MAX_THREADS"] = str(threads)


class LogFile:
    """A function that writes lines to a file, with the time, and to the terminal, as they come."""

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self) -> Log:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("w", encoding="utf-8", buffering=1)
        return self._write

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _write(self, text: str) -> None:
        for line in text.splitlines():
            self._file.write(f"{time.strftime('%H:%M:%S')} {line}\n")
            print(line, file=sys.stderr, flush=True)


def _remember(message: str) -> None:
    path = os.environ.get(STOPPED_VARIABLE)
    if path:
        with contextlib.suppress(OSError), Path(path).open("a", encoding="utf-8") as file:
            file.write(message + "\n")


def write_text(text: str, path: str | Path) -> None:
    """Write a text file under a temporary name beside its own and rename it: it is there whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
