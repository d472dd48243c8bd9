"""The codebook: what each column of the state-year table is, in words, with its source, citation and terms.

From `columns.csv` beside this module (one row a column, written by hand, in the order of the table) and the derived table
to `data/codebook.csv`; `first_year` and `last_year` are those in which the derived column is observed.

* `role`: `tie_count` and its `tie_exposure`; `indicator` of a construct; `rival_tie`; `payment` (outcomes of bargaining,
  refused as predictors); `control`; `placebo` (later ties); `other` (ships for users, in no default).
* `construct`: what an indicator measures, one construct each; `anchor` is 1 for the indicator that sets its sign.
* `pairs_with`: the exposure of a count, the most it could be; `adjust_for`: columns without which an indicator would measure
  wealth, size or age instead.
* `family` and `transform`: how the column is distributed, and how it enters a Gaussian model.
"""

from pathlib import Path

import pandas as pd

FACTS = Path(__file__).parent / "columns.csv"
FIELDS = [
    *["column", "role", "construct", "family", "label", "pairs_with", "direction", "anchor", "transform"],
    *["adjust_for", "unit", "window", "definition", "minimum", "maximum", "source", "citation", "terms"],
    *["first_year", "last_year"],
]

RESEARCH = "free for research with citation; raw files are not redistributed"
PUBLIC = "public domain (US government)"
HISTORIAN = "Office of the Historian, US Department of State"
ORIGINS = {
    "system": ("COW state system membership 2016", "Correlates of War Project 2016", RESEARCH),
    "igo": (
        "COW intergovernmental organisations v3",
        "Pevehouse, Nordstrom, McManus & Jamison 2020",
        RESEARCH,
    ),
    "treaties": (
        "UN Treaty Collection, multilateral treaties deposited",
        "United Nations Treaty Collection",
        RESEARCH,
    ),
    "atop": ("ATOP 5.1", "Leeds, Ritter, Mitchell & Long 2002", RESEARCH),
    "desta": ("DESTA", "Duer, Baccini & Elsig 2014", RESEARCH),
    "votes": ("UN General Assembly ideal points, June 2024", "Bailey, Strezhnev & Voeten 2017", RESEARCH),
    "trade": ("COW trade v4", "Barbieri, Keshk & Pollins 2009", RESEARCH),
    "aid": ("US Overseas Loans and Grants", "US Agency for International Development", PUBLIC),
    "all_aid": ("ForeignAssistance.gov", "US Department of State and USAID", PUBLIC),
    "depth": ("Alliance depth and scope", "Benson & Clinton 2016", RESEARCH),
    "treaty_index": (
        "World Treaty Index, electronic edition",
        "Rohn, World Treaty Index; Poast, Bommarito & Katz 2010",
        RESEARCH,
    ),
    "defence": ("DCAD v1.0", "Kinne 2020", RESEARCH),
    "factbook": ("World Factbook, editions 1991 to 2023", "US Central Intelligence Agency", PUBLIC),
    "arms": ("SIPRI Arms Transfers Database", "Stockholm International Peace Research Institute", RESEARCH),
    "newspapers": ("Joint military exercises v3", "D'Orazio 2013", RESEARCH),
    "troops": ("US troop deployments", "Allen, Flynn & Machain 2022", "CC0"),
    "exercises": ("Multinational military exercises v7", "D'Orazio & Galambos 2021", RESEARCH),
    "disputes": ("COW militarised interstate disputes 5", "Palmer et al. 2020", RESEARCH),
    "sanctions": ("TIES", "Morgan, Bapat & Kobayashi 2014", RESEARCH),
    "leaders": ("Visits by foreign leaders", HISTORIAN, PUBLIC),
    "travels": ("Travels of the President and the Secretary of State", HISTORIAN, PUBLIC),
    "chiefs": ("Chiefs of mission", HISTORIAN, PUBLIC),
    "capabilities": ("COW national material capabilities", "Singer 1987", RESEARCH),
    "income": ("Latent GDP and population estimates", "Fariss et al. 2022", RESEARCH),
    "democracy": (
        "Extended unified democracy scores",
        "Marquez 2016; Marshall et al.; Coppedge et al.",
        RESEARCH,
    ),
    "rivalry": ("Strategic rivalries", "Thompson, Sakuwa & Suhas 2021", RESEARCH),
    "peacekeepers": ("Geo-PKO 2.3", "Cil, Fjelde, Hultman & Nilsson 2020", RESEARCH),
}
"""Key in `columns.csv` -> source, citation, terms."""


def column_facts() -> pd.DataFrame:
    """What is written by hand on each column of the state-year table, all as text, in the table's order."""
    return pd.read_csv(FACTS, dtype=str, keep_default_na=False)


def derive_codebook(states: pd.DataFrame) -> pd.DataFrame:
    """Write the codebook with the years in which each column is observed.

    Parameters
    ----------
    states : DataFrame
        The derived state-year table.

    Returns
    -------
    DataFrame with the columns `FIELDS`, one row a column of the table, in its order

    Raises
    ------
    ValueError
        If a column of the table has no row in `columns.csv`, or a row no column.
    """
    facts = column_facts()
    different = set(facts["column"]) ^ set(states.columns)
    if different:
        raise ValueError(f"codebook and state-year table differ in {sorted(different)}")
    origin = facts.pop("source").map(ORIGINS)
    for place, name in enumerate(("source", "citation", "terms")):
        facts[name] = origin.str[place]
    observed = {name: states.loc[states[name].notna(), "year"] for name in facts["column"]}
    facts["first_year"] = [int(observed[name].min()) for name in facts["column"]]
    facts["last_year"] = [int(observed[name].max()) for name in facts["column"]]
    return facts[FIELDS]
