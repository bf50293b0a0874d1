"""`check`: report every problem of a configuration."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from gateway.cli import terminal
from gateway.cli.effective import lines as effective_lines
from gateway.cli.options import Config, fail, loaded
from gateway.model import time_text
from gateway.planning.configured import planner
from gateway.planning.samples import repeated
from gateway.planning.translation import Translator
from gateway.port.registry import AdapterType
from gateway.settings import Client, ClientKey, Problem, Settings

SOON = timedelta(days=14)
"""How long before its end a key causes a warning."""


def check(
    config: Config,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Need no journal, and no variables and files that are not here; for CI.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Ask each vendor something that changes nothing, and say whether it answers.")
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

    With --live, each vendor is asked for the balance of a member whom nobody knows, which changes nothing. The check
    fails where one cannot be reached, refuses the credentials, or gives an answer that is not understood.

    Example: points-gateway check --config config/gateway.yaml
    """
    if offline and live:
        raise typer.BadParameter("--live needs the secrets of the vendors, which --offline does without")
    settings, kinds = loaded(config, offline=offline)
    warnings = [str(each) for each in (*settings.warnings, *settings.plain)]
    warnings += map(str, _ending((*settings.client_keys, *settings.operator_keys), datetime.now(UTC)))
    warnings += map(str, _repeating(settings, planner(settings, kinds).vendors()))
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
    if live and not _answering(settings, kinds):
        fail("not every vendor answers as it should")
    if effective:
        for line in effective_lines(settings):
            terminal.show(line)
        return
    vendors, tenants, clients = len(settings.vendors), len(settings.tenants), len(settings.clients)
    terminal.show(f"{config}: good: {vendors} vendor(s), {tenants} tenant(s), {clients} client(s)")


def _repeating(settings: Settings, vendors: Iterable[Translator]) -> Iterator[Problem]:
    """A warning for each vendor whose base_url holds the path of the calls already."""
    for each in vendors:
        if (path := repeated(each)) is not None:
            detail = (
                f"calls begin with {path} themselves, and would go to {each.settings.base_url}{path}...: leave it out"
            )
            yield settings.problem(f"vendors.{each.name}.base_url", detail)


def _answering(settings: Settings, kinds: Mapping[str, AdapterType]) -> bool:
    """Whether every vendor that can be asked answers; a line for each says how it is."""
    from gateway.cli.live import asked  # with all that speaks to vendors

    found = asked(settings, kinds)
    for name in settings.vendors:
        if name not in found:
            terminal.note(f"vendors.{name}: not asked: it reads no balances")
        else:
            (terminal.report if found[name].good else terminal.note)(f"vendors.{name}: {found[name].text}")
    return all(each.good for each in found.values())


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
