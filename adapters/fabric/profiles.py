"""The members of fabric: how one is looked up, and how the rows that answer are read (public documents)."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from adapters.fabric.wire import Envelope
from gateway import scalars
from gateway.model import Member, Profile
from gateway.port import VendorResponse, not_understood

Row = Mapping[str, Any]
FILTERS = {"profile_id": "profileId", "loyalty_number": "loyaltyNumber", "email": "email", "phone": "phonenumber"}
"""The query parameter by member scheme."""
_IN_MEMBER = {"email": "emailAddress", "phone": "phoneNumber"}
_NO_DIGIT = re.compile("[^0-9]")
_OF_MEMBER: tuple[tuple[str, str, Callable[[object], Any]], ...] = (
    ("firstName", "first_name", scalars.text),
    ("middleName", "middle_name", scalars.text),
    ("lastName", "last_name", scalars.text),
    ("birthDate", "birth_date", scalars.text),
)
_OF_ACCOUNT: tuple[tuple[str, str, Callable[[object], Any]], ...] = (
    ("clubReference", "club_reference", scalars.text),
    ("clubTitle", "club_title", scalars.text),
    ("customAttributes", "custom_attributes", lambda value: value if isinstance(value, dict) else None),
    ("enrollmentEntity", "enrollment_entity", scalars.text),
    ("enrollmentStatus", "enrollment_status", scalars.flag),
    ("entityReference", "entity_reference", scalars.text),
    ("paidStatus", "paid_status", scalars.flag),
    ("redemptionChoice", "redemption_choice", scalars.text),
    ("redemptionThreshold", "redemption_threshold", scalars.number),
    ("tierExpiryDate", "tier_expiry_date", scalars.text),
    ("tierExternalReference", "tier_external_reference", scalars.text),
    ("tierId", "tier_id", scalars.text),
    ("updatedAt", "updated_at", scalars.text),
)


def address(member: Member) -> str:
    """Path and query of the look-up. The page wants a phone without blanks and dashes; without `+` is a guess."""
    value = _digits(member.value) if member.scheme == "phone" else member.value
    return f"/v1/members?{FILTERS[member.scheme]}={quote(value, safe='')}"


def profiles(answer: Envelope, response: VendorResponse, member: Member) -> list[Profile]:
    """The accounts of all members that have the value that was asked, one for each profile id.

    Letter case does not count in an email, and only digits count in a phone. Raises `VendorBadResponse` for a member
    who is not known to have the value, and for one without an account.
    """
    data = answer.answer.get("data")
    rows = answer.rows if isinstance(data, list) else [answer.data] if answer.data else None
    if rows is None:
        not_understood("data: not a member or a list of members", response)
    found: dict[str, Profile] = {}
    for row in rows:
        fitting = [each for each in _accounts(row, response) if _has(row, each, member)]
        if not fitting:
            not_understood("A member in the answer is not known to have what was asked", response)
        found |= {profile.member.value: profile for profile in (_profile(row, each, response) for each in fitting)}
    return list(found.values())


def _accounts(row: Row, response: VendorResponse) -> Iterator[Row]:
    accounts = row.get("accounts")
    if not isinstance(accounts, list) or not all(isinstance(each, dict) for each in accounts):
        not_understood("accounts: not a list of objects", response)
    return iter(accounts)


def _has(row: Row, account: Row, member: Member) -> bool:
    if member.scheme in _IN_MEMBER:
        value = scalars.text(row.get(_IN_MEMBER[member.scheme]))
    else:
        value = scalars.text(account.get(FILTERS[member.scheme]))
    if value is None:
        return False
    if member.scheme == "phone":
        return _digits(value) == _digits(member.value)
    return value.lower() == member.value.lower() if member.scheme == "email" else value == member.value


def _profile(row: Row, account: Row, response: VendorResponse) -> Profile:
    identifier = scalars.text(account.get("profileId"))
    if not identifier:
        not_understood("profileId: not a text", response)
    phone = _digits(scalars.text(row.get("phoneNumber")) or "")
    names = {
        "profile_id": identifier,
        "loyalty_number": scalars.text(account.get("loyaltyNumber")),
        "email": scalars.text(row.get("emailAddress")),
        "phone": f"+{phone}" if phone else None,
    }
    return Profile(
        Member("profile_id", identifier),
        {scheme: value for scheme, value in names.items() if value},
        status=scalars.text(account.get("accountStatus")),
        tier=scalars.text(account.get("tierTitle")),
        details={
            **{name: read(row.get(title)) for title, name, read in _OF_MEMBER},
            **{name: read(account.get(title)) for title, name, read in _OF_ACCOUNT},
        },
    )


def _digits(text: str) -> str:
    return _NO_DIGIT.sub("", text)
