"""Connections to one vendor: how many, which of them may be used, and the moment after which a byte may have left."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.transport.evidence import Evidence, TooLate, TransportClosed, TransportError
from gateway.transport.wire import Wire


@dataclass(slots=True)
class Call:
    """One call, with its deadline on two clocks: the event loop's, and one that goes on while the machine sleeps.

    `alone`: it has a connection to itself. On one that was used before, what somebody on the way says twice can
    arrive after the next request has left, and nothing tells it from that request's own answer.
    """

    evidence: Evidence
    deadline: float
    expires: float
    clock: Callable[[], float]
    alone: bool = False

    def check(self) -> float:
        """The moment on `clock`. Raises `TooLate` where the deadline is past on either clock."""
        now = self.clock()
        # The loop's own timer may be due and not have run: a kept connection is had without waiting for anything.
        if now >= self.expires or asyncio.get_running_loop().time() >= self.deadline:
            raise TooLate("The deadline had passed before the request could be sent")
        return now

    def leave(self, *, kept: bool) -> None:
        """Note that bytes may leave from now on. Raises `TooLate` where it is too late for that."""
        now = self.check()
        self.evidence.kept = kept
        self.evidence.sent_at = now
        self.evidence.sent = True


class Connector:
    """Hands out connections, `limit` at a time, first come, first served; `dial` makes a new one."""

    def __init__(self, dial: Callable[[], Awaitable[Wire]], *, limit: int) -> None:
        self._dial = dial
        self._free = limit
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._resting: list[Wire] = []
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    async def connect(self, call: Call) -> Wire:
        """A connection on which a request may be sent at once; to be given back by `release`.

        Raises `TransportError`, or what the system said, where there is none to be had.
        """
        if self._closed:
            raise TransportClosed("The transport is closed")
        if self._free:
            self._free -= 1
        else:
            await self._wait()
        try:
            return (None if call.alone else self._rested()) or await self._new()
        except BaseException:
            self._pass_on()
            raise

    def release(self, wire: Wire, call: Call) -> None:
        """Take a connection back, to be used again where that is sound, else to be closed."""
        if call.alone or self._closed or not wire.rest():
            wire.drop()
        else:
            self._resting.append(wire)
            if self._sweeper is None:
                self._sweep()
        self._pass_on()

    def close(self) -> None:
        """Close the connections that rest; no other one is handed out, and what comes back is closed."""
        self._closed = True
        while self._resting:
            self._resting.pop().drop()
        if self._sweeper is not None:
            self._sweeper.cancel()

    def _rested(self) -> Wire | None:
        """The one that was used last, of those that are sound."""
        while self._resting:
            wire = self._resting.pop()
            if wire.until > asyncio.get_running_loop().time() and wire.usable():
                return wire
            wire.drop()
        return None

    async def _new(self) -> Wire:
        wire = await self._dial()
        if self._closed or not wire.usable():
            wire.drop()
            if self._closed:
                raise TransportClosed("The transport was closed")
            raise TransportError("The vendor closed the connection, or spoke on it, before anything was sent")
        return wire

    async def _wait(self) -> None:
        """Wait in line for a place."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except BaseException:
            if not place.cancelled():  # it was given in the very moment in which nobody wanted it any more
                self._pass_on()
            elif place in self._waiting:
                self._waiting.remove(place)
            raise

    def _pass_on(self) -> None:
        """Give a place to the next in line."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

    def _sweep(self) -> None:
        """Close what has rested too long; come again as long as anything rests."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for wire in [each for each in self._resting if each.until <= now]:
            self._resting.remove(wire)
            wire.drop()
        first = min((wire.until for wire in self._resting), default=None)
        self._sweeper = None if first is None else loop.call_at(first, self._sweep)
