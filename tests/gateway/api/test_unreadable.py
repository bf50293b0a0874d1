"""Requests that cannot be read, on a clock that the test turns by hand."""

from structlog.testing import capture_logs

from gateway.api.unreadable import LINES, Unreadable
from gateway.metrics import Metrics


def test_a_flood_writes_few_lines() -> None:
    """One line in ten seconds, with how many came since the last; each is counted."""
    now = 0.0
    metrics = Metrics()
    unreadable = Unreadable(metrics=metrics, clock=lambda: now)
    with capture_logs() as lines:
        for _ in range(100):
            unreadable.note("192.0.2.1", "no Host")
        now += LINES
        unreadable.note("192.0.2.2", "no HTTP")
    assert [(line["count"], line["peer"], line["why"]) for line in lines] == [
        (1, "192.0.2.1", "no Host"),
        (100, "192.0.2.2", "no HTTP"),
    ]
    assert 'points_refused_total{reason="unreadable"} 101.0' in str(metrics.exposition())


def test_where_no_address_may_be_logged() -> None:
    """The line has none."""
    unreadable = Unreadable(metrics=Metrics(), clock=lambda: 0.0, shown=lambda peer: None)
    with capture_logs() as lines:
        unreadable.note("192.0.2.1", "no Host")
    assert [line["peer"] for line in lines] == [None]
