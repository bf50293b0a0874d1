"""Simulators on an event loop of their own thread, for code that has none."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager
from threading import Thread

from gateway.simulation.server import Simulator


@contextmanager
def in_thread(*simulators: Simulator) -> Iterator[None]:
    """Run these simulators, each on a free port of 127.0.0.1, until the block ends.

    Faults may be queued and the ledger read from outside; `release` and `reset` go through the control endpoint.
    """
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        try:
            async with AsyncExitStack() as running:
                for simulator in simulators:
                    await running.enter_async_context(simulator)
                over = asyncio.Event()
                started.set_result((asyncio.get_running_loop(), over))
                await over.wait()
        except OSError as error:
            started.set_exception(error)

    thread = Thread(target=asyncio.run, args=(serve(),), name="simulators")
    thread.start()
    try:
        loop, over = started.result()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(over.set)
    finally:
        thread.join()
