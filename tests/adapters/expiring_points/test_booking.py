"""A write at expiring-points: the request of each sign in both formats, and what each answer proves."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.expiring_points import xml
from adapters.expiring_points.adapter import ExpiringPoints, Settings
from adapters.expiring_points.booking import Options
from gateway import exact
from gateway.errors import (
    FieldNotSupported,
    InsufficientPoints,
    MemberNotFound,
    VendorAuthFailed,
    VendorBadResponse,
    VendorError,
    VendorRateLimited,
    VendorRejected,
    VendorUnavailable,
)
from gateway.model import Applied, Balance, Member
from gateway.port import Exchange, VendorRequest, VendorResponse

MEMBER = Member("email", "user@example.com")
OWN = "adj_" + "a" * 32
DETAILS = {"error": 0, "error_text": "Successful operation"}
DONE: dict[str, Any] = {"data": {"transaction_id": "t-1", "balance": "800.50"}, **DETAILS}
NAMED = {"404": "member_not_found", "422": "insufficient_points", "1001": "vendor_rejected"}
NAMED |= dict.fromkeys(("499", "500", "503", "599", "600"), "vendor_rejected")


def adapter(**changes: Any) -> ExpiringPoints:
    base = {
        "adapter": "expiring-points",
        "base_url": "https://example.com",
        "token": "abc123def456",
        "loyalty_program_id": 123,
        "point_types": {"bonus": {"eid": "bonus_points"}, "base": {"iid": 1}},
        "default_point_type": "bonus",
    }
    return ExpiringPoints(Settings.model_validate(base | changes))


def exchange(made: ExpiringPoints, points: str = "5", **fields: Any) -> Exchange[Applied]:
    return made.adjust(member=MEMBER, points=Decimal(points), id=OWN, **fields)


def request(points: str, *, format_: str = "json", **options: Any) -> VendorRequest:
    return next(exchange(adapter(format=format_), points, options=Options.model_validate(options)))


def result(response: VendorResponse, **settings: Any) -> Applied | VendorError:
    """What comes of an answer to a write."""
    writing = exchange(adapter(**settings))
    next(writing)
    try:
        writing.send(response)
    except StopIteration as stopped:
        applied: Applied = stopped.value
        return applied
    except VendorError as error:
        return error
    raise AssertionError("the adapter asked for more")


def answer(status: int = 200, *, as_xml: bool = False, **fields: Any) -> VendorResponse:
    if as_xml:
        return VendorResponse(status, {"content-type": "application/xml"}, xml.write(fields))
    return VendorResponse(status, {"content-type": "application/json"}, exact.dumps(fields))


@pytest.mark.parametrize(("points", "call"), [("100.50", "accrue_points"), ("-100.50", "redeeme_points")])
def test_a_credit_is_accrued_and_a_debit_redeemed(points: str, call: str) -> None:
    """In JSON and in XML, with the parameters of the vendor's table; it may change points."""
    sent = request(points)
    assert (sent.method, sent.path) == ("POST", f"/api/v1.1/loyalty/{call}")
    assert sent.resolved(writing=True).effect is True
    assert sent.body.decode() == (
        '{"token":"abc123def456","loyalty_program_id":123,"points_currency_eid":"bonus_points","matching":"email",'
        f'"email":"user@example.com","amount":"100.5","transaction_eid":"{OWN}"}}'
    )
    sent = request(points, format_="xml", promotion_id="a&b")
    assert sent.path == f"/api/v1.1/loyalty/{call}"
    assert sent.body.decode() == (
        "<xml><token>abc123def456</token><loyalty_program_id>123</loyalty_program_id>"
        "<points_currency_eid>bonus_points</points_currency_eid><matching>email</matching>"
        "<email>user@example.com</email><amount>100.5</amount><promotion_id>a&amp;b</promotion_id>"
        f"<transaction_eid>{OWN}</transaction_eid></xml>"
    )


@pytest.mark.parametrize("name", ["activation_date", "expiration_date"])
def test_redeemed_points_have_no_dates_of_their_own(name: str) -> None:
    """It is refused by name."""
    assert name.encode() in request("5", **{name: "2030-01-01T00:00:00Z"}).body
    with pytest.raises(FieldNotSupported) as raised:
        request("-5", **{name: "2030-01-01T00:00:00Z"})
    assert raised.value.field == f"options.expiring-points.{name}"


@pytest.mark.parametrize(
    "options",
    [
        {"promotion_id": ""},
        {"promotion_id": 7},
        {"created_at": "2030-01-01"},
        {"created_at": "2030-01-01T00:00:00"},
        {"activation_date": "tomorrow"},
        {"external_data": []},
        {"external_data": {"a": Decimal("1E+40")}},
        {"external_data": {"a": [object()]}},
        {"is_temp": True},
        {"temp_timeout_sec": 60},
    ],
)
def test_options_that_cannot_be_sent_are_refused(options: dict[str, Any]) -> None:
    """A temporary transaction among them: nobody would commit it."""
    with pytest.raises(ValidationError):
        Options.model_validate(options)


def test_a_promotion_is_named_by_any_text() -> None:
    """One character is one."""
    assert b'"promotion_id":"p"' in request("5", promotion_id="p").body


def test_one_moment_is_one_value() -> None:
    """Two spellings of a time are the same request, so that they have the same fingerprint."""
    spellings = ("2030-01-01T00:00:00Z", "2030-01-01t02:00:00.000+02:00")
    assert len({Options.model_validate({"created_at": each}).created_at for each in spellings}) == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (DONE, Applied("t-1", Balance(Decimal("800.5")), DETAILS)),
        ({**DONE, "error": "0"}, Applied("t-1", Balance(Decimal("800.5")), DETAILS)),
        ({**DONE, "data": {"transaction_id": 7}}, Applied("7", None, DETAILS)),
        ({**DONE, "data": {"transaction_id": "", "balance": "much"}}, Applied(None, None, DETAILS)),
        ({**DONE, "data": None}, Applied(None, None, DETAILS)),
        (DETAILS, Applied(None, None, DETAILS)),
    ],
)
def test_an_error_of_zero_is_a_success(fields: dict[str, Any], expected: Applied) -> None:
    """What stands beside it is a guess, so nothing depends on it."""
    assert result(answer(**fields)) == expected


def test_a_success_in_xml() -> None:
    """It is read like the one in JSON, whatever the request was written in."""
    body = b"<xml><data><transaction_id>t-1</transaction_id><balance>800.50</balance></data><error>0</error></xml>"
    expected = Applied("t-1", Balance(Decimal("800.5")), {"error": 0, "error_text": None})
    assert result(VendorResponse(200, {}, body)) == expected


PROOFS: list[tuple[VendorResponse, type[VendorError], bool]] = [
    (answer(error=400), VendorRejected, True),
    (answer(400, error="400"), VendorRejected, True),
    (answer(error=400, as_xml=True), VendorRejected, True),
    (answer(error=402), VendorRejected, True),
    (answer(403, error=403), VendorRejected, True),
    (answer(402, error=400), VendorRejected, True),
    (answer(error=401), VendorAuthFailed, True),
    (answer(401, error=403), VendorAuthFailed, True),
    (answer(401, **DONE), VendorAuthFailed, True),
    (answer(error=429), VendorRateLimited, True),
    (answer(429, error=1001), VendorRateLimited, True),
    (VendorResponse(401, {}, b"<html>"), VendorAuthFailed, True),
    (answer(error=404), VendorBadResponse, False),
    (answer(404, error=404), VendorBadResponse, False),
    (answer(error=409), VendorBadResponse, False),
    (answer(error=422), VendorBadResponse, False),
    (answer(error=1), VendorBadResponse, False),
    (answer(error=-1), VendorBadResponse, False),
    (answer(error=200), VendorBadResponse, False),
    (answer(error=1001), VendorUnavailable, False),
    (answer(error=500), VendorUnavailable, False),
    (answer(404, error=400), VendorBadResponse, False),
    (answer(404, error=-1), VendorBadResponse, False),
    (answer(500, error=400), VendorBadResponse, False),
    (answer(302, error=400), VendorBadResponse, False),
    (answer(error=400, data={"transaction_id": "t-1"}), VendorBadResponse, False),
    (answer(error=401, data=[1]), VendorBadResponse, False),
    (answer(400, **DONE), VendorBadResponse, False),
    (answer(500, **DONE), VendorUnavailable, False),
    (answer(error=None), VendorBadResponse, False),
    (answer(data=DONE["data"]), VendorBadResponse, False),
    (VendorResponse(200, {}, b'{"error": 400, "error": 0}'), VendorBadResponse, False),
    (VendorResponse(200, {}, b"<xml><error>400</error><error>0</error></xml>"), VendorBadResponse, False),
    (VendorResponse(400, {}, b"<html>Bad Request</html>"), VendorBadResponse, False),
    (VendorResponse(503), VendorUnavailable, False),
    (VendorResponse(200), VendorBadResponse, False),
]


@pytest.mark.parametrize(("response", "kind", "proof"), PROOFS)
def test_only_a_documented_code_proves_that_nothing_was_applied(
    response: VendorResponse, kind: type[VendorError], proof: bool
) -> None:
    """The vendor's own 400, 402 and 403, and the 401 and 429 of anybody; every other answer proves nothing."""
    error = result(response)
    assert isinstance(error, VendorError)
    assert (type(error), error.judged) == (kind, proof)


@pytest.mark.parametrize(
    ("response", "kind", "proof"),
    [
        (answer(error=404), MemberNotFound, True),
        (answer(404, error=404), MemberNotFound, True),
        (answer(error=422), InsufficientPoints, True),
        (answer(422, error="422"), InsufficientPoints, True),
        (answer(error=1001), VendorRejected, True),
        (answer(400, error=1001), VendorRejected, True),
        (answer(error=423), VendorBadResponse, False),
        (answer(error=500), VendorUnavailable, False),
        (answer(error=599), VendorUnavailable, False),
        (answer(error=600), VendorRejected, True),
        (answer(500, error=422), VendorBadResponse, False),
        (answer(error=499), VendorRejected, True),
        (answer(499, error=1001), VendorRejected, True),
        (answer(503, error=1001), VendorBadResponse, False),
        (answer(error=422, data={"balance": "1"}), VendorBadResponse, False),
        (VendorResponse(404, {}, b"<html>"), VendorBadResponse, False),
        (VendorResponse(422, {}, b"{}"), VendorBadResponse, False),
    ],
)
def test_an_operator_may_name_codes(response: VendorResponse, kind: type[VendorError], proof: bool) -> None:
    """The vendor publishes none, so one that `problems` names is a refusal; a failure of theirs never is."""
    error = result(response, problems=NAMED)
    assert isinstance(error, VendorError)
    assert (type(error), error.judged) == (kind, proof)
