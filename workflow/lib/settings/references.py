"""What a configuration refers to must exist: tables, columns, missions, models, priors.

Reads the first lines and the key columns of the tables that the configuration names, and returns the faults as pairs of
key path and text. Whether a composition makes sense statistically is for `models.check` to say.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from workflow.lib.settings.schema import CompositionSettings, Settings
from workflow.lib.settings.wording import did_you_mean, listed, shown

Fault = tuple[tuple, str]

# Covariates that preparing the data computes from the tables of missions and distances.
DERIVED_COVARIATES = ("log_distance", "contiguous_to_target")

# Folders beside those of the models in the results folder: a model of that name would write into them.
RESERVED_NAMES = (
    "calibration",
    "checks",
    "comparison",
    "data",
    "figures",
    "multiverse",
    "paper",
    "report",
    "tables",
)

COLUMN_LISTS = ("tie_counts", "quality", "personal_contact", "cooperativeness", "controls")


def find_faults(settings: Settings, root: Path) -> list[Fault]:
    """Faults of a configuration in what it refers to.

    Parameters
    ----------
    settings
        Settings whose types and ranges are right.
    root
        Folder from which the paths of the tables are meant.

    Returns
    -------
    list of (path of keys, text)
        Empty if everything that is referred to exists.
    """
    return [
        *_table_faults(settings, root),
        *_column_faults(settings, root),
        *_mission_faults(settings, root),
        *_model_faults(settings),
        *_prior_faults(settings),
    ]


def _table_faults(settings: Settings, root: Path) -> list[Fault]:
    faults = []
    for key in ("missions", "participation", "states", "codebook", "distances"):
        path = getattr(settings.data, key)
        if path is not None and not (root / path).is_file():
            faults.append((("data", key), f"{shown(path)} is not a file; give the path of a CSV table"))
    return faults


def _column_faults(settings: Settings, root: Path) -> list[Fault]:
    data = settings.data
    state_columns = [*_header(root / data.states), *DERIVED_COVARIATES]
    mission_columns = _header(root / data.missions)
    faults: list[Fault] = []
    if len(state_columns) > len(DERIVED_COVARIATES):
        for key in COLUMN_LISTS:
            faults += _unknown(getattr(data, key) or [], state_columns, ("data", key), "column", data.states)
        for name, composition in settings.models.items():
            for path, columns in _covariates_of(composition):
                faults += _unknown(columns, state_columns, ("models", name, *path), "column", data.states)
    if mission_columns:
        faults += _unknown(
            data.mission_covariates, mission_columns, ("data", "mission_covariates"), "column", data.missions
        )
    for name, composition in settings.models.items():
        for effect in ("intercept", "ties", "quality"):
            faults += _unknown(
                getattr(composition.mission_predictors, effect),
                data.mission_covariates,
                ("models", name, "mission_predictors", effect),
                "mission covariate",
                "data.mission_covariates",
            )
        if isinstance(composition.controls, list) and data.controls is not None:
            faults += _unknown(
                [column for column in composition.controls if column in state_columns],
                data.controls,
                ("models", name, "controls"),
                "control",
                "data.controls",
            )
    return faults


def _covariates_of(composition: CompositionSettings) -> Iterable[tuple[tuple, list[str]]]:
    if isinstance(composition.controls, list):
        yield ("controls",), composition.controls
    for index, moderator in enumerate(composition.moderators):
        yield ("moderators", index, "by"), [moderator.by]


def _mission_faults(settings: Settings, root: Path) -> list[Fault]:
    missions = _column(root / settings.data.missions, "mission")
    if not missions:
        return []
    source = settings.data.missions
    return [
        *_unknown(settings.data.exclude_missions, missions, ("data", "exclude_missions"), "mission", source),
        *_unknown(settings.report.cases, missions, ("report", "cases"), "mission", source),
        *_future_faults(settings, root),
    ]


def _future_faults(settings: Settings, root: Path) -> list[Fault]:
    """A year that leaves no mission to fit or none to predict; years that are none are told elsewhere."""
    first, last = settings.checks.future_from, settings.data.last_start_year
    years = [int(year) for year in _column(root / settings.data.missions, "start_year") if year.isdecimal()]
    years = sorted(year for year in years if last is None or year <= last)
    if first is None or not years or years[0] < first <= years[-1]:
        return []
    told = f"the missions in use start between {years[0]} and {years[-1]}"
    expected = f"give a year after {years[0]} and not after {years[-1]}, or null"
    return [
        (("checks", "future_from"), f"{told}, so {first} leaves none to fit or none to predict; {expected}")
    ]


def _model_faults(settings: Settings) -> list[Fault]:
    models = list(settings.models)
    faults: list[Fault] = []
    if not models:
        faults.append(
            (("models",), "no model is defined; define at least one, for example pooled: {blocks: [outcome]}")
        )
    for name in models:
        if name in RESERVED_NAMES:
            faults.append(
                (
                    ("models", name),
                    f"this name is taken by a folder of results; not allowed: {listed(RESERVED_NAMES)}",
                )
            )
    faults += _unknown(settings.fit or [], models, ("fit",), "model", "models")
    if settings.fit == []:
        faults.append((("fit",), "no model is asked for; name at least one, or null for all"))
    for name, composition in settings.models.items():
        faults += _measurement_faults(name, composition, settings)
    with_outcome = [name for name in models if "outcome" in settings.models[name].blocks]
    if settings.checks.held_out_missions is not None:
        path = ("checks", "held_out_missions")
        faults += _unknown(
            settings.checks.held_out_missions, with_outcome, path, "model with an outcome", "models"
        )
    if settings.checks.reference is not None:
        path = ("checks", "reference")
        faults += _unknown([settings.checks.reference], with_outcome, path, "model with an outcome", "models")
    return faults


def _measurement_faults(name: str, composition: CompositionSettings, settings: Settings) -> list[Fault]:
    path = ("models", name, "measured_by")
    if composition.inference == "joint":
        if composition.measured_by is not None:
            return [
                (
                    path,
                    "a joint model measures its own latents; remove the key, or set inference to plugin or cut",
                )
            ]
        if composition.latents:
            text = "a joint model has its latents as blocks; list them under blocks, or set inference to plugin or cut"
            return [(("models", name, "latents"), text)]
        return []
    if composition.measured_by is None:
        measuring = [other for other, item in settings.models.items() if "outcome" not in item.blocks]
        return [
            (
                path,
                f"missing; inference {composition.inference} wants a model that measures; allowed: {listed(measuring)}",
            )
        ]
    faults = _unknown([composition.measured_by], list(settings.models), path, "model", "models")
    if faults:
        return faults
    measuring = settings.models[composition.measured_by]
    if measuring.inference != "joint":
        return [
            (
                path,
                f"{shown(composition.measured_by)} is itself a {measuring.inference} model; name a joint one",
            )
        ]
    missing = [latent for latent in composition.latents if latent not in measuring.blocks]
    if missing:
        blocks = listed(measuring.blocks)
        return [
            (
                path,
                f"{shown(composition.measured_by)} does not measure {listed(missing)}; its blocks: {blocks}",
            )
        ]
    if not composition.latents:
        text = f"missing; name what {composition.measured_by} measures: {listed(_latent_blocks(measuring))}"
        return [(("models", name, "latents"), text)]
    return []


def _latent_blocks(composition: CompositionSettings) -> list[str]:
    return [block for block in composition.blocks if block in ("quality", "cooperativeness", "contact")]


def _prior_faults(settings: Settings) -> list[Fault]:
    known = known_priors() if settings.priors else []
    return [
        (("priors", name), f"no parameter has this name; allowed: {listed(known)}{did_you_mean(name, known)}")
        for name in settings.priors
        if name not in known
    ]


def known_priors() -> list[str]:
    """Names of the parameters whose prior can be set: those that the statistics give a default."""
    from models.priors import DEFAULT_PRIORS

    return sorted(DEFAULT_PRIORS)


def _unknown(
    names: Sequence[str], known: Collection[str], path: tuple, kind: str, source: str
) -> list[Fault]:
    """A fault for each name that is not known, and for each that is given twice."""
    faults: list[Fault] = []
    for index, name in enumerate(names):
        place = path if path[-1] in ("by", "measured_by", "reference") else (*path, index)
        if name not in known:
            allowed = f"; allowed: {listed(known)}" if kind != "column" else ""
            of_source = f" of {source}" if source != "models" else " that is defined"
            text = f"{shown(name)} is not a {kind}{of_source}{allowed}{did_you_mean(name, known)}"
            faults.append((place, text))
        elif name in names[:index]:
            faults.append((place, f"{shown(name)} is given twice; remove one of the two"))
    return faults


def _header(path: Path) -> list[str]:
    """Names of the columns of a table, or nothing if it cannot be read: that is told elsewhere."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        return next(csv.reader(file), [])


def _column(path: Path, name: str) -> list[str]:
    """Values of one column of a table, or nothing if there is no such table or column."""
    if name not in _header(path):
        return []
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        return [row[name] for row in csv.DictReader(file)]
