"""What a connection has received and not parsed yet: a caller that sends many requests at once waits for answers.

A request that waits for its turn takes a hundred times the memory of its 20 bytes, so only a few are parsed ahead.
"""

import asyncio

from uvicorn.protocols.http.flow_control import FlowControl

AHEAD = 8
"""Requests that are parsed while others are answered; a piece can begin one more than these."""
PIECE = 4096
"""Bytes that are parsed at once, at most."""
_SMALLEST = len(b"GET / HTTP/1.0\r\n\r\n")
_VERSION = b"/1."  # in every request line, be its protocol HTTP, RTSP or ICE; the parser knows all three


class Unparsed(FlowControl):
    """The reading side of a connection: nothing more is read while there is something here, or once it is stopped."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self._data = b""
        self._position = 0
        self._stopped = False

    def __bool__(self) -> bool:
        return bool(self._data)

    def add(self, data: bytes) -> None:
        """Take in what was received."""
        self._data = self._data[self._position :] + data if self._data else data
        self._position = 0

    def piece(self, body: int = 0) -> memoryview | None:
        """The next bytes to parse: so many of a body, and few behind it, which begin few requests. None for none."""
        if not self._data:
            return None
        begin = min(self._position + max(0, body), len(self._data))
        end = min(begin + PIECE, len(self._data))
        if self._data.count(_VERSION, begin, end) > AHEAD:
            smallest = begin + AHEAD * _SMALLEST
            end = begin
            for _ in range(AHEAD):
                end = self._data.index(_VERSION, end) + len(_VERSION)
            end = max(end, smallest)  # in a chunk there may be many more
        piece = memoryview(self._data)[self._position : end]
        self._position = end
        if end == len(self._data):
            self._data, self._position = b"", 0
        return piece

    def clear(self) -> None:
        """Forget what is not parsed."""
        self._data, self._position = b"", 0

    def stop(self) -> None:
        """Read nothing more, ever."""
        self._stopped = True
        self.pause_reading()

    def resume_reading(self) -> None:
        """Read on, where there is nothing left to parse first."""
        if not self and not self._stopped:
            super().resume_reading()
