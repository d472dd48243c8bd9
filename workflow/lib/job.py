"""What every script of the workflow does around its one function: threads, a log, and errors in one line.

A script is a pure function and one call of `run_job`, which maps `snakemake` to it. Progress goes to the rule's log file
and to the terminal. A `UserError` ends the job with status 1 and its message alone; any other error is a fault of the
program, so its traceback goes to the log and to the terminal, unless the disk, rights or memory are wanting.
"""

import contextlib
import errno
import inspect
import os
import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from workflow.lib.errors import UserError

Log = Callable[[str], None]

# Names the file that collects the messages of jobs that stopped, for the last lines of a run.
STOPPED_VARIABLE = "COALITION_TIES_STOPPED"

FAULTS_OF_DISKS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room on the disk and run again"),
    errno.EROFS: "the folder cannot be written to: choose another for results",
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM), "the file or folder may not be read or written: set its rights"
    ),
    errno.EIO: "the disk does not answer: look at it and run again",
}
LINEAR_ALGEBRA_VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
    "NUMEXPR_NUM_THREADS",
)
COMPILED_CODE_VARIABLES = ("NUMBA_NUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS")


def bound_arguments(
    snakemake: Any, function: Callable[..., object], explicit_names: Collection[str] = ()
) -> dict[str, Any]:
    """Arguments of a function by their names: outputs, inputs, parameters and wildcards of the job, and its threads.

    That the job has nothing of a name which the function asks for is a `ValueError`.
    """
    items: dict[str, Any] = {}
    for source in (snakemake.wildcards, snakemake.params, snakemake.input, snakemake.output):
        items |= _named(source)
    items["threads"] = int(snakemake.threads)
    arguments = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "log" or name in explicit_names:
            continue
        if name in items:
            value = items[name]
            is_list = str(parameter.annotation) == "list[str]" and value is not None
            arguments[name] = [str(item) for item in value] if is_list else value
        elif parameter.default is inspect.Parameter.empty:
            raise ValueError(f"{function.__name__}: the rule has no '{name}'")
    return arguments


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
    with log_file(Path(str(snakemake.log[0]))) as log:
        try:
            function(log=log, **arguments)
        except KeyboardInterrupt:
            log("interrupted; the next run makes this again")
            sys.exit(130)
        except Exception as error:  # whatever a job raises becomes one line for who ran it
            words = _no_fault_of_the_program(error)
            log(words or traceback.format_exc().rstrip())
            fault = f"{type(error).__name__}: {error} (a fault of the program; see {snakemake.log[0]})"
            _remember(words or fault)
            sys.exit(1)


def _no_fault_of_the_program(error: Exception) -> str | None:
    """The message where the user's input, a disk, a right or memory is wanting; else None."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, MemoryError):
        return "memory ran out; close other programs, or give fewer cores (--cores 1), and run again"
    if not isinstance(error, OSError | RuntimeError):
        return None
    number = getattr(error, "errno", None)
    # The library that writes netCDF tells the number only in its text.
    codes = [n for n in FAULTS_OF_DISKS if n == number or f"errno = {n}," in str(error)]
    if not codes:
        return None
    return f"{getattr(error, 'filename', None) or 'results'}: {os.strerror(codes[0])}; {FAULTS_OF_DISKS[codes[0]]}"


def set_threads(threads: int) -> None:
    """Keep compiled code to the threads of a job, and linear algebra to one.

    How a sum is split over threads changes its last digit, and with it every later draw of a chain: results must not
    depend on the number of cores.
    """
    os.environ |= dict.fromkeys(LINEAR_ALGEBRA_VARIABLES, "1") | dict.fromkeys(
        COMPILED_CODE_VARIABLES, str(threads)
    )


@contextlib.contextmanager
def log_file(path: Path) -> Iterator[Log]:
    """A function that writes lines to a file, with the time, and to the terminal, as they come."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", buffering=1) as file:

        def write(text: str) -> None:
            for line in text.splitlines():
                file.write(f"{time.strftime('%H:%M:%S')} {line}\n")
                print(line, file=sys.stderr, flush=True)

        yield write


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
