"""What the gateway counts, for Prometheus: no member, no key in any label, and no tenant but those with budgets."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from gateway.adjustments import Status, Verdict
from gateway.limits import Budget
from gateway.model import CircuitState

Purpose = Literal["call", "search", "repeat"]
"""What a vendor is called for: a caller, or to find out what became of an unknown, by a search or by a repeat."""
Alarm = Literal["adapter", "background", "booked", "conflict", "masked", "repeat", "search"]
"""An adapter did what none may; a background task failed; a vendor knows an adjustment's own id as something else; a
late outcome contradicts what was settled; what a vendor said of an adjustment held a secret; the time for repeats runs
out, or there can be none; a search failed, or found what it must not."""
Reread = Literal["file", "key"]
"""A file that a configuration takes values from, or a client key in one."""
Refusal = Literal[
    "no_key", "wrong_key", "anonymous_rate", "wrong_key_pause", "rate", "max_concurrency", "overload", "unreadable"
]
"""Why a request was refused at the door: there was no key, or none that is known; too many such requests came from the
same address; the client had used up its rate, or its requests under way; the process is offered more than it can do; it
is no HTTP that can be read."""
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The counters of one gateway process, and what its journal holds."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        requests = Counter(
            "points_requests", "Answers given, by route and HTTP status.", ("route", "status"), registry=self._registry
        )
        attempts = Counter(
            "points_attempts",
            "Attempts of writes, by vendor and what they proved.",
            ("vendor", "verdict"),
            registry=self._registry,
        )
        vendor = Histogram(
            "points_vendor_seconds",
            "Seconds of whole vendor calls.",
            ("vendor", "operation"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._circuits = Gauge(
            "points_circuit",
            "1 for the state that a vendor's circuit is in; searches have one of their own.",
            ("vendor", "purpose", "state"),
            registry=self._registry,
        )
        self._held = Counter(
            "points_held",
            "Calls that were not let through to a vendor, by what held them.",
            ("vendor", "purpose", "by"),
            registry=self._registry,
        )
        self._alarms = Counter(
            "points_alarms", "What needs a person, by what was noticed.", ("why",), registry=self._registry
        )
        self._rereads = Counter(
            "points_rereads",
            "Files that changed, and client keys in them, by whether the new text is used.",
            ("of", "result"),
            registry=self._registry,
        )
        for of in get_args(Reread):
            for result in ("used", "refused"):
                self._rereads.labels(of, result)
        for why in get_args(Alarm):
            self._alarms.labels(why)  # so that an alarm on the first increase sees one
        self._refusals = Counter(
            "points_refused", "Requests refused at the door, by reason.", ("reason",), registry=self._registry
        )
        for reason in get_args(Refusal):
            self._refusals.labels(reason)
        # What is counted for every call is looked up once: the labels are few.
        self._answers = cache(lambda route, status: requests.labels(route, str(status)))
        self._verdicts = cache(lambda name, verdict: attempts.labels(name, verdict.value))
        self._seconds = cache(lambda name, operation: vendor.labels(name, operation))
        self.standing = Standing()
        self.register(self.standing)
        self.budgets = BudgetUse()
        self.register(self.budgets)

    def answered(self, route: str, status: int) -> None:
        """Count an answer to a caller."""
        self._answers(route, status).inc()

    def attempted(self, vendor: str, verdict: Verdict, seconds: float) -> None:
        """Count an attempt of a write."""
        self._verdicts(vendor, verdict).inc()
        self._seconds(vendor, "adjust").observe(seconds)

    def read(self, vendor: str, seconds: float) -> None:
        """Count a read at a vendor, whatever came of it."""
        self._seconds(vendor, "read").observe(seconds)

    def circuit(self, vendor: str, purpose: Purpose, state: CircuitState) -> None:
        """Note the state of a vendor's circuit."""
        for each in CircuitState:
            self._circuits.labels(vendor, purpose, each.value).set(each is state)

    def held(self, vendor: str, purpose: Purpose, by: Literal["circuit", "slots"]) -> None:
        """Count a call that was not let through."""
        self._held.labels(vendor, purpose, by).inc()

    def refused(self, reason: Refusal) -> None:
        """Count a request that was refused at the door."""
        self._refusals.labels(reason).inc()

    def alarmed(self, why: Alarm) -> None:
        """Count what needs a person."""
        self._alarms.labels(why).inc()

    def reread(self, of: Reread, *, used: bool) -> None:
        """Count a change that was noticed while running, and whether it is in force."""
        self._rereads.labels(of, "used" if used else "refused").inc()

    def register(self, collector: Collector) -> None:
        """Have what a collector says told too."""
        self._registry.register(collector)

    def exposition(self) -> bytes:
        """Everything counted, in Prometheus' text format."""
        return generate_latest(self._registry)


class Standing(Collector):
    """What the journal holds: how many of each status, how old the oldest unknown is, and `strays` by vendor."""

    def __init__(self) -> None:
        self._counts: Mapping[Status, int] = {}
        self._oldest: float | None = None
        self.strays: Mapping[str, int] = {}

    def update(self, counts: Mapping[Status, int], oldest_unknown: datetime | None, now: datetime) -> None:
        """Take over what the journal says now."""
        self._counts = counts
        self._oldest = (now - oldest_unknown).total_seconds() if oldest_unknown else 0.0

    def collect(self) -> Iterable[Metric]:
        """The gauges, as Prometheus asks for them."""
        standing = GaugeMetricFamily("points_adjustments", "Adjustments in the journal, by status.", labels=["status"])
        for status, count in self._counts.items():
            standing.add_metric([status.value], count)
        yield standing
        strays = GaugeMetricFamily(
            "points_unknown_strays",
            "Unknown adjustments that went to an account which is not configured any more, by vendor.",
            labels=["vendor"],
        )
        for vendor, count in self.strays.items():
            strays.add_metric([vendor], count)
        yield strays
        if self._oldest is not None:
            yield GaugeMetricFamily(
                "points_oldest_unknown_seconds",
                "Age of the oldest unknown adjustment; 0 where there is none.",
                value=self._oldest,
            )


class BudgetUse(Collector):
    """What is taken today from each budget that is configured; `used` is what the journal said last."""

    def __init__(self) -> None:
        self.used: Mapping[Budget, Decimal] = {}

    def collect(self) -> Iterable[Metric]:
        """The gauges, as Prometheus asks for them."""
        names = ("of", "name", "point_type", "direction")
        limit = GaugeMetricFamily("points_budget_limit", "Points a day, of each budget.", labels=names)
        used = GaugeMetricFamily("points_budget_used", "Points taken today, of each budget.", labels=names)
        for budget, points in self.used.items():
            labels = [budget.kind, budget.name, budget.point_type, budget.direction]
            limit.add_metric(labels, float(budget.points))
            used.add_metric(labels, float(points))
        return limit, used
