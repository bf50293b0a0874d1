"""Whether the journal can be used: asked seldom, however many want to know."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.errors import StoreUnavailable

EVERY = 1.0
"""Seconds for which an answer holds."""


class Readiness:
    """One answer for all who ask within a second, and while it is being found out. `clock`: seconds, monotonic.

    `ask` raises `StoreUnavailable` where the journal cannot be used.
    """

    def __init__(self, ask: Callable[[], Awaitable[None]], *, clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._asking: asyncio.Task[StoreUnavailable | None] | None = None
        self._until = 0.0

    async def check(self) -> None:
        """Return where the journal can be used, or could a moment ago. Raises `StoreUnavailable` where not."""
        asking = self._asking
        if asking is None or (asking.done() and self._clock() >= self._until):
            asking = self._asking = asyncio.ensure_future(self._asked())
        if error := await asyncio.shield(asking):
            raise StoreUnavailable(error.detail) from error

    async def _asked(self) -> StoreUnavailable | None:
        try:
            await self._ask()
        except StoreUnavailable as error:
            return error
        finally:
            self._until = self._clock() + EVERY
        return None
