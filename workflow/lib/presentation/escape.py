"""Names and labels as they are: what comes from data, configuration or results is never markup. Reads and writes nothing.

Every text that is not the project's own prose passes one of these three on its way to a reader.
"""

import re

from markupsafe import Markup
from markupsafe import escape as escape_html

from workflow.lib.text import UNPRINTABLE

LONGEST_IN_FIGURE = 60
MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]<>#$@|~^\"'&=!])")
# signs that are markup where they begin a text, or where they stand in a row
MARKDOWN_START = re.compile(r"^(\(?\w{1,9})([.)])(?=\s|$)|^([-+:%])")
MARKDOWN_ROWS = re.compile(r"([-.])(?=\1)")


def one_line(text: object) -> str:
    """The text in one line, without characters that do not show."""
    return UNPRINTABLE.sub("", re.sub(r"\s+", " ", str(text))).strip()


def markdown(text: object) -> Markup:
    """The text for pandoc's Markdown, also within a cell of a table; what is markup already stays so."""
    if hasattr(text, "__html__"):
        return Markup(text)
    plain = MARKDOWN_SIGNS.sub(r"\\\1", one_line(text))
    plain = MARKDOWN_START.sub(
        lambda match: f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[3]}", plain, count=1
    )
    return Markup(MARKDOWN_ROWS.sub(r"\\\1", plain))


def html(text: object) -> Markup:
    """The text for an HTML page; what is markup already stays so."""
    return Markup(text) if hasattr(text, "__html__") else escape_html(one_line(text))


def figure(text: object) -> str:
    """The text for a figure, shortened where it is long; figures are drawn without mathematics (`style`)."""
    plain = one_line(text)
    # matplotlib leaves out of a legend what begins with an underscore
    plain = f" {plain}" if plain.startswith("_") else plain
    return plain if len(plain) <= LONGEST_IN_FIGURE else f"{plain[: LONGEST_IN_FIGURE - 1].rstrip()}…"
