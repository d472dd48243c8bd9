"""The environment variables that the jobs of a run inherit, and those that its user may set.

Set once, when the Snakefile is read: where jobs find the project's modules, where compiled code and fonts are kept (in the
folder `.cache` of the project, apart for each version of Python and each lock file), where a job that stops leaves word.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from workflow.lib.job import STOPPED_VARIABLE

SOURCES_VARIABLE = "COALITION_TIES_SOURCES"


def set_environment(root: str | Path, stopped_path: str | Path) -> None:
    """Set the variables for all jobs.

    Parameters
    ----------
    root
        Folder of the project.
    stopped_path
        File in which jobs that stop leave their message.
    """
    root = Path(root).resolve()
    before = os.environ.get("PYTHONPATH", "")
    if str(root) not in before.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), before]))
    os.environ[STOPPED_VARIABLE] = str(stopped_path)
    set_caches(root)


def set_caches(root: str | Path) -> None:
    """Set the folders of compiled code and of fonts; machine code is not kept from one job to the next."""
    root = Path(root).resolve()
    lock = root / "requirements.lock"
    packages = hashlib.sha256(lock.read_bytes() if lock.is_file() else b"").hexdigest()[:12]
    cache = root / ".cache" / f"python{sys.version_info.major}.{sys.version_info.minor}-{packages}"
    # Compiled code is not taken from one job to the next: a function loaded from a cache is optimised apart from its caller,
    # rounds otherwise than one compiled with it, and chains drift apart. Draws would depend on which job came first.
    os.environ.setdefault("PYTENSOR_FLAGS", f"base_compiledir={cache / 'pytensor'},numba__cache=False")
    os.environ.setdefault("MPLCONFIGDIR", str(cache / "matplotlib"))


def sources_folder() -> str:
    """Folder of the sources from which the shipped tables are derived, or an empty text if none was given."""
    return os.environ.get(SOURCES_VARIABLE, "")


def stopped_file() -> Path:
    """File in which jobs that stopped left their messages."""
    return Path(os.environ[STOPPED_VARIABLE])
