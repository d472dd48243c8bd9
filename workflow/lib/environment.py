"""The environment variables that the jobs of a run inherit, and those that its user may set.

Set once, when the Snakefile is read: where jobs find the project's modules, where compiled code and fonts are kept (in the
folder `.cache` of the project), where a job that stops leaves word.
"""

import hashlib
import os
import shlex
import sys
from pathlib import Path

from workflow.lib.job import STOPPED_VARIABLE

SOURCES_VARIABLE = "COALITION_TIES_SOURCES"
# Kernels are as fast as at the highest level, since loops are vectorised at each; models compile in four fifths of the time.
OPTIMISATION_LEVEL = "1"
NO_FAST_MATH = "numba__fastmath=False"


def set_environment(root: str | Path, stopped_path: str | Path) -> None:
    """Set the variables for all jobs of the project in `root`; those that stop leave their message in `stopped_path`."""
    root = Path(root).resolve()
    before = os.environ.get("PYTHONPATH", "")
    if str(root) not in before.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), before]))
    os.environ[STOPPED_VARIABLE] = str(stopped_path)
    set_caches(root)


def set_caches(root: str | Path, folder: Path | None = None) -> None:
    """Set the folders of compiled code and of fonts: one for each version of Python, of the packages and of the kernels.

    They are in `folder`, by default `.cache` in the folder of the project.
    """
    root = Path(root).resolve()
    sources = [root / "requirements.lock", *sorted((root / "models" / "kernels").glob("*.py"))]
    contents = b"".join(path.read_bytes() for path in sources if path.is_file())
    version = hashlib.sha256(contents + OPTIMISATION_LEVEL.encode()).hexdigest()[:12]
    cache = (folder or root / ".cache") / f"python{sys.version_info.major}.{sys.version_info.minor}-{version}"
    # No fast math: with it, a function that is loaded from the cache can round otherwise than one that is compiled together with
    # its caller, and draws would depend on which job came first.
    # PyTensor splits its flags as a shell does, at commas, quotes and #: a folder may have them in its name.
    folders = {"base_compiledir": cache / "pytensor", "generated_src_dir": cache / "sources"}
    flags = ",".join(f"{name}={shlex.quote(str(path))}" for name, path in folders.items())
    if NO_FAST_MATH not in os.environ.get("PYTENSOR_FLAGS", ""):
        os.environ["PYTENSOR_FLAGS"] = f"{flags},{NO_FAST_MATH}"
    os.environ["PYTENSORRC"] = os.devnull
    os.environ.setdefault("NUMBA_OPT", OPTIMISATION_LEVEL)
    os.environ.setdefault("MPLCONFIGDIR", str(cache / "matplotlib"))


def sources_folder() -> str:
    """Folder of the sources from which the shipped tables are derived, or an empty text if none was given."""
    return os.environ.get(SOURCES_VARIABLE, "")


def stopped_file() -> Path:
    """File in which jobs that stopped left their messages."""
    return Path(os.environ[STOPPED_VARIABLE])
