"""The look-up of a contact: whose row is believed, and how a phone is divided."""

import json
from typing import Any

import pytest

from adapters.contact_points.contacts import divided
from gateway.errors import FieldNotSupported, MemberNotFound, VendorAuthFailed, VendorBadResponse, VendorError
from gateway.model import Member, Profile
from gateway.port import VendorResponse
from tests.adapters.contact_points.test_history import adapter

CONTACT: dict[str, Any] = {
    "Id": 7,
    "Secret": "secret-of-the-contact",
    "Email": "Ada@Example.com",
    "PhoneCountryCode": "45",
    "Phone": "12345678",
    "FirstName": "Ada",
    "RegistrationDateTime": "2023-01-05T09:30:00.0000000+01:00",
}
BY = {"contact_id": "7", "email": "ada@example.com", "phone": "+4512345678"}


def found(scheme: str, status: int = 200, **changes: Any) -> Profile | VendorError:
    """What comes of a look-up that is answered by a contact, with fields changed, or without those that are `...`."""
    exchange = adapter().lookup(member=Member(scheme, BY[scheme]))
    assert next(exchange).confidential
    body = {name: value for name, value in (CONTACT | changes).items() if value is not ...}
    try:
        exchange.send(VendorResponse(status, {"content-type": "application/json"}, json.dumps(body).encode()))
    except StopIteration as stop:
        profile: Profile = stop.value
        return profile
    except VendorError as error:
        return error
    raise AssertionError("a second request")


@pytest.mark.parametrize("scheme", BY)
def test_the_contact_that_was_asked(scheme: str) -> None:
    """By each name it is the same contact; letter case does not count in an email."""
    profile = found(scheme)
    assert isinstance(profile, Profile)
    assert profile.member == Member("contact_id", "7")
    assert profile.ids == {"contact_id": "7", "email": "Ada@Example.com", "phone": "+4512345678"}
    assert CONTACT["Secret"] not in str(profile)


@pytest.mark.parametrize(
    ("scheme", "changes"),
    [
        ("contact_id", {"Id": 8}),
        ("contact_id", {"Id": 0}),
        ("contact_id", {"Id": ...}),
        ("email", {"Email": "bo@example.com"}),
        ("email", {"Email": None}),
        ("email", {"Email": "ada@ex\ufffdmple.com"}),
        *(("email", {"Id": identifier}) for identifier in ("seven", 0, -7)),
        ("phone", {"Phone": "12345679"}),
        ("phone", {"PhoneCountryCode": "46", "Phone": "12345679"}),
        ("phone", {"PhoneCountryCode": None}),
        ("phone", {"PhoneCountryCode": ...}),
        ("phone", {"Phone": None}),
    ],
)
def test_another_contact_is_not_understood(scheme: str, changes: dict[str, Any]) -> None:
    """A row that has not what was asked, or of which that cannot be told, is nobody's."""
    assert isinstance(found(scheme, **changes), VendorBadResponse)


@pytest.mark.parametrize("missing", ["PhoneCountryCode", "Phone"])
def test_a_part_of_a_phone_is_no_phone(missing: str) -> None:
    """Without its calling code or its number, a contact has no phone."""
    profile = found("contact_id", **{missing: None})
    assert isinstance(profile, Profile)
    assert profile.ids == {"contact_id": "7", "email": "Ada@Example.com"}


@pytest.mark.parametrize("code", ["45", "+45", "0045", 45])
def test_a_calling_code_may_be_written_in_several_ways(code: object) -> None:
    """The code is compared by its digits."""
    assert isinstance(found("phone", PhoneCountryCode=code), Profile)


def test_the_same_number_in_another_country_is_another_phone() -> None:
    """A phone is unique at the vendor, so that nobody has the one that was asked."""
    assert isinstance(found("phone", PhoneCountryCode="46"), MemberNotFound)


def test_a_404_is_nobody_only_in_the_vendors_own_words() -> None:
    """A 404 without a `Message` comes from something on the way."""
    error = found("email", 404, Id=..., Message="Contact was not found.")
    assert isinstance(error, MemberNotFound)
    assert error.judged
    assert isinstance(found("email", 404), VendorBadResponse)
    assert isinstance(found("email", 401), VendorAuthFailed)


@pytest.mark.parametrize("value", ["0", "-1", "x", "1?email=a"])
def test_an_id_is_a_positive_number(value: str) -> None:
    """What is no id is refused before anything is sent."""
    with pytest.raises(FieldNotSupported):
        next(adapter().lookup(member=Member("contact_id", value)))


@pytest.mark.parametrize(
    ("phone", "parts"),
    [
        ("+12025550123", ("1", "2025550123")),
        ("+79161234567", ("7", "9161234567")),
        ("+4512345678", ("45", "12345678")),
        ("+35312345678", ("353", "12345678")),
        ("+37060000000", ("370", "60000000")),
        ("+861012345678", ("86", "1012345678")),
        ("+8801712345678", ("880", "1712345678")),
    ],
)
def test_a_calling_code_ends_where_its_zone_says(phone: str, parts: tuple[str, str]) -> None:
    """Zones 1 and 7 have one digit, some codes two, and the others three."""
    assert divided(phone) == parts


def test_every_calling_code_of_two_digits() -> None:
    """These and no others are complete after two digits (ITU-T E.164, list of assigned country codes)."""
    zones = {2: "07", 3: "0123469", 4: "013456789", 5: "12345678", 6: "0123456", 8: "1246", 9: "0123458"}
    two = {f"{zone}{digit}" for zone, digits in zones.items() for digit in digits}
    begun = [f"{number}" for number in range(20, 100) if number not in range(70, 80)]
    assert {each for each in begun if divided(f"+{each}5551234")[0] == each} == two
    assert {len(divided(f"+{each}5551234")[0]) for each in begun if each not in two} == {3}
