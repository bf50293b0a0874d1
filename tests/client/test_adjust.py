"""Writing: what goes out, and what only a proof of success gives back."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from points_gateway_client import OutcomeUnknown, UnexpectedAnswer
from tests.client.app import Adjusted, App

MEMBER = "contact_id:1"


def test_an_applied_adjustment_is_typed(app: App, adjustment: Adjusted) -> None:
    """A 201 becomes an `Adjustment` with exact points and aware times."""
    app.router.post("/v1/adjustments").respond(201, json=adjustment())
    made = app.call("adjust", MEMBER, Decimal("2.5"), idempotency_key="order-1")
    assert (made.id, made.status, made.points, made.not_sent) == ("adj_1", "succeeded", Decimal("2.5"), ("store",))
    assert made.balance.available == Decimal("105.25")
    assert made.balance.lifetime is None
    assert made.balance.updated_at == datetime(2024, 3, 29, 6, 37, 11, 500_000, tzinfo=UTC)
    assert made.created_at == datetime(2024, 3, 29, 6, 37, 11, tzinfo=UTC)
    assert made.vendor.transaction_id == "7"
    assert made.vendor.details == {"sum": Decimal("1.1")}
    assert made.raw["options"] == {"some-vendor": {"sub_type": "web"}}
    assert not made.replayed


def test_a_replay_says_so(app: App, adjustment: Adjusted) -> None:
    """`Idempotent-Replayed: true` is the adjustment's `replayed`."""
    app.router.post("/v1/adjustments").respond(201, json=adjustment(), headers={"Idempotent-Replayed": "true"})
    assert app.call("adjust", MEMBER, 5, idempotency_key="order-1").replayed


def test_the_body_holds_what_was_said_and_no_more(app: App, adjustment: Adjusted) -> None:
    """Only given fields are sent; points go as text, decimals in options as JSON numbers, digit for digit."""
    route = app.router.post("/v1/adjustments").respond(201, json=adjustment())
    app.call("adjust", MEMBER, -5, idempotency_key="order-1")
    assert json.loads(route.calls[0].request.content) == {"member": MEMBER, "points": "-5"}
    app.call(
        "adjust",
        MEMBER,
        "7.000001",
        idempotency_key="order-1",
        point_type="base",
        description="You are cool",
        reason="goodwill",
        reference="order-1234",
        store="12",
        pending=True,
        options={"some-vendor": {"book_value": Decimal("1.10000000000000000001")}},
    )
    assert route.calls[1].request.content == (
        b'{"member":"contact_id:1","points":"7.000001","point_type":"base","description":"You are cool",'
        b'"reason":"goodwill","reference":"order-1234","store":"12","pending":true,'
        b'"options":{"some-vendor":{"book_value":1.10000000000000000001}}}'
    )


def test_the_headers_say_who_what_and_under_which_key(app: App, adjustment: Adjusted) -> None:
    """Bearer key, tenant, idempotency key and media types are sent, under the path prefix of the base address."""
    route = app.router.post("/v1/adjustments").respond(201, json=adjustment())
    app.call("adjust", MEMBER, 5, idempotency_key="order-1", client={"tenant": "acme"})
    request = route.calls[0].request
    assert str(request.url) == "https://points.test/gw/v1/adjustments"
    assert request.headers["Authorization"] == "Bearer " + "k" * 40
    assert request.headers["X-Tenant"] == "acme"
    assert request.headers["Idempotency-Key"] == "order-1"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json, application/problem+json"


def test_without_a_tenant_none_is_named(app: App, adjustment: Adjusted) -> None:
    """`X-Tenant` is only sent where the app named one."""
    route = app.router.post("/v1/adjustments").respond(201, json=adjustment())
    app.call("adjust", MEMBER, 5, idempotency_key="order-1")
    assert "X-Tenant" not in route.calls[0].request.headers


def test_an_unknown_outcome_is_no_result(app: App, adjustment: Adjusted) -> None:
    """A 202 raises, once, with everything that is needed to go on under the same key."""
    route = app.router.post("/v1/adjustments").respond(
        202, json=adjustment(status="unknown"), headers={"Retry-After": "7", "Request-Id": "req-9"}
    )
    with pytest.raises(OutcomeUnknown, match="Do not take a new key") as caught:
        app.call("adjust", MEMBER, 5, idempotency_key="order-1")
    unknown = caught.value
    assert (unknown.id, unknown.idempotency_key, unknown.retry_after) == ("adj_1", "order-1", 7.0)
    assert (unknown.status, unknown.request_id, unknown.adjustment.status) == (202, "req-9", "unknown")
    assert unknown.retryable
    assert not unknown.new_key_allowed
    assert route.call_count == 1


@pytest.mark.parametrize("status", ["unknown", "in_progress", "failed"])
def test_a_created_adjustment_that_has_not_succeeded_is_not_believed(
    app: App, adjustment: Adjusted, status: str
) -> None:
    """A 201 whose body does not say `succeeded` is no success."""
    app.router.post("/v1/adjustments").respond(201, json=adjustment(status=status))
    with pytest.raises(UnexpectedAnswer, match="status is not succeeded"):
        app.call("adjust", MEMBER, 5, idempotency_key="order-1")


@pytest.mark.parametrize("changes", [{"idempotency_key": "order-2"}, {"member": "contact_id:2"}])
def test_an_answer_to_another_call_is_not_believed(app: App, adjustment: Adjusted, changes: dict[str, Any]) -> None:
    """An answer with another key or member, mixed up on the way, is no success."""
    app.router.post("/v1/adjustments").respond(201, json=adjustment(**changes))
    with pytest.raises(UnexpectedAnswer, match="is not that of this call") as caught:
        app.call("adjust", MEMBER, 5, idempotency_key="order-1")
    assert not caught.value.new_key_allowed


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={}),
        httpx.Response(
            200, json={"code": "x", "retryable": False}, headers={"Content-Type": "application/problem+json"}
        ),
        httpx.Response(201, text="<html>hello</html>"),
        httpx.Response(201, content=b'{"id": "adj_1"'),
        httpx.Response(201, content=b"[]"),
        httpx.Response(201, json={"id": "adj_1"}),
        httpx.Response(302, headers={"Location": "https://elsewhere.test/"}),
    ],
    ids=["200", "problem with a good status", "html", "cut short", "no object", "fields missing", "redirect"],
)
def test_an_answer_that_is_not_the_api_is_never_a_success(app: App, answer: httpx.Response) -> None:
    """Whatever else comes with a good status raises, is not repeated, and forbids a new key."""
    route = app.router.post("/v1/adjustments").mock(return_value=answer)
    with pytest.raises(UnexpectedAnswer, match="same idempotency key") as caught:
        app.call("adjust", MEMBER, 5, idempotency_key="order-1")
    assert caught.value.status == answer.status_code
    assert caught.value.idempotency_key == "order-1"
    assert not caught.value.new_key_allowed
    assert route.call_count == 1


@pytest.mark.parametrize("points", [2.5, 5.0, True, None])
def test_points_that_are_not_exact_are_refused_before_anything_is_sent(app: App, points: object) -> None:
    """A float is a `TypeError`, and so is whatever else is no Decimal, int or str."""
    with pytest.raises(TypeError, match="points are"):
        app.call("adjust", MEMBER, points, idempotency_key="order-1")


def test_an_idempotency_key_is_required(app: App) -> None:
    """A write without a key is a `TypeError` of Python's own."""
    with pytest.raises(TypeError, match="idempotency_key"):
        app.call("adjust", MEMBER, 5)


@pytest.mark.parametrize("key", ["", "a b", "é", "a\r\nb", "x" * 256, '"quoted"'])
def test_a_key_that_cannot_travel_is_refused_before_anything_is_sent(app: App, key: str) -> None:
    """A key is 1 to 255 visible ASCII characters, bare."""
    with pytest.raises(ValueError, match="idempotency_key is"):
        app.call("adjust", MEMBER, 5, idempotency_key=key)


def test_a_field_that_the_api_does_not_know_is_refused_before_anything_is_sent(app: App) -> None:
    """A misspelt field is a `TypeError`, not a silence."""
    with pytest.raises(TypeError, match="descripton"):
        app.call("adjust", MEMBER, 5, idempotency_key="order-1", descripton="You are cool")


def test_a_reversal_is_typed(app: App, adjustment: Adjusted) -> None:
    """Only what is given is sent, points as text; the answer says what it takes back, and how."""
    body = {**adjustment(), "operation": "reverse", "reverses": "adj_0", "linked": False, "points": "-2.5"}
    route = app.router.post("/v1/adjustments/adj_0/reversal").respond(201, json=body)
    made = app.call("reverse", "adj_0", Decimal("2.50"), idempotency_key="order-1", description="returned")
    assert json.loads(route.calls[0].request.content) == {"points": "2.5", "description": "returned"}
    assert route.calls[0].request.headers["Idempotency-Key"] == "order-1"
    assert (made.operation, made.reverses, made.linked, made.points) == ("reverse", "adj_0", False, Decimal("-2.5"))
    app.call("reverse", "adj_0", idempotency_key="order-1", linked=True)
    assert json.loads(route.calls[1].request.content) == {"linked": True}


def test_an_answer_about_another_original_is_no_reversal(app: App, adjustment: Adjusted) -> None:
    body = {**adjustment(), "operation": "reverse", "reverses": "adj_9", "linked": False}
    app.router.post("/v1/adjustments/adj_0/reversal").respond(201, json=body)
    with pytest.raises(UnexpectedAnswer):
        app.call("reverse", "adj_0", idempotency_key="order-1")


def test_what_was_reversed_of_an_adjustment(app: App, adjustment: Adjusted) -> None:
    """Each reversal that holds a share; of an older gateway, which says nothing of it, there is none."""
    shown = [{"id": "adj_2", "status": "unknown", "points": "1.5", "linked": False}]
    body = {**adjustment(), "reversed": "0", "reversals": shown, "at_vendor": True}
    app.router.get("/v1/adjustments/adj_1").respond(200, json=body)
    found = app.call("adjustment", "adj_1")
    assert (found.operation, found.reversed, found.at_vendor) == ("adjust", 0, True)
    assert [(each.id, each.status, each.points, each.linked) for each in found.reversals] == [
        ("adj_2", "unknown", Decimal("1.5"), False)
    ]
    app.router.get("/v1/adjustments/adj_1").respond(200, json=adjustment())
    found = app.call("adjustment", "adj_1")
    assert (found.reversed, found.reversals, found.at_vendor, found.linked) == (None, (), False, None)
