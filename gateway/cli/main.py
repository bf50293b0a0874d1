"""The entry point of `points-gateway`: its commands, output streams and exit codes."""

import atexit
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command, get_group

from gateway.cli import failing, terminal

_HELP = """One points API in front of several loyalty vendors.

Begin with [bold]points-gateway demo[/bold]: a running gateway with every vendor simulated. Then [bold]init[/bold]
writes a configuration that explains each line. [bold]check[/bold] it, [bold]explain[/bold] what a call would send,
and [bold]serve[/bold] it.

Exit codes: 0 done; 1 it could not be done, and standard error says why; 2 the command line is wrong.
"""
GARBAGE = 100_000
"""Threshold of the garbage collector's first generation, in live new objects; `serve` sets another once it serves."""
_Command = TyperCommand | TyperGroup
COMMANDS = {
    "demo": (
        "demo:demo",
        "Run a gateway with every vendor simulated, on this machine only, until Ctrl-C.",
    ),
    "init": (
        "init:init",
        "Write a configuration that explains each line (points.yaml) and its JSON Schema; no file is overwritten.",
    ),
    "serve": (
        "serve:serve",
        "Serve the API until SIGTERM or Ctrl-C; then finish the calls under way within server.drain.",
    ),
    "health": (
        "health:health",
        "Ask the gateway that serves this configuration here whether it is ready (/readyz); exit with 1 if it is not.",
    ),
    "reload": (
        "reload:reload",
        "Have every gateway on this machine that serves a configuration read it again, without losing a call.",
    ),
    "check": (
        "check:check",
        "Check a configuration; report every problem with its file, line and column. "
        "The exit code is 1 if there is any.",
    ),
    "diff": (
        "diff:diff",
        "Say what changes from one configuration to another; renamed vendors, tenants and clients are named.",
    ),
    "explain": (
        "explain:explain",
        "Show which rule decides a call, which vendor serves it, and the request, secrets masked. Nothing is sent.",
    ),
    "adjustments": (
        "adjustments:commands",
        "Read the journal and resolve unknown adjustments; a gateway may be running.",
    ),
    "journal": (
        "journal:commands",
        "Back up, move, verify, thin out and reconcile the journal.",
    ),
    "import": (
        "bulk.importing:import_",
        "Make the adjustments of a CSV file through a running gateway; run again, it makes none twice.",
    ),
    "export": (
        "bulk.exporting:export",
        "Write a tenant's adjustments, newest first, from a running gateway, as they are read.",
    ),
    "events": (
        "events:commands",
        "See what webhooks were not told, tell it again, and hear of events while an app is written.",
    ),
    "pause": (
        "pause:pause",
        "Pause adjustments of a tenant, vendor or client, or all, in every gateway on the journal; "
        "or show what is paused.",
    ),
    "resume": (
        "pause:resume",
        "End a pause that `pause` began, in every gateway on the journal.",
    ),
    "conform": (
        "conform:conform",
        "Hold adapters to every promise of the port, each against the simulator of its vendor; nothing else is called.",
    ),
    "conform-live": (
        "conform_live:conform_live",
        "Try an adapter at a real account: read, credit a few points to one member, read, debit them again, and read.",
    ),
    "new-adapter": (
        "new_adapter:new_adapter",
        "Begin an adapter: a small one that keeps every check, with its simulator, tests and page, to be changed.",
    ),
    "port": (
        "port:port",
        "Print the reference of the adapter port, in Markdown: what an adapter may import, and what may change.",
    ),
    "schema": (
        "schema:schema",
        "Print the JSON Schema of configurations, for editors that complete and check YAML.",
    ),
    "describe-try": (
        "describe_try:describe_try",
        "Show what an answer of a vendor would come to by a description: applied, refused, unknown. Nothing is sent.",
    ),
    "simulate": (
        "simulate:simulate",
        "Simulate every vendor of a configuration, on the port of its base_url, until Ctrl-C.",
    ),
}
"""Where each command is, or what makes a group of them, and its summary: the first paragraph of its help.

The help lists them in this order.
"""


def main() -> None:
    """Run one command, and end the process with its exit code."""
    with terminal.streams(), _rare_collections():
        failing.to_the_log(False)  # `serve` alone does that
        code = _code(_commands())
    sys.exit(code)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Keep the garbage collector from looking through what imports make, which all stays: a third of a short run."""
    before = gc.get_threshold()
    gc.set_threshold(GARBAGE)
    atexit.register(gc.freeze)  # else the interpreter looks through all of it once more as it ends
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _OnDemand(TyperGroup):
    """The commands, each of which is imported when it is to run: most of a short run is imports."""

    def resolve_command(  # type: ignore[override]  # Typer makes no other context than its own
        self, ctx: typer.Context, args: list[str]
    ) -> tuple[str | None, _Command | None, list[str]]:
        """The command that is meant, and the words that follow."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else imported(name), rest


def imported(name: str) -> _Command:
    """The command of that name. From here on logs go to standard error, since standard output is for data."""
    module, _, made = COMMANDS[name][0].partition(":")
    import_module("gateway.logs").configure("error")  # `serve` sets another level
    target = getattr(import_module(f"gateway.cli.{module}"), made)
    if made == "commands":
        command: _Command = get_group(target())
    else:
        app = typer.Typer(rich_markup_mode="rich", add_completion=False)
        app.command(name)(target)
        command = cast("TyperCommand", get_command(app))
    command.name = name
    _flow(command)
    return command


def _flow(command: _Command) -> None:
    command.help = flowing(command.help or "")
    for each in getattr(command, "commands", {}).values():
        _flow(each)


def flowing(text: str) -> str:
    """A help text with each paragraph in one line, for any width: line ends of the source would break it twice."""
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in text.strip().split("\n\n"))


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # only here: it takes as long as the rest of the help

        terminal.show(f"points-gateway {version('points-gateway')}")
        raise typer.Exit


def _commands() -> TyperGroup:
    app = typer.Typer(
        cls=_OnDemand,
        help=flowing(_HELP),
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},  # commands inherit them
    )
    app.callback()(_whole)
    group = cast("TyperGroup", get_command(app))
    for name, (_, summary) in COMMANDS.items():
        group.add_command(TyperCommand(name, help=summary), name)
    return group


def _whole(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", help="Print the version, and end.", is_eager=True, callback=_print_version),
    ] = False,
) -> None:
    """What is asked of no command."""


def _code(app: TyperGroup) -> int:
    """Run the command; returns its exit code.

    Typer's errors and tracebacks are printed here, because they may quote any text and Typer would not escape it.
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
        failing.tell_fault()
    return 1


def _explain(error: TyperException) -> None:
    """Print the error of a command line; if it is only empty, Typer has printed the help already."""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if not message:
        return
    if context is not None:
        for line in context.get_usage().splitlines():
            terminal.note(line)
        terminal.note(f"Try '{context.command_path} {context.help_option_names[0]}' for help.")
    terminal.note(f"points-gateway: {message}")
