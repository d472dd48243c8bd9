"""The one kind of error that is meant for the person who runs the workflow."""

from __future__ import annotations

from collections.abc import Sequence

MOST_LINES = 20


class UserError(Exception):
    """Something in the user's input is wrong; the message alone says what, where, what was expected, what to do.

    Entry points print the message without a traceback and exit with status 1. Several faults are joined by
    newlines, one line a fault.
    """


def together(lines: Sequence[str]) -> UserError:
    """One error of several faults: the first of them in full, and how many there are beside them."""
    rest = len(lines) - MOST_LINES
    more = [f"and {rest} more faults like these"] if rest > 0 else []
    return UserError("\n".join([*lines[:MOST_LINES], *more]))
