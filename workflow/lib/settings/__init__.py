"""The typed configuration: `config.yaml` and overlays in, validated `Settings` out, one line for each fault."""

from workflow.lib.settings.load import (
    differences,
    load_settings,
    merge,
    parse_settings,
    priors_from_plain,
    read_yaml,
)
from workflow.lib.settings.schema import CompositionSettings, GateSettings, SamplerSettings, Settings

__all__ = [
    "CompositionSettings",
    "GateSettings",
    "SamplerSettings",
    "Settings",
    "differences",
    "load_settings",
    "merge",
    "parse_settings",
    "priors_from_plain",
    "read_yaml",
]
