"""Connections to one vendor: which may be used, and the moment after which a byte may have left.

Held to one release of aiohttp: `ClientSession` awaits `Connector.connect` once for every time that it is going
to send, and between its return and the first write lies at most one turn of the event loop.
"""

import asyncio
import select
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

from aiohttp import ClientHandlerType, ClientPayloadError, ClientRequest, ClientResponse, ClientTimeout, TCPConnector
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from gateway.transport.evidence import Evidence, TransportError, TransportTimeout

KEEPALIVE = 15.0
"""Seconds that an idle connection is kept; short, since vendors drop theirs without notice."""


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

    async def attach(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Give the request its call: aiohttp makes the request itself, so a middleware is the public way to it."""
        cast(Request, request).call = self
        return await handler(request)

    def leave(self, *, kept: bool) -> None:
        """Note that bytes may leave from now on. Raises `TransportTimeout` where it is too late for that."""
        now = self.clock()
        # The loop's own timer may be due and not have run: a kept connection is had without waiting for anything.
        if now >= self.expires or asyncio.get_running_loop().time() >= self.deadline:
            raise TransportTimeout("The deadline had passed before the request could be sent")
        self.evidence.kept = kept
        self.evidence.sent_at = now
        self.evidence.sent = True


class Request(ClientRequest):
    """A request that knows its call."""

    call: Call

    @property
    def connection_key(self) -> ConnectionKey:
        """What a kept connection must have been used for; nothing was, for a call that has one to itself."""
        key = super().connection_key
        return key._replace(proxy_headers_hash=id(self)) if self.call.alone else key


class Wire(ResponseHandler):
    """One connection, which notices what comes while nothing was asked."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.resting = False
        self.kept = False

    def rest(self) -> None:
        """Note that the answer is complete, and nothing is due."""
        self.resting = self.kept = True

    def data_received(self, data: bytes) -> None:
        """Take bytes that were asked for; on others drop the connection, lest they pass for the next answer."""
        if data and self.resting:  # aiohttp calls with none to go on with what it holds
            self.abort()
        else:
            super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Take the end; after a reset, a body without a stated length is not complete, as aiohttp would have it."""
        if exc is not None and self._payload is not None and not self._payload.is_eof():
            self._payload.set_exception(ClientPayloadError("The connection was lost within the body"), exc)
        super().connection_lost(exc)

    def close(self) -> None:
        """Close; what is still unsent is dropped, since nobody waits for its answer any more."""
        if self.transport is not None and self.transport.get_write_buffer_size():
            self.abort()
        else:
            super().close()

    def usable(self) -> bool:
        """Whether a request may go out here: the connection is open, and nothing was said on it unasked."""
        if self.transport is None or not self.is_connected() or self.should_close:
            return False
        # What reached the system and not yet the event loop: an end, a reset, an answer to nothing. A new TLS
        # connection is not asked, because its session tickets look the same.
        if not self.kept and self.transport.get_extra_info("sslcontext") is not None:
            return True
        return not _readable(self.transport.get_extra_info("socket"))


class Connector(TCPConnector):
    """A pool that lets every call send once, and says so before it does."""

    def __init__(self, *, limit: int, tls: ssl.SSLContext | bool, resolver: AbstractResolver | None) -> None:
        super().__init__(limit=limit, keepalive_timeout=KEEPALIVE, ssl=tls, resolver=resolver)
        self._factory = cast("partial[ResponseHandler]", partial(Wire, loop=asyncio.get_running_loop()))

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:  # noqa: ASYNC109 (aiohttp's signature)
        """A connection on which `req` may be sent at once.

        Raises `TransportError`, with the evidence untouched, where it must not be sent.
        """
        call = cast(Request, req).call
        if call.evidence.sent:
            # aiohttp sends GET, PUT and DELETE again when a kept connection turns out to be dead.
            raise TransportError("The connection was lost after the request had left; it is not sent a second time")
        try:
            connection, wire = await self._usable(req, traces, timeout)
        except BaseException:
            # A waiter that is cancelled just after a free slot woke it would leave the next one asleep.
            self._release_waiter()
            raise
        if call.alone:
            wire.force_close()  # once the answer is complete
        wire.resting = False
        connection.add_callback(wire.rest)
        try:
            call.leave(kept=wire.kept)
        except BaseException:
            connection.release()
            raise
        return connection

    async def _usable(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> tuple[Connection, Wire]:  # noqa: ASYNC109
        while True:
            connection = await super().connect(req, traces, timeout)
            wire = cast(Wire, connection.protocol)
            if wire.usable():
                return connection, wire
            connection.close()
            if not wire.kept:
                raise TransportError("The vendor closed the connection, or spoke on it, before anything was sent")


def _readable(connection: socket.socket) -> bool:
    if sys.platform == "win32":
        return bool(select.select([connection], [], [], 0)[0])
    poll = select.poll()  # unlike select(), at home with descriptors past 1024
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
