"""The files of a run, each read when it is first asked for.

Reads the results folder (analysis.nc, the tables, verdicts.json, diagnostics.json) and the input tables that the settings
name. Writes nothing and computes no statistic. A file that every run leaves and that is absent is a `UserError`; any other
is an empty table, and what depends on it is left out.
"""

import json
from functools import cached_property
from pathlib import Path

import pandas as pd
import xarray as xr

from workflow.lib.checking.files import read_json, read_table
from workflow.lib.checking.table import CHECK_COLUMNS
from workflow.lib.errors import UserError

COLUMNS = {
    "effects.csv": ("model", "estimand", "scope", "mean", "lower", "upper"),
    "parameters.csv": ("model", "parameter", "label", "mean", "lower", "upper", "contraction"),
    "quality.csv": ("state", "name", "year", "construct", "mean", "lower", "upper", "information", "model"),
    "predictions.csv": ("model", "mission", "state", "joined", "mean", "lower", "upper", "held_out"),
    "comparison/loo.csv": ("model", "elpd", "se", "difference", "se_difference", "bad_k", "n"),
    "comparison/conflicts.csv": ("model", "conflict", "joiners", "expected_joiners", "lower", "upper"),
    "comparison/totals.csv": ("model", "joint_log_score", "difference", "se_difference", "brier", "covered"),
    "comparison/future.csv": ("model", "joint_log_score", "cutoff_year"),
    "multiverse.csv": ("set", "n_indicators", "correlation_with_default", "quality_effect", "ties_effect"),
}
TIES, SPLITS = "ties", ("_within", "_between")
ALWAYS = ("effects.csv", "parameters.csv", "predictions.csv")


def optional_table(path: Path) -> pd.DataFrame:
    """Read a table if it is there; an absent or empty file is an empty table."""
    return read_table(path) if path.exists() and path.stat().st_size else pd.DataFrame()


class Results:
    """One run's files.

    Parameters
    ----------
    folder : path
        The results folder.
    settings : dict
        The resolved config, with the fitted models only.
    files : list of path, optional
        Checks and comparisons of this run; others in the folder were left by an earlier one and are not read.
    """

    def __init__(self, folder, settings: dict, files=None):
        self.folder, self.settings = Path(folder), dict(settings)
        self._made = None if files is None else {Path(file).resolve() for file in files}
        self._tables: dict[str, pd.DataFrame] = {}
        for name in ("data/analysis.nc", "verdicts.json", "diagnostics.json", *ALWAYS):
            if not (self.folder / name).exists():
                raise UserError(
                    f"{self.folder / name}: missing, expected a file of every run; run the workflow to make it."
                )

    def table(self, name: str) -> pd.DataFrame:
        """A table of the contract by its path in the results folder, e.g. ``comparison/loo.csv``."""
        if name not in self._tables:
            path = self.folder / name
            left_over = self._made is not None and name.startswith(("checks/", "comparison/"))
            table = pd.DataFrame() if left_over and path.resolve() not in self._made else optional_table(path)
            columns = COLUMNS.get(name, CHECK_COLUMNS if name.startswith("checks/") else ())
            absent = [column for column in columns if column not in table]
            if absent and (not table.empty or name in ALWAYS):
                raise UserError(
                    f"{path}: column {', '.join(absent)} is missing, expected {', '.join(columns)}; make the table again."
                )
            self._tables[name] = table if not table.empty else pd.DataFrame(columns=list(columns))
        return self._tables[name]

    def records(self, name: str, **where) -> list[dict]:
        """Rows of a table in which columns have given values."""
        table = self.table(name)
        for column, value in where.items():
            table = table[table[column] == value]
        return table.to_dict("records")

    @cached_property
    def check_names(self) -> list[str]:
        """Names of the tables in results/checks that hold rows."""
        paths = sorted((self.folder / "checks").glob("*.csv"))
        return [path.stem for path in paths if len(self.table(f"checks/{path.name}"))]

    @cached_property
    def verdicts(self) -> dict:
        """results/verdicts.json; what a run cannot judge is None or an empty list."""
        unjudged = {"objections": [], "failed_checks": [], "abstract": [], "validity": None}
        unjudged |= {"feedback": None, "prediction": None}
        return unjudged | read_json(self.folder / "verdicts.json")

    @cached_property
    def diagnostics(self) -> dict:
        """results/diagnostics.json: the gate of each model."""
        content = read_json(self.folder / "diagnostics.json")
        return content.get("models", content)

    @cached_property
    def data(self) -> xr.Dataset:
        """The analysis dataset."""
        with xr.open_dataset(self.folder / "data" / "analysis.nc", engine="h5netcdf") as dataset:
            return dataset.load()

    @cached_property
    def dropped(self) -> dict:
        """What preparation left out, from the attributes of the analysis dataset."""
        return json.loads(self.data.attrs.get("dropped", "{}"))

    def input_table(self, name: str) -> pd.DataFrame:
        """An input table (`missions`, `codebook`, ...) by its path in the settings; empty if there is none."""
        path = self.settings.get("data", {}).get(name)
        return optional_table(Path(path)) if path else pd.DataFrame()

    # -- models ------------------------------------------------------------------------------------------------------

    @cached_property
    def models(self) -> list[str]:
        """Models with an outcome, in the order of the config."""
        fitted = list(dict.fromkeys(self.table("effects.csv")["model"]))
        order = [name for name in self.settings.get("models", {}) if name in fitted]
        return [*order, *(name for name in fitted if name not in order)]

    @cached_property
    def main_model(self) -> str:
        """The model whose answer is given: that of verdicts.json, which follows `report.main_model`."""
        name = self.verdicts["main_model"]
        if name not in self.models:
            raise UserError(
                f"{self.folder / 'verdicts.json'}: main model '{name}' has no effects, expected one of "
                f"{', '.join(self.models)}; set report.main_model to one of them."
            )
        return name

    def label(self, model: str) -> str:
        """The paper's name of a model: `models.<name>.label`, else the name in plain words."""
        composition = self.settings.get("models", {}).get(model) or {}
        return composition.get("label") or model.replace("_", " ")

    @property
    def interval_text(self) -> str:
        """Probability of every printed interval, e.g. ``90 %``."""
        return f"{100 * self.settings['report']['interval']:g}\N{NO-BREAK SPACE}%"

    # -- rows that several tables and figures show ---------------------------------------------------------------------

    @cached_property
    def mission_labels(self) -> dict[str, str]:
        """Mission -> label, by the start."""
        start = self.data["start_year"].to_series().sort_values(kind="stable").index
        labels = self.data["mission_label"].to_series()
        return {str(mission): str(labels[mission]) for mission in start}

    @cached_property
    def state_names(self) -> dict[int, str]:
        """Code -> name."""
        return {int(code): str(name) for code, name in self.data["state_name"].to_series().items()}

    @cached_property
    def cases(self) -> list[str]:
        """Missions with a page of their own: those of `report.cases` that are in the data."""
        asked = self.settings["report"].get("cases") or []
        return [mission for mission in asked if mission in self.mission_labels]

    @cached_property
    def held_out(self) -> bool:
        """Whether the main model's predictions were made without each mission's conflict."""
        rows = self.table("predictions.csv")
        return bool(rows.loc[rows["model"] == self.main_model, "held_out"].any())

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The main model's predictions with names of states, the least probable first; held out where there are such."""
        rows = self.table("predictions.csv")
        rows = rows[(rows["model"] == self.main_model) & (rows["held_out"] == self.held_out)]
        names = rows["state"].map(self.state_names).fillna(rows["state"].astype(str))
        return rows.assign(name=names).sort_values("mean", kind="stable")

    def surprises(self, mission: str, longest: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
        """A mission's least expected joiners and most expected absentees."""
        rows = self.predictions[self.predictions["mission"] == mission]
        joined = rows["joined"] == 1
        return rows[joined].head(longest), rows[~joined].iloc[::-1].head(longest)

    # -- terms of the models -------------------------------------------------------------------------------------------

    @cached_property
    def terms(self) -> list[str]:
        """Terms that have an effect, whole or split within and between states, in the order of effects.csv."""
        estimands = self.table("effects.csv")["estimand"].drop_duplicates()
        return [name.removesuffix("_effect") for name in estimands if name.endswith("_effect")]

    @cached_property
    def whole_terms(self) -> list[str]:
        """Terms that are not split."""
        return [term for term in self.terms if not term.endswith(SPLITS)]

    @cached_property
    def quality_term(self) -> str | None:
        """The term that stands for quality: the main model's first beside ties, else the first of any model."""
        rows = self.table("effects.csv")
        of_main = list(rows.loc[rows["model"] == self.main_model, "estimand"])
        measured = [term for term in self.whole_terms if term != TIES]
        return next((term for term in measured if f"{term}_effect" in of_main), next(iter(measured), None))

    def term_label(self, term: str) -> str:
        """A term in words: ties, or the measurement whose path it is, with the part that is meant."""
        part = next((end for end in SPLITS if term.endswith(end)), "")
        base_term = term.removesuffix(part)
        words = f"{part.replace('_', ' ')} states" if part else ""
        return ("Ties" if base_term == TIES else self.label(base_term)) + words

    def quality(self, information: str) -> pd.DataFrame:
        """Paths of quality with `filtered` or `smoothed` information, the other kind if there is none of this."""
        rows = self.table("quality.csv")
        measured = rows[rows["model"] == self.quality_term]
        rows = measured if len(measured) else rows[rows["construct"] == rows["construct"].head(1).squeeze()]
        wanted = rows[rows["information"] == information]
        return rows if wanted.empty else wanted
