"""What operators decide of open adjustments: settle and confirm, each adjustment by itself, kept in its history."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import Field

from gateway.adjustments import Record, Resolution, Status
from gateway.answers import rendering
from gateway.answers.answer_model import AnswerModel, Time
from gateway.journal import Decision
from gateway.model import time_text
from gateway.operators.chosen import check
from gateway.operators.desk import Desk
from gateway.operators.operator import Operator


@dataclass(frozen=True, slots=True)
class Seen:
    """An adjustment as the operator has seen it: what is decided is about this attempt after so many repeats.

    `status`: in which it was seen, unknown or accepted; None where either may be decided.
    """

    id: str
    attempt: int
    repeats: int
    status: Status | None = None

    def fits(self, record: Record) -> bool:
        """Whether an open adjustment is still as it was seen."""
        state = record.state
        return (state.attempt, state.repeats) == (self.attempt, self.repeats) and self.status in (None, state.status)


class Settled(AnswerModel):
    """What became of one adjustment.

    `settled`: by this decision; `already`: it had this outcome before; `proposed`: another person has to confirm it;
    `refused`: nothing changed, and `detail` says why and what to do.
    """

    id: str
    result: Literal["settled", "already", "proposed", "refused"]
    status: Status | None
    detail: str | None
    until: Time | None = Field(description="When a proposal lapses, or when what was refused may be tried again.")


class Settlements(AnswerModel):
    """What became of each adjustment, in the order in which they were named."""

    data: list[Settled]


class Decide(Protocol):
    """`resolve` or `approve`: what one person decides of adjustments that he has seen."""

    async def __call__(
        self, desk: Desk, operator: Operator, seen: Sequence[Seen], *, applied: bool, reason: str, request_id: str
    ) -> Settlements:
        """What became of each adjustment."""


async def resolve(
    desk: Desk, operator: Operator, seen: Sequence[Seen], *, applied: bool, reason: str, request_id: str
) -> Settlements:
    """Settle adjustments by hand, or propose it where two people are needed; each by itself, in a moment of its own.

    Raises `Forbidden`, `InvalidRequest` or `StoreUnavailable`.
    """
    return await _decided(desk, operator, seen, applied=applied, reason=reason, request_id=request_id, confirms=False)


async def approve(
    desk: Desk, operator: Operator, seen: Sequence[Seen], *, applied: bool, reason: str, request_id: str
) -> Settlements:
    """Confirm what another person has decided; where nobody has, nothing is proposed in his place.

    Raises as `resolve`.
    """
    return await _decided(desk, operator, seen, applied=applied, reason=reason, request_id=request_id, confirms=True)


class Withdrawn(AnswerModel):
    """Whether what the operator had proposed of an adjustment is withdrawn, and if not, why."""

    id: str
    result: Literal["withdrawn", "refused"]
    detail: str | None


class Withdrawals(AnswerModel):
    """What became of each proposal, in the order in which the adjustments were named."""

    data: list[Withdrawn]


async def withdraw(desk: Desk, operator: Operator, ids: Sequence[str], *, request_id: str) -> Withdrawals:
    """Take back what this operator has proposed and nobody has confirmed yet; each by itself.

    Raises as `resolve`.
    """
    operator.permit("operator:write")
    check(ids)
    return Withdrawals(data=list(await asyncio.gather(*(_withdraw(desk, operator, each, request_id) for each in ids))))


async def _withdraw(desk: Desk, operator: Operator, id: str, request_id: str) -> Withdrawn:  # noqa: A002 (the field's name)
    record = await desk.journal.get(None, id)
    if record is None:
        return Withdrawn(id=id, result="refused", detail="There is no such adjustment")
    subject = operator.subject
    done = await desk.journal.withdraw_proposal(record, subject, {"request_id": request_id}, subject=subject)
    if done.refused is not None:
        return Withdrawn(id=id, result="refused", detail=rendering.WHY_NOT_WITHDRAWN[done.refused])
    return Withdrawn(id=id, result="withdrawn", detail=None)


async def _decided(
    desk: Desk,
    operator: Operator,
    seen: Sequence[Seen],
    *,
    applied: bool,
    reason: str,
    request_id: str,
    confirms: bool,
) -> Settlements:
    operator.permit("operator:write")
    check([each.id for each in seen])
    resolution = Resolution(applied=applied, reason=reason, by=operator.subject, at=desk.clock())
    results = await asyncio.gather(
        *(_decide(desk, operator, each, resolution, request_id, confirms=confirms) for each in seen)
    )
    return Settlements(data=list(results))


async def _decide(
    desk: Desk, operator: Operator, seen: Seen, resolution: Resolution, request_id: str, *, confirms: bool
) -> Settled:
    found = await desk.journal.get(None, seen.id)
    if found is None:
        return Settled(id=seen.id, result="refused", status=None, detail="There is no such adjustment", until=None)
    record = await desk.journal.present(found)
    if record.state.open and not seen.fits(record):
        return _changed(record, resolution)
    decision = await desk.journal.decide(
        record, resolution, {"request_id": request_id}, subject=operator.subject, confirms=confirms
    )
    if decision.refused is None and decision.proposal is None:
        desk.drop(record.draft.write.member)
    return _settled(decision, resolution)


def _settled(decision: Decision, resolution: Resolution) -> Settled:
    record, until = decision.record, decision.until
    if decision.refused == "changed":
        return _changed(record, resolution)
    if decision.refused is not None:
        shown = None if until is None else time_text(until)
        return _of(record, "refused", WHY[decision.refused].format(until=shown), until=shown)
    if decision.proposal is not None:
        detail = "Another person has to confirm it"
        return _of(record, "proposed", detail, until=time_text(decision.proposal.until))
    return _of(record, "settled", None)


WHY = {
    "lease": "It may still change by itself until {until}; try again then",
    "repeat": "A repeat of its request may arrive until {until}, not later; look again then",
    "own": "You have proposed it yourself: another person has to confirm it",
    "none": "Nobody has proposed this outcome, or the proposal has lapsed or is void; look again",
    "nobody": "Two people have to decide it, and the gateway does not know who you are here",
}
"""Why a decision was refused, by `Decision.refused`, but for `changed`."""


def _changed(record: Record, resolution: Resolution) -> Settled:
    state = record.state
    if state.final and (state.status is Status.SUCCEEDED) is resolution.applied:
        return _of(record, "already", "It had this outcome before")
    if state.open:
        return _of(record, "refused", "It is not any more as you have seen it; look again")
    return _of(record, "refused", f"It is {state.status}, and only what is unknown or accepted can be settled")


def _of(
    record: Record,
    result: Literal["settled", "already", "proposed", "refused"],
    detail: str | None,
    until: str | None = None,
) -> Settled:
    return Settled(id=record.draft.id, result=result, status=record.state.status, detail=detail, until=until)
