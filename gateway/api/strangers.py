"""How often somebody without a valid key may ask, by the address that they ask from; nobody with a valid key counts.

A key that is not known costs its sender more than none: after a few, such requests are refused for a growing time.
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
"""Addresses that are remembered; those that were quiet longest are forgotten first."""
LONGEST = 60.0
"""Seconds for which wrong keys of one address are refused at most, before the next one is looked at."""
FORGIVEN = 600.0
"""Seconds after which an address that sent no wrong key begins anew."""
LINES = 10.0
"""Seconds between two log lines about the refusals of one address."""
_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}


@dataclass(frozen=True, slots=True)
class Budget:
    """So many requests in so many seconds, all at once or evenly spread (the generic cell rate algorithm)."""

    amount: int
    seconds: float

    @classmethod
    def of(cls, rate: str) -> "Budget":
        """The budget of a rate such as `50/second`."""
        amount, _, unit = rate.partition("/")
        return cls(int(amount), _SECONDS[unit])

    def taken(self, owed: float, now: float) -> tuple[float, float]:
        """The moment by which all requests are paid for, with one more; and seconds to wait, where it is one too many.

        One too many is not counted.
        """
        due = max(owed, now) + self.seconds / self.amount
        wait = due - now - self.seconds
        return (owed, wait) if wait > 1e-9 else (due, 0.0)


@dataclass(slots=True)
class _Peer:
    """What is remembered of one address; moments are on the clock of `Strangers`."""

    asked: float = 0.0
    wrong: float = 0.0
    strikes: int = 0
    paused: float = 0.0
    refused: int = 0
    logged: float = field(default=-LINES)


class Strangers:
    """Counts requests without a valid key, in this process. `clock`: seconds, monotonic, from 0 or more.

    `shown` gives what the log may say of an address.
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

    def count(self, peer: str, *, wrong_key: bool) -> None:
        """Count a request from an address. Raises `RateLimited` where it is one too many."""
        known, now = self._known(peer), self._clock()
        known.asked, wait = self._anonymous.taken(known.asked, now)
        if wait:
            raise self._refused(peer, known, "anonymous_rate", wait)
        self._metrics.refused("wrong_key" if wrong_key else "no_key")
        if wrong_key and (wait := self._pause(known, now)):
            raise self._refused(peer, known, "wrong_key_pause", wait)

    def too_many(self, peer: str) -> bool:
        """Count a request that is answered whatever comes of that: whether it is one too many."""
        known = self._known(peer)
        known.asked, wait = self._anonymous.taken(known.asked, self._clock())
        return wait > 0

    def _known(self, peer: str) -> _Peer:
        network = budgeted(peer)
        known = self._peers.get(network)
        if known is None:
            known = self._peers[network] = _Peer()
        return known

    def _pause(self, known: _Peer, now: float) -> float:
        """Seconds for which wrong keys are refused; one too many after a pause makes the next pause twice as long."""
        if now < known.paused:
            return known.paused - now
        if now - max(known.paused, known.wrong) > FORGIVEN:
            known.strikes = 0
        known.wrong, wait = self._wrong_keys.taken(known.wrong, now)
        if not wait:
            return 0.0
        pause = min(2.0**known.strikes, LONGEST)
        known.strikes = min(known.strikes + 1, 16)
        known.paused = now + pause
        return pause

    def _refused(self, peer: str, known: _Peer, reason: Refusal, wait: float) -> RateLimited:
        self._metrics.refused(reason)
        known.refused += 1
        now = self._clock()
        if now - known.logged >= LINES:
            self._line, too_many = self._lines.taken(self._line, now)
            if not too_many:
                log.warning("an address is refused", peer=self._shown(peer), reason=reason, count=known.refused)
                known.logged, known.refused = now, 0
        details = {
            "anonymous_rate": "Too many requests without a valid API key came from this address",
            "wrong_key_pause": "Too many wrong API keys came from this address: correct the key; a valid one is served",
        }
        return RateLimited(details[reason], retry_after=wait)
