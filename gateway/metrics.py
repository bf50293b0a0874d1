"""What is counted, for Prometheus; labels contain no member, no key, and no tenant except those with budgets."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Literal, get_args

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from gateway.adjustments import Verdict
from gateway.journal_metrics import BudgetUse, Standing, WebhookUse, WriterUse
from gateway.model import CircuitState
from gateway.series import AnyFamily, Area, Cells, Count, Counter, Gauge, Histogram, Page, Processes, Spread
from gateway.shown_numbers import ShownNumbers

Purpose = Literal["call", "search", "repeat", "token"]
"""The purpose of a vendor call: a caller's request, the settlement of an unknown by a search or a repeat, or a token
for these."""
Alarm = Literal["adapter", "background", "booked", "conflict", "masked", "repeat", "search"]
"""In this order: an adapter broke a rule; a background task failed; a vendor has used an adjustment's own id for
something else; a late outcome contradicts a settled one; a vendor's answer to an adjustment contained a secret; the
time for repeats runs out, or no repeat is possible; a search failed, or its result contradicts the request."""
Reread = Literal["file", "key"]
"""A `${file:...}` file of the configuration, or a client key in such a file."""
Refusal = Literal[
    "no_key", "wrong_key", "anonymous_rate", "wrong_key_pause", "rate", "max_concurrency", "overload", "unreadable"
]
"""Why a request was refused before it was served. In this order: no key; an unknown key; too many requests without a
valid key from one address; a pause after too many wrong keys; the client's rate; the client's bound on concurrent
requests; the load of the process; it is not valid HTTP."""
Answered = Literal["success", "pending", "refused", "vendor_failed", "failed"]
"""The outcome of a request. In this order: a status below 300, but for 202; 202; 4xx; 5xx because of a vendor; other
5xx."""
Asked = Literal["success", "refused", "unavailable", "timeout", "unreadable", "held", "cut"]
"""The outcome of an exchange with a vendor. In this order: it did what it was asked; it refused; it could not be
reached, failed or had too many requests; it did not answer in time; its answer or our adapter was at fault; nothing
was sent; it was ended by us."""
Operation = Literal["adjust", "cancel", "balance", "expiring", "transactions", "lookup", "search", "repeat"]
"""What a vendor is asked for."""
REQUEST_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
VENDOR_BOUNDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
"""Few, since each vendor has its own: 1,000 vendors have as many thousand series as there are bounds, several times."""


class Metrics:
    """The metrics of a gateway, and of its journal. This process writes `areas[number]`; the page is of all areas."""

    def __init__(self, areas: Sequence[Area] = (), number: int = 0) -> None:
        areas = areas or (Area(),)
        self.process = number, len(areas)
        self._cells = Cells(areas[number])
        self._families: dict[str, AnyFamily] = {}
        self._page = Page(self._families, areas)
        self._collectors = CollectorRegistry()
        self._samplers: list[Callable[[], None]] = []
        self._requests = self.counter(
            "points_requests_total", "Answers given, by route, method and HTTP status.", ("route", "method", "status")
        )
        self._request_seconds = self.histogram(
            "points_request_duration_seconds",
            "Seconds from a request to its answer, by route, method and outcome.",
            ("route", "method", "outcome"),
            bounds=REQUEST_BOUNDS,
        )
        self._answered: dict[tuple[str, str, int, bool], tuple[Count, Spread]] = {}
        self.in_flight = self.gauge("points_requests_in_flight", "Requests that are being answered.").labels()
        self.draining = self.gauge("points_draining", "1 while a process shuts down.", merged="max").labels()
        self._attempts = self.counter(
            "points_attempts_total", "Attempts of writes, by vendor and what they proved.", ("vendor", "verdict")
        )
        self._vendor_seconds = self.histogram(
            "points_vendor_request_duration_seconds",
            "Seconds of exchanges with vendors, by operation and outcome.",
            ("vendor", "operation", "outcome"),
            bounds=VENDOR_BOUNDS,
        )
        self._vendor_in_flight = self.gauge(
            "points_vendor_requests_in_flight", "Exchanges with a vendor that are under way, for callers.", ("vendor",)
        )
        self._failed_reads = self.counter(
            "points_vendor_read_failures_total",
            "Reads at vendors that brought no answer, after their retries; refusals are answers.",
            ("vendor",),
        )
        self._retries = self.counter(
            "points_vendor_read_retries_total", "Reads that were asked again, since a vendor was away.", ("vendor",)
        )
        self._circuits = self.gauge(
            "points_circuit",
            "Processes whose circuit to a vendor is in a state; searches have a circuit of their own.",
            ("vendor", "purpose", "state"),
        )
        self._held = self.counter(
            "points_held_total",
            "Calls that were not let through to a vendor, by what held them.",
            ("vendor", "purpose", "by"),
        )
        self._tokens = self.counter(
            "points_tokens_total", "Tokens asked of vendors, by what came of it.", ("vendor", "result")
        )
        self._alarms = self.counter("points_alarms_total", "What needs a person, by what was noticed.", ("why",))
        self._rereads = self.counter(
            "points_rereads_total",
            "Files that changed, and client keys in them, by whether the new text is used.",
            ("of", "result"),
        )
        self._refusals = self.counter("points_refused_total", "Requests refused at the door, by reason.", ("reason",))
        self._reloads = self.counter("points_reloads_total", "Reloads of the configuration, by result.", ("result",))
        self._configuration = self.gauge(
            "points_configuration_info",
            "1 for the configuration that serves, and the gateway's version.",
            ("digest", "version"),
            merged="max",
        )
        self._loaded = self.gauge(
            "points_configuration_loaded_timestamp_seconds",
            "When the configuration that serves was loaded.",
            merged="max",
        )
        build = self.gauge("points_build_info", "1 for what is installed.", ("version", "python"), merged="max")
        build.labels(version("points-gateway"), ".".join(map(str, sys.version_info[:3]))).set(1)
        self.writer = WriterUse(self._cells)
        self._families |= {each.name: each for each in self.writer.families}
        # What rules watch is there from the start as 0, so that the first rise is one.
        for of in get_args(Reread):
            for result in ("used", "refused"):
                self._rereads.labels(of, result)
        for why in get_args(Alarm):
            self._alarms.labels(why)
        for result in ("done", "refused"):
            self._reloads.labels(result)
        for reason in get_args(Refusal):
            self._refusals.labels(reason)
        self.standing = Standing()
        self.register(self.standing)
        self.budgets = BudgetUse()
        self.register(self.budgets)
        self.events_behind = self.gauge(
            "points_events_behind_seconds",
            "For how long a step has not been published in the feed of events; of several processes, the longest.",
            merged="max",
        ).labels()
        self.webhooks = WebhookUse()
        self.register(self.webhooks)
        self.register(Processes(areas))
        self.shown = ShownNumbers(
            self._cells,
            areas,
            self._page,
            exchanges=self._vendor_seconds,
            in_flight=self._vendor_in_flight,
            alarms=self._alarms,
            bounds=REQUEST_BOUNDS,
        )

    def counter(self, name: str, help: str, labels: Sequence[str] = ()) -> Counter:  # noqa: A002 (Prometheus' word)
        """A new counter; its name ends in `_total`."""
        counter = self._families[name] = Counter(self._cells, name, help, labels)
        return counter

    def gauge(
        self,
        name: str,
        help: str,  # noqa: A002 (Prometheus' word)
        labels: Sequence[str] = (),
        *,
        merged: Literal["sum", "max", "min"] = "sum",
    ) -> Gauge:
        """A new gauge; `merged`: what is shown where several processes have one."""
        gauge = self._families[name] = Gauge(self._cells, name, help, labels, merged=merged)
        return gauge

    def histogram(self, name: str, help: str, labels: Sequence[str] = (), *, bounds: Sequence[float]) -> Histogram:  # noqa: A002
        """A new histogram."""
        histogram = self._families[name] = Histogram(self._cells, name, help, labels, bounds=bounds)
        return histogram

    def register(self, collector: Collector) -> None:
        """Add metrics that whichever process is asked finds out for all."""
        self._collectors.register(collector)

    def sampled(self, sample: Callable[[], None]) -> None:
        """Have `sample` set gauges now and then, by `sample`, and before each page of this process."""
        self._samplers.append(sample)

    def sample(self) -> None:
        """Have all gauges set that are set now and then, for the pages of other processes."""
        for each in self._samplers:
            each()

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format; any thread can make it. First have them sampled."""
        return self._page.text().encode() + generate_latest(self._collectors)

    def begin(self, *, vendors: Iterable[str], routes: Iterable[tuple[str, str]]) -> None:
        """Have what rules watch of these vendors and routes (method and path) there as 0."""
        for vendor in vendors:
            for family in (self._failed_reads, self._retries, self._vendor_in_flight):
                family.labels(vendor)
            self._attempts.labels(vendor, Verdict.UNKNOWN.value)
            self._held.labels(vendor, "call", "slots")
        for method, route in routes:
            for outcome in ("failed", "vendor_failed"):
                self._request_seconds.labels(route, method, outcome)

    def answered(self, route: str, method: str, status: int, seconds: float, *, by_vendor: bool = False) -> None:
        """Count an answer to a caller; `by_vendor`: whether a status of 5xx is because of a vendor."""
        key = route, method, status, by_vendor
        known = self._answered.get(key)
        if known is None:
            known = self._answered[key] = self._of_answers(route, method, status, by_vendor=by_vendor)
        count, spread = known
        count.inc()
        spread.observe(seconds)

    def _of_answers(self, route: str, method: str, status: int, *, by_vendor: bool) -> tuple[Count, Spread]:
        """What answers of one kind are counted in."""
        outcome: Answered
        if status < 300:
            outcome = "pending" if status == 202 else "success"
        elif status < 500:
            outcome = "refused"
        else:
            outcome = "vendor_failed" if by_vendor and status != 500 else "failed"
        return self._requests.labels(route, method, str(status)), self._request_seconds.labels(route, method, outcome)

    def attempted(self, vendor: str, verdict: Verdict) -> None:
        """Count an attempt of a write."""
        self._attempts.labels(vendor, verdict.value).inc()

    def asked(self, vendor: str, operation: Operation, outcome: Asked, seconds: float) -> None:
        """Count an exchange with a vendor."""
        self._vendor_seconds.labels(vendor, operation, outcome).observe(seconds)

    def under_way(self, vendor: str, change: Literal[1, -1]) -> None:
        """Count an exchange that begins or ends."""
        self._vendor_in_flight.labels(vendor).inc(change)

    def read_failed(self, vendor: str) -> None:
        """Count a read that brought no answer."""
        self._failed_reads.labels(vendor).inc()

    def retried(self, vendor: str) -> None:
        """Count a read that is asked again."""
        self._retries.labels(vendor).inc()

    def circuit(self, vendor: str, purpose: Purpose, state: CircuitState) -> None:
        """Set the state of a vendor's circuit."""
        for each in CircuitState:
            self._circuits.labels(vendor, purpose, each.value).set(each is state)

    def forget_circuit(self, vendor: str, purpose: Purpose) -> None:
        """Show no circuit of a vendor that is not configured any more."""
        for each in CircuitState:
            self._circuits.remove(vendor, purpose, each.value)

    def held(self, vendor: str, purpose: Purpose, by: Literal["circuit", "slots"]) -> None:
        """Count a call that was held back."""
        self._held.labels(vendor, purpose, by).inc()

    def asked_for_token(self, vendor: str, result: Literal["issued", "refused", "failed"], count: int = 1) -> None:
        """Count a request for a token."""
        self._tokens.labels(vendor, result).inc(count)

    def refused(self, reason: Refusal) -> None:
        """Count a request that was refused before it was served."""
        self._refusals.labels(reason).inc()

    def alarmed(self, why: Alarm) -> None:
        """Count an alarm."""
        self._alarms.labels(why).inc()

    def reread(self, of: Reread, *, used: bool) -> None:
        """Count a change of a file or key, and whether the new text is used."""
        self._rereads.labels(of, "used" if used else "refused").inc()

    def reloaded(self, *, done: bool) -> None:
        """Count a reload of the configuration, or one that was refused."""
        self._reloads.labels("done" if done else "refused").inc()

    def serves(self, digest: str, loaded_at: datetime) -> None:
        """Set which configuration serves."""
        for gone in self._configuration.known():
            self._configuration.remove(*gone)
        self._configuration.labels(digest, version("points-gateway")).set(1)
        self._loaded.labels().set(loaded_at.timestamp())
