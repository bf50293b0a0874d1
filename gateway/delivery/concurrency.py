"""How many calls to one vendor are under way at once, and who waits for a place among them, for how long."""

import asyncio

from gateway.delivery.turns import Full, Turns

GATEWAY = ""
"""The client of what the gateway does by itself; no configured client has this name."""


class NoPlace(Exception):
    """Raised when there is no place in time, or too many wait for one already."""


class ConcurrencyLimit:
    """A number of places; while none is free, clients take turns, and each client's calls go first come first served.

    `waiting`: how many may wait; `patience`: seconds that each waits at most.
    """

    def __init__(self, places: int, *, waiting: int, patience: float) -> None:
        self._places = self._free = places
        self._patience = patience
        self._turns: Turns[asyncio.Future[None]] = Turns(waiting)

    @property
    def places(self) -> int:
        """How many places there are."""
        return self._places

    @property
    def under_way(self) -> int:
        """How many places are taken."""
        return self._places - self._free

    async def take(self, deadline: float, client: str = GATEWAY) -> None:
        """Take a place, to be given back by `release`; `deadline` is a moment on the event loop's clock.

        Raises `NoPlace`, also where another client needs the place in the queue; a cancellation passes through, and
        leaves no place taken.
        """
        if self._free > 0:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._queue(client, turn)
        try:
            async with asyncio.timeout_at(min(deadline, loop.time() + self._patience)):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                if turn.exception() is None:
                    self.release()  # the place came in the moment of leaving: it is the next one's
            else:
                self._turns.remove(client, turn)
            if isinstance(error, TimeoutError):
                raise NoPlace from None
            raise

    def release(self) -> None:
        """Give a place back: to whose turn it is, if anybody waits."""
        self._free += 1
        self._hand_on()

    def resize(self, places: int, *, waiting: int, patience: float) -> None:
        """Change the number of places, how many may wait and for how long; who waits already keeps its time.

        Fewer places end no call under way: until enough of them have ended, none begins.
        """
        self._free += places - self._places
        self._places = places
        self._patience = patience
        self._turns.resize(waiting)
        self._hand_on()

    def _hand_on(self) -> None:
        while self._free > 0 and self._turns:
            turn = self._turns.pop()
            if not turn.done():
                self._free -= 1
                turn.set_result(None)

    def _queue(self, client: str, turn: asyncio.Future[None]) -> None:
        try:
            displaced = self._turns.push(client, turn)
        except Full:
            raise NoPlace from None
        if displaced is not None and not displaced.done():
            displaced.set_exception(NoPlace())
