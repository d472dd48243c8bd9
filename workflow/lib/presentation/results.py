"""The files of a run, read once for everything that is shown.

Reads the results folder (analysis.nc, effects.csv, quality.csv, predictions.csv, comparison/*.csv, checks/*.csv, and for each
model prior.nc, posterior.nc and diagnostics.json) and the input tables that the settings name. Writes nothing. A file that
every run must leave and that is absent is a `UserError`; an optional one (a model or a check that was not run) is an empty
table, and what depends on it is left out.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import xarray as xr

from workflow.lib.checking.files import read_json, read_table
from workflow.lib.errors import UserError
from workflow.lib.inference.archive import read_dataset, read_group
from workflow.lib.presentation.style import MODEL_LABELS

EFFECT_COLUMNS = ("model", "estimand", "scope", "mean", "median", "sd", "lower", "upper", "ess_bulk", "r_hat")
QUALITY_COLUMNS = ("pivotal", "state", "year", "mean", "sd", "lower", "upper")
PREDICTION_COLUMNS = ("model", "mission", "state", "joined", "mean", "lower", "upper", "held_out")
UNREAD_DIMENSIONS = frozenset({"state", "path", "panel_year", "path_year"})
DEFAULT_CASES = ("korea_1950", "gulf_1990", "iraq_mnf_2003")
PREFERRED_MAIN_MODELS = ("joint", "cut", "plugin", "cooperators", "persons", "crossed", "missions", "pooled")


def as_mapping(settings) -> dict:
    """Settings as plain nested dictionaries, from a dictionary or from a typed settings object.

    Parameters
    ----------
    settings : Mapping or object with ``model_dump()``
        The resolved config.

    Returns
    -------
    dict
    """
    if hasattr(settings, "model_dump"):
        return settings.model_dump(mode="json")
    return dict(settings)


def required_table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read a table that every run leaves and check that it has the columns of the contract."""
    if not path.exists():
        raise UserError(
            f"{path}: missing, expected a table with the columns {', '.join(columns)}; run the workflow to make it."
        )
    table = read_table(path)
    absent = [column for column in columns if column not in table.columns]
    if absent:
        raise UserError(
            f"{path}: column {', '.join(absent)} is missing, expected {', '.join(columns)}; make the table again."
        )
    return table


def optional_table(path: Path) -> pd.DataFrame:
    """Read a table if it is there; an absent or empty file is an empty table."""
    if not path.exists() or path.stat().st_size == 0:
        return pd.DataFrame()
    return read_table(path)


def in_paper_order(models: list[str]) -> list[str]:
    """Models from the design under review to the fullest; those that the paper does not name come last, by name."""
    known = list(MODEL_LABELS)
    return sorted(models, key=lambda name: (known.index(name) if name in known else len(known), name))


def read_draws(path: Path, group: str) -> xr.Dataset | None:
    """Draws of the parameters that are shown, dimensions chain and draw first.

    What varies by state or along a path is left on the disk. The draws of a cut posterior (dimension `cut_draw`) are
    put one after the other along `chain`.

    Returns
    -------
    Dataset or None
        None if the file has no such group.
    """
    draws = read_group(path, group, without=UNREAD_DIMENSIONS)
    if draws is None:
        return None
    if "cut_draw" in draws.dims:
        draws = draws.stack(pooled=("cut_draw", "chain")).reset_index("pooled", drop=True)
        draws = draws.drop_vars(["cut_draw", "chain"], errors="ignore").rename(pooled="chain")
    return draws.transpose("chain", "draw", ...)


@dataclass(frozen=True)
class Results:
    """One run's files.

    Parameters
    ----------
    folder : Path
        The results folder.
    settings : dict
        The resolved config (`data`, `models`, `report`, `sampler`, `gate`, `paper`).
    """

    folder: Path
    settings: dict

    @classmethod
    def load(cls, results_dir, settings) -> "Results":
        """Open a run.

        Parameters
        ----------
        results_dir : path
            Folder `results/` of a run.
        settings : Mapping or typed settings
            The resolved config.

        Raises
        ------
        UserError
            If there is no analysis dataset.
        """
        results = cls(Path(results_dir), as_mapping(settings))
        if not results.data_path.exists():
            raise UserError(
                f"{results.data_path}: missing, expected the analysis dataset; run the workflow to make it."
            )
        return results

    # -- settings -----------------------------------------------------------------------------------------------------

    @property
    def interval(self) -> float:
        """Probability mass of every printed interval, from `report.interval`."""
        return float((self.settings.get("report") or {}).get("interval", 0.9))

    @property
    def interval_text(self) -> str:
        """The interval in words, e.g. ``90 %``."""
        return f"{100 * self.interval:g} %"

    @property
    def cases(self) -> list[str]:
        """Missions with a case page: those of `report.cases` that are in the data; if it is empty, well-known ones."""
        wanted = (self.settings.get("report") or {}).get("cases") or DEFAULT_CASES
        present = {str(mission) for mission in self.data["mission"].values}
        return [mission for mission in wanted if mission in present]

    @property
    def compositions(self) -> dict:
        """Name -> composition of each configured model, as plain dictionaries."""
        models = self.settings.get("models") or {}
        return {name: as_mapping(composition) for name, composition in models.items()}

    # -- models -------------------------------------------------------------------------------------------------------

    @cached_property
    def diagnostics(self) -> dict[str, dict]:
        """Model -> contents of its diagnostics.json, in the paper's order."""
        found = {path.parent.name: path for path in sorted(self.folder.glob("*/diagnostics.json"))}
        configured = self.compositions
        order = in_paper_order([name for name in configured if name in found] if configured else list(found))
        return {name: read_json(found[name]) for name in order}

    @cached_property
    def models(self) -> list[str]:
        """Models with an outcome that were run, in the paper's order."""
        return in_paper_order(list(dict.fromkeys(self.effects["model"])))

    @property
    def measurement_models(self) -> list[str]:
        """Models without an outcome that were run (no effects, but diagnostics)."""
        return [name for name in self.diagnostics if name not in self.models]

    @cached_property
    def main_model(self) -> str:
        """The model whose answer the paper leads with: the joint model, else the fullest that was run."""
        candidates = [*PREFERRED_MAIN_MODELS, *self.models[::-1]]
        return next(name for name in candidates if name in self.models)

    @cached_property
    def quality_model(self) -> str | None:
        """The model whose posterior describes the latent quality: the main one, else any that measures it."""
        names = [self.main_model, "joint", "measurement", "quality_only", *self.diagnostics]
        for name in names:
            posterior = self.posterior(name)
            if posterior is not None and "indicator_loading" in posterior:
                return name
        return None

    @cached_property
    def _groups(self) -> dict:
        return {}

    def _group(self, model: str, file: str, group: str) -> xr.Dataset | None:
        key = (model, group)
        if key not in self._groups:
            path = self.folder / model / file
            self._groups[key] = read_draws(path, group) if path.exists() else None
        return self._groups[key]

    def posterior(self, model: str) -> xr.Dataset | None:
        """Posterior draws of a model's parameters (without states and paths), or None if it was not run."""
        return self._group(model, "posterior.nc", "posterior")

    def prior(self, model: str) -> xr.Dataset | None:
        """Prior draws of a model's parameters (without states and paths), or None if there are none."""
        return self._group(model, "prior.nc", "prior")

    # -- tables of the run --------------------------------------------------------------------------------------------

    @property
    def data_path(self) -> Path:
        """Where the analysis dataset is."""
        return self.folder / "data" / "analysis.nc"

    @cached_property
    def data(self) -> xr.Dataset:
        """The analysis dataset."""
        return read_dataset(self.data_path)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """results/effects.csv."""
        table = required_table(self.folder / "effects.csv", EFFECT_COLUMNS)
        if table.empty:
            raise UserError(
                f"{self.folder / 'effects.csv'}: no rows, expected at least one model; run a model with an outcome."
            )
        return table

    @cached_property
    def quality(self) -> pd.DataFrame:
        """results/quality.csv, empty if no model measured quality."""
        path = self.folder / "quality.csv"
        return (
            required_table(path, QUALITY_COLUMNS) if path.exists() else pd.DataFrame(columns=QUALITY_COLUMNS)
        )

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """results/predictions.csv with `held_out` as bool."""
        table = required_table(self.folder / "predictions.csv", PREDICTION_COLUMNS)
        return table.assign(held_out=table["held_out"].astype(str).str.lower().isin(["true", "1"]))

    @cached_property
    def comparison(self) -> dict[str, pd.DataFrame]:
        """`loo`, `missions`, `future` -> table (empty if it was not made)."""
        return {
            name: optional_table(self.folder / "comparison" / f"{name}.csv")
            for name in ("loo", "missions", "future")
        }

    @cached_property
    def checks(self) -> pd.DataFrame:
        """All tables of results/checks in one, with the column `file`."""
        tables = []
        for path in sorted((self.folder / "checks").glob("*.csv")):
            table = optional_table(path)
            if not table.empty:
                tables.append(table.assign(file=f"checks/{path.name}"))
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    # -- input tables -------------------------------------------------------------------------------------------------

    def input_table(self, name: str) -> pd.DataFrame:
        """An input table (`missions`, `participation`, `states`, `codebook`) by its path in the settings."""
        path = (self.settings.get("data") or {}).get(name)
        return optional_table(Path(path)) if path else pd.DataFrame()

    @cached_property
    def state_names(self) -> dict[int, str]:
        """COW code -> name."""
        names = self.data["state_name"].values
        return {int(code): str(name) for code, name in zip(self.data["state"].values, names, strict=True)}

    @cached_property
    def mission_labels(self) -> dict[str, str]:
        """Mission -> label, in order of the start."""
        order = self.data["start_year"].to_series().sort_values(kind="stable").index
        labels = dict(zip(self.data["mission"].values, self.data["mission_label"].values, strict=True))
        return {str(mission): str(labels[mission]) for mission in order}

    @cached_property
    def short_labels(self) -> dict[str, str]:
        """Mission -> label for a figure: the part before the comma where that names one mission only."""
        first = {mission: label.partition(",")[0] for mission, label in self.mission_labels.items()}
        counts = Counter(first.values())
        return {
            mission: first[mission] if counts[first[mission]] == 1 else label
            for mission, label in self.mission_labels.items()
        }

    def short_label_of(self, mission: str) -> str:
        """Short label of a mission, or its own name if it is not in the data."""
        return self.short_labels.get(mission, mission)

    def label_of(self, mission: str) -> str:
        """Label of a mission, or its own name if it is not in the data."""
        return self.mission_labels.get(mission, mission)
