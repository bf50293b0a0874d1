"""How much work is begun at once: what the process cannot do soon waits, client by client, or is refused.

A long turn of the event loop, which does a piece of every request under way, says that there is much to do: newcomers
wait then. A burst may wait for `BURST` seconds; where the queue has not been empty for that long, more comes than can
be done, and what clients with many have waiting for `PATIENCE` seconds is refused.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog
from starlette.types import Scope

from gateway.delivery.turns import Full, Turns
from gateway.metrics import Metrics

log = structlog.get_logger(__name__)
TURN = 0.01
"""Seconds that a turn of the event loop may take before newcomers wait."""
BURST, PATIENCE = 0.5, 0.06
"""Seconds that a request may wait: where the queue was empty within the last `BURST`, and else. A queue that empties
within `BURST` of a refusal counts on: the same flood goes on, and gets no second burst."""
MOST = 1024
"""Requests that may wait; past that the newest of the client with most is refused at once."""
AT_ONCE = 64
"""Requests that are begun in one turn at most: half as many after a long turn, twice as many after a short one. A
client has many waiting where all would have more than that together, did each have as many."""
SELDOM = 0.002
"""Seconds without a look at how long turns take, after which a request that comes causes one: looks cost a little."""
LINES = 10.0
"""Seconds between two log lines about refusals."""


class Entrant(Protocol):
    """A request that has come."""

    def begin(self) -> bool:
        """Have it answered; False where its caller has left."""

    def refuse(self) -> None:
        """Answer that there is too much to do."""


class Admission:
    """Begins requests; used from one event loop. `clock`: seconds, monotonic, and as fine as can be.

    `who` tells clients apart, by the scope of a request; it is asked only where requests wait. `most` may wait.
    """

    def __init__(
        self, *, who: Callable[[Scope], str], metrics: Metrics, clock: Callable[[], float], most: int = MOST
    ) -> None:
        self._who = who
        self._metrics = metrics
        self._clock = clock
        self._turns: Turns[Entrant] = Turns(most)
        self._arrivals: deque[tuple[float, str, Entrant]] = deque()
        self._spared: deque[tuple[float, str, Entrant]] = deque()
        self._watching = False
        self._turn_began = -SELDOM
        self._long = False
        self._begun = 0
        self._at_once = AT_ONCE
        # Its own time goes by at most four turns' worth in a turn: a process that was stopped has kept nobody waiting.
        self._time = 0.0
        self._emptied = 0.0
        self._refused = 0
        self._refused_at = -BURST
        self._logged = -LINES

    def __len__(self) -> int:
        """How many wait."""
        return len(self._turns)

    def at_once(self) -> bool:
        """Whether a request that comes now is begun at once; it counts as begun. Else it has to `wait`."""
        if not self._watching and self._clock() - self._turn_began > SELDOM:
            self._look()
        if self._turns or self._long or self._begun >= self._at_once:
            return False
        self._begun += 1
        return True

    def wait(self, scope: Scope, entrant: Entrant) -> None:
        """Have a request begun as soon as may be, or refused."""
        client = self._who(scope)
        if not self._watching:
            self._look()
        if not self._turns and self._clock() - self._refused_at > BURST:
            self._emptied = self._time
        try:
            displaced = self._turns.push(client, entrant)
        except Full:
            displaced = entrant
        else:
            self._arrivals.append((self._time, client, entrant))
        if displaced is not None:
            asyncio.get_running_loop().call_soon(self._refuse, displaced)  # its connection may be reading just now

    def _look(self) -> None:
        self._watching = True
        asyncio.get_running_loop().call_soon(self._watch)

    def _watch(self) -> None:
        """Measure the turn that begins now."""
        self._turn_began = self._clock()
        self._begun = 0
        asyncio.get_running_loop().call_soon(self._turned)

    def _turned(self) -> None:
        """Take in how long a turn took, and begin, or refuse, what waits."""
        now = self._clock()
        took = now - self._turn_began
        self._time += min(took, 4 * TURN)
        self._long = took > TURN
        self._at_once = max(1, self._at_once // 2) if self._long else min(AT_ONCE, self._at_once * 2)
        idle = not self._begun and not self._long
        self._begun = 0
        if idle and not self._turns:
            self._arrivals.clear()
            self._spared.clear()
            self._watching = False
            return
        try:
            if self._turns:
                self._give_up()
                self._begin_some()
        finally:  # whatever one entrant raises, the others have their turn
            self._turn_began = now
            asyncio.get_running_loop().call_soon(self._turned)

    def _begin_some(self) -> None:
        while self._turns and self._begun < self._at_once:  # at least one: some turns are long for other reasons
            self._begun += self._turns.pop().begin()

    def _give_up(self) -> None:
        """Refuse what has waited for too long; a client that has little waiting is not who causes that."""
        standing = self._time - self._emptied > BURST
        while self._arrivals and self._arrivals[0][0] < self._time - (PATIENCE if standing else BURST):
            since, client, entrant = self._arrivals.popleft()
            if self._turns.share(client) > AT_ONCE:
                self._refuse_waiting(client, entrant)
            else:
                self._spared.append((since, client, entrant))
        while self._spared and self._spared[0][0] < self._time - BURST:
            _, client, entrant = self._spared.popleft()
            self._refuse_waiting(client, entrant)

    def _refuse_waiting(self, client: str, entrant: Entrant) -> None:
        if self._turns.remove(client, entrant):
            self._refuse(entrant)

    def _refuse(self, entrant: Entrant) -> None:
        entrant.refuse()
        self._metrics.refused("overload")
        self._refused += 1
        now = self._refused_at = self._clock()
        if now - self._logged >= LINES:
            log.warning("requests are refused: more come than can be served", count=self._refused)
            self._logged, self._refused = now, 0
