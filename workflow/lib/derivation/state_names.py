"""Free-text names of states to the names of the Correlates of War system.

Reads nothing and writes nothing: a table of spellings, used by `participation` and `peacekeeping`. A name that
is not in the table and not a name of `cow_states.csv` raises `UserError`; it is never dropped. A spelling leads
to a name, not to a code, because the code of "Germany" or "Yemen" depends on the year (see `succession`).
"""

from __future__ import annotations

from collections.abc import Collection

from workflow.lib.errors import UserError

SPELLINGS: dict[str, str] = {
    "United States": "United States of America",
    "USA": "United States of America",
    "Us": "United States of America",
    "UK": "United Kingdom",
    "Britain": "United Kingdom",
    "Antigua and Barbuda": "Antigua & Barbuda",
    "Saint Lucia": "St. Lucia",
    "Saint Vincent and the Grenadines": "St. Vincent and the Grenadines",
    "Saint Kitts and Nevis": "St. Kitts and Nevis",
    "North Macedonia": "Macedonia",
    "Micronesia": "Federated States of Micronesia",
    "Cote d'Ivoire": "Ivory Coast",
    "Drc": "Democratic Republic of the Congo",
    "Zaire / DR Congo": "Democratic Republic of the Congo",
    "Zaire": "Democratic Republic of the Congo",
    "Korea": "South Korea",
    "Solomon Islands (denied)": "Solomon Islands",
    "USSR": "Russia",
    "Soviet Union": "Russia",
    "Serbia": "Yugoslavia",
    "Serbia and Montenegro": "Yugoslavia",
    "West Germany": "German Federal Republic",
    "East Germany": "German Democratic Republic",
    "North Yemen": "Yemen Arab Republic",
    "South Yemen": "Yemen People's Republic",
    "North Vietnam": "Vietnam",
    "South Vietnam": "Republic of Vietnam",
}

NOT_STATES: frozenset[str] = frozenset({"CARICOM", "Multinational", "TCC name unknown", "Un"})
"""Names of contributors that are no state: organisations and blanks on the maps of Geo-PKO."""


def cow_name(name: str, known: Collection[str]) -> str | None:
    """Name of a state in `cow_states.csv` for a free-text name.

    Parameters
    ----------
    name : str
        Free text, e.g. "Ivory Coast", "UK".
    known : collection of str
        The names of `cow_states.csv`.

    Returns
    -------
    str or None
        The state's `statenme`; None for a name that is known not to be a state.

    Raises
    ------
    UserError
        The name is not known.
    """
    cleaned = " ".join(str(name).split())
    if cleaned in NOT_STATES:
        return None
    candidate = SPELLINGS.get(cleaned, cleaned)
    if candidate not in known:
        raise UserError(
            f"state name {name!r}: not a name of cow_states.csv and not a known spelling; "
            "add it to SPELLINGS in workflow/lib/derivation/state_names.py"
        )
    return candidate
