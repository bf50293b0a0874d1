"""What a cell of the table of look-ups in docs/api.md means, checked on what arrived and on the answer."""

from collections.abc import Mapping
from typing import Any

from gateway.port import registry
from tests.adapters.cells import Check
from tests.adapters.desk import Desk, assert_refused


def asked(targets: Mapping[str, str], *, wrong: tuple[str, ...]) -> Check:
    """Each member is asked at this address; other schemes and values are refused, and nothing is sent."""

    def check(desk: Desk, vendor: str) -> None:
        assert {member: desk.queried(vendor, "lookup", member=member) for member in targets} == targets
        desk.fresh()
        for member in wrong:
            assert_refused(desk, vendor, desk.read(vendor, "lookup", member=member), "/member")

    return check


def answered(name: str, value: Any) -> Check:
    """The member of the example has this."""

    def check(desk: Desk, vendor: str) -> None:
        assert desk.read(vendor, "lookup").json()[name] == value

    return check


def refused(code: str, *members: str) -> Check:
    """These members have this problem, each after one request."""

    def check(desk: Desk, vendor: str) -> None:
        for number, member in enumerate(members, 1):
            problem = desk.read(vendor, "lookup", member=member).json()
            assert (problem["code"], problem["vendor"]["name"]) == (code, vendor)
            assert len(desk.requests(vendor)) == number

    return check


def never_ambiguous(desk: Desk, vendor: str) -> None:
    """The vendor answers with one contact; a list of them is not understood."""
    desk.simulator(vendor).faults.add({"kind": "body", "body": "[{}, {}]", "content_type": "application/json"})
    assert desk.read(vendor, "lookup").json()["code"] == "vendor_bad_response"


def tiers(desk: Desk, vendor: str) -> None:
    """Every tier that the member has reached, with all its fields."""
    details = desk.read(vendor, "lookup").json()["vendor"]["details"]
    assert details.keys() == {"error", "error_text", "tiers"}
    assert details["tiers"][0] == {
        "tiers_group_type": "cumulative",
        "tier_eid": "silver1-2",
        "tier_id": 13,
        "tier_order": 1,
        "reached_at": "2024-06-15T09:12:34Z",
    }


def other_fields(desk: Desk, vendor: str) -> None:
    """Every field of the member and of the account that has no place of its own."""
    details = desk.read(vendor, "lookup").json()["vendor"]["details"]
    assert details == {
        "first_name": "John",
        "middle_name": "Duke",
        "last_name": "Wayne",
        "birth_date": "1990-11-16",
        "club_reference": "abc_club",
        "club_title": "ABC Club",
        "custom_attributes": {
            "memberSinceDate": "2021-07-26",
            "enrolledAtCenter": "Liberty Store",
            "profileCompleted": False,
        },
        "enrollment_entity": "demo",
        "enrollment_status": True,
        "entity_reference": "entity_level_1",
        "paid_status": False,
        "redemption_choice": "Auto",
        "redemption_threshold": "10",
        "tier_expiry_date": "2022-09-17T14:26:32.192148+00:00",
        "tier_external_reference": "GLD",
        "tier_id": "4185",
        "updated_at": "2021-11-01 12:15:53.831401+00:00",
    }


def fields_but_the_secret(desk: Desk, vendor: str) -> None:
    """The fields of a contact; the contact's own secret is in no answer, not even where the vendor's is asked for."""
    answer = desk.read(vendor, "lookup", include="vendor_response")
    vendors = answer.json()["vendor"]
    assert vendors["details"] == {
        "phone_country_code": "45",
        "first_name": "Ada",
        "last_name": "Sample",
        "registration_source": None,
        "preferred_store_id": None,
    }
    assert vendors["response"] == {"status": 200, "body": "***"}
    assert "secret" not in answer.text
    assert registry.adapters()[desk.simulator(vendor).name].adapter.lookup_schemes == ("contact_id", "email", "phone")
