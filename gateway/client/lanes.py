"""The places of the asynchronous client, each with an httpx client, and so a connection, of its own.

One pool for all would look at every connection for every call; and a call that is cancelled can leave a connection in
it that nothing takes out again (httpcore issue 1093), until the pool is full of them. Here its lane is thrown away.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpx

from gateway.client.places import NoPlace, at_least_one, unqueued


class Lanes:
    """At most `most` httpx clients, made when they are first needed; whoever finds none free waits, in order.

    `longest` is how long that may take, in seconds, or None.
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
        """A lane for one request. Raises `NoPlace`."""
        await self._turn()
        try:
            lane = self._taken()
            try:
                yield lane
            except Exception:
                self._idle.append(lane)
                raise
            except BaseException as error:  # cancelled: nobody knows what became of its connection
                self._open.discard(lane)
                if isinstance(error, asyncio.CancelledError):  # else the loop itself ends, and nothing can be awaited
                    with suppress(Exception):
                        await lane.aclose()
                raise
            else:
                self._idle.append(lane)
        finally:
            self._turns.release()

    async def aclose(self) -> None:
        """Close them all, those in use too."""
        self._closed = True
        while self._open:
            await self._open.pop().aclose()

    async def _turn(self) -> None:
        if not self._turns.locked():
            await self._turns.acquire()  # at once
            return
        try:
            async with asyncio.timeout(self._longest):
                await self._turns.acquire()
        except TimeoutError:
            raise NoPlace(self._longest) from None

    def _taken(self) -> httpx.AsyncClient:
        if self._closed:
            raise RuntimeError("the client has been closed")
        if self._idle:
            return self._idle.pop()  # the last one that was used: the most likely to have its connection still
        lane = self._make()
        self._open.add(lane)
        return lane


def maker(
    transport: httpx.AsyncBaseTransport | None, *, headers: dict[str, str], timeout: float
) -> Callable[[], httpx.AsyncClient]:
    """What makes the lanes: on httpx's own transport, one TLS context for all, or on another, which it never closes."""
    if transport is not None:
        return lambda: httpx.AsyncClient(headers=headers, timeout=timeout, transport=_Lent(transport))
    context = httpx.create_ssl_context()
    return lambda: httpx.AsyncClient(headers=headers, timeout=timeout, limits=unqueued(1), verify=context)


class _Lent(httpx.AsyncBaseTransport):
    """A transport that outlives the httpx clients that use it."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        return await self._transport.handle_async_request(request)
