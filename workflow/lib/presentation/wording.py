"""Words that depend on results: one place decides what a posterior allows to be said. Reads and writes nothing.

"Credibly" has one meaning throughout: the printed interval leaves out zero (or the posterior probability of a comparison
lies beyond the same level).
"""

import math

import numpy as np

MINUS = "\N{MINUS SIGN}"
MISSING = "–"


def fixed(value: float, decimals: int = 2) -> str:
    """A number with a fixed count of decimals and a real minus sign; a dash if it is missing."""
    if value is None or not math.isfinite(float(value)):
        return MISSING
    text = f"{float(value):.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def points(value: float) -> str:
    """A change of probability in percentage points, one decimal."""
    return fixed(100 * float(value), 1)


def interval(lower: float, upper: float, form=fixed) -> str:
    """An interval in words, e.g. ``0.12 to 0.40``."""
    return f"{form(lower)} to {form(upper)}"


def probability(value: float) -> str:
    """A probability with two decimals, never printed as exactly 0 or 1."""
    if value > 0.995:
        return "above 0.99"
    if value < 0.005:
        return "below 0.01"
    return fixed(value, 2)


def sign(lower: float, upper: float) -> str:
    """`positive`, `negative` or `uncertain`, by whether the interval leaves out zero."""
    if lower > 0:
        return "positive"
    return "negative" if upper < 0 else "uncertain"


def sign_sentence(lower: float, upper: float) -> str:
    """Predicate for an effect: its interval against zero."""
    return {
        "positive": "is credibly larger than zero",
        "negative": "is credibly smaller than zero",
        "uncertain": "is not credibly different from zero",
    }[sign(lower, upper)]


def comparison(probability_larger: float, level: float) -> str:
    """`larger`, `smaller` or `undecided`: the posterior probability against the level of the printed interval."""
    upper = (1 + level) / 2
    if probability_larger >= upper:
        return "larger"
    return "smaller" if probability_larger <= 1 - upper else "undecided"


def comparison_sentence(probability_larger: float, level: float) -> str:
    """Predicate that compares a first effect with a second."""
    return {
        "larger": "is credibly larger than",
        "smaller": "is credibly smaller than",
        "undecided": "cannot be told apart from",
    }[comparison(probability_larger, level)]


def difference_sentence(difference: float, standard_error: float) -> str:
    """Predicate that compares two scores: more than two standard errors apart or not."""
    if difference > 2 * standard_error:
        return "predicts better than"
    return "predicts worse than" if difference < -2 * standard_error else "predicts about as well as"


def listing(items: list[str], nothing: str = "none") -> str:
    """`a`, `a and b`, `a, b and c`; a word for an empty list."""
    items = list(items)
    if not items:
        return nothing
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} and {items[-1]}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun; numbers to twelve in words."""
    words = [
        "no",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ]
    shown = words[number] if 0 <= number <= 12 else f"{number:,}"
    return f"{shown} {noun if number == 1 else plural or noun + 's'}"


def plain(value):
    """A NumPy scalar as the Python number that JSON can hold; NaN becomes None."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        # twelve digits: enough for any reader, few enough that the order of summation does not show
        return float(f"{value:.12g}") if math.isfinite(value) else None
    return value
