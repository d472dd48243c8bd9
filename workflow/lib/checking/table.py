"""One form for the results of all checks: a row a test, the same columns in every file of `results/checks`."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from workflow.lib.checking.draws import interval_probabilities

CHECK_COLUMNS = [
    "check",
    "model",
    "item",
    "label",
    "estimate",
    "lower",
    "upper",
    "unit",
    "expected",
    "verdict",
]
CHECK_COLUMNS += ["power", "note"]
PASSED, FAILED, CANNOT_TELL, DESCRIBED = VERDICTS = ("passed", "failed", "cannot tell", "described")
UNITS = ("probability", "log-odds", "points", "correlation", "count", "share", "ratio", "sd", "")


def check_row(check: str, model: str, item: str, label: str, verdict: str, **columns) -> dict:
    """One test; columns that are not given stay empty.

    Raises
    ------
    ValueError
        For a verdict, a unit or a column that the table does not have.
    """
    row = dict.fromkeys(CHECK_COLUMNS) | {"unit": "", "expected": "", "note": ""}
    row |= {"check": check, "model": model, "item": item, "label": label, "verdict": verdict} | columns
    if verdict not in VERDICTS or row["unit"] not in UNITS or len(row) > len(CHECK_COLUMNS):
        raise ValueError(
            f"{check}, {label}: verdict '{verdict}', unit '{row['unit']}', columns {', '.join(columns)}"
        )
    return row


def check_table(rows: Iterable[dict]) -> pd.DataFrame:
    """Rows of tests as a table; without rows, the columns alone.

    Raises
    ------
    ValueError
        If a row has another column, or a verdict that is none.
    """
    rows = list(rows)
    for row in rows:
        unknown = set(row) - set(CHECK_COLUMNS)
        if unknown or row.get("verdict") not in VERDICTS:
            raise ValueError(f"no row of a check: {sorted(unknown) or row.get('verdict')}")
    return pd.DataFrame(rows, columns=CHECK_COLUMNS)


def estimate_row(draws, interval: float) -> dict[str, float]:
    """Mean and equal-tailed interval of draws as a row's estimate, lower, upper."""
    values = np.asarray(draws, float).ravel()
    lower, upper = np.quantile(values, interval_probabilities(interval))
    return {"estimate": float(values.mean()), "lower": float(lower), "upper": float(upper)}


def holm(p_values: np.ndarray) -> np.ndarray:
    """P values adjusted for their number (Holm 1979); NaN stays."""
    adjusted, finite = np.full(len(p_values), np.nan), np.flatnonzero(np.isfinite(p_values))
    order = finite[np.argsort(p_values[finite])]
    raised = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(raised), 1.0)
    return adjusted


def passed_if(condition: bool) -> str:
    """The verdict of a test that can be told."""
    return PASSED if condition else FAILED


def verdict_counts(table: pd.DataFrame) -> dict[str, int]:
    """Number of tests by verdict, all verdicts named."""
    return {verdict: int((table["verdict"] == verdict).sum()) for verdict in VERDICTS}
