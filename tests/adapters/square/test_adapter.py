"""The square adapter against its vendor's samples, what each of its answers proves, and how an unknown is repeated."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.square.adapter import Options, Settings, Square
from adapters.square.simulator import SquareSimulator
from gateway.errors import (
    BookedOtherwise,
    FieldNotSupported,
    MemberNotFound,
    VendorAuthFailed,
    VendorBadResponse,
    VendorError,
    VendorRateLimited,
    VendorRejected,
    VendorUnavailable,
)
from gateway.model import Applied, Bucket, Expiring, Member, NextExpiry, Transactions
from gateway.port import Exchange, VendorResponse, registry
from gateway.simulation import in_thread
from tests.adapters.served import configured, served
from tests.adapters.square.cells_of_square import ACCOUNT, ID
from tests.adapters.square.test_simulator import ADJUST, ADJUSTED, EVENTS
from tests.deadlines import scaled, until

MEMBER = Member("account_id", "5adcb100-07f1-4ee7-b8c6-6bb9ebc474bd")
KEY = "bc29a517-3dc9-450e-aa76-fae39ee849d1"


def adapter(**changes: Any) -> Square:
    base = {"adapter": "square", "base_url": "https://till.example", "access_token": "token-of-the-till"}
    return Square(Settings.model_validate(base | changes))


def sample() -> Exchange[Applied]:
    """The sample's adjustment."""
    return adapter().adjust(member=MEMBER, points=Decimal(10), id=KEY, description="Complimentary points")


def made_of(exchange: Exchange[Any], body: Any, status: int = 200) -> Any:
    """What an adapter makes of an answer to its first request."""
    next(exchange)
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    with pytest.raises(StopIteration) as stopped:
        exchange.send(VendorResponse(status, {"content-type": "application/json"}, raw))
    return stopped.value.value


def raised(body: Any, status: int, exchange: Exchange[Any] | None = None) -> VendorError:
    """The error of an answer."""
    exchange = exchange or sample()
    next(exchange)
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    with pytest.raises(VendorError) as caught:
        exchange.send(VendorResponse(status, {"content-type": "application/json"}, raw))
    return caught.value


def error(code: Any = "BAD_REQUEST", category: Any = "INVALID_REQUEST_ERROR", **more: Any) -> dict[str, Any]:
    """An answer of one error."""
    return {"errors": [{"category": category, "code": code, "detail": "No"}], **more}


def event(**changes: Any) -> dict[str, Any]:
    """The sample's answer with fields of its event changed, or left out where they are `...`."""
    row = {**json.loads(ADJUSTED)["event"], **changes}
    return {"event": {name: value for name, value in row.items() if value is not ...}}


def test_a_write_is_the_documented_request() -> None:
    """Path, headers, and the sample's body; the key is the adjustment's own id."""
    request = next(sample())
    assert (request.method, request.path) == ("POST", f"/v2/loyalty/accounts/{MEMBER.value}/adjust")
    assert json.loads(request.body) == json.loads(ADJUST)
    headers = {"Authorization": "Bearer token-of-the-till", "Square-Version": "2026-08-19"}
    assert headers.items() <= request.headers.items()
    assert request.nonces == ()


def test_a_write_has_the_event_of_the_sample() -> None:
    """The sample's answer becomes the canonical result."""
    details = {
        "created_at": "2020-05-08T21:42:32Z",
        "source": "LOYALTY_API",
        "location_id": None,
        "program_id": "d619f755-2d17-41f3-990d-c04ecedd64dd",
        "reason": "Complimentary points",
    }
    id_ = "613a6fca-8d67-39d0-bad2-3b4bc45c8637"
    assert made_of(sample(), ADJUSTED) == Applied(id_, None, details, booked=Decimal(10))


@pytest.mark.parametrize(
    "answer",
    [
        {},
        event(id=...),
        event(id=""),
        event(type="ACCUMULATE_POINTS"),
        event(loyalty_account_id="another"),
        event(adjust_points={"points": 11}),
        event(adjust_points={"points": -10}),
        event(adjust_points=...),
        {**event(), **error()},
        error(),
    ],
)
def test_another_event_proves_nothing(answer: dict[str, Any]) -> None:
    """A success that does not show the very adjustment, and one with errors, is not understood."""
    found = raised(answer, 200)
    assert (type(found), found.judged) == (VendorBadResponse, False)


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (400, error(), VendorRejected),
        (400, error("INVALID_VALUE"), VendorRejected),
        (403, error("INSUFFICIENT_SCOPES", "AUTHENTICATION_ERROR"), VendorRejected),
        (404, error("NOT_FOUND"), MemberNotFound),
        (401, error("UNAUTHORIZED", "AUTHENTICATION_ERROR"), VendorAuthFailed),
        (429, error("RATE_LIMITED", "RATE_LIMIT_ERROR"), VendorRateLimited),
    ],
)
def test_the_vendors_errors_are_refusals(status: int, answer: dict[str, Any], kind: type[VendorError]) -> None:
    """An answer of errors alone, whose category says so, proves that nothing was applied."""
    found = raised(answer, status)
    assert (type(found), found.judged) == (kind, True)
    assert (found.vendor_code, found.vendor_message) == (answer["errors"][0]["code"], "No")


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (400, "<h1>Bad Request</h1>", VendorBadResponse),
        (400, {}, VendorBadResponse),
        (400, {"errors": []}, VendorBadResponse),
        (400, {"errors": "no"}, VendorBadResponse),
        (400, error(category="API_ERROR"), VendorBadResponse),
        (400, error("TEMPORARY_ERROR", "API_ERROR"), VendorBadResponse),
        (400, error(None), VendorBadResponse),
        (400, {**error(), **event()}, VendorBadResponse),
        (400, {"errors": [*error()["errors"], *error(category="API_ERROR")["errors"]]}, VendorBadResponse),
        (404, "<h1>Not Found</h1>", VendorBadResponse),
        (409, error("CONFLICT"), VendorBadResponse),
        (500, error("INTERNAL_SERVER_ERROR", "API_ERROR"), VendorUnavailable),
        (503, error("SERVICE_UNAVAILABLE", "API_ERROR"), VendorUnavailable),
    ],
)
def test_what_is_no_refusal(status: int, answer: Any, kind: type[VendorError]) -> None:
    """A page of a proxy, the vendor's own failure, a conflict and an error beside an event prove nothing."""
    found = raised(answer, status)
    assert (type(found), found.judged) == (kind, False)


def test_a_key_of_something_else_is_no_refusal() -> None:
    """That the key was used otherwise means that something is booked under it."""
    assert isinstance(raised(error("IDEMPOTENCY_KEY_REUSED"), 400), BookedOtherwise)


def test_repeats_are_the_operators_to_allow() -> None:
    """The vendor publishes no time for which it keeps a key, so without one nothing is sent again."""
    assert (adapter().repeat_safety, adapter().enforces) == ("none", None)
    told = adapter(keys_kept_for=86_400)
    assert (told.repeat_safety, told.enforces, told.enforced_for) == ("enforced", "replay", 86_400)
    for wrong in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ValidationError):
            adapter(keys_kept_for=wrong)


def test_a_new_token_is_no_new_account() -> None:
    """Where the seller's id is known; what an older token began is the same account, and another seller is another."""
    seller = {"merchant_id": "ML7EXAMPLE"}
    before, first = adapter().settings.identities(), adapter(**seller).settings.identities()
    assert adapter(**seller, access_token="renewed-token-of-it").settings.identities()[0] == first[0]
    assert set(before) <= set(first)
    assert adapter(merchant_id="ML8EXAMPLE").settings.identities()[0] != first[0]
    assert adapter(access_token="renewed-token-of-it").settings.identities()[0] not in before


def test_the_version_is_a_date() -> None:
    """It is sent as it is configured, and has to look like one."""
    request = next(adapter(version="2025-01-23").balance(member=MEMBER))
    assert request.headers["Square-Version"] == "2025-01-23"
    with pytest.raises(ValidationError):
        adapter(version="latest")


def test_a_debit_may_go_below_zero_only_where_asked() -> None:
    """The option is sent where it is true; points that 32 bits cannot hold are refused before anything is sent."""
    exchange = adapter().adjust(
        member=MEMBER, points=Decimal(-5), id="adj_1", options=Options(allow_negative_balance=True)
    )
    assert json.loads(next(exchange).body) == {
        "idempotency_key": "adj_1",
        "adjust_points": {"points": -5},
        "allow_negative_balance": True,
    }
    with pytest.raises(FieldNotSupported):
        next(adapter().adjust(member=MEMBER, points=Decimal(2**31), id="adj_1"))


def test_a_balance() -> None:
    """The points, the lifetime points and the first deadline; a balance may be below zero."""
    read = made_of(adapter().balance(member=Member("account_id", ID)), {"loyalty_account": ACCOUNT})
    assert (read.available, read.lifetime) == (10, 20)
    assert read.next_expiry == NextExpiry(Decimal(3), datetime(2021, 5, 8, 21, 44, 32, tzinfo=UTC))
    owing = {**ACCOUNT, "balance": -4, "expiring_point_deadlines": None}
    read = made_of(adapter().balance(member=Member("account_id", ID)), {"loyalty_account": owing})
    assert (read.available, read.next_expiry) == (-4, None)


@pytest.mark.parametrize(
    "deadlines",
    [
        "none",
        [{"points": 10}],
        [{"points": "ten", "expires_at": "2021-06-08T21:44:32Z"}],
        [{"points": 10, "expires_at": "2021-06-08"}],
        [{"points": 9, "expires_at": "2021-06-08T21:44:32Z"}],
    ],
)
def test_a_schedule_that_cannot_be_right_is_an_error(deadlines: Any) -> None:
    """Deadlines that cannot be read, or do not add up to the balance, are no schedule; the balance is read."""
    answer = {"loyalty_account": {**ACCOUNT, "expiring_point_deadlines": deadlines}}
    account = Member("account_id", ID)
    assert isinstance(raised(answer, 200, adapter().expiring(member=account)), VendorBadResponse)
    assert made_of(adapter().balance(member=account), answer).available == 10


def test_nothing_expires_where_there_are_no_deadlines() -> None:
    """Documented: the field is there only where points are scheduled to expire."""
    answer = {"loyalty_account": {name: value for name, value in ACCOUNT.items() if "expiring" not in name}}
    read = made_of(adapter().expiring(member=Member("account_id", ID)), answer)
    assert read == Expiring(None, {"balance": Decimal(10)}, "buckets", ())
    read = made_of(adapter().expiring(member=Member("account_id", ID)), {"loyalty_account": ACCOUNT})
    assert read.buckets[1] == Bucket(Decimal(3), datetime(2021, 5, 8, 21, 44, 32, tzinfo=UTC))


def test_another_account_is_no_answer() -> None:
    """An account that was not asked for is never shown as the one that was."""
    answer = {"loyalty_account": ACCOUNT}
    reads = (adapter().balance, adapter().expiring, adapter().lookup)
    for read in reads:
        assert isinstance(raised(answer, 200, read(member=MEMBER)), VendorBadResponse)
    found = {"loyalty_accounts": [ACCOUNT]}
    exchange = adapter().lookup(member=Member("phone", "+14150000000"))
    assert isinstance(raised(found, 200, exchange), VendorBadResponse)


def page(rows: list[dict[str, Any]], *, cursor: str | None = None, **period: datetime) -> Transactions:
    """What is made of a page of events."""
    exchange = adapter().transactions(member=MEMBER, limit=20, **period)
    read: Transactions = made_of(exchange, {"events": rows, **({} if cursor is None else {"cursor": cursor})})
    return read


def test_a_page_is_asked_for() -> None:
    """The account, the period a second wider, at most 30 events, and the vendor's own cursor."""
    start, end = datetime(2020, 5, 8, tzinfo=UTC), datetime(2020, 5, 9, tzinfo=UTC)
    request = next(adapter().transactions(member=MEMBER, limit=100, cursor="c", start=start, end=end))
    assert (request.method, request.path) == ("POST", "/v2/loyalty/events/search")
    assert json.loads(request.body) == {
        "query": {
            "filter": {
                "loyalty_account_filter": {"loyalty_account_id": MEMBER.value},
                "date_time_filter": {
                    "created_at": {"start_at": "2020-05-07T23:59:59Z", "end_at": "2020-05-09T00:00:01Z"}
                },
            }
        },
        "limit": 30,
        "cursor": "c",
    }


def test_the_events_of_the_sample() -> None:
    """Each event is a row; what a reward takes has a sign, whatever the vendor gives it."""
    rows = json.loads(EVENTS)
    read = page(rows, cursor="next")
    assert [(row.kind, row.vendor_kind, row.points) for row in read.items] == [
        ("earn", "ACCUMULATE_POINTS", 5),
        ("spend", "REDEEM_REWARD", None),
        ("hold", "CREATE_REWARD", -10),
    ]
    assert (read.items[0].id, read.items[0].at) == (rows[0]["id"], datetime(2020, 5, 8, 22, 1, 30, tzinfo=UTC))
    assert read.items[1].details["reward_id"] == "d03f79f4-815f-3500-b851-cc1e68a457f9"
    assert (read.next_cursor, read.complete) == ("next", True)
    unsigned = {**rows[2], "create_reward": {**rows[2]["create_reward"], "points": 10}}
    assert page([unsigned]).items[0].points == -10


@pytest.mark.parametrize(
    ("kind", "details", "points", "canonical"),
    [
        ("ADJUST_POINTS", {"adjust_points": {"points": -3, "reason": "Gift"}}, -3, "adjust"),
        ("EXPIRE_POINTS", {"expire_points": {"points": 3}}, -3, "expire"),
        ("DELETE_REWARD", {"delete_reward": {"points": 3}}, 3, "reverse"),
        ("OTHER", {"other_event": {"points": -3}}, -3, "other"),
        ("ACCUMULATE_PROMOTION_POINTS", {"accumulate_promotion_points": {"points": 3}}, 3, "earn"),
        ("NEW_THING", {"new_thing": {"points": 3}}, 3, "other"),
        (None, {}, None, "other"),
    ],
)
def test_kinds_of_events(kind: str | None, details: dict[str, Any], points: int | None, canonical: str) -> None:
    """Every type of event has its kind and the sign of its points; an unknown one is `other`."""
    [row] = page([{"id": "e", "loyalty_account_id": MEMBER.value, "type": kind, **details}]).items
    assert (row.points, row.kind, row.vendor_kind) == (points, canonical, kind)
    assert row.description == ("Gift" if kind == "ADJUST_POINTS" else None)


def test_events_outside_of_the_period_are_left_out() -> None:
    """Both ends are in the period, also where the vendor counts them otherwise; a time that is unreadable stays."""
    rows = json.loads(EVENTS)
    start, end = datetime(2020, 5, 8, 22, 0, 44, tzinfo=UTC), datetime(2020, 5, 8, 22, 1, 15, tzinfo=UTC)
    assert [row.id for row in page(rows, start=start, end=end).items] == [rows[1]["id"], rows[2]["id"]]
    unreadable = [{**row, "created_at": "then"} for row in rows]
    assert len(page(unreadable, start=start, end=end).items) == 3


@pytest.mark.parametrize(
    "answer",
    [
        {"events": None},
        {"events": [1]},
        {"events": [{"loyalty_account_id": "another"}]},
        {"events": [{}]},
        {"events": [], "cursor": 7},
        {"events": [], "cursor": "c"},
        {"accounts": []},
    ],
)
def test_a_page_that_cannot_be_understood(answer: dict[str, Any]) -> None:
    """Another list, events of another account and a page that is followed by itself are errors."""
    exchange = adapter().transactions(member=MEMBER, limit=20, cursor="c")
    assert isinstance(raised(answer, 200, exchange), VendorBadResponse)


def test_no_events_are_an_empty_page() -> None:
    """The list is left out where nothing is found: a guess."""
    assert made_of(adapter().transactions(member=MEMBER, limit=20), {}) == Transactions((), None, complete=True)


def test_an_unknown_is_settled_by_the_same_request_again(tmp_path: Path) -> None:
    """A credit whose answer was lost is sent again under its key: the vendor replays, and it was applied once."""
    with in_thread(vendor := SquareSimulator()):
        settings = configured(tmp_path, {"till": {**vendor.settings, "timeout": scaled(10)}}, registry.adapters())
        with served(settings, registry.adapters()) as gateway:
            vendor.faults.add({"kind": "close", "when": "after"})
            answer = gateway.adjust("till", {"member": vendor.example.member, "points": "5"})
            assert (answer.status_code, answer.json()["status"]) == (202, "unknown")
            path = f"adjustments/{answer.json()['id']}"
            until(lambda: gateway.get("till", path).json()["status"] == "succeeded")
            document = gateway.get("till", path).json()
    assert document["vendor"]["transaction_id"] == vendor.effects[0].transaction_id
    assert [effect.points for effect in vendor.effects] == [5]
    bodies = [request.body for request in vendor.requests]
    assert bodies == bodies[:1] * 2
