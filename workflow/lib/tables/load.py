"""Load and validate the replication tables, shipped or a user's own.

From the CSV files named in the configuration to `Tables`. All faults of all tables are reported at once (the first
twenty in full) as one `UserError`, one line a fault.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workflow.lib.errors import UserError, together
from workflow.lib.tables import contracts
from workflow.lib.tables.checks import Faults
from workflow.lib.tables.read import RawTable, read_csv
from workflow.lib.tables.state_contracts import check_codebook, check_states

REQUIRED = ("missions", "participation", "states", "codebook")
OPTIONAL = ("distances", "excluded")


@dataclass(frozen=True)
class Tables:
    """The validated tables.

    Parameters
    ----------
    missions : DataFrame
        One row a mission; `targets` and `host` are tuples of state codes.
    participation : DataFrame
        One row a mission and state with a record; all others of the eligible set did not join.
    states : DataFrame
        One row a pivotal state, state and year; NaN = missing.
    codebook : DataFrame
        One row a column of `states`.
    distances : DataFrame or None
        mission, state, distance_km.
    excluded : DataFrame or None
        mission, state, reason: states that could not have joined a mission.
    paths : dict
        Where each table was read, as the user wrote it.
    digest : str
        Hash of the texts of all tables.
    warnings : tuple of str
        What is suspicious but possible, one line each.
    """

    missions: pd.DataFrame
    participation: pd.DataFrame
    states: pd.DataFrame
    codebook: pd.DataFrame
    distances: pd.DataFrame | None
    excluded: pd.DataFrame | None
    paths: dict[str, str]
    digest: str
    warnings: tuple[str, ...] = ()


def load_tables(paths: Mapping[str, object], root: Path | str = ".") -> Tables:
    """Read and validate all tables.

    Parameters
    ----------
    paths : mapping
        `missions`, `participation`, `states`, `codebook`, and optionally `distances`, `excluded` (or None): paths of CSV files.
        Other keys are ignored, so that the `data` section of a configuration can be passed as it is.
    root : Path
        Folder from which relative paths are meant.
    """
    faults = Faults()
    raw: dict[str, RawTable] = {}
    for name in (*REQUIRED, *OPTIONAL):
        path = paths.get(name)
        if path is None and name in OPTIONAL:
            continue
        if path is None:
            faults.lines.append(f"data: no table of {name} given; expected the path of a CSV file")
            continue
        try:
            raw[name] = read_csv(Path(root) / str(path), str(path))
        except UserError as error:
            faults.lines.append(str(error))
    tables = _validated(raw, faults)
    if faults.lines:
        raise together(faults.lines)
    digest = hashlib.sha256("".join(raw[name].digest for name in sorted(raw)).encode()).hexdigest()
    paths = {name: table.path for name, table in raw.items()}
    return Tables(**tables, paths=paths, digest=digest, warnings=tuple(faults.warnings))


def _validated(raw: dict[str, RawTable], faults: Faults) -> dict[str, pd.DataFrame | None]:
    tables: dict[str, pd.DataFrame | None] = dict.fromkeys((*REQUIRED, *OPTIONAL))
    shown = {name: table.path for name, table in raw.items()}
    if "codebook" in raw:
        tables["codebook"] = check_codebook(raw["codebook"], faults)
    if "states" in raw and tables["codebook"] is not None:
        tables["states"] = check_states(raw["states"], tables["codebook"], shown["codebook"], faults)
    if "missions" in raw:
        tables["missions"] = contracts.check_missions(raw["missions"], faults)
    missions, states = tables["missions"], tables["states"]
    for name, check in (
        ("participation", contracts.check_participation),
        ("distances", contracts.check_distances),
        ("excluded", contracts.check_excluded),
    ):
        if name in raw:
            tables[name] = check(raw[name], missions, shown.get("missions", "missions"), faults)
    if missions is not None and states is not None:
        contracts.check_years_of_missions(raw["missions"], missions, states, shown["states"], faults)
        if tables["participation"] is not None:
            contracts.check_existence(
                raw["participation"], tables["participation"], missions, states, shown["states"], faults
            )
    return tables
