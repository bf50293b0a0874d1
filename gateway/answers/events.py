"""Events as callers read them in the feed, and as webhooks are sent them: the same body."""

from pydantic import Field

from gateway.adjustments import Status
from gateway.answers.answer_model import AnswerModel, Points, Time, WhereItApplies
from gateway.event_kinds import EventKind, event_id, kind
from gateway.journal import Event, FeedPage
from gateway.model import time_text


class EventData(AnswerModel):
    """What an event is about: the adjustment, and the step in its life."""

    adjustment: str = Field(description="The adjustment's id.")
    number: int = Field(description="The number of the step in the adjustment's life; the claim is number 1.")
    attempt: int
    status: Status = Field(description="The status that the step led to, or that a conflict contradicts.")
    by: str = Field(description="gateway, search, repeat, recovery, or the client or person who decided.")
    retryable: bool = Field(description="True: the adjustment is not over; send the same key again.")
    new_key_allowed: bool = Field(
        description="True only where the adjustment has failed for good, as it is known when this is sent."
    )
    reverses: WhereItApplies[str] = Field(None, description="Of a reversal: the id of the adjustment it takes back.")
    idempotency_key: str
    client: str
    tenant: str
    vendor: str
    member: str
    points: Points
    point_type: str | None
    reference: str | None
    transaction_id: str | None = Field(description="The vendor's id of the transaction, if it is known.")


class EventAnswer(AnswerModel):
    """One event. `id` is the same however often it is sent."""

    id: str
    type: EventKind
    timestamp: Time = Field(description="When the step happened.")
    data: EventData


class EventPage(AnswerModel):
    """Some events, oldest first."""

    data: list[EventAnswer]
    last: str | None = Field(description="What to give as `after` next time; null where there was no event yet.")
    more: bool = Field(description="Whether there are more by now.")


def answer(event: Event) -> EventAnswer:
    """An event with what is known of its adjustment now."""
    step, record = event.step, event.record
    draft = record.draft
    failed = step.after is Status.FAILED and not event.retryable
    return EventAnswer(
        id=event_id(draft.id, event.number),
        type=kind(step),
        timestamp=time_text(step.at),
        data=EventData(
            adjustment=draft.id,
            number=event.number,
            attempt=step.attempt,
            status=step.after,
            by=step.by,
            retryable=event.retryable,
            new_key_allowed=failed and record.new_key_allowed,
            reverses=draft.write.refers_to if draft.write.operation == "reverse" else None,
            idempotency_key=draft.key,
            client=draft.client,
            tenant=draft.tenant,
            vendor=draft.vendor,
            member=str(draft.adjustment.member),
            points=draft.adjustment.points,
            point_type=draft.adjustment.point_type,
            reference=draft.adjustment.reference,
            transaction_id=record.applied.transaction_id if record.applied else None,
        ),
    )


def page(found: FeedPage) -> EventPage:
    """A page of the feed."""
    return EventPage(data=[answer(each) for each in found.events], last=found.last, more=found.more)
