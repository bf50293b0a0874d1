"""The bound on concurrent requests of one client, in this process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from gateway.errors import RateLimited
from gateway.metrics import Metrics
from gateway.settings import Client

PAUSE = 1.0
"""Seconds in `Retry-After`."""


class Concurrency:
    """Counts the running requests of clients with a bound, by name: a new configuration does not reset the counts."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._under_way: Counter[str] = Counter()

    def one_more(self, client: Client) -> AbstractContextManager[None]:
        """A context that counts one request of a client; entering it raises `RateLimited` above the bound."""
        most = client.max_concurrency
        return nullcontext() if most is None else self._counted(client.name, most)

    @contextmanager
    def _counted(self, client: str, most: int) -> Iterator[None]:
        if self._under_way[client] >= most:
            self._metrics.refused("max_concurrency")
            raise RateLimited(
                f"The client has {most} requests under way, which is as many as it may", retry_after=PAUSE
            )
        self._under_way[client] += 1
        try:
            yield
        finally:
            self._under_way[client] -= 1
            if not self._under_way[client]:
                del self._under_way[client]
