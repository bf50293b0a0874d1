"""How many requests of one client are under way at once; the others wait here, first come first served.

httpx's own pool looks at everybody who waits each time that a connection becomes free: with many, that is all it does.
"""

import threading
from collections import deque
from types import TracebackType

import httpx

MAX_CONNECTIONS = 64
"""As many calls as the gateway makes to one vendor at once, unless it is told otherwise."""


class NoPlace(httpx.PoolTimeout):
    """Raised when a call waited for its place for longer than it may; nothing of it was sent."""

    def __init__(self, longest: float | None) -> None:
        super().__init__(f"no place became free within {longest} seconds")


def at_least_one(places: int) -> int:
    """A number of places. Raises `ValueError` where there would be none."""
    if places < 1:
        raise ValueError("max_connections is at least 1")
    return places


def unqueued(connections: int) -> httpx.Limits:
    """Limits under which nobody waits in httpx's pool, as nobody comes to it without a place; so many are kept."""
    return httpx.Limits(max_connections=None, max_keepalive_connections=connections)


class Places:
    """The places of a client that threads share; `longest` is how long one may wait, in seconds, or None."""

    def __init__(self, most: int, *, longest: float | None) -> None:
        self._free = at_least_one(most)
        self._longest = longest
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def __enter__(self) -> None:
        """Wait for a place. Raises `NoPlace`."""
        with self._lock:
            if self._free:  # then nobody waits: a place that becomes free goes to the first who does
                self._free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        try:
            turn.wait(self._longest)
        except BaseException:  # the wait was interrupted, perhaps just after it was over
            if not self._gave_up(turn):
                self._release()
            raise
        if self._gave_up(turn):
            raise NoPlace(self._longest)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the place to the first who waits."""
        self._release()

    def _gave_up(self, turn: threading.Event) -> bool:
        """Whether a turn did not come; then it does not come any more."""
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
