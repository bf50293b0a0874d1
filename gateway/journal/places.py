"""Places that are taken in turn: nobody has two at once, so that nobody can have them all."""

import asyncio
from collections import deque


class NoPlace(Exception):
    """Raised where no place came free in time, or too many wait for one already."""


class Places:
    """So many `places`; who waits for one is served in turn with the others who do, whoever came first.

    `most`: how many may wait under one name. `patience`: seconds that each does at most.
    """

    def __init__(self, places: int, *, most: int, patience: float) -> None:
        self._free = places
        self._most = most
        self._patience = patience
        self._busy: set[str | None] = set()
        self._waiting: dict[str | None, deque[asyncio.Future[None]]] = {}

    async def take(self, name: str | None) -> None:
        """Take a place under a name, to be given back under it. Raises `NoPlace`."""
        if self._free and name not in self._busy:
            self._occupy(name)
            return
        queue = self._waiting.setdefault(name, deque())
        if len(queue) >= self._most:
            raise NoPlace
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(future)
        try:
            async with asyncio.timeout(self._patience):
                await future
        except BaseException as error:
            if future.done() and not future.cancelled():
                self.give_back(name)  # it came in the moment in which nobody waited any more
            else:
                self._leave(name, future)
            if isinstance(error, TimeoutError):
                raise NoPlace from error
            raise

    def give_back(self, name: str | None) -> None:
        """Let the next one have the place."""
        self._free += 1
        self._busy.discard(name)
        if name in self._waiting:
            self._waiting[name] = self._waiting.pop(name)  # after the others
        for each in [each for each in self._waiting if each not in self._busy]:
            if not self._free:
                return
            queue = self._waiting.pop(each)
            while queue and queue[0].done():  # given up, and not gone yet
                queue.popleft()
            if queue:
                queue.popleft().set_result(None)
                self._occupy(each)
            if queue:
                self._waiting[each] = queue

    def _occupy(self, name: str | None) -> None:
        self._free -= 1
        self._busy.add(name)

    def _leave(self, name: str | None, future: asyncio.Future[None]) -> None:
        queue = self._waiting.get(name, deque())
        if future in queue:
            queue.remove(future)
        if name in self._waiting and not queue:
            del self._waiting[name]
