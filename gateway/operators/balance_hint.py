"""What a vendor's balance hints at about an adjustment; it proves nothing, because others change the balance too."""

from gateway.adjustments import Record, Status
from gateway.answers.answer_model import AnswerModel, Points, Time
from gateway.delivery.ways import Ways
from gateway.errors import GatewayError
from gateway.journal import Filters, Journal
from gateway.model import time_text
from gateway.operators.chosen import chosen
from gateway.operators.desk import Desk
from gateway.operators.operator import Operator
from gateway.planning.planning import Planner
from gateway.reads import BalanceRead

SEARCHED = 100
"""The number of the member's newest adjustments in which an earlier balance is searched for."""


class BalanceBefore(AnswerModel):
    """The balance in the vendor's last answer to a write for this member and point type."""

    available: Points
    at: Time
    adjustment: str


class BalanceHint(AnswerModel):
    """The balance now, the last one that the journal has, and the adjustment's points; it proves nothing.

    `available` is null where the vendor tells none, or where it was not read: `problem` says why.
    """

    available: Points | None
    problem: str | None
    before: BalanceBefore | None
    points: Points


async def balance_hint(desk: Desk, operator: Operator, id: str) -> BalanceHint:  # noqa: A002 (the field's name)
    """The hint about one adjustment, asked on the way of callers' calls.

    Raises `Forbidden`, `NotFound` or `StoreUnavailable`.
    """
    operator.permit("operator:read")
    record = await chosen(desk, id)
    await desk.trail.read(operator, "view", {"balance": id})
    vendors = desk.current().vendors
    with vendors.usage:
        return await read_hint(vendors.planner, vendors.ways, desk.journal, record)


async def read_hint(planner: Planner, ways: Ways, journal: Journal, record: Record) -> BalanceHint:
    """The hint by these ways to the vendors. Raises `StoreUnavailable`."""
    draft, available, problem = record.draft, None, None
    try:
        translator = planner.translator(draft.vendor)
        translation = translator.read(BalanceRead(draft.write.member, draft.adjustment.point_type))
    except GatewayError as error:
        return BalanceHint(available=None, problem=error.detail, before=None, points=draft.adjustment.points)
    try:
        available = (await ways.calls[draft.vendor].read(translation)).result.available
    except GatewayError as error:
        problem = f"the balance cannot be read: {error.detail}"
    before = None if problem is not None else await _before(journal, record)
    return BalanceHint(available=available, problem=problem, before=before, points=draft.adjustment.points)


async def _before(journal: Journal, record: Record) -> BalanceBefore | None:
    draft = record.draft
    filters = Filters(member=str(draft.adjustment.member), status=Status.SUCCEEDED)
    for each in (await journal.list(draft.tenant, filters, limit=SEARCHED)).records:
        balance = each.applied and each.applied.balance
        same = (each.draft.vendor, each.draft.adjustment.point_type) == (draft.vendor, draft.adjustment.point_type)
        if balance and balance.available is not None and same:
            when = time_text(each.completed_at or each.created_at)
            return BalanceBefore(available=balance.available, at=when, adjustment=each.draft.id)
    return None
