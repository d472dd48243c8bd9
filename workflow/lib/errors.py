"""The one kind of error that is meant for the person who runs the workflow."""


class UserError(Exception):
    """Something in the user's input is wrong; the message alone says what, where, what was expected, what to do.

    Entry points print the message without a traceback and exit with status 1. Several faults are joined by
    newlines, one line a fault.
    """
