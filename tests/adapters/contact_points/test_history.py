"""The history of a contact: what is asked, what a row says, and how a list without pages becomes pages."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.contact_points.adapter import ContactPoints, Settings
from gateway.errors import (
    FieldNotSupported,
    OperationNotSupported,
    VendorAuthFailed,
    VendorBadResponse,
    VendorError,
    VendorUnavailable,
)
from gateway.model import Member, Transactions
from gateway.port import VendorRequest, VendorResponse

MEMBER = Member("contact_id", "7")
OWN = "adj_" + "a" * 32
POINT: dict[str, Any] = {
    "Id": 3,
    "ContactId": 7,
    "ContactCompanyId": None,
    "Type": "Bonus",
    "Amount": 2.5,
    "Sum": 12.5,
    "DateTime": "2024-03-29T07:37:11.5943992+01:00",
    "Description": "An order",
    "SourceId": OWN,
    "SourceDescription": "order-1",
    "StoreId": 4,
    "AdministratorId": None,
    "BookValue": None,
    "SubType": "Shop",
    "PointCalculationBase": None,
    "ConverterTransactionId": None,
    "IsCanceller": False,
    "CancellerPointId": None,
}


def adapter(**changes: Any) -> ContactPoints:
    settings = {
        "adapter": "contact-points",
        "base_url": "https://crm.example",
        "api_key": "key-of-the-crm",
        "account": "42",
        "point_types": {"base": "Basis", "bonus": "Bonus", "extra": "Bonus"},
        "default_point_type": "base",
    }
    return ContactPoints(Settings.model_validate({**settings, **changes}))


def asked(limit: int = 20, **arguments: Any) -> VendorRequest:
    """The request of a page."""
    return next(adapter().transactions(member=MEMBER, limit=limit, **arguments))


def read(*points: dict[str, Any], status: int = 200, limit: int = 20, **arguments: Any) -> Transactions:
    """The page that is read from these points."""
    exchange = adapter().transactions(member=MEMBER, limit=limit, **arguments)
    next(exchange)
    with pytest.raises(StopIteration) as ended:
        exchange.send(VendorResponse(status, {}, json.dumps(points).encode()))
    page: Transactions = ended.value.value
    return page


def test_all_points_of_the_contact_are_asked_for() -> None:
    """Cancelled points and cancellers are part of a history, and a page is no parameter of the vendor."""
    request = asked(limit=5, cursor="9")
    assert (request.method, urlsplit(request.path).path) == ("GET", "/api/v2/42/Points")
    assert parse_qs(urlsplit(request.path).query) == {"contactId": ["7"], "includeCancelPoints": ["true"]}
    assert request.headers["X-ApiKey"] == "key-of-the-crm"


def test_a_period_is_asked_a_second_wider() -> None:
    """Nobody says whether the vendor's period includes its ends; the default point type is not a filter."""
    request = asked(point_type="bonus", start=datetime(2024, 1, 1, tzinfo=UTC), end=datetime(2024, 2, 1, tzinfo=UTC))
    assert parse_qs(urlsplit(request.path).query) == {
        "contactId": ["7"],
        "type": ["Bonus"],
        "datetimeFrom": ["2023-12-31T23:59:59.0000000Z"],
        "datetimeTo": ["2024-02-01T00:00:01.0000000Z"],
        "includeCancelPoints": ["true"],
    }


def test_the_ends_of_the_calendar_are_a_period() -> None:
    """A second before the first moment, and after the last, cannot be said."""
    request = asked(start=datetime(1, 1, 1, tzinfo=UTC), end=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    query = parse_qs(urlsplit(request.path).query)
    assert query["datetimeFrom"] == ["0001-01-01T00:00:00.0000000Z"]
    assert query["datetimeTo"] == ["9999-12-31T23:59:59.0000000Z"]


def test_a_row_is_a_point() -> None:
    """Each field of ReadPointDto has its place in a row, or is a detail."""
    [row] = read(POINT).items
    assert (row.id, row.points, row.balance_after) == ("3", Decimal("2.5"), Decimal("12.5"))
    assert row.at == datetime(2024, 3, 29, 6, 37, 11, 594399, tzinfo=UTC)
    assert (row.kind, row.vendor_kind, row.point_type) == ("earn", None, "bonus")
    assert (row.reference, row.description, row.adjustment) == ("order-1", "An order", OWN)
    assert (row.reverses, row.reversed_by, row.expires_at) == (None, None, None)
    assert row.details == {
        "contact_company_id": None,
        "type": "Bonus",
        "source_id": OWN,
        "source_description": "order-1",
        "store_id": 4,
        "administrator_id": None,
        "book_value": None,
        "sub_type": "Shop",
        "point_calculation_base": None,
        "converter_transaction_id": None,
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Amount": -2}, {"kind": "spend", "points": Decimal(-2)}),
        ({"Amount": 0.5}, {"kind": "earn", "points": Decimal("0.5")}),
        ({"Amount": 0}, {"kind": "earn", "points": Decimal(0)}),
        ({"Amount": -0.5}, {"kind": "spend", "points": Decimal("-0.5")}),
        ({"Amount": "many"}, {"kind": "other", "points": None}),
        ({"Amount": None}, {"kind": "other", "points": None}),
        ({"IsCanceller": True}, {"kind": "reverse", "adjustment": None}),
        ({"IsCanceller": "perhaps"}, {"kind": "other", "adjustment": None}),
        ({"CancellerPointId": 8}, {"reversed_by": "8", "adjustment": OWN}),
        ({"Sum": None}, {"balance_after": None}),
        ({"Type": "Other"}, {"point_type": None}),
        ({"Type": None}, {"point_type": None}),
        ({"SourceId": "order-2"}, {"reference": "order-2", "adjustment": None}),
        ({"SourceId": None}, {"reference": None, "adjustment": None}),
        ({"DateTime": "2024-03-29T06:37:11"}, {"at": None}),
        ({"DateTime": "2024-03-29T06:37:11Z"}, {"at": datetime(2024, 3, 29, 6, 37, 11, tzinfo=UTC)}),
    ],
)
def test_what_the_vendor_does_not_say_is_none(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    """A field that is missing or cannot be read is None, never a zero; a canceller is made by no adjustment."""
    [row] = read({**POINT, **changes}).items
    assert {name: getattr(row, name) for name in expected} == expected


def test_of_two_names_for_a_type_the_requested_one_is_shown() -> None:
    """Two canonical names may mean one type of the vendor."""
    assert [row.point_type for row in read(POINT, point_type="extra").items] == ["extra"]


def test_a_canceller_names_the_point_that_it_cancels() -> None:
    """Only the cancelled point says so, wherever it is in the list."""
    cancelled, canceller = {**POINT, "CancellerPointId": 8}, {**POINT, "Id": 8, "Amount": -2.5, "IsCanceller": True}
    newest, oldest = read(cancelled, canceller).items
    assert (newest.id, newest.reverses, newest.kind) == ("8", "3", "reverse")
    assert (oldest.reversed_by, oldest.reverses) == ("8", None)
    [newest] = read(cancelled, canceller, limit=1).items
    assert newest.reverses == "3"


def test_pages_are_cut_from_the_whole_list() -> None:
    """The newest come first; a cursor is the last id of its page, so that new points move nothing."""
    points = [{**POINT, "Id": number} for number in (2, 11, 5, 9, 1)]
    first = read(*points, limit=2)
    assert ([row.id for row in first.items], first.next_cursor, first.complete) == (["11", "9"], "9", True)
    second = read(*points, {**POINT, "Id": 12}, limit=2, cursor="9")
    assert ([row.id for row in second.items], second.next_cursor) == (["5", "2"], "2")
    last = read(*points, limit=2, cursor="2")
    assert ([row.id for row in last.items], last.next_cursor) == (["1"], None)
    full = read(*points[:4], limit=2, cursor="9")
    assert ([row.id for row in full.items], full.next_cursor) == (["5", "2"], None)
    assert read(limit=2) == Transactions((), None, complete=True)


def test_points_outside_of_the_period_and_type_are_left_out() -> None:
    """Both ends are included; what cannot be read stays, since the vendor gave it."""
    times = (
        *("2023-12-31T23:59:59.5Z", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.0000001Z"),
        *("2024-02-01T00:00:00Z", "2024-02-01T00:00:00.5Z"),
    )
    points = [{**POINT, "Id": number + 1, "DateTime": at} for number, at in enumerate(times)]
    points += [{**POINT, "Id": 9, "Type": "Basis"}, {**POINT, "Id": 10, "DateTime": "?", "Type": None}]
    period = {"start": datetime(2024, 1, 1, tzinfo=UTC), "end": datetime(2024, 2, 1, tzinfo=UTC)}
    assert [row.id for row in read(*points, point_type="bonus", **period).items] == ["10", "4", "3", "2"]


@pytest.mark.parametrize("contact", [8, None, "x"])
def test_a_point_of_another_contact_is_not_shown(contact: object) -> None:
    """A vendor that ignored the contact would show one member another's points."""
    with pytest.raises(VendorBadResponse, match="of this contact"):
        read(POINT, {**POINT, "ContactId": contact})


@pytest.mark.parametrize("cursor", ["", "0", "x", "1" * 20, "٣"])
def test_a_cursor_is_the_id_of_a_point(cursor: str) -> None:
    """Whatever a caller makes up is refused before anything is sent."""
    with pytest.raises(FieldNotSupported, match="id of a point"):
        asked(cursor=cursor)


def test_without_an_account_there_is_no_history() -> None:
    """The list of a contact has the account in its path."""
    with pytest.raises(OperationNotSupported, match="account"):
        next(adapter(account=None).transactions(member=MEMBER, limit=20))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, VendorAuthFailed), (400, VendorBadResponse), (404, VendorBadResponse), (500, VendorUnavailable)],
)
def test_a_refusal_is_an_error(status: int, kind: type[VendorError]) -> None:
    """The v2 list has no documented refusals."""
    exchange = adapter().transactions(member=MEMBER, limit=20)
    next(exchange)
    with pytest.raises(kind):
        exchange.send(VendorResponse(status, {}, b'{"Message": "No."}'))


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"null", b'[{"Id": 0}]', b"<html>"])
def test_what_is_no_list_of_points_is_an_error(body: bytes) -> None:
    """An answer that cannot be read is never an empty history."""
    exchange = adapter().transactions(member=MEMBER, limit=20)
    next(exchange)
    with pytest.raises(VendorBadResponse):
        exchange.send(VendorResponse(200, {}, body))
