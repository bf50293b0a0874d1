"""The bounds on how long a caller may take to read its answers, for uvicorn's protocol."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.api.connections import Bounds


class Unread(HttpToolsProtocol):
    """One connection, which is closed if its caller does not read its answers in time."""

    def __init__(self, *arguments: Any, bounds: Bounds, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._bounds = bounds
        self._unread: asyncio.TimerHandle | None = None
        self._leaving: asyncio.TimerHandle | None = None

    def give_way(self) -> None:
        """Close at once; unsent bytes are dropped."""
        self.transport.abort()

    def pause_writing(self) -> None:
        """Start a timer, because the caller does not read its answer."""
        super().pause_writing()
        self._unread = self.loop.call_later(self._bounds.answer, self.give_way)

    def resume_writing(self) -> None:
        """Cancel the timer, because the caller reads its answer."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        super().timeout_keep_alive_handler()
        self._linger()

    def _linger(self) -> None:
        """Bound the time in which a closing connection waits for its caller to read the rest."""
        if self._leaving is None and self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._leaving = self.loop.call_later(self._bounds.answer, self.give_way)

    def _forget(self) -> None:
        """Cancel the timers of a connection that is closed."""
        self.resume_writing()
        if self._leaving is not None:
            self._leaving.cancel()
