"""Rate limits for requests without a valid key, by address; requests with a valid key do not count.

Unknown keys are limited more strictly than missing ones: after a few, they are refused for growing pauses.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from cachetools import LRUCache

from gateway.api.peer import budgeted
from gateway.errors import RateLimited
from gateway.metrics import Metrics, Refusal

log = structlog.get_logger(__name__)
MOST = 10_000
"""Maximum number of remembered addresses; the least recently used are forgotten first."""
LONGEST = 60.0
"""Maximum seconds of a pause in which wrong keys of one address are refused."""
FORGIVEN = 600.0
"""Seconds without a wrong key after which an address starts with short pauses again."""
LINES = 10.0
"""Seconds between two log lines about the refusals of one address."""
_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}


@dataclass(frozen=True, slots=True)
class Budget:
    """`amount` requests in `seconds`, as a burst or evenly spread (the generic cell rate algorithm)."""

    amount: int
    seconds: float

    @classmethod
    def of(cls, rate: str) -> "Budget":
        """The budget of a rate such as `50/second`."""
        amount, _, unit = rate.partition("/")
        return cls(int(amount), _SECONDS[unit])

    def take(self, paid_until: float, now: float) -> tuple[float, float]:
        """Count one request: returns the new `paid_until`, and the seconds to wait if the budget is exceeded.

        `paid_until` is the theoretical arrival time of the algorithm. A request above the budget is not counted.
        """
        # More can be owed if the budget was another one before.
        owed = min(paid_until, now + self.seconds)
        due = max(owed, now) + self.seconds / self.amount
        wait = due - now - self.seconds
        return (owed, wait) if wait > 1e-9 else (due, 0.0)


@dataclass(slots=True)
class _Peer:
    """The state of one address; moments are on the clock of `Strangers`."""

    asked: float = 0.0
    wrong: float = 0.0
    strikes: int = 0
    paused: float = 0.0
    refused: int = 0
    logged: float = field(default=-LINES)


class Strangers:
    """Counts requests without a valid key, in this process. `clock`: monotonic seconds, not negative.

    `shown` returns the form of an address for the log, or None.
    """

    def __init__(
        self,
        *,
        anonymous: Budget,
        wrong_keys: Budget,
        clock: Callable[[], float],
        metrics: Metrics,
        shown: Callable[[str], str | None] = lambda peer: peer,
    ) -> None:
        self._anonymous = anonymous
        self._wrong_keys = wrong_keys
        self._clock = clock
        self._metrics = metrics
        self._shown = shown
        self._peers: LRUCache[str, _Peer] = LRUCache(MOST)
        self._lines = Budget(10, 1.0)
        self._line = 0.0

    def allow(self, *, anonymous: Budget, wrong_keys: Budget) -> None:
        """Count by other budgets from now on; what was counted stays."""
        self._anonymous = anonymous
        self._wrong_keys = wrong_keys

    def count(self, peer: str, *, wrong_key: bool) -> None:
        """Count a request from an address. Raises `RateLimited` above the limit."""
        state, now = self._state(peer), self._clock()
        state.asked, wait = self._anonymous.take(state.asked, now)
        if wait:
            raise self._refused(peer, state, "anonymous_rate", wait)
        self._metrics.refused("wrong_key" if wrong_key else "no_key")
        if wrong_key and (wait := self._pause(state, now)):
            raise self._refused(peer, state, "wrong_key_pause", wait)

    def too_many(self, peer: str) -> bool:
        """Count a request that is answered in any case; returns whether it is above the limit."""
        state = self._state(peer)
        state.asked, wait = self._anonymous.take(state.asked, self._clock())
        return wait > 0

    def _state(self, peer: str) -> _Peer:
        network = budgeted(peer)
        state = self._peers.get(network)
        if state is None:
            state = self._peers[network] = _Peer()
        return state

    def _pause(self, state: _Peer, now: float) -> float:
        """Seconds for which wrong keys are refused; each pause is twice as long as the one before."""
        if now < state.paused:
            return state.paused - now
        if now - max(state.paused, state.wrong) > FORGIVEN:
            state.strikes = 0
        state.wrong, wait = self._wrong_keys.take(state.wrong, now)
        if not wait:
            return 0.0
        pause = min(2.0**state.strikes, LONGEST)
        state.strikes = min(state.strikes + 1, 16)  # keeps the power of two small; `LONGEST` is reached long before
        state.paused = now + pause
        return pause

    def _refused(self, peer: str, state: _Peer, reason: Refusal, wait: float) -> RateLimited:
        self._metrics.refused(reason)
        state.refused += 1
        now = self._clock()
        if now - state.logged >= LINES:
            self._line, too_many = self._lines.take(self._line, now)
            if not too_many:
                log.warning("an address is refused", peer=self._shown(peer), reason=reason, count=state.refused)
                state.logged, state.refused = now, 0
        details = {
            "anonymous_rate": "Too many requests without a valid API key came from this address",
            "wrong_key_pause": "Too many wrong API keys came from this address: correct the key; a valid one is served",
        }
        return RateLimited(details[reason], retry_after=wait)
