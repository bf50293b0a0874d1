"""`simulate`: run simulators for the vendors of a configuration, without a gateway."""

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
    """Simulate every vendor of a configuration, on the port of its base_url, until Ctrl-C.

    Each can play faults, for example:

    curl -d '{"kind": "hang", "when": "after"}' 127.0.0.1:9104/_simulator/faults

    Example: points-gateway simulate --config config/demo.yaml
    """
    settings, _ = loaded(config)
    asyncio.run(_run(settings, host))


async def _run(settings: Settings, host: str) -> None:
    stop = asyncio.Event()
    for sig in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sig, stop.set)
    async with AsyncExitStack() as running:
        for name, url in (await begin(running, settings, host)).items():
            terminal.report(f"{name:12} {url}")
        await stop.wait()


async def begin(
    running: AsyncExitStack, settings: Settings, host: str, *, instead: str = "choose another port in its base_url"
) -> dict[str, str]:
    """Start the simulators; returns their URLs by vendor name. Vendors with the same adapter and port share one.

    Ends the command if a vendor has no simulator, or its port is in use; then it suggests what to do `instead`.
    """
    available = registry.simulators()
    urls: dict[str, str] = {}
    started: dict[tuple[str, int], str] = {}
    for name, vendor in settings.vendors.items():
        adapter = settings.described[name].name if name in settings.described else vendor.adapter
        if adapter not in available:
            fail(f"vendors.{name}: there is no simulator for the adapter {adapter!r}")
        port = urlsplit(vendor.base_url).port or 80
        if (place := (adapter, port)) not in started:
            try:
                simulator = available[adapter]()
                simulator.furnish()
            except NotLoadable as error:
                fail(f"vendors.{name}: {error}")
            except Exception as error:  # third-party code can raise anything
                fail(f"vendors.{name}: the simulator cannot be made: {type(error).__name__}: {error}")
            try:
                started[place] = await simulator.start(host, port)
            except (OSError, UnicodeError) as error:
                fail(f"vendors.{name}: the simulator cannot listen on {host}:{port}: {refusal(error)}; {instead}")
            running.push_async_callback(simulator.stop)
        urls[name] = started[place]
    return urls
