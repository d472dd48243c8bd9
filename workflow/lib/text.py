"""Text at the project's borders: what is refused when it comes in, and how it is written into other languages.

A name or label comes from a user's table or configuration and goes into Markdown, HTML, TeX and spreadsheets. Each of these
reads some characters as commands; each has one escape, here, and nothing else in the project escapes for it.
"""

from __future__ import annotations

import re
import unicodedata

# Characters that turn the direction of writing: a text with them can read otherwise than it is.
DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What a spreadsheet takes for the beginning of a formula; + and - begin numbers too.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?inf")


def is_unprintable(character: str) -> bool:
    """Whether a character is a control character, half a character, or turns the direction of writing."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in DIRECTION_MARKS


def unprintable(text: str, allowed: str = "") -> str | None:
    """The first unprintable character of a text as `U+0000`, or None; those in `allowed` pass."""
    if text.isascii() and text.isprintable():
        return None
    found = (c for c in text if not c.isprintable() and c not in allowed and is_unprintable(c))
    return next((f"U+{ord(character):04X}" for character in found), None)


def for_spreadsheet(text: str) -> str:
    """A text that no spreadsheet runs as a formula: an apostrophe goes before what could begin one, or before another."""
    looks_like_formula = text.lstrip("'").startswith(FORMULA_SIGNS) and not NUMBER.fullmatch(text)
    return "'" + text if looks_like_formula else text


def from_spreadsheet(text: str) -> str:
    """The text that `for_spreadsheet` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA_SIGNS) else text


def for_figure(text: str) -> str:
    """A text that matplotlib draws as it is: between two dollar signs it would set mathematics."""
    return text.replace("$", r"\$")
