"""What is true of every adjustment that a journal holds, whatever happened to it; pure, no I/O.

An invariant gives one text for each violation. No text names a member, or holds what a vendor said.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.adjustments import Record, Status, Transition
from gateway.event_kinds import is_told
from gateway.journal import codec
from gateway.reversible import Reversible, Share

_NEXT: Mapping[Status | None, frozenset[Status]] = {
    None: frozenset({Status.IN_PROGRESS}),
    Status.IN_PROGRESS: frozenset({Status.SUCCEEDED, Status.FAILED, Status.ACCEPTED, Status.UNKNOWN}),
    Status.FAILED: frozenset({Status.IN_PROGRESS, Status.FAILED}),
    Status.UNKNOWN: frozenset({Status.UNKNOWN, Status.SUCCEEDED, Status.FAILED, Status.ACCEPTED}),
    Status.ACCEPTED: frozenset({Status.SUCCEEDED, Status.FAILED}),
    Status.SUCCEEDED: frozenset(),
}
"""The statuses that may follow one, as `gateway.adjustments` draws them."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One adjustment as it is kept: its row, with the columns as attributes, and its steps, oldest first.

    `original`: of a reversal, the row that it refers to. `shares`: the reversals of an adjustment. `feeds`: of the
    steps that are published, the tenant that each is told to; None where it is no event.
    """

    row: Any
    record: Record
    steps: Sequence[Transition]
    original: Any = None
    shares: Sequence[Share] = ()
    feeds: Sequence[str | None] = ()


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that cannot be: at the adjustment `id`, or at something else that is named."""

    id: str
    invariant: str
    detail: str


def violations(entry: JournalEntry) -> Iterator[Violation]:
    """Everything that is wrong with one adjustment."""
    for name, check in (_OF_PURGED if entry.record.removal == "purged" else _INVARIANTS).items():
        yield from (Violation(entry.row.id, name, detail) for detail in check(entry))


def _drawing(entry: JournalEntry) -> Iterator[str]:
    """Each step is one of the drawing, and begins where the one before it ended."""
    before: Status | None = None
    attempt = 0
    for number, step in enumerate(_effective(entry.steps), 1):
        if step.before != before:
            yield f"step {number} begins at {step.before}, and the one before it ended at {before}"
        elif step.after not in _NEXT[before]:
            yield f"step {number} leads from {before} to {step.after}"
        expected = attempt + 1 if step.after is Status.IN_PROGRESS else attempt
        if step.attempt != expected:
            yield f"step {number} is of attempt {step.attempt}, and {expected} was due"
        before, attempt = step.after, step.attempt


def _standing(entry: JournalEntry) -> Iterator[str]:
    """The row stands where its last step led."""
    last = next(reversed(list(_effective(entry.steps))), None)
    state = entry.record.state
    if last is None:
        yield f"it is {state.status}, and no step led there"
    elif (last.after, last.attempt) != (state.status, state.attempt):
        yield f"it is {state.status} in attempt {state.attempt}; its last step led to {last.after} in {last.attempt}"


def _sent_again(entry: JournalEntry) -> Iterator[str]:
    """An attempt whose outcome is unknown is never followed by another, unless nothing of it was ever sent."""
    doubtful: int | None = None
    for step in _effective(entry.steps):
        if step.after in (Status.UNKNOWN, Status.ACCEPTED):
            doubtful = step.attempt
        elif step.after is Status.FAILED and step.evidence.get("sent") is False:
            doubtful = None
        elif step.after is Status.IN_PROGRESS and doubtful is not None:
            yield f"attempt {doubtful} was never known to have failed, and attempt {step.attempt} followed"


def _retryable(entry: JournalEntry) -> Iterator[str]:
    """Only what has failed can be tried again."""
    if entry.record.state.retryable and entry.record.state.status is not Status.FAILED:
        yield f"it is {entry.record.state.status} and retryable"


def _answer(entry: JournalEntry) -> Iterator[str]:
    """What is final has an answer to repeat, which says the same as the row; what may still change has none."""
    record, answer = entry.record, entry.record.answer
    if answer is None:
        if record.state.final:
            yield f"it is {record.state.status} for good, and has no answer"
        return
    if not record.state.final:
        yield f"it is {record.state.status} and may still change, and has the answer {answer.status}"
        return
    try:
        body = json.loads(answer.body)
        named, status = (body["id"], 201) if answer.status < 400 else (body.get("adjustment"), body["status"])
    except (ValueError, LookupError, AttributeError, TypeError):
        yield f"its answer {answer.status} cannot be read"
        return
    if (answer.status < 400) is not (record.state.status is Status.SUCCEEDED) or answer.status != status:
        yield f"it is {record.state.status}, and its answer is {answer.status}"
    elif named not in (record.draft.id, None):
        yield "its answer is that of another adjustment"


def _completed(entry: JournalEntry) -> Iterator[str]:
    """What has ended says when, and what has not does not."""
    ended = entry.record.state.status in (Status.SUCCEEDED, Status.FAILED)
    if ended is (entry.record.completed_at is None):
        yield f"it is {entry.record.state.status}, and {'no ' if ended else 'a '}time of completion is kept"


def _conflict(entry: JournalEntry) -> Iterator[str]:
    """The row says whether a late outcome contradicted it."""
    found = any(step.evidence.get("conflict") is True for step in entry.steps)
    if found is not entry.record.conflict:
        yield f"its row says {entry.record.conflict}, its history {found}"


def _transaction(entry: JournalEntry) -> Iterator[str]:
    """The column by which a vendor's row leads here has the id that the vendor gave."""
    applied = entry.record.applied
    expected = None if applied is None else codec.transaction_id_of(applied)
    if entry.row.transaction_id is not None and entry.row.transaction_id != expected:
        yield "its transaction id is not that of its outcome"


def _reversal(entry: JournalEntry) -> Iterator[str]:
    """A reversal refers to an adjustment of the same tenant that has succeeded, and has the opposite sign."""
    if entry.record.draft.write.operation != "reverse":
        return
    original = entry.original
    if original is None:
        yield "what it reverses is not there"
        return
    if original.tenant != entry.row.tenant or original.operation == "reverse":
        yield f"it reverses {original.id}, which is another tenant's, or a reversal itself"
    if original.status != Status.SUCCEEDED and _share(entry).held:
        yield f"it reverses {original.id}, which is {original.status}"
    if original.points.startswith("-") is entry.row.points.startswith("-"):
        yield f"it has the sign of {original.id}"


def _remainder(entry: JournalEntry) -> Iterator[str]:
    """All reversals of an adjustment together take back no more than was booked."""
    if entry.shares:
        booked = Reversible.of(entry.record, ()).booked
        held = sum((each.points for each in entry.shares if each.held), 0 * booked)
        if held > booked:
            yield f"reversals hold {held} of {booked} points"


def _feed(entry: JournalEntry) -> Iterator[str]:
    """A step that is an event is told to the tenant, and no other; what happened before there was a feed is none."""
    begun = False
    for number, (step, feed) in enumerate(zip(entry.steps, entry.feeds, strict=False), 1):
        begun |= feed is not None
        if feed not in (None, entry.row.tenant):
            yield f"step {number} is told to another tenant"
        elif feed is not None and not is_told(step):
            yield f"step {number} is told, and is no event"
        elif feed is None and begun and is_told(step):
            yield f"step {number} is an event, and told to nobody"


def _purged(entry: JournalEntry) -> Iterator[str]:
    """What was purged has ended, and nothing is left of what was said, but what came late."""
    if entry.record.state.status not in (Status.SUCCEEDED, Status.FAILED):
        yield f"it is {entry.record.state.status}"
    if entry.record.answer is not None or next(_effective(entry.steps), None) is not None:
        yield "its answer or its steps are there"


def _share(entry: JournalEntry) -> Share:
    record = entry.record
    points = abs(record.draft.adjustment.points)
    return Share(record.draft.id, points, record.state.status, record.conflict, record.draft.write.linked)


def _effective(steps: Iterable[Transition]) -> Iterator[Transition]:
    """The steps that changed something; what came late, and what was only proposed, is kept between them."""
    return (step for step in steps if step.evidence.keys().isdisjoint(("late", "proposes")))


_INVARIANTS: Mapping[str, Callable[[JournalEntry], Iterator[str]]] = {
    "steps follow the drawing": _drawing,
    "the row stands where its last step led": _standing,
    "nothing is sent again without proof": _sent_again,
    "only a failure is retryable": _retryable,
    "the answer agrees with the status": _answer,
    "the time of completion agrees with the status": _completed,
    "a conflict is noted": _conflict,
    "the transaction id is the vendor's": _transaction,
    "a reversal reverses": _reversal,
    "reversals never take back more than was booked": _remainder,
    "events are told to their tenant": _feed,
}
_OF_PURGED: Mapping[str, Callable[[JournalEntry], Iterator[str]]] = {
    "what was purged has ended, and is gone": _purged,
    "only a failure is retryable": _retryable,
    "the time of completion agrees with the status": _completed,
    "a reversal reverses": _reversal,
    "reversals never take back more than was booked": _remainder,
}
