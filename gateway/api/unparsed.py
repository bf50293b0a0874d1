"""The received bytes of a connection that are not parsed yet: pipelined requests wait for earlier answers.

A parsed request takes a hundred times the memory of its 20 bytes, so only a few are parsed ahead.
"""

import asyncio

from uvicorn.protocols.http.flow_control import FlowControl

AHEAD = 8
"""Requests that are parsed while others are answered; a piece can begin one more."""
PIECE = 4096
"""Maximum bytes that are parsed at once."""
_SMALLEST = len(b"GET / HTTP/1.0\r\n\r\n")
_VERSION = b"/1."  # in every request line of the parser's three protocols: HTTP, RTSP and ICE


class Unparsed(FlowControl):
    """Flow control of a connection: it is not read while unparsed bytes are here, or after `stop`."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self._data = b""
        self._position = 0
        self._stopped = False

    def __bool__(self) -> bool:
        return bool(self._data)

    def add(self, data: bytes) -> None:
        """Append received bytes."""
        self._data = self._data[self._position :] + data if self._data else data
        self._position = 0

    def piece(self, body: int = 0) -> memoryview | None:
        """The next bytes to parse: `body` bytes, and then at most `PIECE` that begin few requests; None if empty."""
        if not self._data:
            return None
        begin = min(self._position + max(0, body), len(self._data))
        end = min(begin + PIECE, len(self._data))
        if self._data.count(_VERSION, begin, end) > AHEAD:
            smallest = begin + AHEAD * _SMALLEST
            end = begin
            for _ in range(AHEAD):
                end = self._data.index(_VERSION, end) + len(_VERSION)
            end = max(end, smallest)  # the body of a chunk may contain the pattern many times
        piece = memoryview(self._data)[self._position : end]
        self._position = end
        if end == len(self._data):
            self._data, self._position = b"", 0
        return piece

    def clear(self) -> None:
        """Drop the unparsed bytes."""
        self._data, self._position = b"", 0

    def stop(self) -> None:
        """Stop reading for good."""
        self._stopped = True
        self.pause_reading()

    def resume_reading(self) -> None:
        """Resume reading, unless there are unparsed bytes or it was stopped."""
        if not self and not self._stopped:
            super().resume_reading()
