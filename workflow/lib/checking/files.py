"""Write and read the results of the checks.

From: data frames and dictionaries of the modules beside it. To: `results/**.csv` and `results/**.json`. A
file appears under its final name only when it is complete (written beside it, then renamed), so that a killed
job leaves no half of a table. A file that cannot be read is a `UserError` that names it.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from workflow.lib.errors import UserError
from workflow.lib.job import write_text
from workflow.lib.text import for_spreadsheet, from_spreadsheet

# Columns of names, which stay texts also where all of them look like numbers.
NAMES = ("model", "mission", "mission_label", "state_name", "name", "label")
NAMES += ("scope", "estimand", "item", "parameter")


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a data frame as CSV without its index, eight significant digits, missing values empty.

    A text that a spreadsheet would run as a formula gets an apostrophe before it, which `read_table` takes away.
    """
    safe = _with_texts(table, for_spreadsheet)
    write_text(safe.to_csv(index=False, float_format="%.8g", lineterminator="\n"), path)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table that `write_table` wrote: only an empty cell is missing, and names stay texts."""
    path = Path(path)
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(NAMES, str))
    except (ValueError, UnicodeDecodeError):
        raise UserError(f"{path}: damaged, or no table of results; delete it and run again") from None
    return _with_texts(table, from_spreadsheet)


def _with_texts(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """The table with all of its texts changed."""
    texts = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    changed = {
        name: table[name].map(lambda value: change(value) if isinstance(value, str) else value)
        for name in texts
    }
    return table.assign(**changed)


def write_json(content: Mapping, path: str | Path) -> None:
    """Write a dictionary as JSON; figures that are not finite become null (JSON knows no infinity)."""
    write_text(json.dumps(_finite(content), indent=2, ensure_ascii=False) + "\n", path)


def read_json(path: str | Path) -> dict:
    """Read a JSON file that `write_json` wrote."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError:
        raise UserError(f"{path}: damaged, or no file of results; delete it and run again") from None


def read_tables(paths: Iterable[str | Path], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Read tables of equal columns and put them one below the other, in the order of the paths.

    Without paths: a table of the columns given, without rows.
    """
    tables = [read_table(path) for path in paths]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(columns))


def _finite(content):
    if isinstance(content, Mapping):
        return {str(key): _finite(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_finite(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content
