"""How numbers and lists are printed, in the paper and in the report: the filters of the templates. Reads and writes nothing."""

import math
from collections.abc import Callable, Mapping

MINUS = "\N{MINUS SIGN}"
MISSING = "–"
NUMERALS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")  # fmt: skip


def fixed(value: float | None, decimals: int = 2) -> str:
    """A number with a fixed count of decimals and a real minus sign; a dash if it is missing."""
    if value is None or not math.isfinite(float(value)):
        return MISSING
    text = f"{float(value):,.{decimals}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def default(value: float) -> str:
    """A number for which a template names no form: a whole one as it stands, such as a year, others with two decimals."""
    return str(int(value)) if float(value).is_integer() else fixed(value)


def points(value: float | None) -> str:
    """A probability or its change in percentage points, one decimal."""
    return MISSING if value is None else fixed(100 * float(value), 1)


def percent(value: float | None) -> str:
    """A share as a percentage."""
    return MISSING if value is None else f"{fixed(100 * float(value), 0)} %"


def whole(value: float | None) -> str:
    """A count."""
    return fixed(value, 0)


def p(value: float | None) -> str:
    """A probability with two decimals, never printed as exactly 0 or 1."""
    if value is not None and value > 0.995:
        return "above 0.99"
    if value is not None and value < 0.005:
        return "below 0.01"
    return fixed(value)


# Unit of a row of checks -> form of its numbers. Points are percentage points already.
UNITS: dict[str, Callable[[float | None], str]] = {
    "probability": p,
    "points": lambda value: fixed(value, 1),
    "share": percent,
    "count": lambda value: fixed(value, 0 if value is None or float(value).is_integer() else 1),
}


def of_unit(value: float | None, unit: str | None) -> str:
    """A number of a check, by the unit of its row; two decimals where the unit asks for nothing else."""
    return UNITS.get(unit or "", fixed)(value)


def interval(row: Mapping, form: str | Callable = "fixed") -> str:
    """`0.12 to 0.40`: the interval of a row, in the form of a filter."""
    shape = FILTERS[form] if isinstance(form, str) else form
    return f"{shape(row['lower'])} to {shape(row['upper'])}"


def estimate(row: Mapping, form: str | Callable = "fixed") -> str:
    """`0.26 (0.12 to 0.40)`: mean and interval of a row."""
    shape = FILTERS[form] if isinstance(form, str) else form
    return f"{shape(row['mean'])} ({interval(row, shape)})"


def listing(items, longest: int | None = None) -> str:
    """`a`, `a and b`, `a, b and c`; of a list longer than ``longest`` the rest is counted."""
    items = [str(item) for item in items]
    if longest is not None and len(items) > longest + 1:
        items = [*items[:longest], f"{len(items) - longest} others"]
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]])) or "none"


def counted(number: float, noun: str, plural: str | None = None) -> str:
    """A number with its noun; numbers to twelve in words."""
    number = int(number)
    shown = NUMERALS[number] if 0 <= number < len(NUMERALS) else f"{number:,}"
    return f"{shown} {noun if number == 1 else plural or noun + 's'}"


def capitalised(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


NUMBERS = (fixed, points, percent, whole, p, of_unit, interval, estimate)
FILTERS = {form.__name__: form for form in (*NUMBERS, listing, counted, capitalised)}
