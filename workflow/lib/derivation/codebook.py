"""The codebook: what each column of the state-year table is, in words, with its source, citation and terms.

A table of facts written to `data/codebook.csv`; `first_year` and `last_year` are computed from the derived table.
Roles: `tie_count` and its `tie_exposure`; `quality`; `personal_contact`; `cooperativeness`; `rival_tie`; `hierarchy`;
`payment` (outcomes of bargaining, refused as predictors); `control`; `placebo` (later ties); `other` (ships for users,
in no default). Families are those of the measurement model; a `hurdle` column is zero or a positive amount.
"""

from dataclasses import dataclass

import pandas as pd

FIELDS = [
    *["column", "role", "family", "pairs_with", "direction", "transform", "unit", "window"],
    *["definition", "source", "citation", "terms", "first_year", "last_year"],
]

RESEARCH = "free for research with citation; raw files are not redistributed"
PUBLIC = "public domain (US government)"
IGO = (
    "COW intergovernmental organisations v3",
    "Pevehouse, Nordstrom, McManus & Jamison 2020",
    RESEARCH,
)
TREATIES = (
    "UN Treaty Collection, multilateral treaties deposited",
    "United Nations Treaty Collection",
    RESEARCH,
)
ATOP = ("ATOP 5.1", "Leeds, Ritter, Mitchell & Long 2002", RESEARCH)
DESTA = ("DESTA", "Duer, Baccini & Elsig 2014", RESEARCH)
VOTES = ("UN General Assembly ideal points, April 2020", "Bailey, Strezhnev & Voeten 2017", RESEARCH)
TRADE = ("COW trade v4", "Barbieri, Keshk & Pollins 2009", RESEARCH)
AID = ("US Overseas Loans and Grants", "US Agency for International Development", PUBLIC)
TROOPS = ("US troop deployments", "Allen, Flynn & Machain 2022", "CC0")
EXERCISES = ("Multinational military exercises v7", "D'Orazio & Galambos 2021", RESEARCH)
DISPUTES = ("COW militarised interstate disputes 5", "Palmer et al. 2020", RESEARCH)
SANCTIONS = ("TIES", "Morgan, Bapat & Kobayashi 2014", RESEARCH)
LEADERS = ("Visits by foreign leaders", "Office of the Historian, US Department of State", PUBLIC)
TRAVELS = (
    "Travels of the President and the Secretary of State",
    "Office of the Historian, US Department of State",
    PUBLIC,
)
CHIEFS = ("Chiefs of mission", "Office of the Historian, US Department of State", PUBLIC)
CAPABILITIES = ("COW national material capabilities", "Singer 1987", RESEARCH)
INCOME = ("Latent GDP and population estimates", "Fariss et al. 2022", RESEARCH)
DEMOCRACY = ("Extended unified democracy scores", "Marquez 2016; Marshall et al.; Coppedge et al.", RESEARCH)
SYSTEM = ("COW state system membership 2016", "Correlates of War Project 2016", RESEARCH)
RIVALRY = ("Strategic rivalries", "Thompson, Sakuwa & Suhas 2021", RESEARCH)

PEACEKEEPERS = ("Geo-PKO 2.3", "Cil, Fjelde, Hultman & Nilsson 2020", RESEARCH)

YEAR_END = "31 December of the year"
YEAR = "the year"
FIVE = "five years ending in the year"


@dataclass(frozen=True)
class Column:
    """One row of the codebook, without the years covered."""

    column: str
    role: str
    family: str
    direction: int | None
    transform: str
    unit: str
    window: str
    definition: str
    origin: tuple[str, str, str]
    pairs_with: str = ""


def _key(column: str, definition: str) -> Column:
    return Column(
        column,
        "key",
        "count",
        None,
        "none",
        {"year": "year", "state_name": "text"}.get(column, "code"),
        YEAR,
        definition,
        SYSTEM,
    )


def _ties(kind: str, what: str, window: str, origin: tuple[str, str, str], note: str = "") -> list[Column]:
    return [
        Column(
            *(f"{kind}_joint", "tie_count", "count", 1, "log1p", "count", window),
            definition=f"Number of {what} that the state shares with the pivotal state.{note}",
            origin=origin,
            pairs_with=f"{kind}_own",
        ),
        Column(
            *(f"{kind}_own", "tie_exposure", "count", 1, "log1p", "count", window),
            definition=f"Number of {what} the state is party to: the most it could share.{note}",
            origin=origin,
        ),
    ]


def _rivals() -> list[Column]:
    names = {"russia": "Russia (USSR)", "china": "China", "france": "France", "uk": "the United Kingdom"}
    organisations = [
        Column(
            *(f"igo_joint_{name}", "rival_tie", "count", None, "log1p", "count", YEAR),
            definition=f"Memberships in intergovernmental organisations shared with {text}; missing for {text} itself.",
            origin=IGO,
        )
        for name, text in names.items()
    ]
    alliances = [
        Column(
            *(f"alliance_{name}", "rival_tie", "count", None, "log1p", "count", YEAR_END),
            definition=f"Alliance agreements in force shared with {text}; missing for {text} itself.",
            origin=ATOP,
        )
        for name, text in names.items()
    ]
    return organisations + alliances


COLUMNS = [
    _key("pivotal", "Correlates of War code of the state that builds the coalition."),
    _key("state", "Correlates of War code of the candidate; a row means it is in the system on 31 December."),
    _key("year", "Year observed; windows end in it. A mission that starts in year s uses the row of s - 1."),
    _key("state_name", "Name of the state, as the Correlates of War Project prints it."),
    *_ties(
        *("igo", "intergovernmental organisations", YEAR, IGO),
        note=" Before 1965 own memberships are known every fifth year and carried forward, and are never less than"
        " the largest joint count.",
    ),
    *_ties(
        *("un_treaty", "multilateral treaties deposited with the UN", YEAR_END, TREATIES),
        note=" Bound by ratification, accession or succession. Missing for states the collection does not list"
        " separately (Czechoslovakia, the German Democratic Republic, Taiwan, South Vietnam, Kosovo, the Yemens"
        " before 1990, Vietnam before 1976, Yugoslavia and Serbia before 2001).",
    ),
    *_ties(
        *(
            "alliance",
            "alliance agreements in force (defence, offence, neutrality, non-aggression, consultation)",
        ),
        *(YEAR_END, ATOP),
        note=" Wide agreements count like narrow ones: the Helsinki Final Act (1975) is one, as is NATO.",
    ),
    *_ties(
        *("trade_pact", "trade agreements in force", YEAR_END, DESTA),
        note=" Accessions and withdrawals are dated; some of the agreements are not free-trade agreements.",
    ),
    Column(
        *("un_agreement", "quality", "normal", 1, "none", "ideal-point units", YEAR),
        definition="Minus the absolute distance between the ideal points of state and pivotal state in the session"
        " of the UN General Assembly that opens in the year; session 19 (1964) is missing.",
        origin=VOTES,
    ),
    Column(
        *("trade_share", "quality", "normal", 1, "log1p", "per cent", YEAR),
        definition="Imports and exports with the pivotal state as a share of the state's imports and exports with"
        " all states, current dollars. The Federal Republic of Germany and the Republic of Vietnam are missing"
        " from 1960 in the extract.",
        origin=TRADE,
    ),
    Column(
        *("economic_aid", "quality", "hurdle", 1, "log", "constant US dollars per inhabitant and year", FIVE),
        definition="Mean yearly US economic aid per inhabitant; negative means (cancelled obligations) are set to 0."
        " Years before the state entered the system are left out.",
        origin=AID,
    ),
    Column(
        *("military_aid", "quality", "hurdle", 1, "log", "constant US dollars per inhabitant and year", FIVE),
        definition="Mean yearly US military aid per inhabitant; as economic_aid.",
        origin=AID,
    ),
    Column(
        *("troops", "quality", "hurdle", 1, "log", "soldiers per 1000 inhabitants", YEAR),
        definition="US troops stationed in the state per 1000 inhabitants; territories are left out. Missing for"
        " Cuba from 1961 (Guantanamo is held against the host's will).",
        origin=TROOPS,
    ),
    Column(
        *("exercises", "quality", "negative_binomial", 1, "none", "count", FIVE),
        definition="Multinational military exercises in which state and pivotal state both took part; observed only"
        " where all five years are covered.",
        origin=EXERCISES,
    ),
    Column(
        *("disputes", "quality", "bernoulli", -1, "none", "0 or 1", FIVE),
        definition="1 if state and pivotal state were on opposite sides of a militarised interstate dispute.",
        origin=DISPUTES,
    ),
    Column(
        *("sanctions", "quality", "bernoulli", -1, "none", "0 or 1", FIVE),
        definition="1 if a sanction of the pivotal state against the state was threatened or in place.",
        origin=SANCTIONS,
    ),
    Column(
        *("visits_to_pivotal", "personal_contact", "negative_binomial", 1, "none", "count", FIVE),
        definition="Visits of the state's leaders to the USA, private visits left out.",
        origin=LEADERS,
    ),
    Column(
        *("visits_from_pivotal", "personal_contact", "negative_binomial", 1, "none", "count", FIVE),
        definition="Trips of a US president or secretary of state that stopped in the state.",
        origin=TRAVELS,
    ),
    Column(
        *("ambassador_in_post", "personal_contact", "bernoulli", 1, "none", "0 or 1", YEAR),
        definition="1 if a US ambassador, minister or envoy was in post for more than half of the year; charges"
        " d'affaires and principal officers do not count.",
        origin=CHIEFS,
    ),
    Column(
        *("ambassador_vacancy_days", "other", "count", -1, "log1p", "days", YEAR),
        definition="Days of the year without a US ambassador, minister or envoy in post.",
        origin=CHIEFS,
    ),
    Column(
        *("ambassador_turnover", "other", "count", None, "none", "count", FIVE),
        definition="Arrivals of a new US ambassador, minister or envoy.",
        origin=CHIEFS,
    ),
    Column(
        *("ambassador_career", "other", "bernoulli", None, "none", "0 or 1", YEAR),
        definition="1 if the year's longest-serving US ambassador was a career diplomat; missing without one.",
        origin=CHIEFS,
    ),
    *_rivals(),
    Column(
        *("un_missions_joined", "other", "count", None, "log1p", "count", YEAR),
        definition="UN missions to which the state contributes a contingent shown on the UN's maps: cooperation that"
        " is not about the pivotal state. Staff and observers are not on the maps.",
        origin=PEACEKEEPERS,
    ),
    Column(
        *(
            "hierarchy_security",
            "hierarchy",
            "normal",
            1,
            "none",
            "log(1 + soldiers per 1000 inhabitants)",
            YEAR,
        ),
        definition="Security hierarchy in the sense of Lake 2009: US troops per head, logged.",
        origin=TROOPS,
    ),
    Column(
        *("hierarchy_trade", "hierarchy", "normal", 1, "none", "per cent", YEAR),
        definition="Trade with the pivotal state as a share of trade with the five permanent members of the Security"
        " Council and the pivotal state: economic hierarchy after the idea of Lake 2009, not his formula.",
        origin=TRADE,
    ),
    Column(
        *("alliance_only_pivotal", "hierarchy", "bernoulli", 1, "none", "0 or 1", YEAR),
        definition="1 if the state has a defence pact with the pivotal state and no defence partner that is not a"
        " defence partner of the pivotal state too (no independent alliance, after Lake 2009).",
        origin=ATOP,
    ),
    Column(
        *(
            "aid_change_economic",
            "payment",
            "normal",
            None,
            "none",
            "change of log(1 + dollars per inhabitant)",
        ),
        "three years after against the trend of the six years up to the year",
        definition="Mean of log(1 + US economic aid per inhabitant) over t+1..t+3 minus the value at t+2 of the"
        " state's own linear trend over t-5..t. A payment, observed after joining: never a predictor.",
        origin=AID,
    ),
    Column(
        *(
            "aid_change_military",
            "payment",
            "normal",
            None,
            "none",
            "change of log(1 + dollars per inhabitant)",
        ),
        "three years after against the trend of the six years up to the year",
        definition="As aid_change_economic, for US military aid.",
        origin=AID,
    ),
    Column(
        *("log_population", "control", "normal", 1, "none", "log thousands", YEAR),
        definition="Natural logarithm of the population.",
        origin=CAPABILITIES,
    ),
    Column(
        *("log_gdp_per_head", "control", "normal", 1, "none", "log constant dollars", YEAR),
        definition="Natural logarithm of GDP per head, model-based estimate.",
        origin=INCOME,
    ),
    Column(
        *("capability", "control", "normal", 1, "none", "cube root of a share", YEAR),
        definition="Cube root of the composite index of national capability.",
        origin=CAPABILITIES,
    ),
    Column(
        *("democracy", "control", "normal", 1, "none", "unified democracy score", YEAR),
        definition="Extended unified democracy score; covers microstates.",
        origin=DEMOCRACY,
    ),
    Column(
        *("state_age", "other", "normal", None, "log1p", "years", YEAR),
        definition="Years since the state, or its direct predecessor, first entered the state system after 1815.",
        origin=SYSTEM,
    ),
    Column(
        *("rivalry", "control", "bernoulli", -1, "none", "0 or 1", YEAR),
        definition="1 in the years of a strategic rivalry with the pivotal state.",
        origin=RIVALRY,
    ),
    Column(
        *("igo_joint_lead5", "placebo", "count", None, "log1p", "count", "the year five years later"),
        definition="igo_joint five years later; a cause cannot follow its effect.",
        origin=IGO,
    ),
    Column(
        *(
            "un_treaty_joint_lead5",
            "placebo",
            "count",
            None,
            "log1p",
            "count",
            "31 December five years later",
        ),
        definition="un_treaty_joint five years later.",
        origin=TREATIES,
    ),
]


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
        If a column of the table has no entry here, or an entry no column.
    """
    entries = {entry.column: entry for entry in COLUMNS}
    different = set(entries) ^ set(states.columns)
    if different:
        raise ValueError(f"codebook and state-year table differ in {sorted(different)}")
    rows = []
    for name in states.columns:
        entry = entries[name]
        observed = states.loc[states[name].notna(), "year"]
        source, citation, terms = entry.origin
        rows.append(
            {
                **{field: getattr(entry, field) for field in FIELDS if hasattr(entry, field)},
                "direction": "" if entry.direction is None else f"{entry.direction:+d}",
                "source": source,
                "citation": citation,
                "terms": terms,
                "first_year": int(observed.min()),
                "last_year": int(observed.max()),
            }
        )
    return pd.DataFrame(rows)[FIELDS]
