"""Asking again what changes nothing: never a write, and never past the deadline of the first try."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.delivery.gate import Held
from gateway.errors import VendorError, VendorTimeout, VendorUnavailable

T = TypeVar("T")
TRIES = 3
PAUSE = 0.1
"""Seconds, about, before the second try; twice as many before the third."""


class Retries:
    """Asks a vendor again that was out of reach. `random` gives a number from 0 to 1."""

    def __init__(self, *, sleep: Callable[[float], Awaitable[None]], random: Callable[[], float]) -> None:
        self._sleep = sleep
        self._random = random

    async def had(
        self, ask: Callable[[], Awaitable[T]], *, deadline: float, again: Callable[[], None] = lambda: None
    ) -> T:
        """What `ask` gives, asked up to three times; `deadline` is a moment on the event loop's clock.

        `again` is called before each retry.

        Raises what the last try raised. A vendor that is left alone, or has no slot, is not asked again.
        """
        for tried in range(1, TRIES):
            try:
                return await ask()
            except (VendorUnavailable, VendorTimeout) as error:
                pause = self._pause(tried, error)
                if isinstance(error, Held) or pause >= deadline - asyncio.get_running_loop().time():
                    raise
            await self._sleep(pause)
            again()
        return await ask()

    def _pause(self, tried: int, error: VendorError) -> float:
        """What the vendor asked for, else a few moments; never quite the same, lest all come back together."""
        return max(error.retry_after or 0.0, PAUSE * tried) * (1 + self._random() / 2)
