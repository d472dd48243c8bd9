"""The one kind of error that is meant for the person who runs the workflow."""

import os
import sys
from collections.abc import Callable, Sequence

MOST_LINES = 20


class UserError(Exception):
    """Something in the user's input is wrong; the message alone says what, where, what was expected, what to do.

    Entry points print the message without a traceback and exit with status 1. Several faults are joined by
    newlines, one line a fault.
    """


def together(lines: Sequence[str]) -> UserError:
    """One error of several faults: the first of them in full, and how many there are beside them."""
    omitted = len(lines) - MOST_LINES
    more = [f"and {omitted} more faults like these"] if omitted > 0 else []
    return UserError("\n".join([*lines[:MOST_LINES], *more]))


def as_command(main: Callable[[], int]) -> int:
    """Run a command; that its reader went away, or that it was interrupted, is no fault of the program."""
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        print(f"{error.filename or 'files'}: {error.strerror}", file=sys.stderr)
        return 1
    return status
