"""The bound on open connections, and the choice of the one to close when there are too many.

Thousands of idle connections, or of unfinished requests, must not keep other callers out. A connection without a
complete request can be closed at any time; its caller can connect again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds for callers: seconds for a head, for a body and for reading an answer; bytes of a head, and of all that
    follows it (a body with its framing, and bytes that are discarded after a refusal); connections.
    """

    head: float = 10.0
    body: float = 20.0
    answer: float = 30.0
    head_bytes: int = 32 * 1024
    body_bytes: int = 1024 * 1024
    connections: int = 4096


class Connection(Protocol):
    """A connection that can be closed."""

    def give_way(self) -> None:
        """Close at once."""


class Connections:
    """All open connections, and the idle ones in the order in which they became idle.

    `unreadable` is called with the address and the cause of each request that cannot be parsed. `leaving`: whether
    the gateway is on its way to its end, so that each connection has one more answer at most.
    """

    def __init__(self, most: int, *, unreadable: Callable[[str, str], None] = lambda peer, why: None) -> None:
        self.unreadable = unreadable
        self.leaving = False
        self._most = most
        self._open: set[Connection] = set()
        self._idle: dict[Connection, None] = {}  # insertion order: the first one is idle longest

    def __len__(self) -> int:
        return len(self._open)

    def opened(self, connection: Connection) -> bool:
        """Add a connection; at the bound, close the longest idle one, or return False if none is idle."""
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
        """Mark a connection as busy: a complete request has arrived."""
        self._idle.pop(connection, None)

    def idle(self, connection: Connection) -> None:
        """Mark a connection as idle: no complete request waits for its answer."""
        if connection in self._open:
            self._idle.setdefault(connection)

    def closed(self, connection: Connection) -> None:
        """Remove a closed connection."""
        self._open.discard(connection)
        self._idle.pop(connection, None)
