"""Read a YAML file as data: by the core rules of YAML 1.2, within limits, and without running anything.

PyYAML splits the text; what its parts mean is decided here. What programs read differently (`yes`, `010`, `1:30`), what
would be read last instead of first (a key given twice), tags, merge keys and keys that other readers run as code are one
`UserError`, with the line.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from workflow.lib.errors import UserError
from workflow.lib.settings.wording import shown
from workflow.lib.text import unprintable

MOST_BYTES = 100_000
MOST_VALUES = 10_000
MOST_LEVELS = 20
MOST_CHARACTERS = 1_000

NULL = re.compile(r"null|Null|NULL|~|")
TRUE, FALSE = re.compile(r"true|True|TRUE"), re.compile(r"false|False|FALSE")
WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
INFINITE, NOT_A_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)"), re.compile(r"\.(nan|NaN|NAN)")
# What YAML 1.1 reads as a truth value or a number, and YAML 1.2 as a text or another number.
OLD_TRUTH = re.compile(r"yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")
OLD_NUMBER = re.compile(r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|0b[01_]+|[0-9]+(_[0-9_]*)+)")
RUN_BY_OTHERS = ("__use_yte__", "__definitions__", "__variables__")


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Content of a YAML file that holds a mapping, or nothing, which is an empty one.

    A `UserError` is a file that is missing, no file, too large, not YAML as data, or holds something else.
    """
    try:
        content = parse_yaml(_text_of(Path(path)))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UserError(f"{path}: keys and values are expected (key: value), not {shown(content)}")
    return content


def _text_of(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise UserError("not a file; give the path of a configuration file")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UserError(
                f"{size:,} bytes; a configuration has at most {MOST_BYTES:,}: shorten its lists, or leave rows out in the tables"
            )
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UserError("no such file; give the path of a configuration file") from None
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror}); give the path of a configuration file") from None
    except UnicodeDecodeError:
        raise UserError("not a text file in UTF-8; save it as UTF-8") from None


def parse_yaml(text: str) -> Any:
    """The value that a text in YAML stands for; `UserError` with the line, but without a file, if it is not data."""
    if character := unprintable(text, allowed="\t\n\r"):
        line = len(re.split(r"\r\n|\r|\n", text[: character[0]]))
        raise UserError(f"line {line}: the character {character[1]} does not show; remove it")
    try:
        return _Reader(yaml.parse(text, Loader=yaml.SafeLoader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UserError(f"{place}not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise UserError(f"not valid YAML: {' '.join(str(error).split())}") from None


def plain_value(text: str) -> Any:
    """What a text without quotes means: null, a truth value, a number, or the text itself.

    Where programs disagree on what it means, or no computer can hold the number, it is a `UserError`.
    """
    if OLD_TRUTH.fullmatch(text):
        raise UserError(
            f'{text} is a truth value to some programs and a text to others; write true or false, or "{text}" in quotes'
        )
    if OLD_NUMBER.fullmatch(text):
        raise UserError(
            f"{shown(text)[1:-1]} is not the same number to all programs; write the digits alone, without a zero "
            'before them, ":" or "_" (or a text in quotes)'
        )
    if NULL.fullmatch(text):
        return None
    if TRUE.fullmatch(text) or FALSE.fullmatch(text):
        return bool(TRUE.fullmatch(text))
    if NOT_A_NUMBER.fullmatch(text):
        return math.nan
    if INFINITE.fullmatch(text):
        return -math.inf if text[0] == "-" else math.inf
    if WHOLE.fullmatch(text) or NUMBER.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        value = int(text, base) if WHOLE.fullmatch(text) else float(text)
        if math.isinf(value):
            raise UserError(f"{shown(text)[1:-1]} is too large a number")
        return value
    return text


class _Reader:
    """Values from the events of PyYAML's parser, each counted as often as aliases repeat it."""

    def __init__(self, events: Iterator[yaml.Event]):
        self.events = events
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.values = 0

    def document(self) -> Any:
        content, documents = None, 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    _refuse(
                        event, "a second document begins here (---); a configuration is one: remove the line"
                    )
            elif isinstance(event, yaml.NodeEvent):
                content = self.value(event, 0)
        return content

    def value(self, event: yaml.NodeEvent, level: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._repeated(event)
        if event.tag is not None:
            _refuse(event, f"the tag {event.tag} is not read; write the value alone")
        if level > MOST_LEVELS:
            _refuse(event, f"more than {MOST_LEVELS} lists and sections stand inside each other; write fewer")
        before = self.values
        self._count(1, event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (None, -1)
        if isinstance(event, yaml.ScalarEvent):
            content = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            content = [self.value(item, level + 1) for item in self._until(yaml.SequenceEndEvent)]
        else:
            content = self._mapping(level)
        if event.anchor is not None:
            self.anchors[event.anchor] = (content, self.values - before)
        return content

    def _mapping(self, level: int) -> dict[str, Any]:
        content: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for event in self._until(yaml.MappingEndEvent):
            key, line = self.value(event, level + 1), event.start_mark.line + 1
            if not isinstance(key, str):
                _refuse(event, f"{shown(key)} is no name; a name is a text: write it in quotes")
            if key == "<<" and not event.style:
                _refuse(event, "<< (a merge of sections) is not read; write the keys out")
            if key in RUN_BY_OTHERS or key.startswith("?"):
                _refuse(
                    event, f"{shown(key)[1:-1]}: a configuration is data and runs nothing; remove the key"
                )
            if key in content:
                text = f"{key} is given twice (first in line {lines[key]}); remove one of the two"
                _refuse(event, text)
            lines[key] = line
            content[key] = self.value(next(self.events), level + 1)
        return content

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.NodeEvent]:
        for event in self.events:
            if isinstance(event, end):
                return
            yield event

    def _repeated(self, event: yaml.AliasEvent) -> Any:
        if event.anchor not in self.anchors:
            _refuse(
                event, f"*{event.anchor} repeats what is named nowhere above; name it with &{event.anchor}"
            )
        content, values = self.anchors[event.anchor]
        if values < 0:
            _refuse(event, f"*{event.anchor} stands inside what it repeats; write it out")
        self._count(values, event)
        return content

    def _count(self, values: int, event: yaml.Event) -> None:
        self.values += values
        if self.values > MOST_VALUES:
            _refuse(event, f"more than {MOST_VALUES:,} values; shorten the lists")


def _scalar(event: yaml.ScalarEvent) -> Any:
    if len(event.value) > MOST_CHARACTERS:
        _refuse(event, f"a value of {len(event.value):,} characters; at most {MOST_CHARACTERS:,} are read")
    if match := unprintable(event.value):
        _refuse(event, f"{shown(event.value)} holds the character {match[1]}, which does not show; remove it")
    if event.style:
        return event.value
    try:
        return plain_value(event.value)
    except UserError as error:
        _refuse(event, str(error))


def _refuse(event: yaml.Event, text: str) -> None:
    raise UserError(f"line {event.start_mark.line + 1}: {text}")
