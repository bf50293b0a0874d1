"""How a gateway ends: it says that it goes, waits for what is under way, and cuts what is left."""

import asyncio
import time
from collections.abc import Callable

import structlog

from gateway.metrics import Metrics
from gateway.service.work import Work

log = structlog.get_logger(__name__)


class Leaving:
    """The end of one gateway. `seconds` gives how long what is under way may take, `release` lets repeats go."""

    def __init__(
        self, work: Work, metrics: Metrics, *, seconds: Callable[[], float], release: Callable[[], None]
    ) -> None:
        self._work = work
        self._metrics = metrics
        self._seconds = seconds
        self._release = release
        self._until: float | None = None
        self._cutting: asyncio.Future[None] | None = None
        self.begun = False

    def begin(self) -> None:
        """Say in `/readyz` that this gateway goes; it takes calls until `drain`."""
        self.begun = True

    def drain(self) -> float:
        """Leave, let go of repeats that only wait, and set the end of all work.

        Returns until when (monotonic) what is under way may take.
        """
        self.begin()
        if self._until is None:
            seconds = self._seconds()
            self._until = time.monotonic() + seconds
            self._metrics.draining.set(1)
            log.info("draining", seconds=seconds, requests=int(self._metrics.in_flight.value))
            self._release()
            self._cutting = asyncio.ensure_future(self._cut(self._until))
        return self._until

    async def drained(self) -> None:
        """Wait for what is under way, and cut what is left at the end of its time."""
        await self._end_work(self.drain() - time.monotonic())
        if self._cutting is not None:
            self._cutting.cancel()

    async def _cut(self, until: float) -> None:
        """Cut what is under way then, while its callers are still connected: they hear that it is unknown."""
        await asyncio.sleep(until - time.monotonic())
        await self._end_work(0)

    async def _end_work(self, seconds: float) -> None:
        if cut := await self._work.drain(seconds):
            log.warning("calls were still under way at the end of the drain; they were cut", count=cut)
