"""Whether the request of an adjustment may be sent once more, and what became of that.

A vendor that enforces idempotency makes one of two equal requests, for as long as it remembers the first. So a repeat
is the very same request, by its digest, and begins within a window after the first byte may have left, by a clock that
has not run back since. One repeat at a time owns an adjustment, for a lease.
"""

from dataclasses import replace

from gateway import adjustments as life
from gateway.adjustments import Record, Status, Verdict
from gateway.journal import codec, set_backs
from gateway.journal.changes import Changes
from gateway.journal.commands import Conclusion
from gateway.journal.decision_commands import Resolve
from gateway.journal.repeat_commands import (
    BeginRepeat,
    ConfirmRepeat,
    EndRepeat,
    MarkEffect,
    Permission,
    PostponeRepeat,
    RepeatRefusal,
    RepeatsDue,
)
from gateway.journal.shares import BARRED_FOR, REPEATS
from gateway.journal.standing import Standing
from gateway.journal.transaction import Transaction
from gateway.pauses import Pause


def mark(changes: Changes, step: MarkEffect, standing: Standing) -> Permission:
    """Keep the digest of an attempt's request, and the moment, unless an earlier attempt's byte may have left."""
    record, row = step.record, standing.repeat
    if standing.state != record.state or standing.lease_until <= changes.transaction.micros:
        return Permission(changes.current(record.draft.id), "changed")
    standing.set_repeat(effect_digest=step.digest)
    if row.effect_at is None:
        standing.set_repeat(effect_at=changes.transaction.micros, effect_attempt=record.state.attempt)
    return Permission(record._replace(mark=row.mark))


def begin(changes: Changes, step: BeginRepeat, standing: Standing, *, paused: Pause | None) -> Permission:
    """Take the ownership of the next repeat."""
    adjustment, begun = step.record.draft.id, life.repeat(step.record.state)
    if begun is not None and standing.state == begun and standing.owner == step.owner:
        return Permission(changes.current(adjustment))  # an earlier try of this operation did it
    if begun is None or standing.state != step.record.state:
        return Permission(changes.current(adjustment), "changed")
    rest = codec.to_micros(changes.transaction.later(-step.rest))
    refused: RepeatRefusal | None
    if _barred(changes.transaction, standing):
        refused = "barred"
    else:
        refused = _untimely(changes.transaction, standing, step.window)
        if refused is None and (standing.repeat.repeat_until or 0) > rest:
            refused = "under_way"
        elif refused is None and paused is not None:  # what has no time left is told first: no end of a pause helps it
            refused = "paused"
    if refused is not None:
        return Permission(changes.current(adjustment), refused)
    record = changes.current(adjustment)._replace(state=begun)
    standing.owner = step.owner
    standing.set_repeat(repeat_until=codec.to_micros(changes.transaction.later(step.lease)))
    evidence, tenant = {"repeat": begun.repeats, "begun": True}, step.record.draft.tenant
    changes.transaction.step(adjustment, standing.state, begun, "repeat", evidence, tenant=tenant)
    changes.change(standing, record)
    return Permission(record)


def confirm(changes: Changes, step: ConfirmRepeat, standing: Standing) -> Permission:
    """Look again at all that a repeat rests on, now that its request is there."""
    record = changes.current(step.record.draft.id)
    until = standing.repeat.repeat_until or 0
    if (standing.state, standing.owner) != (step.record.state, step.owner) or until <= changes.transaction.micros:
        return Permission(record, "changed")
    if standing.repeat.effect_digest != step.digest:
        return Permission(record, "differs")
    return Permission(record, _untimely(changes.transaction, standing, step.window))


def end(changes: Changes, step: EndRepeat, standing: Standing) -> Conclusion:
    """Settle by what a repeat proved; where it proved nothing, let go of it and keep it in the history."""
    settlement, now = step.settlement, changes.transaction.micros
    applied = settlement.verdict in (Verdict.APPLIED, Verdict.ACCEPTED)
    attempt = settlement.record.state.attempt
    if applied and life.settle(standing.state, attempt=attempt, verdict=settlement.verdict) is not None:
        standing.set_repeat(repeat_until=now)
        return changes.settle(settlement, standing)
    mine = (standing.state, standing.owner) == (settlement.record.state, step.owner)
    if not mine or (standing.repeat.repeat_until or 0) <= now:
        return changes.late(settlement, standing)
    if settlement.evidence.get("booked"):
        standing.set_repeat(effect_digest=None)  # the vendor knows the id as something else, and will again
    _due_in(changes.transaction, standing, step.pause, alarmed=step.alarmed)
    standing.set_repeat(repeat_until=now)
    changes.transaction.step(
        settlement.record.draft.id,
        standing.state,
        standing.state,
        settlement.by,
        settlement.evidence,
        settlement.exchange,
        tenant=settlement.record.draft.tenant,
    )
    if settlement.evidence.get("sent") is False and "refused_before" not in settlement.evidence:
        # Nothing of it left: what is heard of the requests before it says as much as it did.
        state = replace(standing.state, repeats=standing.state.repeats - 1)
        changes.change(standing, changes.current(settlement.record.draft.id)._replace(state=state))
    return Conclusion(changes.current(settlement.record.draft.id))


def postpone(changes: Changes, step: PostponeRepeat, standing: Standing) -> None:
    """Have it due again later."""
    if standing.state.status is Status.UNKNOWN:
        _due_in(changes.transaction, standing, step.pause, alarmed=step.alarmed)


def due(transaction: Transaction, asked: RepeatsDue) -> list[Record]:
    """What may be due, now held."""
    return REPEATS.take(transaction, asked.accounts, share=asked.share, hold=asked.hold)


def until_decided(transaction: Transaction, step: Resolve, standing: Standing) -> int:
    """When a person's decision can be taken, as far as repeats are concerned; from now on none begins until then.

    Who decides that nothing was applied must have looked when no repeat could follow any more: so the first time is
    refused, and the next one is taken after the time that a repeat which was under way may have needed.
    """
    repeat = standing.repeat
    until = repeat.repeat_until or 0
    if (repeat.effect_digest is None and not standing.state.repeats) or (
        step.resolution.applied and until <= transaction.micros
    ):
        return 0
    if not _barred(transaction, standing):
        # It is not due either until then, so that no look has to read it.
        standing.set_repeat(repeat_barred_at=transaction.micros, repeat_at=transaction.micros + BARRED_FOR)
    quiet = round(step.record.draft.lease * 1_000_000)
    return max(until, 0 if step.resolution.applied else (repeat.repeat_barred_at or 0) + quiet)


def _barred(transaction: Transaction, standing: Standing) -> bool:
    """Whether a person waits, who may still come back."""
    since = standing.repeat.repeat_barred_at
    return since is not None and transaction.micros < since + BARRED_FOR


def _due_in(transaction: Transaction, standing: Standing, pause: float, *, alarmed: bool) -> None:
    at = codec.to_micros(transaction.later(pause))
    standing.set_repeat(repeat_at=at, repeat_alarmed=standing.repeat.repeat_alarmed or alarmed)


def _untimely(transaction: Transaction, standing: Standing, window: float) -> RepeatRefusal | None:
    """Why the time for a repeat is not now, if it is not."""
    marked = standing.repeat.effect_at
    if standing.repeat.effect_digest is None or marked is None:
        return "unmarked"
    clock = set_backs.read(transaction)
    if marked <= clock.set_back:
        return "clock"
    if clock.run_back or transaction.micros < max(clock.highest, marked):
        return "behind"
    return None if transaction.micros < marked + round(window * 1_000_000) else "time"
