"""The lanes of the asynchronous client: each is an httpx client with a connection of its own.

A shared pool would scan every connection for every call. A cancelled call can leave a dead connection in a pool that
is never removed (httpcore issue 1093), until the pool is full of them; here its lane is discarded.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpx

from points_gateway_client.in_flight import NoPlace, at_least_one, unqueued
from points_gateway_client.network import Network


class Lanes:
    """At most `most` httpx clients, made on demand; if none is free, callers wait in order of arrival.

    `longest` is the longest wait in seconds; None is no bound.
    """

    def __init__(self, most: int, make: Callable[[], httpx.AsyncClient], *, longest: float | None) -> None:
        self._turns = asyncio.Semaphore(at_least_one(most))
        self._make = make
        self._longest = longest
        self._idle: list[httpx.AsyncClient] = []
        self._open: set[httpx.AsyncClient] = set()
        self._closed = False

    @asynccontextmanager
    async def one(self) -> AsyncIterator[httpx.AsyncClient]:
        """A lane for one request. Raises `NoPlace` after a wait of `longest`."""
        await self._turn()
        try:
            lane = self._lane()
            try:
                yield lane
            except Exception:  # an ordinary error: httpx has closed the connection, and the lane stays usable
                self._idle.append(lane)
                raise
            except BaseException as error:  # cancelled: the state of its connection is not known
                self._open.discard(lane)
                if isinstance(error, asyncio.CancelledError):  # otherwise the loop is ending: nothing can be awaited
                    with suppress(Exception):
                        await lane.aclose()
                raise
            else:
                self._idle.append(lane)
        finally:
            self._turns.release()

    async def aclose(self) -> None:
        """Close all lanes, including those in use."""
        self._closed = True
        while self._open:
            await self._open.pop().aclose()

    async def _turn(self) -> None:
        if not self._turns.locked():
            await self._turns.acquire()  # does not wait, so it needs no time-out
            return
        try:
            async with asyncio.timeout(self._longest):
                await self._turns.acquire()
        except TimeoutError:
            raise NoPlace(self._longest) from None

    def _lane(self) -> httpx.AsyncClient:
        if self._closed:
            raise RuntimeError("the client has been closed")
        if self._idle:
            return self._idle.pop()  # the most recently used one, whose connection is most likely still open
        lane = self._make()
        self._open.add(lane)
        return lane


def maker(network: Network[httpx.AsyncBaseTransport], *, headers: dict[str, str]) -> Callable[[], httpx.AsyncClient]:
    """A factory of lanes: on httpx's transport with one shared TLS context, or on a given one, which stays open."""
    if network.transport is not None:
        lent = _Lent(network.transport)
        return lambda: httpx.AsyncClient(headers=headers, transport=lent)
    return lambda: httpx.AsyncClient(headers=headers, limits=unqueued(1), **network.options)


class _Lent(httpx.AsyncBaseTransport):
    """A transport that outlives the httpx clients that use it."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        return await self._transport.handle_async_request(request)
