"""The compositions that ship, and one with every optional term, for tests of the models."""

from models.composition import Composition, Moderator

SLOPES = {"mission_slopes": ("ties", "quality"), "state_effects": True}
GIVEN = {"blocks": ("outcome",), "latents": ("quality",), **SLOPES}

TERMS = {
    "pooled": {"blocks": ("outcome",), "mission_intercepts": False},
    "missions": {"blocks": ("outcome",), "mission_slopes": ("ties",)},
    "crossed": {"blocks": ("outcome",), "mission_slopes": ("ties",), "state_effects": True},
    "quality_only": {"blocks": ("quality",)},
    "measurement": {"blocks": ("quality", "ties")},
    "plugin": {**GIVEN, "inference": "plugin"},
    "cut": {**GIVEN, "inference": "cut"},
    "joint": {"blocks": ("quality", "ties", "outcome"), **SLOPES},
    "cooperators": {"blocks": ("quality", "ties", "cooperativeness", "outcome"), **SLOPES},
    "persons": {"blocks": ("quality", "contact", "ties", "outcome"), **SLOPES},
    "every_term": {
        "blocks": ("quality", "ties", "outcome"),
        "moderators": (Moderator("quality", "hierarchy"), Moderator("ties", "democracy")),
        "mission_predictors": {
            "intercept": ("un_mandate",),
            "ties": ("short_horizon",),
            "quality": ("short_horizon", "un_mandate"),
        },
        "tie_family": "negative_binomial",
        **SLOPES,
    },
    "label_errors": {"blocks": ("outcome",), "state_effects": True, "label_errors": True},
}
COMPOSITIONS = {name: Composition(name, **terms) for name, terms in TERMS.items()}
