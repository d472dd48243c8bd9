"""What the templates of the paper and the report may call, with a record of what they printed.

Reads through `Results`. Every number or text of a run is handed to a template with its key and the file it came from; what is
printed of it is recorded (`results/numbers.json`). A name or column that does not exist stops the build with one line.
"""

from collections.abc import Callable
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup

from workflow.lib.errors import UserError
from workflow.lib.presentation import captions, wording
from workflow.lib.presentation.cells import Table
from workflow.lib.presentation.results import Results
from workflow.lib.presentation.tables import TABLES, check_table, common_columns, rows_to_print

ROOT = Path(__file__).resolve().parents[2]
DELIMITERS = {
    "block_start_string": "<%", "block_end_string": "%>", "variable_start_string": "<<", "variable_end_string": ">>",
    "comment_start_string": "<#", "comment_end_string": "#>",
}  # fmt: skip


class Number(float):
    """A number of a run that knows its `key` and its `source`, a file."""


class Text(str):
    """A text of a run that knows its `key` and its `source`, a file."""


class Record:
    """A row of a table, or a part of a JSON file: fields by name; a missing value is None."""

    def __init__(self, values: dict, key: str, source: str):
        self._values, self.key, self.source = values, key, source

    def __getattr__(self, name: str):
        if name.startswith("_") or name not in self._values:
            raise AttributeError(name)
        return wrap(self._values[name], f"{self.key}.{name}", self.source)

    def __getitem__(self, name: str):
        return wrap(self._values[name], f"{self.key}.{name}", self.source)


def wrap(value, key: str, source: str):
    """A value of a run with its key and its file."""
    if isinstance(value, dict):
        return Record(value, key, source)
    if isinstance(value, list):
        return [wrap(item, f"{key}[{number}]", source) for number, item in enumerate(value)]
    if value is None or pd.isna(value):
        return None
    known = Text(value) if isinstance(value, str) else Number(value)
    known.key, known.source = key, source
    return known


def plain(value):
    """A value as JSON can hold it, with twelve digits: the order of a summation does not show."""
    if isinstance(value, str):
        return str(value)
    return None if value is None or not np.isfinite(float(value)) else float(f"{float(value):.12g}")


class Checks:
    """One table of results/checks: its rows and how many of them came out how."""

    def __init__(self, name: str, table: pd.DataFrame):
        self.name, self.source = name, f"checks/{name}.csv"
        self.title, self.about = captions.check(name)
        self.rows = [
            Record(row, f"checks.{name}[{number}]", self.source)
            for number, row in enumerate(table.to_dict("records"))
        ]

    def of(self, verdict: str) -> list[Record]:
        """Rows with a verdict."""
        return [row for row in self.rows if row.verdict == verdict]

    def number(self, *verdicts: str) -> Number:
        """How many rows have one of the verdicts; all rows without any."""
        rows = [row for row in self.rows if not verdicts or row.verdict in verdicts]
        return wrap(len(rows), ".".join([f"checks.{self.name}", *(verdicts or ("rows",))]), self.source)

    @property
    def judged(self) -> Number:
        """How many rows could have failed."""
        return self.number("passed", "failed", "cannot tell")

    def like(self, words: str) -> list[Record]:
        """Rows whose check, item or label holds some words."""
        return [row for row in self.rows if words.lower() in f"{row.check} {row.item} {row.label}".lower()]


class Run:
    """Everything that a template sees.

    Parameters
    ----------
    results : Results
        The files of a run.
    show_table : Callable
        Turns a name, a `Table` and a caption into the template's language.
    show_figure : Callable
        Turns the name of a figure and a caption into the template's language.
    figures : dict
        Section -> names of the figures drawn.
    """

    def __init__(
        self, results: Results, show_table: Callable, show_figure: Callable, figures: dict[str, list[str]]
    ):
        self.results, self._figures = results, figures
        self._show_table, self._show_figure = show_table, show_figure
        self.printed: dict[str, dict] = {}

    # -- the record ----------------------------------------------------------------------------------------------------

    def record(self, key: str, value, text: str, source: str) -> None:
        """Note what was printed; a second form of the same value is a second entry."""
        entry = {"value": value, "text": text, "file": source}
        if self.printed.get(key, entry) != entry:
            key = f"{key} as {text}"
        self.printed[key] = entry

    def printing(self, form: Callable) -> Callable:
        """A filter that records what it prints."""

        def printed(value, *options):
            text = form(value, *options)
            items = value if isinstance(value, list) else [value]
            for item in items:
                if isinstance(item, Record):
                    bounds = [plain(item["lower"]), plain(item["upper"])]
                    self.record(f"{item.key}.interval", bounds, text, item.source)
                elif isinstance(item, Number | Text):
                    item_text = str(item) if isinstance(value, list) else text
                    self.record(item.key, plain(item), item_text, item.source)
            return text

        return printed

    def finish(self, escape: Callable) -> Callable:
        """What happens to every expression that a template prints: recorded and escaped."""

        def finished(value):
            if value is None:
                raise jinja2.UndefinedError("a value that is missing is printed; ask whether it is there")
            if isinstance(value, jinja2.Undefined) or hasattr(value, "__html__"):
                return value
            text = wording.default(value) if isinstance(value, float) else str(value)
            if isinstance(value, Number | Text):
                self.record(value.key, plain(value), text, value.source)
            return escape(text)

        return finished

    # -- what templates call -------------------------------------------------------------------------------------------

    def rows(self, name: str, **where) -> list[Record]:
        """Rows of a table (`comparison/totals.csv`) in which columns have given values."""
        stem = name.removesuffix(".csv").replace("/", ".")
        key = f"{stem}[{', '.join(map(str, where.values()))}]"
        return [
            Record(row, f"{key}[{number}]" if number else key, name)
            for number, row in enumerate(self.results.records(name, **where))
        ]

    def row(self, name: str, **where) -> Record | None:
        """The first such row, or None."""
        return next(iter(self.rows(name, **where)), None)

    def effect(self, model: str, estimand: str, scope: str = "all") -> Record | None:
        """A row of effects.csv, or None."""
        return self.row("effects.csv", model=model, estimand=estimand, scope=scope)

    def parameter(self, model: str, name: str) -> Record | None:
        """A row of parameters.csv, or None."""
        return self.row("parameters.csv", model=model, parameter=name)

    def label(self, model: str) -> Text:
        """The paper's name of a model."""
        return wrap(self.results.label(model), f"models.{model}.label", "config.yaml")

    def term_label(self, term: str) -> Text:
        """A term of the models in words."""
        return wrap(self.results.term_label(term), f"terms.{term}.label", "config.yaml")

    def checks(self, name: str) -> Checks | None:
        """A table of results/checks, or None if this run did not make it."""
        made = name in self.results.check_names
        return Checks(name, self.results.table(f"checks/{name}.csv")) if made else None

    def several(self, names: list[str]) -> list[Checks]:
        """Those of some checks that this run made."""
        return [self.checks(name) for name in names if name in self.results.check_names]

    def unmentioned(self) -> list[Checks]:
        """Checks of which nothing has been printed so far."""
        files = {entry["file"] for entry in self.printed.values()}
        return self.several([name for name in self.results.check_names if f"checks/{name}.csv" not in files])

    def setting(self, path: str, *default):
        """A value of the config by its path, e.g. ``sampler.chains``; a default, if given, where it is not there."""
        value = self.results.settings
        for part in path.split("."):
            if part not in value and default:
                return default[0]
            if part not in value:
                raise UserError(f"templates: setting '{path}' is not in the config; correct the template.")
            value = value[part]
        return wrap(value, f"settings.{path}", "config.yaml")

    def unsaid(self, sentences: list[str], printed: list[str]) -> list[str]:
        """Sentences that are in none of those said."""
        return [sentence for sentence in sentences if not any(sentence in other for other in printed)]

    def first_that_fits(self, words: int, *versions: list[str]) -> list[str]:
        """The first list of sentences that has no more words than allowed, else the last."""
        fitting = (version for version in versions if len(" ".join(version).split()) <= words)
        return next(fitting, versions[-1])

    def show(self, name: str, table: Table | None, caption: str, source: str) -> Markup:
        if table is None or not table.rows:
            return Markup("")
        self.record(f"table.{name}", len(table.rows), caption, source)
        return self._show_table(name, table, caption)

    def table(self, name: str, caption: str, **options) -> Markup:
        """A table by name with its caption, or nothing if its input was not made."""
        if name not in TABLES:
            raise UserError(f"templates: there is no table '{name}', expected one of {', '.join(TABLES)}.")
        make, source = TABLES[name]
        return self.show(name.replace("_", "-"), make(self.results, **options), caption, source)

    def check_table(self, name: str, caption: str = "") -> Markup:
        """Rows of a table of checks under its caption, or nothing if this run did not make it."""
        if (checks := self.checks(name)) is None:
            return Markup("")
        caption = caption or f"{checks.title}. {checks.about}".strip()
        table = check_table(self.results, name)
        for column, value in common_columns(rows_to_print(self.results, name)).items():
            caption += f" {column.capitalize()}: {value}."
        if len(table.rows) < len(checks.rows):
            caption += f" Shown are {len(table.rows)} of {len(checks.rows)} rows; all are in {checks.source}."
        return self.show(f"check-{name.replace('_', '-')}", table, caption, checks.source)

    def has_table(self, name: str) -> bool:
        """Whether the input of a table was made."""
        table = TABLES[name][0](self.results)
        return table is not None and bool(table.rows)

    def figure(self, name: str) -> Markup:
        """A figure with its caption, or nothing if it was not drawn."""
        if not self.has_figure(name):
            return Markup("")
        return self._show_figure(name, captions.figure(name, self.results))

    def has_figure(self, name: str) -> bool:
        """Whether a figure was drawn."""
        return any(name in names for names in self._figures.values())

    def figures(self, section: str) -> list[str]:
        """Names of the figures drawn for a section."""
        return self._figures.get(section, [])

    @property
    def data(self) -> Record:
        """Sizes of the data and names of what is in them."""
        return wrap(sizes(self.results), "data", "data/analysis.nc")

    @property
    def verdicts(self) -> Record:
        """The one object from which abstract, results, conclusion and report speak."""
        return wrap(self.results.verdicts, "verdicts", "verdicts.json")

    def names(self) -> dict:
        """Everything a template sees, by name."""
        results = self.results
        functions = (
            self.rows, self.row, self.effect, self.parameter, self.label, self.term_label, self.checks, self.several,
            self.unmentioned, self.unsaid, self.setting, self.first_that_fits, self.table, self.check_table,
            self.has_table, self.figure, self.has_figure, self.figures,
        )  # fmt: skip
        return {function.__name__: function for function in functions} | {
            "main": results.main_model,
            "models": results.models,
            "cases": results.cases,
            "terms": results.whole_terms,
            "quality_term": results.quality_term,
            "case": lambda mission: wrap(case(results, mission), f"case.{mission}", "predictions.csv"),
            "data": self.data,
            "verdicts": self.verdicts,
            "interval_words": results.interval_text,
            "held_out": results.held_out,
            "files": lambda name: (results.folder / name).exists(),
        }


def sizes(results: Results) -> dict:
    """Counts of what is in the analysis dataset; nothing is estimated."""
    data = results.data
    joined = data["joined"]
    by_mission = joined.sum("state").to_series()
    labels = results.mission_labels
    dropped = results.dropped
    indicators: dict[str, list] = {}
    for name, construct, label in zip(
        data["indicator"].values, data["construct"].values, data["indicator_label"].values, strict=True
    ):
        indicators.setdefault(str(construct), []).append({"name": str(name), "label": str(label)})
    return {
        "missions": data.sizes["mission"],
        "states": data.sizes["state"],
        "conflicts": len(set(data["conflict"].values)),
        "rows": int(joined.notnull().sum()),
        "joined": int(joined.sum()),
        "first_start": int(data["start_year"].min()),
        "last_start": int(data["start_year"].max()),
        "fewest": int(by_mission.min()),
        "fewest_mission": labels[by_mission.idxmin()],
        "most": int(by_mission.max()),
        "most_mission": labels[by_mission.idxmax()],
        "never_joined": int((joined.sum("mission") == 0).sum()),
        "eligible": dropped.get("eligible"),
        "dropped": dropped.get("dropped", 0),
        "joiners_lost": len(dropped.get("joiners_lost", [])),
        "indicators": data.sizes["indicator"],
        "constructs": [{"name": name, "indicators": items} for name, items in indicators.items()],
        "first_year": int(data["year"].min()),
        "last_year": int(data["year"].max()),
    }


def case(results: Results, mission: str) -> dict:
    """A mission: its label, who joined, and what was expected least."""
    joined = results.data["joined"].sel(mission=mission)
    least, most = (rows.head(5)[["name", "mean"]].to_dict("records") for rows in results.surprises(mission))
    return {
        "label": results.mission_labels[mission],
        "conflict": str(results.data["conflict"].sel(mission=mission).item()),
        "eligible": int(joined.notnull().sum()),
        "joined": int(joined.sum()),
        "joiners": least,
        "absentees": most,
    }


def environment(run: Run, escape: Callable) -> jinja2.Environment:
    """Jinja2 with the project's delimiters and filters, for one language."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([ROOT / "report", captions.FOLDER]),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        keep_trailing_newline=True,
        finalize=run.finish(escape),
        **DELIMITERS,
    )
    made.filters |= {name: run.printing(form) for name, form in wording.FILTERS.items()}
    made.globals |= run.names()
    return made


def render(made: jinja2.Environment, name: str, text: str | None = None, **more) -> str:
    """A template with everything in its place; a fault in it is one line."""
    try:
        template = made.get_template(name) if text is None else made.from_string(text)
        return template.render(**more)
    except jinja2.TemplateSyntaxError as error:
        raise UserError(
            f"{error.name or name}, line {error.lineno}: {error.message}; correct the template."
        ) from error
    except jinja2.UndefinedError as error:
        raise UserError(f"{name}: {error.message}; correct the template.") from error
