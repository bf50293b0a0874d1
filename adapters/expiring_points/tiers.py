"""The tiers that a member has reached, by account/tiers, and which of them is the present one."""

from collections.abc import Mapping
from typing import Any

from adapters.expiring_points import wire
from gateway import scalars
from gateway.model import Member, Profile
from gateway.port import VendorResponse

_FIELDS = {
    "tiers_group_type": scalars.text,
    "tier_eid": scalars.text,
    "tier_id": scalars.whole,
    "tier_order": scalars.whole,
    "reached_at": scalars.text,
}


def profile(response: VendorResponse, member: Member, details: Mapping[str, Any]) -> Profile:
    """What the answer says of the member, whom it does not name. Raises `VendorBadResponse` without a list."""
    tiers = [{name: read(row.get(name)) for name, read in _FIELDS.items()} for row in wire.rows(response)]
    return Profile(member, {}, tier=_present(tiers), details={**details, "tiers": tiers})


def _present(tiers: list[dict[str, Any]]) -> str | None:
    """The external id of the highest tier, which is a guess; None where it is not certain which one that is."""
    orders = [tier["tier_order"] for tier in tiers]
    if not orders or None in orders or orders.count(highest := max(orders)) > 1:
        return None
    eid: str | None = tiers[orders.index(highest)]["tier_eid"]
    return eid
