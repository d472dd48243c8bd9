"""Some 200 faults, tried on the project as a user meets them; writes docs/faults.md. Run with `make faults`."""

import os

import numpy as np
import pytest
import xarray as xr

from tests.data.small_tables import write_tables
from tests.faults import run_time
from tests.faults.configurations import CONFIGURATIONS
from tests.faults.harness import ROOT, copy_project, keep, page_rows, python, refused, run
from tests.faults.tables import TABLES
from workflow.lib.errors import UserError
from workflow.lib.inference.archive import read_tree, write_tree

pytestmark = pytest.mark.faults


def named(cases):
    return pytest.mark.parametrize("case", cases, ids=[case[0] for case in cases])


@named(CONFIGURATIONS)
def test_configuration(case, tmp_path):
    fault, text, words = case
    path = tmp_path / "my.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = run(python("workflow.lib.settings", str(path)), ROOT)
    if words is None:
        assert said.status == 0 and said.seconds < 2, said.text
        outcome = f"right: {said.text.splitlines()[0]}"
    else:
        outcome = refused(said, words, limit=2)
        assert len(said.text.splitlines()) == (20 if "more that are not known" in words else 1), said.text
    keep("configuration", fault, outcome, said.seconds, tmp_path)


@named(TABLES)
def test_table(case, tmp_path):
    fault, name, text, words = case
    write_tables(tmp_path, **{name: text})
    said = run(python("workflow.lib.tables", "--folder", str(tmp_path)), ROOT)
    assert said.status == 1 and said.seconds < 20, said.text
    lines = [line for line in said.text.splitlines() if words in line]
    assert lines, said.text
    keep("table", fault, f"refused: {lines[0]}", said.seconds, tmp_path)


def test_table_that_is_a_pipe(tmp_path):
    write_tables(tmp_path)
    (tmp_path / "states.csv").unlink()
    os.mkfifo(tmp_path / "states.csv")
    said = run(python("workflow.lib.tables", "--folder", str(tmp_path)), ROOT, limit=20)
    keep(
        "table", "a pipe", refused(said, "not a file; expected a CSV table", limit=5), said.seconds, tmp_path
    )


def test_reader_that_goes_away():
    command = f"{' '.join(python('workflow.lib.tables'))} | head -1"
    said = run(["sh", "-c", command], ROOT)
    assert said.status == 0 and "missions" in said.text
    keep("table", "the reader of the summary goes away", f"right: {said.last_line}", said.seconds)


def tree():
    random = np.random.default_rng(1)
    draws = xr.Dataset(
        {
            "slope": (("chain", "draw"), random.normal(size=(2, 50))),
            "count": (("chain", "draw"), random.integers(0, 9, (2, 50))),
            "name": ("state", ["Canada", "Côte d'Ivoire", "NA"]),
        },
        coords={"chain": [0, 1], "draw": np.arange(50), "state": [20, 437, 565]},
        attrs={"settings": '{"seed": 1}'},
    )
    return xr.DataTree.from_dict({"posterior": draws})


def test_archive_with_changed_bytes(tmp_path):
    path = tmp_path / "posterior.nc"
    write_tree(tree(), path)
    content, original = path.read_bytes(), read_tree(path)
    random = np.random.default_rng(3)
    told = same = 0
    for place in random.integers(0, len(content) - 4, 400):
        path.write_bytes(content[:place] + random.bytes(4) + content[place + 4 :])
        try:
            xr.testing.assert_identical(read_tree(path), original)
            same += 1
        except UserError as error:
            assert str(error).startswith(f"{path}: damaged") and "delete it and run again" in str(error)
            told += 1
    assert told + same == 400 and told > 20
    outcome = f"right: of 400 changes of four bytes {told} are told, {same} touched nothing that is read; none gives other values"
    keep("file", "four bytes of an archive changed at random", outcome, 0)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_archive_cut_short(tmp_path, share):
    path = tmp_path / "posterior.nc"
    write_tree(tree(), path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(UserError) as error:
        read_tree(path)
    keep("file", f"an archive cut to {share:.0%}", f"refused: {error.value}", 0, tmp_path)


def test_archive_of_others(tmp_path):
    tree().to_netcdf(tmp_path / "posterior.nc", engine="h5netcdf")
    with pytest.raises(UserError) as error:
        read_tree(tmp_path / "posterior.nc")
    keep("file", "an archive of other making", f"refused: {error.value}", 0, tmp_path)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("started") / "project")


STARTS = [
    (
        "a target after --configfile",
        ["-n", "--configfile", "few.yaml", "fits"],
        "a target stands before --configfile",
    ),
    ("code in an overlay", ["-n", "--configfile", "evil.yaml"], "a configuration is data and runs nothing"),
    ("an overlay that is not there", ["-n", "--configfile", "none.yaml"], "none.yaml: no such file"),
    ("a fault on the command line", ["-n", "--config", "sampler={draws: none}"], "sampler.draws"),
    ("results in a folder with files of others", ["-n", "--config", "results=my"], "holds files that no run"),
]


@named(STARTS)
def test_start(case, project):
    fault, arguments, words = case
    (project / "few.yaml").write_text("fit: [pooled]\n")
    (project / "evil.yaml").write_text('__use_yte__: true\n? \'?open("ran", "w")\'\n: 1\n')
    (project / "my").mkdir(exist_ok=True)
    (project / "my/config.yaml").write_text("seed: 1\n")
    said = run(run_time.snakemake(*arguments), project)
    keep("start", fault, refused(said, words, limit=20), said.seconds, project)
    assert not (project / "ran").exists()


@pytest.mark.parametrize("directory", [False, True], ids=["-s from another folder", "--directory"])
def test_start_elsewhere(directory, project, tmp_path):
    more = ["--directory", str(tmp_path)] if directory else []
    said = run(run_time.snakemake("-n", "-s", str(project / "Snakefile"), *more), tmp_path)
    outcome = refused(said, "run snakemake in the folder of the project", limit=20)
    keep(
        "start",
        "--directory" if directory else "-s from another folder",
        outcome,
        said.seconds,
        project.parent,
    )


@named(run_time.DISTURBANCES)
def test_run_time(case, undisturbed):
    fault, disturb = case
    outcome, seconds = disturb(undisturbed)
    keep("run", fault, outcome, seconds, undisturbed.folder)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    return run_time.Undisturbed(tmp_path_factory.mktemp("run time"))


def test_the_page_has_enough_rows_and_none_is_bad():
    rows = page_rows()
    assert len(rows) >= 120
    assert not [row for row in rows.values() if "Traceback" in row or "silently" in row]
