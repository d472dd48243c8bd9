"""What surrounds the function of every script: log, errors in one line, files whole or not at all."""

import errno
import os
from types import SimpleNamespace

import pytest

from workflow.lib.environment import set_environment
from workflow.lib.errors import UserError
from workflow.lib.job import LINEAR_ALGEBRA_VARIABLES, bound_arguments, run_job, write_text


@pytest.fixture
def job(tmp_path, monkeypatch):
    for variable in (
        *LINEAR_ALGEBRA_VARIABLES,
        "NUMBA_NUM_THREADS",
        "RAYON_NUM_THREADS",
        "POLARS_MAX_THREADS",
    ):
        monkeypatch.setenv(variable, "0")
    monkeypatch.setenv("COALITION_TIES_STOPPED", str(tmp_path / "stopped.txt"))
    return job_of(log=[str(tmp_path / "logs" / "job.log")])


class Named(list):
    """Items with names, as Snakemake gives them to a script."""

    def __init__(self, **items):
        super().__init__(items.values())
        self.items = items.items


class File(str):
    """A path with marks on it, as Snakemake keeps it."""


def job_of(output=None, input=None, params=None, wildcards=None, log=()):
    named = (Named(**(items or {})) for items in (output, input, params, wildcards))
    return SimpleNamespace(
        **dict(zip(("output", "input", "params", "wildcards"), named, strict=True)), threads=3, log=list(log)
    )


def test_progress_goes_to_the_log_and_the_terminal(job, tmp_path, capsys):
    run_job(job, lambda log, times: [log("step") for _ in range(times)], times=2)
    assert capsys.readouterr().err == "step\nstep\n"
    lines = (tmp_path / "logs" / "job.log").read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["step", "step"]


def test_arguments_are_bound_by_the_names_of_outputs_inputs_parameters_and_wildcards():
    def work(model, terms, analysis, gates: list[str], threads, table, log, seed=1, factor=2):
        pass

    job = job_of(
        output={"table": File("results/table.csv")},
        input={
            "analysis": File("analysis.nc"),
            "gates": Named(a=File("a.json"), b=File("b.json")),
            "code": "x",
        },
        params={"terms": {"regressors": ["ties"]}, "seed": 7, "unused": 0},
        wildcards={"model": "cut"},
    )
    found = bound_arguments(job, work)
    assert found == {
        "model": "cut",
        "terms": {"regressors": ["ties"]},
        "analysis": "analysis.nc",
        "gates": ["a.json", "b.json"],
        "threads": 3,
        "table": "results/table.csv",
        "seed": 7,
    }
    files = [found["table"], found["analysis"], *found["gates"]]
    assert {type(file) for file in files} == {str}
    assert type(found["gates"]) is list


def test_an_argument_that_the_rule_does_not_have_is_an_error_that_names_it():
    def work(analysis, other, log):
        pass

    job = job_of(input={"analysis": "analysis.nc"})
    with pytest.raises(ValueError, match="work: the rule has no 'other'"):
        bound_arguments(job, work)
    assert bound_arguments(job, work, explicit_names=["other"]) == {"analysis": "analysis.nc"}


def test_a_parameter_that_is_none_stays_none_and_no_files_are_an_empty_list():
    def work(main, files: list[str], names: list[str], log):
        pass

    job = job_of(params={"main": None, "names": None}, input={"files": Named()})
    assert bound_arguments(job, work) == {"main": None, "files": [], "names": None}


def test_fault_of_the_user_is_one_line_and_status_1(job, tmp_path, capsys):
    def work(log):
        raise UserError("data/missions.csv: row 3: twice")

    with pytest.raises(SystemExit) as stop:
        run_job(job, work)
    assert stop.value.code == 1
    assert capsys.readouterr().err == "data/missions.csv: row 3: twice\n"
    assert (tmp_path / "stopped.txt").read_text() == "data/missions.csv: row 3: twice\n"


def test_fault_of_the_program_shows_where_it_is(job, tmp_path):
    def work(log):
        raise KeyError("x")

    with pytest.raises(SystemExit):
        run_job(job, work)
    assert "Traceback" in (tmp_path / "logs" / "job.log").read_text()
    assert "a fault of the program" in (tmp_path / "stopped.txt").read_text()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            OSError(errno.ENOSPC, "full", "results/x.nc"),
            "results/x.nc: No space left on device; make room on the disk",
        ),
        (
            OSError("write failed (errno = 28, error message = 'No space')"),
            "results: No space left on device",
        ),
        (
            PermissionError(errno.EACCES, "no", "results"),
            "results: Permission denied; the file or folder may not",
        ),
        (
            OSError(errno.EROFS, "no", "results"),
            "results: Read-only file system; the folder cannot be written to",
        ),
        (MemoryError(), "memory ran out; close other programs, or give fewer cores"),
    ],
)
def test_fault_of_the_machine_is_one_line(job, tmp_path, capsys, error, line):
    def work(log):
        raise error

    with pytest.raises(SystemExit) as stop:
        run_job(job, work)
    printed = capsys.readouterr().err
    assert stop.value.code == 1
    assert printed.startswith(line) and printed.count("\n") == 1
    assert (tmp_path / "stopped.txt").read_text() == printed


def test_interrupted_job_is_no_fault_of_the_program(job, capsys):
    def work(log):
        raise KeyboardInterrupt

    with pytest.raises(SystemExit):
        run_job(job, work)
    assert capsys.readouterr().err == "interrupted; the next run makes this again\n"


def test_compiled_code_keeps_to_the_threads_and_linear_algebra_to_one(job):
    seen = {}
    run_job(job, lambda log: seen.update(os.environ))
    assert {seen[variable] for variable in LINEAR_ALGEBRA_VARIABLES} == {"1"}
    assert seen["RAYON_NUM_THREADS"] == seen["NUMBA_NUM_THREADS"] == "3"


def test_text_appears_under_its_name_only_when_whole(tmp_path):
    write_text("all", tmp_path / "folder" / "file.txt")
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["file.txt"]
    assert (tmp_path / "folder" / "file.txt").read_text() == "all"


def test_text_that_cannot_be_written_leaves_no_part(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        write_text("half \ud800", tmp_path / "file.txt")
    assert list(tmp_path.iterdir()) == []


def test_compiled_code_of_other_kernels_is_not_taken(tmp_path, monkeypatch):
    """PyTensor does not see that a kernel has changed."""
    kernels = tmp_path / "models" / "kernels" / "path.py"
    kernels.parent.mkdir(parents=True)
    folders = set()
    for text in ("one", "another"):
        kernels.write_text(text)
        for name in ("PYTENSOR_FLAGS", "MPLCONFIGDIR", "COALITION_TIES_STOPPED", "PYTHONPATH"):
            monkeypatch.setenv(name, "")
            monkeypatch.delenv(name)
        set_environment(tmp_path, tmp_path / "stopped")
        folders.add(os.environ["PYTENSOR_FLAGS"])
    assert len(folders) == 2
