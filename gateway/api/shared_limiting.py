"""Rate limits of clients that all processes share, counted in Redis or Valkey by the library `limits`.

A request waits for it briefly, before anything is claimed; while it is away, each process allows a share of each rate.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog
from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import BlockingConnectionPool
from redis.exceptions import RedisError

from gateway.api.limiting import Limiter, Quota, rates
from gateway.metrics import Metrics
from gateway.settings import Client

log = structlog.get_logger(__name__)
PATIENCE = 0.05
"""Seconds that a request waits for the server."""
FAILURES = 3
"""Failures in a row after which the server is away; a single one may be a moment's own."""
REST = 1.0
"""Seconds after a failure in which a server that is away is not asked."""
_CONNECTIONS = 32
_PREFIX = "points-gateway"


class SharedCounts:
    """The counts of one server, reached by a pool of connections of this process.

    `clock`: seconds, monotonic. `patience`: as `PATIENCE`.
    """

    def __init__(self, url: str, *, clock: Callable[[], float], patience: float = PATIENCE) -> None:
        # Valkey speaks the protocol of Redis, and so one library reaches both.
        url = url.replace("valkey", "redis", 1) if url.startswith("valkey") else url
        self._pool = BlockingConnectionPool.from_url(
            url, max_connections=_CONNECTIONS, timeout=patience, socket_connect_timeout=patience
        )
        storage = RedisStorage(
            url,
            implementation="redispy",
            key_prefix=_PREFIX,
            connection_pool=self._pool,  # type: ignore[arg-type]  # its own docstring names it
        )
        self._limiter = MovingWindowRateLimiter(storage)
        self._clock = clock
        self._patience = patience
        self._away_until = 0.0
        self._failures = 0

    async def count(self, rate: RateLimitItem, client: str) -> tuple[bool, int, float] | None:
        """Count one request of a client, unless it exceeds the rate; None where the server does not count.

        Gives whether it is within the rate, how many are left, and the seconds until there is one more.
        """
        if self._away and self._clock() < self._away_until:
            return None
        try:
            async with asyncio.timeout(self._patience):
                within = await self._limiter.hit(rate, client)
                reset, left = await self._limiter.get_window_stats(rate, client)
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)
            return None
        if self._away:
            log.info("the shared rates are back")
        self._failures = 0
        return within, left, reset - time.time()

    def tell(self, metrics: Metrics) -> None:
        """Have Prometheus told whether the server answers."""
        up = metrics.gauge(
            "points_shared_rates_up",
            "1 while clients' rates are counted by the shared server; 0 while a process allows its share of them.",
            merged="min",
        ).labels()
        metrics.sampled(lambda: up.set(not self._away))

    @property
    def _away(self) -> bool:
        return self._failures >= FAILURES

    async def close(self) -> None:
        """Let go of the connections."""
        await self._pool.disconnect()

    def _failed(self, error: Exception) -> None:
        self._away_until = self._clock() + REST
        self._failures += 1
        if self._failures == FAILURES:
            log.error("the shared rates are away; each process allows its share", error=type(error).__name__)


class SharedLimiter:
    """Counts the requests of clients with a rate for all processes together; by `alone` while the server is away."""

    def __init__(self, clients: Mapping[str, Client], counts: SharedCounts, alone: Limiter) -> None:
        self._rates = rates(clients)
        self._counts = counts
        self._alone = alone

    async def counted(self, client: str) -> Quota | None:
        """Count one request, unless it exceeds the rate; None for a client without a rate."""
        rate = self._rates.get(client)
        if rate is None:
            return None
        counted = await self._counts.count(rate, client)
        if counted is None:
            return self._alone.take(client)
        within, left, more = counted
        return Quota.of(rate, left, more, within=within)
