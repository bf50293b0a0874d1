"""What is noted of each request once it is answered: its metrics, and a line in the log for a share of them.

The requests that are answered in one turn of the event loop are noted together, after their answers have left.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway import logs, tracing
from gateway.delivery.meter import Spent, measured
from gateway.metrics import Metrics


@dataclass(slots=True)
class UnderWay:
    """A request that is being answered: its span, since when, and how long vendors took for it so far."""

    trace: tracing.Served | None
    since: float = field(default_factory=time.perf_counter)
    spent: Spent = field(default_factory=measured)


class RequestLog:
    """Notes requests. `peers`: whether lines say where they come from; `share`: how many have a line, from 0 to 1.

    `seen` is called with every line, whether it is written or not.
    """

    def __init__(
        self,
        metrics: Metrics,
        *,
        peers: bool,
        share: float,
        seen: Callable[[Mapping[str, Any]], None] = lambda line: None,
    ) -> None:
        self._seen = seen
        self._metrics = metrics
        self._peers = peers
        self._share = share
        self._due = 0.0
        self._answered: list[tuple[dict[str, Any], float]] = []

    def begin(self, method: str, route: str, headers: Iterable[tuple[bytes, bytes]]) -> UnderWay:
        """A request has come; what the present task and those that it begins ask of vendors is its own."""
        self._metrics.in_flight.inc()
        return UnderWay(tracing.served(method, route, headers))

    def cut(self, under_way: UnderWay) -> None:
        """A request is let go of without an answer."""
        if under_way.trace is not None:
            under_way.trace.end()
        self._metrics.in_flight.inc(-1)

    def end(self, under_way: UnderWay, line: dict[str, Any], *, peer: str | None, about: dict[str, str]) -> None:
        """A request is answered; `line` says what is known of every one: method, route, status and so on."""
        self._metrics.in_flight.inc(-1)
        seconds = time.perf_counter() - under_way.since
        line["ms"] = round(seconds * 1000, 1)
        if under_way.spent.seconds:
            line["vendor_ms"] = round(under_way.spent.seconds * 1000, 1)
        if self._peers:
            line["peer"] = peer
        line.update(about)
        if under_way.trace is not None:
            line["trace_id"] = under_way.trace.trace_id
            under_way.trace.end(line["status"], about)
        if not self._answered:
            asyncio.get_running_loop().call_soon(self._note)
        self._answered.append((line, seconds))

    def _note(self) -> None:
        answered, self._answered = self._answered, []
        for line, seconds in answered:
            self._metrics.answered(line["route"], line["method"], line["status"], seconds, by_vendor="vendor" in line)
            self._seen(line)
        every = self._share >= 1
        logs.info_each("request", [line for line, _ in answered if every or self._has_line(line["status"])])

    def _has_line(self, status: int) -> bool:
        """Whether this request is one of the share, which is spread evenly; those with 5xx all are."""
        if status >= 500:
            return True
        self._due += self._share
        if self._due < 1:
            return False
        self._due -= 1
        return True
