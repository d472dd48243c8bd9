"""Derive the replication tables from the source extracts, or check that what ships is what is derived.

    python -m workflow.lib.derivation --sources DIR [--output data] [--check]

From the sources' folder (`--sources`, or the environment variable COALITION_TIES_SOURCES) to the tables in `--output`
(default `data`) and those of the peacekeeping example in `--example` (default `examples/peacekeeping/data`, or the folder
`peacekeeping` in `--output` where that is given). Each table is written to a temporary name and renamed when all are
derived, so that a run that fails leaves the old tables as they were. `--check` writes nothing and exits with status 1 if a
shipped table differs, naming file and line.
"""

import argparse
import sys
from pathlib import Path

from workflow.lib.derivation.derive import as_text, derive_all, differences, write_all
from workflow.lib.derivation.peacekeeping import derive_example
from workflow.lib.derivation.sources import VARIABLE, Sources, sources_folder
from workflow.lib.errors import UserError

OUTPUT, EXAMPLE = Path("data"), Path("examples/peacekeeping/data")


def derive_both(folder: Path, output: Path, example: Path) -> dict[Path, dict[str, str]]:
    """Derive the tables of the project and of its example: CSV text by folder and file name."""
    sources = Sources(folder)
    tables = {name: as_text(table) for name, table in derive_example(sources).items()}
    return {output: derive_all(sources), example: tables}


def main(arguments: list[str] | None = None) -> int:
    """Run the command; see the module's docstring. Returns its exit status: 1 for a fault or a difference."""
    parser = argparse.ArgumentParser(
        prog="python -m workflow.lib.derivation", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--sources", help=f"folder of the source extracts (default: {VARIABLE})")
    parser.add_argument("--output", type=Path, help=f"folder of the tables (default: {OUTPUT})")
    parser.add_argument("--example", type=Path, help="folder of the example's tables")
    parser.add_argument("--check", action="store_true", help="compare with what ships; write nothing")
    options = parser.parse_args(arguments)
    output = options.output or OUTPUT
    example = options.example or (output / "peacekeeping" if options.output else EXAMPLE)
    try:
        derived = derive_both(sources_folder(options.sources), output, example)
        if options.check:
            faults = [line for folder, tables in derived.items() for line in differences(tables, folder)]
            number = sum(len(tables) for tables in derived.values())
            print("\n".join(faults) if faults else f"{number} shipped tables equal the derived ones")
            return int(bool(faults))
        for folder, tables in derived.items():
            for path, size in write_all(tables, folder).items():
                print(f"wrote {path} ({size / 1000:.0f} kB)")
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
