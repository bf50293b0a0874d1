"""What operators do: settle, confirm, search now, pause and resume; all of it is kept with who did it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import Field

from gateway.adjustments import Record, Resolution, Status
from gateway.answers.answer_model import AnswerModel, Time
from gateway.errors import InvalidRequest
from gateway.journal import Decision
from gateway.model import time_text
from gateway.operators.desk import Desk
from gateway.operators.operator import Operator
from gateway.operators.vendors import PauseShown, pauses_of
from gateway.pauses import Pause

MOST = 100
"""Adjustments that one action may name."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An adjustment as the operator has seen it: what is decided is about this attempt after so many repeats."""

    id: str
    attempt: int
    repeats: int


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


class Asked(AnswerModel):
    """Whether an adjustment is looked for now, and if not, why."""

    id: str
    result: Literal["asked", "refused"]
    detail: str | None


class Searches(AnswerModel):
    """Whether each adjustment is looked for now; what is found settles it within seconds."""

    data: list[Asked]


class StillUnderWay(AnswerModel):
    """An attempt or a repeat that had begun before a pause, and may send its request until then."""

    adjustment: str
    client: str
    tenant: str
    vendor: str
    until: Time
    repeat: bool


class UnderWayShown(AnswerModel):
    """What may still send its request where something is paused, the next to end first."""

    data: list[StillUnderWay]


class Switched(AnswerModel):
    """All pauses after a change, and what had begun before it."""

    changed: bool
    pauses: list[PauseShown]
    under_way: list[StillUnderWay]


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


async def search_now(desk: Desk, operator: Operator, ids: Sequence[str]) -> Searches:
    """Have adjustments looked for, and repeated where they can be, without waiting for their turn.

    Raises `Forbidden`, `InvalidRequest` or `StoreUnavailable`.
    """
    operator.permit("operator:write")
    _check(ids)
    await desk.trail.did(operator, "look", {"adjustments": list(ids)})
    return Searches(data=list(await asyncio.gather(*(_search(desk, each) for each in ids))))


async def pause(desk: Desk, operator: Operator, asked: Pause) -> Switched:
    """Pause a vendor, a tenant, a client or all, in every gateway on the journal; a client so paused is blocked.

    Names of tenants and clients are those in the configuration, or in the journal. Raises `Forbidden`,
    `InvalidRequest` for an unknown name, or `StoreUnavailable`.
    """
    operator.permit("operator:write")
    named = _named(desk, asked)
    before = await desk.journal.switch(operator.subject, named, on=True)
    return Switched(changed=not before, pauses=await pauses_of(desk), under_way=await _still(desk, named))


async def under_way(desk: Desk, operator: Operator, asked: Pause) -> UnderWayShown:
    """What may still send its request within what a pause is of. Raises `Forbidden` or `StoreUnavailable`."""
    operator.permit("operator:read")
    return UnderWayShown(data=await _still(desk, _named(desk, asked, known=False)))


async def resume(desk: Desk, operator: Operator, asked: Pause) -> Switched:
    """End a pause of the journal; one in the configuration stays. Raises `Forbidden` or `StoreUnavailable`."""
    operator.permit("operator:write")
    ended = await desk.journal.switch(operator.subject, _named(desk, asked, known=False), on=False)
    return Switched(changed=ended, pauses=await pauses_of(desk), under_way=[])


async def _still(desk: Desk, named: Pause) -> list[StillUnderWay]:
    return [
        StillUnderWay(
            adjustment=each.adjustment,
            client=each.client,
            tenant=each.tenant,
            vendor=each.vendor,
            until=time_text(each.until),
            repeat=each.repeat,
        )
        for each in await desk.journal.under_way(named)
    ]


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
    _check([each.id for each in seen])
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
    if record.state.open and (record.state.attempt, record.state.repeats) != (seen.attempt, seen.repeats):
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


async def _search(desk: Desk, id: str) -> Asked:  # noqa: A002 (the field's name)
    record = await desk.journal.get(None, id)
    if record is None:
        return Asked(id=id, result="refused", detail="There is no such adjustment")
    if not record.state.open:
        return Asked(id=id, result="refused", detail=f"It is {record.state.status}, and nothing is left to find out")
    planner = desk.current().vendors.planner
    searched = any(record.draft.account in each.accounts for each in planner.searchable())
    repeated = record.mark is not None and any(record.draft.account in each.accounts for each in planner.enforcing())
    if not searched and not repeated:
        detail = "Its vendor can be neither searched nor sent the request again: look into its own records"
        return Asked(id=id, result="refused", detail=detail)
    if searched and record.looks == 1:
        # Its quiet period may still run. If it ended sooner, what arrives late would be taken for absent.
        detail = "Its first search comes by itself, once what may still be on its way has had the time to arrive"
        return Asked(id=id, result="refused", detail=detail)
    if searched:
        await desk.journal.postpone(record, 0.0, asked=False, cursor=record.search_cursor)
    if repeated and record.mark is not None:
        await desk.journal.postpone_repeat(record, 0.0, alarmed=record.mark.alarmed)
    return Asked(id=id, result="asked", detail=None)


def _check(ids: Sequence[str]) -> None:
    if not ids or len(ids) > MOST:
        raise InvalidRequest(f"Name 1 to {MOST} adjustments")
    if len(set(ids)) < len(ids):
        raise InvalidRequest("Name each adjustment once")


def _named(desk: Desk, asked: Pause, *, known: bool = True) -> Pause:
    """The pause with the name that the journal has. Raises `InvalidRequest` if it has to be `known` and is not."""
    settings = desk.current().settings
    names: dict[str, str]
    match asked.kind:
        case "all":
            names = {"": ""}
        case "vendor":
            names = {name: name for name in settings.vendors}
        case "tenant":
            names = {name: each.journal_name for name, each in settings.tenants.items()}
        case "client":
            names = {name: each.journal_name for name, each in settings.clients.items()}
    names |= {name: name for name in names.values()}
    if known and asked.name not in names:
        raise InvalidRequest(f"There is no {asked.kind} {asked.name!r} in the configuration")
    return Pause(asked.kind, names.get(asked.name, asked.name), asked.reason, asked.retry_after)
