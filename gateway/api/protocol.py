"""uvicorn's HTTP/1.1 protocol with bounds for callers, and with a problem document for every unreadable request.

Whatever ends a connection (bytes that are not HTTP, a caller that shuts down its writing side), the complete requests
before it are answered first, in order.
"""

import asyncio
from enum import Enum
from functools import partial
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.api.connections import Bounds, Connections
from gateway.api.refusal import Refused, cause, refusal
from gateway.api.request_cycle import RequestCycle
from gateway.api.request_head import check
from gateway.api.request_headers import RequestHeaders
from gateway.api.request_size import RequestSize
from gateway.api.unparsed import AHEAD, Unparsed
from gateway.api.unread import Unread
from gateway.api.upgrade import declined


class _Arrives(Enum):
    """The part of a request that is being received."""

    HEAD = "head"
    BODY = "body"
    NOTHING = "nothing"


class Protocol(Unread):
    """One connection of a caller."""

    flow: Unparsed

    def __init__(self, *arguments: Any, connections: Connections, bounds: Bounds, **options: Any) -> None:
        super().__init__(*arguments, bounds=bounds, **options)
        self._peers = connections
        self._arrives = _Arrives.HEAD
        self._awaited: tuple[_Arrives, int] | None = None
        self._late: asyncio.TimerHandle | None = None
        self._begun = self._whole = 0
        self._size = RequestSize(bounds)
        self._discarded = 0
        self._running: RequestResponseCycle | None = None
        self._refusal: bytes | None = None
        """The answer to an unreadable request, sent once the requests before it are answered."""
        self._upgrading = False
        self._closes_unless_whole = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the timer for the first head."""
        super().connection_made(transport)
        self.flow = Unparsed(transport)
        if self._peers.opened(self):
            self._await()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Clean up, and tell the running request that its caller is gone."""
        self._peers.closed(self)
        self._arrives = _Arrives.NOTHING
        self._await()
        self._forget()
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse received bytes, and start the timer for the rest of the request."""
        if self._refusal is not None:  # after an unreadable request, the bytes cannot be split into requests
            self._discarded += len(data)
            if self._discarded > self._bounds.body_bytes:
                self.flow.stop()
            return
        self._unset_keepalive_if_required()
        self.flow.add(data)
        self._parse()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio's own; uvicorn's is never true
        """Answer the complete requests, then close: the caller has stopped writing, but may still read."""
        if self._begun > self._whole and self._refusal is None:
            self._refuse("The request ended before it was whole")
        return self._close_after_answer()

    def _close_after_answer(self) -> bool:
        """Close now, or after the pending answers; returns whether there are any."""
        if self._refusal is None and self._at_work():
            self.cycle.keep_alive = False
        if self._at_work():
            return True
        self.transport.close()
        self._linger()
        return False

    def shutdown(self) -> None:
        """Close once the received requests are answered."""
        self._closes_unless_whole = False
        super().shutdown()
        self._linger()

    def on_message_begin(self) -> None:
        """Begin a new request with its head."""
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self._arrives = _Arrives.HEAD
        self._begun += 1
        self._size.unreported = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store a header; drop a trailer, which must not become a header after authentication."""
        if self._arrives is _Arrives.HEAD:
            super().on_header(name, value)
        else:
            self._size.trailer(name, value)

    def on_headers_complete(self) -> None:
        """Check the head, and continue with the body."""
        self._upgrading = self.parser.should_upgrade()
        if self._upgrading:
            if self.parser.get_method() == b"CONNECT":
                raise Refused("The gateway is no proxy: CONNECT is not taken")
            return  # `_decline` parses the head again without the offer
        version = self.parser.get_http_version()
        self._size.head(self.url, self.headers)
        headers = RequestHeaders(self.headers)
        length = check(version, self.url, headers)
        if self.expect_100_continue and version == "1.0":
            self.expect_100_continue = False
        self._begin(RequestCycle(self, version, headers))
        self._arrives = _Arrives.BODY
        self._size = RequestSize(self._bounds, body=length)
        if self.expect_100_continue and self.cycle.keep_alive:
            # A caller that is answered before its body may or may not send it, so the next bytes are ambiguous.
            self._closes_unless_whole, self.cycle.keep_alive = True, False

    def _begin(self, cycle: RequestCycle) -> None:
        """Start a request, or queue it behind the one before it."""
        waits = self.cycle is not None and not self.cycle.response_complete
        self.cycle = cycle
        if waits:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))
        else:
            self._start_asgi_task(cycle, self.app)

    def on_body(self, body: bytes) -> None:
        """Handle a part of the body."""
        self._size.unreported = 0
        self._size.body_left -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Handle the end of a request."""
        if self._upgrading:
            return
        self._whole = self._begun
        self._arrives = _Arrives.NOTHING
        if self._closes_unless_whole and not self.cycle.response_started:
            self.cycle.keep_alive = True
        self._closes_unless_whole = False
        super().on_message_complete()
        if self._size.trailers and not self.parser.should_keep_alive():
            self._close_after_answer()  # a trailer has `Connection: close`, and the parser ignores all that follows

    def on_response_complete(self) -> None:
        """Continue with waiting bytes; after the last answer, send a pending refusal and close."""
        super().on_response_complete()
        if self.flow and not self.transport.is_closing():
            self._parse()
        at_work = self._at_work()
        self._note(at_work=at_work)
        if self._refusal is not None and not at_work:
            self._end(self._refusal)
        self._linger()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, partial(self._answered, cycle, app))

    async def _answered(self, cycle: RequestResponseCycle, app: Any, scope: Any, receive: Any, send: Any) -> None:
        """Run the application. A request cut by a shutdown gets no answer, since uvicorn's 500 would be wrong."""
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            cycle.disconnected = True
            self.transport.close()

    def _parse(self) -> None:
        """Parse received bytes until enough requests wait; the rest is parsed once some are answered."""
        while len(self.pipeline) < AHEAD and (piece := self.flow.piece(self._size.body_left)) is not None:
            self._size.unreported += len(piece)
            self._size.followed += len(piece)
            try:
                self._feed(piece)
                self._size.parsed(self.headers or (), in_body=self._arrives is _Arrives.BODY)
            except (httptools.HttpParserError, Refused) as error:
                self._refuse(cause(error))
            if self.transport.is_closing() or self._refusal is not None:
                return
        if self.flow:
            self.flow.pause_reading()
        at_work = self._at_work()
        if self._arrives is _Arrives.NOTHING and not at_work and self.timeout_keep_alive_task is None:
            self._arrives = _Arrives.HEAD  # empty lines before a request ended the idle time
        self._await()
        self._note(at_work=at_work)

    def _feed(self, piece: memoryview) -> None:
        while piece:
            try:
                self.parser.feed_data(piece)
                return
            except httptools.HttpParserUpgrade as offer:  # the end of a head that offers another protocol
                piece = piece[int(offer.args[0]) :]
            self._decline()  # outside the `except`: otherwise the offer would be the context of a later refusal

    def _decline(self) -> None:
        """Parse a head again without its offer of another protocol: after an offer, the parser reads no body."""
        version = self.parser.get_http_version().encode()
        head = declined(self.parser.get_method(), self.url, version, self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(head)

    def _refuse(self, detail: str) -> None:
        """Refuse the current request and discard everything after it, which cannot be split into requests."""
        self._peers.unreadable(self.client[0] if self.client else "", detail)
        self.flow.clear()
        headers = self.headers if self._begun > self._whole else []
        self._refusal = refusal(detail, headers, always=self.server_state.default_headers)
        if self._arrives is _Arrives.BODY:
            if self.cycle is not self._running:
                self.pipeline.popleft()
            elif self.cycle.response_started:
                self._refusal = b""  # it was answered already
        if not self._at_work():
            self._end(self._refusal)

    def _end(self, refused: bytes) -> None:
        """Close after these bytes; an endpoint that waits for the rest of a request stops waiting."""
        if self.transport.is_closing():
            return
        self.transport.write(refused)
        self.transport.close()
        self._linger()
        self._leave()

    def _leave(self) -> None:
        """Tell the running request that its caller is gone; uvicorn tells only the last one."""
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()

    def _at_work(self) -> bool:
        """Whether a complete request waits for its answer."""
        cycle = self._running
        return bool(self.pipeline) or (cycle is not None and not cycle.response_complete and not cycle.more_body)

    def _note(self, *, at_work: bool) -> None:
        if at_work:
            self._peers.working(self)
        else:
            self._peers.idle(self)

    def _await(self) -> None:
        """Set the timer for the current part; a usual request arrives in one piece and needs none."""
        if self._awaited == (self._arrives, self._begun):
            return
        if self._late is not None:
            self._late.cancel()
            self._late = None
        self._awaited = self._arrives, self._begun
        if self._arrives is not _Arrives.NOTHING:
            seconds = self._bounds.head if self._arrives is _Arrives.HEAD else self._bounds.body
            self._late = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        if self.flow.read_paused or self._at_work():
            self._awaited = None  # not the caller's fault: an earlier request has no answer yet
            self._await()
        else:
            self.give_way()
