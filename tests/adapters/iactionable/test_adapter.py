"""The iactionable adapter against its vendor's own samples, and what each of its answers proves."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.iactionable.adapter import IActionable, Options, Settings
from adapters.iactionable.wire import moment
from gateway import exact
from gateway.errors import (
    FieldNotSupported,
    VendorAuthFailed,
    VendorBadResponse,
    VendorRateLimited,
    VendorRejected,
    VendorUnavailable,
)
from gateway.model import Balance, Member
from gateway.port import Exchange, VendorRequest, VendorResponse

KEY = "key-of-the-arcade"
JASON = Member("email", "Jason@example.com")
OWN = "adj_" + "a" * 32
SAMPLE = b'{"AvailablePoints": 5, "LastUpdated": "/Date(1278521302499)/", "TotalPoints": 5}'
UPDATED = datetime(2010, 7, 7, 16, 48, 22, 499000, tzinfo=UTC)


def adapter(**changes: Any) -> IActionable:
    base = {"adapter": "iactionable", "base_url": "https://app.example/API", "partner_id": 99999, "api_key": KEY}
    return IActionable(Settings.model_validate(base | changes))


def outcome(exchange: Exchange[Any], response: VendorResponse) -> Any:
    next(exchange)
    with pytest.raises(StopIteration) as stopped:
        exchange.send(response)
    return stopped.value.value


def write(response: VendorResponse) -> Any:
    return outcome(adapter().adjust(id=OWN, member=JASON, points=Decimal(5)), response)


def read(response: VendorResponse) -> Any:
    return outcome(adapter().balance(member=JASON), response)


def test_a_write_is_the_documented_request_with_everything_percent_encoded() -> None:
    """The sample request, its spaces as %20 and its key in Authorization, with no body."""
    request = next(adapter().adjust(id=OWN, member=JASON, points=Decimal(5), description="You are cool"))
    assert request == VendorRequest(
        "POST",
        "/Partners/99999/Profiles/email/Jason%40example.com/Points?value=5&description=You%20are%20cool",
        {"Authorization": KEY, "Accept": "application/json"},
        b"",
    )


def test_a_write_without_a_description_does_not_mention_one() -> None:
    """A debit is a negative value, and nothing follows it."""
    request = next(adapter().adjust(id=OWN, member=JASON, points=Decimal(-70)))
    assert request.path.endswith("/Points?value=-70")


def test_a_read_carries_no_key() -> None:
    """The vendor says that none is required to read."""
    request = next(adapter().balance(member=JASON))
    path = "/Partners/99999/Profiles/email/Jason%40example.com/Points"
    assert request == VendorRequest("GET", path, {"Accept": "application/json"})


def test_the_sample_answer_to_a_write_is_the_new_balance() -> None:
    """Available, lifetime and the time, as the vendor's document has them."""
    assert write(VendorResponse(200, body=SAMPLE)).balance == Balance(
        Decimal(5), lifetime=Decimal(5), updated_at=UPDATED
    )


def test_the_sample_answer_to_a_read_is_the_balance() -> None:
    """A read answers with the same object."""
    assert read(VendorResponse(200, body=SAMPLE)) == Balance(Decimal(5), lifetime=Decimal(5), updated_at=UPDATED)


def test_schemes_are_those_that_have_an_identity_type() -> None:
    """The configured types decide who can be asked for, and what stands in the path."""
    made = adapter(id_types={"email": "Email", "custom.user_id": "Custom"})
    assert made.schemes == ("email", "custom.user_id")
    request = next(made.balance(member=Member("custom.user_id", "12 3")))
    assert request.path == "/Partners/99999/Profiles/Custom/12%203/Points"


@pytest.mark.parametrize("id_types", [{}, {"email": ""}, {"email": "a/b"}, {"Email": "email"}, {"custom.*": "Custom"}])
def test_identity_types_that_could_not_stand_in_a_path_are_refused(id_types: dict[str, str]) -> None:
    """A mapping is checked when it is configured."""
    with pytest.raises(ValidationError):
        adapter(id_types=id_types)


def test_partners_are_numbered_from_one() -> None:
    """Zero is no partner."""
    assert next(adapter(partner_id=1).balance(member=JASON)).path.startswith("/Partners/1/")
    with pytest.raises(ValidationError):
        adapter(partner_id=0)


def test_one_identity_type_is_enough() -> None:
    """It is the only one that members can have then."""
    assert adapter(id_types={"phone": "phone"}).schemes == ("phone",)


def test_masked_settings_leave_no_secret_in_a_request() -> None:
    """A preview is made with these."""
    masked = adapter().settings.masked()
    assert isinstance(masked, Settings)
    request = next(IActionable(masked).adjust(id=OWN, member=JASON, points=Decimal(5)))
    assert KEY not in repr(request)
    assert request.headers["Authorization"] == "***"


WRITES = [
    (VendorResponse(400, body=b'{"Message": "No such profile"}'), VendorRejected, True),
    (VendorResponse(400), VendorRejected, True),
    (VendorResponse(400, body=b"<html>Bad Request</html>"), VendorBadResponse, False),
    (VendorResponse(401), VendorAuthFailed, True),
    (VendorResponse(429), VendorRateLimited, True),
    (VendorResponse(301), VendorBadResponse, False),
    (VendorResponse(403), VendorBadResponse, False),
    (VendorResponse(404, body=b"<html>Not Found</html>"), VendorBadResponse, False),
    (VendorResponse(500, body=b'"oops"'), VendorUnavailable, False),
    (VendorResponse(503), VendorUnavailable, False),
    (VendorResponse(204), VendorBadResponse, False),
    (VendorResponse(200), VendorBadResponse, False),
    (VendorResponse(200, body=b"[]"), VendorBadResponse, False),
    (VendorResponse(200, body=b"<html>"), VendorBadResponse, False),
    (VendorResponse(200, body=SAMPLE[:-1]), VendorBadResponse, False),
    (VendorResponse(200, body=b'{"TotalPoints": 5}'), VendorBadResponse, False),
    (VendorResponse(200, body=b'{"AvailablePoints": null}'), VendorBadResponse, False),
    (VendorResponse(200, body=b'{"AvailablePoints": true}'), VendorBadResponse, False),
    (VendorResponse(200, body=b'{"AvailablePoints": "many"}'), VendorBadResponse, False),
    (VendorResponse(200, body=b'{"AvailablePoints": 5, "AvailablePoints": 6}'), VendorBadResponse, False),
]


@pytest.mark.parametrize(("response", "kind", "judged"), WRITES)
def test_only_400_401_and_429_prove_that_nothing_was_applied(
    response: VendorResponse, kind: type[Exception], judged: bool
) -> None:
    """Every other answer that is no success leaves a write unknown, and a read without a number."""
    for ask in (write, read):
        with pytest.raises(kind) as raised:
            ask(response)
        assert type(raised.value) is kind
        assert raised.value.judged is judged  # type: ignore[attr-defined]  # every kind is a VendorError


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"Message": "No such profile"}', "No such profile"),
        (b'{"message": "No such profile"}', "No such profile"),
        (b'"No such profile"', "No such profile"),
        (b"No such profile\n", "No such profile"),
        (b'{"Message": 7}', None),
        (b"\xff", None),
        (b"", None),
        (b"[" * 100_000, "[" * 100_000),
        (b"x" * 501, "x" * 501),
    ],
)
def test_the_vendors_words_are_kept(body: bytes, detail: str | None) -> None:
    """The shape of an error is not documented, so any text is taken, but not a page."""
    with pytest.raises(VendorRejected) as raised:
        write(VendorResponse(400, body=body))
    assert raised.value.vendor_message == detail


@pytest.mark.parametrize("updated", [None, 7, "2010-07-07", "/Date()/", "/Date(99999999999999999)/", "/Date(1.5)/"])
@pytest.mark.parametrize("ask", [write, read])
def test_secondary_fields_that_cannot_be_read_are_null(ask: Any, updated: object) -> None:
    """Neither a strange time nor a strange total spoils the points that are there."""
    body = exact.dumps({"AvailablePoints": 5, "TotalPoints": "n/a", "LastUpdated": updated})
    result = ask(VendorResponse(200, body=body))
    assert (result if ask is read else result.balance) == Balance(Decimal(5))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/Date(1278521302499)/", UPDATED),
        ("/Date(1278521302499-0600)/", UPDATED),
        ("/Date(1278521302499+0930)/", UPDATED),
        ("/Date(0)/", datetime(1970, 1, 1, tzinfo=UTC)),
        ("/Date(-1)/", datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        ("/Date(-99999999999999999)/", None),
    ],
)
def test_an_offset_does_not_move_an_instant(text: str, expected: datetime | None) -> None:
    """The milliseconds are UTC whatever follows them; what no calendar holds is None."""
    assert moment(text) == expected


def test_escaped_slashes_are_read() -> None:
    """The vendor's platform writes them with backslashes, which JSON takes away."""
    body = rb'{"AvailablePoints": 1, "LastUpdated": "\/Date(1278521302499-0600)\/"}'
    assert read(VendorResponse(200, body=body)).updated_at == UPDATED


@settings(deadline=None)
@given(st.integers(-(10**14), 10**14))
def test_every_millisecond_within_the_calendar_is_read(milliseconds: int) -> None:
    """No rounding: the instant is exactly that many milliseconds from 1970."""
    read_back = moment(f"/Date({milliseconds})/")
    if read_back is not None:
        assert read_back - datetime(1970, 1, 1, tzinfo=UTC) == timedelta(milliseconds=milliseconds)
    else:
        assert not -62135596800000 <= milliseconds <= 253402300799999


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1, max_size=255))
def test_every_member_and_description_survive_percent_encoding(text: str) -> None:
    """One path segment and one query value, whatever the characters."""
    request = next(adapter().adjust(id=OWN, member=Member("email", text), points=Decimal(5), description=text))
    url = urlsplit(request.path)
    assert request.path.isascii()
    assert [unquote(part) for part in url.path.split("/")] == [
        "",
        "Partners",
        "99999",
        "Profiles",
        "email",
        text,
        "Points",
    ]
    assert parse_qsl(url.query) == [("value", "5"), ("description", text)]


@settings(deadline=None)
@given(st.integers(-(10**12) + 1, 10**12 - 1))
def test_digits_are_exact_both_ways(whole: int) -> None:
    """The points that go out and the balance that comes in are the same digits."""
    exchange = adapter().adjust(id=OWN, member=JASON, points=Decimal(whole))
    assert next(exchange).path.endswith(f"?value={whole}")
    with pytest.raises(StopIteration) as stopped:
        exchange.send(VendorResponse(200, body=b'{"AvailablePoints": %d.123456}' % whole))
    assert stopped.value.value.balance.available == Decimal(f"{whole}.123456")


V3 = {"partner_id": None, "app_key": "key-of-the-app", "point_types": {"base": "experience", "coins": "coins"}}


def test_spending_is_a_transaction_of_our_id() -> None:
    """Its value has no sign, as the call is to take points away."""
    spending = adapter().adjust(
        id=OWN, member=JASON, points=Decimal(-70), description="a b", options=Options(spend=True)
    )
    request = next(spending)
    assert (request.method, request.body) == ("POST", b"")
    path = "/Partners/99999/Profiles/email/Jason%40example.com/Points"
    assert request.path == f"{path}/transactions/{OWN}?value=70&description=a%20b"
    assert request.headers["Authorization"] == KEY


@pytest.mark.parametrize(("changes", "points"), [({}, "70"), (V3, "-70")])
def test_only_negative_points_of_the_partner_api_are_spent(changes: dict[str, Any], points: str) -> None:
    """Everything else is refused by name."""
    made = adapter(**{**changes, **({"default_point_type": "base"} if changes else {})})
    with pytest.raises(FieldNotSupported) as raised:
        next(made.adjust(id=OWN, member=JASON, points=Decimal(points), options=Options(spend=True)))
    assert raised.value.field == "options.iactionable.spend"


def test_the_v3_api_has_points_by_type() -> None:
    """Another path, and the application's key in every query; a write carries the other key as well."""
    made = adapter(**V3, profile_type="player")
    path = "/player/email/Jason%40example.com/points"
    read = next(made.balance(member=JASON, point_type="coins"))
    assert (read.path, read.headers) == (f"{path}/coins?appKey=key-of-the-app", {"Accept": "application/json"})
    written = next(made.adjust(id=OWN, member=JASON, points=Decimal(-7), point_type="base", description="x"))
    assert written.path == f"{path}/experience?value=-7&description=x&appKey=key-of-the-app"
    assert written.headers["Authorization"] == KEY
    with pytest.raises(FieldNotSupported, match="no default"):
        next(made.balance(member=JASON))


@pytest.mark.parametrize(
    "changes",
    [
        {"app_key": "a"},
        {"partner_id": None},
        {"point_types": {"base": "experience"}},
        {"default_point_type": "base"},
        {**V3, "default_point_type": "gold"},
        {**V3, "point_types": {"base": "a/b"}},
        {**V3, "profile_type": ".."},
    ],
)
def test_an_account_is_in_one_of_the_two_apis(changes: dict[str, Any]) -> None:
    """Their settings are not mixed, and point types are those of the v3 API."""
    with pytest.raises(ValidationError):
        adapter(**changes)


@pytest.mark.parametrize(
    ("changes", "path", "expected"),
    [({}, "/API", None), ({}, "/v3", "/API"), (V3, "/v3", None), (V3, "/API", "/v3")],
)
def test_the_address_of_the_other_api_is_a_doubt(changes: dict[str, Any], path: str, expected: str | None) -> None:
    """Each API has a path of its own at the end of its address."""
    doubts = adapter(**changes, base_url=f"https://app.example{path}").settings.doubts()
    assert list(doubts) == ([] if expected is None else ["base_url"])
    assert expected is None or f"end with {expected} here" in doubts["base_url"]


def test_the_keys_of_v3_are_masked() -> None:
    """The application's key is a secret that stands in the address."""
    masked = adapter(**V3).settings.masked()
    assert isinstance(masked, Settings)
    request = next(IActionable(masked).balance(member=JASON, point_type="base"))
    assert request.path.endswith("?appKey=***")
