"""One line on standard output for each request, as the demo shows them: what the log notes of it, for people."""

import logging
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from gateway import logs
from gateway.cli import terminal


def show() -> None:
    """Show requests from here on, and log warnings and errors as usual."""
    logs.configure("info")
    structlog.configure(processors=[_shown, *structlog.get_config()["processors"]])
    logging.getLogger().setLevel(logging.WARNING)


def _shown(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Show a request; let only warnings and errors pass. Raises `DropEvent` for all else."""
    if method in ("warning", "error", "critical", "exception"):
        return event
    if event.get("event") == "request":
        terminal.report(line(event))
    raise structlog.DropEvent


def line(request: Mapping[str, Any]) -> str:
    """The line of one request, from what the log notes of it."""
    parts = [str(request["status"]), f"{request['method']:<4}", request["route"]]
    parts += [f"-> {request['vendor']}"] if request.get("vendor") else []
    parts += [request["adjustment"]] if request.get("adjustment") else []
    return "  ".join([*parts, f"{request['ms']:g} ms"])
