"""`journal copy`: moves a journal from SQLite to PostgreSQL, or back."""

import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.cli.options import Config, fail, stored
from gateway.journal import JournalError
from gateway.journal.moving import move
from gateway.store import Store


def copy(
    config: Config,
    to: Annotated[
        str,
        typer.Option(
            help="Where to: a configuration, whose store is meant; or sqlite:///PATH or postgresql://... itself,"
            " which others can see in the list of processes.",
            metavar="TARGET",
        ),
    ],
) -> None:
    """Copy the whole journal into an empty one, SQLite to PostgreSQL or back. No gateway may be running on either.

    All or nothing: it is one transaction, and at the end both are read and compared, row by row. Never serve the old
    journal again after the new one was served: it does not know the new keys.

    Example: points-gateway journal copy -c old.yaml --to new.yaml
    """
    source = stored(config)
    try:
        target = Store.parse(to, Path(os.getcwd())).text if "://" in to else stored(Path(to))
    except ValueError as error:
        raise typer.BadParameter(f"--to: {error}") from None
    try:
        moved = move(source, target)
    except JournalError as error:
        fail(str(error))
    for each in moved:
        terminal.report(f"{each.rows:>10,} {each.table:12} sha256 {each.digest[:16]}")
    terminal.report("copied; both journals were read and are equal")
