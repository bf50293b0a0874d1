"""What is told to Prometheus of the journal: what is in it, the use of budgets, and how its writer does."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.adjustments import Status
from gateway.limits import Budget
from gateway.series import AnyFamily, Cells, Counter, Gauge, Histogram

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
OPERATIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Standing(Collector):
    """Metrics of the journal: whether it can be used, adjustments by status, the oldest unknown, `strays` by vendor."""

    def __init__(self) -> None:
        self.up = False
        self.strays: Mapping[str, int] = {}
        self._counts: Mapping[Status, int] = {}
        self._oldest: float | None = None

    def update(self, counts: Mapping[Status, int], oldest_unknown: datetime | None, now: datetime) -> None:
        """Store new values from the journal."""
        self._counts = counts
        self._oldest = (now - oldest_unknown).total_seconds() if oldest_unknown else 0.0

    def collect(self) -> Iterable[Metric]:
        """The gauges, as Prometheus asks for them."""
        yield GaugeMetricFamily("points_journal_up", "1 where the journal can be written.", value=self.up)
        standing = GaugeMetricFamily("points_adjustments", "Adjustments in the journal, by status.", labels=["status"])
        for status, count in self._counts.items():
            standing.add_metric([status.value], count)
        yield standing
        strays = GaugeMetricFamily(
            "points_unknown_strays",
            "Unknown or accepted adjustments at an account which is not configured any more, by vendor.",
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
    """Today's use of each configured budget; `used` are the latest values from the journal."""

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


class WebhookUse(Collector):
    """How each configured webhook stands, by tenant and name: events that wait, that are parked, seconds of failing."""

    def __init__(self) -> None:
        self.standings: Mapping[tuple[str, str], tuple[int, int, float]] = {}

    def collect(self) -> Iterable[Metric]:
        """The gauges, as Prometheus asks for them."""
        names = ("tenant", "webhook")
        waiting = GaugeMetricFamily("points_webhook_waiting", "Events that are to be sent again.", labels=names)
        parked = GaugeMetricFamily("points_webhook_parked", "Events that are not sent any more.", labels=names)
        failing = GaugeMetricFamily(
            "points_webhook_failing_seconds", "For how long a webhook has taken nothing; 0 while it does.", labels=names
        )
        for name, values in self.standings.items():
            for family, value in zip((waiting, parked, failing), values, strict=True):
                family.add_metric(name, value)
        return waiting, parked, failing


class WriterUse:
    """How the writer of the journal does, as its own thread tells it."""

    def __init__(self, cells: Cells) -> None:
        batch = Histogram(
            cells,
            "points_journal_batch_duration_seconds",
            "Seconds of a transaction of the journal, of which each has all operations that waited.",
            bounds=SECONDS,
        )
        commit = Histogram(
            cells,
            "points_journal_commit_duration_seconds",
            "Seconds that the commit of a transaction took, so that it is durable.",
            bounds=SECONDS,
        )
        size = Histogram(
            cells, "points_journal_batch_operations", "Operations in one transaction of the journal.", bounds=OPERATIONS
        )
        queue = Gauge(cells, "points_journal_queued_operations", "Operations that the journal's writer has to do.")
        failed = Counter(cells, "points_journal_failures_total", "Transactions that failed because of the database.")
        self.families: tuple[AnyFamily, ...] = (batch, commit, size, queue, failed)
        self._batch, self._commit, self._size = batch.labels(), commit.labels(), size.labels()
        self._queue, self._failed = queue.labels(), failed.labels()

    def queued(self, operations: int) -> None:
        """So many operations wait; told by the thread that hands them over."""
        self._queue.set(operations)

    def committed(self, operations: int, seconds: float, commit: float) -> None:
        """A transaction is durable; `seconds` it took, of which the commit took `commit`."""
        self._size.observe(operations)
        self._batch.observe(seconds)
        self._commit.observe(commit)

    def failed(self) -> None:
        """A transaction failed, because of the database."""
        self._failed.inc()
