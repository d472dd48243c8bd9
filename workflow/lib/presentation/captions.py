"""Captions of figures, one text for the paper, the report and `snakemake --report`.

Reads workflow/report/captions/<figure>.rst, which is Jinja2 with `snakemake.config` as Snakemake gives it. A case page's
figure has the caption of `case.rst`. A missing caption or an unknown name in it is a `UserError`.
"""

from pathlib import Path
from types import SimpleNamespace

import jinja2

from workflow.lib.errors import UserError

FOLDER = Path(__file__).resolve().parents[2] / "report" / "captions"
CASE_PREFIX = "case_"


def caption_path(figure: str) -> Path:
    """File of a figure's caption."""
    return FOLDER / f"{'case' if figure.startswith(CASE_PREFIX) else figure}.rst"


def caption(figure: str, settings: dict) -> str:
    """Caption of a figure as plain text.

    Parameters
    ----------
    figure : str
        Name of the figure.
    settings : dict
        The resolved config.

    Raises
    ------
    UserError
        If there is no caption, or it uses a name that does not exist.
    """
    path = caption_path(figure)
    if not path.exists():
        raise UserError(
            f"figure '{figure}': no caption, expected {path.name} in workflow/report/captions; write it."
        )
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    try:
        text = environment.from_string(path.read_text(encoding="utf-8"))
        return " ".join(text.render(snakemake=SimpleNamespace(config=settings)).split())
    except jinja2.TemplateError as error:
        raise UserError(f"{path.name}: {error.message}; correct the caption.") from error
