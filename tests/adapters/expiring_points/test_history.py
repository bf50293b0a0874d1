"""The history of a member: what is asked, what a row says, and how one page leads to the next."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.expiring_points.adapter import ExpiringPoints, Settings
from gateway.errors import FieldNotSupported, OperationNotSupported, VendorBadResponse, VendorRejected
from gateway.model import Member, Transactions
from gateway.port import VendorRequest, VendorResponse

MEMBER = Member("email", "user@example.com")
OWN = "adj_" + "a" * 32
FIRST, SECOND = "0b9a2b1e-6f5d-4f6c-9c55-0a1b2c3d4e5f", "1b9a2b1e-6f5d-4f6c-9c55-0a1b2c3d4e5f"
ROW: dict[str, Any] = {
    "transaction_id": FIRST,
    "transaction_eid": OWN,
    "created_at": "2024-09-01T12:34:56Z",
    "transaction_type": "accrual",
    "amount": "100.50",
    "balance_before": "10",
    "balance_after": "110.50",
    "promo_iid": 3,
    "promo_eid": "welcome",
    "description": "Hello",
    "activation_date": "2024-09-02T00:00:00Z",
    "expiration_date": "2025-09-01T00:00:00Z",
    "source_type": "order",
    "source_iid": 7,
}


def adapter(**changes: Any) -> ExpiringPoints:
    settings = {
        "adapter": "expiring-points",
        "base_url": "https://perks.example",
        "token": "token-of-the-perks",
        "loyalty_program_id": 1,
        "point_types": {"base": {"eid": "base"}, "bonus": {"iid": 2}},
        "default_point_type": "base",
    }
    return ExpiringPoints(Settings.model_validate({**settings, **changes}))


def asked(**arguments: Any) -> VendorRequest:
    """The request of a page."""
    return next(adapter().transactions(**{"member": MEMBER, "limit": 20, **arguments}))


def read(body: object, *, status: int = 200, **arguments: Any) -> Transactions:
    """The page that is read from this answer."""
    exchange = adapter().transactions(**{"member": MEMBER, "limit": 20, **arguments})
    next(exchange)
    with pytest.raises(StopIteration) as ended:
        exchange.send(VendorResponse(status, {}, json.dumps(body).encode()))
    page: Transactions = ended.value.value
    return page


def answer(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"data": list(rows), "error": 0, "error_text": ""}


def test_a_page_is_asked_for() -> None:
    """The member, the currency, and where the page begins."""
    request = asked(limit=5, cursor=FIRST, point_type="bonus")
    assert (request.method, request.path) == ("POST", "/api/v1.1/loyalty/account/transactions")
    assert json.loads(request.body) == {
        "token": "token-of-the-perks",
        "loyalty_program_id": 1,
        "points_currency_iid": 2,
        "matching": "email",
        "email": "user@example.com",
        "limit": 5,
        "from_id": FIRST,
    }


def test_a_row_is_a_transaction() -> None:
    """Each field that was documented has its place in a row, or is a detail."""
    page = read(answer(ROW))
    [row] = page.items
    assert (row.id, row.points, row.balance_after) == (FIRST, Decimal("100.50"), Decimal("110.50"))
    assert (row.kind, row.vendor_kind, row.point_type) == ("earn", "accrual", "base")
    assert row.at == datetime(2024, 9, 1, 12, 34, 56, tzinfo=UTC)
    assert row.expires_at == datetime(2025, 9, 1, tzinfo=UTC)
    assert (row.description, row.reference, row.adjustment) == ("Hello", None, OWN)
    assert row.details == {
        "amount": Decimal("100.50"),
        "balance_before": Decimal(10),
        "promo_iid": 3,
        "promo_eid": "welcome",
        "activation_date": "2024-09-02T00:00:00Z",
        "source_type": "order",
        "source_iid": 7,
    }
    assert (page.next_cursor, page.complete) == (None, True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"transaction_type": "x", "balance_after": "0"}, {"points": Decimal("-100.50"), "kind": "other"}),
        ({"transaction_type": "x"}, {"points": Decimal("100.50"), "vendor_kind": "x"}),
        ({"transaction_type": "x", "amount": "-3", "balance_after": None}, {"points": Decimal(-3)}),
        ({"transaction_type": "x", "amount": "-0.5", "balance_after": None}, {"points": Decimal("-0.5")}),
        ({"transaction_type": "x", "amount": "0", "balance_after": None}, {"points": Decimal(0)}),
        ({"transaction_type": "x", "balance_after": None}, {"points": None}),
        ({"transaction_type": "x", "balance_after": "10"}, {"points": None}),
        ({"transaction_type": None, "balance_before": None}, {"points": None, "vendor_kind": None, "kind": "other"}),
        ({"amount": "many"}, {"points": None}),
        ({"amount": None}, {"points": None}),
        ({"transaction_eid": "order-1"}, {"reference": "order-1", "adjustment": None}),
        ({"transaction_eid": None}, {"reference": None, "adjustment": None}),
        ({"created_at": "yesterday", "expiration_date": None}, {"at": None, "expires_at": None}),
    ],
)
def test_what_the_vendor_does_not_say_is_none(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    """The sign of an amount is taken from the balances, and is not guessed without them."""
    [row] = read(answer({**ROW, **changes})).items
    assert {name: getattr(row, name) for name in expected} == expected


def test_a_full_page_leads_to_the_next() -> None:
    """The vendor does not say whether there is more, so a full page may lead to an empty one."""
    rows = [{**ROW, "transaction_id": each} for each in (FIRST, SECOND)]
    assert read(answer(*rows), limit=2).next_cursor == SECOND
    assert read(answer(*rows), limit=3).next_cursor is None
    assert read(answer(*rows), limit=1).next_cursor == SECOND  # one that is longer than was asked may not be the last
    assert read(answer(), limit=1, cursor=SECOND) == Transactions((), None, complete=True)
    unnamed = read(answer({**ROW, "transaction_id": None}), limit=1)
    assert (unnamed.next_cursor, unnamed.complete) == (None, False)


def test_a_vendor_that_begins_anew_is_an_error() -> None:
    """A page that holds the row that it begins after would lead nowhere."""
    exchange = adapter().transactions(member=MEMBER, limit=1, cursor=FIRST)
    next(exchange)
    with pytest.raises(VendorBadResponse, match="from_id"):
        exchange.send(VendorResponse(200, {}, json.dumps(answer(ROW)).encode()))


@pytest.mark.parametrize("cursor", ["", "1", FIRST + "0", "x" * 36])
def test_a_cursor_is_the_id_of_a_transaction(cursor: str) -> None:
    """Whatever a caller makes up is refused before anything is sent."""
    with pytest.raises(FieldNotSupported, match="id of a transaction"):
        asked(cursor=cursor)


def test_in_xml_there_is_no_history() -> None:
    """Nobody has seen a list in the vendor's XML."""
    with pytest.raises(OperationNotSupported, match="XML"):
        next(adapter(format="xml").transactions(member=MEMBER, limit=20))


def test_a_currency_is_required() -> None:
    """The vendor is asked about one currency at a time."""
    with pytest.raises(FieldNotSupported, match="no default"):
        next(adapter(default_point_type=None).transactions(member=MEMBER, limit=20))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"error": 400, "error_text": "no"}, VendorRejected),
        (200, {"error": 7, "error_text": "no"}, VendorRejected),
        (200, {"error": 0}, VendorBadResponse),
        (200, {"error": 0, "data": {}}, VendorBadResponse),
        (200, {"error": 0, "data": [1]}, VendorBadResponse),
        (200, {"data": []}, VendorBadResponse),
        (200, [], VendorBadResponse),
    ],
)
def test_what_is_no_page_is_an_error(status: int, body: object, kind: type[Exception]) -> None:
    """An answer that cannot be read is never an empty history."""
    exchange = adapter().transactions(member=MEMBER, limit=20)
    next(exchange)
    with pytest.raises(kind):
        exchange.send(VendorResponse(status, {}, json.dumps(body).encode()))
