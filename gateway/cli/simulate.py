"""`simulate`: run the simulated vendors that a configuration points at, without a gateway."""

import asyncio
import signal
from contextlib import AsyncExitStack
from typing import Annotated
from urllib.parse import urlsplit

import typer

from gateway.cli import terminal
from gateway.cli.options import Config, fail, loaded, refusal
from gateway.port import registry
from gateway.port.installed import NotLoadable
from gateway.settings import Settings


def simulate(
    config: Config,
    host: Annotated[str, typer.Option(help="Listen on this address.")] = "127.0.0.1",
) -> None:
    """Simulate every vendor of a configuration, on the port of its base_url, until Ctrl-C: to rehearse against.

    Each can be told to misbehave:
    curl -d '{"kind": "hang", "when": "after"}' 127.0.0.1:9104/_simulator/faults

    Example: points-gateway simulate --config config/demo.yaml
    """
    settings, _ = loaded(config)
    asyncio.run(_run(settings, host))


async def _run(settings: Settings, host: str) -> None:
    over = asyncio.Event()
    for sig in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sig, over.set)
    async with AsyncExitStack() as running:
        for name, url in (await begin(running, settings, host)).items():
            terminal.report(f"{name:12} {url}")
        await over.wait()


async def begin(running: AsyncExitStack, settings: Settings, host: str) -> dict[str, str]:
    """Start a simulator for every vendor: where it listens, by the vendor's name. Accounts at one address share one.

    Ends the command where a vendor has no simulator, or its port is taken.
    """
    known = registry.simulators()
    urls: dict[str, str] = {}
    begun: dict[tuple[str, int], str] = {}
    for name, vendor in settings.vendors.items():
        if vendor.adapter not in known:
            fail(f"vendors.{name}: there is no simulator for the adapter {vendor.adapter!r}")
        port = urlsplit(vendor.base_url).port or 80
        if (place := (vendor.adapter, port)) not in begun:
            try:
                simulator = known[vendor.adapter]()
            except NotLoadable as error:
                fail(f"vendors.{name}: {error}")
            except Exception as error:  # somebody else's code
                fail(f"vendors.{name}: the simulator cannot be made: {type(error).__name__}: {error}")
            try:
                begun[place] = await simulator.start(host, port)
            except (OSError, UnicodeError) as error:
                fail(f"vendors.{name}: the simulator cannot listen on {host}:{port}: {refusal(error)}")
            running.push_async_callback(simulator.stop)
        urls[name] = begun[place]
    return urls
