"""How much the data narrow each parameter's prior: rows of `results/checks/contraction.csv`.

Contraction is one minus the ratio of posterior to prior variance (Schad, Betancourt & Vasishth 2021).
"""

import pandas as pd

from workflow.lib.checking.table import DESCRIBED, check_row, check_table

LITTLE = 0.1


def contraction_checks(parameters: pd.DataFrame) -> pd.DataFrame:
    """One row a parameter with a prior of its own; one that the data hardly narrow is described as such.

    Parameters
    ----------
    parameters : pandas.DataFrame
        Rows of `results/parameters.csv`.
    """
    rows = []
    for row in parameters[parameters["contraction"].notna()].itertuples():
        note = "the data hardly narrow the prior" if row.contraction < LITTLE else ""
        columns = {"estimate": row.contraction, "unit": "share", "expected": "above zero", "note": note}
        rows.append(check_row("contraction", row.model, row.parameter, row.label, DESCRIBED, **columns))
    return check_table(rows)
