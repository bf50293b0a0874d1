"""How many requests a client may make: a moving window for each, through `limits`, in this process's memory.

A storage that processes share (Redis, say) takes the place of `Hits` once there are several of them.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil

from limits import RateLimitItem, parse
from limits.storage import MovingWindowSupport, Storage
from limits.strategies import MovingWindowRateLimiter

from gateway.errors import RateLimited
from gateway.settings import Client


@dataclass(frozen=True, slots=True)
class Quota:
    """What a client has left of `amount` requests in `window` seconds; one more comes free in `more` seconds."""

    amount: int
    window: int
    left: int
    more: int
    kept: bool

    @property
    def headers(self) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4."""
        return {
            "RateLimit-Policy": f'"client";q={self.amount};w={self.window}',
            "RateLimit": f'"client";r={self.left};t={self.more}',
        }

    def check(self) -> None:
        """Raises `RateLimited` where the request was one too many."""
        if not self.kept:
            detail = f"The client may make {self.amount} requests in {self.window} seconds"
            raise RateLimited(detail, retry_after=self.more)


class Limiter:
    """Counts the requests of those clients that have a rate. `clock`: seconds, monotonic."""

    def __init__(self, clients: Mapping[str, Client], *, clock: Callable[[], float]) -> None:
        self._rates = {name: parse(client.rate) for name, client in clients.items() if client.rate is not None}
        self._clock = clock
        self._limiter = MovingWindowRateLimiter(Hits(clock))

    def take(self, client: str) -> Quota | None:
        """Count one request, unless it is one too many; None for a client without a rate."""
        rate = self._rates.get(client)
        if rate is None:
            return None
        kept = self._limiter.hit(rate, client)
        stats = self._limiter.get_window_stats(rate, client)
        return Quota(rate.amount, rate.get_expiry(), stats.remaining, self._until(rate, stats.reset_time), kept)

    def _until(self, rate: RateLimitItem, moment: float) -> int:
        return min(max(1, ceil(moment - self._clock())), rate.get_expiry())


class Hits(Storage, MovingWindowSupport):
    """The moments of the requests that count, by client.

    The library's own storage in memory goes by the wall clock, and starts a thread every few milliseconds.
    """

    STORAGE_SCHEME = None
    base_exceptions = ValueError

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._hits: dict[str, deque[float]] = {}

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` requests where `limit` in `expiry` seconds allows them."""
        hits = self._within(key, expiry)
        if len(hits) + amount > limit:
            return False
        hits.extend([self._clock()] * amount)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest request that counts was made (now, where there is none), and how many do."""
        hits = self._within(key, expiry)
        return (hits[0] if hits else self._clock()), len(hits)

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def clear(self, key: str) -> None:
        """Forget one client's requests."""
        self._hits.pop(key, None)

    def reset(self) -> int:
        """Forget all requests; gives of how many clients."""
        forgotten = len(self._hits)
        self._hits.clear()
        return forgotten

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Fixed windows have no use here."""
        raise NotImplementedError

    def get(self, key: str) -> int:
        """Fixed windows have no use here."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """Fixed windows have no use here."""
        raise NotImplementedError

    def _within(self, key: str, expiry: int) -> deque[float]:
        hits = self._hits.setdefault(key, deque())
        oldest = self._clock() - expiry
        while hits and hits[0] <= oldest:
            hits.popleft()
        return hits
