"""Requests that are not valid HTTP: counted, and logged at a bounded rate."""

from collections.abc import Callable

import structlog

from gateway.metrics import Metrics

log = structlog.get_logger(__name__)
LINES = 10.0
"""Seconds between two log lines."""


class Unreadable:
    """Counts unreadable requests in this process. `clock` returns monotonic seconds.

    `shown` returns the form of an address for the log, or None. The address is that of the connection, because the
    headers of an unreadable request are not trusted.
    """

    def __init__(
        self, *, metrics: Metrics, clock: Callable[[], float], shown: Callable[[str], str | None] = lambda peer: peer
    ) -> None:
        self._metrics = metrics
        self._clock = clock
        self._shown = shown
        self._count = 0
        self._logged = -LINES

    def note(self, peer: str, why: str) -> None:
        """Count a request from an address."""
        self._metrics.refused("unreadable")
        self._count += 1
        now = self._clock()
        if now - self._logged >= LINES:
            log.warning("requests cannot be read", peer=self._shown(peer), why=why, count=self._count)
            self._logged, self._count = now, 0
