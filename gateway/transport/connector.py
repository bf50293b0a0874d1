"""The connections to one vendor: how many there are, which may be reused, and when a byte may have left."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.transport.connection import Connection
from gateway.transport.evidence import Evidence, TooLate, TransportClosed, TransportError


@dataclass(slots=True)
class Call:
    """One call, with its deadline on two clocks: the event loop's, and one that counts suspension.

    `deadline` is on the event loop's clock, `expires` on `clock`. `alone`: the call uses a new connection. On a
    reused one, a proxy that repeats an answer could deliver it after the next request has left; that copy could not
    be told from the request's own answer.
    """

    evidence: Evidence
    deadline: float
    expires: float
    clock: Callable[[], float]
    alone: bool = False

    def check(self) -> float:
        """The current moment on `clock`. Raises `TooLate` if the deadline is past on either clock."""
        now = self.clock()
        # The loop's timer may be due and not have run yet: an idle connection is reused without any wait.
        if now >= self.expires or asyncio.get_running_loop().time() >= self.deadline:
            raise TooLate("The deadline had passed before the request could be sent")
        return now

    def leave(self, *, reused: bool) -> None:
        """Record that bytes may leave from now on; called just before the write. Raises `TooLate` past the deadline."""
        now = self.check()
        self.evidence.reused = reused
        self.evidence.sent_at = now
        self.evidence.sent = True


class Connector:
    """Hands out at most `limit` connections at a time, first come, first served; `dial` opens a new one."""

    def __init__(self, dial: Callable[[], Awaitable[Connection]], *, limit: int) -> None:
        self._dial = dial
        self._limit = self._free = limit
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._idle: list[Connection] = []
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    async def connect(self, call: Call) -> Connection:
        """A connection on which a request may be sent at once; the caller returns it by `release`.

        Raises `TransportError`, or the system's error, if no connection can be made.
        """
        if self._closed:
            raise TransportClosed("The transport is closed")
        if self._free > 0:
            self._free -= 1
        else:
            await self._wait()
        try:
            return (None if call.alone else self._idle_connection()) or await self._new()
        except BaseException:
            self._pass_on()
            raise

    def release(self, connection: Connection, call: Call) -> None:
        """Take a connection back; it is reused if it is sound, and closed otherwise."""
        if call.alone or self._closed or not connection.rest():
            connection.drop()
        else:
            self._idle.append(connection)
            if self._sweeper is None:
                self._sweep()
        self._pass_on()

    def close(self) -> None:
        """Close the idle connections; no further one is handed out, and those in use are closed on release."""
        self._closed = True
        while self._idle:
            self._idle.pop().drop()
        if self._sweeper is not None:
            self._sweeper.cancel()

    def resize(self, limit: int) -> None:
        """Change how many connections may be in use at once; those in use are not closed."""
        self._free += limit - self._limit
        self._limit = limit
        self._grant()

    def _idle_connection(self) -> Connection | None:
        """The most recently used idle connection that is still usable."""
        while self._idle:
            connection = self._idle.pop()
            if connection.until > asyncio.get_running_loop().time() and connection.usable():
                return connection
            connection.drop()
        return None

    async def _new(self) -> Connection:
        connection = await self._dial()
        if self._closed or not connection.usable():
            connection.drop()
            if self._closed:
                raise TransportClosed("The transport was closed")
            raise TransportError("The vendor closed the connection, or spoke on it, before anything was sent")
        return connection

    async def _wait(self) -> None:
        """Wait for a free place, in order of arrival."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except BaseException:
            if not place.cancelled():  # the place was granted just before the waiter was cancelled
                self._pass_on()
            elif place in self._waiting:
                self._waiting.remove(place)
            raise

    def _pass_on(self) -> None:
        """Free a place, and grant it to the next waiter."""
        self._free += 1
        self._grant()

    def _grant(self) -> None:
        while self._free > 0 and self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                self._free -= 1
                place.set_result(None)

    def _sweep(self) -> None:
        """Close connections that were idle too long; schedule the next sweep while any are idle."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in [each for each in self._idle if each.until <= now]:
            self._idle.remove(connection)
            connection.drop()
        first = min((connection.until for connection in self._idle), default=None)
        self._sweeper = None if first is None else loop.call_at(first, self._sweep)
