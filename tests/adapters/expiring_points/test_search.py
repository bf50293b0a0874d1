"""The search for an unknown at expiring-points: what is asked, what is a match, and where the search goes on."""

import json
from decimal import Decimal
from typing import Any

import pytest

from gateway.errors import FieldNotSupported, VendorBadResponse
from gateway.model import Applied, Found
from gateway.port import VendorResponse
from tests.adapters.expiring_points.test_history import FIRST, MEMBER, OWN, ROW, SECOND, adapter, answer

REDEMPTION = {**ROW, "transaction_type": "redemption", "balance_before": "110.50", "balance_after": "10"}
OTHER = {**ROW, "transaction_id": SECOND, "transaction_eid": "adj_" + "b" * 32}


def search(*rows: dict[str, Any], points: str = "100.5", cursor: str | None = None, **fields: Any) -> Found:
    """What is found among these rows."""
    looking = adapter().find(id=OWN, member=MEMBER, points=Decimal(points), cursor=cursor, **fields)
    next(looking)
    with pytest.raises(StopIteration) as ended:
        looking.send(VendorResponse(200, {}, json.dumps(answer(*rows)).encode()))
    found: Found = ended.value.value
    return found


def test_a_page_as_long_as_can_be_is_asked_for() -> None:
    """Of the currency of the adjustment, from the cursor on; asking changes nothing."""
    for cursor, begins in ((None, {}), (FIRST, {"from_id": FIRST})):
        looking = adapter().find(id=OWN, member=MEMBER, points=Decimal(5), point_type="bonus", cursor=cursor)
        request = next(looking)
        assert (request.method, request.path) == ("POST", "/api/v1.1/loyalty/account/transactions")
        assert request.resolved(writing=False).effect is False
        sent = json.loads(request.body)
        assert {name: sent[name] for name in sent if name in ("from_id", "limit", "points_currency_iid")} == {
            **begins,
            "limit": 100,
            "points_currency_iid": 2,
        }


def test_what_was_booked_under_our_id_is_found() -> None:
    """A credit by its word, a debit by its balances; all that carry the id, and none of the others."""
    [match] = search(OTHER, ROW).matches
    assert (match.transaction_id, match.balance, match.details["transaction_type"]) == (FIRST, None, "accrual")
    assert [each.transaction_id for each in search(REDEMPTION, OTHER, points="-100.50").matches] == [FIRST]
    assert search(ROW, {**ROW, "transaction_id": SECOND}).matches[1].transaction_id == SECOND
    assert search(OTHER, {**ROW, "transaction_eid": None}, {**ROW, "transaction_eid": "order-1"}).matches == ()
    assert isinstance(match, Applied)


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({"amount": "100.51"}, "100.5"),
        ({}, "-100.5"),
        ({"transaction_type": "redemption", "balance_after": "0"}, "100.5"),
        ({"transaction_type": "redemption", "balance_after": None}, "-100.5"),
        ({"amount": None}, "100.5"),
        ({"transaction_eid": "adj_\ufffd"}, "100.5"),
    ],
)
def test_what_is_not_certainly_ours_is_not_understood(changes: dict[str, Any], points: str) -> None:
    """Another amount or sign under our id, or one that the row does not show, and an id that cannot be read."""
    looking = adapter().find(id=OWN, member=MEMBER, points=Decimal(points))
    next(looking)
    with pytest.raises(VendorBadResponse):
        looking.send(VendorResponse(200, {}, json.dumps(answer({**ROW, **changes})).encode()))


def test_a_full_page_leads_to_the_next() -> None:
    """A page with fewer rows than were asked for is the last one."""
    rows = [{**OTHER, "transaction_id": f"{number:08x}{FIRST[8:]}"} for number in range(100)]
    assert search(*rows).next_cursor == rows[-1]["transaction_id"]
    assert search(*rows[1:]).next_cursor is None
    assert search(cursor=FIRST) == Found(())
    with pytest.raises(VendorBadResponse, match="to go on from"):
        search(*rows[:-1], {**OTHER, "transaction_id": None})
    with pytest.raises(VendorBadResponse, match="from_id"):
        search(*rows, cursor=rows[3]["transaction_id"])


def test_only_lists_in_json_are_searched() -> None:
    """Nobody has seen one in XML; and a currency has to be known."""
    assert (adapter().finds, adapter(format="xml").finds) == (True, False)
    with pytest.raises(FieldNotSupported, match="no default"):
        next(adapter(default_point_type=None).find(id=OWN, member=MEMBER, points=Decimal(5)))
