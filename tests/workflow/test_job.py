"""What surrounds the function of every script: log, errors in one line, files whole or not at all."""

import os
from types import SimpleNamespace

import pytest

from workflow.lib.environment import set_environment
from workflow.lib.errors import UserError
from workflow.lib.job import LINEAR_ALGEBRA_VARIABLES, run_job, write_text


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
    return SimpleNamespace(threads=3, log=[str(tmp_path / "logs" / "job.log")])


def test_progress_goes_to_the_log_and_the_terminal(job, tmp_path, capsys):
    run_job(job, lambda log, times: [log("step") for _ in range(times)], times=2)
    assert capsys.readouterr().err == "step\nstep\n"
    lines = (tmp_path / "logs" / "job.log").read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["step", "step"]


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


def test_chains_take_the_threads_and_linear_algebra_takes_one(job):
    seen = {}
    run_job(job, lambda log: seen.update(os.environ))
    assert {seen[variable] for variable in LINEAR_ALGEBRA_VARIABLES} == {"1"}
    assert seen["RAYON_NUM_THREADS"] == seen["NUMBA_NUM_THREADS"] == "3"


def test_text_appears_under_its_name_only_when_whole(tmp_path):
    write_text("all", tmp_path / "folder" / "file.txt")
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["file.txt"]
    assert (tmp_path / "folder" / "file.txt").read_text() == "all"


def test_compiled_code_of_other_kernels_is_not_taken(tmp_path, monkeypatch):
    """PyTensor does not see that a kernel has changed."""
    kernels = tmp_path / "models" / "engine" / "kernels.py"
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
