"""Words for messages about faults: values as they were written, lists of choices, the nearest spelling."""

import difflib
import json
from collections.abc import Iterable
from typing import Any

LONGEST_LIST = 20


def shown(value: Any) -> str:
    """A value as it would be written in the file, cut when it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def listed(choices: Iterable[Any]) -> str:
    """Choices in one line, cut when there are many."""
    names = [str(choice) for choice in choices]
    if not names:
        return "nothing"
    omitted = len(names) - LONGEST_LIST
    return ", ".join(names[:LONGEST_LIST]) + (f" and {omitted} more" if omitted > 0 else "")


def did_you_mean(value: Any, choices: Iterable[Any]) -> str:
    """`; did you mean x?` with the nearest of the choices, or nothing."""
    matches = difflib.get_close_matches(str(value), [str(choice) for choice in choices], n=1, cutoff=0.6)
    return f"; did you mean {matches[0]}?" if matches else ""
