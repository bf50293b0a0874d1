"""The commands of `points-gateway`, and what they have in common: options, output, and exit codes."""

import typer

from gateway import logs
from gateway.cli import adjustments, check, demo, explain, schema, serve, simulate

_HELP = """One points API in front of several loyalty vendors.

Begin with [bold]points-gateway demo[/bold]: a running gateway with every vendor simulated. Then write a
configuration (config/gateway.yaml explains each line), [bold]check[/bold] it, [bold]explain[/bold] what a call
would send, and [bold]serve[/bold] it.

Exit codes: 0 done; 1 it could not be done, and standard error says why; 2 the command line is wrong.
"""


def main() -> None:
    """Run one command."""
    logs.configure("error")  # on standard error, for standard output is for data; `serve` says how much it wants
    app = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.command("serve")(serve.serve)
    app.command("check")(check.check)
    app.command("explain")(explain.explain)
    app.add_typer(adjustments.commands(), name="adjustments")
    app.command("schema")(schema.schema)
    app.command("demo")(demo.demo)
    app.command("simulate")(simulate.simulate)
    app()
