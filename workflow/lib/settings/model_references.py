"""What the models of a configuration refer to must exist: columns, other models, names that can be folders.

Returns faults as pairs of key path and text, as `references` does. Whether a composition makes sense statistically is for
`models.composition.check` to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workflow.lib.settings.references import Fault, state_columns, unknown
from workflow.lib.settings.schema import CompositionSettings, Settings
from workflow.lib.settings.wording import listed, shown

# Folders beside those of the models in the results folder: a model of that name would write into them.
RESERVED_NAMES = (
    *("calibration", "checks", "comparison", "data", "figures", "multiverse", "paper", "quick", "report"),
    "tables",
)
# Programs that read the tables of results take these for a missing value or a truth value.
MISREAD_NAMES = ("null", "nan", "na", "none", "nil", "inf", "true", "false", "yes", "no", "on", "off")


def find_model_faults(settings: Settings, root: Path) -> list[Fault]:
    """Faults of the models of a configuration, and of what is asked of them."""
    return [
        *_name_faults(settings),
        *_column_faults(settings, root),
        *_measurement_faults(settings),
        *_term_faults(settings),
        *_asked_faults(settings),
    ]


def _name_faults(settings: Settings) -> list[Fault]:
    faults: list[Fault] = []
    if not settings.models:
        text = "no model is defined; define at least one, for example pooled: {blocks: [outcome]}"
        faults.append((("models",), text))
    for name in settings.models:
        if name in RESERVED_NAMES:
            text = f"this name is taken by a folder of results; not allowed: {listed(RESERVED_NAMES)}"
            faults.append((("models", name), text))
        if name in MISREAD_NAMES:
            text = f"this name is read as missing, or as true or false, by programs; not allowed: {listed(MISREAD_NAMES)}"
            faults.append((("models", name), text))
    return faults


def _column_faults(settings: Settings, root: Path) -> list[Fault]:
    data, columns = settings.data, state_columns(settings, root)
    faults: list[Fault] = []
    for name, composition in settings.models.items():
        for path, names in _covariates_of(composition) if columns else ():
            faults += unknown(names, columns, ("models", name, *path), "column", data.states)
        for effect in ("intercept", "ties", "quality"):
            path = ("models", name, "mission_predictors", effect)
            names = getattr(composition.mission_predictors, effect)
            faults += unknown(
                names, data.mission_covariates, path, "mission covariate", "data.mission_covariates"
            )
        if isinstance(composition.controls, list) and data.controls is not None:
            names = [column for column in composition.controls if column in columns]
            path = ("models", name, "controls")
            faults += unknown(names, data.controls, path, "control", "data.controls")
    return faults


def _covariates_of(composition: CompositionSettings) -> Iterable[tuple[tuple, list[str]]]:
    if isinstance(composition.controls, list):
        yield ("controls",), composition.controls
    for index, moderator in enumerate(composition.moderators):
        yield ("moderators", index, "by"), [moderator.by]


def _measurement_faults(settings: Settings) -> list[Fault]:
    """Faults in where latents come from; of models that measure each other the first is told."""
    faults: list[Fault] = []
    told: set[str] = set()
    for name, composition in settings.models.items():
        fault = None if composition.measured_by in told else _measurement_fault(name, composition, settings)
        if fault:
            faults += fault
            told.add(name)
    return faults


def _measurement_fault(name: str, composition: CompositionSettings, settings: Settings) -> list[Fault]:
    path, latents = ("models", name, "measured_by"), ("models", name, "latents")
    given = composition.measured_by
    if composition.inference == "joint":
        if given is not None:
            text = "a joint model measures its own latents; remove the key, or set inference to plugin or cut"
            return [(path, text)]
        text = "a joint model has its latents as blocks; list them under blocks, or set inference to plugin or cut"
        return [(latents, text)] if composition.latents else []
    measuring = [other for other, item in settings.models.items() if "outcome" not in item.blocks]
    if given is None:
        text = f"missing; inference {composition.inference} wants a model that measures; allowed: {listed(measuring)}"
        return [(path, text)]
    if given not in settings.models:
        return unknown([given], list(settings.models), path, "model", "models")
    other = settings.models[given]
    if other.inference != "joint":
        return [(path, f"{shown(given)} is itself a {other.inference} model; name a joint one")]
    if "outcome" in other.blocks:
        text = f"{shown(given)} has the outcome, so what it measures was informed by it; allowed: {listed(measuring)}"
        return [(path, text)]
    missing = [latent for latent in composition.latents if latent not in other.blocks]
    if missing:
        text = f"{shown(given)} does not measure {listed(missing)}; its blocks: {listed(other.blocks)}"
        return [(path, text)]
    if not composition.latents:
        return [(latents, f"missing; name what {given} measures: quality")]
    unused = [latent for latent in composition.latents if latent != "quality"]
    if unused:
        text = f"{listed(unused)} cannot be a regressor of a {composition.inference} model; allowed: quality"
        return [(latents, text)]
    return []


def _term_faults(settings: Settings) -> list[Fault]:
    """Slopes and moderators of what the outcome does not have."""
    faults: list[Fault] = []
    for name, composition in settings.models.items():
        if composition.ties or "outcome" not in composition.blocks:
            continue
        places = [(("mission_slopes",), slope) for slope in composition.mission_slopes]
        places += [(("moderators", i, "of"), item.of) for i, item in enumerate(composition.moderators)]
        text = "ties are no regressor of this model (ties: false); take them out here, or set ties: true"
        faults += [(("models", name, *path), text) for path, of in places if of == "ties"]
    return faults


def _asked_faults(settings: Settings) -> list[Fault]:
    models, checks = list(settings.models), settings.checks
    faults = unknown(settings.fit or [], models, ("fit",), "model", "models")
    if settings.fit == []:
        faults.append((("fit",), "no model is asked for; name at least one, or null for all"))
    with_outcome = [name for name in models if "outcome" in settings.models[name].blocks]
    kind = "model with an outcome"
    faults += unknown(
        checks.held_out_missions or [], with_outcome, ("checks", "held_out_missions"), kind, "models"
    )
    path = ("checks", "reference")
    if checks.reference is not None:
        faults += unknown([checks.reference], with_outcome, path, kind, "models")
        if not faults and checks.reference not in settings.models_to_fit():
            fitted = listed(settings.models_with_outcome())
            faults.append(
                (path, f"{shown(checks.reference)} is not fitted; add it to fit, or name one of {fitted}")
            )
    return faults
