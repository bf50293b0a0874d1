"""Remembers the last requests of this process, and for an hour how many there were and how long they took, by minute.

The minutes are of all processes that share the listeners, by vendor and by tenant: differences of counters that they
share. What it costs a request is one count after its answer has left. Polls of the feed that succeed are left out:
one listener sends two a second, and would push everything else out of the last requests.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from gateway.metrics import Metrics
from gateway.series import Spreads

LATEST = 200
"""Requests that are remembered."""
FEED = "/v1/events"
"""The route of the feed, which listeners poll."""
MINUTES = 60
MINUTE = 60.0

Of = Literal["vendor", "tenant"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that was answered: its number in this process, when (seconds since 1970), and its log line."""

    number: int
    at: float
    line: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Minute:
    """What happened up to a moment since the minute before, by name; names without anything are left out."""

    at: datetime
    by_name: Mapping[str, Spreads]


class Recorder:
    """Takes in each answered request. `clock`: now, aware; `monotonic`: seconds."""

    def __init__(self, metrics: Metrics, *, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._monotonic = monotonic
        self._number = 0
        self._latest: deque[Seen] = deque(maxlen=LATEST)
        self._changed: asyncio.Event | None = None
        self._due = monotonic() + MINUTE
        self._before: dict[Of, dict[str, Spreads]] = {
            "vendor": self._totals("vendor"),
            "tenant": self._totals("tenant"),
        }
        self._minutes: dict[Of, deque[Minute]] = {"vendor": deque(maxlen=MINUTES), "tenant": deque(maxlen=MINUTES)}
        metrics.sampled(self._sample)

    def answered(self, line: Mapping[str, Any]) -> None:
        """Take in the log line of a request; of a poll that succeeds, only that its client was there."""
        now = time.time()
        if (client := line.get("client")) is not None:
            self._metrics.shown.used(client, now)
        if line["route"] == FEED and line["status"] < 400:
            return
        self._number += 1
        self._latest.append(Seen(self._number, now, line))
        if (tenant := line.get("tenant")) is not None:
            self._metrics.shown.served(tenant, line["ms"] / 1000, failed=line["status"] >= 500)
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    @property
    def number(self) -> int:
        """The number of the newest request."""
        return self._number

    async def changed(self) -> None:
        """Return once there is a request that is newer than all before."""
        if self._changed is None:
            self._changed = asyncio.Event()
        await self._changed.wait()

    def requests(self, *, after: int = 0, limit: int = LATEST) -> list[Seen]:
        """The newest requests after a number, newest first."""
        found = [each for each in self._latest if each.number > after]
        return found[-limit:][::-1]

    def minutes(self, of: Of) -> list[Minute]:
        """The minutes of the last hour, oldest first; the last one is what has happened since the one before."""
        totals = self._totals(of)
        return [*self._minutes[of], Minute(self._clock(), _since(self._before[of], totals))]

    def last_used(self) -> dict[str, datetime]:
        """When each client last had an answer of these processes; without those that had none."""
        return {client: datetime.fromtimestamp(at, UTC) for client, at in self._metrics.shown.last_used().items()}

    def _sample(self) -> None:
        if self._monotonic() < self._due:
            return
        self._due = self._monotonic() + MINUTE
        now = self._clock()
        for of, minutes in self._minutes.items():
            totals = self._totals(of)
            minutes.append(Minute(now, _since(self._before[of], totals)))
            self._before[of] = totals

    def _totals(self, of: Of) -> dict[str, Spreads]:
        return self._metrics.shown.by_vendor() if of == "vendor" else self._metrics.shown.by_tenant()


def _since(before: Mapping[str, Spreads], now: Mapping[str, Spreads]) -> dict[str, Spreads]:
    found = {name: total.since(before.get(name)) for name, total in now.items()}
    return {name: each for name, each in found.items() if each.count}
