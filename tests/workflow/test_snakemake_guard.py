"""Files given with --configfile are read as data before Snakemake looks at them; names that are none are told in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

GUARD = Path(__file__).resolve().parents[2] / "workflow/lib/snakemake_guard.py"
START = (
    "import sys; sys.orig_argv.append('snakemake'); guard = {str(path)!r}; "
    "exec(compile(open(guard).read(), guard, 'exec'), dict(__file__=guard)); "
    "from snakemake.cli import main; main(sys.argv[1:])"
).replace("{str(path)!r}", repr(str(GUARD)))


def start(project, *arguments):
    command = [sys.executable, "-c", START, "-n", "--quiet", "all", *arguments]
    return subprocess.run(
        command, cwd=project.folder, env=project.environment(), capture_output=True, text=True, timeout=120
    )


def test_code_in_an_overlay_is_refused_and_does_not_run(project):
    (project.folder / "evil.yaml").write_text('__use_yte__: true\n? \'?open("ran", "w")\'\n: 1\n')
    result = start(project, "--configfile", "evil.yaml")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        "evil.yaml: line 1: __use_yte__: a configuration is data and runs nothing; remove the key"
    )
    assert not (project.folder / "ran").exists()


@pytest.mark.parametrize("target", ["fits", "data"])
def test_a_target_after_the_files_is_told_where_it_stands(project, target):
    (project.folder / "few.yaml").write_text("fit: [pooled]\n")
    result = start(project, "--configfile", "few.yaml", target)
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert result.stderr.splitlines()[-1].endswith(
        f"a target stands before --configfile: snakemake --cores 4 {target} --configfile FILE"
    )


def test_an_overlay_is_read_with_the_modules_of_the_project_that_is_run(project):
    (project.folder / "few.yaml").write_text("fit: [pooled]\n")
    (project.folder / "workflow/lib/settings/notes.py").write_text(
        "def find_notes(*_):\n    return ['marker']\n"
    )
    result = start(project, "--configfile", "few.yaml")
    assert result.returncode == 0, result.stderr
