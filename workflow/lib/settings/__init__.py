"""The typed configuration: `config.yaml` and overlays in, validated `Settings` out, one line for each fault."""

from workflow.lib.settings.load import (
    load_settings,
    merged,
    parse_settings,
    priors_from_plain,
    values_of_texts,
)
from workflow.lib.settings.notes import find_notes
from workflow.lib.settings.yaml_file import read_yaml

__all__ = [
    "find_notes",
    "load_settings",
    "merged",
    "parse_settings",
    "priors_from_plain",
    "read_yaml",
    "values_of_texts",
]
