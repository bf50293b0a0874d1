"""A bounded queue in which clients take turns: many items of one client wait behind each other, not before others."""

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Full(Exception):
    """Raised when there is no room, and the newcomer's client has its share of what there is."""


class Turns(Generic[T]):
    """Items that wait, at most `room` of them: the oldest of one client leaves first, then that of the next client.

    Items are hashable, and each is in the queue once.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._size = 0
        self._queues: OrderedDict[str, OrderedDict[T, None]] = OrderedDict()

    def __len__(self) -> int:
        return self._size

    def resize(self, room: int) -> None:
        """Change how many may wait; where more wait already, they stay."""
        self._room = room

    def share(self, client: str) -> int:
        """How many there would be, did every client that waits have as many as this one."""
        return len(self._queues.get(client, ())) * len(self._queues)

    def push(self, client: str, item: T) -> T | None:
        """Add an item. Where the queue is full, gives the newest item of the client with most, which had to leave.

        Raises `Full` where no client has so many more that its loss would make shares more equal.
        """
        displaced = None
        if self._size >= self._room:
            most = max(self._queues, key=lambda name: len(self._queues[name]), default=None)
            mine = len(self._queues.get(client, ()))
            if most is None or mine + 1 >= len(self._queues[most]):
                raise Full
            displaced = next(reversed(self._queues[most]))
            self.remove(most, displaced)
        self._queues.setdefault(client, OrderedDict())[item] = None
        self._size += 1
        return displaced

    def pop(self) -> T:
        """Take out the next item. Raises `KeyError` where there is none."""
        client, queue = next(iter(self._queues.items()), (None, None))
        if client is None or queue is None:
            raise KeyError("nothing waits")
        item, _ = queue.popitem(last=False)
        self._size -= 1
        if queue:
            self._queues.move_to_end(client)
        else:
            del self._queues[client]
        return item

    def remove(self, client: str, item: T) -> bool:
        """Take out an item of a client that waits no more; False where it was not there."""
        queue = self._queues.get(client)
        if queue is None or item not in queue:
            return False
        del queue[item]
        self._size -= 1
        if not queue:
            del self._queues[client]
        return True
