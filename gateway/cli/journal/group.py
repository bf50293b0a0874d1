"""`journal`: the commands that look after the journal; each says whether a gateway may be running."""

import typer

from gateway.cli.journal.audit import audit
from gateway.cli.journal.backing_up import backup
from gateway.cli.journal.copying import copy
from gateway.cli.journal.erasing import erase
from gateway.cli.journal.purging import purge
from gateway.cli.journal.reconciling import reconcile_
from gateway.cli.journal.verifying import verify


def commands() -> typer.Typer:
    """The commands under `journal`."""
    app = typer.Typer(help="Back up, move, verify, thin out and reconcile the journal.", no_args_is_help=True)
    app.command("backup")(backup)
    app.command("copy")(copy)
    app.command("verify")(verify)
    app.command("erase")(erase)
    app.command("purge")(purge)
    app.command("reconcile")(reconcile_)
    app.command("audit")(audit)
    return app
