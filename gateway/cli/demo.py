"""`demo`: a running gateway with simulated vendors, and commands to try."""

import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from urllib.parse import urlsplit

import typer

from gateway.app import Gateway
from gateway.cli import request_lines, simulate, terminal
from gateway.cli.demo_copy import copied
from gateway.cli.event_loop import run
from gateway.cli.front_door import FrontDoor
from gateway.cli.options import fail, loaded
from gateway.cli.serving import Server
from gateway.cli.shipped import shipped
from gateway.journal import JournalError
from gateway.journal.lock import FileLock
from gateway.port import registry
from gateway.port.registry import AdapterType
from gateway.settings import Settings
from gateway.store import Store

KEY = "demo-storefront-key-000000000000000"
BACKOFFICE_KEY = "demo-backoffice-key-000000000000000"
"""The key of a client with all scopes, for the page that tries every operation."""
CONSOLE_KEY = "demo-console-key-0000000000000000000"
"""The key of an operator, for the console."""
ELSEWHERE = "`points-gateway demo --port 8090` moves all ports of the demo"
"""What to do where a port is taken."""
_HERE = ("127.0.0.1", "localhost")
_CHECKED_OUT = Path("config/demo.yaml")
BANNER = """
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

  # See all that a member has, at every vendor that knows the name.
  curl -i '{url}/v1/wallet?member=email:user@example.com' -H 'Authorization: Bearer {key}'

  # Credit that member 5 bonus points, and take 2 of them back; 4 more, under another key, would be refused.
  curl -i {url}/v1/adjustments -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
    -H 'Idempotency-Key: order-1237' -d '{{"member": "email:user@example.com", "points": "5", "point_type": "bonus"}}'
  curl -i {url}/v1/adjustments/$(curl -s '{url}/v1/adjustments?idempotency_key=order-1237' \\
    -H 'Authorization: Bearer {key}' | grep -o 'adj_[0-9a-f]*' | head -1)/reversal -d '{{"points": "2"}}' \\
    -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -H 'Idempotency-Key: return-1237'

  # Read that member's history at the vendor: both are in it, each with the adjustment that made it.
  curl -i {url}/v1/members/email:user@example.com/transactions -H 'Authorization: Bearer {key}'

  # Ask for what a vendor cannot be told: it is refused by name, and nothing is sent.
  curl -i {url}/v1/adjustments -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
    -H 'Idempotency-Key: order-1235' -d '{{"member": "email:Jason@example.com", "points": "2.5"}}'

  # Have a vendor book a credit and hang up: nobody knows what became of it, until somebody settles it in the console.
  curl -i {vendor}/_simulator/faults -d '{{"kind": "close", "when": "after"}}'
  curl -i {url}/v1/adjustments -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
    -H 'Idempotency-Key: order-1238' -d '{{"member": "email:Kim@example.com", "points": "7"}}'

The console, to see all of this and to settle what is unknown: {console} (the operator's key is {console_key})

Each vendor's own records, for curl, and a member whom it knows:
{members}

Every operation, to try in a browser: {url}/docs (the client's key is {backoffice_key})
The configuration behind this: {config}. Ctrl-C stops everything.
Each request to the API is shown here:
"""


def demo(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", help="The configuration to demonstrate; config/demo.yaml, or the one that comes with it."
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="The API's port instead; all others follow it. 0 is any free ones.", min=0, max=65535),
    ] = None,
) -> None:
    """Run a gateway with every vendor simulated, on this machine only, until Ctrl-C.

    Its journal begins empty each time, as the simulated vendors do. Each request is a line of the output.

    Example: points-gateway demo --port 8090
    """
    with ExitStack() as kept:
        settings, kinds = loaded(chosen := _chosen(config, port, kept))
        for name, vendor in settings.vendors.items():
            if urlsplit(vendor.base_url).hostname not in _HERE:
                fail(f"vendors.{name} is not on this machine: a demo calls simulated vendors alone, on 127.0.0.1")
        if Store.parse(settings.store).file is None:
            fail("the journal of a demo begins empty each time: expected one in SQLite as store")
        request_lines.show()
        run(_demonstrate(settings, kinds, chosen))
    terminal.report("Stopped.")


def _chosen(config: Path | None, port: int | None, kept: ExitStack) -> Path:
    """The configuration to demonstrate. It is a copy, in a folder of its own, unless it is in use as it stands."""
    if config is None and _CHECKED_OUT.exists():
        config = _CHECKED_OUT
    if config is not None and port is None:
        if not config.exists():
            fail(f"{config} is not here: name another configuration with --config, or none")
        return config
    if (source := config or shipped("demo.yaml")) is None:
        fail("this installation came without its configurations: name one with --config")
    return copied(source, Path(kept.enter_context(TemporaryDirectory(prefix="points-gateway-demo-"))), port)


async def _demonstrate(settings: Settings, kinds: Mapping[str, AdapterType], config: Path) -> None:
    async with AsyncExitStack() as running:
        # Before the journal is removed: if another demo runs, its simulators have the ports and this one ends here.
        await simulate.begin(running, settings, "127.0.0.1", instead=ELSEWHERE)
        try:
            _remove_journal(Store.parse(settings.store).file)
            gateway = Gateway(settings, kinds)
        except (JournalError, OSError) as error:
            fail(str(error))
        await _Server(gateway, settings, config).run()


class _Server(Server):
    """A server that prints the commands to try once it serves."""

    def __init__(self, gateway: Gateway, settings: Settings, config: Path) -> None:
        super().__init__(gateway, settings)
        simulators = registry.simulators()
        self._members = {name: simulators[each.adapter].example.member for name, each in settings.vendors.items()}
        self._origins = {name: _origin(each.base_url) for name, each in settings.vendors.items()}
        self._config = config
        if settings.server.admin is not None:
            self.config.app = FrontDoor(gateway.asgi, lambda: f"http://{self.admin}/")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and print the commands to try."""
        await super().startup(sockets)
        if self.started:
            for line in BANNER.format(**self._placeholders()).splitlines():
                terminal.report(line)

    def _placeholders(self) -> dict[str, object]:
        return {
            "url": self.url,
            "key": KEY,
            "backoffice_key": BACKOFFICE_KEY,
            "console_key": CONSOLE_KEY,
            "vendor": next(iter(self._origins.values())),
            "console": f"http://{self.admin}/" if self.admin else "none, for want of server.admin",
            "count": len(self._members),
            "members": "\n".join(
                f"  {name:<10} {self._origins[name]}/_simulator/state  {member}"
                for name, member in self._members.items()
            ),
            "config": self._config,
        }


def _origin(url: str) -> str:
    """The scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _remove_journal(journal: Path | None) -> None:
    """Remove the journal of the last demo, because the simulated vendors start empty too.

    Raises `JournalLocked` if a gateway uses it.
    """
    if journal is None or not journal.exists():
        return
    lock = FileLock.acquire(journal, shared=False)
    try:
        for suffix in ("", "-wal", "-shm"):
            journal.with_name(journal.name + suffix).unlink(missing_ok=True)
    finally:
        lock.release()
