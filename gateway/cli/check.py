"""`check`: report every problem of a configuration."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.cli.effective import lines as effective_lines
from gateway.cli.options import Config, fail, loaded
from gateway.model import time_text
from gateway.settings import Client, ClientKey, Problem

SOON = timedelta(days=14)
"""How long before its end a key causes a warning."""


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
        from gateway.cli.surroundings import doubts  # with what reads the journal, which CI has no need of

        warnings += doubts(config, settings, kinds)
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
