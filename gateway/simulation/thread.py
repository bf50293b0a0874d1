"""Simulators on an event loop in a thread, for synchronous code."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager
from threading import Thread

from gateway.simulation.server import Simulator


@contextmanager
def in_thread(*simulators: Simulator) -> Iterator[None]:
    """Run simulators, each on a free port of 127.0.0.1, until the block ends.

    Other threads may queue faults and read the ledger; they call `release` and `reset` by the control endpoint.
    """
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        try:
            async with AsyncExitStack() as running:
                for simulator in simulators:
                    await running.enter_async_context(simulator)
                stop = asyncio.Event()
                started.set_result((asyncio.get_running_loop(), stop))
                await stop.wait()
        except OSError as error:
            started.set_exception(error)

    thread = Thread(target=asyncio.run, args=(serve(),), name="simulators")
    thread.start()
    try:
        loop, stop = started.result()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(stop.set)
    finally:
        thread.join()
