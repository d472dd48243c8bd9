"""The set-up installs what is locked into this folder, notices what is not as it should be, and touches nothing else.

A stand-in for uv makes an environment of empty packages, and writes down how it was called.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAYS_ITS_VERSION = '#!/bin/sh\necho "${0##*/} 1.0"\n'
UV = f"""#!/bin/sh
echo "$*" >> "$PWD/calls.txt"
case "$1" in
venv) rm -rf .venv; "{sys.executable}" -m venv --without-pip .venv ;;
pip) sleep 0.2; for package in a b c; do mkdir -p .venv/lib/python3.*/site-packages/$package.dist-info; done
     printf '{SAYS_ITS_VERSION.replace(chr(10), "\\n")}' > .venv/bin/snakemake; chmod +x .venv/bin/snakemake ;;
esac
"""


class Folder:
    """A folder with the set-up and the stand-in."""

    def __init__(self, path: Path):
        self.path = path
        (path / "workflow").mkdir(parents=True)
        (path / ".tools/uv/bin").mkdir(parents=True)
        for name in ("requirements.lock", "workflow/set_up.sh", "workflow/set_up.lock"):
            shutil.copy2(ROOT / name, path / name)
        (path / ".tools/uv/bin/uv").write_text(UV)
        (path / ".tools/uv/bin/uv").chmod(0o755)

    def start(self, **environment) -> subprocess.Popen:
        given = {"PATH": os.environ["PATH"], "HOME": str(self.path / "home"), **environment}
        given = {name: value for name, value in given.items() if value is not None}
        return subprocess.Popen(
            ["./workflow/set_up.sh"], cwd=self.path, env=given, text=True, stdout=-1, stderr=subprocess.STDOUT
        )

    def run(self, **environment) -> tuple[int, str]:
        running = self.start(**environment)
        said = running.communicate(timeout=60)[0]
        return running.returncode, said

    def calls(self, word: str) -> int:
        log = self.path / "calls.txt"
        lines = log.read_text().splitlines() if log.exists() else []
        return sum(line.startswith(word) for line in lines)


@pytest.fixture
def folder(tmp_path) -> Folder:
    made = Folder(tmp_path / "a project, with signs")
    status, said = made.run()
    assert status == 0, said
    return made


def test_a_second_set_up_does_nothing(folder):
    assert folder.run() == (0, "")
    assert folder.calls("venv") == folder.calls("pip") == 1


def test_no_home_is_needed(tmp_path):
    status, said = Folder(tmp_path / "project").run(HOME=None)
    assert status == 0, said


def test_a_folder_that_was_moved_is_set_up_again(folder):
    moved = folder.path.with_name("moved")
    folder.path.rename(moved)
    folder.path = moved
    status, said = folder.run()
    assert status == 0 and "this folder was moved or copied: making .venv again" in said
    assert folder.calls("venv") == 2


def test_packages_that_are_gone_are_installed_again_and_further_ones_are_kept(folder):
    site = next((folder.path / ".venv/lib").glob("python3*/site-packages"))
    (site / "of_the_user.dist-info").mkdir()
    assert folder.run() == (0, "")
    for name in ("a", "b"):
        (site / f"{name}.dist-info").rmdir()
    assert folder.run()[0] == 0 and folder.calls("pip") == 2


@pytest.mark.parametrize("what", ["installed.txt", "bin/python"])
def test_a_half_made_environment_is_finished(folder, what):
    (folder.path / ".venv" / what).unlink()
    assert folder.run()[0] == 0 and folder.calls("pip") == 2


def test_a_changed_lock_is_installed(folder):
    with (folder.path / "requirements.lock").open("a") as file:
        file.write("# changed\n")
    assert folder.run()[0] == 0 and folder.calls("pip") == 2


def test_two_set_ups_at_once_do_the_work_once(tmp_path):
    folder = Folder(tmp_path / "project")
    both = [folder.start(), folder.start()]
    said = [running.communicate(timeout=60)[0] for running in both]
    assert [running.returncode for running in both] == [0, 0], said
    assert folder.calls("pip") == 1
    assert not (folder.path / ".tools/running").exists()


def test_the_lock_of_a_set_up_that_was_killed_is_nobodys(tmp_path):
    folder = Folder(tmp_path / "project")
    (folder.path / ".tools/running").mkdir()
    gone = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True).stdout
    (folder.path / ".tools/running/owner").write_text(gone)
    assert folder.run()[0] == 0


def test_everything_that_is_brought_stays_in_the_folder(folder):
    assert not (folder.path / "home").exists()
    text = (ROOT / "workflow/set_up.sh").read_text(encoding="utf-8")
    assert re.search(r'UV_CACHE_DIR="\$\{UV_CACHE_DIR:-\$PWD/\.tools/cache\}"', text)


def test_uv_is_brought_in_one_version_with_hashes():
    lock = (ROOT / "workflow/set_up.lock").read_text(encoding="utf-8")
    assert re.findall(r"^(\S+)==[0-9.]+ ", lock, flags=re.MULTILINE) == ["uv"]
    assert lock.count("--hash=sha256:") >= 10 and "://" not in lock
    assert "--require-hashes" in (ROOT / "workflow/set_up.sh").read_text(encoding="utf-8")


def test_the_environment_starts_snakemake_with_the_guard(folder):
    (folder.path / "workflow/lib").mkdir()
    (folder.path / "workflow/lib/snakemake_guard.py").write_text("print('guard', __file__)\n")
    done = subprocess.run(
        [folder.path / ".venv/bin/python", "-c", ""], capture_output=True, text=True, cwd=folder.path
    )
    assert set(done.stdout.splitlines()) == {f"guard {folder.path}/workflow/lib/snakemake_guard.py"}, (
        done.stderr
    )
