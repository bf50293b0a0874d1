"""Repeats that wait for the attempt under way with their key: they hear what it comes to, and never begin one.

An attempt of this process tells them itself. For one of another process they look at the journal, at a growing pace.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Generic, TypeVar

from gateway.adjustments import Record, Status
from gateway.errors import StoreUnavailable

T = TypeVar("T")
FIRST_LOOK, LONGEST_LOOK = 0.05, 0.5
"""Seconds between two looks at the journal: at first, and at most; twice as long each time."""
MOST = 256
"""Repeats that wait in one process."""
MOST_EACH = 8
"""Repeats that wait for one key in one process."""
PAUSES = (1, 2, 4)
"""Seconds after which a repeat may come again: the longest that is not longer than the attempt has taken so far."""


class Waiting(Generic[T]):
    """The repeats that wait in this process, each for up to `seconds` (0: none does), and the attempts under way here.

    `T`: what an attempt comes to. `look` gives an adjustment as the journal has it. `clock` counts seconds.
    """

    def __init__(
        self,
        *,
        seconds: float,
        look: Callable[[Record], Awaitable[Record | None]],
        clock: Callable[[], float],
        sleep: Callable[[float], Coroutine[Any, Any, None]],
    ) -> None:
        self.seconds = seconds
        self._look = look
        self._clock = clock
        self._sleep = sleep
        self._attempts: dict[str, asyncio.Future[T]] = {}
        self._waiting: Counter[str] = Counter()
        self._let_go: asyncio.Future[None] | None = None
        self._released = False

    async def telling(self, adjustment: str, attempt: Awaitable[T]) -> T:
        """What an attempt of this process comes to; those who wait for the adjustment of this id are told as well."""
        told: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._attempts[adjustment] = told
        try:
            outcome = await attempt
            told.set_result(outcome)
            return outcome
        finally:
            told.cancel()  # where it was cut: who waits has to look
            if self._attempts.get(adjustment) is told:
                del self._attempts[adjustment]

    async def outcome(self, record: Record) -> T | Record:
        """What the attempt in flight came to, from itself or from the journal.

        The record as it last stood, still in flight, where there was no time for that or too many wait already.
        """
        key = record.draft.id
        if self._released or self._waiting[key] >= MOST_EACH or self._waiting.total() >= MOST:
            return record
        self._waiting[key] += 1
        try:
            return await self._outcome(record)
        finally:
            self._waiting -= Counter([key])  # forgets the key where nobody is left

    def release(self) -> None:
        """Let everybody go at once, and have nobody wait from now on."""
        self._released = True
        if self._let_go is not None and not self._let_go.done():
            self._let_go.set_result(None)

    async def _outcome(self, record: Record) -> T | Record:
        end = self._clock() + self.seconds
        pace = FIRST_LOOK
        while (left := end - self._clock()) > 0:
            attempt = self._attempts.get(record.draft.id)
            await self._moment(left if attempt else min(pace, left), attempt)
            if attempt is not None and attempt.done() and not attempt.cancelled():
                return attempt.result()
            if self._released:
                break
            record = await self._seen(record)
            if record.state.status is not Status.IN_PROGRESS:
                break
            pace = min(pace * 2, LONGEST_LOOK)
        return record

    async def _moment(self, seconds: float, attempt: asyncio.Future[T] | None) -> None:
        """So many seconds, or less where the attempt ends or everybody is let go."""
        if self._let_go is None:
            self._let_go = asyncio.get_running_loop().create_future()
        sleep = asyncio.ensure_future(self._sleep(seconds))
        try:
            await asyncio.wait({sleep, self._let_go, attempt or self._let_go}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()

    async def _seen(self, record: Record) -> Record:
        try:
            return await self._look(record) or record
        except StoreUnavailable:
            return record  # what cannot be seen is in flight still, as far as anybody knows


def pause(record: Record, now: datetime) -> int:
    """Seconds after which a repeat of what is in flight may come again; not past the end of its lease."""
    lease = timedelta(seconds=record.draft.lease)
    age = (now - (record.lease_until - lease)).total_seconds()
    left = ceil((record.lease_until - now).total_seconds())
    longest = max((each for each in PAUSES if each <= age), default=PAUSES[0])
    return max(1, min(longest, left))
