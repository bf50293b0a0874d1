"""The commands of `points-gateway`, and what they have in common: options, output, and exit codes."""

import sys
import traceback

import typer
from typer.exceptions import TyperException

from gateway import logs
from gateway.cli import adjustments, check, demo, explain, schema, serve, simulate, terminal

_HELP = """One points API in front of several loyalty vendors.

Begin with [bold]points-gateway demo[/bold]: a running gateway with every vendor simulated. Then write a
configuration (config/gateway.yaml explains each line), [bold]check[/bold] it, [bold]explain[/bold] what a call
would send, and [bold]serve[/bold] it.

Exit codes: 0 done; 1 it could not be done, and standard error says why; 2 the command line is wrong.
"""


def main() -> None:
    """Run one command, and end the process with its exit code."""
    with terminal.streams():
        logs.configure("error")  # on standard error, for standard output is for data; `serve` says how much it wants
        code = _code(_commands())
    sys.exit(code)


def _commands() -> typer.Typer:
    app = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.command("serve")(serve.serve)
    app.command("check")(check.check)
    app.command("explain")(explain.explain)
    app.add_typer(adjustments.commands(), name="adjustments")
    app.command("schema")(schema.schema)
    app.command("demo")(demo.demo)
    app.command("simulate")(simulate.simulate)
    return app


def _code(app: typer.Typer) -> int:
    """Run the command that the command line asks for; gives its exit code.

    Typer would print its own errors, and tracebacks, as they are: they may quote anything.
    """
    try:
        return app(standalone_mode=False) or 0
    except terminal.Unwritten as error:
        if not error.reader_left:
            terminal.note(f"points-gateway: {error}")
    except TyperException as error:
        _explain(error)
        return error.exit_code
    except typer.Abort:
        terminal.note("points-gateway: stopped")
    except Exception:
        for line in traceback.format_exc().splitlines():
            terminal.note(line)
    return 1


def _explain(error: TyperException) -> None:
    """Say what is wrong with a command line; where it is only empty, its help has been printed."""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if not message:
        return
    if context is not None:
        for line in context.get_usage().splitlines():
            terminal.note(line)
        terminal.note(f"Try '{context.command_path} {context.help_option_names[0]}' for help.")
    terminal.note(f"points-gateway: {message}")
