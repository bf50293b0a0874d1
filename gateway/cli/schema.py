"""`schema`: the JSON Schema of configurations, for editors."""

import json

from gateway.cli import terminal
from gateway.port import registry
from gateway.settings.schema import schema as of_settings


def schema() -> None:
    """Print the JSON Schema of configurations, for editors that complete and check YAML.

    Example: points-gateway schema > config/gateway.schema.json
    """
    kinds, failed = registry.adapters().loadable()
    for error in failed:
        terminal.note(f"left out: {error}")
    terminal.show_json(json.dumps(of_settings(kinds), indent=2))
