"""How many requests of one client are under way at once, in this process."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from gateway.errors import RateLimited
from gateway.metrics import Metrics
from gateway.settings import Client

PAUSE = 1.0
"""Seconds after which it is worth coming again."""


class Concurrency:
    """Counts the requests under way of those clients that have a bound."""

    def __init__(self, clients: Mapping[str, Client], metrics: Metrics) -> None:
        self._metrics = metrics
        self._most = {
            name: client.max_concurrency for name, client in clients.items() if client.max_concurrency is not None
        }
        self._under_way: Counter[str] = Counter()

    def one_more(self, client: str) -> AbstractContextManager[None]:
        """Counts one request of a client while a block runs, which raises `RateLimited` where it is one too many."""
        most = self._most.get(client)
        return nullcontext() if most is None else self._counted(client, most)

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
