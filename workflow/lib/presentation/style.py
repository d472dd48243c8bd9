"""The look of every figure and the words for models and columns. Reads and writes nothing.

Colours are the Okabe-Ito set, which colour-blind readers can tell apart; the same colour always means the same thing.
"""

import matplotlib as mpl

TIES = "#0072B2"
QUALITY = "#D55E00"
ACTUAL = "#222222"
PREDICTED = "#009E73"
NEUTRAL = "#8C8C8C"
ACCENT = "#CC79A7"
PALE = "#D9D9D9"
SERIES = (TIES, QUALITY, PREDICTED, ACCENT, "#E69F00", "#56B4E9")

COLUMN_WIDTH_INCHES = 6.3

STYLE = {
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.0,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "#444444",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.1,
    "lines.markersize": 4.0,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "coalition-ties",
    "figure.constrained_layout.use": True,
}

MODEL_LABELS = {
    "pooled": "Pooled logit",
    "missions": "Mission effects",
    "crossed": "Mission and state effects",
    "quality_only": "Quality alone",
    "measurement": "Measurement",
    "plugin": "Quality plugged in",
    "cut": "Quality without feedback",
    "joint": "Joint model",
    "cooperators": "Joint, with cooperativeness",
    "persons": "Joint, with personal contact",
}

COLUMN_LABELS = {
    "igo_joint": "Joint IGO memberships",
    "un_treaty_joint": "Joint UN treaties",
    "alliance_joint": "Shared alliances",
    "trade_pact_joint": "Shared trade pacts",
    "igo_own": "Own IGO memberships",
    "un_treaty_own": "Own UN treaties",
    "alliance_own": "Own alliances",
    "trade_pact_own": "Own trade pacts",
    "un_agreement": "UN voting agreement",
    "trade_share": "Trade share of the pivotal state",
    "economic_aid": "Economic aid per head",
    "military_aid": "Military aid per head",
    "troops": "Troops per 1,000 inhabitants",
    "exercises": "Joint exercises",
    "disputes": "Militarised disputes",
    "sanctions": "Sanctions or threats",
    "visits_to_pivotal": "Visits to the pivotal state",
    "visits_from_pivotal": "Visits from the pivotal state",
    "ambassador_in_post": "Ambassador in post",
    "ambassador_vacancy_days": "Ambassador vacancy (days)",
    "ambassador_turnover": "Ambassador turnover",
    "ambassador_career": "Career ambassador",
    "log_population": "Population (log)",
    "log_gdp_per_head": "GDP per head (log)",
    "log_distance": "Distance to target (log)",
    "distance_to_target_km": "Distance to target (km)",
    "contiguous_to_target": "Contiguous to target",
    "capability": "Capability",
    "democracy": "Democracy",
    "state_age": "Age of state",
    "rivalry": "Rivalry with the pivotal state",
    "un_mandate": "UN mandate",
    "short_horizon": "Short time horizon",
    "alliance": "Alliance",
    "alliance_only_pivotal": "No independent alliance",
    "un_missions_joined": "UN missions joined",
    "aid_change_economic": "Change of economic aid",
    "aid_change_military": "Change of military aid",
    "hierarchy_security": "Security hierarchy (troops)",
    "hierarchy_trade": "Economic hierarchy (trade)",
}

SUFFIX_LABELS = {
    "_any": " (any)",
    "_amount": " (amount)",
    "_lead5": ", five years later",
    "_russia": " with Russia",
    "_china": " with China",
    "_france": " with France",
    "_uk": " with the UK",
    "_usa": " with the USA",
}


def model_label(name: str) -> str:
    """The paper's name of a model; an unknown model keeps its own name."""
    return MODEL_LABELS.get(name, name.replace("_", " ").capitalize())


def column_label(name: str) -> str:
    """The paper's name of a column or indicator; an unknown one keeps its own name in plain words."""
    if name in COLUMN_LABELS:
        return COLUMN_LABELS[name]
    for suffix, words in SUFFIX_LABELS.items():
        stem = name.removesuffix(suffix)
        if stem != name and stem in COLUMN_LABELS:
            return COLUMN_LABELS[stem] + words
    plain = name.replace("_", " ")
    return (plain[:1].upper() + plain[1:]).replace("Igo", "IGO").replace("Un treaty", "UN treaty")


def styled():
    """Context in which figures are drawn."""
    return mpl.rc_context(STYLE)
