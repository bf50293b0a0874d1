"""A cancel: the point is read before and after it, and only what it says then proves anything."""

import json
from decimal import Decimal
from typing import Any

import pytest

from adapters.contact_points.adapter import ContactPoints, Settings
from gateway.errors import AlreadyReversed, MemberNotFound, VendorBadResponse, VendorError, VendorRejected
from gateway.model import Applied, Found, Member
from gateway.port import Exchange, VendorRequest, VendorResponse

POINT = {
    "Id": 7,
    "ContactId": 1,
    "Type": "standard",
    "Amount": 5.0,
    "DateTime": "2024-03-29T06:37:11.5943992+00:00",
    "IsCanceller": False,
    "CancellerPointId": None,
}
CANCELLED = {**POINT, "CancellerPointId": 8}


def adapter() -> ContactPoints:
    own = {"api_key": "key", "account": "sample", "point_types": {"base": "standard"}, "default_point_type": "base"}
    return ContactPoints(Settings.model_validate({"adapter": "any", "base_url": "https://vendor.example", **own}))


def asked(**fields: Any) -> dict[str, Any]:
    """What a reversal of a credit of five is told."""
    return {"transaction": "7", "member": Member("contact_id", "1"), "points": Decimal(-5), **fields}


def answer(body: object, status: int = 200) -> VendorResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return VendorResponse(status, {"content-type": "application/json"}, content)


def played(exchange: Exchange[Any], *answers: VendorResponse) -> tuple[list[VendorRequest], Any]:
    """The requests of an exchange that gets these answers, and what it returns or raises."""
    requests = [next(exchange)]
    for each in answers:
        try:
            requests.append(exchange.send(each))
        except StopIteration as stop:
            return requests, stop.value
        except VendorError as error:
            return requests, error
    raise AssertionError("the adapter asked for more")


def test_a_cancel_is_three_requests() -> None:
    """The point, the cancel with the effect, and the point again, which names the one that cancels."""
    exchange = adapter().reverse(**asked())
    requests, result = played(exchange, answer(POINT), answer(b""), answer(CANCELLED))
    assert [(each.method, each.path) for each in requests] == [
        ("GET", "/api/v1/Points/7"),
        ("POST", "/api/v1/Points/7/Cancel"),
        ("GET", "/api/v1/Points/7"),
    ]
    assert [each.has_effect(writing=True) for each in requests] == [False, True, False]
    assert {each.headers["X-ApiKey"] for each in requests} == {"key"}
    assert requests[1].body == b""
    assert result == Applied("8")


def test_what_is_cancelled_already_is_refused_before_the_effect() -> None:
    requests, result = played(adapter().reverse(**asked()), answer(CANCELLED))
    assert len(requests) == 1
    assert isinstance(result, AlreadyReversed)
    assert result.judged


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({"Id": 6}, None),
        ({"Id": 8}, None),
        ({"Id": None}, None),
        ({"Amount": 4}, None),
        ({"ContactId": 2}, None),
        ({"Type": "bonus"}, None),
        ({"IsCanceller": True}, None),
        ({"CancellerPointId": "soon"}, None),
        ({"CancellerPointId": 0}, None),
        ({"CancellerPointId": -8}, None),
        ({}, b"<html>"),
        ({}, b'{"Id": 7, "CancellerPointId": null, "CancellerPointId": 8}'),
    ],
)
def test_another_point_or_an_unreadable_one_is_not_cancelled(change: dict[str, Any], body: bytes | None) -> None:
    """Before the effect nothing is sent; after it nothing is proven."""
    wrong = answer({**POINT, **change} if body is None else body)
    requests, result = played(adapter().reverse(**asked()), wrong)
    assert len(requests) == 1
    assert isinstance(result, VendorBadResponse)
    requests, result = played(adapter().reverse(**asked()), answer(POINT), answer(b""), wrong)
    assert len(requests) == 3
    assert isinstance(result, VendorBadResponse)
    assert not result.judged


def test_a_cancel_without_a_canceller_proves_nothing() -> None:
    _, result = played(adapter().reverse(**asked()), answer(POINT), answer(b""), answer(POINT))
    assert isinstance(result, VendorBadResponse)


@pytest.mark.parametrize(("status", "kind"), [(400, VendorRejected), (404, MemberNotFound)])
def test_a_refusal_of_the_cancel_is_one(status: int, kind: type[VendorError]) -> None:
    """With the vendor's own Message; a proxy's page is none."""
    refused = answer({"Message": "Point with id 7 cannot be cancelled."}, status)
    _, result = played(adapter().reverse(**asked()), answer(POINT), refused)
    assert isinstance(result, kind)
    assert result.judged
    _, result = played(adapter().reverse(**asked()), answer(POINT), answer(b"<html>", status))
    assert isinstance(result, VendorBadResponse)


def test_a_lost_cancel_is_looked_for_by_the_point() -> None:
    requests, result = played(adapter().find_reversal(**asked()), answer(CANCELLED))
    assert [(each.method, each.path) for each in requests] == [("GET", "/api/v1/Points/7")]
    assert result == Found((Applied("8"),))
    _, result = played(adapter().find_reversal(**asked()), answer({**POINT, "CancellerPointId": 1}))
    assert result == Found((Applied("1"),))
    _, result = played(adapter().find_reversal(**asked()), answer(POINT))
    assert result == Found(())
    for name in ("CancellerPointId", "IsCanceller", "Amount"):
        # What is left out of the answer proves nothing: only a point that is shown whole is not cancelled.
        _, result = played(
            adapter().find_reversal(**asked()), answer({each: value for each, value in POINT.items() if each != name})
        )
        assert isinstance(result, VendorBadResponse)
    _, result = played(adapter().find_reversal(**asked()), answer({**CANCELLED, "Amount": 4}))
    assert isinstance(result, VendorBadResponse)
