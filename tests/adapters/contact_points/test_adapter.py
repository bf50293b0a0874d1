"""The contact-points adapter against its vendor's own samples, and what each of its answers proves."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.contact_points.adapter import ContactPoints, Options, Settings
from gateway import exact
from gateway.errors import (
    FieldNotSupported,
    MemberNotFound,
    VendorAuthFailed,
    VendorBadResponse,
    VendorError,
    VendorRateLimited,
    VendorRejected,
    VendorUnavailable,
)
from gateway.model import Balance, Member
from gateway.port import Exchange, VendorResponse

KEY = "key-of-the-crm"
MEMBER = Member("contact_id", "1")
REQUEST = """{
  "ContactId": 1,
  "ContactCompanyId": 1,
  "Type": "sample string 2",
  "Amount": 3.0,
  "Description": "sample string 4",
  "SourceId": "sample string 5",
  "SourceDescription": "sample string 6",
  "StoreId": 1,
  "BookValue": 1.0,
  "SubType": "sample string 7",
  "PointCalculationBase": 1.0,
  "Dynamic_": "sample string 8"
}"""
POINT = {
    "Id": 1,
    "ContactId": 1,
    "Type": "sample string 2",
    "Amount": Decimal("3.0"),
    "Sum": Decimal("4.0"),
    "IsCanceller": False,
}
FULL = Options(
    company_id=1,
    sub_type="sample string 7",
    book_value=Decimal("1.0"),
    point_calculation_base=Decimal("1.0"),
    dynamic={"": "sample string 8"},
)
EVERYTHING: dict[str, Any] = {
    "member": MEMBER,
    "points": Decimal("3.0"),
    "id": "sample string 5",
    "point_type": "base",
    "description": "sample string 4",
    "reference": "sample string 6",
    "store": "1",
    "options": FULL,
}
LEAST: dict[str, Any] = {"member": MEMBER, "points": Decimal(3), "id": "adj_1"}


def adapter(**changes: Any) -> ContactPoints:
    base = {
        "adapter": "contact-points",
        "base_url": "https://crm.example",
        "api_key": KEY,
        "point_types": {"base": "sample string 2", "long": "x" * 33},
        "default_point_type": "base",
        "default_description": "Points adjustment",
    }
    return ContactPoints(Settings.model_validate(base | changes))


def sent(exchange: Exchange[Any]) -> Any:
    return exact.loads(next(exchange).body.decode())


def write(response: VendorResponse) -> Any:
    exchange = adapter().adjust(**LEAST)
    next(exchange)
    with pytest.raises(StopIteration) as stopped:
        exchange.send(response)
    return stopped.value.value


def answer(status: int = 200, /, **changes: Any) -> VendorResponse:
    """The point that was asked for, with fields changed, or left out where they are `...`."""
    values = {name: value for name, value in (POINT | changes).items() if value is not ...}
    return VendorResponse(status, body=exact.dumps(values))


def test_a_write_is_the_documented_request() -> None:
    """Path, headers, and every field of the sample in its order."""
    request = next(adapter().adjust(**EVERYTHING))
    assert (request.method, request.path) == ("POST", "/api/v1/Points")
    assert request.headers["X-ApiKey"] == KEY
    assert request.headers["Content-Type"] == "application/json"
    body, sample = exact.loads(request.body.decode()), exact.loads(REQUEST)
    assert body == sample
    assert list(body) == list(sample)


def test_what_has_no_value_is_not_sent() -> None:
    """Type and Description come from the defaults, and SourceId is the adjustment's own id."""
    assert sent(adapter().adjust(**LEAST)) == {
        "ContactId": 1,
        "Type": "sample string 2",
        "Amount": 3,
        "Description": "Points adjustment",
        "SourceId": "adj_1",
    }


def test_dynamic_properties_get_their_prefix() -> None:
    """The empty name is the bare prefix, as in the sample."""
    options = Options(dynamic={"Test": "x", "": "y"}, source_description="till 4")
    body = sent(adapter().adjust(**LEAST, options=options))
    assert (body["Dynamic_Test"], body["Dynamic_"], body["SourceDescription"]) == ("x", "y", "till 4")


def test_a_reference_may_take_the_place_of_the_source_id() -> None:
    """Then the id is not sent, SourceDescription is free for the option, and nothing can be searched for."""
    made = adapter(source_id="reference")
    body = sent(made.adjust(**LEAST, reference="order-1", options=Options(source_description="till 4")))
    assert (body["SourceId"], body["SourceDescription"]) == ("order-1", "till 4")
    assert "adj_1" not in sent(made.adjust(**LEAST)).values()
    assert (made.repeat_safety, adapter().repeat_safety) == ("none", "searchable")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        *[
            ("member", {"member": Member("contact_id", value)})
            for value in ("0", "-1", "01", "1.0", "x", " 1", "1\n", "\u0661", "9223372036854775808", "9" * 255)
        ],
        *[("store", {"store": value}) for value in ("0", "", "007", "main", "9223372036854775808")],
        ("point_type", {"point_type": "other"}),
        ("point_type", {"point_type": "long"}),
        ("reference", {"reference": "x", "options": Options(source_description="y")}),
        ("reference", {"reference": "", "options": Options(source_description="")}),
        ("options.contact-points.sub_type", {"options": Options(sub_type="é" * 33)}),
    ],
)
def test_what_the_vendor_cannot_be_told_is_refused_before_anything_is_made(field: str, changes: dict[str, Any]) -> None:
    """The caller hears which field it was."""
    with pytest.raises(FieldNotSupported) as raised:
        next(adapter().adjust(**(LEAST | changes)))
    assert raised.value.field == field


def test_documented_lengths_are_counted_in_characters() -> None:
    """The longest that the vendor takes are sent, ids up to 64 bits among them."""
    body = sent(
        adapter(point_types={"base": "é" * 32}, source_id="reference").adjust(
            **(LEAST | {"member": Member("contact_id", "9223372036854775807")}),
            reference="é" * 255,
            options=Options(sub_type="é" * 32),
        )
    )
    assert (len(body["Type"]), len(body["SubType"]), len(body["SourceId"])) == (32, 32, 255)
    assert body["ContactId"] == 9223372036854775807


def test_a_source_id_that_is_too_long_is_refused() -> None:
    """Where the reference takes its place."""
    with pytest.raises(FieldNotSupported, match="255"):
        next(adapter(source_id="reference").adjust(**LEAST, reference="x" * 256))


@pytest.mark.parametrize("field", ["point_type", "description"])
def test_what_the_vendor_requires_needs_a_value_or_a_default(field: str) -> None:
    """Neither means that the vendor cannot be told."""
    with pytest.raises(FieldNotSupported) as raised:
        next(adapter(**{f"default_{field}": None}).adjust(**LEAST))
    assert raised.value.field == field


@pytest.mark.parametrize(
    "changes", [{"default_point_type": "other"}, {"default_description": ""}, {"source_id": "none"}]
)
def test_settings_that_could_never_be_sent_are_refused(changes: dict[str, Any]) -> None:
    """A default is a mapped one, and a required text is not empty."""
    with pytest.raises(ValidationError):
        adapter(**changes)


def test_masked_settings_leave_no_secret_in_a_request() -> None:
    """A preview is made with these."""
    masked = adapter().settings.masked()
    assert isinstance(masked, Settings)
    request = next(ContactPoints(masked).adjust(**LEAST))
    assert KEY not in repr(request)
    assert request.headers["X-ApiKey"] == "***"


@pytest.mark.parametrize("status", [200, 201])
def test_a_point_that_was_made_is_a_success(status: int) -> None:
    """Its id, the new sum, and the rest as details."""
    applied = write(answer(status))
    assert (applied.transaction_id, applied.balance) == ("1", Balance(Decimal(4)))
    assert (applied.details["contact_id"], applied.details["amount"]) == (1, Decimal(3))


def test_an_id_is_all_that_a_success_needs() -> None:
    """No balance is made up, and what cannot be read contradicts nothing."""
    echoes = answer(ContactId={}, Type=[], Amount="much", Sum=None, IsCanceller="no")
    for response in (VendorResponse(200, body=b'{"Id": 1}'), echoes):
        applied = write(response)
        assert (applied.transaction_id, applied.balance) == ("1", None)
        assert set(applied.details.values()) == {None}


REFUSAL = b'{"Message": "The request is invalid."}'
ANSWERS = [
    (VendorResponse(400, body=REFUSAL), VendorRejected, True),
    (VendorResponse(404, body=b'{"Message": "Contact not found."}'), MemberNotFound, True),
    (VendorResponse(401), VendorAuthFailed, True),
    (VendorResponse(429, body=b"<html>"), VendorRateLimited, True),
    (VendorResponse(400), VendorBadResponse, False),
    (VendorResponse(404), VendorBadResponse, False),
    (VendorResponse(404, body=b"<html>Not Found</html>"), VendorBadResponse, False),
    (VendorResponse(404, body=b'{"message": "no route"}'), VendorBadResponse, False),
    (VendorResponse(400, body=b'{"Message": null}'), VendorBadResponse, False),
    (VendorResponse(400, body=b'["Message"]'), VendorBadResponse, False),
    (VendorResponse(403, body=REFUSAL), VendorBadResponse, False),
    (VendorResponse(409, body=REFUSAL), VendorBadResponse, False),
    (VendorResponse(302), VendorBadResponse, False),
    (VendorResponse(500, body=REFUSAL), VendorUnavailable, False),
    (VendorResponse(503), VendorUnavailable, False),
    (VendorResponse(200), VendorBadResponse, False),
    (VendorResponse(204), VendorBadResponse, False),
    (VendorResponse(200, body=b"[]"), VendorBadResponse, False),
    (VendorResponse(200, body=REFUSAL), VendorBadResponse, False),
    (VendorResponse(200, body=exact.dumps(POINT)[:-1]), VendorBadResponse, False),
    (answer(Id=...), VendorBadResponse, False),
    (answer(Id=None), VendorBadResponse, False),
    (answer(Id=True), VendorBadResponse, False),
    (answer(Id=Decimal("1.5")), VendorBadResponse, False),
    (answer(Id=0), VendorBadResponse, False),
    (answer(Id="-1"), VendorBadResponse, False),
    (answer(ContactId=2), VendorBadResponse, False),
    (answer(ContactId="2"), VendorBadResponse, False),
    (answer(Amount=Decimal("3.000001")), VendorBadResponse, False),
    (answer(Amount=-3), VendorBadResponse, False),
    (answer(Type="sample string 3"), VendorBadResponse, False),
    (answer(Type=1), VendorBadResponse, False),
    (answer(IsCanceller=True), VendorBadResponse, False),
    (answer(IsCanceller="True"), VendorBadResponse, False),
    (answer(IsCanceller=1), VendorBadResponse, False),
]


@pytest.mark.parametrize(("response", "kind", "judged"), ANSWERS)
def test_only_the_vendors_own_refusals_prove_that_nothing_was_applied(
    response: VendorResponse, kind: type[VendorError], judged: bool
) -> None:
    """404 and 400 with a Message, 401 and 429; whatever else is no success is unknown, contradictions too."""
    with pytest.raises(VendorError) as raised:
        write(response)
    assert type(raised.value) is kind
    assert raised.value.judged is judged


@settings(deadline=None)
@given(st.decimals(-(10**12) + 1, 10**12 - 1, places=6), st.decimals(-(10**20), 10**20, places=6))
def test_digits_are_exact_both_ways(points: Decimal, total: Decimal) -> None:
    """Amount and book value go out, Amount and Sum come in, never through a float."""
    exchange = adapter().adjust(**(LEAST | {"points": points, "options": Options(book_value=points)}))
    body = sent(exchange)
    assert (body["Amount"], body["BookValue"]) == (points, points)
    with pytest.raises(StopIteration) as stopped:
        exchange.send(VendorResponse(200, body=exact.dumps({"Id": 1, "Amount": points, "Sum": total})))
    assert stopped.value.value.balance == Balance(total)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.integers(1, 2**63 - 1))
def test_every_text_and_contact_is_sent_as_it_is(text: str, contact: int) -> None:
    """Whatever the characters, JSON carries them."""
    member = Member("contact_id", str(contact))
    fields: dict[str, Any] = {
        "member": member,
        "description": text,
        "reference": text,
        "options": Options(dynamic={text: text}),
    }
    body = sent(adapter().adjust(**(LEAST | fields)))
    assert body["ContactId"] == contact
    assert [body[name] for name in ("Description", "SourceDescription", f"Dynamic_{text}")] == [text] * 3
