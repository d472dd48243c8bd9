"""Captions of figures, one text for the paper, the report and `snakemake --report`.

Reads workflow/report/captions/figures.rst, which is Jinja2 with `snakemake.config` and `snakemake.wildcards.figure` as
Snakemake gives them. A figure without a caption or an unknown name in the file is a `UserError`.
"""

from pathlib import Path
from types import SimpleNamespace

import jinja2

from workflow.lib.errors import UserError

CAPTIONS = Path(__file__).resolve().parents[2] / "report" / "captions" / "figures.rst"


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
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    given = SimpleNamespace(config=settings, wildcards=SimpleNamespace(figure=figure))
    try:
        text = environment.from_string(CAPTIONS.read_text(encoding="utf-8")).render(snakemake=given)
    except jinja2.UndefinedError as error:
        raise UserError(
            f"figure '{figure}': no caption in {CAPTIONS.name} ({error.message}); write it there."
        ) from error
    return " ".join(text.split())
