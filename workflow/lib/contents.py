"""What files hold decides what is run again, not their dates.

A table that was moved into place keeps an old date, a script that was only touched has a new one, and a fresh clone dates
everything now. The rules therefore take the digest of what they read, and no rule makes, as a parameter.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path


def digest_of(files: Iterable[str], root: str | Path = ".") -> str:
    """One digest of the names and the contents of files below `root`, or absolute; one that is not there counts as such."""
    lines = [f"{file} {_digest(Path(root, file))}" for file in sorted(set(files))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "not there"
