"""`journal backup`: a consistent copy of an SQLite journal beside running gateways."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.cli.options import Config, fail, stored
from gateway.journal import JournalError
from gateway.journal.backup import back_up


def backup(
    target: Annotated[Path, typer.Argument(help="The file to make; it must not exist.", metavar="FILE")],
    config: Config,
) -> None:
    """Copy an SQLite journal, as it is at one moment, into one new file. Gateways may be running.

    The copy is checked by SQLite, and only its owner can read it. A journal in PostgreSQL is backed up by pg_dump.

    Example: points-gateway journal backup backup/points.db -c config/gateway.yaml
    """
    try:
        made = back_up(stored(config), target)
    except JournalError as error:
        fail(str(error))
    terminal.report(
        f"{target}: {made.adjustments:,} adjustments, {made.transitions:,} transitions, {made.size:,} bytes"
    )
