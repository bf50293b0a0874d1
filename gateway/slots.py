"""How many calls to one vendor are under way at once, and who waits for a place among them, for how long."""

import asyncio
from collections import deque


class NoSlot(Exception):
    """Raised when there is no place in time, or too many wait for one already."""


class Slots:
    """A number of places, given out first come first served.

    `waiting`: how many may wait; `patience`: seconds that each waits at most.
    """

    def __init__(self, places: int, *, waiting: int, patience: float) -> None:
        self._free = places
        self._room = waiting
        self._patience = patience
        self._queue: deque[asyncio.Future[None]] = deque()

    async def take(self, deadline: float) -> None:
        """Take a place, to be given back by `release`; `deadline` is a moment on the event loop's clock.

        Raises `NoSlot`; a cancellation passes through, and leaves no place taken.
        """
        if self._free:
            self._free -= 1
            return
        if len(self._queue) >= self._room:
            raise NoSlot
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout_at(min(deadline, loop.time() + self._patience)):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                self.release()  # the place came in the moment of leaving: it is the next one's
            elif turn in self._queue:
                self._queue.remove(turn)
            if isinstance(error, TimeoutError):
                raise NoSlot from None
            raise

    def release(self) -> None:
        """Give a place back: to whoever has waited longest, if anybody does."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
