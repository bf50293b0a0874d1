"""`check`: say everything that is wrong with a configuration."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.app import planner
from gateway.cli import terminal
from gateway.cli.exposure import exposed
from gateway.cli.options import Config, asked, fail, loaded
from gateway.journal import Journal, Whereabouts
from gateway.journal.store import Store
from gateway.model import time_text
from gateway.service.strays import Strays, strays
from gateway.settings import Client, ClientKey, Problem, Settings

SOON = timedelta(days=14)
"""How long before its end a key draws a warning."""
_Held = tuple[dict[str, int], tuple[Whereabouts, ...]]
"""How many adjustments each vendor holds, and where the unknown among them went."""


def check(
    config: Config,
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings for errors.")] = False,
) -> None:
    """Check a configuration: every problem with its file, line and column; exit code 1 where there is any.

    Warnings do not fail the check without --strict: a short client key, one that ends within 14 days, a secret in plain
    text, a file that others can read, a budget that bounds less than it seems, a vendor that holds adjustments in the
    journal and is no longer configured, or unknown adjustments that went to an account which is not there any more.

    Example: points-gateway check --config config/gateway.yaml
    """
    settings, kinds = loaded(config)
    keys = (Path(key) for each in settings.vendors.values() if (key := each.client_key or each.client_cert))
    files = (*settings.sources, *settings.files.paths, *keys, *Store.parse(settings.store).files)
    open_files = list(exposed(files))  # before the journal is read, which tidies up beside it
    nothing: _Held = {}, ()
    held, unknown = asked(settings.store, _held, absent=nothing)
    warnings = [str(each) for each in (*settings.warnings, *settings.plain)]
    warnings += map(str, _ending(settings.client_keys, datetime.now(UTC)))
    warnings += (f"{file}: {why}" for file, why in open_files)
    warnings += (f"{config}: vendors.{name}: {why}" for name, why in _gone(held, settings))
    accounts = planner(settings, kinds).accounts()
    warnings += (f"{config}: vendors.{each.vendor}: {_stray(each)}" for each in strays(unknown, accounts))
    for warning in warnings:
        terminal.note(f"{warning} (warning)")
    if narrower := _without_inspect(settings.clients.values()):
        why = "points:read no longer shows what is said with vendors: add points:inspect where that is needed"
        terminal.note(f"{config}: clients {', '.join(narrower)}: {why} (note)")
    if strict and warnings:
        fail(f"{len(warnings)} warning(s), which --strict takes for errors")
    vendors, tenants, clients = len(settings.vendors), len(settings.tenants), len(settings.clients)
    terminal.show(f"{config}: good: {vendors} vendor(s), {tenants} tenant(s), {clients} client(s)")


def _gone(held: Mapping[str, int], settings: Settings) -> Iterator[tuple[str, str]]:
    """A doubt about each vendor that the journal knows, and the configuration does not."""
    for name in sorted(set(held) - set(settings.vendors)):
        yield name, f"it holds {held[name]} adjustment(s) in the journal and is not configured"


def _stray(each: Strays) -> str:
    when = f"created {time_text(each.oldest)} to {time_text(each.newest)}"
    return (
        f"{each.count} unknown adjustment(s), {when}, went to an account that is not configured any more: adapter, "
        "base_url, account or credentials were others; nobody looks for them, so settle them by hand"
    )


def _ending(keys: Iterable[ClientKey], now: datetime) -> Iterator[Problem]:
    """A doubt about each key that has ended, or will soon."""
    for key in keys:
        if key.expires is not None and key.expires <= now:
            yield key.doubt(f"the key has expired: it ended at {time_text(key.expires)}")
        elif key.expires is not None and key.expires - now <= SOON:
            yield key.doubt(f"the key expires soon: it ends at {time_text(key.expires)}")


def _without_inspect(clients: Iterable[Client]) -> list[str]:
    """Clients that could see exchanges with vendors until version 0.1.0, and cannot now; said for one version."""
    return sorted(each.name for each in clients if "points:read" in each.scopes and "points:inspect" not in each.scopes)


async def _held(journal: Journal) -> _Held:
    return await journal.vendors(), await journal.whereabouts()
