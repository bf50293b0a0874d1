"""`init`: write a commented configuration to begin with, and the JSON Schema that editors check it by."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.cli.options import USUAL, fail, loaded
from gateway.cli.shipped import shipped
from gateway.port import registry
from gateway.settings.schema import schema

SCHEMA = "gateway.schema.json"


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
    text = text.replace("config/gateway.yaml", USUAL.name)
    files = {folder / USUAL: text, folder / SCHEMA: json.dumps(schema(kinds), indent=2) + "\n"}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in files:
            if path.exists():
                fail(f"{path} is there already: move it away, or name another folder; nothing is written")
        for path, content in files.items():
            with open(path, "x", encoding="utf-8", opener=_private if path.suffix == ".yaml" else None) as file:
                file.write(content)
            terminal.report(f"wrote {path}")
    except OSError as error:
        fail(f"{folder} cannot be written: {error.strerror}")
    terminal.report("Keep the vendors and clients that you have, and enter your addresses.")
    if absent := loaded(folder / USUAL, offline=True)[0].absent:
        terminal.report("Set what it takes its secrets and keys from, environment variables and files:")
        for each in absent:
            terminal.report(f"  {each}")
    terminal.report("Then:")
    terminal.report(f"  points-gateway check --config {folder / USUAL}")


def _private(path: str, flags: int) -> int:
    """A descriptor of a file that is its owner's alone, since people write secrets into it."""
    return os.open(path, flags, 0o600)
