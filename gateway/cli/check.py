"""`check`: report every problem of a configuration."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.cli.effective import lines as effective_lines
from gateway.cli.exposure import exposed
from gateway.cli.options import Config, fail, invalid, loaded, with_journal
from gateway.generation import planner
from gateway.journal import Journal, Names, Renamed, Whereabouts
from gateway.journal.store import Store
from gateway.model import time_text
from gateway.port.registry import AdapterType
from gateway.service.strays import Strays, strays
from gateway.settings import Client, ClientKey, Problem, Settings, SettingsError, names_of

SOON = timedelta(days=14)
"""How long before its end a key causes a warning."""
COUNTED = 10_000
"""The number of a vendor's adjustments up to which they are counted."""
_Held = tuple[dict[str, int], tuple[Whereabouts, ...], tuple[Renamed, ...]]
"""The number of adjustments per vendor that is not configured, the accounts that unknown ones were sent to, and what
has a new name."""


def check(
    config: Config,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Need no journal, and no variables and files that are not here; for CI.")
    ] = False,
    effective: Annotated[
        bool, typer.Option("--effective", help="Print what would be served, complete, and with secrets masked.")
    ] = False,
) -> None:
    """Check a configuration; report every problem with its file, line and column. The exit code is 1 if there is any.

    Warnings fail the check only with --strict: a short client key, a key that expires within 14 days, a secret in plain
    text, a file that other users can read, a budget that bounds less than it seems, a vendor that has adjustments in
    the journal and is not configured any more, and unknown adjustments that went to an account that is not configured.
    With --offline, the files of this machine and the journal are not looked at.

    Example: points-gateway check --config config/gateway.yaml
    """
    settings, kinds = loaded(config, offline=offline)
    warnings = [str(each) for each in (*settings.warnings, *settings.plain)]
    warnings += map(str, _ending(settings.client_keys, datetime.now(UTC)))
    if not offline:
        warnings += _here(config, settings, kinds)
    for warning in warnings:
        terminal.note(f"{warning} (warning)")
    if narrower := _without_inspect(settings.clients.values()):
        why = "points:read no longer shows what is said with vendors: add points:inspect where that is needed"
        terminal.note(f"{config}: clients {', '.join(narrower)}: {why} (note)")
    for absent in settings.absent:
        terminal.note(f"{config}: {absent} is not here: what is built from it is checked as far as it can be (note)")
    if strict and warnings:
        fail(f"{len(warnings)} warning(s), which --strict takes for errors")
    if effective:
        for line in effective_lines(settings):
            terminal.show(line)
        return
    vendors, tenants, clients = len(settings.vendors), len(settings.tenants), len(settings.clients)
    terminal.show(f"{config}: good: {vendors} vendor(s), {tenants} tenant(s), {clients} client(s)")


def _here(config: Path, settings: Settings, kinds: Mapping[str, AdapterType]) -> Iterator[str]:
    """Warnings about the files on this machine, and about what the journal holds.

    Ends the command where the journal knows a client or tenant by another name.
    """
    keys = (Path(key) for each in settings.vendors.values() if (key := each.client_key or each.client_cert))
    files = (*settings.sources, *settings.files.paths, *keys, *Store.parse(settings.store).files)
    open_files = list(exposed(files))  # before the journal is opened: SQLite may remove its -wal and -shm files
    nothing: _Held = {}, (), ()
    asked = partial(_held, settings.vendors, names_of(settings))
    held, unknown, renamed = with_journal(settings.store, asked, absent=nothing)
    if renamed:
        invalid(SettingsError(settings.problem(each.where, each.detail) for each in renamed))
    yield from (f"{file}: {why}" for file, why in open_files)
    yield from (f"{config}: vendors.{name}: {why}" for name, why in _gone(held))
    accounts = planner(settings, kinds).accounts()
    yield from (f"{config}: vendors.{each.vendor}: {_stray(each)}" for each in strays(unknown, accounts))


def _gone(held: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """A warning for each vendor that the journal has and the configuration does not."""
    for name, number in sorted(held.items()):
        counted = f"at least {number}" if number == COUNTED else number
        yield name, f"it holds {counted} adjustment(s) in the journal and is not configured"


def _stray(each: Strays) -> str:
    when = f"created {time_text(each.oldest)} to {time_text(each.newest)}"
    return (
        f"{each.count} unknown adjustment(s), {when}, went to an account that is not configured any more: adapter, "
        "base_url, account or credentials were others; nobody looks for them, so settle them by hand"
    )


def _ending(keys: Iterable[ClientKey], now: datetime) -> Iterator[Problem]:
    """A warning for each key that has expired or expires soon."""
    for key in keys:
        if key.expires is not None and key.expires <= now:
            yield key.problem(f"the key has expired: it ended at {time_text(key.expires)}")
        elif key.expires is not None and key.expires - now <= SOON:
            yield key.problem(f"the key expires soon: it ends at {time_text(key.expires)}")


def _without_inspect(clients: Iterable[Client]) -> list[str]:
    """Clients that could read exchanges with vendors until version 0.1.0 and cannot now; noted for one version."""
    return sorted(each.name for each in clients if "points:read" in each.scopes and "points:inspect" not in each.scopes)


async def _held(configured: Collection[str], names: Names, journal: Journal) -> _Held:
    held = await journal.vendors(but=configured, most=COUNTED)
    return held, await journal.whereabouts(), await journal.renamed(names)
