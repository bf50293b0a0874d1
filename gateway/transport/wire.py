"""One connection: one request at a time goes out on it, and what comes while nothing is asked ends it."""

import asyncio
import select
import ssl
import sys
from collections.abc import Callable
from functools import partial
from typing import cast

from gateway.transport.answer import KEEPALIVE, Answer
from gateway.transport.evidence import TransportError


class Wire(asyncio.Protocol):
    """One connection to a vendor or a proxy.

    `kept`: it has rested before. `until`: the moment, on the event loop's clock, up to which it may rest.
    """

    __slots__ = ("_answer", "_beneath", "_heard", "_keepalive", "_loop", "_over", "_transport", "kept", "until")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._beneath: list[asyncio.Transport] = []  # what carries the TLS that is spoken, from the socket upwards
        self._heard: Callable[[], object] | None = None
        self._answer: Answer | None = None
        self._over: asyncio.Future[None]
        self._keepalive = KEEPALIVE
        self.kept = False
        self.until = 0.0

    def ask(self, request: bytes, answer: Answer) -> asyncio.Future[None]:
        """Send, in one piece, on a wire that is usable; done once `answer` is complete.

        Fails with `TransportError`, or with what the system said.
        """
        transport = self._opened()
        self._answer, self._over = answer, self._loop.create_future()
        transport.write(request)
        return self._over

    async def encrypt(self, context: ssl.SSLContext, name: str) -> None:
        """Speak TLS from now on with the one at the other end, who must have a certificate for `name`."""
        beneath = self._opened()
        transport = await self._loop.start_tls(beneath, self, context, server_hostname=name)
        self._opened()  # it may have been dropped, for what was said before anything was asked
        self._beneath.append(beneath)
        self._transport = transport

    def usable(self) -> bool:
        """Whether a request may go out here: the connection is open, and nothing was said on it unasked."""
        if self._transport is None or self._transport.is_closing():
            return False
        # What reached the system and not yet the event loop: an end, a reset, an answer to nothing. A new TLS
        # connection is not asked, because its session tickets look the same.
        if self._beneath and not self.kept:
            return True
        if self._heard is None:
            self._heard = _ear(self._transport.get_extra_info("socket").fileno())
        return not self._heard()

    def rest(self) -> bool:
        """Note that nothing is due; False where the connection cannot be used again."""
        if self._answer is not None or self._transport is None:
            return False
        self.kept = True
        self.until = self._loop.time() + self._keepalive
        return True

    def drop(self) -> None:
        """Close at once; of what is still unsent, only what the system takes in this very moment may leave."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes that were asked for; others end the connection, lest they pass for the next answer."""
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
        """Take the orderly end, which completes a body without a stated length; nothing more is said after it."""
        if self._answer is not None and self._answer.open_ended and self._ended_by_the_peer():
            self._complete(self._answer)
        self._end(TransportError("The vendor closed the connection before its answer was complete"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Take any end."""
        self._transport = None
        self._end(exc or TransportError("The connection was closed before the answer was complete"))

    def _opened(self) -> asyncio.Transport:
        if self._transport is None or self._answer is not None:
            raise TransportError("The connection was closed before anything was sent")
        return self._transport

    def _ended_by_the_peer(self) -> bool:
        """Whether the end is the peer's own word: under TLS, anybody on the way can end the connection beneath."""
        if self._transport is None or not self._beneath:
            return True
        try:
            return bool(self._transport.get_extra_info("ssl_object").read(1) == b"")
        except ssl.SSLError:
            return False

    def _leaving(self) -> bool:
        """Whether some of the request is still here; a layer of TLS does not count what the one beneath it holds."""
        if self._transport is None or self._transport.get_write_buffer_size():
            return True
        return bool(self._beneath) and any(each.get_write_buffer_size() for each in self._beneath)

    def _complete(self, answer: Answer) -> None:
        self._answer = None
        self._keepalive = answer.keepalive
        if not answer.sound or self._leaving():
            self.drop()  # an answer can come before all of the request has left: then nothing may follow that
        if not self._over.done():
            self._over.set_result(None)

    def _end(self, error: Exception) -> None:
        answer, self._answer = self._answer, None
        self.drop()
        if answer is not None and not self._over.done():
            self._over.set_exception(error)
            del self._over  # the traceback of the error knows this object: they would wait for the garbage collector


def _ear(fileno: int) -> Callable[[], object]:
    """What tells, by something that is true, whether a connection has anything to read."""
    if sys.platform == "win32":
        return lambda: select.select([fileno], [], [], 0)[0]
    poll = select.poll()  # unlike select(), at home with descriptors past 1024
    poll.register(fileno, select.POLLIN)
    return partial(poll.poll, 0)
