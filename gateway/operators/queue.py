"""What waits for a person: everything unknown and accepted, oldest first, and what late results contradict."""

from datetime import datetime
from typing import Any

from pydantic import Field

from gateway.answers import rendering
from gateway.answers.answer_model import AnswerModel, Time
from gateway.answers.models import AdjustmentAnswer, ProposalSaid
from gateway.approvals import Proposal
from gateway.journal import QueueEntry
from gateway.model import time_text
from gateway.operators.desk import Desk
from gateway.operators.endings import Way, ways
from gateway.operators.operator import Operator


class Waiting(AnswerModel):
    """One adjustment that waits, with the evidence of its last step.

    `attempt` and `repeats` are what a resolution has to name. `busy_until`: an attempt or a repeat may be under way
    until then, and nobody can settle it before.
    """

    adjustment: AdjustmentAnswer
    attempt: int
    repeats: int
    looks: int
    evidence: dict[str, Any]
    ways: list[Way]
    next_look: Time | None
    next_repeat: Time | None
    busy_until: Time | None
    conflict: bool
    proposal: ProposalSaid | None


class QueuePage(AnswerModel):
    """A page of the queue, oldest first; `next_after` is the id after which it goes on, if it does."""

    data: list[Waiting]
    next_after: str | None
    now: Time


class Alarm(AnswerModel):
    """Something that needs a person: `count` of them since these processes were started."""

    why: str
    count: int


class TaskShown(AnswerModel):
    """How a background task of this process stands."""

    name: str
    state: str
    failures: int


class Alarms(AnswerModel):
    """What needs a person besides the queue. `contradicted`: by a late result, newest first."""

    contradicted: list[AdjustmentAnswer]
    counted: list[Alarm] = Field(description="As points_alarms_total has them, of all processes on these listeners.")
    tasks: list[TaskShown] = Field(description="Background tasks that do not do well.")
    process: str


async def queue(
    desk: Desk,
    operator: Operator,
    *,
    tenant: str | None = None,
    vendor: str | None = None,
    limit: int = 20,
    after: str | None = None,
) -> QueuePage:
    """A page of what waits. Raises `Forbidden`, `StoreUnavailable`, or `InvalidRequest` for an unknown `after`."""
    operator.permit("operator:read")
    page = await desk.journal.queue(tenant, vendor, limit=limit, after=after)
    proposals = await desk.journal.proposals([each.record.draft.id for each in page.entries])
    await desk.trail.read(operator, "view", {"queue": [each.record.draft.id for each in page.entries]})
    shown = [_waiting(desk, each, proposals.get(each.record.draft.id)) for each in page.entries]
    return QueuePage(data=shown, next_after=page.next, now=time_text(desk.clock()))


async def alarms(desk: Desk, operator: Operator, *, limit: int = 50) -> Alarms:
    """What needs a person besides the queue. Raises `Forbidden` or `StoreUnavailable`."""
    operator.permit("operator:read")
    contradicted = await desk.journal.contradicted(limit=limit)
    await desk.trail.read(operator, "view", {"alarms": [each.draft.id for each in contradicted]})
    return Alarms(
        contradicted=[rendering.adjustment(each) for each in contradicted],
        counted=[Alarm(why=why, count=count) for why, count in desk.metrics.shown.alarms().items() if count],
        tasks=[
            TaskShown(name=each.name, state=each.state, failures=each.failures)
            for each in desk.tasks()
            if each.state != "ok"
        ],
        process=desk.process,
    )


def _waiting(desk: Desk, entry: QueueEntry, proposal: Proposal | None) -> Waiting:
    record = entry.record
    return Waiting(
        adjustment=rendering.adjustment(record),
        attempt=record.state.attempt,
        repeats=record.state.repeats,
        looks=record.looks,
        evidence=rendering.plain(entry.evidence),
        ways=ways(desk, record),
        next_look=_text(entry.next_look),
        next_repeat=_text(entry.next_repeat),
        busy_until=_text(entry.busy_until),
        conflict=record.conflict,
        proposal=None if proposal is None else rendering.proposal(proposal),
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else time_text(moment)
