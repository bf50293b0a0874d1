"""`diff`: what would change, in words."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.cli.options import loaded
from gateway.settings.difference import difference


def diff(
    old: Annotated[Path, typer.Argument(help="The configuration as it is: a YAML file, or a folder of them.")],
    new: Annotated[Path, typer.Argument(help="The configuration as it will be.")],
) -> None:
    """Say what changes from one configuration to another; renamed vendors, tenants and clients are named.

    Secrets are never shown, only that they change. `(takes a new process)` marks what a reload refuses.

    Example: points-gateway diff deployed.yaml config/gateway.yaml
    """
    before, _ = loaded(old)
    after, _ = loaded(new)
    lines = list(difference(before, after))
    for line in lines:
        terminal.show(line)
    if not lines:
        terminal.show("nothing changes")
