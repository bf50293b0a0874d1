"""The contacts of contact-points: how one is looked up, and how the row that answers is read (public documents)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from adapters.contact_points.wire import moment
from gateway import scalars
from gateway.model import Member, Profile
from gateway.port import VendorResponse, not_understood

# Calling codes of one and of two digits (ITU-T E.164); all others have three.
_ONE = ("1", "7")
_TWO = frozenset((20, 27, *range(30, 35), 36, 39, 40, 41, *range(43, 50), *range(51, 59), *range(60, 67)))
_TWO |= {81, 82, 84, 86, *range(90, 96), 98}
_DETAILS = (
    ("PhoneCountryCode", "phone_country_code", scalars.text),
    ("FirstName", "first_name", scalars.text),
    ("LastName", "last_name", scalars.text),
    ("RegistrationSource", "registration_source", scalars.text),
    ("PreferredStoreId", "preferred_store_id", scalars.whole),
)


def address(member: Member) -> str:
    """Path and query of the look-up; the vendor has a phone's calling code in a field of its own, not in `Phone`."""
    if member.scheme == "contact_id":
        return f"/api/v1/Contacts/{member.value}"
    value = divided(member.value)[1] if member.scheme == "phone" else member.value
    return f"/api/v1/Contacts?{member.scheme}={quote(value, safe='')}"


def divided(phone: str) -> tuple[str, str]:
    """The calling code and the rest of a phone number, both without `+`."""
    digits = phone.removeprefix("+")
    length = 1 if digits.startswith(_ONE) else 2 if int(digits[:2]) in _TWO else 3
    return digits[:length], digits[length:]


def elsewhere(response: VendorResponse, member: Member) -> bool:
    """Whether the contact has the number that was asked in another country: then nobody has the phone."""
    dto = response.json_object()
    code, number = divided(member.value)
    own = _code(dto)
    return own not in (None, code) and scalars.text(dto.get("Phone")) == number


def profile(response: VendorResponse, member: Member) -> Profile:
    """The contact, if it has the value that was asked; letter case does not count in an email.

    Raises `VendorBadResponse` for another contact, and without an `Id`.
    """
    dto = response.json_object()
    identifier = scalars.whole(dto.get("Id"))
    if identifier is None or identifier <= 0:
        not_understood("Id: not a positive integer", response)
    ids = {"contact_id": str(identifier), **_names(dto)}
    if _comparable(member.scheme, ids.get(member.scheme)) != _comparable(member.scheme, member.value):
        not_understood("The contact in the answer is not known to have what was asked", response)
    details: dict[str, Any] = {name: read(dto.get(title)) for title, name, read in _DETAILS}
    enrolled_at = moment(dto.get("RegistrationDateTime"))
    return Profile(Member("contact_id", str(identifier)), ids, enrolled_at=enrolled_at, details=details)


def _names(dto: Mapping[str, Any]) -> dict[str, str]:
    """The email, and the phone where both of its parts are there."""
    email, code, number = scalars.text(dto.get("Email")), _code(dto), scalars.text(dto.get("Phone"))
    names = {"email": email, "phone": f"+{code}{number}" if code and number else None}
    return {scheme: value for scheme, value in names.items() if value}


def _code(dto: Mapping[str, Any]) -> str | None:
    """The calling code; that it may begin with `+` or `00` is a guess."""
    code = scalars.text(dto.get("PhoneCountryCode"))
    return (code.removeprefix("+").lstrip("0") or None) if code else None


def _comparable(scheme: str, value: str | None) -> str | None:
    return value.lower() if value is not None and scheme == "email" else value
