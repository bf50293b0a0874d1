"""How an open adjustment may still be settled, with the vendors that are configured now."""

from typing import Literal

from gateway.adjustments import Record, Status
from gateway.operators.desk import Desk

Way = Literal["search", "repeat", "vendor", "person"]
"""How it may still be settled: the vendor is searched for it; its request is sent again; the vendor has it and decides;
a person looks into the vendor's own records."""

WITHOUT_A_PERSON: frozenset[Way] = frozenset(("search", "repeat"))
"""The ways that an operator can have taken now."""


def ways(desk: Desk, record: Record) -> list[Way]:
    """Every way in which an open adjustment may still be settled; a person always can."""
    planner = desk.current().vendors.planner
    found: list[Way] = ["vendor"] if record.state.status is Status.ACCEPTED else []
    if any(record.draft.account in each.accounts for each in planner.searchable()):
        found.append("search")
    if record.mark is not None and any(record.draft.account in each.accounts for each in planner.enforcing()):
        found.append("repeat")
    return [*found, "person"]
