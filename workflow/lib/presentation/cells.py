"""Tables as cells of text, and how they are written in Markdown and HTML. Reads and writes nothing."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import compress

import pandas as pd
from markupsafe import Markup

from workflow.lib.presentation import escape
from workflow.lib.presentation.wording import MISSING

PANDOC_COLUMNS = 900


@dataclass
class Table:
    """Cells of plain text by rows; names in them are escaped when the table is written.

    Parameters
    ----------
    headers : list of str
    rows : list of list of str
    text_columns : int
        This many first columns are set flush left, the others flush right.
    widths : list of int, optional
        Relative widths of the columns, for cells that may break.
    """

    headers: list[str]
    rows: list[list[str]] = field(default_factory=list)
    text_columns: int = 1
    widths: list[int] | None = None

    def markdown(self) -> Markup:
        """The table for pandoc (a pipe table)."""
        # pandoc makes columns of relative width only when a line is longer than its --columns (PANDOC_COLUMNS)
        unit = math.ceil(PANDOC_COLUMNS / sum(self.widths)) if self.widths else 1
        rules = []
        for position in range(len(self.headers)):
            dashes = "-" * (self.widths[position] * unit if self.widths else 3)
            rules.append(":" + dashes if position < self.text_columns else dashes + ":")
        lines = [[escape.markdown(cell) for cell in row] for row in (self.headers, *self.rows)]
        lines.insert(1, rules)
        return Markup("".join("| " + " | ".join(line) + " |\n" for line in lines))

    def html(self) -> Markup:
        """The table for a page."""

        def line(cells: list[str], tag: str) -> Markup:
            marks = ["" if position < self.text_columns else ' class="n"' for position in range(len(cells))]
            shown = zip(marks, cells, strict=True)
            return Markup("<tr>%s</tr>") % Markup("").join(
                Markup(f"<{tag}{mark}>%s</{tag}>") % escape.html(cell) for mark, cell in shown
            )

        body = Markup("\n").join(line(row, "td") for row in self.rows)
        return Markup("<table><thead>%s</thead><tbody>%s</tbody></table>") % (line(self.headers, "th"), body)


def listed(
    rows: Iterable,
    columns: dict[str, Callable],
    *,
    text_columns: int = 1,
    widths=None,
    dropping: bool = False,
) -> Table:
    """One line a row: header -> what makes a cell of the row; ``dropping`` leaves out columns without any value."""
    cells = [[make(row) for make in columns.values()] for row in rows]
    included = [not dropping or any(line[k] != MISSING for line in cells) for k in range(len(columns))]
    headers, *cells = (list(compress(line, included)) for line in (columns, *cells))
    shown = list(compress(widths, included)) if widths else None
    return Table(headers, cells, min(text_columns, len(headers)), shown)


def words(value) -> str:
    """A text of a table, or a dash."""
    return MISSING if value is None or pd.isna(value) else str(value)


def spaced(value) -> str:
    """An identifier in plain words."""
    return words(value).replace("_", " ").replace(";", ", ")


def cell(form: Callable, name: str, decimals: int | None = None) -> Callable:
    """What makes a cell of one column of a row."""
    return lambda row: form(row[name]) if decimals is None else form(row[name], decimals)
