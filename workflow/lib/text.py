"""Text at the project's borders: what is refused when it comes in, and how it is written into other languages.

A name or label comes from a user's table or configuration and goes into Markdown, HTML, TeX and spreadsheets. Each of these
reads some characters as commands; each has one escape, here, and nothing else in the project escapes for it.
"""

import re

# Control characters, characters without width, and marks that turn the direction of writing: with them a text can read
# otherwise than it is.
UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ud800-\udfff\ufeff]"
)
# What a spreadsheet takes for the beginning of a formula; + and - begin numbers too.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?inf")


def unprintable(text: str, allowed: str = "") -> tuple[int, str] | None:
    """Place and name (`U+0000`) of the first character of a text that does not show, or None; those in `allowed` pass."""
    matches = (match for match in UNPRINTABLE.finditer(text) if match.group() not in allowed)
    return next(((match.start(), f"U+{ord(match.group()):04X}") for match in matches), None)


def for_spreadsheet(text: str) -> str:
    """A text that no spreadsheet runs as a formula: an apostrophe goes before what could begin one, or before another."""
    looks_like_formula = text.lstrip("'").startswith(FORMULA_SIGNS) and not NUMBER.fullmatch(text)
    return "'" + text if looks_like_formula else text


def from_spreadsheet(text: str) -> str:
    """The text that `for_spreadsheet` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA_SIGNS) else text
