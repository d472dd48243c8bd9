"""Read the source extracts; the only module of the derivation that knows file names.

Reads CSV and parquet files from the sources' folder; writes nothing. A folder or file that is absent is one line
for the person who runs it (`UserError`), which names the option and the environment variable.
"""

import os
from functools import cached_property
from pathlib import Path

import pandas as pd

from workflow.lib.errors import UserError

VARIABLE = "COALITION_TIES_SOURCES"


def sources_folder(option: str | None) -> Path:
    """Find the sources' folder: the option first, then the environment variable.

    Raises
    ------
    UserError
        If neither is given or the folder does not exist.
    """
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
    """The source extracts, each read once, when first asked for.

    Parameters
    ----------
    folder : Path
        The folder with the extracts.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    def read(self, name: str, **options) -> pd.DataFrame:
        """Read one file; integers that a source stores as floats are turned back by the callers.

        Raises
        ------
        UserError
            If the file is absent.
        """
        path = self.folder / name
        if not path.is_file():
            raise UserError(
                f"derivation: {name} is not in the sources' folder {self.folder}; expected the full set"
            )
        if name.endswith(".parquet"):
            return pd.read_parquet(path, **options)
        # An empty field is missing; the text "NA" is Namibia's code in some sources and stays text.
        return pd.read_csv(path, keep_default_na=False, na_values=[""], low_memory=False, **options)

    @cached_property
    def system(self) -> pd.DataFrame:
        """State-system membership spells."""
        return self.read("cow_states.csv")

    @cached_property
    def joint_memberships(self) -> pd.DataFrame:
        """Joint memberships in intergovernmental organisations, undirected dyad-years."""
        return self.read("cow_igo_joint_dyad_year_1945_2014.parquet").astype("int64")

    @cached_property
    def own_memberships(self) -> pd.DataFrame:
        """Each state's own memberships in intergovernmental organisations."""
        return self.read("igo_joint_with_usa_1945_2014.csv").astype({"ccode": int, "year": int})

    @cached_property
    def treaties(self) -> pd.DataFrame:
        """Signature and binding years of UN-deposited multilateral treaties."""
        return self.read("un_multilateral_treaties_participation.csv")

    @cached_property
    def alliance_members(self) -> pd.DataFrame:
        """Alliance membership spells."""
        return self.read("atop5_1_members.csv")

    @cached_property
    def trade_agreements(self) -> pd.DataFrame:
        """Trade agreements with members as ISO numeric codes."""
        return self.read("desta_agreements_members.csv")

    @cached_property
    def ideal_points(self) -> pd.DataFrame:
        """UN General Assembly ideal points by session."""
        return self.read("unga_ideal_points_jun2024.csv")

    @cached_property
    def trade(self) -> pd.DataFrame:
        """Imports and exports of all dyads, million current dollars."""
        return self.read("cow_trade_dyad_year_1945_2014.parquet").astype(
            {"ccode1": int, "ccode2": int, "year": int}
        )

    @cached_property
    def aid(self) -> pd.DataFrame:
        """US economic and military aid, constant dollars."""
        return self.read("us_aid_greenbook_country_year_1946_2019.csv").astype({"ccode": int, "year": int})

    @cached_property
    def troops(self) -> pd.DataFrame:
        """US troops abroad; codes from 1000 on are territories."""
        return self.read("us_troops_country_year_1950_2025.csv")

    @cached_property
    def exercises(self) -> pd.DataFrame:
        """Participants of multinational military exercises (Gleditsch-Ward codes)."""
        return self.read("mme_v7_exercise_participants.csv")

    @cached_property
    def crosswalk(self) -> pd.DataFrame:
        """Gleditsch-Ward to Correlates of War codes by year."""
        return self.read("crosswalk_gw_cow_year.csv")

    @cached_property
    def disputes(self) -> pd.DataFrame:
        """Militarised interstate disputes by directed dyad-year."""
        return self.read("cow_mid5_directed_dyad_year_disputes_1945_2014.csv.gz")

    @cached_property
    def sanctions(self) -> pd.DataFrame:
        """Sanction threats and impositions."""
        return self.read("ties_sanctions.csv")

    @cached_property
    def visits_to(self) -> pd.DataFrame:
        """Visits of foreign leaders to the USA."""
        return self.read("foreign_leader_visits_to_us.csv")

    @cached_property
    def visits_from(self) -> pd.DataFrame:
        """Stops abroad of US presidents and secretaries of state."""
        return self.read("us_travels_president_secstate.csv")

    @cached_property
    def chiefs_of_mission(self) -> pd.DataFrame:
        """Spells of US chiefs of mission."""
        return self.read("us_chiefs_of_mission.csv")

    @cached_property
    def capabilities(self) -> pd.DataFrame:
        """National material capabilities and population (thousands)."""
        return self.read("cow_nmc_1945_2022.csv").astype({"ccode": int, "year": int})

    @cached_property
    def income(self) -> pd.DataFrame:
        """Model-based GDP per head."""
        return self.read("gdp_pop_cow_1945_2019.csv").astype({"ccode": int, "year": int})

    @cached_property
    def democracy(self) -> pd.DataFrame:
        """Democracy scores."""
        return self.read("democracy_cow_1945_2025.csv").astype({"ccode": int, "year": int})

    @cached_property
    def rivalries(self) -> pd.DataFrame:
        """Strategic rivalries."""
        return self.read("tss_rivalries.csv")

    @cached_property
    def minimum_distance(self) -> pd.DataFrame:
        """Minimum distance of all dyads by year, km."""
        return self.read("cow_mindist_dyad_year_1945_2019.parquet").astype(
            {"ccode1": int, "ccode2": int, "year": int}
        )

    @cached_property
    def peacekeepers(self) -> pd.DataFrame:
        """Troop contributors of UN missions by year, as shown on UN maps."""
        return self.read("geopko_v2_3_mission_year_tcc.csv")

    @cached_property
    def alliance_depth(self) -> pd.DataFrame:
        """Depth of alliances by ATOP identifier."""
        return self.read("benson_clinton_alliance_scores.csv")

    @cached_property
    def all_aid(self) -> pd.DataFrame:
        """US aid of all kinds together, constant dollars of 2021."""
        return self.read("us_foreign_aid_country_year_1946_2023.csv.gz")

    @cached_property
    def arms_transfers(self) -> pd.DataFrame:
        """Volume of arms transfers from seller (ccode1) to buyer (ccode2)."""
        return self.read("arms_transfers_dyad_year_1970_2014.csv.gz")

    @cached_property
    def exercises_in_newspapers(self) -> pd.DataFrame:
        """Participants of joint exercises found in newspapers."""
        return self.read("jme_v3_exercises_participants.csv.gz")

    @cached_property
    def bilateral_treaties(self) -> pd.DataFrame:
        """Bilateral treaties by date of signature."""
        return self.read("world_treaty_index_bilateral.csv.gz")

    @cached_property
    def defence_agreements(self) -> pd.DataFrame:
        """Bilateral defence cooperation agreements."""
        return self.read("dcad_agreements.csv")

    @cached_property
    def factbook_memberships(self) -> pd.DataFrame:
        """Memberships in organisations by edition of the World Factbook."""
        return self.read("factbook_igo_memberships_1990_2025.csv.gz")
