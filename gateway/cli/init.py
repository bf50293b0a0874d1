"""`init`: write a commented configuration to begin with, and the JSON Schema that editors check it by."""

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.cli.options import fail
from gateway.cli.shipped import shipped
from gateway.port import registry
from gateway.settings.schema import schema

CONFIGURATION, SCHEMA = "points.yaml", "gateway.schema.json"


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write; it is made if it is not there.")] = Path(),
) -> None:
    """Write a configuration that explains each line (points.yaml) and its JSON Schema; no file is overwritten.

    Example: points-gateway init gateway
    """
    if (source := shipped("gateway.yaml")) is None:
        fail("this installation came without its configurations")
    kinds, failed = registry.adapters().loadable()
    for error in failed:
        terminal.note(f"left out: {error}")
    # The journal is beside the configuration, since the folder above it may be nobody's place to write.
    text = source.read_text("utf-8").replace("sqlite:///../var/points.db", "sqlite:///points.db")
    text = text.replace("config/gateway.yaml", CONFIGURATION)
    files = {folder / CONFIGURATION: text, folder / SCHEMA: json.dumps(schema(kinds), indent=2) + "\n"}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in files:
            if path.exists():
                fail(f"{path} is there already: move it away, or name another folder; nothing is written")
        for path, content in files.items():
            with path.open("x", encoding="utf-8") as file:
                file.write(content)
            terminal.report(f"wrote {path}")
    except OSError as error:
        fail(f"{folder} cannot be written: {error.strerror}")
    terminal.report("Keep the vendors that you have, and enter your addresses and secrets. Then:")
    terminal.report(f"  points-gateway check --config {folder / CONFIGURATION}")
