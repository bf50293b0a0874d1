"""`journal audit`: what operators did to a running gateway and to its journal."""

from typing import Annotated

import typer

from gateway import exact
from gateway.cli import terminal
from gateway.cli.options import Config, Format, Output, stored, with_journal
from gateway.model import time_text


def audit(
    config: Config,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Maximum number, newest first.")] = 20,
    output: Format = Output.TEXT,
) -> None:
    """List what operators did, newest first: reloads, pauses, erasures and purges. A gateway may be running.

    Example: points-gateway journal audit -c config/gateway.yaml
    """
    entries = with_journal(stored(config), lambda journal: journal.audit(limit=limit))
    if output is Output.JSON:
        data = [
            {"at": time_text(each.at), "by": each.by, "action": each.action, "detail": dict(each.detail)}
            for each in entries
        ]
        terminal.show_json(exact.dumps({"data": data}).decode())
        return
    for each in entries:
        terminal.show(f"{time_text(each.at):27}  {each.action:8}  {each.by}  {exact.dumps(dict(each.detail)).decode()}")
    if not entries:
        terminal.note("nothing is kept yet")
