"""Derive every table that ships, compare it with what ships, and write it whole or not at all.

From the sources' folder to texts of CSV tables by their path in the project; `write_all` puts them in place.
Faults of the sources are `UserError`s of the reader.
"""

from itertools import zip_longest
from pathlib import Path

import pandas as pd

from workflow.lib.derivation.codebook import derive_codebook
from workflow.lib.derivation.distances import derive_distances
from workflow.lib.derivation.missions import derive_missions
from workflow.lib.derivation.participation import derive_excluded, derive_participation
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.states import derive_states, format_states
from workflow.lib.errors import UserError

# Facts on record, against which a measure is tested, and texts of cases: they ship as they are. Name of the table -> name of
# the file beside the sources' folder.
FACTS = {
    "known_groups.csv": "known_groups.csv",
    "known_orderings.csv": "known_orderings_a.csv",
    "known_turning_points.csv": "turning_points_a.csv",
    "cases.csv": "cases.csv",
}


def as_text(table: pd.DataFrame) -> str:
    """One table as CSV text with Unix line ends; missing is empty."""
    return table.to_csv(index=False, lineterminator="\n", na_rep="")


def derive_all(sources: Sources) -> dict[str, str]:
    """Derive all tables: CSV text by file name."""
    missions = derive_missions(sources)
    states = derive_states(sources, missions)
    return {
        "missions.csv": as_text(missions),
        "participation.csv": as_text(derive_participation(sources)),
        "participation_excluded.csv": as_text(derive_excluded(sources)),
        "states.csv": as_text(format_states(states)),
        "codebook.csv": as_text(derive_codebook(states)),
        "distances.csv": as_text(derive_distances(sources, missions)),
        **{name: sources.path_of_compiled(file).read_text(encoding="utf-8") for name, file in FACTS.items()},
    }


def write_all(tables: dict[str, str], output: Path) -> dict[str, int]:
    """Write all tables, each to a temporary name first; rename when all are written. Returns sizes in bytes by path."""
    written = {}
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in tables.items():
            (output / f".{name}.partial").write_bytes(text.encode())
        for name, text in tables.items():
            (output / f".{name}.partial").replace(output / name)
            written[str(output / name)] = len(text.encode())
    except OSError as error:
        raise UserError(
            f"derivation: cannot write to {output}: {error.strerror}; give another folder with --output"
        ) from None
    finally:
        for name in tables:
            (output / f".{name}.partial").unlink(missing_ok=True)
    return written


def differences(tables: dict[str, str], output: Path) -> list[str]:
    """A line for each table that is not as shipped: file, first line that differs, what ships, what is derived."""
    faults = []
    for name, derived in tables.items():
        path = output / name
        if not path.is_file():
            faults.append(f"{path}: absent; the derivation makes it")
            continue
        shipped = path.read_bytes().decode()
        if shipped == derived:
            continue
        pairs = zip_longest(shipped.splitlines(), derived.splitlines(), fillvalue="nothing")
        line, (ships, makes) = next((i, pair) for i, pair in enumerate(pairs) if pair[0] != pair[1])
        faults.append(f"{path}, line {line + 1}: ships {ships[:120]!r}, derived {makes[:120]!r}")
    return faults
