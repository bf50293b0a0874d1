"""The expiring-points adapter against its vendor's own samples in both formats, and what each answer means."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.expiring_points import xml
from adapters.expiring_points.adapter import ExpiringPoints, Settings
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
from gateway.model import Expiring, Member, Period
from gateway.port import Exchange, VendorResponse

TOKEN = "abc123def456"
MEMBER = Member("email", "user@example.com")
SEPTEMBER = Period(datetime(2023, 9, 1, tzinfo=UTC), datetime(2023, 9, 30, 23, 59, 59, tzinfo=UTC))
JSON_SAMPLE = b'{"data": {"expiring_points": "150.24"}, "error": 0, "error_text": "Successful operation"}'
XML_SAMPLE = b"""<xml>
<data>
<expiring_points>150.24</expiring_points>
</data>
<error>0</error>
<error_text>Successful operation</error_text>
</xml>
"""
SUCCESS = Expiring(Decimal("150.24"), {"error": 0, "error_text": "Successful operation"})


def adapter(**changes: Any) -> ExpiringPoints:
    base = {
        "adapter": "expiring-points",
        "base_url": "https://example.com",
        "token": TOKEN,
        "loyalty_program_id": 123,
        "point_types": {"bonus": {"eid": "bonus_points"}, "base": {"iid": 1}},
        "default_point_type": "bonus",
    }
    return ExpiringPoints(Settings.model_validate(base | changes))


def sent(made: ExpiringPoints, member: Member = MEMBER, **fields: Any) -> Any:
    return exact.loads(next(made.expiring(member=member, period=SEPTEMBER, **fields)).body.decode())


def read(response: VendorResponse, made: ExpiringPoints | None = None) -> Any:
    exchange: Exchange[Expiring] = (made or adapter()).expiring(member=MEMBER, period=SEPTEMBER)
    next(exchange)
    with pytest.raises(StopIteration) as stopped:
        exchange.send(response)
    return stopped.value.value


def test_a_question_in_json_is_the_documented_request() -> None:
    """The sample byte for byte but for its line breaks; it changes nothing at the vendor."""
    request = next(adapter().expiring(member=MEMBER, period=SEPTEMBER))
    assert (request.method, request.path) == ("POST", "/api/v1.1/loyalty/account/expiring_points")
    assert request.headers == {"Content-Type": "application/json", "Accept": "application/json"}
    assert request.resolved(writing=False).effect is False
    assert request.body == (
        b'{"token":"abc123def456","loyalty_program_id":123,"points_currency_eid":"bonus_points","matching":"email",'
        b'"email":"user@example.com","date_from":"2023-09-01T00:00:00Z","date_to":"2023-09-30T23:59:59Z"}'
    )


def test_a_question_in_xml_is_the_documented_request() -> None:
    """The sample byte for byte but for its line breaks."""
    request = next(adapter(format="xml").expiring(member=MEMBER, period=SEPTEMBER))
    assert request.headers == {"Content-Type": "application/xml", "Accept": "application/xml"}
    assert request.resolved(writing=False).effect is False
    assert request.body == (
        b"<xml><token>abc123def456</token><loyalty_program_id>123</loyalty_program_id>"
        b"<points_currency_eid>bonus_points</points_currency_eid><matching>email</matching>"
        b"<email>user@example.com</email><date_from>2023-09-01T00:00:00Z</date_from>"
        b"<date_to>2023-09-30T23:59:59Z</date_to></xml>"
    )


@pytest.mark.parametrize(
    ("member", "fields"),
    [
        (MEMBER, {"matching": "email", "email": "user@example.com"}),
        (Member("phone", "+1234567890"), {"matching": "phone", "phone": "+1234567890"}),
        (Member("profile_id", "profile_123"), {"matching": "profile_id", "profile_id": "profile_123"}),
        (
            Member("custom.user_id", "12345"),
            {"matching": "custom", "field_name": "user_id", "field_value": "12345"},
        ),
    ],
)
def test_each_way_of_matching_sends_its_own_fields(member: Member, fields: dict[str, str]) -> None:
    """And none of the others'."""
    body = sent(adapter(), member)
    names = ("matching", "email", "phone", "profile_id", "field_name", "field_value")
    assert {name: body[name] for name in names if name in body} == fields


def test_a_custom_field_may_be_sent_as_a_number() -> None:
    """Where the configuration says so."""
    made = adapter(custom_fields={"user_id": "int", "card": "string"})
    assert sent(made, Member("custom.user_id", "-12345"))["field_value"] == -12345
    assert sent(made, Member("custom.card", "007"))["field_value"] == "007"


@pytest.mark.parametrize("value", ["x", "007", "-0", "+1", "1.0", "1e3", "\u0661", "1" * 19, "1\n"])
def test_what_is_no_plain_integer_cannot_be_sent_as_a_number(value: str) -> None:
    """It would reach the vendor as something else than the caller wrote."""
    with pytest.raises(FieldNotSupported) as raised:
        sent(adapter(custom_fields={"user_id": "int"}), Member("custom.user_id", value))
    assert raised.value.field == "member"


def test_a_points_currency_goes_by_either_of_its_ids() -> None:
    """The request's point type stands in for the default."""
    assert sent(adapter())["points_currency_eid"] == "bonus_points"
    body = sent(adapter(), point_type="base")
    assert body["points_currency_iid"] == 1
    assert "points_currency_eid" not in body
    assert sent(adapter(point_types={"bonus": {"eid": "b"}}))["points_currency_eid"] == "b"


@pytest.mark.parametrize(("default", "asked"), [(None, None), (None, "other"), ("bonus", "other")])
def test_a_points_currency_that_is_not_known_is_refused(default: str | None, asked: str | None) -> None:
    """The vendor requires one."""
    with pytest.raises(FieldNotSupported) as raised:
        sent(adapter(default_point_type=default), point_type=asked)
    assert raised.value.field == "point_type"


@pytest.mark.parametrize(
    "changes",
    [
        {"point_types": {"bonus": {}}},
        {"point_types": {"bonus": {"eid": "a", "iid": 1}}},
        {"point_types": {"bonus": {"eid": ""}}},
        {"point_types": {"bonus": {"eid": "\x00"}}},
        {"point_types": {"bonus": "bonus_points"}},
        {"point_types": {"bonus": {"iid": "1"}}},
        {"format": "xml", "token": "abc\ufffe"},
        {"default_point_type": "other"},
        {"custom_fields": {"user_id": "number"}},
        {"format": "yaml"},
    ],
)
def test_settings_that_could_never_be_sent_are_refused(changes: dict[str, Any]) -> None:
    """A currency has exactly one id, and a default is a mapped one."""
    with pytest.raises(ValidationError):
        adapter(**changes)


def test_a_token_that_only_json_can_carry() -> None:
    """It is taken where requests are in JSON."""
    assert sent(adapter(token="abc\ufffe"))["token"] == "abc\ufffe"


@pytest.mark.parametrize("format_", ["json", "xml"])
def test_masked_settings_leave_no_secret_in_a_request(format_: str) -> None:
    """A preview is made with these."""
    masked = adapter(format=format_).settings.masked()
    assert isinstance(masked, Settings)
    request = next(ExpiringPoints(masked).expiring(member=MEMBER, period=SEPTEMBER))
    assert TOKEN not in repr(request)
    assert b"***" in request.body


@pytest.mark.parametrize("value", ["\ufffe", "a\uffffb"])
def test_what_xml_cannot_carry_is_refused(value: str) -> None:
    """JSON carries it."""
    member = Member("email", value)
    assert sent(adapter(), member)["email"] == value
    with pytest.raises(FieldNotSupported) as raised:
        next(adapter(format="xml").expiring(member=member, period=SEPTEMBER))
    assert raised.value.field == "member"


@pytest.mark.parametrize("body", [JSON_SAMPLE, XML_SAMPLE, b'\xef\xbb\xbf<?xml version="1.0"?>\n' + XML_SAMPLE])
@pytest.mark.parametrize("format_", ["json", "xml"])
def test_the_sample_answers_are_read_whatever_was_asked(body: bytes, format_: str) -> None:
    """Either format answers either question."""
    assert read(VendorResponse(200, body=body), adapter(format=format_)) == SUCCESS


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": {"expiring_points": 150.24}, "error": "0", "error_text": "Successful operation"}',
        b"<xml><data><expiring_points> 150.24 </expiring_points></data><error> 0 </error>"
        b"<error_text>Successful operation</error_text><more/></xml>",
    ],
)
def test_numbers_may_come_as_text_and_text_as_numbers(body: bytes) -> None:
    """The digits are what counts."""
    assert read(VendorResponse(200, body=body)) == SUCCESS


def test_an_answer_without_a_text_is_still_an_answer() -> None:
    """What is absent is null."""
    body = b'{"data": {"expiring_points": "0"}, "error": 0}'
    assert read(VendorResponse(200, body=body)) == Expiring(Decimal(0), {"error": 0, "error_text": None})


def failure(error: object, status: int = 200, *, as_xml: bool = False) -> VendorResponse:
    fields = {"error": error, "error_text": "No & no"}
    return VendorResponse(status, body=xml.write(fields) if as_xml else exact.dumps(fields))


ANSWERS = [
    (failure(400), VendorRejected),
    (failure("400"), VendorRejected),
    (failure(400, as_xml=True), VendorRejected),
    (failure(401), VendorAuthFailed),
    (failure(402), VendorRejected),
    (failure(403, 403), VendorRejected),
    (failure(402, 500), VendorRejected),
    (failure(429), VendorRateLimited),
    (failure(500), VendorUnavailable),
    (failure(404), VendorRejected),
    (failure(1), VendorRejected),
    (failure(-1), VendorRejected),
    (failure(200), VendorRejected),
    (failure(1001), VendorRejected),
    (failure(1001, 404), VendorRejected),
    (failure(1001, 401), VendorAuthFailed),
    (failure(1001, 503), VendorUnavailable),
    (failure(399), VendorRejected),
    (failure(399, 503), VendorUnavailable),
    (failure(400, 503), VendorRejected),
    (failure(499, 503), VendorRejected),
    (failure(599), VendorUnavailable),
    (failure(600), VendorRejected),
    (failure(1001, 499), VendorRejected),
    (failure(1001, 500), VendorUnavailable),
    (failure(1001, 429), VendorRateLimited),
    (failure(0, 500), VendorUnavailable),
    (failure(0, 400), VendorBadResponse),
    (failure(0), VendorBadResponse),
    (failure(None), VendorBadResponse),
    (failure(False), VendorBadResponse),
    (failure(Decimal("0.5")), VendorBadResponse),
    (failure("none"), VendorBadResponse),
    (VendorResponse(401, body=b"<html>Unauthorized</html>"), VendorAuthFailed),
    (VendorResponse(400, body=b"<html>Bad Request</html>"), VendorBadResponse),
    (VendorResponse(404, body=b"Not Found"), VendorBadResponse),
    (VendorResponse(429), VendorRateLimited),
    (VendorResponse(302), VendorBadResponse),
    (VendorResponse(502, body=b"<html>Bad Gateway</html>"), VendorUnavailable),
    (VendorResponse(200), VendorBadResponse),
    (VendorResponse(204), VendorBadResponse),
    (VendorResponse(200, body=b"[]"), VendorBadResponse),
    (VendorResponse(200, body=b"<html>Hello</html>"), VendorBadResponse),
    (VendorResponse(200, body=b"<xml>0</xml>"), VendorBadResponse),
    (VendorResponse(200, body=JSON_SAMPLE[:-1]), VendorBadResponse),
    (VendorResponse(200, body=XML_SAMPLE[:-10]), VendorBadResponse),
    (VendorResponse(200, body=b"\xff"), VendorBadResponse),
    (VendorResponse(200, body=b"<xml>" * 100_000 + b"</xml>" * 100_000), VendorBadResponse),
    (VendorResponse(200, body=b'{"error": 0, "data": {}}'), VendorBadResponse),
    (VendorResponse(200, body=b'{"error": 0, "data": null}'), VendorBadResponse),
    (VendorResponse(200, body=b'{"error": 0, "data": {"expiring_points": null}}'), VendorBadResponse),
    (VendorResponse(200, body=b'{"error": 0, "data": {"expiring_points": ""}}'), VendorBadResponse),
    (VendorResponse(200, body=b'{"error": 0, "data": {"expiring_points": "1e3"}}'), VendorBadResponse),
    (VendorResponse(200, body=b"<xml><error>0</error><data><expiring_points/></data></xml>"), VendorBadResponse),
    (VendorResponse(200, body=XML_SAMPLE.replace(b"<data>", b"<error>1</error><data>")), VendorBadResponse),
]


@pytest.mark.parametrize(("response", "kind"), ANSWERS)
def test_what_is_no_success_is_never_a_zero(response: VendorResponse, kind: type[VendorError]) -> None:
    """The vendor's own code speaks first, where there is one that is known, then the status line."""
    with pytest.raises(VendorError) as raised:
        read(response)
    assert type(raised.value) is kind


@pytest.mark.parametrize("as_xml", [False, True])
def test_the_vendors_words_are_kept(as_xml: bool) -> None:
    """Its code and its text, for codes that are known and for others."""
    for error in (402, 1001):
        with pytest.raises(VendorError) as raised:
            read(failure(error, as_xml=as_xml))
        assert (raised.value.vendor_code, raised.value.vendor_message) == (str(error), "No & no")


def test_the_vendors_words_are_whole() -> None:
    """However long they are: they are cut once secrets are masked, lest half of one stay."""
    with pytest.raises(VendorRejected) as raised:
        read(VendorResponse(200, body=exact.dumps({"error": 400, "error_text": "x" * 1000})))
    assert raised.value.vendor_message == "x" * 1000


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=255))
def test_every_member_is_sent_as_it_is(value: str) -> None:
    """Whatever the characters, JSON carries them."""
    assert sent(adapter(), Member("profile_id", value))["profile_id"] == value


@settings(deadline=None)
@given(st.decimals(-(10**20), 10**20, places=6), st.booleans())
def test_digits_come_in_exactly(points: Decimal, as_text: bool) -> None:
    """As text or as a number, never through a float."""
    said = exact.text(points) if as_text else points
    assert read(VendorResponse(200, body=exact.dumps({"error": 0, "data": {"expiring_points": said}}))).points == points
