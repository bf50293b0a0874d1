"""What the commands share: their options, how configurations are loaded, and how failures are told."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from gateway.answers.rendering import final_answer
from gateway.cli import terminal
from gateway.errors import StoreUnavailable
from gateway.journal import Journal, JournalError, JournalMissing
from gateway.port import registry
from gateway.port.registry import AdapterType
from gateway.settings import Settings, SettingsError, load, load_store

T = TypeVar("T")


class Output(StrEnum):
    """How data is printed."""

    TEXT = "text"
    JSON = "json"


Config = Annotated[
    Path,
    typer.Option(
        "--config", "-c", envvar="POINTS_GATEWAY_CONFIG", help="The configuration: a YAML file, or a folder of them."
    ),
]
Format = Annotated[Output, typer.Option("--output", "-o", help="Print text for people, or JSON for scripts.")]


def loaded(config: Path) -> tuple[Settings, dict[str, AdapterType]]:
    """A configuration and the adapters that it names; where it is wrong, every problem is told and the command ends."""
    known = registry.adapters()
    settings = _right(lambda: load(config, known, os.environ))
    return settings, {name: known[name] for name in sorted({each.adapter for each in settings.vendors.values()})}


def stored(config: Path) -> str:
    """Where the journal of a configuration is, whatever else is wrong with it; where that is, the command ends."""
    return _right(lambda: load_store(config, os.environ))


def _right(read: Callable[[], T]) -> T:
    try:
        return read()
    except SettingsError as error:
        for problem in error.problems:
            terminal.note(str(problem))
        fail(f"{len(error.problems)} problem(s) in the configuration")


def asked(store: str, question: Callable[[Journal], Awaitable[T]], *, absent: T | None = None, writes: str = "") -> T:
    """What the journal at `store` says, beside a gateway that may be running.

    `absent` is the answer of a journal that no gateway has begun; without one, the command ends. `writes` names who
    writes to it; without a name it is only read.
    """

    async def ask(journal: Journal) -> T:
        try:
            return await question(journal)
        finally:
            await journal.close()

    try:
        if writes:
            journal = Journal.open(store, owner=writes, clock=_clock, render=final_answer)
        else:
            journal = Journal.to_read(store, clock=_clock)
        return asyncio.run(ask(journal))
    except JournalMissing as error:
        if absent is None:
            fail(str(error))
        return absent
    except (JournalError, StoreUnavailable) as error:
        fail(str(error))


def refusal(error: OSError | UnicodeError) -> str:
    """Why an address cannot be listened on, in the system's words alone: asyncio and socket add their own."""
    if isinstance(error, UnicodeError):
        return "that is not a host"
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)


def _clock() -> datetime:
    return datetime.now(UTC)


def fail(why: str) -> NoReturn:
    """End the command with exit code 1 and the reason on standard error."""
    terminal.note(f"points-gateway: {why}")
    raise typer.Exit(1)
