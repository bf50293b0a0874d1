"""What is remembered of requests: the last ones of a process, and an hour of all processes, by minute."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.metrics import Metrics
from gateway.operators.recorder import LATEST, MINUTES, Recorder
from gateway.series import Area


class Hands:
    """Clocks that are set by hand, and a recorder that goes by them."""

    def __init__(self, metrics: Metrics | None = None) -> None:
        self.metrics = metrics or Metrics()
        self.seconds = 0.0
        self.recorder = Recorder(self.metrics, clock=self.now, monotonic=lambda: self.seconds)

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def minute(self) -> None:
        self.seconds += 60
        self.metrics.sample()


def line(
    number: int = 1,
    *,
    route: str = "/v1/adjustments",
    tenant: str | None = "acme",
    status: int = 200,
    ms: float = 20.0,
) -> dict[str, Any]:
    request = {"request_id": f"req-{number}", "route": route}
    return {**request, "tenant": tenant, "client": "app", "status": status, "ms": ms}


def test_the_last_requests_come_newest_first() -> None:
    """So many, each with a number that only grows, and those after a number alone."""
    recorder = Hands().recorder
    for number in range(1, LATEST + 11):
        recorder.answered(line(number))
    found = recorder.requests()
    assert [each.line["request_id"] for each in found[:2]] == [f"req-{LATEST + 10}", f"req-{LATEST + 9}"]
    assert len(found) == LATEST
    assert [each.number for each in recorder.requests(after=LATEST + 8)] == [LATEST + 10, LATEST + 9]
    assert [each.number for each in recorder.requests(limit=1)] == [LATEST + 10]
    assert recorder.number == LATEST + 10


def test_polls_of_the_feed_push_nothing_out() -> None:
    """However many succeed, only that their client was there is remembered; one that fails is a request as any."""
    recorder = Hands().recorder
    recorder.answered(line(1))
    for number in range(LATEST):
        recorder.answered({**line(number, route="/v1/events"), "client": "listener"})
    assert [each.line["request_id"] for each in recorder.requests()] == ["req-1"]
    assert [each.by_name["acme"].count for each in recorder.minutes("tenant")] == [1]
    assert recorder.last_used().keys() == {"app", "listener"}
    recorder.answered(line(2, route="/v1/events", status=503))
    assert [each.line["request_id"] for each in recorder.requests()] == ["req-2", "req-1"]
    assert [each.by_name["acme"].count for each in recorder.minutes("tenant")] == [2]


def test_whoever_waits_hears_of_the_next_request() -> None:
    """All of them at once."""

    async def waited() -> None:
        recorder = Hands().recorder
        waiting = [asyncio.ensure_future(recorder.changed()) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(each.done() for each in waiting)
        recorder.answered(line())
        await asyncio.gather(*waiting)

    asyncio.run(waited())


def test_each_minute_has_what_came_in_it() -> None:
    """By tenant; a minute without anything has nothing, and the last one is what has come since."""
    hands = Hands()
    for _ in range(20):
        hands.recorder.answered(line())
    hands.recorder.answered(line(status=503, ms=900.0))
    hands.minute()
    hands.minute()
    hands.recorder.answered(line(tenant="north", ms=40.0))
    first, second, last = hands.recorder.minutes("tenant")
    acme = first.by_name["acme"]
    assert (acme.count, acme.failures) == (21, 1)
    assert acme.mean_ms == round((20 * 20 + 900) / 21, 1)
    assert acme.p95_ms == 25.0
    assert second.by_name == {}
    assert {name: each.count for name, each in last.by_name.items()} == {"north": 1}
    assert first.at == datetime(2026, 3, 1, 0, 1, tzinfo=UTC)


def test_an_hour_is_remembered() -> None:
    """And no more."""
    hands = Hands()
    for _ in range(MINUTES + 5):
        hands.recorder.answered(line())
        hands.minute()
    minutes = hands.recorder.minutes("tenant")
    assert len(minutes) == MINUTES + 1
    assert minutes[0].at == datetime(2026, 3, 1, 0, 6, tzinfo=UTC)


def test_vendors_have_their_exchanges_and_failures() -> None:
    """A refusal is an answer, and what was held back is no exchange."""
    hands = Hands()
    for outcome in ("success", "refused", "timeout", "unavailable", "held"):
        hands.metrics.asked("crm", "adjust", outcome, 0.03)  # type: ignore[arg-type]
    (minute,) = hands.recorder.minutes("vendor")
    crm = minute.by_name["crm"]
    assert (crm.count, crm.failures, crm.mean_ms, crm.p95_ms) == (4, 2, 30.0, 50.0)


def test_processes_that_share_listeners_are_counted_together() -> None:
    """Each sees what all have answered, and when a client was last there, whoever answered it."""
    areas = [Area(), Area()]
    one, other = (Hands(Metrics(areas, number)) for number in range(2))
    one.recorder.answered(line())
    other.recorder.answered(line())
    other.recorder.answered(line(tenant="north"))
    for hands in (one, other):
        (minute,) = hands.recorder.minutes("tenant")
        assert {name: each.count for name, each in minute.by_name.items()} == {"acme": 2, "north": 1}
        assert hands.recorder.last_used().keys() == {"app"}
    assert one.recorder.number == 1


def test_prometheus_is_told_of_no_tenant_and_no_client() -> None:
    """The numbers of tenants and clients are beside those that it reads."""
    hands = Hands()
    hands.recorder.answered(line(tenant="a-tenant-of-ours"))
    page = hands.metrics.exposition().decode()
    assert "a-tenant-of-ours" not in page
    assert "tenant_seconds" not in page
    assert "client_used" not in page
