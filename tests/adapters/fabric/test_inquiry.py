"""What fabric's answers to inquiries mean, by what they say and by what they do not."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.fabric.adapter import Fabric, Settings
from adapters.fabric.inquiry import moment
from gateway import exact
from gateway.errors import (
    FieldNotSupported,
    VendorAuthFailed,
    VendorBadResponse,
    VendorError,
    VendorRateLimited,
    VendorRejected,
    VendorUnavailable,
)
from gateway.model import Balance, Bucket, Expiring, Member
from gateway.port import Exchange, VendorResponse

MEMBER = Member("profile_id", "f90a1da5")
NUMBERS = {"memberPointsAvailable": 300, "memberPointsEarned": 600, "memberPointsLocked": 100}
BASE, BONUS = {"pointType": "Base", "points": 250}, {"pointType": "Bonus", "points": Decimal("50.5"), "subType": "Web"}
POINTS: dict[str, Any] = {"totalPoints": 300, "pointsByType": [BASE, BONUS], "pointsBalance": NUMBERS}
ROW: dict[str, Any] = {"expiryDuration": 30, "totalPoints": 112, "expiryDate": "2020-03-20T01:30:08.180856"}


def adapter(**changes: Any) -> Fabric:
    base = {"adapter": "fabric", "base_url": "https://club.example/api", "token": "token-of-the-club"}
    own = {"point_types": {"base": "Base", "bonus": "Bonus", "gold": "Gold"}, "default_point_type": "base"}
    return Fabric(Settings.model_validate({**base, **own, **changes}))


def envelope(data: Any, /, http: int = 200, **changes: Any) -> VendorResponse:
    return VendorResponse(http, body=exact.dumps({"status": 200, "message": "", "errors": {}, "data": data, **changes}))


def result(exchange: Exchange[Any], response: VendorResponse) -> Any:
    next(exchange)
    with pytest.raises(StopIteration) as stopped:
        exchange.send(response)
    return stopped.value.value


def balance(data: Any, point_type: str | None = None) -> Balance:
    found: Balance = result(adapter().balance(member=MEMBER, point_type=point_type), envelope(data))
    return found


def expiring(data: Any) -> Expiring:
    found: Expiring = result(adapter().expiring(member=MEMBER), envelope(data))
    return found


def test_the_member_is_percent_encoded() -> None:
    """Nothing of it can become another part of the address."""
    odd = Member("profile_id", "a?b&c=d e")
    assert next(adapter().balance(member=odd)).path == "/v1/inquire/a%3Fb%26c%3Dd%20e/member-points"
    assert next(adapter().expiring(member=odd)).path == "/v1/inquire/points-expiry?profileId=a%3Fb%26c%3Dd%20e"


def test_reads_have_no_effect() -> None:
    """Neither request may change anything."""
    for exchange in (adapter().balance(member=MEMBER), adapter().expiring(member=MEMBER)):
        assert next(exchange).resolved(writing=False).effect is False  # type: ignore[attr-defined]  # a request of either


def test_the_default_point_type_is_for_writes_alone() -> None:
    """Without a point type the balance is that of all types."""
    found = balance([POINTS])
    assert (found.available, found.held, found.lifetime, found.total) == (300, 100, 600, None)


@pytest.mark.parametrize(("point_type", "total"), [("base", 250), ("bonus", Decimal("50.5")), ("gold", None)])
def test_a_point_type_has_the_total_of_its_row(point_type: str, total: Decimal | None) -> None:
    """Nothing of the whole account is said to be of one type, and a type without a row has no zero."""
    found = balance([POINTS], point_type)
    assert found == Balance(total=total, details=found.details)


def test_rows_of_one_type_are_not_added_up() -> None:
    """Which only `subType` distinguishes; all are in the details."""
    found = balance([{**POINTS, "pointsByType": [BASE, {**BASE, "subType": "Web"}]}], "base")
    assert found.total is None
    assert [row["sub_type"] for row in found.details["points_by_type"]] == [None, "Web"]


def test_a_point_type_needs_a_mapping() -> None:
    """It is refused before anything is sent."""
    with pytest.raises(FieldNotSupported):
        next(adapter().balance(member=MEMBER, point_type="silver"))


def test_what_is_absent_is_null() -> None:
    """Only what is available has to be there."""
    found = balance([{"pointsBalance": {"memberPointsAvailable": "0"}}])
    assert (found.available, found.held, found.lifetime, found.total) == (0, None, None, None)
    assert found.details["breakdown"] is None


@pytest.mark.parametrize(
    "data",
    [
        *(None, {}, [], "words", [None], [[]], [POINTS, POINTS], POINTS),
        *([{}], [{"pointsBalance": None}], [{"pointsBalance": []}], [{"pointsBalance": {"memberPointsEarned": 1}}]),
        [{"pointsBalance": {**NUMBERS, "memberPointsAvailable": "many"}}],
    ],
)
def test_a_balance_without_its_number_is_no_balance(data: Any) -> None:
    """It is not understood, and never a zero."""
    with pytest.raises(VendorBadResponse):
        balance(data)


@pytest.mark.parametrize(
    "rows", [None, {}, "words", [None], [{"points": 5}], [{"pointType": None, "points": 5}], [{"pointType": "Base"}]]
)
def test_a_type_whose_rows_cannot_be_told_has_no_total(rows: Any) -> None:
    """An unreadable row may be that of the type."""
    with pytest.raises(VendorBadResponse):
        balance([{**POINTS, "pointsByType": rows}], "base")


def test_a_schedule_keeps_its_order_and_is_not_added_up() -> None:
    """Whether a row includes those before it is not documented."""
    found = expiring([ROW, {"expiryDuration": "60", "totalPoints": "150.5"}, {"expiryDate": None, **ROW}])
    at = datetime(2020, 3, 20, 1, 30, 8, 180856, tzinfo=UTC)
    assert (found.points, found.precision) == (None, "buckets")
    assert [(each.points, each.at, each.within_days) for each in found.buckets] == [
        (112, at, 30),
        (Decimal("150.5"), None, 60),
        (112, at, 30),
    ]


def test_an_empty_schedule_is_one() -> None:
    """The vendor lists nothing that expires."""
    assert expiring([]) == Expiring(None, {"message": ""}, "buckets", ())


def test_a_bucket_needs_one_of_its_times() -> None:
    """Either is enough."""
    for name in ("expiryDate", "expiryDuration"):
        [found] = expiring([{**ROW, name: "soon"}]).buckets
        assert isinstance(found, Bucket)
        assert (found.at is None) != (found.within_days is None)


@pytest.mark.parametrize(
    "data",
    [
        *(None, {}, "words", [None], ROW),
        *([{}], [{**ROW, "totalPoints": None}], [{**ROW, "expiryDuration": None, "expiryDate": "soon"}]),
    ],
)
def test_a_schedule_that_cannot_be_read_is_none(data: Any) -> None:
    """It is not understood, and never empty."""
    with pytest.raises(VendorBadResponse):
        expiring(data)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2020-03-20T01:30:08.180856", datetime(2020, 3, 20, 1, 30, 8, 180856, tzinfo=UTC)),
        ("2020-03-20T01:30:08", datetime(2020, 3, 20, 1, 30, 8, tzinfo=UTC)),
        ("2020-03-20T01:30:08.1808567Z", datetime(2020, 3, 20, 1, 30, 8, 180856, tzinfo=UTC)),
        ("2020-03-20T01:30:08+02:00", datetime(2020, 3, 19, 23, 30, 8, tzinfo=UTC)),
        *((text, None) for text in ("2020-03-20", "2020-13-20T01:30:08", "0001-01-01T00:00:00+02:00", "", 7, None)),
    ],
)
def test_a_time_without_an_offset_is_utc(text: object, time: datetime | None) -> None:
    """What is no time is null."""
    assert moment(text) == time


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (envelope(None, status=404, message="No such member"), VendorRejected),
        (envelope(None, http=400, status=400), VendorRejected),
        (envelope([], errors={"profileId": ["unknown"]}), VendorRejected),
        (envelope(None, status=401), VendorAuthFailed),
        (envelope(None, http=429, status=429), VendorRateLimited),
        (envelope(None, status=500), VendorUnavailable),
        (VendorResponse(503, body=b"<html>"), VendorUnavailable),
        (VendorResponse(200, body=b"<html>"), VendorBadResponse),
        (envelope([POINTS], status=None), VendorBadResponse),
        (envelope([{**POINTS, "ExceptionString": "oh"}]), VendorBadResponse),
    ],
)
def test_an_inquiry_fails_as_an_adjustment_does(response: VendorResponse, kind: type[VendorError]) -> None:
    """By the same four places, whatever is asked."""
    for exchange in (adapter().balance(member=MEMBER), adapter().expiring(member=MEMBER)):
        next(exchange)  # type: ignore[call-overload]  # an exchange of either
        with pytest.raises(VendorError) as raised:
            exchange.send(response)
        assert type(raised.value) is kind
