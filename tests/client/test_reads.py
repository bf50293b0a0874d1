"""Reading: what goes into the address, and what comes back typed."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest

from points_gateway_client import Bucket, NextExpiry, NoAnswer, Proposal, UnexpectedAnswer
from tests.client.app import Adjusted, App

VENDOR = {"name": "crm", "adapter": "some-vendor", "details": {"rank": 3}}
BALANCE = {
    "member": "contact_id:1",
    "point_type": None,
    "available": "105.25",
    "total": "110",
    "pending": "4.75",
    "held": None,
    "lifetime": None,
    "next_expiry": {"points": "5", "at": "2024-04-01T00:00:00Z"},
    "updated_at": None,
    "vendor": VENDOR,
    "as_of": "2024-03-29T06:37:11Z",
    "cached": False,
}
EXPIRING = {
    "member": "contact_id:1",
    "point_type": "bonus",
    "from": "2024-01-01T00:00:00Z",
    "to": "2024-02-01T00:00:00Z",
    "points": "150.24",
    "precision": "exact",
    "buckets": [],
    "vendor": VENDOR,
    "as_of": "2024-03-29T06:37:11Z",
}


def test_a_balance_is_typed(app: App) -> None:
    """Points are exact, times aware, and what the vendor does not say is None."""
    app.router.get("/v1/members/contact_id%3A1/balance").respond(200, json=BALANCE)
    balance = app.call("balance", "contact_id:1")
    assert (balance.available, balance.lifetime, balance.updated_at) == (Decimal("105.25"), None, None)
    assert (balance.total, balance.pending, balance.held) == (Decimal(110), Decimal("4.75"), None)
    assert balance.next_expiry == NextExpiry(Decimal(5), datetime(2024, 4, 1, tzinfo=UTC))
    assert balance.as_of == datetime(2024, 3, 29, 6, 37, 11, tzinfo=UTC)
    assert (balance.vendor.name, balance.vendor.details, balance.vendor.response) == ("crm", {"rank": 3}, None)
    assert balance.raw == BALANCE


@pytest.mark.parametrize(
    ("member", "segment"),
    [
        ("phone:+1234567890", b"phone%3A%2B1234567890"),
        ("email:a&b?c#d@x.test", b"email%3Aa%26b%3Fc%23d%40x.test"),
        ("custom.user_id:50% é", b"custom.user_id%3A50%25%20%C3%A9"),
        ("email:a%2Bb@x.test", b"email%3Aa%252Bb%40x.test"),
    ],
)
def test_a_member_is_one_encoded_segment(app: App, member: str, segment: bytes) -> None:
    """Every character that means something in an address is encoded, a per cent sign too."""
    route = app.router.get(path__regex="/balance$").respond(200, json=BALANCE | {"member": member})
    assert app.call("balance", member).member == member
    assert route.calls[0].request.url.raw_path == b"/gw/v1/members/" + segment + b"/balance"


@pytest.mark.parametrize("member", ["email:.", "email:..", "email:a/b", "email:a\\b"])
def test_a_member_that_a_path_cannot_carry_is_refused_before_anything_is_sent(app: App, member: str) -> None:
    """What proxies would turn into another path never leaves."""
    with pytest.raises(ValueError, match="member cannot be part of a path"):
        app.call("balance", member)


def test_a_plus_in_a_query_is_encoded(app: App) -> None:
    """`+` is sent as `%2B` and a space as `%20`."""
    route = app.router.get(path__regex="/balance$").respond(200, json=BALANCE)
    app.call("balance", "contact_id:1", point_type="a+b c")
    assert route.calls[0].request.url.query == b"point_type=a%2Bb%20c"


def test_the_vendors_own_answer_comes_where_it_is_asked_for(app: App) -> None:
    """`include_vendor_response` asks for it, and `vendor.response` holds it."""
    response = {"status": 200, "body": {"Sum": 1}}
    route = app.router.get(path__regex="/balance$").respond(
        200, json=BALANCE | {"vendor": VENDOR | {"response": response}}
    )
    assert app.call("balance", "contact_id:1", include_vendor_response=True).vendor.response == response
    assert route.calls[0].request.url.query == b"include=vendor_response"


def test_the_balance_of_somebody_else_is_not_believed(app: App) -> None:
    """An answer about another member raises."""
    app.router.get(path__regex="/balance$").respond(200, json=BALANCE | {"member": "contact_id:2"})
    with pytest.raises(UnexpectedAnswer, match="member is not that of this call"):
        app.call("balance", "contact_id:1")


@pytest.mark.parametrize(
    "changes",
    [{"available": "much"}, {"available": True}, {"as_of": "2024-03-29T06:37:11"}, {"as_of": None}, {"vendor": None}],
)
def test_a_balance_that_cannot_be_read_is_never_a_zero(app: App, changes: dict[str, Any]) -> None:
    """A field that is not as documented raises, and is named."""
    app.router.get(path__regex="/balance$").respond(200, json=BALANCE | changes)
    with pytest.raises(UnexpectedAnswer, match=next(iter(changes))):
        app.call("balance", "contact_id:1")


def test_expiring_points_are_typed(app: App) -> None:
    """The period goes out in UTC, both ends, and comes back aware."""
    route = app.router.get("/v1/members/contact_id%3A1/expiring").respond(200, json=EXPIRING)
    start = datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    end = datetime(2024, 2, 1, tzinfo=UTC)
    expiring = app.call("expiring", "contact_id:1", start, end, point_type="bonus")
    assert (expiring.points, expiring.start, expiring.end) == (Decimal("150.24"), start, end)
    assert dict(route.calls[0].request.url.params) == {
        "from": "2024-01-01T00:00:00Z",
        "to": "2024-02-01T00:00:00Z",
        "point_type": "bonus",
    }


def test_a_schedule_is_typed(app: App) -> None:
    """A vendor's own schedule comes without a sum, and without a period where none was sent."""
    bucket = {"points": "40.5", "at": "2024-05-01T00:00:00Z", "within_days": 30, "details": {"value": "0.4"}}
    schedule = {"from": None, "to": None, "points": None, "precision": "buckets", "buckets": [bucket]}
    route = app.router.get("/v1/members/contact_id%3A1/expiring").respond(200, json=EXPIRING | schedule)
    expiring = app.call("expiring", "contact_id:1")
    assert (expiring.points, expiring.precision, expiring.start, expiring.end) == (None, "buckets", None, None)
    assert expiring.buckets == (Bucket(Decimal("40.5"), datetime(2024, 5, 1, tzinfo=UTC), 30, {"value": "0.4"}),)
    assert dict(route.calls[0].request.url.params) == {}


TRANSACTION = {
    "id": "t-1",
    "at": "2024-05-01T00:00:00Z",
    "points": "-2.50",
    "kind": "spend",
    "vendor_kind": "Redeem",
    "point_type": None,
    "balance_after": "7.5",
    "expires_at": None,
    "reference": "order-1",
    "description": None,
    "reverses": None,
    "reversed_by": "t-2",
    "adjustment": "adj_1",
    "details": {"sub_type": "A"},
}
TRANSACTIONS = {
    "member": "contact_id:1",
    "point_type": "bonus",
    "from": "2024-01-01T00:00:00Z",
    "to": None,
    "data": [TRANSACTION, {**TRANSACTION, "points": None, "at": None, "adjustment": None}],
    "next_cursor": "c2",
    "complete": False,
    "vendor": {"name": "crm", "adapter": "contact-points", "details": {}},
    "as_of": "2024-06-01T00:00:00Z",
}


def test_a_page_of_a_history_is_typed(app: App) -> None:
    """Points are exact, times aware, and what the vendor left out is None."""
    route = app.router.get("/v1/members/contact_id%3A1/transactions").respond(200, json=TRANSACTIONS)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    page = app.call("transactions", "contact_id:1", start, point_type="bonus", limit=2, cursor="c1")
    assert dict(route.calls[0].request.url.params) == {
        "from": "2024-01-01T00:00:00Z",
        "point_type": "bonus",
        "limit": "2",
        "cursor": "c1",
    }
    assert (page.start, page.end, page.next_cursor, page.complete) == (start, None, "c2", False)
    first, second = page.data
    assert (first.points, first.balance_after, first.kind) == (Decimal("-2.50"), Decimal("7.5"), "spend")
    assert (first.at, first.reversed_by, first.adjustment) == (datetime(2024, 5, 1, tzinfo=UTC), "t-2", "adj_1")
    assert (second.points, second.at, second.adjustment) == (None, None, None)
    assert page.raw == TRANSACTIONS


@pytest.mark.parametrize("changes", [{"data": [{**TRANSACTION, "points": "much"}]}, {"complete": None}])
def test_a_page_that_cannot_be_read_raises(app: App, changes: dict[str, Any]) -> None:
    """A field that is not as documented is never a zero."""
    app.router.get(path__regex="/transactions$").respond(200, json=TRANSACTIONS | changes)
    with pytest.raises(UnexpectedAnswer):
        app.call("transactions", "contact_id:1")


PROFILE = {
    "member": "email:a@example.com",
    "ids": {"contact_id": "1", "email": "A@example.com"},
    "status": None,
    "tier": "Gold",
    "enrolled_at": "2023-01-05T08:30:00Z",
    "vendor": {"name": "crm", "adapter": "contact-points", "details": {}},
    "as_of": "2024-06-01T00:00:00Z",
}


def test_a_profile_is_typed(app: App) -> None:
    """Names are texts by scheme, times aware, and what the vendor left out is None."""
    app.router.get("/v1/members/email%3Aa%40example.com").respond(200, json=PROFILE)
    profile = app.call("lookup", "email:a@example.com")
    assert (profile.ids, profile.status, profile.tier) == (PROFILE["ids"], None, "Gold")
    assert profile.enrolled_at == datetime(2023, 1, 5, 8, 30, tzinfo=UTC)
    assert profile.raw == PROFILE


@pytest.mark.parametrize("changes", [{"ids": {"contact_id": 1}}, {"ids": []}, {"member": "email:b@example.com"}])
def test_a_profile_that_cannot_be_read_raises(app: App, changes: dict[str, Any]) -> None:
    """A name that is no text, or another member, is nobody."""
    app.router.get(path__regex="/members/").respond(200, json=PROFILE | changes)
    with pytest.raises(UnexpectedAnswer):
        app.call("lookup", "email:a@example.com")


WALLET_BALANCE = {
    "vendor": {"name": "crm", "adapter": "contact-points", "details": {}},
    "member": "email:a@example.com",
    "resolved": "contact_id:1",
    "point_type": "base",
    "balance": {"available": "105.5", "total": None},
    "as_of": "2024-06-01T00:00:00Z",
    "cached": False,
    "counted": True,
    "rate": "0.01",
    "worth": "1.055",
    "problem": None,
}
FAILED = {**WALLET_BALANCE, "resolved": None, "balance": None, "as_of": None, "worth": None}
WALLET = {
    "members": ["email:a@example.com", "phone:+4512345678"],
    "balances": [WALLET_BALANCE, {**FAILED, "problem": {"code": "vendor_timeout"}}],
    "currency": "EUR",
    "total": None,
}


def test_a_wallet_is_typed(app: App) -> None:
    """Every name is asked, points and money are exact, and what went wrong is a problem and no exception."""
    route = app.router.get(path="/v1/wallet").respond(200, json=WALLET)
    wallet = app.call("wallet", *WALLET["members"])
    query = "member=email%3Aa%40example.com&member=phone%3A%2B4512345678"
    assert route.calls[0].request.url.query == query.encode()
    first, second = wallet.balances
    assert (first.balance.available, first.rate, first.worth) == (Decimal("105.5"), Decimal("0.01"), Decimal("1.055"))
    assert (first.resolved, first.vendor.name, first.counted) == ("contact_id:1", "crm", True)
    assert (second.balance, second.problem, wallet.total) == (None, {"code": "vendor_timeout"}, None)
    assert (wallet.currency, wallet.raw) == ("EUR", WALLET)


def test_a_wallet_of_somebody_else_raises(app: App) -> None:
    """The answer repeats the names that were asked, and a wallet has at least one."""
    app.router.get(path="/v1/wallet").respond(200, json=WALLET)
    with pytest.raises(UnexpectedAnswer):
        app.call("wallet", "email:a@example.com")
    with pytest.raises(ValueError, match="name"):
        app.call("wallet")


def test_a_period_without_a_time_zone_is_refused_before_anything_is_sent(app: App) -> None:
    """A naive datetime names no moment."""
    with pytest.raises(ValueError, match="start needs a time zone"):
        app.call("expiring", "contact_id:1", datetime(2024, 1, 1), datetime(2024, 2, 1, tzinfo=UTC))  # noqa: DTZ001


def test_an_adjustment_is_read_by_its_id(app: App, adjustment: Adjusted) -> None:
    """Any status is an answer here; `history` asks for every transition."""
    history = [{"status": "sending"}, {"status": "unknown"}]
    route = app.router.get("/v1/adjustments/adj_1").respond(200, json=adjustment(status="unknown", history=history))
    found = app.call("adjustment", "adj_1", history=True)
    assert (found.status, found.history) == ("unknown", tuple(history))
    assert route.calls[0].request.url.query == b"include=history"


def test_an_empty_id_does_not_become_the_list(app: App) -> None:
    """No id is a `ValueError`."""
    with pytest.raises(ValueError, match="adjustment_id cannot be part of a path"):
        app.call("adjustment", "")


def test_a_listing_goes_on_to_its_last_page(app: App, adjustment: Adjusted) -> None:
    """Pages follow the cursor, with the same filters, until there is none."""
    route = app.router.get("/v1/adjustments").mock(
        side_effect=[
            httpx.Response(200, json={"data": [adjustment(id="adj_3"), adjustment(id="adj_2")], "next_cursor": "c+1"}),
            httpx.Response(200, json={"data": [adjustment()], "next_cursor": None}),
        ]
    )
    pages = app.pages(
        member="phone:+1234567890", status="unknown", limit=2, created_from=datetime(2024, 1, 1, tzinfo=UTC)
    )
    assert [[each.id for each in page.data] for page in pages] == [["adj_3", "adj_2"], ["adj_1"]]
    first = b"member=phone%3A%2B1234567890&status=unknown&limit=2&created_from=2024-01-01T00%3A00%3A00Z"
    assert [call.request.url.query for call in route.calls] == [first, first + b"&cursor=c%2B1"]


def test_a_listing_goes_on_after_a_page_that_was_read_before(app: App) -> None:
    """A cursor of an earlier listing is where this one begins."""
    route = app.router.get("/v1/adjustments").respond(200, json={"data": [], "next_cursor": None})
    assert [page.data for page in app.pages(cursor="c1")] == [()]
    assert route.calls[0].request.url.query == b"cursor=c1"


def test_a_preview_shows_the_request_and_needs_no_key(app: App) -> None:
    """The body is that of an adjustment; nothing is claimed."""
    route = app.router.post("/v1/adjustments/preview").respond(
        200,
        json={
            "rule": "tenants.acme.routes.adjust[0]",
            "vendor": VENDOR,
            "request": {"method": "POST", "url": "https://vendor.test", "headers": {}, "body": "{}"},
            "not_sent": ["store"],
            "repeat_safety": "searchable",
        },
    )
    preview = app.call("preview", "contact_id:1", "5", store="12")
    assert (preview.rule, preview.vendor.name) == ("tenants.acme.routes.adjust[0]", "crm")
    assert (preview.request["method"], preview.not_sent, preview.repeat_safety) == ("POST", ("store",), "searchable")
    request = route.calls[0].request
    assert request.content == b'{"member":"contact_id:1","points":"5","store":"12"}'
    assert "Idempotency-Key" not in request.headers


def test_a_resolution_sends_outcome_and_reason(app: App, adjustment: Adjusted) -> None:
    """The settled adjustment comes back."""
    route = app.router.post("/v1/adjustments/adj_1/resolution").respond(200, json=adjustment(status="failed"))
    assert app.call("resolve", "adj_1", "not_applied", "Not in their records").status == "failed"
    assert route.calls[0].request.content == b'{"outcome":"not_applied","reason":"Not in their records"}'
    app.call("resolve", "adj_1", "applied", "There", actor="Jane")
    assert route.calls[1].request.content == b'{"outcome":"applied","reason":"There","actor":"Jane"}'


PROPOSAL = {
    "outcome": "applied",
    "reason": "There",
    "by": "support",
    "at": "2024-03-29T06:37:11Z",
    "until": "2024-03-30T06:37:11Z",
}


def test_a_resolution_that_another_person_has_to_confirm(app: App, adjustment: Adjusted) -> None:
    """The adjustment as it stands, and what is proposed of it."""
    proposed = adjustment(status="unknown", completed_at=None, proposal=PROPOSAL)
    app.router.post("/v1/adjustments/adj_1/resolution").respond(202, json=proposed)
    found = app.call("resolve", "adj_1", "applied", "There")
    at = datetime(2024, 3, 29, 6, 37, 11, tzinfo=UTC)
    assert found.status == "unknown"
    assert found.proposal == Proposal("applied", "There", "support", at, at + timedelta(days=1))


@pytest.mark.parametrize(("status", "proposal"), [(202, None), (200, PROPOSAL), (202, {**PROPOSAL, "until": "soon"})])
def test_a_resolution_and_its_status_are_at_one(
    app: App, adjustment: Adjusted, status: int, proposal: dict[str, str] | None
) -> None:
    """What is not settled never passes for settled, nor the other way round."""
    answered = adjustment(status="unknown", proposal=proposal)
    app.router.post("/v1/adjustments/adj_1/resolution").respond(status, json=answered)
    with pytest.raises(UnexpectedAnswer, match="look at the adjustment"):
        app.call("resolve", "adj_1", "applied", "There")


def test_a_withdrawal_sends_no_body(app: App, adjustment: Adjusted) -> None:
    """The adjustment as it stands comes back, which has no proposal."""
    route = app.router.delete("/v1/adjustments/adj_1/proposal")
    route.respond(200, json=adjustment(status="unknown", completed_at=None))
    found = app.call("withdraw_proposal", "adj_1")
    assert (found.status, found.proposal) == ("unknown", None)
    assert route.calls[0].request.content == b""


def test_a_withdrawal_whose_answer_is_lost_is_not_repeated(app: App) -> None:
    """A late repetition could withdraw what was proposed since."""
    route = app.router.delete("/v1/adjustments/adj_1/proposal").mock(side_effect=httpx.ReadError("lost"))
    with pytest.raises(NoAnswer, match="look at the adjustment"):
        app.call("withdraw_proposal", "adj_1")
    assert route.call_count == 1


@pytest.mark.parametrize("answered", [{"proposal": PROPOSAL}, {"id": "adj_2"}])
def test_an_answer_to_a_withdrawal_that_is_none(app: App, adjustment: Adjusted, answered: dict[str, Any]) -> None:
    """What is still proposed, or is about another adjustment, never passes for withdrawn."""
    app.router.delete("/v1/adjustments/adj_1/proposal").respond(200, json=adjustment(status="unknown", **answered))
    with pytest.raises(UnexpectedAnswer, match="look at the adjustment"):
        app.call("withdraw_proposal", "adj_1")


def test_capabilities_are_typed(app: App) -> None:
    """Operations keep their routes in order; what a read does not have is None."""
    adjust = {
        "when": {"member": ["contact_id"]},
        "vendor": "crm",
        "adapter": "some-vendor",
        "member_schemes": ["contact_id"],
        "fields": ["points", "store"],
        "point_types": ["base"],
        "fractions": False,
        "balance_in_answer": True,
        "repeat_safety": "none",
    }
    reads = [{"when": {}, "vendor": "arcade"}]
    app.router.get("/v1/capabilities").respond(
        200, json={"tenant": "acme", "operations": {"adjust": [adjust], "balance": reads, "expiring": []}}
    )
    found = app.call("capabilities")
    assert list(found.operations) == ["adjust", "balance", "expiring"]
    assert found.operations["adjust"][0].fields == ("points", "store")
    assert found.operations["adjust"][0].fractions is False
    assert found.operations["balance"][0].fractions is None


def test_an_address_that_is_too_long_is_refused_here(app: App) -> None:
    """What no address can hold is an argument that cannot be sent, and no answer that did not come."""
    with pytest.raises(ValueError, match="the call cannot be sent: URL too long"):
        app.pages(reference="x" * 70_000)


def test_adjustments_one_by_one(app: App, adjustment: Adjusted) -> None:
    """Every page is read, a hundred at a time, with the filters; an empty page before the last one ends nothing."""
    route = app.router.get("/v1/adjustments").mock(
        side_effect=[
            httpx.Response(200, json={"data": [adjustment(id="adj_3"), adjustment(id="adj_2")], "next_cursor": "c1"}),
            httpx.Response(200, json={"data": [], "next_cursor": "c2"}),
            httpx.Response(200, json={"data": [adjustment()], "next_cursor": None}),
        ]
    )
    assert [each.id for each in app.listed("iter_adjustments", status="unknown")] == ["adj_3", "adj_2", "adj_1"]
    assert [call.request.url.query for call in route.calls] == [
        b"status=unknown&limit=100",
        b"status=unknown&limit=100&cursor=c1",
        b"status=unknown&limit=100&cursor=c2",
    ]


def test_transactions_one_by_one(app: App) -> None:
    """Every page of a history is read, in the size that is asked for."""
    first, last = (TRANSACTIONS | {"next_cursor": cursor} for cursor in ("c1", None))
    route = app.router.get(path__regex="/transactions$").mock(
        side_effect=[httpx.Response(200, json=first), httpx.Response(200, json=last)]
    )
    rows = app.listed("iter_transactions", "contact_id:1", datetime(2024, 1, 1, tzinfo=UTC), limit=7)
    assert len(rows) == 2 * len(first["data"])
    assert [call.request.url.params.get("cursor") for call in route.calls] == [None, "c1"]
    assert {call.request.url.params["limit"] for call in route.calls} == {"7"}


def test_limits(app: App) -> None:
    """What is left comes as decimals."""
    budget = {"of": "client", "point_type": "base", "direction": "credit", "limit": "100000", "used": "120.5"}
    answer = {"client": "storefront", "tenant": "acme", "max_points": "10000", "resets_at": "2026-11-27T00:00:00Z"}
    app.router.get("/v1/limits").respond(200, json=answer | {"daily": [budget | {"left": "99879.5"}]})
    limits = app.call("limits")
    assert (limits.client, limits.max_points) == ("storefront", Decimal(10000))
    assert limits.resets_at == datetime(2026, 11, 27, tzinfo=UTC)
    [daily] = limits.daily
    assert (daily.of, daily.direction, daily.used, daily.left) == (
        "client",
        "credit",
        Decimal("120.5"),
        Decimal("99879.5"),
    )
