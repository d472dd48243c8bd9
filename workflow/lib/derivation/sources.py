"""Read the source extracts and the project's own coding; the only module that knows the names of the sources' files.

Reads CSV and parquet files from the sources' folder; writes nothing. A folder or file that is absent is one line
for the person who runs it (`UserError`), which names the option and the environment variable.
"""

import os
from pathlib import Path

import pandas as pd

from workflow.lib.environment import SOURCES_VARIABLE as VARIABLE
from workflow.lib.errors import UserError

CODING = Path(__file__).parent / "coding"
# Name of an extract in the code -> its file.
EXTRACTS = {
    "system": "cow_states.csv",  # spells of membership in the state system
    "joint_memberships": "cow_igo_joint_dyad_year_1945_2014.parquet",  # in organisations, undirected dyad-years
    "own_memberships": "igo_joint_with_usa_1945_2014.csv",  # each state's own, in organisations
    "treaties": "un_multilateral_treaties_participation.csv",  # UN-deposited: years of signature, binding
    "alliance_members": "atop5_1_members.csv",  # spells of membership
    "trade_agreements": "desta_agreements_members.csv",  # members as ISO numeric codes
    "ideal_points": "unga_ideal_points_jun2024.csv",  # UN General Assembly, by session
    "trade": "cow_trade_dyad_year_1945_2014.parquet",  # imports and exports, million current dollars
    "aid": "us_aid_greenbook_country_year_1946_2019.csv",  # economic and military, constant dollars
    "all_aid": "us_foreign_aid_country_year_1946_2023.csv.gz",  # all kinds together, constant dollars of 2021
    "troops": "us_troops_country_year_1950_2025.csv",  # US troops abroad; codes from 1000 on are territories
    "exercises": "mme_v7_exercise_participants.csv",  # multinational (Gleditsch-Ward codes)
    "exercises_in_newspapers": "jme_v3_exercises_participants.csv.gz",
    "crosswalk": "crosswalk_gw_cow_year.csv",  # Gleditsch-Ward to Correlates of War codes by year
    "disputes": "cow_mid5_directed_dyad_year_disputes_1945_2014.csv.gz",  # militarised, directed dyad-years
    "sanctions": "ties_sanctions.csv",  # threats and impositions
    "visits_to": "foreign_leader_visits_to_us.csv",
    "visits_from": "us_travels_president_secstate.csv",  # stops abroad of US presidents, secretaries of state
    "chiefs_of_mission": "us_chiefs_of_mission.csv",  # spells
    "capabilities": "cow_nmc_1945_2022.csv",  # national material capabilities, population (thousands)
    "income": "gdp_pop_cow_1945_2019.csv",  # model-based GDP per head
    "democracy": "democracy_cow_1945_2025.csv",
    "rivalries": "tss_rivalries.csv",
    "minimum_distance": "cow_mindist_dyad_year_1945_2019.parquet",  # all dyads by year, km
    "peacekeepers": "geopko_v2_3_mission_year_tcc.csv",  # contributors of UN missions, as on UN maps
    "alliance_depth": "benson_clinton_alliance_scores.csv",  # by ATOP identifier
    "arms_transfers": "arms_transfers_dyad_year_1970_2014.csv.gz",  # seller (ccode1) to buyer (ccode2)
    "bilateral_treaties": "world_treaty_index_bilateral.csv.gz",  # by date of signature
    "defence_agreements": "dcad_agreements.csv",  # bilateral
    "factbook_memberships": "factbook_igo_memberships_1990_2025.csv.gz",  # by edition of the World Factbook
    "conflict_parties": "ucdp_acd_parties_long.csv",
    "wars": "cow_interstate_war_participant_years_1945_2003.csv",
    "dispute_participants": "gml_mid_participants_1945_2010.csv",
    "interventions": "imi_1946_2005.csv",
    "third_party_missions": "mullenbach_third_party_pkm_v3_1.csv",
}
ENCODINGS = {"mullenbach_third_party_pkm_v3_1.csv": "latin-1"}
WHOLE = ("ccode", "ccode1", "ccode2", "year")


def sources_folder(option: str | None) -> Path:
    """The sources' folder: the option first, then the environment variable; `UserError` if there is none."""
    given = option or os.environ.get(VARIABLE)
    if not given:
        raise UserError(
            f"derivation: no folder of sources given; pass --sources DIR or set {VARIABLE} to the folder that "
            "holds the source extracts (cow_states.csv and others)"
        )
    folder = Path(given)
    if not folder.is_dir():
        raise UserError(
            f"derivation: the sources' folder {given} does not exist; pass --sources DIR or set {VARIABLE}"
        )
    return folder


class Sources:
    """The source extracts, each an attribute by its name in `EXTRACTS`, read once, when first asked for.

    Parameters
    ----------
    folder : Path
        The folder with the extracts, or the one that holds it as `sources/`.
    """

    def __init__(self, folder: Path):
        inner = Path(folder) / "sources"
        self.folder = inner if inner.is_dir() else Path(folder)

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name not in EXTRACTS:
            raise AttributeError(name)
        table = self.read(EXTRACTS[name])
        setattr(self, name, table)
        return table

    def read(self, name: str) -> pd.DataFrame:
        """Read one file, codes and years as whole numbers where none is missing; `UserError` if it is absent."""
        path = self.folder / name
        if not path.is_file():
            raise UserError(
                f"derivation: {name} is not in the sources' folder {self.folder}; expected the full set"
            )
        if name.endswith(".parquet"):
            table = pd.read_parquet(path)
        else:
            # An empty field is missing; the text "NA" is Namibia's code in some sources and stays text.
            options = {"keep_default_na": False, "na_values": [""], "low_memory": False}
            table = pd.read_csv(path, encoding=ENCODINGS.get(name), **options)
        return table.astype({key: int for key in WHOLE if key in table and table[key].notna().all()})

    def beside(self, name: str) -> Path:
        """A compiled table beside (or in) the folder of extracts; `UserError` if it is in neither place."""
        for candidate in (self.folder.parent / name, self.folder / name):
            if candidate.is_file():
                return candidate
        raise UserError(
            f"derivation: {name} is neither in {self.folder} nor in the folder above it; put it there"
        )


def read_texts(path: Path) -> pd.DataFrame:
    """A compiled or coded table as texts; an empty field is an empty text."""
    return pd.read_csv(path, keep_default_na=False, dtype=str)


def coded_by_state(name: str) -> dict[tuple[str, int], dict[str, str]]:
    """Rows of one of the project's coding tables by mission and state."""
    rows = read_texts(CODING / name).to_dict("records")
    return {(row["mission"], int(row["state"])): row for row in rows}
