"""Faults that the typed settings find, in words: one line each, with file, key, value, what is allowed, the nearest spelling."""

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from workflow.lib.settings.schema import Prior, Settings
from workflow.lib.settings.wording import did_you_mean, listed, shown

Layer = tuple[str, Mapping[str, Any]]


def fault_lines(errors: Sequence[ErrorDetails], layers: Sequence[Layer]) -> list[str]:
    """One line for each faulty key; the members of a union that all refuse a value give one line together."""
    faults: dict[tuple, str] = {}
    for error in errors:
        path, annotation = _key_path(error["loc"])
        faults.setdefault(path, _explain(error, path, annotation))
    deeper = {path[:length] for path in faults for length in range(len(path))}
    return [fault_line(path, text, layers) for path, text in faults.items() if path not in deeper]


MEASURED = "name a model that measures among the regressors, as in regressors: [ties, quality]"
INDICATORS = "columns measure what the codebook says under construct; data.indicators chooses among them"
# Keys of earlier versions by section, and what says the same now.
KEYS_BEFORE = {
    ("models", "blocks"): "a model says measures: [alignment], or regressors: [ties, quality]",
    ("models", "latents"): MEASURED,
    ("models", "measured_by"): MEASURED,
    ("data", "quality"): INDICATORS,
    ("data", "personal_contact"): INDICATORS,
    ("data", "cooperativeness"): INDICATORS,
    ("data", "hierarchy"): INDICATORS,
    ("data", "every"): "every year is measured; remove it",
    ("checks", "held_out_missions"): "whole conflicts are left out: held_out_conflicts",
    ("checks", "reference"): "the model that checks speak of is report.main_model",
}


def fault_line(path: Sequence[Any], text: str, layers: Sequence[Layer]) -> str:
    """One fault: the file, the key in it, what is wrong."""
    return f"{_origin(path, layers)}: {_dotted(path)}: {text}"


def _explain(error: ErrorDetails, path: tuple, annotation: Any) -> str:
    """What is wrong with a value, and what is allowed."""
    kind, value, context = error["type"], error.get("input"), error.get("ctx", {})
    if kind == "extra_forbidden":
        section = _section_at(path[:-1])
        allowed = list(section.model_fields) if section else []
        what = "unknown distribution" if section is Prior else "unknown key"
        if (path[0], path[-1]) in KEYS_BEFORE:
            return f"{what}; {KEYS_BEFORE[path[0], path[-1]]}"
        return f"{what}; allowed: {listed(allowed)}{did_you_mean(path[-1], allowed)}"
    if kind == "missing":
        section = _section_at(path[:-2])
        if section is Prior:
            return f"missing; expected {section.model_fields[path[-2]].description}"
        return "missing; it must be given"
    if kind == "string_pattern_mismatch" and error["loc"][-1] == "[key]":
        return "not a name; small letters, digits and _ are allowed, starting with a letter"
    if kind == "string_pattern_mismatch":
        field = _section_at(path[:-1]).model_fields[path[-1]]
        return f"{shown(value)} is not allowed; expected a {field.description}, as in {field.examples[0]}"
    if kind == "value_error":
        return f"{shown(value)}: {context['error']}"
    if kind == "literal_error":
        choices = _choices(annotation)
        return f"{shown(value)} is not allowed; allowed: {listed(choices)}{did_you_mean(value, choices)}"
    return f"{shown(value)} is not allowed; expected {_expected(kind, context, annotation)}{_spelling_hint(value, annotation)}"


_EXPECTED = {
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of {ge} or more",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of {le} or less",
    "finite_number": "a finite number",
    "too_short": "at least {min_length} of them",
    "string_too_long": "at most {max_length} characters",
    "missing_argument": "a value",
}


TYPES_IN_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    type(None): "null",
}


def _expected(kind: str, context: Mapping[str, Any], annotation: Any) -> str:
    """What is expected at a place, in words."""
    if kind in _EXPECTED:
        bounds = {key: f"{bound:g}" if isinstance(bound, float) else bound for key, bound in context.items()}
        return _EXPECTED[kind].format(**bounds)
    return _type_in_words(annotation)


def _type_in_words(annotation: Any) -> str:
    """A type annotation in words."""
    annotation = _bare(annotation)
    members = _members(annotation)
    if members:
        members = sorted(members, key=lambda member: member is not type(None))
        return " or ".join(dict.fromkeys(_type_in_words(member) for member in members))
    origin = typing.get_origin(annotation) or annotation
    arguments = typing.get_args(annotation)
    if origin is typing.Literal:
        return f"one of {listed(arguments)}"
    if origin is tuple:
        return f"a list of {len(arguments)} numbers"
    if origin is list:
        entry = _type_in_words(arguments[0])
        union = _members(arguments[0])
        return f"a list, each entry {entry}," if union else f"a list of {entry.removeprefix('a ')}s"
    if origin is dict or (isinstance(origin, type) and issubclass(origin, BaseModel)):
        return "keys and values"
    return TYPES_IN_WORDS.get(origin, "another value")


def _spelling_hint(value: Any, annotation: Any) -> str:
    """How a number is written that is meant, but is a text, or a fraction where a whole number is wanted."""
    wanted = _type_in_words(annotation)
    if not isinstance(value, str | float) or not wanted.startswith(("a number", "a whole number")):
        return ""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return ""
    if wanted.startswith("a number"):
        written = f"without quotes and with a point, as in {number!r}" if isinstance(value, str) else ""
    elif number.is_integer():
        written = f"without quotes, as in {int(number)}" if isinstance(value, str) else f"as {int(number)}"
    else:
        written = ""
    return f" (write it {written})" if written else ""


def _bare(annotation: Any) -> Any:
    """An annotation without its constraints."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    return annotation


def _members(annotation: Any) -> tuple:
    """Members of a union, or nothing."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return typing.get_args(annotation)
    return ()


def _choices(annotation: Any) -> list[str]:
    """Allowed values of a literal, also inside a union."""
    annotation = _bare(annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return list(typing.get_args(annotation))
    return [choice for member in _members(annotation) for choice in _choices(member)]


def _step(annotation: Any, key: Any) -> tuple[bool, Any]:
    """Annotation one key further down; False if the key is not a key of the file but a label of a union member."""
    annotation = _bare(annotation)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(key)
        return True, field.annotation if field else None
    if origin is dict:
        return True, arguments[1]
    if origin is list and isinstance(key, int):
        return True, arguments[0]
    if origin is tuple and isinstance(key, int):
        return True, arguments[min(key, len(arguments) - 1)]
    members = [member for member in _members(annotation) if member is not type(None)]
    if len(members) == 1:
        return _step(members[0], key)
    if isinstance(key, int):
        lists = [member for member in members if typing.get_origin(_bare(member)) is list]
        if lists:
            return _step(lists[0], key)
    return False, annotation


def _key_path(location: Sequence[Any]) -> tuple[tuple, Any]:
    """Path of keys in the file, and the annotation there, from pydantic's location."""
    path: list[Any] = []
    annotation: Any = Settings
    for key in location:
        if key == "[key]":
            continue
        is_key, annotation = _step(annotation, key)
        if is_key:
            path.append(key)
    return tuple(path), annotation


def _section_at(path: Sequence[Any]) -> type[BaseModel] | None:
    """The section of the configuration at a path, or None."""
    annotation: Any = Settings
    for key in path:
        _, annotation = _step(annotation, key)
    candidates = [_bare(annotation), *map(_bare, _members(_bare(annotation)))]
    return next((item for item in candidates if isinstance(item, type) and issubclass(item, BaseModel)), None)


def _dotted(path: Sequence[Any]) -> str:
    """A path of keys as text: `models.pooled.blocks[0]`."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text or "the whole file"


def _origin(path: Sequence[Any], layers: Sequence[Layer]) -> str:
    """Name of the topmost layer that says something at a path, or of the one that gets furthest towards it."""
    depths = [_depth(path, content) for _, content in layers]
    deepest = max(range(len(layers)), key=lambda index: (depths[index], index))
    return layers[deepest if depths[deepest] else 0][0]


def _depth(path: Sequence[Any], content: Any) -> int:
    """How many keys of a path there are in a layer."""
    for depth, key in enumerate(path):
        if not isinstance(content, Mapping | list):
            return depth
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError):
            return depth
    return len(path)
