"""`demo`: a running gateway with every vendor simulated, and commands to paste."""

import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from gateway import logs
from gateway.app import Gateway
from gateway.cli import simulate, terminal
from gateway.cli.options import fail, loaded
from gateway.cli.serve import Server, run
from gateway.journal import JournalError
from gateway.journal.lock import FileLock
from gateway.journal.store import Store
from gateway.port.registry import AdapterType
from gateway.settings import Address, Settings

KEY = "demo-storefront-key-000000000000000"
OPERATOR_KEY = "demo-operator-key-00000000000000000"
"""Of a client that may do everything, as the page to try it all does."""
_HERE = ("127.0.0.1", "localhost")
_BANNER = """
The points gateway runs on {url} with {count} simulated vendors. Try, in another terminal:

  # Credit 5 points. Paste it twice: the second answer is the first, and the member has the points once.
  curl -i {url}/v1/adjustments -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
    -H 'Idempotency-Key: order-1234' \\
    -d '{{"member": "email:Jason@example.com", "points": "5", "description": "You are cool"}}'

  # Read the balance.
  curl -i {url}/v1/members/email:Jason@example.com/balance -H 'Authorization: Bearer {key}'

  # Read the points that expire within a period, from another vendor.
  curl -i '{url}/v1/members/email:user@example.com/expiring?from=2023-09-01T00:00:00Z&to=2023-09-30T23:59:59Z' \\
    -H 'Authorization: Bearer {key}'

  # Ask for what a vendor cannot be told: it is refused by name, and nothing is sent.
  curl -i {url}/v1/adjustments -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
    -H 'Idempotency-Key: order-1235' -d '{{"member": "email:Jason@example.com", "points": "2.5"}}'

Every operation, to try in a browser: {url}/docs (the key is {operator_key})
The configuration behind this: {config}. Ctrl-C stops everything.
"""


def demo(
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration to demonstrate.")] = Path(
        "config/demo.yaml"
    ),
    port: Annotated[int | None, typer.Option(help="Listen on this port instead.", min=0, max=65535)] = None,
) -> None:
    """Run a gateway with every vendor simulated, on this machine only, until Ctrl-C.

    Its journal begins empty each time, as the simulated vendors do.

    Example: points-gateway demo --port 8090
    """
    if not config.exists():
        fail(f"{config} is not here: run this in a checkout of the project, or name a configuration with --config")
    settings, kinds = loaded(config)
    for name, vendor in settings.vendors.items():
        if urlsplit(vendor.base_url).hostname not in _HERE:
            fail(f"vendors.{name} is not on this machine: a demo calls simulated vendors alone, on 127.0.0.1")
    if Store.parse(settings.store).file is None:
        fail("the journal of a demo begins empty each time: expected one in SQLite as store")
    listen = settings.server.listen
    if port is not None:
        settings = replace(settings, server=replace(settings.server, listen=Address(listen.host, port)))
    logs.configure("warning")

    run(_demonstrate(settings, kinds, config))
    terminal.report("Stopped.")


async def _demonstrate(settings: Settings, kinds: Mapping[str, AdapterType], config: Path) -> None:
    async with AsyncExitStack() as running:
        await simulate.begin(running, settings, "127.0.0.1")  # their ports show whether another demo runs
        try:
            _begin_anew(Store.parse(settings.store).file)
            gateway = Gateway(settings, kinds)
        except (JournalError, OSError) as error:
            fail(str(error))
        await _Server(gateway, settings, config).run()


class _Server(Server):
    """A server that says what to try once it serves."""

    def __init__(self, gateway: Gateway, settings: Settings, config: Path) -> None:
        super().__init__(gateway, settings)
        self._count = len(settings.vendors)
        self._config = config

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and say what to try."""
        await super().startup(sockets)
        if self.started:
            for line in _BANNER.splitlines():
                terminal.report(line.format(**self._named()))

    def _named(self) -> dict[str, object]:
        return {
            "url": self.url,
            "key": KEY,
            "operator_key": OPERATOR_KEY,
            "count": self._count,
            "config": self._config,
        }


def _begin_anew(journal: Path | None) -> None:
    """Forget the journal of the last demo: the simulated vendors have forgotten it too.

    Raises `JournalLocked` where a gateway runs on it.
    """
    if journal is None or not journal.exists():
        return
    hold = FileLock.acquire(journal, shared=False)
    try:
        for suffix in ("", "-wal", "-shm"):
            journal.with_name(journal.name + suffix).unlink(missing_ok=True)
    finally:
        hold.release()
