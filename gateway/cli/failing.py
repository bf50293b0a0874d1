"""How a command says why it cannot go on: in plain text, and `serve` as JSON lines where its log is made of those."""

import sys
from typing import TYPE_CHECKING, NoReturn

import typer

from gateway.cli import terminal

if TYPE_CHECKING:  # what every command imports at its start is little
    from gateway.documents.problem import Problem

_logged = False


def to_the_log(wanted: bool) -> None:
    """Whether this process says from now on as log lines why it ends; never where standard error is a terminal."""
    global _logged
    _logged = wanted and not sys.stderr.isatty()


def fail(why: str) -> NoReturn:
    """End the command with exit code 1 and the reason on standard error."""
    if _logged:
        import structlog

        structlog.get_logger("gateway").critical("the gateway ends", error=why)
    else:
        terminal.note(f"points-gateway: {why}")
    raise typer.Exit(1)


def tell(problem: "Problem") -> None:
    """Say one problem of a configuration."""
    if _logged:
        import structlog

        place = {"file": problem.file, "line": problem.line, "column": problem.column, "where": problem.where}
        structlog.get_logger("gateway").error("the configuration has a problem", **place, error=problem.detail)
    else:
        terminal.note(str(problem))


def tell_fault() -> None:
    """Say which exception of ours ends the command, while it is handled."""
    if _logged:
        import structlog

        structlog.get_logger("gateway").critical("a fault of the gateway ends it", exc_info=True)
    else:
        import traceback

        for line in traceback.format_exc().splitlines():
            terminal.note(line)
