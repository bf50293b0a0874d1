"""The event loop that servers run on."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a server on the fastest event loop that is installed."""
    with asyncio.Runner(loop_factory=_fastest()) as runner:
        runner.run(coroutine)


def _fastest() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:  # it cannot be had for every platform
        return asyncio.new_event_loop
    return uvloop.new_event_loop
