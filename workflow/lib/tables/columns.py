"""Which columns play which part in the analysis: from the `data` section of the configuration, or by the codebook's roles.

No files are read or written. Fails with `UserError` when the settings name what the tables do not have.
"""

from collections.abc import Iterable, Mapping

from workflow.lib.errors import UserError
from workflow.lib.settings.schema import DataSettings
from workflow.lib.settings.wording import did_you_mean
from workflow.lib.tables.checks import STATE_KEYS, STATE_NAME
from workflow.lib.tables.load import OPTIONAL, REQUIRED, Tables

# Computed from the table of distances, with the family of each.
DERIVED_COVARIATES = {"log_distance": "normal", "contiguous_to_target": "bernoulli"}
TIES = "ties"


def resolve_settings(data_settings: Mapping) -> dict:
    """Fill in the defaults of the configuration; paths of tables are left out, an unknown key is a `UserError`."""
    defaults = DataSettings().model_dump(mode="json")
    for key in data_settings:
        if key not in defaults:
            raise UserError(f"data.{key}: unknown key{did_you_mean(key, defaults)}")
    settings = {key: data_settings.get(key, default) for key, default in defaults.items()}
    for key in ("eligible", "measurement_panel"):
        settings[key] = {**defaults[key], **(settings[key] or {})}
    return {key: value for key, value in settings.items() if key not in (*REQUIRED, *OPTIONAL)}


def choose_columns(tables: Tables, settings: Mapping) -> dict:
    """Columns by the part they play, and what the codebook says of each: exposure, family, transform, role.

    A column that is not in the table of states, is a payment, or counts ties without an exposure is a `UserError`.
    """
    codebook = tables.codebook
    by_role = codebook.groupby("role")["column"].apply(list).to_dict()
    has_distances = tables.distances is not None
    defaults = {
        "tie_counts": by_role.get("tie_count", []),
        "indicators": codebook.loc[~codebook["construct"].isin(["", TIES]), "column"].tolist(),
        "controls": by_role.get("control", []) + (["log_distance"] if has_distances else []),
    }
    columns: dict = {
        key: list(default if settings[key] is None else settings[key]) for key, default in defaults.items()
    }
    described = [name for name in codebook["column"] if name not in (*STATE_KEYS, STATE_NAME)]
    for name in () if has_distances else set(columns["controls"]) & set(DERIVED_COVARIATES):
        raise UserError(f"data.controls: {name} needs a table of distances; give its path in data.distances")
    known = [*described, *(DERIVED_COVARIATES if has_distances else [])]
    for key, names in columns.items():
        _check_columns(names, known, by_role.get("payment", []), key, tables)
    if not columns["tie_counts"]:
        raise UserError(
            "data.tie_counts: no column; name at least one, or give one the role tie_count in the codebook"
        )
    descriptions = codebook.set_index("column").rename(columns={"pairs_with": "exposure"})
    columns |= {part: descriptions[part].to_dict() for part in ("exposure", "family", "transform", "role")}
    columns["family"] |= DERIVED_COVARIATES
    counts = codebook.loc[codebook["construct"] == TIES, "column"].tolist()
    columns["more_counts"] = [name for name in counts if name not in columns["tie_counts"]]
    for name in columns["tie_counts"]:
        if not columns["exposure"].get(name):
            raise UserError(
                f"data.tie_counts: {name} has no exposure; name it under pairs_with in {tables.paths['codebook']}"
            )
    return columns


def _check_columns(
    names: Iterable[str], known: list[str], payments: list[str], key: str, tables: Tables
) -> None:
    for name in names:
        if name not in known:
            path = tables.paths["states"]
            raise UserError(f"data.{key}: column {name} is not in {path}{did_you_mean(name, known)}")
        if name in payments:
            raise UserError(
                f"data.{key}: {name} is a payment, observed after joining; it cannot be a predictor"
            )
