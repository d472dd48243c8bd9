"""What compiled evidence and published lists say on who took part in a mission, one claim a row.

Reads the evidence tables beside the sources' folder and the lists that the project read itself
(`coding/published_lists.csv`). Returns plain tables; writes nothing. Fails with `UserError` when a file is missing or a
name, code, role or mission is unknown. What the datasets say is in `datasets`.

A *claim* has: mission, state, source (text), family (sources of one family are not independent), kind (`dataset`,
`list`, `none`), role, first year, how exact that year is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from workflow.lib.derivation.evidence_texts import list_family, role_class, split_sources, year_in_role
from workflow.lib.derivation.succession import seat_holder, state_code
from workflow.lib.errors import UserError

CODING = Path(__file__).parent / "coding"
EVIDENCE_FILE = "participation_evidence.csv"
FURTHER_EVIDENCE_FILE = "participation_evidence_more.csv"


def beside_sources(folder: Path, name: str) -> Path:
    """A compiled table beside (or in) the folder of extracts.

    Raises
    ------
    UserError
        It is in neither place.
    """
    for candidate in (folder.parent / name, folder / name):
        if candidate.is_file():
            return candidate
    raise UserError(f"derivation: {name} is neither in {folder} nor in the folder above it; put it there")


def extracts_folder(folder: Path) -> Path:
    """The folder with the extracts: `folder/sources` where it exists, else the folder given."""
    inner = Path(folder) / "sources"
    return inner if inner.is_dir() else Path(folder)


def read_evidence(folder: Path) -> pd.DataFrame:
    """Both tables of compiled evidence, one after the other; `file` names the table, `code` is empty in the first."""
    tables = [
        pd.read_csv(beside_sources(folder, name), keep_default_na=False, dtype=str).assign(file=name)
        for name in (EVIDENCE_FILE, FURTHER_EVIDENCE_FILE)
    ]
    table = pd.concat(tables, ignore_index=True).fillna("")
    return table.rename(columns={"state": "code"})


def _code_of(row, year: int | None, start: int, codes: Mapping[str, int]) -> int | None:
    """Code of a row's participant; a code that the evidence writes must be that of the name."""
    code = state_code(row.participant_name, year, start, codes)
    if row.code and code != seat_holder(int(row.code), start):
        raise UserError(
            f"{row.file}, mission {row.mission}, column state, value {row.code}: {row.participant_name} is {code} in "
            f"{start}; correct the name or the code"
        )
    return code


def evidence_claims(folder: Path, missions: pd.DataFrame, codes: Mapping[str, int]) -> pd.DataFrame:
    """Claims of the compiled evidence table, one row a source that a row names.

    Parameters
    ----------
    folder : Path
        Folder of the extracts.
    missions : DataFrame
        The coded missions (`coding/missions.csv`).
    codes : mapping
        Code by name of state.

    Returns
    -------
    DataFrame
        mission, state (COW code), name, text, role, kind, family, source, first_year, basis, grade.

    Raises
    ------
    UserError
        A mission of the evidence is not coded, or a name, role is unknown.
    """
    table = read_evidence(folder)
    coded = {row.evidence_name: row for row in missions.itertuples() if row.evidence_name}
    lost = sorted(set(table["mission"]) - set(coded))
    if lost:
        raise UserError(
            f"participation evidence, column mission, value {lost[0]!r}: not in coding/missions.csv; code it there"
        )
    rows = []
    for row in table.itertuples():
        mission = coded[row.mission]
        # Years of the second table are decided row by row in coding/entry_dates.csv.
        year, basis = year_in_role(row.role) if row.file == EVIDENCE_FILE else (None, "")
        for kind, family, label in split_sources(row.source):
            rows.append(
                {
                    "mission": mission.mission,
                    "state": _code_of(row, year, int(mission.start_year), codes),
                    "name": row.participant_name,
                    "text": row.role,
                    "role": role_class(row.role),
                    "kind": kind,
                    "family": family,
                    "source": label,
                    "first_year": year,
                    "basis": basis,
                    "grade": row.certainty,
                }
            )
    return pd.DataFrame(rows)


def published_claims(missions: pd.DataFrame, codes: Mapping[str, int]) -> pd.DataFrame:
    """Claims of published lists that the project read itself (`coding/published_lists.csv`).

    Returns
    -------
    DataFrame
        mission, state, role, kind, family, source, first_year, basis.
    """
    table = pd.read_csv(CODING / "published_lists.csv", keep_default_na=False, dtype=str)
    starts = missions.set_index("mission")["start_year"].astype(int)
    rows = []
    for listed in table.itertuples():
        year = int(listed.first_year) if listed.first_year else None
        for name in listed.names.split(";"):
            rows.append(
                {
                    "mission": listed.mission,
                    "state": state_code(name, year, int(starts[listed.mission]), codes),
                    "role": listed.role,
                    "kind": "list",
                    "family": list_family(listed.source),
                    "source": f"list: {listed.source}",
                    "first_year": year,
                    "basis": listed.basis,
                }
            )
    return pd.DataFrame(rows)
