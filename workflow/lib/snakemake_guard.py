"""Run when Snakemake starts in `.venv`, before it reads anything: configurations are data, and caches stay in this folder.

Snakemake reads the files given with `--configfile` before the Snakefile, as templates that can run code. This puts the
project's own reader in the place of that module. The set-up writes the line into `.venv` that runs this file; it imports
nothing but the standard library until a configuration is read.
"""

import os
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READER = "snakemake.common.configfile"


def load_configfile(configpath, filetype="Config"):
    """Content of a configuration, read as data; a fault is one line, and nothing runs."""
    before = set(sys.modules)
    sys.path.insert(0, str(ROOT))
    try:
        from workflow.lib.errors import UserError
        from workflow.lib.settings.yaml_file import read_yaml

        try:
            return read_yaml(configpath)
        except UserError as error:
            hint = "" if Path(configpath).is_file() else order_hint(str(configpath))
            sys.exit(f"{error}{hint}")
    finally:
        # The project that is run may be another than this one: its own modules are imported anew.
        sys.path.remove(str(ROOT))
        for name in set(sys.modules) - before:
            if name.partition(".")[0] == "workflow":
                del sys.modules[name]


def order_hint(name: str) -> str:
    """What to say of a name after `--configfile` that is no file: it may be meant as a target."""
    if name.endswith((".yaml", ".yml", ".json")):
        return ""
    return f"; a target stands before --configfile: snakemake --cores 4 {name} --configfile FILE"


def put_in_place() -> None:
    """Put the project's reader in the place of Snakemake's, and its cache into the project."""
    module = types.ModuleType(READER, __doc__)
    module.load_configfile = module._load_configfile = load_configfile
    sys.modules[READER] = module
    os.environ.setdefault("XDG_CACHE_HOME", str(ROOT / ".cache"))


if any(Path(argument).stem == "snakemake" for argument in sys.orig_argv[1:]):
    put_in_place()
