"""A configuration is data: read by the core rules of YAML 1.2, within limits, and never run."""

import os
import time
from pathlib import Path

import pytest
import yaml

from workflow.lib.errors import UserError
from workflow.lib.settings.yaml_file import parse_yaml, read_yaml

LAUGHS = "\n".join(
    ["- &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    + [
        f"- &{name} [{', '.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
)

REFUSED = [
    pytest.param("__use_yte__: true\nseed: 1\n", "line 1: __use_yte__: a configuration is data", id="code"),
    pytest.param("a:\n  ? '?open(1)'\n  : 1\n", "line 2: ?open(1): a configuration is data", id="expression"),
    pytest.param("fit: [no]\n", "line 1: no is a truth value to some programs", id="Norway"),
    pytest.param(
        "a: {yes: 1}\n", "line 1: yes is a truth value to some programs", id="name that is a truth value"
    ),
    pytest.param("seed: 010\n", "line 1: 010 is not the same number to all programs", id="octal"),
    pytest.param("seed: 1:30\n", "line 1: 1:30 is not the same number to all programs", id="sexagesimal"),
    pytest.param("seed: 1_000\n", "line 1: 1_000 is not the same number to all programs", id="underscore"),
    pytest.param(
        "a:\n  null: 1\n", "line 2: null is no name; a name is a text: write it in quotes", id="null"
    ),
    pytest.param(
        "1: 2\n", "line 1: 1 is no name; a name is a text: write it in quotes", id="number as a name"
    ),
    pytest.param("? {a: b}\n: 1\n", 'line 1: {"a": "b"} is no name', id="section as a name"),
    pytest.param("a: &x {b: 1}\nc:\n  <<: *x\n", "line 3: << (a merge of sections) is not read", id="merge"),
    pytest.param("a: &x\n  b: *x\n", "line 2: *x stands inside what it repeats", id="alias inside itself"),
    pytest.param("a: *x\n", "line 1: *x repeats what is named nowhere above", id="alias of nothing"),
    pytest.param("seed: !!binary '###'\n", "line 1: the tag tag:yaml.org,2002:binary is not read", id="tag"),
    pytest.param("a: !!python/object/apply:os.system ['true']\n", "line 1: the tag ", id="object of Python"),
    pytest.param("a: 1\n---\na: 2\n", "line 2: a second document begins here", id="two documents"),
    pytest.param("a: 1e999\n", "line 1: 1e999 is too large a number", id="number beyond the largest"),
    pytest.param(LAUGHS, "line 5: more than 10,000 values; shorten the lists", id="billion laughs"),
    pytest.param("a: " + "[" * 90_000, "line 1: more than 20 lists and sections", id="deep nesting"),
    pytest.param("a: " + "{a: " * 9_000, "line 1: more than 20 lists and sections", id="deep sections"),
    pytest.param("a: " + "x" * 5_000, "line 1: a value of 5,000 characters", id="long value"),
    pytest.param("a: 1\x00\n", "line 1: the character U+0000 does not show; remove it", id="NUL"),
    pytest.param("a: b\n\nc: \u202edetsurt\n", "line 3: the character U+202E", id="turned text"),
    pytest.param('a: "b\\x07"\n', "holds the character U+0007, which does not show", id="escaped bell"),
    pytest.param(
        'a: {"m\\n": 1}\n', "holds the character U+000A, which does not show", id="line end in a name"
    ),
]


@pytest.mark.parametrize(("text", "line"), REFUSED)
def test_what_is_no_plain_data_is_refused_in_one_line_and_at_once(tmp_path, text, line):
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    begun = time.monotonic()
    with pytest.raises(UserError) as error:
        read_yaml(path)
    assert time.monotonic() - begun < 1
    assert str(error.value).startswith(f"{path}: ") and line in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1e3", 1000.0),
        ("a: 0o17", 15),
        ("a: 0x1F", 31),
        ("a: .5", 0.5),
        ("a: 0", 0),
        ("a: -0.0", 0.0),
        ("a: ~", None),
        ("a:", None),
        ("a: True", True),
        ('a: "no"', "no"),
        ('a: "010"', "010"),
        ("a: 2001-13-45", "2001-13-45"),
        ("a: =", "="),
        ("a: y", "y"),
        ("a: &x [1, 2]", [1, 2]),
    ],
)
def test_values_are_those_of_the_core_rules(text, value):
    assert parse_yaml(text) == {"a": value}


def test_an_alias_repeats_what_it_names():
    assert parse_yaml("a: &x {b: [1]}\nc: *x\n")["c"] == {"b": [1]}


def test_a_shipped_configuration_is_read_as_other_readers_read_it():
    assert read_yaml("config.yaml") == yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))


def test_a_mark_of_byte_order_is_no_part_of_the_first_key(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbfseed: 1\n")
    assert read_yaml(path) == {"seed": 1}


@pytest.mark.parametrize("content", ["seed: 1\n".encode("utf-16"), "# \xe9\n".encode("latin-1")])
def test_another_encoding_is_told(tmp_path, content):
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a text file in UTF-8"):
        read_yaml(path)


def test_what_is_no_file_or_too_large_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UserError, match="not a file; give the path of a configuration file"):
            read_yaml(path)
    (tmp_path / "large.yaml").write_text("a: [" + "x, " * 200_000 + "]", encoding="utf-8")
    with pytest.raises(UserError, match="600,005 bytes; a configuration has at most 100,000"):
        read_yaml(tmp_path / "large.yaml")
