"""A look-up at expiring-points: the tiers that a member has reached, and the present one."""

import json
from typing import Any

import pytest

from gateway.errors import OperationNotSupported, VendorBadResponse, VendorRejected
from gateway.model import Member, Profile
from gateway.port import VendorResponse
from tests.adapters.expiring_points.test_history import MEMBER, adapter, answer

SILVER: dict[str, Any] = {
    "tiers_group_type": "cumulative",
    "tier_eid": "silver1-2",
    "tier_id": 13,
    "tier_order": 1,
    "reached_at": "2024-06-15T09:12:34Z",
}
GOLD = {**SILVER, "tier_eid": "gold1-3", "tier_id": 14, "tier_order": "2", "reached_at": None}


def read(body: object) -> Profile:
    """The profile that is read from this answer."""
    exchange = adapter(tiers_group_id=10).lookup(member=MEMBER)
    next(exchange)
    with pytest.raises(StopIteration) as ended:
        exchange.send(VendorResponse(200, {}, json.dumps(body).encode()))
    profile: Profile = ended.value.value
    return profile


def test_the_tiers_of_one_group_are_asked_for() -> None:
    """Of a member, in no currency; asking changes nothing."""
    request = next(adapter(tiers_group_id=10).lookup(member=Member("phone", "+1234567890")))
    assert (request.method, request.path) == ("POST", "/api/v1.1/loyalty/account/tiers")
    assert request.resolved(writing=False).effect is False
    assert json.loads(request.body) == {
        "token": "token-of-the-perks",
        "loyalty_program_id": 1,
        "matching": "phone",
        "phone": "+1234567890",
        "tiers_group_id": 10,
    }


def test_the_highest_tier_is_the_present_one() -> None:
    """All that were reached are details; the answer does not name the member."""
    found = read(answer(GOLD, SILVER))
    assert (found.member, found.ids, found.tier) == (MEMBER, {}, "gold1-3")
    assert found.details == {"error": 0, "error_text": "", "tiers": [{**GOLD, "tier_order": 2}, SILVER]}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [SILVER, {**GOLD, "tier_order": 1}],
        [SILVER, {**GOLD, "tier_order": None}],
        [SILVER, {**GOLD, "tier_order": "high"}],
        [{**GOLD, "tier_eid": None}],
    ],
)
def test_a_tier_that_is_not_certain_is_none(rows: list[dict[str, Any]]) -> None:
    """Two that are as high, one of which nobody knows how high it is, and one without a name."""
    assert read(answer(*rows)).tier is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": 404, "error_text": "no"}, VendorRejected),
        ({"error": 0}, VendorBadResponse),
        ({"error": 0, "data": {}}, VendorBadResponse),
        ({"error": 0, "data": [7]}, VendorBadResponse),
        ({"data": [SILVER]}, VendorBadResponse),
    ],
)
def test_what_is_no_list_of_tiers_is_an_error(body: object, kind: type[Exception]) -> None:
    """It is never a member without a tier."""
    exchange = adapter(tiers_group_id=10).lookup(member=MEMBER)
    next(exchange)
    with pytest.raises(kind):
        exchange.send(VendorResponse(200, {}, json.dumps(body).encode()))


@pytest.mark.parametrize("changes", [{}, {"tiers_group_id": 10, "format": "xml"}])
def test_a_group_is_needed_and_json(changes: dict[str, Any]) -> None:
    """Without one there is nothing to ask, and nobody has seen the whole list in XML."""
    with pytest.raises(OperationNotSupported):
        next(adapter(**changes).lookup(member=MEMBER))
