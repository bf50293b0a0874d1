"""The feed of events as both clients read it."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from points_gateway_client import EventsGone, UnexpectedAnswer
from tests.client.app import App, Refused


def event(number: int, **changes: Any) -> dict[str, Any]:
    """An event as the gateway answers it."""
    data = {"adjustment": "adj_1", "number": number, "new_key_allowed": False}
    named = {"id": f"evt_1_{number}", "type": "adjustment.unknown", "timestamp": "2026-01-31T12:00:00.13Z"}
    return named | {"data": data} | changes


def page(*events: dict[str, Any], last: str | None = "evt_1_3.1", more: bool = False) -> httpx.Response:
    return httpx.Response(200, json={"data": events, "last": last, "more": more})


def test_the_feed_is_read_to_its_present_end(app: App) -> None:
    """Page after page by `last`, which is more than an id once events were purged; then it ends."""
    route = app.router.get("/v1/events").mock(
        side_effect=[page(event(2), last="evt_1_2.1", more=True), page(event(3, type="adjustment.succeeded"))]
    )
    first, second = app.listed("events", "evt_1_1", limit=1)
    assert [call.request.url.query for call in route.calls] == [b"after=evt_1_1&limit=1", b"after=evt_1_2.1&limit=1"]
    assert (first.last, first.more, second.last, second.more) == ("evt_1_2.1", True, "evt_1_3.1", False)
    (unknown,), (done,) = first.data, second.data
    assert (unknown.id, unknown.type, unknown.over, done.over) == ("evt_1_2", "adjustment.unknown", False, True)
    assert unknown.timestamp == datetime(2026, 1, 31, 12, 0, 0, 130_000, tzinfo=UTC)
    assert unknown.data["adjustment"] == "adj_1"


def test_events_one_by_one(app: App) -> None:
    """A hundred at a time, from the oldest on unless told otherwise."""
    route = app.router.get("/v1/events").mock(side_effect=[page(event(2), more=True), page(event(3))])
    assert [each.data["number"] for each in app.listed("iter_events")] == [2, 3]
    assert [call.request.url.query for call in route.calls] == [b"limit=100", b"after=evt_1_3.1&limit=100"]


def test_a_feed_without_an_event(app: App) -> None:
    """Its end is None, which is its beginning too."""
    app.router.get("/v1/events").mock(return_value=page(last=None))
    (only,) = app.listed("events", "latest")
    assert (only.data, only.last) == ((), None)


def test_a_gap_is_said(app: App, problem: Refused) -> None:
    """Events that were purged are an error of their own, and nothing is read past it."""
    app.router.get("/v1/events").mock(return_value=problem("events_gone", 410))
    with pytest.raises(EventsGone):
        app.listed("iter_events", "evt_1_1")


@pytest.mark.parametrize(
    "answer",
    [page(event(2, id=7)), page(event(2, timestamp="soon")), page(event(2, data=None)), page(last=None, more=True)],
)
def test_a_page_that_is_none_is_not_believed(app: App, answer: httpx.Response) -> None:
    """It would be taken for an end of the feed, or for its beginning again and again."""
    app.router.get("/v1/events").mock(return_value=answer)
    with pytest.raises(UnexpectedAnswer):
        app.listed("events")
