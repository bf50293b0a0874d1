"""Rate limits of clients: a moving window for each, by the library `limits`, in this process's memory.

`shared_limiting.py` counts for all processes, by the same library.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from limits import RateLimitItem, parse
from limits.storage import MovingWindowSupport, Storage
from limits.strategies import MovingWindowRateLimiter

from gateway.errors import RateLimited
from gateway.settings import Client

Moments = dict[str, deque[float]]
"""When the requests were made that count, by client; on the clock of whoever counts."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A client's quota: `left` of `amount` requests in `window` seconds; the next becomes free in `more` seconds.

    `within`: the request is within the quota.
    """

    amount: int
    window: int
    left: int
    more: int
    within: bool

    @classmethod
    def of(cls, rate: RateLimitItem, left: int, more: float, *, within: bool) -> "Quota":
        """What is left of a rate, with the seconds until there is `more`."""
        return cls(rate.amount, rate.get_expiry(), left, min(max(1, ceil(more)), rate.get_expiry()), within)

    @property
    def headers(self) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4."""
        return {
            "RateLimit-Policy": f'"client";q={self.amount};w={self.window}',
            "RateLimit": f'"client";r={self.left};t={self.more}',
        }

    def check(self) -> None:
        """Raises `RateLimited` if the request exceeded the quota."""
        if not self.within:
            detail = f"The client may make {self.amount} requests in {self.window} seconds"
            raise RateLimited(detail, retry_after=self.more)


class Counting(Protocol):
    """Counts the requests of clients, in this process or for all."""

    async def counted(self, client: str) -> Quota | None:
        """Count one request, unless it exceeds the rate; None for a client without a rate."""


class Limiter:
    """Counts the requests of clients with a rate. `clock` returns monotonic seconds.

    `hits`: those that count so far, by client; whoever makes another limiter on them has them count on. `share`: of
    each rate, what this limiter allows; one request at least.
    """

    def __init__(
        self, clients: Mapping[str, Client], hits: Moments, *, clock: Callable[[], float], share: float = 1.0
    ) -> None:
        self._rates = rates(clients, share)
        self._clock = clock
        self._limiter = MovingWindowRateLimiter(Hits(hits, clock))

    def take(self, client: str) -> Quota | None:
        """Count one request, unless it exceeds the rate; None for a client without a rate."""
        rate = self._rates.get(client)
        if rate is None:
            return None
        within = self._limiter.hit(rate, client)
        stats = self._limiter.get_window_stats(rate, client)
        return Quota.of(rate, stats.remaining, stats.reset_time - self._clock(), within=within)

    async def counted(self, client: str) -> Quota | None:
        """As `take`, for who may have to wait for another limiter."""
        return self.take(client)


def rates(clients: Mapping[str, Client], share: float = 1.0) -> dict[str, RateLimitItem]:
    """The rates of the clients that have one, or a share of each; one request at least."""
    whole = {name: parse(client.rate) for name, client in clients.items() if client.rate is not None}
    if share == 1.0:
        return whole
    return {name: type(rate)(max(1, int(rate.amount * share)), rate.multiples) for name, rate in whole.items()}


class Hits(Storage, MovingWindowSupport):
    """The times of the counted requests, by client, whatever its rate.

    The library's own memory storage uses the wall clock, and starts a timer thread again and again.
    """

    STORAGE_SCHEME = None
    base_exceptions = ValueError

    def __init__(self, hits: Moments, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._hits = hits

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` requests, if `limit` in `expiry` seconds allows them."""
        hits = self._within(key, expiry)
        if len(hits) + amount > limit:
            return False
        hits.extend([self._clock()] * amount)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """The time of the oldest counted request (now, if there is none), and their number."""
        hits = self._within(key, expiry)
        return (hits[0] if hits else self._clock()), len(hits)

    def check(self) -> bool:
        """Memory is always available."""
        return True

    def clear(self, key: str) -> None:
        """Remove one client's requests."""
        self._hits.pop(_client(key), None)

    def reset(self) -> int:
        """Remove all requests; returns the number of clients."""
        count = len(self._hits)
        self._hits.clear()
        return count

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
        hits = self._hits.setdefault(_client(key), deque())
        oldest = self._clock() - expiry
        while hits and hits[0] <= oldest:
            hits.popleft()
        return hits


def _client(key: str) -> str:
    """The client of one of the library's keys, which are `LIMITER/client/amount/multiples/unit`."""
    return key.split("/")[1]
