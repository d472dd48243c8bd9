"""The JSON schema of the configuration, generated from the typed settings; editors complete `config.yaml` with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workflow.lib.settings.schema import Settings

SCHEMA_PATH = Path("workflow/schemas/config.schema.json")


def schema_text() -> str:
    """The JSON schema as the text of its file."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Settings.model_json_schema(mode="validation"),
        "title": "Configuration of coalition-ties",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
