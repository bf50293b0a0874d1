"""How many connections callers may hold, and which one gives way when there are too many.

Thousands that are idle, or never finish a request, must not keep a good caller out: a connection on which no whole
request waits for its answer can be closed at any time, and who was on it connects anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Bounds:
    """What callers may take up: seconds for a head, for a body, for taking in an answer; bytes of a head, and of all
    that follows one (a body with its framing, and what is passed over after a refusal); sockets.
    """

    head: float = 10.0
    body: float = 20.0
    answer: float = 30.0
    head_bytes: int = 32 * 1024
    body_bytes: int = 1024 * 1024
    connections: int = 4096


class Connection(Protocol):
    """What is asked of a connection."""

    def give_way(self) -> None:
        """Close at once."""


class Connections:
    """Every open connection, and of those that may be closed the one that could longest.

    `unreadable` is called with the address and the cause of each request that could not be read on one of them.
    """

    def __init__(self, most: int, *, unreadable: Callable[[str, str], None] = lambda peer, why: None) -> None:
        self.unreadable = unreadable
        self._most = most
        self._open: set[Connection] = set()
        self._idle: dict[Connection, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def opened(self, connection: Connection) -> bool:
        """Take a new one in, which may have to make another close; False where every other one is at work."""
        if len(self._open) >= self._most:
            if not self._idle:
                return False
            longest = next(iter(self._idle))
            self.closed(longest)
            longest.give_way()
        self._open.add(connection)
        self._idle[connection] = None
        return True

    def working(self, connection: Connection) -> None:
        """Note that a whole request came on it."""
        self._idle.pop(connection, None)

    def idle(self, connection: Connection) -> None:
        """Note that no whole request waits on it for an answer."""
        if connection in self._open:
            self._idle.setdefault(connection)

    def closed(self, connection: Connection) -> None:
        """Forget one that is closed."""
        self._open.discard(connection)
        self._idle.pop(connection, None)
