"""Operations that wait for the journal's writer, and until when: one timer for all that come at once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import StoreUnavailable


@dataclass(slots=True, eq=False)
class Waiting:
    """An operation, and who waits for it; `refused`: whoever waited was told that it was not done."""

    operation: Any
    future: asyncio.Future[Any]
    refused: bool = False


@dataclass(slots=True, eq=False)
class Together:
    """Operations that one turn of the event loop brings; those that are not done in time are refused.

    `seconds`: what each has from now on, as good as. `late` is told of each that is refused.
    """

    loop: asyncio.AbstractEventLoop
    seconds: float
    late: Callable[[], None]
    _waiting: list[Waiting] = field(default_factory=list)
    _ended: int = 0
    _timer: asyncio.TimerHandle | None = None

    def add(self, operation: Any) -> Waiting:
        """An operation of this turn; who adds it calls `end` once it waits no more."""
        if self._timer is None:
            self._timer = self.loop.call_later(self.seconds, self._refuse)
        waiting = Waiting(operation, self.loop.create_future())
        self._waiting.append(waiting)
        return waiting

    def end(self) -> None:
        """One of them has been told, or does not wait any more."""
        self._ended += 1
        if self._ended == len(self._waiting) and self._timer is not None:
            self._timer.cancel()
            self._timer = None  # one that is added yet has another

    def _refuse(self) -> None:
        for waiting in self._waiting:
            if not waiting.future.done():
                self.late()
                waiting.refused = True
                waiting.future.set_exception(StoreUnavailable("the journal does not answer", retry_after=1.0))
