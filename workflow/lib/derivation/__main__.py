"""Derive the replication tables from the source extracts, or check that what ships is what is derived.

    python -m workflow.lib.derivation --sources DIR [--output data] [--check]

From the sources' folder (`--sources`, or the environment variable COALITION_TIES_SOURCES) to the tables in `--output`.
Each table is written to a temporary name and renamed when all are derived, so that a run that fails leaves the old
tables whole. `--check` writes nothing and exits with status 1 if a shipped table differs, naming file and line.
"""

import argparse
import sys
from pathlib import Path

from workflow.lib.derivation.derive import derive_all, differences, write_all
from workflow.lib.derivation.sources import VARIABLE, sources_folder
from workflow.lib.errors import UserError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; see the module's docstring.

    Returns
    -------
    int
        Exit status: 0 done or equal, 1 a fault or a difference.
    """
    parser = argparse.ArgumentParser(
        prog="python -m workflow.lib.derivation", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--sources", help=f"folder of the source extracts (default: {VARIABLE})")
    parser.add_argument("--output", default="data", help="folder of the tables (default: data)")
    parser.add_argument("--check", action="store_true", help="compare with what ships; write nothing")
    options = parser.parse_args(arguments)
    output = Path(options.output)
    try:
        tables = derive_all(sources_folder(options.sources))
        if options.check:
            faults = differences(tables, output)
            print("\n".join(faults) if faults else f"{len(tables)} tables in {output} equal the derived ones")
            return int(bool(faults))
        for path, size in write_all(tables, output).items():
            print(f"wrote {path} ({size / 1000:.0f} kB)")
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
