"""What the models of a configuration refer to must exist: columns, other models, names that can be folders.

Returns faults as pairs of key path and text, as `references` does. Whether a composition makes sense statistically is for
`models.composition.check` to say.
"""

from collections.abc import Iterable
from pathlib import Path

from workflow.lib.settings.references import Fault, constructs, state_columns, terms_of, unknown
from workflow.lib.settings.schema import CompositionSettings, Settings
from workflow.lib.settings.wording import did_you_mean, listed, shown

# Folders beside those of the models in the results folder: a model of that name would write into them.
RESERVED_NAMES = (
    *("calibration", "checks", "comparison", "data", "figures", "multiverse", "paper", "quick", "report"),
    "tables",
)
# Keys that only a model with an outcome has.
COMMON_KEYS = {"label", "description", "measures", "indicators", "free_after", "sampler"}
OUTCOME_KEYS = set(CompositionSettings.model_fields) - COMMON_KEYS
# Programs that read the tables of results take these for a missing value or a truth value.
MISREAD_NAMES = ("null", "nan", "na", "none", "nil", "inf", "true", "false", "yes", "no", "on", "off")


def find_model_faults(settings: Settings, root: Path) -> list[Fault]:
    """Faults of the models of a configuration, and of what is asked of them."""
    return [
        *_name_faults(settings),
        *_column_faults(settings, root),
        *_measurement_faults(settings, root),
        *_term_faults(settings),
        *_asked_faults(settings),
    ]


def _name_faults(settings: Settings) -> list[Fault]:
    faults: list[Fault] = []
    if not settings.models:
        text = "no model is defined; define at least one, for example pooled: {regressors: [ties]}"
        faults.append((("models",), text))
    refused = (
        (("ties",), "ties is a regressor of every configuration; give the model another name"),
        (RESERVED_NAMES, f"this name is taken by a folder of results; not allowed: {listed(RESERVED_NAMES)}"),
        (
            MISREAD_NAMES,
            f"this name is read as missing, or as true or false, by programs; not allowed: {listed(MISREAD_NAMES)}",
        ),
    )
    return faults + [
        (("models", name), text) for name in settings.models for names, text in refused if name in names
    ]


def _column_faults(settings: Settings, root: Path) -> list[Fault]:
    data, columns = settings.data, state_columns(settings, root)
    faults: list[Fault] = []
    for name, composition in settings.models.items():
        for path, names in _columns_of(composition) if columns else ():
            faults += unknown(names, columns, ("models", name, *path), "column", data.states)
        for effect, names in composition.mission_predictors.items():
            path = ("models", name, "mission_predictors", effect)
            faults += unknown(
                names, data.mission_covariates, path, "mission covariate", "data.mission_covariates"
            )
        if isinstance(composition.controls, list) and data.controls is not None:
            names = [column for column in composition.controls if column in columns]
            path = ("models", name, "controls")
            faults += unknown(names, data.controls, path, "control", "data.controls")
    return faults


def _columns_of(composition: CompositionSettings) -> Iterable[tuple[tuple, list[str]]]:
    yield ("indicators",), composition.indicators or []
    yield ("free_after",), list(composition.free_after)
    if isinstance(composition.controls, list):
        yield ("controls",), composition.controls
    for index, moderator in enumerate(composition.moderators):
        yield ("moderators", index, "by"), [moderator.by]


def _measurement_faults(settings: Settings, root: Path) -> list[Fault]:
    """Constructs that no column measures, regressors that no model measures, and keys of an outcome on a model that measures."""
    measuring = [name for name, item in settings.models.items() if item.measures]
    known, codebook = constructs(settings, root), settings.data.codebook
    faults: list[Fault] = []
    for name, composition in settings.models.items():
        # a key that says its default says nothing: a resolved configuration can be read again
        configured_keys = set(composition.model_dump(exclude_defaults=True))
        if composition.measures:
            for key in sorted(configured_keys & OUTCOME_KEYS):
                text = "a model that measures has no outcome; remove this key, or measures"
                faults.append((("models", name, key), text))
            if known:
                faults += unknown(
                    composition.measures, known, ("models", name, "measures"), "construct", codebook
                )
            continue
        for key in sorted(configured_keys & {"indicators", "free_after"}):
            faults.append((("models", name, key), "this key belongs to a model with measures"))
        for index, regressor in enumerate(composition.regressors):
            path = ("models", name, "regressors", index)
            if regressor in settings.models and regressor not in measuring:
                text = f"{shown(regressor)} has the outcome, so it measures nothing; allowed: {listed(['ties', *measuring])}"
                faults.append((path, text))
            elif regressor not in ("ties", *measuring):
                faults += unknown(
                    [regressor], ["ties", *measuring], path[:-1], "model that measures", "models"
                )
    return faults


def _term_faults(settings: Settings) -> list[Fault]:
    """Slopes, means and moderators of what the outcome does not have."""
    faults: list[Fault] = []
    regressors = {"ties", *(name for name, item in settings.models.items() if item.measures)}
    for name, composition in settings.models.items():
        # of a regressor that is not there one line is enough
        if composition.measures or not regressors.issuperset(composition.regressors):
            continue
        included = composition.regressors
        predicted = [regressor for regressor in composition.mission_predictors if regressor != "intercept"]
        paths = [(("mission_slopes", i), regressor) for i, regressor in enumerate(composition.mission_slopes)]
        paths += [(("between", i), regressor) for i, regressor in enumerate(composition.between)]
        paths += [(("mission_predictors", regressor), regressor) for regressor in predicted]
        for path, regressor in paths:
            if regressor not in included:
                text = f"{shown(regressor)} is no regressor of this model; allowed: {listed(included)}"
                faults.append((("models", name, *path), text + did_you_mean(regressor, included)))
        for regressor in predicted:
            if regressor in included and regressor not in composition.mission_slopes:
                text = "its slope does not differ by mission here; add it to mission_slopes"
                faults.append((("models", name, "mission_predictors", regressor), text))
        terms = [t for r in included for t in (terms_of(r)[1:] if r in composition.between else [r])]
        for index, moderator in enumerate(composition.moderators):
            if moderator.of not in terms:
                text = f"{shown(moderator.of)} is no term of this model; allowed: {listed(terms)}"
                path = ("models", name, "moderators", index, "of")
                faults.append((path, text + did_you_mean(moderator.of, terms)))
        if composition.inference != "plugin" and not composition.latents:
            text = f"{composition.inference} is about latent regressors, and this model has none; add one to regressors"
            faults.append((("models", name, "inference"), text))
        if composition.inference == "joint" and set(composition.latents[:1]) & set(composition.between):
            text = "the latent regressor of a joint model cannot be split; use plugin or cut"
            faults.append((("models", name, "between"), text))
    return faults


def _asked_faults(settings: Settings) -> list[Fault]:
    models, checks = list(settings.models), settings.checks
    faults = unknown(settings.fit or [], models, ("fit",), "model", "models")
    if settings.fit == []:
        faults.append((("fit",), "no model is asked for; name at least one, or null for all"))
    with_outcome = [name for name in models if not settings.models[name].measures]
    kind = "model with an outcome"
    faults += unknown(
        checks.held_out_conflicts or [], with_outcome, ("checks", "held_out_conflicts"), kind, "models"
    )
    main = settings.report.main_model
    return faults + (unknown([main], with_outcome, ("report", "main_model"), kind, "models") if main else [])
