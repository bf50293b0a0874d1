"""What operators do to what is configured, and to searches: search now, pause and resume, kept with who did it."""

import asyncio
from collections.abc import Sequence
from typing import Literal

from gateway.answers.answer_model import AnswerModel, Time
from gateway.errors import InvalidRequest
from gateway.model import time_text
from gateway.operators.chosen import check
from gateway.operators.desk import Desk
from gateway.operators.endings import WITHOUT_A_PERSON, ways
from gateway.operators.operator import Operator
from gateway.operators.vendors import PauseShown, pauses_of
from gateway.pauses import Pause


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


async def search_now(desk: Desk, operator: Operator, ids: Sequence[str]) -> Searches:
    """Have adjustments looked for, and repeated where they can be, without waiting for their turn.

    Raises `Forbidden`, `InvalidRequest` or `StoreUnavailable`.
    """
    operator.permit("operator:write")
    check(ids)
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


async def _search(desk: Desk, id: str) -> Asked:  # noqa: A002 (the field's name)
    record = await desk.journal.get(None, id)
    if record is None:
        return Asked(id=id, result="refused", detail="There is no such adjustment")
    if not record.state.open:
        return Asked(id=id, result="refused", detail=f"It is {record.state.status}, and nothing is left to find out")
    possible = ways(desk, record)
    if WITHOUT_A_PERSON.isdisjoint(possible):
        detail = "Its vendor can be neither searched nor sent the request again: look into its own records"
        return Asked(id=id, result="refused", detail=detail)
    if "search" in possible and record.looks == 1:
        # Its quiet period may still run. If it ended sooner, what arrives late would be taken for absent.
        detail = "Its first search comes by itself, once what may still be on its way has had the time to arrive"
        return Asked(id=id, result="refused", detail=detail)
    if "search" in possible:
        await desk.journal.postpone(record, 0.0, asked=False, cursor=record.search_cursor)
    if "repeat" in possible and record.mark is not None:
        await desk.journal.postpone_repeat(record, 0.0, alarmed=record.mark.alarmed)
    return Asked(id=id, result="asked", detail=None)


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
