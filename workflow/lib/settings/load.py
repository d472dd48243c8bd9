"""From configuration files to validated settings, or to one line a fault.

Reads `config.yaml` and, laid over it, overlays such as `config/quick.yaml` and values given on the command line; returns
`Settings`. Fails with `UserError`, one line a fault: file, key, value, what is allowed, and the nearest spelling.
"""

from __future__ import annotations

import copy
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workflow.lib.errors import UserError
from workflow.lib.settings.references import find_faults
from workflow.lib.settings.schema import Prior, Settings
from workflow.lib.settings.wording import did_you_mean, listed, shown

Layer = tuple[str, Mapping[str, Any]]


class _UniqueKeyLoader(yaml.SafeLoader):
    """A safe YAML loader that refuses a key given twice instead of keeping the last value."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen: dict[Any, int] = {}
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if key in seen:
                raise UserError(
                    f"line {line}: {key} is given twice (first in line {seen[key]}); remove one of the two"
                )
            seen[key] = line
        return super().construct_mapping(node, deep)


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict
        Its content; an empty file gives an empty mapping.

    Raises
    ------
    UserError
        If the file is missing, is not YAML, repeats a key, or holds something else than a mapping.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; give the path of a configuration file") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not a text file in UTF-8") from None
    try:
        content = yaml.load(text, Loader=_UniqueKeyLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UserError(f"{path}: {place}not valid YAML: {error.problem}") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UserError(f"{path}: keys and values are expected (key: value), not {shown(content)}")
    return content


def merge(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one configuration over another: mappings are merged key by key, anything else is replaced."""
    merged = copy.deepcopy(dict(base))
    for key, value in overlay.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def differences(content: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a configuration that another one, over which it was laid, does not say in the same way."""
    own: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), Mapping):
            inner = differences(value, base[key])
            if inner:
                own[key] = inner
        elif key not in base or base[key] != value:
            own[key] = value
    return own


def load_settings(
    path: str | Path = "config.yaml",
    overrides: Mapping[str, Any] | Sequence[str | Path | Mapping[str, Any]] = (),
    root: str | Path = ".",
    check_references: bool = True,
) -> Settings:
    """Read and validate a configuration.

    Parameters
    ----------
    path
        The configuration file.
    overrides
        What is laid over it: a mapping, or a sequence of further files and mappings, the later ones on top.
    root
        Folder from which the paths of the data tables are meant.
    check_references
        Whether columns, missions and models that are referred to are looked up (they need the tables' headers).

    Returns
    -------
    Settings
        The validated settings.

    Raises
    ------
    UserError
        One line a fault.
    """
    layers: list[Layer] = [(str(path), read_yaml(path))]
    for override in [overrides] if isinstance(overrides, Mapping) else overrides:
        is_mapping = isinstance(override, Mapping)
        layers.append(("command line", override) if is_mapping else (str(override), read_yaml(override)))
    merged: dict[str, Any] = {}
    for _, layer in layers:
        merged = merge(merged, layer)
    return parse_settings(merged, layers, root, check_references)


def parse_settings(
    content: Mapping[str, Any],
    layers: Sequence[Layer] = (),
    root: str | Path = ".",
    check_references: bool = True,
) -> Settings:
    """Validate a configuration that has been read.

    Parameters
    ----------
    content
        The merged configuration.
    layers
        Name and content of the files it was merged from, to say in which of them a fault lies.
    root, check_references
        As for `load_settings`.

    Returns
    -------
    Settings
        The validated settings.

    Raises
    ------
    UserError
        One line a fault.
    """
    layers = list(layers) or [("config", content)]
    try:
        settings = Settings.model_validate(dict(content))
    except ValidationError as error:
        raise UserError("\n".join(_fault_lines(error.errors(), layers))) from None
    faults = find_faults(settings, Path(root)) if check_references else []
    if faults:
        raise UserError(
            "\n".join(f"{_origin(path, layers)}: {_dotted(path)}: {text}" for path, text in faults)
        )
    return settings


def priors_from_plain(priors: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, tuple[float, ...]]]:
    """Priors as the statistics want them, name -> (distribution, parameters), from the plain section `priors`."""
    parsed = {
        name: Prior.model_validate({k: v for k, v in prior.items() if v is not None})
        for name, prior in priors.items()
    }
    return {name: (prior.distribution, prior.parameters) for name, prior in parsed.items()}


def _fault_lines(errors: Sequence[ErrorDetails], layers: Sequence[Layer]) -> list[str]:
    """One line for each faulty key; the members of a union that all refuse a value give one line together."""
    faults: dict[tuple, str] = {}
    for error in errors:
        path, annotation = _key_path(error["loc"])
        faults.setdefault(path, _explain(error, path, annotation))
    deeper = {path[:length] for path in faults for length in range(len(path))}
    return [
        f"{_origin(path, layers)}: {_dotted(path)}: {text}"
        for path, text in faults.items()
        if path not in deeper
    ]


def _explain(error: ErrorDetails, path: tuple, annotation: Any) -> str:
    """What is wrong with a value, and what is allowed."""
    kind, value, context = error["type"], error.get("input"), error.get("ctx", {})
    if kind == "extra_forbidden":
        allowed = _keys_beside(path)
        what = "unknown distribution" if _section_at(path[:-1]) is Prior else "unknown key"
        return f"{what}; allowed: {listed(allowed)}{did_you_mean(path[-1], allowed)}"
    if kind == "missing":
        section = _section_at(path[:-2])
        if section is Prior:
            return f"missing; expected {section.model_fields[path[-2]].description}"
        return "missing; it must be given"
    if (
        path
        and _section_at(path[:-1]) is None
        and kind == "string_pattern_mismatch"
        and error["loc"][-1] == "[key]"
    ):
        return "not a name; small letters, digits and _ are allowed, starting with a letter"
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
    "too_short": "at least {min_length} entries",
    "string_pattern_mismatch": "a text that matches {pattern}",
    "missing_argument": "a value",
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
        return (
            f"a list, each entry {_type_in_words(arguments[0])},"
            if _members(arguments[0])
            else (f"a list of {_type_in_words(arguments[0]).removeprefix('a ')}s")
        )
    if origin is dict or (isinstance(origin, type) and issubclass(origin, BaseModel)):
        return "keys and values"
    words = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "a text",
        type(None): "null",
    }
    return words.get(origin, "another value")


def _spelling_hint(value: Any, annotation: Any) -> str:
    """A hint for numbers that YAML reads as text."""
    if isinstance(value, str) and _type_in_words(annotation).startswith(("a number", "a whole number")):
        try:
            float(value)
        except ValueError:
            return ""
        return f" (write it without quotes and with a point, as in {float(value)!r})"
    return ""


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


def _keys_beside(path: Sequence[Any]) -> list[str]:
    """Keys that are allowed where the last key of a path stands."""
    section = _section_at(path[:-1])
    return list(section.model_fields) if section else []


def _dotted(path: Sequence[Any]) -> str:
    """A path of keys as text: `models.pooled.blocks[0]`."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text or "the whole file"


def _origin(path: Sequence[Any], layers: Sequence[Layer]) -> str:
    """Name of the topmost layer that says something at a path, or of the one that gets furthest towards it."""
    best, depth_of_best = layers[0][0], -1
    for name, content in layers:
        depth = 0
        for key in path:
            inside_mapping = isinstance(content, Mapping) and key in content
            inside_list = isinstance(content, list) and isinstance(key, int) and key < len(content)
            if not (inside_mapping or inside_list):
                break
            content = content[key]
            depth += 1
        if depth >= depth_of_best and depth > 0:
            best, depth_of_best = name, depth
    return best
