"""From configuration files to validated settings, or to one line a fault.

Reads `config.yaml` and, laid over it, overlays such as `config/quick.yaml` and values given on the command line; returns
`Settings`. Fails with `UserError`, one line a fault: file, key, value, what is allowed, and the nearest spelling.
"""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workflow.lib.errors import UserError, together
from workflow.lib.settings.faults import Layer, fault_line, fault_lines
from workflow.lib.settings.model_references import find_model_faults
from workflow.lib.settings.references import find_faults
from workflow.lib.settings.schema import Settings
from workflow.lib.settings.yaml_file import plain_value, read_yaml


def merge(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one configuration over another: mappings are merged key by key, anything else is replaced."""
    merged = copy.deepcopy(dict(base))
    for key, value in overlay.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def merged(layers: Sequence[Layer]) -> dict[str, Any]:
    """The content of layers laid one over the other, the later ones on top."""
    content: dict[str, Any] = {}
    for _, layer in layers:
        content = merge(content, layer)
    return content


def values_of_texts(argument: Any) -> Any:
    """Values given on the command line, where those inside lists and sections arrive as texts."""
    if isinstance(argument, Mapping):
        return {str(key): values_of_texts(value) for key, value in argument.items()}
    if isinstance(argument, list):
        return [values_of_texts(value) for value in argument]
    try:
        return plain_value(argument) if isinstance(argument, str) else argument
    except UserError as error:
        raise UserError(f"--config: {error}; or write it in a file for --configfile") from None


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
    """
    layers: list[Layer] = [(str(path), read_yaml(path))]
    for override in [overrides] if isinstance(overrides, Mapping) else overrides:
        is_mapping = isinstance(override, Mapping)
        layers.append(("command line", override) if is_mapping else (str(override), read_yaml(override)))
    return parse_settings(merged(layers), layers, root, check_references)


def parse_settings(
    content: Mapping[str, Any],
    layers: Sequence[Layer] = (),
    root: str | Path = ".",
    check_references: bool = True,
) -> Settings:
    """Validate a configuration that has been read and merged, as `load_settings`.

    The layers are name and content of the files it was merged from, to say in which of them a fault lies.
    """
    layers = list(layers) or [("config", content)]
    try:
        settings = Settings.model_validate(dict(content))
    except ValidationError as error:
        raise together(fault_lines(error.errors(), layers)) from None
    if not check_references:
        return settings
    faults = [*find_faults(settings, Path(root)), *find_model_faults(settings, Path(root))]
    if faults:
        raise together([fault_line(path, text, layers) for path, text in faults])
    return settings


def priors_from_plain(priors: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, tuple[float, ...]]]:
    """Priors as the statistics want them, name -> (distribution, parameters), from the plain section `priors`."""
    priors = {name: {k: v for k, v in prior.items() if v is not None} for name, prior in priors.items()}
    return Settings.model_validate({"priors": priors}).prior_values()
