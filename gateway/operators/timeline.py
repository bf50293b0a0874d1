"""One adjustment with all that is known of it: its steps, what its caller was told, and what it is linked to."""

from typing import Any

from pydantic import Field

from gateway import exact
from gateway.adjustments import Record, Transition
from gateway.answers import rendering
from gateway.answers.answer_model import AnswerModel, Time
from gateway.answers.models import AdjustmentHistory, ProposalSaid
from gateway.model import time_text
from gateway.operators.chosen import chosen
from gateway.operators.desk import Desk
from gateway.operators.endings import Way, ways
from gateway.operators.operator import Operator


class Told(AnswerModel):
    """The final answer that the caller got, or gets if it repeats the key: the status of HTTP, and its body."""

    status: int
    body: Any


class Timeline(AnswerModel):
    """An adjustment, its steps oldest first, and what is linked to it.

    `attempt` and `repeats` are what a resolution has to name. `requests`: the ids of the callers' requests about it.
    `ways`: how it may still be settled; empty for what has ended.
    """

    adjustment: AdjustmentHistory
    attempt: int
    repeats: int
    open: bool = Field(description="Whether a person can settle it.")
    conflict: bool = Field(description="Whether a late result contradicts what the journal says.")
    ways: list[Way]
    looks: int = Field(description="How often its vendor was asked in vain whether it has it.")
    lease_until: Time
    account: str
    rule: str
    told: Told | None
    requests: list[str]
    reverses: str | None
    proposal: ProposalSaid | None
    now: Time


async def timeline(desk: Desk, operator: Operator, id: str) -> Timeline:  # noqa: A002 (the field's name)
    """All about one adjustment, of whichever tenant. Raises `Forbidden`, `NotFound` or `StoreUnavailable`."""
    operator.permit("operator:read")
    record = await chosen(desk, id)
    steps = await desk.journal.history(id)
    reversible = rendering.can_be_reversed(record)
    reversals = await desk.journal.reversals(record.draft.tenant, id) if reversible else None
    proposals = await desk.journal.proposals([id]) if record.state.open else {}
    await desk.trail.read(operator, "view", {"adjustment": id})
    return Timeline(
        adjustment=rendering.seen(record, steps, reversals, inspected=True),
        attempt=record.state.attempt,
        repeats=record.state.repeats,
        open=record.state.open,
        conflict=record.conflict,
        ways=ways(desk, record) if record.state.open else [],
        looks=record.looks,
        lease_until=time_text(record.lease_until),
        account=record.draft.account,
        rule=record.draft.rule,
        told=_told(record),
        requests=_requests(record, steps),
        reverses=record.draft.write.refers_to,
        proposal=rendering.proposal(proposals[id]) if id in proposals else None,
        now=time_text(desk.clock()),
    )


def _told(record: Record) -> Told | None:
    answer = rendering.replay(record)
    return (
        None if answer is None else Told(status=answer.status, body=rendering.plain(exact.loads(answer.body.decode())))
    )


def _requests(record: Record, steps: tuple[Transition, ...]) -> list[str]:
    """The ids of requests that the history names, each once."""
    named = [step.evidence.get("request_id") for step in steps]
    if record.problem is not None:
        named.append(record.problem.get("request_id"))
    return list(dict.fromkeys(each for each in named if isinstance(each, str)))
