"""The typed configuration: `config.yaml` and overlays in, validated `Settings` out, one line for each fault."""

from workflow.lib.settings.load import (
    load_settings,
    merge,
    merged,
    parse_settings,
    priors_from_plain,
    read_yaml,
    values_of_texts,
)
from workflow.lib.settings.notes import find_notes
from workflow.lib.settings.schema import CompositionSettings, GateSettings, SamplerSettings, Settings

__all__ = [
    "CompositionSettings",
    "GateSettings",
    "SamplerSettings",
    "Settings",
    "find_notes",
    "load_settings",
    "merge",
    "merged",
    "parse_settings",
    "priors_from_plain",
    "read_yaml",
    "values_of_texts",
]
