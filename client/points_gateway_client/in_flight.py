"""The bound on concurrent requests of one client; further calls wait here, first come first served.

httpx's pool scans all waiting requests whenever a connection becomes free, which takes quadratic time under load.
"""

import threading
from collections import deque
from types import TracebackType

import httpx

MAX_CONNECTIONS = 64
"""The same as the gateway's default bound on concurrent calls to one vendor."""


class NoPlace(httpx.PoolTimeout):
    """Raised when a call waited too long for a place; nothing of it was sent."""

    def __init__(self, longest: float | None) -> None:
        super().__init__(f"no place became free within {longest} seconds")


def at_least_one(places: int) -> int:
    """The number of places. Raises `ValueError` if it is below 1."""
    if places < 1:
        raise ValueError("max_connections is at least 1")
    return places


def unqueued(connections: int) -> httpx.Limits:
    """Limits for httpx's pool without a queue, because every call already has a place; keeps `connections` open."""
    return httpx.Limits(max_connections=None, max_keepalive_connections=connections)


class Places:
    """The places of a client shared by threads; `longest` is the longest wait in seconds, None is no bound."""

    def __init__(self, most: int, *, longest: float | None) -> None:
        self._free = at_least_one(most)
        self._longest = longest
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """The number of waiting calls."""
        return len(self._waiting)

    def __enter__(self) -> None:
        """Wait for a place. Raises `NoPlace` after a wait of `longest`."""
        with self._lock:
            if self._free:  # then nobody waits: `_release` hands a free place to the first waiter
                self._free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        try:
            turn.wait(self._longest)
        except BaseException:  # the wait was interrupted, possibly just after the place was granted
            if not self._withdraw(turn):
                self._release()
            raise
        if self._withdraw(turn):
            raise NoPlace(self._longest)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hand the place to the first waiter."""
        self._release()

    def _withdraw(self, turn: threading.Event) -> bool:
        """Withdraw from the queue; False if the place was granted already."""
        with self._lock:
            if turn.is_set():
                return False
            self._waiting.remove(turn)
            return True

    def _release(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
