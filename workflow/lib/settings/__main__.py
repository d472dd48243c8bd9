"""Check a configuration, or write the JSON schema with which editors complete it.

python -m workflow.lib.settings                      check config.yaml
python -m workflow.lib.settings OVERLAY ...          check config.yaml with other files laid over it, as in a run
python -m workflow.lib.settings --write-schema       write workflow/schemas/config.schema.json
"""

import argparse
import json
import sys
from pathlib import Path

from workflow.lib.errors import UserError, as_command
from workflow.lib.settings.load import load_settings
from workflow.lib.settings.notes import find_notes
from workflow.lib.settings.schema import Settings

SCHEMA_PATH = Path("workflow/schemas/config.schema.json")
CONFIG = "config.yaml"


def schema_text() -> str:
    """The JSON schema of the configuration, with which editors complete it, as the text of its file."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Settings.model_json_schema(mode="validation"),
        "title": "Configuration of coalition-ties",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m workflow.lib.settings", description=__doc__.splitlines()[0]
    )
    parser.add_argument("overlays", nargs="*", help="configurations laid over config.yaml")
    parser.add_argument("--write-schema", action="store_true", help=f"write {SCHEMA_PATH}")
    options = parser.parse_args(arguments)
    if options.write_schema:
        SCHEMA_PATH.write_text(schema_text(), encoding="utf-8")
        print(f"wrote {SCHEMA_PATH}")
        return 0
    try:
        settings = load_settings(CONFIG, options.overlays)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    names = " with ".join([CONFIG, *options.overlays])
    for note in find_notes(settings):
        print(note)
    print(f"{names} is in order; models to fit: {', '.join(settings.models_to_fit())}")
    return 0


if __name__ == "__main__":
    sys.exit(as_command(main))
