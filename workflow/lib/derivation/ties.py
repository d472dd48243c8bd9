"""Counts of institutional ties in organisations and agreements of many: IGOs, UN treaties, alliances, trade pacts.

From the extracts of COW-IGO, the UN Treaty Collection, ATOP and DESTA to one column a count. Every count of joint
ties comes with its exposure, the count of the state's own ties of the same kind, and never exceeds it.
Pure functions of `Sources`; a missing extract is a `UserError` from the reader.
"""

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow.lib.derivation.bilateral import rival_treaties
from workflow.lib.derivation.grid import YEARS, grid, look_up, within
from workflow.lib.derivation.pacts import ALLIANCE_YEARS
from workflow.lib.derivation.sources import CODING, Sources
from workflow.lib.derivation.system import both_ways, lineage, lineage_code

RIVALS = {"russia": 365, "china": 710, "france": 220, "uk": 200}
TREATY_YEARS = (1946, 2014)
TRADE_PACT_YEARS = (1948, 2019)

# States whose record in the UN Treaty Collection does not speak for them in these years: the Collection files the
# German Democratic Republic, Czechoslovakia, the Yemens, South Vietnam, Zanzibar and Taiwan nowhere (or under another
# state), Yugoslavia before the succession of 2001 likewise, and mixes both Vietnams before 1976. Missing, not zero.
ALL_YEARS = (1816, 2100)
NOT_IN_TREATY_COLLECTION = {
    **dict.fromkeys((265, 315, 347, 511, 680, 713, 817), ALL_YEARS),
    **{345: (1816, 2000), 678: (1816, 1989), 816: (1816, 1975)},
}


@dataclass(frozen=True)
class Agreements:
    """Which lineage was party to which agreement in which year.

    Parameters
    ----------
    codes : array of int, shape (lineages,)
    in_force : array of bool, shape (lineages, agreements, years)
        On 31 December of each year of `grid.YEARS`.
    first, last : int
        Years that the source covers.
    """

    codes: np.ndarray
    in_force: np.ndarray
    first: int
    last: int

    def total(self) -> pd.DataFrame:
        """Number of agreements each lineage is party to, shape (lineages, years)."""
        return self._table(self.in_force.sum(axis=1))

    def joint(self, partner: int) -> pd.DataFrame:
        """Number of agreements shared with a partner, shape (lineages, years); NaN rows if it is unknown."""
        row = np.flatnonzero(self.codes == lineage_code(partner))
        if not len(row):
            return self._table(np.full((len(self.codes), len(YEARS)), np.nan))
        return self._table((self.in_force & self.in_force[row[0]]).sum(axis=1))

    def _table(self, counts: np.ndarray) -> pd.DataFrame:
        table = pd.DataFrame(counts.astype(float), index=self.codes, columns=YEARS)
        return within(table, self.first, self.last)


def agreements(spells: pd.DataFrame, states: np.ndarray, first: int, last: int) -> Agreements:
    """Lay membership spells on the grid of years.

    Parameters
    ----------
    spells : DataFrame
        Columns agreement, state, start, end: in force on 31 December of start .. end - 1.
    states : array of int
        All states of the system, so that a state without any agreement counts zero.
    first, last : int
        Years that the source covers.
    """
    spells = spells.assign(state=lineage(spells["state"].astype(int)))
    codes = np.unique(lineage(pd.Series(states)))
    spells = spells[spells["state"].isin(codes)]
    names, agreement = np.unique(spells["agreement"].to_numpy(), return_inverse=True)
    in_force = np.zeros((len(codes), len(names), len(YEARS)), dtype=bool)
    rows = np.searchsorted(codes, spells["state"].to_numpy())
    for row, column, start, end in zip(rows, agreement, spells["start"], spells["end"], strict=True):
        in_force[row, column] |= (start <= YEARS) & (end > YEARS)
    return Agreements(codes, in_force, first, last)


def treaty_agreements(sources: Sources, states: np.ndarray) -> Agreements:
    """UN-deposited multilateral treaties by which a state is bound (by the end of the year)."""
    bound = sources.treaties.dropna(subset=["bound_year"]).assign(end=np.inf)
    spells = bound.rename(columns={"treaty": "agreement", "ccode": "state", "bound_year": "start"})
    return agreements(spells, states, *TREATY_YEARS)


def alliance_agreements(sources: Sources, states: np.ndarray) -> Agreements:
    """ATOP alliance agreements in force at the end of the year (an exit year of 0 means still in force)."""
    members = sources.alliance_members
    spells = members.rename(columns={"atopid": "agreement", "member": "state", "yrent": "start"})
    spells["end"] = members["yrexit"].where(members["yrexit"] > 0, np.inf)
    return agreements(spells, states, *ALLIANCE_YEARS)


def trade_pact_spells(table: pd.DataFrame) -> pd.DataFrame:
    """Turn the list of trade agreements and changes of membership into membership spells.

    A base treaty starts in the year of entry into force and is left out where it never entered into force; an
    accession or amendment adds its members to the base treaty from its own entry into force, or the year of
    signature where that is not given; a withdrawal ends the spells of the states named in its title. Negotiations
    are no ties.

    Parameters
    ----------
    table : DataFrame
        `desta_agreements_members.csv`.

    Returns
    -------
    DataFrame with columns agreement, state (COW), start, end
    """
    member_columns = [name for name in table.columns if name.startswith("c") and name[1:].isdigit()]
    entries = table[table["entry_type"] != "negotiation"]
    is_base = entries["entry_type"] == "base_treaty"
    start = entries["entryforceyear"].where(is_base, entries["entryforceyear"].fillna(entries["year"]))
    identity = ["base_treaty", "number", "entry_type", "start"]
    long = entries.assign(start=start).melt(identity, member_columns, value_name="iso")
    # Territories and customs areas outside the state system form no tie of a state.
    long = long.merge(pd.read_csv(CODING / "iso_numeric.csv"), on="iso").dropna(subset=["start"])
    # A change in a treaty that never entered into force itself makes no tie.
    in_force = entries.loc[is_base & entries["entryforceyear"].notna(), "base_treaty"]
    long = long[long["base_treaty"].isin(in_force)]
    key = ["base_treaty", "state"]
    leaves = long["entry_type"] == "withdrawal"
    withdrawing = pd.read_csv(CODING / "trade_pact_withdrawals.csv")
    exits = long[leaves].merge(withdrawing, on=["state", "number"]).groupby(key)["start"].max()
    spells = long[~leaves].groupby(key, as_index=False)["start"].min()
    spells = spells.join(exits.rename("end"), on=key).rename(columns={"base_treaty": "agreement"})
    return spells.assign(end=spells["end"].fillna(np.inf))[["agreement", "state", "start", "end"]]


def trade_agreements(sources: Sources, states: np.ndarray) -> Agreements:
    """Trade agreements in force at the end of the year."""
    return agreements(trade_pact_spells(sources.trade_agreements), states, *TRADE_PACT_YEARS)


@functools.lru_cache(maxsize=1)
def _organisation_pairs(sources: Sources) -> pd.DataFrame:
    return both_ways(sources.joint_memberships)


def organisation_dyads(sources: Sources, partner: int) -> pd.DataFrame:
    """Joint memberships in intergovernmental organisations with a partner, as a grid (lineages, years)."""
    rows = _organisation_pairs(sources)
    rows = rows[rows["partner"] == lineage_code(partner)]
    return grid(rows["state"], rows["year"], rows["dyadigos"], largest=True)


def organisation_totals(sources: Sources) -> pd.DataFrame:
    """Own memberships in intergovernmental organisations as a grid (lineages, years).

    Before 1965 the source carries the counts of every fifth year forward, so that a joint count of the annual dyads
    can exceed it by a few; the largest joint count with the USA or a rival power is a lower bound and is taken then.
    """
    memberships = sources.own_memberships
    table = grid(memberships["ccode"], memberships["year"], memberships["igo_own_full"], largest=True)
    for partner in (2, *RIVALS.values()):
        joint = organisation_dyads(sources, partner).reindex(table.index)
        table = table.where(~(joint > table), joint)
    return table


def tie_columns(
    frame: pd.DataFrame, pivotal: int, sources: Sources, parts: dict[str, Agreements]
) -> pd.DataFrame:
    """Counts of ties with the pivotal state and their exposures.

    Parameters
    ----------
    frame : DataFrame
        Columns state, year; n rows.
    parts : dict
        `Agreements` by kind: un_treaty, alliance, trade_pact.

    Returns
    -------
    DataFrame, n rows: igo_joint, igo_own, un_treaty_joint, un_treaty_own, alliance_*, trade_pact_*, *_lead5
    """
    joint, total = organisation_dyads(sources, pivotal), organisation_totals(sources)
    total = total.where(~(joint.reindex(total.index) > total), joint.reindex(total.index))
    columns = {"igo_joint": look_up(joint, frame), "igo_own": look_up(total, frame)}
    for kind, part in parts.items():
        columns[f"{kind}_joint"] = look_up(part.joint(pivotal), frame)
        columns[f"{kind}_own"] = look_up(part.total(), frame)
    columns["igo_joint_lead5"] = look_up(joint, frame, years_later=5)
    columns["un_treaty_joint_lead5"] = look_up(parts["un_treaty"].joint(pivotal), frame, years_later=5)
    table = pd.DataFrame(columns)
    for name in ("un_treaty_joint", "un_treaty_own", "un_treaty_joint_lead5"):
        later = 5 if name.endswith("lead5") else 0
        table.loc[unrecorded(frame, later), name] = np.nan
    if unrecorded(pd.DataFrame({"state": [pivotal], "year": [2000]}), 0)[0]:
        table[["un_treaty_joint", "un_treaty_joint_lead5"]] = np.nan
    return table


def unrecorded(frame: pd.DataFrame, years_later: int) -> np.ndarray:
    """Mark rows of states for which the UN Treaty Collection does not speak in that year."""
    marked = np.zeros(len(frame), dtype=bool)
    year = frame["year"].to_numpy() + years_later
    for code, (first, last) in NOT_IN_TREATY_COLLECTION.items():
        marked |= (frame["state"].to_numpy() == code) & (year >= first) & (year <= last)
    return marked


def rival_columns(
    frame: pd.DataFrame, pivotal: int, sources: Sources, alliances: Agreements, states: np.ndarray
) -> pd.DataFrame:
    """Ties with powers other than the pivotal state; a power has no ties with itself (missing).

    Returns
    -------
    DataFrame, n rows: igo_joint_<power>, alliance_<power>, bilateral_treaty_<power> for Russia (USSR), China, France and
        the UK
    """
    columns = {}
    for name, code in RIVALS.items():
        if code == pivotal:
            continue
        itself = (frame["state"] == code).to_numpy()
        for prefix, values in (
            ("igo_joint", look_up(organisation_dyads(sources, code), frame)),
            ("alliance", look_up(alliances.joint(code), frame)),
            ("bilateral_treaty", rival_treaties(frame, code, sources, states)),
        ):
            columns[f"{prefix}_{name}"] = np.where(itself, np.nan, values)
    return pd.DataFrame(columns)
