"""Holds the vendor's ledger, the journal and what callers were told against each other, and names what breaks.

The promise: at most one effect for a key; `succeeded` means one; `failed` means none; what cannot be known is
`unknown`, can be seen, and is never sent again by itself.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.adjustments import Status, Transition
from tests.attack import events, shares
from tests.attack.acts import Act
from tests.attack.testimony import Asked, Case, Heard, Testimony, Word

ISSUING = frozenset({"club"})
"""The vendors whose tokens expire."""
REFUSALS = ("vendor_rejected", "member_not_found", "insufficient_points", "not_applied")


class Kind(StrEnum):
    """One way to break the promise."""

    TWO_EFFECTS = "two effects for one key"
    SUCCEEDED_WITHOUT_EFFECT = "succeeded without an effect"
    FAILED_WITH_EFFECT = "failed with an effect"
    OTHER_EFFECT = "an effect that was not asked for"
    EFFECT_WITHOUT_CLAIM = "sent without a claim in the journal"
    WORD_CHANGED = "a final word that changed"
    REPLAY_DIFFERS = "a replay that differs"
    KEY_LOST = "a key that the journal does not know"
    KEY_TWICE = "a key with two adjustments"
    SENT_AGAIN = "sent again without proof"
    STILL_IN_PROGRESS = "in progress after its lease"
    LEFT_UNKNOWN = "unknown, though its vendor can be searched"
    NEW_KEY_TOO_SOON = "a new key allowed for what had not failed for good"
    TWICE_BY_NEW_KEY = "effects under a key and under the new key that replaced it"
    STRANGE_ANSWER = "an answer that the contract does not have"
    MORE_TAKEN_BACK = "more taken back than was booked"
    SHARE_NOT_FREED = "refused, though enough is left"
    BEGUN_IN_PAUSE = "begun where it was paused"
    INVARIANT = "a journal that breaks an invariant"
    EVENTS = "an event that the feed misses, has twice or has out of order"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that breaks the promise, for one key."""

    kind: Kind
    key: str
    detail: str


def violations(testimony: Testimony) -> list[Violation]:
    """Everything in a run that breaks the promise."""
    cases, entries, strays = testimony.cases()
    applied = {case.asked.key for case in cases if case.applied}
    found = [Violation(Kind.OTHER_EFFECT, "", f"{entry.kind} for {entry.member}") for entry in entries]
    found += [Violation(Kind.OTHER_EFFECT, kept.record.draft.key, "only the journal knows it") for kept in strays]
    found += [Violation(Kind.MORE_TAKEN_BACK, *each) for each in shares.too_much(cases)]
    found += [Violation(Kind.SHARE_NOT_FREED, *each) for each in shares.not_freed(cases)]
    found += [Violation(Kind.BEGUN_IN_PAUSE, "", each) for each in testimony.begun_in_pauses]
    found += [Violation(Kind.INVARIANT, "", each) for each in testimony.broken]
    if testimony.events is not None:
        found += [Violation(Kind.EVENTS, *each) for each in events.wrong(cases, testimony.events, testimony.there)]
    for case in cases:
        first = case.asked.instead_of
        if first is not None and {case.asked.key, first.key} <= applied:
            found.append(Violation(Kind.TWICE_BY_NEW_KEY, case.asked.key, f"beside the effect of {first.key}"))
        for kind, check in _CHECKS:
            found += [Violation(kind, case.asked.key, detail) for detail in check(case)]
        if not testimony.away:  # else the proof waited in memory, and was written later than the caller was told
            found += [Violation(Kind.SENT_AGAIN, case.asked.key, detail) for detail in _told_again(case)]
        found += [
            Violation(Kind.STILL_IN_PROGRESS, case.asked.key, f"its lease ended at {kept.record.lease_until}")
            for kept in case.kept
            if kept.status is Status.IN_PROGRESS and kept.record.lease_until <= testimony.over
        ]
        found += [
            Violation(Kind.LEFT_UNKNOWN, case.asked.key, f"looked for {kept.record.looks} times")
            for kept in case.kept
            if kept.status is Status.UNKNOWN and kept.record.draft.vendor in testimony.searched
        ]
    return found


def _two_effects(case: Case) -> Iterator[str]:
    if len(case.applied) > 1:
        yield f"{len(case.applied)} effects: {', '.join(entry.act for entry in case.applied)}"


def _succeeded_without_effect(case: Case) -> Iterator[str]:
    if case.applied:
        return
    yield from ("by the journal" for kept in case.kept if kept.status is Status.SUCCEEDED)
    if case.told(Word.SUCCEEDED):
        yield "as a caller was told"


def _failed_with_effect(case: Case) -> Iterator[str]:
    if not case.applied:
        return
    yield from ("by the journal" for kept in case.kept if kept.status is Status.FAILED)
    if case.told(Word.FAILED):
        yield "as a caller was told"
    for kept in case.kept:
        for step in kept.history:
            if step.after is Status.FAILED and any(entry.at < step.at for entry in case.applied):
                yield f"attempt {step.attempt} was called failed after its effect"


def _other_effect(case: Case) -> Iterator[str]:
    drafts = [kept.record.draft for kept in case.kept]
    for entry in case.applied:
        if entry.points != case.points:
            yield f"{entry.points} points instead of {case.points}"
        if drafts and not case.erased and entry.member not in {str(draft.write.member) for draft in drafts}:
            yield f"for {entry.member}, who is not the member of the claim"
        linked = any(draft.write.linked for draft in drafts)
        if entry.source is not None and drafts and not linked and entry.source not in {draft.id for draft in drafts}:
            yield f"made under the id {entry.source}"


def _effect_without_claim(case: Case) -> Iterator[str]:
    if case.received and not case.kept:
        yield f"{len(case.received)} requests arrived"


def _word_changed(case: Case) -> Iterator[str]:
    for status, word in ((Status.SUCCEEDED, Word.SUCCEEDED), (Status.FAILED, Word.FAILED)):
        for kept in case.kept:
            if case.told(word) and (kept.status is not status or not kept.record.state.final):
                yield f"a caller was told {word}, the journal says {kept.status}"
    for heard in (heard for heard in case.heard if heard.final):
        for later in case.after(heard):
            if later.word is Word.EXPIRED and case.purged:
                continue
            if later.adjustment is not None and later.word is not heard.word:
                yield f"a caller was told {heard.word}, and later {later.status}"


def _replay_differs(case: Case) -> Iterator[str]:
    # What is erased is said in other words, with the same status.
    answers = {(heard.status, None if case.erased else heard.body) for heard in case.heard if heard.final}
    if len(answers) > 1:
        yield f"{len(answers)} different final answers"
    for kept in case.kept:
        answer = kept.record.answer
        if answer is not None and answers - {(answer.status, None if case.erased else answer.body)}:
            yield "a caller was told other than what the journal keeps"


def _key_lost(case: Case) -> Iterator[str]:
    ids = {kept.record.draft.id for kept in case.kept}
    for named in sorted({heard.adjustment for heard in case.heard if heard.adjustment is not None} - ids):
        yield f"a caller was told of {named}"
    if not ids and any(heard.word not in (Word.NOTHING, Word.REFUSED) for heard in case.heard):
        yield "a caller was told what became of it"


def _key_twice(case: Case) -> Iterator[str]:
    if len(case.kept) > 1:
        yield ", ".join(kept.record.draft.id for kept in case.kept)


def _sent_again(case: Case) -> Iterator[str]:
    for kept in case.kept:
        # What was repeated was allowed to be, where the vendor makes one effect of it: the next check counts these.
        allowed = kept.attempts + kept.record.state.repeats - sum(_stayed_here(step) for step in kept.history)
        # After a 401 the vendor may be asked once more in the same attempt, with another token.
        refused = sum(entry.act in (Act.LOCKED_OUT, Act.NO_TOKEN) for entry in case.received)
        renewed = min(refused, kept.attempts) if kept.record.draft.vendor in ISSUING else 0
        if len(case.received) - renewed > allowed:
            yield f"{len(case.received)} requests arrived where {allowed} could have left, and {renewed} more"
        for attempt in sorted(_without_proof(kept.history)):
            if any(step.attempt > attempt for step in kept.history):
                yield f"attempt {attempt} became unknown, and another followed"


def _told_again(case: Case) -> Iterator[str]:
    """The callers who were told that nobody knows, and later to try again."""
    proved: set[object] = set()
    if not case.purged:  # the journal may have been too slow for a moment: proof waits in memory, and is written later
        for history in (row.history for row in case.kept):
            proved |= {step.attempt for step in history} - _without_proof(history)
    for heard in (heard for heard in case.heard if heard.word is Word.UNKNOWN):
        if heard.said.get("attempts") in proved:
            continue
        for later in case.after(heard):
            if later.code.startswith("vendor_") and later.said.get("retryable") is True:
                yield "a caller who was told unknown was later told to try again"


def _without_proof(history: Sequence[Transition]) -> set[int]:
    """The attempts that the journal had as unknown, and that were not withdrawn since nothing of them had left."""
    unknown = {step.attempt for step in history if step.after is Status.UNKNOWN}
    return unknown - {step.attempt for step in history if _stayed_here(step)}


def _new_key_too_soon(case: Case) -> Iterator[str]:
    failed = any(kept.status is Status.FAILED and kept.record.state.final for kept in case.kept)
    for heard in (*case.heard, *case.changed):
        if heard.new_key_allowed and (case.applied or not failed):
            yield f"by {heard.code}, {'with an effect' if case.applied else 'before the end'}"


def _strange_answer(case: Case) -> Iterator[str]:
    for heard in case.heard:
        gone = heard.word is Word.EXPIRED and case.purged
        if not (gone or _in_contract(heard) or _of_this_case(heard, case.asked)):
            yield f"{heard.status}: {(heard.body or b'')[:300]!r}"
    for heard in case.changed:
        if not _refuses_the_change(case, heard):
            yield f"to a changed body, {heard.status}: {(heard.body or b'')[:300]!r}"


def _in_contract(heard: Heard) -> bool:
    if heard.status is None:
        return True
    if heard.status < 300:
        return (heard.status, heard.word) in ((201, Word.SUCCEEDED), (202, Word.UNKNOWN))
    if heard.said.get("retryable") is True:
        # With an adjustment it is an attempt that did not leave, as where the gateway was frozen before it could.
        return heard.code != "internal_error" or heard.adjustment is not None
    if heard.code == "client_paused":
        return heard.status == 403 and not heard.new_key_allowed
    return heard.code in REFUSALS and heard.new_key_allowed


def _of_this_case(heard: Heard, asked: Asked) -> bool:
    """Whether it is in the contract for what was asked here alone: a reversal, or a look-up before anything else."""
    if asked.reverses is not None:
        return heard.code == "not_reversible"  # with a new key allowed it is final, once others have its share
    # The network can make one body of two answers that were cut; and a gateway can be frozen until it is too late.
    failures = ("vendor_bad_response", "internal_error")
    return asked.member.startswith("email:") and heard.code in failures and heard.adjustment is None


def _refuses_the_change(case: Case, heard: Heard) -> bool:
    """Whether an answer to a changed body leaves no doubt about whose the key is."""
    if heard.status is None:
        return True
    if heard.said.get("retryable") is True:
        return heard.code in ("store_unavailable", "overloaded") and not heard.new_key_allowed
    differing = [each["pointer"] for each in heard.said.get("errors", ())]
    if heard.word is Word.EXPIRED:
        return case.purged
    known = heard.adjustment in {kept.record.draft.id for kept in case.kept}
    return heard.code == "idempotency_key_reused" and known and differing in (["/points"], [] if case.erased else None)


def _stayed_here(step: Transition) -> bool:
    """Whether an attempt ended with the word that no byte of it had left."""
    return step.after is Status.FAILED and step.before is not Status.FAILED and step.evidence.get("sent") is False


_CHECKS: tuple[tuple[Kind, Callable[[Case], Iterable[str]]], ...] = (
    (Kind.TWO_EFFECTS, _two_effects),
    (Kind.SUCCEEDED_WITHOUT_EFFECT, _succeeded_without_effect),
    (Kind.FAILED_WITH_EFFECT, _failed_with_effect),
    (Kind.OTHER_EFFECT, _other_effect),
    (Kind.EFFECT_WITHOUT_CLAIM, _effect_without_claim),
    (Kind.WORD_CHANGED, _word_changed),
    (Kind.REPLAY_DIFFERS, _replay_differs),
    (Kind.KEY_LOST, _key_lost),
    (Kind.KEY_TWICE, _key_twice),
    (Kind.SENT_AGAIN, _sent_again),
    (Kind.NEW_KEY_TOO_SOON, _new_key_too_soon),
    (Kind.STRANGE_ANSWER, _strange_answer),
)
