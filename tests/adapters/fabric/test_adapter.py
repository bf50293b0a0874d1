"""The fabric adapter against its vendor's own samples, and what each of its answers proves."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.fabric.adapter import Fabric, Options, Settings
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
from gateway.model import Applied, Member
from gateway.port import Exchange, VendorResponse

TOKEN = "token-of-the-club"
MEMBER = Member("profile_id", "f90a1da5-c072-48b7-a9ea-eb35c5dd506b")
CODE = "78660e74-02e3-11e8-b443-00163e911bd2"
SAMPLE: dict[str, Any] = {
    "message": "Member points adjusted",
    "errors": {},
    "data": {"Message": "100.0 points added", "futureDate": False, "ExceptionString": "", "transactionCode": CODE},
    "status": 200,
}
DETAILS = {"message": "Member points adjusted", "data_message": "100.0 points added", "future_date": False}
CLUB = {
    "billing_entity": "Company_Club",
    "point_types": {"base": "Base", "bonus": "Bonus"},
    "default_point_type": "base",
    "reasons": {"goodwill": "7502"},
    "default_reason": "goodwill",
}


def adapter(**changes: Any) -> Fabric:
    base = {"adapter": "fabric", "base_url": "https://club.example/api", "token": TOKEN}
    return Fabric(Settings.model_validate(base | changes))


def sent(exchange: Exchange[Any]) -> Any:
    return exact.loads(next(exchange).body.decode())


def write(response: VendorResponse) -> Any:
    exchange = adapter().adjust(member=MEMBER, points=Decimal(100))
    next(exchange)
    with pytest.raises(StopIteration) as stopped:
        exchange.send(response)
    return stopped.value.value


def answer(status: int = 200, /, **changes: Any) -> VendorResponse:
    """The sample under another status line, with fields changed, or left out where they are `...`."""
    return VendorResponse(status, body=exact.dumps({k: v for k, v in (SAMPLE | changes).items() if v is not ...}))


def refusal(status: int = 200, /, **changes: Any) -> VendorResponse:
    """An envelope of a failure, as a 400 has it, with fields changed or left out."""
    values = {"message": "Not adjusted", "errors": {"points": ["over the cap"]}, "data": None, "status": 400}
    return answer(status, **(values | changes))


def test_a_write_is_the_documented_request() -> None:
    """Path, headers, and the sample body byte for byte but for its spaces."""
    request = next(adapter(**CLUB).adjust(member=MEMBER, points=Decimal(100)))
    assert (request.method, request.path) == ("POST", "/v1/members/points-adjustment")
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Content-Type"] == "application/json"
    assert request.body == (
        b'{"profileId":"f90a1da5-c072-48b7-a9ea-eb35c5dd506b","pointType":"Base","billingEntity":"Company_Club",'
        b'"points":100,"reasonCode":"7502","setToPending":false}'
    )


def test_what_has_neither_a_value_nor_a_default_is_not_sent() -> None:
    """Only the member, the points and the pending flag are always said."""
    body = sent(adapter().adjust(member=MEMBER, points=Decimal("-2.5"), pending=True))
    assert body == {"profileId": MEMBER.value, "points": Decimal("-2.5"), "setToPending": True}


def test_a_request_speaks_before_the_configuration() -> None:
    """Point type and billing entity of the request stand in for the defaults."""
    options = Options(billing_entity="Other")
    body = sent(adapter(**CLUB).adjust(member=MEMBER, points=Decimal(1), point_type="bonus", options=options))
    assert (body["pointType"], body["billingEntity"]) == ("Bonus", "Other")


@pytest.mark.parametrize("field", ["point_type", "reason"])
def test_a_word_without_a_mapping_is_refused_before_anything_is_made(field: str) -> None:
    """The caller hears which field it was."""
    given_: dict[str, Any] = {field: "nonsense"}
    with pytest.raises(FieldNotSupported) as raised:
        next(adapter(**CLUB).adjust(member=MEMBER, points=Decimal(1), **given_))
    assert raised.value.field == field


@pytest.mark.parametrize(
    "changes",
    [{"default_point_type": "base"}, {"default_reason": "x"}, {"billing_entity": ""}, {"point_types": {"base": ""}}],
)
def test_settings_that_could_never_be_sent_are_refused(changes: dict[str, Any]) -> None:
    """A default needs a mapping, and the vendor takes no empty text."""
    with pytest.raises(ValidationError):
        adapter(**changes)


def test_an_empty_billing_entity_is_refused() -> None:
    """The vendor documents a minimum length of 1."""
    with pytest.raises(ValidationError):
        Options(billing_entity="")


def test_masked_settings_leave_no_secret_in_a_request() -> None:
    """A preview is made with these."""
    masked = adapter().settings.masked()
    assert isinstance(masked, Settings)
    request = next(Fabric(masked).adjust(member=MEMBER, points=Decimal(5)))
    assert TOKEN not in repr(request)
    assert request.headers["Authorization"] == "Bearer ***"


def test_the_sample_answer_is_a_success() -> None:
    """Its code is the transaction's id, and nothing else that it says is lost."""
    assert write(answer()) == Applied(transaction_id=CODE, details=DETAILS)


@pytest.mark.parametrize(
    "response",
    [
        answer(201, status=201),
        answer(status=299),
        answer(errors=...),
        answer(errors=None),
        answer(errors=[]),
        answer(message=...),
        answer(data={"transactionCode": CODE}),
        answer(data={"transactionCode": CODE, "ExceptionString": None, "futureDate": "no", "Message": 7}),
    ],
)
def test_secondary_fields_do_not_make_a_success_doubtful(response: VendorResponse) -> None:
    """Absent, null or unreadable, they become null."""
    assert write(response).transaction_id == CODE


def test_the_least_number_that_counts_something_is_a_code() -> None:
    """A `transactionCode` of 1 is one, and 0 is none."""
    assert write(answer(data={"transactionCode": 1})).transaction_id == "1"


def test_details_that_cannot_be_read_are_null() -> None:
    """Each on its own."""
    applied = write(answer(message={}, data={"transactionCode": CODE, "Message": [], "futureDate": 7}))
    assert applied.details == {"message": None, "data_message": None, "future_date": None}


ANSWERS = [
    # refusals in the vendor's envelope
    (refusal(400), VendorRejected, True),
    (refusal(404, status=404), VendorRejected, True),
    (refusal(422, status=400), VendorRejected, True),
    (refusal(400, errors=None, data={"ExceptionString": ""}), VendorRejected, True),
    (refusal(), VendorRejected, True),
    (refusal(errors={}), VendorRejected, True),
    (refusal(status=200), VendorRejected, True),
    (refusal(status=...), VendorRejected, True),
    (refusal(status=200, errors=["no"]), VendorRejected, True),
    (refusal(status=200, errors="no"), VendorRejected, True),
    (refusal(400, status="400"), VendorRejected, True),
    (refusal(status="400"), VendorRejected, True),
    (refusal(status=Decimal("400.0")), VendorRejected, True),
    # credentials and rate, in either place
    (VendorResponse(401), VendorAuthFailed, True),
    (VendorResponse(429, body=b"<html>"), VendorRateLimited, True),
    (refusal(401, status=401), VendorAuthFailed, True),
    (refusal(429, status=...), VendorRateLimited, True),
    (refusal(status=401), VendorAuthFailed, True),
    (refusal(status=429), VendorRateLimited, True),
    (refusal(400, status=401), VendorAuthFailed, True),
    (refusal(400, status=429), VendorRateLimited, True),
    (refusal(400, status=428), VendorRejected, True),
    # where statuses of one kind end
    (refusal(202, status=401), VendorAuthFailed, True),
    (refusal(299, status=401), VendorAuthFailed, True),
    (refusal(199, status=401), VendorBadResponse, False),
    (refusal(300, status=401), VendorBadResponse, False),
    (refusal(201, status=500), VendorUnavailable, False),
    (refusal(status=299), VendorRejected, True),
    (refusal(499, status=499), VendorRejected, True),
    (refusal(404, status=401), VendorAuthFailed, True),
    (refusal(499, status=401), VendorAuthFailed, True),
    (refusal(400, status=399), VendorBadResponse, False),
    (refusal(401, status=199), VendorAuthFailed, True),
    (refusal(401, status=299), VendorBadResponse, False),
    (refusal(401, status=300), VendorAuthFailed, True),
    (answer(status=199), VendorBadResponse, False),
    (answer(status=300), VendorBadResponse, False),
    # something may have happened
    (answer(400, status=400), VendorBadResponse, False),
    (answer(401, status=401), VendorBadResponse, False),
    (answer(errors={"points": ["x"]}), VendorBadResponse, False),
    (answer(status=400), VendorBadResponse, False),
    (answer(data={**SAMPLE["data"], "ExceptionString": "NullReference"}), VendorBadResponse, False),
    (refusal(400, data={"ExceptionString": "NullReference"}), VendorBadResponse, False),
    (refusal(data={"ExceptionString": "NullReference"}), VendorBadResponse, False),
    (refusal(400, ExceptionString="NullReference"), VendorBadResponse, False),
    (refusal(400, data=[{"exceptionString": "NullReference"}]), VendorBadResponse, False),
    (refusal(400, data={"result": {"TransactionCode": CODE}}), VendorBadResponse, False),
    (refusal(400, data={"transactionCode": 7}), VendorBadResponse, False),
    # contradictory, unknown, unreadable
    (refusal(400, status=200), VendorBadResponse, False),
    (refusal(401, status=200), VendorBadResponse, False),
    (refusal(400, status=500), VendorBadResponse, False),
    (refusal(400, status=...), VendorBadResponse, False),
    (refusal(400, status="400 "), VendorBadResponse, False),
    (refusal(400, status=True), VendorBadResponse, False),
    (refusal(status="no"), VendorBadResponse, False),
    (refusal(status=200, errors=False), VendorBadResponse, False),
    (refusal(status=200, errors=0), VendorBadResponse, False),
    (refusal(status=500), VendorUnavailable, False),
    (refusal(status=302), VendorBadResponse, False),
    (refusal(202), VendorBadResponse, False),
    (refusal(202, status=200), VendorBadResponse, False),
    (refusal(500), VendorUnavailable, False),
    (refusal(500, status=401), VendorUnavailable, False),
    (refusal(302), VendorBadResponse, False),
    (VendorResponse(404, body=b"<html>Not Found</html>"), VendorBadResponse, False),
    (VendorResponse(404, body=b'{"message": "no route"}'), VendorBadResponse, False),
    (VendorResponse(404, body=b'{"status": 404}'), VendorBadResponse, False),
    (VendorResponse(400, body=b"[]"), VendorBadResponse, False),
    (VendorResponse(503), VendorUnavailable, False),
    (VendorResponse(200), VendorBadResponse, False),
    (VendorResponse(200, body=b"{}"), VendorBadResponse, False),
    (VendorResponse(200, body=b"[]"), VendorBadResponse, False),
    (VendorResponse(200, body=exact.dumps(SAMPLE)[:-1]), VendorBadResponse, False),
    (answer(status=...), VendorBadResponse, False),
    (answer(status=None), VendorBadResponse, False),
    (answer(status=True), VendorBadResponse, False),
    (answer(status="200 OK"), VendorBadResponse, False),
    (answer(data=None), VendorBadResponse, False),
    (answer(data={"transactionCode": ""}), VendorBadResponse, False),
    (answer(data={"transactionCode": " "}), VendorBadResponse, False),
    (answer(data={"transactionCode": 0}), VendorBadResponse, False),
    (answer(data={"transactionCode": "-1"}), VendorBadResponse, False),
    (answer(data={"transactionCode": True}), VendorBadResponse, False),
    (answer(data={"transactionCode": [CODE]}), VendorBadResponse, False),
    (answer(data={"transactionCode": "7866\ufffde74"}), VendorBadResponse, False),
]


@pytest.mark.parametrize(("response", "kind", "judged"), ANSWERS)
def test_only_a_refusal_with_no_sign_of_action_proves_that_nothing_was_applied(
    response: VendorResponse, kind: type[VendorError], judged: bool
) -> None:
    """Four places can tell of a failure; whatever they leave open is unknown."""
    with pytest.raises(VendorError) as raised:
        write(response)
    assert type(raised.value) is kind
    assert raised.value.judged is judged


def test_the_vendors_words_are_kept() -> None:
    """Its message and its errors in one text."""
    with pytest.raises(VendorRejected) as raised:
        write(refusal(400, errors={"points": ["over the cap", 7], "reasonCode": "unknown", "x": None}))
    assert raised.value.vendor_message == "Not adjusted; points: over the cap; reasonCode: unknown"
    assert raised.value.vendor_status == 400


def test_the_vendors_words_are_whole() -> None:
    """However long they are: they are cut once secrets are masked, lest half of one stay."""
    with pytest.raises(VendorRejected) as raised:
        write(refusal(400, message="x" * 1000))
    assert raised.value.vendor_message == "x" * 1000 + "; points: over the cap"


def test_a_rate_limit_keeps_the_vendors_wait() -> None:
    """In seconds."""
    with pytest.raises(VendorRateLimited) as raised:
        write(VendorResponse(429, {"retry-after": "7"}))
    assert raised.value.retry_after == 7.0


@settings(deadline=None)
@given(st.decimals(-(10**12) + 1, 10**12 - 1, places=6))
def test_points_go_out_digit_for_digit(points: Decimal) -> None:
    """As a JSON number, never through a float."""
    assert sent(adapter().adjust(member=MEMBER, points=points))["points"] == points


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=255))
def test_every_member_is_sent_as_it_is(value: str) -> None:
    """Whatever the characters, JSON carries them."""
    assert sent(adapter().adjust(member=Member("profile_id", value), points=Decimal(1)))["profileId"] == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(
    st.sampled_from([200, 201, 301, 400, 401, 404, 429, 500]),
    st.fixed_dictionaries({}, optional={"message": JSON, "errors": JSON, "status": JSON, "data": JSON}),
    st.sampled_from(["transactionCode", "ExceptionString"]),
)
def test_no_answer_with_a_sign_of_action_is_ever_final(status: int, said: dict[str, Any], sign: str) -> None:
    """Whatever else it holds: a code or an exception somewhere keeps a failure from being a proof."""
    said["data"] = {"inner": said.get("data"), sign: "something"}
    proof = False
    try:
        write(VendorResponse(status, body=exact.dumps(said)))
    except VendorError as error:
        proof = error.judged
    assert not proof
