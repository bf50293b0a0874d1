"""Admission control: requests that the process cannot serve soon wait in turns by client, or are refused.

A turn of the event loop runs a piece of every request under way, so a long turn means high load: new requests then
wait. A burst may wait for `BURST` seconds. If the queue has not been empty for that long, the load is too high, and
requests of clients with many waiting are refused after `PATIENCE` seconds.
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
"""Seconds of a turn of the event loop above which new requests wait."""
BURST, PATIENCE = 0.1, 0.06
"""Seconds that a request may wait: if the queue was empty within the last `BURST`, and otherwise. A queue that becomes
empty within `BURST` after a refusal counts as not empty: the same flood goes on and must not get a second burst."""
LONGEST = 0.5
"""Seconds after which also a client with few waiting requests is refused: its turn should have come long before."""
MOST = 1024
"""Maximum number of waiting requests; above it, the newest request of the client with the most is refused at once."""
AT_ONCE = 64
"""Maximum number of requests that begin in one turn; halved after a long turn, doubled after a short one. It also
defines which clients have many waiting: those whose count, times the number of waiting clients, exceeds it."""
SELDOM = 0.002
"""Seconds without a measurement of turns after which a new request starts one; measuring has a small cost."""
LINES = 10.0
"""Seconds between two log lines about refusals."""


class Entrant(Protocol):
    """A request that waits for admission."""

    def begin(self) -> bool:
        """Begin to serve it; False if its caller has disconnected."""

    def refuse(self) -> None:
        """Answer `overloaded`."""


class Admission:
    """Admits requests; used from one event loop. `clock`: monotonic seconds of high resolution.

    `who` returns the client of a request's scope; it is called only for requests that wait. `most` is the maximum
    number of waiting requests.
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
        # A clock that advances by at most four turns' worth per turn, so that time in which the process was stopped
        # does not count as waiting.
        self._time = 0.0
        self._emptied = 0.0
        self._refused = 0
        self._refused_at = -BURST
        self._logged = -LINES

    def __len__(self) -> int:
        """The number of waiting requests."""
        return len(self._turns)

    def at_once(self) -> bool:
        """Whether a new request may begin now, which counts it; otherwise the caller must `wait`."""
        if not self._watching and self._clock() - self._turn_began > SELDOM:
            self._measure()
        if self._turns or self._long or self._begun >= self._at_once:
            return False
        self._begun += 1
        return True

    def wait(self, scope: Scope, entrant: Entrant) -> None:
        """Queue a request, to begin as soon as possible or to be refused."""
        client = self._who(scope)
        if not self._watching:
            self._measure()
        if not self._turns and self._clock() - self._refused_at > BURST:
            self._emptied = self._time
        try:
            displaced = self._turns.push(client, entrant)
        except Full:
            displaced = entrant
        else:
            self._arrivals.append((self._time, client, entrant))
        if displaced is not None:
            # Not at once: this may run while the request's own connection parses.
            asyncio.get_running_loop().call_soon(self._refuse, displaced)

    def _measure(self) -> None:
        self._watching = True
        asyncio.get_running_loop().call_soon(self._watch)

    def _watch(self) -> None:
        """Start to measure a turn of the event loop."""
        self._turn_began = self._clock()
        self._begun = 0
        asyncio.get_running_loop().call_soon(self._turned)

    def _turned(self) -> None:
        """Finish the measurement of a turn; begin or refuse waiting requests."""
        now = self._clock()
        duration = now - self._turn_began
        self._time += min(duration, 4 * TURN)
        self._long = duration > TURN
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
        finally:  # an exception of one entrant must not stop the others
            self._turn_began = now
            asyncio.get_running_loop().call_soon(self._turned)

    def _begin_some(self) -> None:
        # At least one per turn, because a turn can be long for other reasons.
        while self._turns and self._begun < self._at_once:
            self._begun += self._turns.pop().begin()

    def _give_up(self) -> None:
        """Refuse requests that have waited too long; a client with few of them is spared, as it is not the cause."""
        standing = self._time - self._emptied > BURST
        while self._arrivals and self._arrivals[0][0] < self._time - (PATIENCE if standing else BURST):
            since, client, entrant = self._arrivals.popleft()
            if self._turns.share(client) > AT_ONCE:
                self._refuse_waiting(client, entrant)
            else:
                self._spared.append((since, client, entrant))
        while self._spared and self._spared[0][0] < self._time - LONGEST:
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
