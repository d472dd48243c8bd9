"""Write and read the results of the checks.

From: data frames and dictionaries of the modules beside it. To: `results/**.csv` and `results/**.json`. A
file appears under its final name only when it is complete (written beside it, then renamed), so that a killed
job leaves no half of a table. Fails with the operating system's own error when the folder cannot be written.
"""

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a data frame as CSV without its index, eight significant digits, missing values empty."""
    _write_text(table.to_csv(index=False, float_format="%.8g"), Path(path))


def write_json(content: Mapping, path: str | Path) -> None:
    """Write a dictionary as JSON; figures that are not finite become null (JSON knows no infinity)."""
    _write_text(json.dumps(_finite(content), indent=2, ensure_ascii=False) + "\n", Path(path))


def read_json(path: str | Path) -> dict:
    """Read a JSON file that `write_json` wrote."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def read_tables(paths: Iterable[str | Path], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Read tables of equal columns and put them one below the other, in the order of the paths.

    Without paths: a table of the columns given, without rows.
    """
    tables = [pd.read_csv(path) for path in paths]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(columns))


def _finite(content):
    if isinstance(content, Mapping):
        return {str(key): _finite(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_finite(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content


def _write_text(text: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
