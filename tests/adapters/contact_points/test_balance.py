"""What contact-points' sums mean, by what they say and by what they do not."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.contact_points.adapter import ContactPoints, Settings
from gateway import exact
from gateway.errors import (
    FieldNotSupported,
    MemberNotFound,
    VendorAuthFailed,
    VendorBadResponse,
    VendorError,
    VendorRejected,
    VendorUnavailable,
)
from gateway.model import Balance, Member
from gateway.port import VendorResponse

MEMBER = Member("contact_id", "1")
SUM: dict[str, Any] = {
    "ContactId": 1,
    "Type": "standard",
    "Sum": Decimal("2.50"),
    "LastModified": "2025-11-03T21:35:38Z",
}


def adapter(**changes: Any) -> ContactPoints:
    base = {"adapter": "contact-points", "base_url": "https://crm.example", "api_key": "key-of-the-crm"}
    own = {"point_types": {"base": "standard", "bonus": "b&c", "long": "x" * 33}, "default_point_type": "base"}
    return ContactPoints(Settings.model_validate({**base, **own, **changes}))


def balance(rows: Any, status: int = 200) -> Balance:
    exchange = adapter().balance(member=MEMBER)
    next(exchange)
    with pytest.raises(StopIteration) as stopped:
        exchange.send(VendorResponse(status, body=exact.dumps(rows)))
    found: Balance = stopped.value.value
    return found


def test_the_request() -> None:
    """Contact and type in the query, with the key; it changes nothing."""
    request = next(adapter().balance(member=Member("contact_id", "12"), point_type="bonus"))
    assert (request.method, request.path) == ("GET", "/api/v1/Points/Sums?contactId=12&type=b%26c")
    assert request.headers == {"X-ApiKey": "key-of-the-crm", "Accept": "application/json"}
    assert request.resolved(writing=False).effect is False


@pytest.mark.parametrize(
    ("member", "point_type", "changes", "field"),
    [
        ("0", None, {}, "member"),
        ("x", None, {}, "member"),
        ("1", "gold", {}, "point_type"),
        ("1", "long", {}, "point_type"),
        ("1", None, {"default_point_type": None}, "point_type"),
    ],
)
def test_what_cannot_be_asked(member: str, point_type: str | None, changes: dict[str, Any], field: str) -> None:
    """Nothing is sent: a balance is that of one type, of a contact's number."""
    with pytest.raises(FieldNotSupported) as raised:
        next(adapter(**changes).balance(member=Member("contact_id", member), point_type=point_type))
    assert raised.value.field == field


def test_a_sum_is_what_is_available() -> None:
    """With the time of its last change, in UTC."""
    assert balance([{**SUM, "LastModified": "2025-11-03T21:35:38.5152363+01:00"}]) == Balance(
        Decimal("2.5"),
        updated_at=datetime(2025, 11, 3, 20, 35, 38, 515236, tzinfo=UTC),
        details={"sums": [{"contact_id": 1, "type": "standard"}]},
    )


def test_no_sum_is_no_zero() -> None:
    """The vendor has no sum of this type, and says no number."""
    assert balance([]) == Balance(details={"sums": []})


def test_a_sum_of_zero_is_one() -> None:
    """The vendor said it."""
    assert balance([{**SUM, "Sum": 0}]).available == 0


def test_a_time_that_cannot_be_read_is_null() -> None:
    """The sum does not depend on it."""
    found = balance([{**SUM, "LastModified": "yesterday"}])
    assert (found.available, found.updated_at) == (Decimal("2.5"), None)


@pytest.mark.parametrize(
    "rows",
    [
        *(None, {}, "words", [None], SUM),
        *([{**SUM, "ContactId": 2}], [{**SUM, "ContactId": None}], [{**SUM, "Type": "bonus"}], [{**SUM, "Type": None}]),
        *([{**SUM, "Sum": None}], [{**SUM, "Sum": "many"}], [SUM, {**SUM, "Sum": 3}], [SUM, {**SUM, "Type": "bonus"}]),
    ],
)
def test_what_is_no_answer_to_the_question_is_not_understood(rows: Any) -> None:
    """Another key shows that the vendor ignored a parameter; two sums of one key contradict one another."""
    with pytest.raises(VendorBadResponse):
        balance(rows)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b'{"Message": "Contact not found."}', MemberNotFound),
        (400, b'{"Message": "Invalid."}', VendorRejected),
        (404, b"<html>", VendorBadResponse),
        (401, b"", VendorAuthFailed),
        (503, b"", VendorUnavailable),
    ],
)
def test_a_failure_is_judged_as_that_of_a_write(status: int, body: bytes, kind: type[VendorError]) -> None:
    """Only with the vendor's own `Message` is it a refusal."""
    exchange = adapter().balance(member=MEMBER)
    next(exchange)
    with pytest.raises(VendorError) as raised:
        exchange.send(VendorResponse(status, body=body))
    assert type(raised.value) is kind
