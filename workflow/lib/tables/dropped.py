"""What of the tables is not in the analysis, and why: rows that cannot be scored, joiners among them, late joiners.

From arrays of shape (mission, state) to counts and names, called by `prepare`. No files are read or written.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr


def _named(data: xr.Dataset, marked: np.ndarray) -> list[dict]:
    """Mission, state and the state's name of the marked rows."""
    missions, states, names = (data[key].values.tolist() for key in ("mission", "state", "state_name"))
    return [
        {"mission": missions[row], "state": states[column], "name": names[column]}
        for row, column in np.argwhere(marked)
    ]


def what_was_dropped(
    data: xr.Dataset,
    observed: Mapping[str, np.ndarray],
    eligible: np.ndarray,
    joined: np.ndarray,
    late: np.ndarray,
) -> dict:
    """Count eligible rows that cannot be scored, by column; name the joiners among them, and those who came too late.

    Parameters
    ----------
    data : Dataset
        With the coordinates mission, state, state_name.
    observed : mapping of arrays of bool
        By column without which a row is not scored.
    eligible, late : array of bool, shape (mission, state)
        States that could have joined; joiners that came too late, among scored rows.
    joined : array, shape (mission, state)
        1 for those who joined.
    """
    missing = {name: eligible & ~there for name, there in observed.items()}
    lost, joiner = np.any(list(missing.values()), axis=0), joined == 1
    without = [[name for name in missing if missing[name][tuple(row)]] for row in np.argwhere(lost & joiner)]
    return {
        "eligible": int(eligible.sum()),
        "scored": int((eligible & ~lost).sum()),
        "dropped": int(lost.sum()),
        "joined_of_scored": int((joiner & eligible & ~lost).sum()),
        "rows_missing": {name: int(mask.sum()) for name, mask in missing.items() if mask.any()},
        "joiners_lost": [
            {**row, "missing": names} for row, names in zip(_named(data, lost & joiner), without, strict=True)
        ],
        "joiners_not_eligible": _named(data, ~eligible & joiner),
        "late_joiners": [{key: row[key] for key in ("mission", "state")} for row in _named(data, late)],
    }
