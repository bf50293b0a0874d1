"""`schema`: the JSON Schema of configurations, or of descriptions of vendors, for editors."""

import json
from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.port import registry
from gateway.settings.schema import of_descriptions
from gateway.settings.schema import schema as of_settings


def schema(
    descriptions: Annotated[
        bool, typer.Option("--descriptions", help="The schema of files that describe vendors.")
    ] = False,
) -> None:
    """Print the JSON Schema of configurations, for editors that complete and check YAML.

    Example: points-gateway schema > config/gateway.schema.json
    """
    if descriptions:
        terminal.show_json(json.dumps(of_descriptions(), indent=2))
        return
    kinds, failed = registry.adapters().loadable()
    for error in failed:
        terminal.note(f"left out: {error}")
    terminal.show_json(json.dumps(of_settings(kinds), indent=2))
