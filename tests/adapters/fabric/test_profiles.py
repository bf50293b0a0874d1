"""The look-up of a member: whose rows are believed, and what several accounts mean."""

import json
from typing import Any

import pytest

from adapters.fabric.adapter import Fabric, Settings
from gateway.errors import MemberAmbiguous, MemberNotFound, VendorBadResponse, VendorError, VendorRejected
from gateway.model import Member, Profile
from gateway.port import VendorResponse

ACCOUNT: dict[str, Any] = {"profileId": "p-1", "loyaltyNumber": "10", "accountStatus": "Enabled", "tierTitle": "Gold"}
SECOND = {**ACCOUNT, "profileId": "p-2", "loyaltyNumber": "20"}
ROW: dict[str, Any] = {"accounts": [ACCOUNT], "emailAddress": "Ada@example.com", "phoneNumber": "92 333-1234567"}
BOTH = {**ROW, "accounts": [ACCOUNT, SECOND]}
BY = {"profile_id": "p-1", "loyalty_number": "10", "email": "ada@Example.com", "phone": "+923331234567"}


def found(scheme: str, data: object, *, status: int = 200) -> Profile | VendorError:
    """What comes of a look-up that is answered with this data."""
    settings = {"adapter": "fabric", "base_url": "https://club.example", "token": "token-of-the-club"}
    exchange = Fabric(Settings.model_validate(settings)).lookup(member=Member(scheme, BY[scheme]))
    assert next(exchange).method == "GET"
    body = json.dumps({"status": status, "message": "", "errors": {}, "data": data})
    try:
        exchange.send(VendorResponse(200, {"content-type": "application/json"}, body.encode()))
    except StopIteration as stop:
        profile: Profile = stop.value
        return profile
    except VendorError as error:
        return error
    raise AssertionError("a second request")


@pytest.mark.parametrize("scheme", BY)
@pytest.mark.parametrize("data", [[ROW], ROW], ids=["a list", "one"])
def test_the_member_that_was_asked(scheme: str, data: object) -> None:
    """By each name it is the same profile, in a list or alone."""
    profile = found(scheme, data)
    assert isinstance(profile, Profile)
    assert (profile.member, profile.status, profile.tier) == (Member("profile_id", "p-1"), "Enabled", "Gold")
    ids = {"profile_id": "p-1", "loyalty_number": "10", "email": "Ada@example.com", "phone": "+923331234567"}
    assert profile.ids == ids


@pytest.mark.parametrize(
    ("scheme", "data", "error"),
    [
        ("email", [], MemberNotFound),
        ("email", [BOTH], MemberAmbiguous),
        ("phone", [ROW, {**ROW, "accounts": [SECOND]}], MemberAmbiguous),
        ("email", [ROW, {**ROW, "emailAddress": "bo@example.com"}], VendorBadResponse),
        ("email", [{**ROW, "emailAddress": None}], VendorBadResponse),
        ("email", [{**ROW, "accounts": []}], VendorBadResponse),
        ("email", [{**ROW, "accounts": [{**ACCOUNT, "profileId": None}]}], VendorBadResponse),
        ("email", [{**ROW, "accounts": "none"}], VendorBadResponse),
        ("phone", [{**ROW, "phoneNumber": "92 333-1234568"}], VendorBadResponse),
        ("profile_id", [{**ROW, "accounts": [SECOND]}], VendorBadResponse),
        ("profile_id", [{**ROW, "accounts": [{**ACCOUNT, "profileId": "P-1"}]}], VendorBadResponse),
        ("email", {}, VendorBadResponse),
        ("email", "none", VendorBadResponse),
        ("email", ["none"], VendorBadResponse),
    ],
)
def test_whom_the_vendor_does_not_name(scheme: str, data: object, error: type[VendorError]) -> None:
    """Nobody, several, and everything that is not known to be the member that was asked."""
    assert type(found(scheme, data)) is error


@pytest.mark.parametrize("scheme", ["profile_id", "loyalty_number"])
def test_by_an_id_only_its_own_account_counts(scheme: str) -> None:
    """A member may have accounts in several clubs."""
    profile = found(scheme, BOTH)
    assert isinstance(profile, Profile)
    assert profile.member.value == "p-1"


def test_the_same_account_twice_is_one() -> None:
    """A row that is repeated makes nobody ambiguous."""
    assert isinstance(found("email", [ROW, ROW]), Profile)


def test_a_refusal_of_the_vendor_is_one() -> None:
    """What the vendor refuses, it refuses; no document tells how it reports an unknown id."""
    assert type(found("profile_id", {}, status=404)) is VendorRejected
