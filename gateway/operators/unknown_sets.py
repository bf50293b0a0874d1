"""What is unknown as a set with a name, so that just what was shown is settled, however many there are."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from gateway.adjustments import Record, Status
from gateway.answers import rendering
from gateway.answers.answer_model import AnswerModel, Points
from gateway.answers.models import AdjustmentAnswer
from gateway.errors import InvalidRequest
from gateway.journal import Filters
from gateway.journal.unknown_sets import amounts, by_vendor, mark_of, name_of, sums
from gateway.operators.desk import Desk
from gateway.operators.operator import Operator

MOST = 1_000
"""Adjustments in one set: all of them are in one answer."""


class SetMember(AnswerModel):
    """One adjustment of a set; `attempt` and `repeats` are what a resolution has to name."""

    adjustment: AdjustmentAnswer
    attempt: int
    repeats: int


class PointsSummed(AnswerModel):
    """The points of one type that are still unknown, credits and debits by themselves; debits are negative."""

    point_type: str | None
    credits: Points
    credit_count: int
    debits: Points
    debit_count: int


class UnknownSet(AnswerModel):
    """Unknown adjustments, oldest first. `vendors` and `points` count those that are still unknown."""

    set: str | None = Field(description="The name of this set for this outcome; null where nothing is unknown.")
    outcome: Literal["applied", "not_applied"]
    total: int | None = Field(description="How many are unknown that match; null where a set was named.")
    unknown: int = Field(description="How many of this set are still unknown.")
    vendors: dict[str, int]
    points: list[PointsSummed]
    data: list[SetMember]


async def unknown_set(
    desk: Desk, operator: Operator, tenant: str | None, filters: Filters, *, applied: bool, name: str | None = None
) -> UnknownSet:
    """What is unknown now, the oldest, with the name of this set; or the set of a name, each as it stands now.

    Raises `Forbidden`, `StoreUnavailable`, or `InvalidRequest` where the name is that of another set.
    """
    operator.permit("operator:read")
    records: Sequence[Record]
    total = None
    if name is not None:
        records = await _members(desk, tenant, filters, applied=applied, name=name)
    else:
        found = await desk.journal.unknown(tenant, filters, limit=MOST)
        records, total = found.records, found.total
        name = name_of(found.mark, records, applied=applied) if records else None
    await desk.trail.read(operator, "view", {"unknown": [each.draft.id for each in records]})
    unknown = [each for each in records if each.state.status is Status.UNKNOWN]
    counted = amounts(unknown)
    return UnknownSet(
        set=name,
        outcome="applied" if applied else "not_applied",
        total=total,
        unknown=len(unknown),
        vendors=by_vendor(counted),
        points=[
            PointsSummed(
                point_type=each.point_type,
                credits=each.credits,
                credit_count=each.credit_count,
                debits=each.debits,
                debit_count=each.debit_count,
            )
            for each in sums(counted)
        ],
        data=[
            SetMember(adjustment=rendering.adjustment(each), attempt=each.state.attempt, repeats=each.state.repeats)
            for each in records
        ],
    )


async def _members(desk: Desk, tenant: str | None, filters: Filters, *, applied: bool, name: str) -> Sequence[Record]:
    mark = mark_of(name)
    if mark is not None:
        records = await desk.journal.unknown_at(mark, tenant, filters, limit=MOST)
        if name_of(mark, records, applied=applied) == name:
            return records
    raise InvalidRequest(
        "That is not the name of this set: it was shown for another outcome, with other filters, of another journal,"
        " or while it changed; look again, without `set`"
    )
