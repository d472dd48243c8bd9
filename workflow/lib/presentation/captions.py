"""Captions of figures and checks, one text for the paper, the report and `snakemake --report`.

Reads workflow/report/captions: figures.rst, which is Jinja2 with what Snakemake gives it, and checks.yaml, the title of each
table of checks and a sentence on what it tests. A figure without a caption is a `UserError`.
"""

from functools import cache
from pathlib import Path
from types import SimpleNamespace

import jinja2
import yaml

from workflow.lib.errors import UserError

FOLDER = Path(__file__).resolve().parents[2] / "report" / "captions"
CASE_PREFIX = "case_"


def figure(name: str, results) -> str:
    """Caption of a figure as plain text, beginning with its mission if it shows a case."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    job = SimpleNamespace(config=results.settings, wildcards=SimpleNamespace(figure=name))
    try:
        text = environment.from_string((FOLDER / "figures.rst").read_text(encoding="utf-8")).render(
            snakemake=job
        )
    except jinja2.UndefinedError as error:
        raise UserError(
            f"figure '{name}': no caption in figures.rst ({error.message}); write it there."
        ) from error
    mission = results.mission_labels.get(name.removeprefix(CASE_PREFIX), "")
    return " ".join(f"{mission + '.' if mission else ''} {text}".split())


@cache
def check_texts() -> dict[str, dict[str, str]]:
    """Contents of checks.yaml."""
    return yaml.safe_load((FOLDER / "checks.yaml").read_text(encoding="utf-8"))


def check(name: str) -> tuple[str, str]:
    """Title of a table of checks and what it tests; one that is not in the file has its name for a title."""
    text = check_texts().get(name, {})
    return text.get("title", name.replace("_", " ").capitalize()), " ".join(text.get("about", "").split())
