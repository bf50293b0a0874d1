"""The members of the simulated vendor, as rows of its enrollment answer, and their look-up."""

from typing import Any

# The profile of the samples.
PROFILE = "f90a1da5-c072-48b7-a9ea-eb35c5dd506b"
# A profile with the balance of its sample, and one with the expiring points of theirs.
BALANCE_PROFILE = "2c1d3c0e-5f0e-4c58-9a55-0e8a3d6b7f10"
EXPIRY_PROFILE = "7a4e9b6c-1d2f-4e3a-8b5c-6d7e8f901234"
FAMILY_PROFILE = "b3c2d1e0-9f8e-4d7c-a6b5-c4d3e2f1a0b9"
# By each filter, where its value stands: in the member, or in one of the member's accounts. The other filters of the
# page (names, parts of an address, redemption choice) are not simulated.
IN_MEMBER = {"email": "emailAddress", "phonenumber": "phoneNumber"}
IN_ACCOUNT = ("profileId", "loyaltyNumber")


def _account(profile: str, number: str, club: str) -> dict[str, Any]:
    # The enrollment sample's fields and values.
    return {
        "accountStatus": "Enabled",
        "clubReference": club,
        "clubTitle": "ABC Club",
        "customAttributes": {
            "memberSinceDate": "2021-07-26",
            "enrolledAtCenter": "Liberty Store",
            "profileCompleted": False,
        },
        "enrollmentEntity": "demo",
        "enrollmentStatus": True,
        "entityReference": "entity_level_1",
        "loyaltyNumber": number,
        "paidStatus": False,
        "profileId": profile,
        "redemptionChoice": "Auto",
        "redemptionThreshold": 10,
        "tierExpiryDate": "2022-09-17T14:26:32.192148+00:00",
        "tierExternalReference": "GLD",
        "tierId": 4185,
        "tierTitle": "ClubTier",
        "updatedAt": "2021-11-01 12:15:53.831401+00:00",
    }


def _member(email: str, phone: str, *accounts: dict[str, Any]) -> dict[str, Any]:
    names = {"firstName": "John", "middleName": "Duke", "lastName": "Wayne", "birthDate": "1990-11-16"}
    return {"accounts": list(accounts), **names, "emailAddress": email, "phoneNumber": phone}


# That two members may have one phone is a guess, and so is that a member may have an account in each of two clubs.
MEMBERS = (
    _member("user@example.com", "923331234567", _account(PROFILE, "10000147371", "abc_club")),
    _member("saver@example.com", "923330000000", _account(BALANCE_PROFILE, "10000147372", "abc_club")),
    _member(
        "family@example.com",
        "923330000000",
        _account(EXPIRY_PROFILE, "10000147373", "abc_club"),
        _account(FAMILY_PROFILE, "10000147374", "xyz_club"),
    ),
)
PROFILES = tuple(account["profileId"] for member in MEMBERS for account in member["accounts"])


def looked_up(filters: dict[str, str]) -> list[dict[str, Any]]:
    """The members that all filters match, letter for letter (that the case counts is a guess)."""
    return [member for member in MEMBERS if all(_has(member, name, value) for name, value in filters.items())]


def _has(member: dict[str, Any], name: str, value: str) -> bool:
    if name in IN_MEMBER:
        return bool(member[IN_MEMBER[name]] == value)
    return any(account[name] == value for account in member["accounts"])
