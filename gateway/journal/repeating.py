"""Whether the request of an adjustment may be sent once more, and what became of that.

A vendor that enforces idempotency makes one of two equal requests, for as long as it remembers the first. So a repeat
is the very same request, by its digest, and begins within a window after the first byte may have left, by a clock that
has not run back since. One repeat at a time owns an adjustment, for a lease.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from gateway import adjustments as life
from gateway.adjustments import Record, Status
from gateway.journal import codec
from gateway.journal.operations import (
    BeginRepeat,
    Conclusion,
    ConfirmRepeat,
    EndRepeat,
    MarkEffect,
    Permission,
    PostponeRepeat,
    RepeatRefusal,
    RepeatsDue,
)
from gateway.journal.schema import clock
from gateway.journal.shares import REPEATS
from gateway.journal.standing import Standing
from gateway.journal.transaction import Transaction

if TYPE_CHECKING:
    from gateway.journal.steps import Steps

SEEN_EVERY = 1_000_000
"""Microseconds after which the highest time is written again."""


def mark(steps: "Steps", step: MarkEffect, standing: Standing) -> Permission:
    """Keep the digest of an attempt's request, and the moment, unless an earlier attempt's byte may have left."""
    record, row = step.record, standing.repeat
    if standing.state != record.state or standing.lease_until <= steps.transaction.micros:
        return Permission(steps.current(record.draft.id), "changed")
    at = steps.transaction.micros if row.effect_at is None else row.effect_at
    standing.set_repeat(effect_digest=step.digest, effect_at=at)
    return Permission(replace(record, mark=row.mark))


def begin(steps: "Steps", step: BeginRepeat, standing: Standing) -> Permission:
    """Take the ownership of the next repeat."""
    adjustment, begun = step.record.draft.id, life.repeat(step.record.state)
    if begun is not None and standing.state == begun and standing.owner == step.owner:
        return Permission(steps.current(adjustment))  # an earlier try of this operation did it
    if begun is None or standing.state != step.record.state:
        return Permission(steps.current(adjustment), "changed")
    rest = codec.to_micros(steps.transaction.later(-step.rest))
    refused: RepeatRefusal | None
    if standing.repeat.repeat_barred:
        refused = "barred"
    else:
        refused = _untimely(steps.transaction, standing, step.window)
        if refused is None and (standing.repeat.repeat_until or 0) > rest:
            refused = "under_way"
    if refused is not None:
        return Permission(steps.current(adjustment), refused)
    record = replace(steps.current(adjustment), state=begun)
    standing.owner = step.owner
    standing.set_repeat(repeat_until=codec.to_micros(steps.transaction.later(step.lease)))
    steps.transaction.step(adjustment, standing.state, begun, "repeat", {"repeat": begun.repeats, "begun": True})
    steps.change(standing, record)
    return Permission(record)


def confirm(steps: "Steps", step: ConfirmRepeat, standing: Standing) -> Permission:
    """Look again at all that a repeat rests on, now that its request is there."""
    record = steps.current(step.record.draft.id)
    until = standing.repeat.repeat_until or 0
    if (standing.state, standing.owner) != (step.record.state, step.owner) or until <= steps.transaction.micros:
        return Permission(record, "changed")
    if standing.repeat.effect_digest != step.digest:
        return Permission(record, "differs")
    return Permission(record, _untimely(steps.transaction, standing, step.window))


def end(steps: "Steps", step: EndRepeat, standing: Standing) -> Conclusion:
    """Settle by what a repeat proved; where it proved nothing, let go of it and keep it in the history."""
    settlement, now = step.settlement, steps.transaction.micros
    if life.settle(standing.state, attempt=settlement.record.state.attempt, verdict=settlement.verdict) is not None:
        standing.set_repeat(repeat_until=now)
        return steps.settle(settlement, standing)
    mine = (standing.state, standing.owner) == (settlement.record.state, step.owner)
    if not mine or (standing.repeat.repeat_until or 0) <= now:
        return steps.late(settlement, standing)
    _due_in(steps.transaction, standing, step.pause, alarmed=step.alarmed)
    standing.set_repeat(repeat_until=now)
    steps.transaction.step(
        settlement.record.draft.id,
        standing.state,
        standing.state,
        settlement.by,
        settlement.evidence,
        settlement.exchange,
    )
    return Conclusion(steps.current(settlement.record.draft.id))


def postpone(steps: "Steps", step: PostponeRepeat, standing: Standing) -> None:
    """Have it due again later."""
    if standing.state.status is Status.UNKNOWN:
        _due_in(steps.transaction, standing, step.pause, alarmed=step.alarmed)


def due(transaction: Transaction, asked: RepeatsDue) -> list[Record]:
    """What may be due, now held. The highest time is kept last, while no lock is awaited."""
    records = REPEATS.take(transaction, asked.accounts, share=asked.share, hold=asked.hold)
    _see_time(transaction)
    return records


def _due_in(transaction: Transaction, standing: Standing, pause: float, *, alarmed: bool) -> None:
    at = codec.to_micros(transaction.later(pause))
    standing.set_repeat(repeat_at=at, repeat_alarmed=standing.repeat.repeat_alarmed or alarmed)


def _untimely(transaction: Transaction, standing: Standing, window: float) -> RepeatRefusal | None:
    """Why the time for a repeat is not now, if it is not."""
    marked = standing.repeat.effect_at
    if standing.repeat.effect_digest is None or marked is None:
        return "unmarked"
    highest, set_back = transaction.connection.execute(select(clock.c.highest, clock.c.set_back)).one()
    if transaction.micros < max(highest, marked) or marked <= set_back:
        return "clock"
    return None if transaction.micros < marked + round(window * 1_000_000) else "time"


def _see_time(transaction: Transaction) -> None:
    """Keep the highest time. Where it was set back, no mark from before tells how old it is."""
    now, table = transaction.micros, clock.c
    highest: int = transaction.connection.execute(select(table.highest)).scalar_one()
    if now >= highest + SEEN_EVERY:
        transaction.connection.execute(update(clock).where(table.highest < now).values(highest=now))
    elif now < highest - round(life.CLOCK_ERROR * 1_000_000):
        transaction.connection.execute(update(clock).where(table.set_back < highest).values(set_back=highest))
