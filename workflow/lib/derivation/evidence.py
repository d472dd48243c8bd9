"""What compiled evidence and published lists say on who took part in a mission, one claim a row.

Reads the evidence tables beside the sources' folder and the lists that the project read itself
(`coding/published_lists.csv`). Returns plain tables; writes nothing. Fails with `UserError` when a file is missing or a
name, code, role or mission is unknown. What the datasets say is in `datasets`.

A *claim* has: mission, state, source (text), family (sources of one family are not independent), kind (`dataset`,
`list`, `none`), role, first year, how exact that year is.
"""

from collections.abc import Mapping

import pandas as pd

from workflow.lib.derivation.evidence_texts import list_family, role_class, split_sources, year_in_role
from workflow.lib.derivation.sources import CODING, Sources, read_texts
from workflow.lib.derivation.succession import seat_holder, state_code
from workflow.lib.errors import UserError

EVIDENCE_FILE = "participation_evidence.csv"
FURTHER_EVIDENCE_FILE = "participation_evidence_more.csv"


def read_evidence(sources: Sources) -> pd.DataFrame:
    """Both tables of compiled evidence, one after the other; `file` names the table, `code` is empty in the first."""
    files = (EVIDENCE_FILE, FURTHER_EVIDENCE_FILE)
    tables = [read_texts(sources.path_of_compiled(name)).assign(file=name) for name in files]
    return pd.concat(tables, ignore_index=True).fillna("").rename(columns={"state": "code"})


def _code_of(row, year: int | None, start: int, codes: Mapping[str, int]) -> int | None:
    """Code of a row's participant; a code that the evidence writes must be that of the name."""
    code = state_code(row.participant_name, year, start, codes)
    if row.code and code != seat_holder(int(row.code), start):
        raise UserError(
            f"{row.file}, mission {row.mission}, column state, value {row.code}: {row.participant_name} is {code} in "
            f"{start}; correct the name or the code"
        )
    return code


def evidence_claims(sources: Sources, missions: pd.DataFrame, codes: Mapping[str, int]) -> pd.DataFrame:
    """Claims of the compiled evidence table, one row a source that a row names.

    Parameters
    ----------
    missions : DataFrame
        The coded missions (`coding/missions.csv`).
    codes : mapping
        Code by name of state.

    Returns
    -------
    DataFrame
        mission, state (COW code), text, role, kind, family, source, first_year, basis, grade.
    """
    table = read_evidence(sources)
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
        claim = {
            "mission": mission.mission,
            "state": _code_of(row, year, int(mission.start_year), codes),
            "text": row.role,
            "role": role_class(row.role),
            "first_year": year,
            "basis": basis,
            "grade": row.certainty,
        }
        for kind, family, label in split_sources(row.source):
            rows.append({**claim, "kind": kind, "family": family, "source": label})
    return pd.DataFrame(rows)


def published_claims(missions: pd.DataFrame, codes: Mapping[str, int]) -> pd.DataFrame:
    """Claims of published lists that the project read itself (`coding/published_lists.csv`).

    Returns
    -------
    DataFrame
        mission, state, role, kind, family, source, first_year, basis.
    """
    starts = missions.set_index("mission")["start_year"].astype(int)
    rows = []
    for listed in read_texts(CODING / "published_lists.csv").itertuples():
        year = int(listed.first_year) if listed.first_year else None
        claim = {
            "mission": listed.mission,
            "role": listed.role,
            "kind": "list",
            "family": list_family(listed.source),
            "source": f"list: {listed.source}",
            "first_year": year,
            "basis": listed.basis,
        }
        for name in listed.names.split(";"):
            rows.append({**claim, "state": state_code(name, year, int(starts[listed.mission]), codes)})
    return pd.DataFrame(rows)
