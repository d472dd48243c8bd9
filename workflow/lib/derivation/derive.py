"""Derive every table that ships, compare it with what ships, and write it whole or not at all.

From the sources' folder to texts of CSV tables by their path in the project; `write_all` puts them in place.
Faults of the sources are `UserError`s of the reader.
"""

from pathlib import Path

import pandas as pd

from workflow.lib.derivation.codebook import derive_codebook
from workflow.lib.derivation.distances import derive_distances
from workflow.lib.derivation.evidence import extracts_folder
from workflow.lib.derivation.missions import derive_missions
from workflow.lib.derivation.participation import derive_excluded, derive_participation
from workflow.lib.derivation.sources import Sources
from workflow.lib.derivation.states import derive_states, format_states
from workflow.lib.errors import UserError

# Facts on record that ship as they are: name of the table -> name of the file beside the sources' folder.
FACTS = {
    "known_groups.csv": "known_groups.csv",
    "known_orderings.csv": "known_orderings_a.csv",
    "known_turning_points.csv": "turning_points_a.csv",
    "cases.csv": "cases.csv",
}


def known_facts(folder: Path) -> dict[str, str]:
    """Facts against which a measure is tested, and the texts of cases, as they are.

    Raises
    ------
    UserError
        If a file is absent.
    """
    texts = {}
    for name, file in FACTS.items():
        try:
            texts[name] = (folder / file).read_text(encoding="utf-8")
        except OSError:
            raise UserError(
                f"derivation: {file} is not in {folder}; expected it beside the sources"
            ) from None
    return texts


def as_text(table: pd.DataFrame) -> str:
    """One table as CSV text with Unix line ends; missing is empty."""
    return table.to_csv(index=False, lineterminator="\n", na_rep="")


def derive_all(folder: Path) -> dict[str, str]:
    """Derive all tables.

    Parameters
    ----------
    folder : Path
        The sources' folder.

    Returns
    -------
    dict
        CSV text by file name
    """
    sources = Sources(extracts_folder(folder))
    missions = derive_missions(folder)
    states = derive_states(sources, missions)
    return {
        "missions.csv": as_text(missions),
        "participation.csv": as_text(derive_participation(folder)),
        "participation_excluded.csv": as_text(derive_excluded(folder)),
        "states.csv": as_text(format_states(states)),
        "codebook.csv": as_text(derive_codebook(states)),
        "distances.csv": as_text(derive_distances(sources, missions)),
        **known_facts(Path(folder)),
    }


def write_all(tables: dict[str, str], output: Path) -> dict[str, int]:
    """Write all tables, each to a temporary name first; rename when all are written.

    Returns
    -------
    dict
        Size in bytes by path
    """
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
    """Compare derived tables with shipped ones.

    Returns
    -------
    list of str
        One line a table that differs or is absent: file, first line that differs, what ships, what is derived
    """
    faults = []
    for name, derived in tables.items():
        path = output / name
        if not path.is_file():
            faults.append(f"{path}: absent; the derivation makes it")
            continue
        shipped = path.read_bytes().decode()
        if shipped == derived:
            continue
        old, new = shipped.splitlines(), derived.splitlines()
        line = next(
            (i for i, (one, other) in enumerate(zip(old, new, strict=False)) if one != other),
            len(min(old, new, key=len)),
        )
        ships = old[line] if line < len(old) else "nothing"
        makes = new[line] if line < len(new) else "nothing"
        faults.append(f"{path}, line {line + 1}: ships {ships[:120]!r}, derived {makes[:120]!r}")
    return faults
