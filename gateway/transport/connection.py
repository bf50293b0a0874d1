"""One connection: it carries one request at a time, and unsolicited bytes close it."""

import asyncio
import select
import ssl
import sys
from collections.abc import Callable
from functools import partial
from typing import cast

from gateway.transport.answer import KEEPALIVE, Answer
from gateway.transport.evidence import TransportError


class Connection(asyncio.Protocol):
    """One connection to a vendor or a proxy.

    `reused`: it has carried an earlier request. `until`: when it becomes too old to reuse, on the event loop's clock.
    """

    __slots__ = ("_answer", "_done", "_keepalive", "_loop", "_lower", "_readable", "_transport", "reused", "until")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._lower: list[asyncio.Transport] = []  # the transports below TLS, the socket's first
        self._readable: Callable[[], object] | None = None
        self._answer: Answer | None = None
        self._done: asyncio.Future[None]
        self._keepalive = KEEPALIVE
        self.reused = False
        self.until = 0.0

    def ask(self, request: bytes, answer: Answer) -> asyncio.Future[None]:
        """Send a request in one write, on a usable connection; the future is done once `answer` is complete.

        It fails with `TransportError` or the system's error.
        """
        transport = self._opened()
        self._answer, self._done = answer, self._loop.create_future()
        transport.write(request)
        return self._done

    async def encrypt(self, context: ssl.SSLContext, name: str) -> None:
        """Start TLS; the peer must have a certificate for `name`. A second call adds TLS inside the first one."""
        lower = self._opened()
        transport = await self._loop.start_tls(lower, self, context, server_hostname=name)
        self._opened()  # bytes that arrived during the handshake may have closed the connection
        self._lower.append(lower)
        self._transport = transport

    def usable(self) -> bool:
        """Whether a request may be sent: the connection is open, and no unsolicited bytes have arrived."""
        if self._transport is None or self._transport.is_closing():
            return False
        # The socket is polled for what the event loop has not read yet: an end, a reset, an unsolicited answer. A new
        # TLS connection is not polled, because its session tickets would look like unsolicited bytes.
        if self._lower and not self.reused:
            return True
        if self._readable is None:
            self._readable = _readable(self._transport.get_extra_info("socket").fileno())
        return not self._readable()

    def rest(self) -> bool:
        """Mark the connection as idle; False if it cannot be reused."""
        if self._answer is not None or self._transport is None:
            return False
        self.reused = True
        self.until = self._loop.time() + self._keepalive
        return True

    def drop(self) -> None:
        """Close at once. Unsent bytes are dropped, except those that the system already accepted."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Parse bytes of the expected answer; unsolicited bytes close the connection, so that no answer is misread."""
        answer = self._answer
        if answer is None:
            self.drop()
            return
        try:
            answer.take(data)
        except TransportError as error:
            self._end(error)
        else:
            if answer.complete:
                self._complete(answer)

    def eof_received(self) -> None:
        """Handle an orderly end, which completes a body without a stated length; the connection is then closed."""
        if self._answer is not None and self._answer.open_ended and self._ended_by_the_peer():
            self._complete(self._answer)
        self._end(TransportError("The vendor closed the connection before its answer was complete"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Handle the end of the connection."""
        self._transport = None
        self._end(exc or TransportError("The connection was closed before the answer was complete"))

    def _opened(self) -> asyncio.Transport:
        if self._transport is None or self._answer is not None:
            raise TransportError("The connection was closed before anything was sent")
        return self._transport

    def _ended_by_the_peer(self) -> bool:
        """Whether the peer itself ended the connection; under TLS, an attacker on the path can end the TCP stream."""
        if self._transport is None or not self._lower:
            return True
        try:
            # Empty only after a close_notify alert; without one, this raises.
            return bool(self._transport.get_extra_info("ssl_object").read(1) == b"")
        except ssl.SSLError:
            return False

    def _leaving(self) -> bool:
        """Whether a part of the request is still unsent; a TLS layer does not count the buffer of the one below."""
        if self._transport is None or self._transport.get_write_buffer_size():
            return True
        return bool(self._lower) and any(each.get_write_buffer_size() for each in self._lower)

    def _complete(self, answer: Answer) -> None:
        self._answer = None
        self._keepalive = answer.keepalive
        if not answer.sound or self._leaving():
            # An answer can arrive before the whole request has left: then no further request may follow here.
            self.drop()
        if not self._done.done():
            self._done.set_result(None)

    def _end(self, error: Exception) -> None:
        answer, self._answer = self._answer, None
        self.drop()
        if answer is not None and not self._done.done():
            self._done.set_exception(error)
            del self._done  # breaks a reference cycle: the traceback of the error refers to this object


def _readable(fileno: int) -> Callable[[], object]:
    """A function that returns a true value if the connection has bytes to read."""
    if sys.platform == "win32":
        return lambda: select.select([fileno], [], [], 0)[0]
    poll = select.poll()  # unlike select(), it supports descriptors above 1023
    poll.register(fileno, select.POLLIN)
    return partial(poll.poll, 0)
