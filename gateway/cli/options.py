"""Shared by the commands: options, loading of configurations, access to the journal, and failures."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from gateway.cli.failing import fail, tell
from gateway.errors import StoreUnavailable
from gateway.port import registry
from gateway.port.installed import Installed
from gateway.port.registry import AdapterType
from gateway.settings import Address, Settings, SettingsError, Snapshot, load, load_listen, load_store

if TYPE_CHECKING:
    from gateway.journal import Journal

__all__ = ["Config", "Format", "Output", "fail", "loaded", "refusal", "stored", "with_journal"]

T = TypeVar("T")
PATIENCE = 30.0
"""Seconds that a command waits for the journal: a person waits, and may have asked for much."""


class Output(StrEnum):
    """The output format of data."""

    TEXT = "text"
    JSON = "json"


USUAL = Path("points.yaml")
"""The configuration where none is named: what `init` writes, in the folder that the command runs in."""


def usual() -> Path:
    """The usual configuration. Raises `BadParameter` where there is none."""
    if not USUAL.is_file():
        raise typer.BadParameter(f"name the configuration by --config: there is no {USUAL} here")
    return USUAL


Config = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="POINTS_GATEWAY_CONFIG",
        help="The configuration: a YAML file, or a folder of them.",
        default_factory=usual,
        show_default=f"{USUAL}, where it is here",
    ),
]
Host = Annotated[
    str | None,
    typer.Option(envvar="POINTS_GATEWAY_HOST", help="The address of the API, instead of that in server.listen."),
]
Port = Annotated[
    int | None,
    typer.Option(
        envvar="POINTS_GATEWAY_PORT",
        help="The port of the API, instead of that in server.listen; 0 is any free port.",
        min=0,
        max=65535,
    ),
]
Format = Annotated[Output, typer.Option("--output", "-o", help="Print text for people, or JSON for scripts.")]


def loaded(config: Path | Snapshot, *, offline: bool = False) -> tuple[Settings, dict[str, AdapterType]]:
    """A configuration and its adapters; if it is not valid, print every problem and end the command.

    `offline`: as of `load`.
    """
    settings, adapters = loaded_with_all(config, offline=offline)
    named = {each.adapter for name, each in settings.vendors.items() if name not in settings.described}
    return settings, {name: adapters[name] for name in sorted(named)}


def loaded_with_all(config: Path | Snapshot, *, offline: bool = False) -> tuple[Settings, Installed[AdapterType]]:
    """As `loaded`, with every installed adapter: another configuration may name others."""
    adapters = registry.adapters()
    return _valid(lambda: load(config, adapters, os.environ, offline=offline)), adapters


def snapshot_of(config: Path) -> Snapshot:
    """The files of a configuration, as they are now; if one cannot be read, end the command."""
    snapshot, problems = Snapshot.read(config)
    if problems:
        invalid(SettingsError(problems))
    return snapshot


def stored(config: Path) -> str:
    """The location of a configuration's journal; other parts may be invalid. If `store` is, end the command."""
    return _valid(lambda: load_store(config, os.environ))


def listened(config: Path) -> Address:
    """Where a configuration's API is served; other parts may be invalid. If `server` is, end the command."""
    return _valid(lambda: load_listen(config, os.environ))


def _valid(read: Callable[[], T]) -> T:
    try:
        return read()
    except SettingsError as error:
        invalid(error)


def invalid(error: SettingsError) -> NoReturn:
    """Print every problem of a configuration, and end the command."""
    for problem in error.problems:
        tell(problem)
    fail(f"{len(error.problems)} problem(s) in the configuration")


def with_journal(
    store: str, operation: "Callable[[Journal], Awaitable[T]]", *, absent: T | None = None, owner: str = ""
) -> T:
    """The result of an operation on the journal at `store`; a gateway may be running on it.

    `absent` is the result if no gateway has created the journal yet; without it, the command ends. `owner` is the
    name of the writer in the journal; without one, the journal is opened for reading only.
    """

    # Not for the commands without a journal, as a container's check of its health, which runs twice a minute.
    from gateway.journal import Journal, JournalError, JournalMissing

    async def run(journal: Journal) -> T:
        try:
            return await operation(journal)
        finally:
            await journal.close()

    try:
        if owner:
            from gateway.answers.rendering import final_answer  # heavy, and only who writes needs it

            journal = Journal.open(store, owner=owner, clock=_clock, render=final_answer, within=PATIENCE)
        else:
            journal = Journal.to_read(store, clock=_clock)
        return asyncio.run(run(journal))
    except JournalMissing as error:
        if absent is None:
            fail(str(error))
        return absent
    except (JournalError, StoreUnavailable) as error:
        fail(str(error))


def refusal(error: OSError | UnicodeError) -> str:
    """Why an address cannot be listened on: the system's message, without the additions of asyncio and socket."""
    if isinstance(error, UnicodeError):
        return "that is not a host"
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)


def _clock() -> datetime:
    return datetime.now(UTC)
