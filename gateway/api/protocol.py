"""uvicorn's HTTP/1.1, but that callers are held to bounds, and that what it refuses by itself is a problem too."""

import asyncio
import secrets
from enum import Enum
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway import rendering
from gateway.api.connections import Bounds, Connections
from gateway.errors import InvalidRequest

_NOT_HTTP = "The request is not HTTP/1.1 that can be read; an address is percent-encoded ASCII"


class _Arrives(Enum):
    """Which part of a request is on its way."""

    HEAD = "head"
    BODY = "body"
    NOTHING = "nothing"


class Protocol(HttpToolsProtocol):
    """One connection of a caller."""

    def __init__(self, *arguments: Any, connections: Connections, bounds: Bounds, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._peers = connections
        self._bounds = bounds
        self._arrives = _Arrives.HEAD
        self._awaited: tuple[_Arrives, int] | None = None
        self._late: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._begun = 0
        self._head = 0
        self._held_back = 0
        self._refusal = _NOT_HTTP

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin: the first head is awaited from now on."""
        super().connection_made(transport)
        if self._peers.opened(self):
            self._await()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._peers.closed(self)
        self._arrives = _Arrives.NOTHING
        self._await()
        self.resume_writing()
        super().connection_lost(exc)

    def give_way(self) -> None:
        """Close at once; what was not taken in by now is dropped."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take in some bytes, and see to it that the rest of the request comes in time."""
        begun = self._begun
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._arrives is _Arrives.HEAD and self._begun == begun:
            self._held_back += len(data)  # the parser tells of a header only when it is whole
            if self._held_back > self._bounds.head_bytes:
                self._refuse_head()
                self.send_400_response("")
                return
        if self._arrives is _Arrives.NOTHING and not self._at_work() and self.timeout_keep_alive_task is None:
            self._arrives = _Arrives.HEAD  # empty lines before a request have ended the rest
        self._await()
        self._note()

    def on_message_begin(self) -> None:
        """Begin with a head."""
        super().on_message_begin()
        self._arrives = _Arrives.HEAD
        self._begun += 1
        self._head = self._held_back = 0

    def on_url(self, url: bytes) -> None:
        """Take in a part of the address."""
        super().on_url(url)
        self._check_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take in a header."""
        super().on_header(name, value)
        self._check_head(len(name) + len(value))

    def on_headers_complete(self) -> None:
        """Go on with the body."""
        self._arrives = _Arrives.BODY
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the request is whole."""
        self._arrives = _Arrives.NOTHING
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Note that there is an answer."""
        super().on_response_complete()
        self._note()

    def pause_writing(self) -> None:
        """Note that the caller does not take in what it asked for; for so long and no longer."""
        super().pause_writing()
        self._unread = self.loop.call_later(self._bounds.answer, self.give_way)

    def resume_writing(self) -> None:
        """Note that the caller takes its answer in."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, and close: nothing after it can be told apart."""
        problem = rendering.problem(InvalidRequest(self._refusal), request_id=f"req_{secrets.token_hex(12)}")
        body = problem.to_json()
        head = (
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\nRequest-Id: {problem.request_id}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _check_head(self, size: int) -> None:
        self._head += size
        if self._head > self._bounds.head_bytes:
            self._refuse_head()
            raise ValueError(self._refusal)  # the parser gives up on it, and so does uvicorn

    def _refuse_head(self) -> None:
        self._refusal = f"The head of a request is at most {self._bounds.head_bytes} bytes"

    def _at_work(self) -> bool:
        """Whether a whole request waits for its answer."""
        cycle = self.cycle
        return bool(self.pipeline) or (cycle is not None and not cycle.response_complete and not cycle.more_body)

    def _note(self) -> None:
        if self._at_work():
            self._peers.working(self)
        else:
            self._peers.idle(self)

    def _await(self) -> None:
        """Set the time for what arrives now; the usual request, which comes in one piece, needs none."""
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
            self._awaited = None  # it is held up here: an earlier request has no answer yet
            self._await()
        else:
            self.give_way()
