"""The checker finds nothing in a run that kept the promise, and names each way to break it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from gateway.adjustments import State, Status
from tests.attack.checker import Kind, violations
from tests.attack.planting import (
    answer,
    at,
    entry,
    heard,
    held_up,
    identifier,
    kept,
    later,
    ledgered,
    refusal,
    reused,
    saying,
    spaced,
    step,
    success,
    unknown,
)
from tests.attack.testimony import Asked, Heard, Kept, Testimony

SUCCEEDED, FAILED, UNKNOWN, RETRIED = (Asked(f"key-{n}", f"contact_id:{n}", Decimal(5)) for n in (1, 2, 3, 4))
ANEW, ANEW_TOO_SOON = FAILED.anew(), UNKNOWN.anew()


def clean() -> Testimony:
    """A run of four keys: one applied, one refused, one unknown with an effect, one applied at the second attempt.

    Careless callers changed the points of two of them, and one was allowed a new key.
    """
    done, no = success(SUCCEEDED, 10), refusal(FAILED, 10)
    retried = success(RETRIED, 20)
    anew = success(ANEW, 20)
    working, final = Status.IN_PROGRESS, State(Status.SUCCEEDED)
    return Testimony(
        asked=(SUCCEEDED, FAILED, UNKNOWN, RETRIED, ANEW),
        heard=(
            heard(SUCCEEDED, None, 0),
            *(done, success(SUCCEEDED, 12), no, refusal(FAILED, 12)),
            *(unknown(UNKNOWN, 10), unknown(UNKNOWN, 12), later(RETRIED, 10), held_up(RETRIED, 11), retried),
            *(reused(UNKNOWN, 14, allowed=False), reused(FAILED, 14, allowed=True), anew),
        ),
        kept=(
            kept(SUCCEEDED, final, step(0.2, working, Status.SUCCEEDED), answer=answer(done)),
            kept(FAILED, State(Status.FAILED), step(0.2, working, Status.FAILED, sent=True), answer=answer(no)),
            kept(UNKNOWN, State(Status.UNKNOWN), step(1, working, Status.UNKNOWN)),
            kept(
                RETRIED,
                replace(final, attempt=2),
                step(0.2, working, Status.FAILED, sent=True),
                step(0.3, Status.FAILED, working, 2),
                step(0.5, working, Status.SUCCEEDED, 2),
                answer=answer(retried),
            ),
            kept(ANEW, final, step(0.2, working, Status.SUCCEEDED), answer=answer(anew)),
        ),
        ledger=(
            *(entry("received", asked, 0.1) for asked in (SUCCEEDED, FAILED, UNKNOWN, RETRIED, ANEW)),
            *(entry("applied", asked, 0.1) for asked in (SUCCEEDED, UNKNOWN, ANEW)),
            *(entry("received", RETRIED, 0.4), entry("applied", RETRIED, 0.4)),
        ),
        over=at(60),
    )


def without(kind: str, asked: Asked) -> Callable[[Testimony], Testimony]:
    return lambda run: replace(
        run, ledger=tuple(entry for entry in run.ledger if (entry.kind, entry.member) != (kind, asked.member))
    )


def credited(asked: Asked) -> Callable[[Testimony], Testimony]:
    """Somebody asked for this too, and had it."""
    done = success(asked, 40)
    row = kept(asked, State(Status.SUCCEEDED), step(0.2, Status.IN_PROGRESS, Status.SUCCEEDED), answer=answer(done))
    return lambda run: replace(
        run,
        asked=(*run.asked, asked),
        heard=(*run.heard, done),
        kept=(*run.kept, row),
        ledger=(*run.ledger, entry("received", asked, 35), entry("applied", asked, 35)),
    )


EVENTS = [
    *((identifier(asked), 2) for asked in (SUCCEEDED, FAILED, UNKNOWN)),
    *((identifier(RETRIED), number) for number in (2, 4)),
    (identifier(ANEW), 2),
]


def reading(read: list[tuple[str, int]]) -> Callable[[Testimony], Testimony]:
    return lambda run: replace(run, events=[read])


def not_for_good(said: Heard) -> Heard:
    return replace(said, body=(said.body or b"").replace(b'"new_key_allowed": true', b'"new_key_allowed": false'))


def keeping(asked: Asked, *instead: Kept) -> Callable[[Testimony], Testimony]:
    def changed(run: Testimony) -> Testimony:
        return replace(run, kept=(*(each for each in run.kept if each.record.draft.key != asked.key), *instead))

    return changed


IN_PROGRESS, AGAIN = kept(UNKNOWN, State()), State(Status.UNKNOWN, attempt=2)
SENT_AFTER_UNKNOWN = kept(
    UNKNOWN,
    AGAIN,
    step(1, Status.IN_PROGRESS, Status.UNKNOWN),
    step(2, Status.UNKNOWN, Status.IN_PROGRESS, 2),
    step(3, Status.IN_PROGRESS, Status.UNKNOWN, 2),
)
NOT_SENT = kept(
    UNKNOWN,
    AGAIN,
    step(0.5, Status.IN_PROGRESS, Status.FAILED, sent=False),
    step(0.6, Status.FAILED, Status.IN_PROGRESS, 2),
    step(1, Status.IN_PROGRESS, Status.UNKNOWN, 2),
)
RETRYABLE = kept(UNKNOWN, State(Status.FAILED, True), step(0.2, Status.IN_PROGRESS, Status.FAILED, sent=True))
WITHDRAWN = kept(
    RETRIED,
    State(Status.SUCCEEDED, attempt=3),
    step(0.02, Status.IN_PROGRESS, Status.UNKNOWN),
    step(0.03, Status.UNKNOWN, Status.FAILED, sent=False),  # its claim was in doubt, and nothing of it had left
    step(0.04, Status.FAILED, Status.IN_PROGRESS, 2),
    step(0.2, Status.IN_PROGRESS, Status.FAILED, 2, sent=True),
    step(0.3, Status.FAILED, Status.IN_PROGRESS, 3),
    step(0.5, Status.IN_PROGRESS, Status.SUCCEEDED, 3),
    answer=answer(success(RETRIED, 20)),
)
STRANGER = Asked("key-9", "contact_id:9", Decimal(5))

PLANTED: list[tuple[str, Kind, Asked | None, Callable[[Testimony], Testimony]]] = [
    ("two effects", Kind.TWO_EFFECTS, SUCCEEDED, ledgered(entry("applied", SUCCEEDED, 0.2))),
    ("two effects of an unknown", Kind.TWO_EFFECTS, UNKNOWN, ledgered(entry("applied", UNKNOWN, 0.2))),
    ("a success that was none", Kind.SUCCEEDED_WITHOUT_EFFECT, SUCCEEDED, without("applied", SUCCEEDED)),
    ("a success only told", Kind.SUCCEEDED_WITHOUT_EFFECT, FAILED, saying(success(FAILED, 30))),
    ("a failure that was none", Kind.FAILED_WITH_EFFECT, FAILED, ledgered(entry("applied", FAILED, 0.1))),
    ("a failure only told", Kind.FAILED_WITH_EFFECT, UNKNOWN, saying(refusal(UNKNOWN, 30))),
    ("a retryable failure that was none", Kind.FAILED_WITH_EFFECT, UNKNOWN, keeping(UNKNOWN, RETRYABLE)),
    ("an attempt failed by mistake", Kind.FAILED_WITH_EFFECT, RETRIED, ledgered(entry("applied", RETRIED, 0.1))),
    (
        "another amount",
        Kind.OTHER_EFFECT,
        SUCCEEDED,
        ledgered(replace(entry("applied", SUCCEEDED, 1), points=Decimal(6))),
    ),
    ("another id", Kind.OTHER_EFFECT, SUCCEEDED, ledgered(entry("applied", SUCCEEDED, 1, source="adj_other"))),
    ("another member", Kind.OTHER_EFFECT, None, ledgered(entry("applied", STRANGER, 1))),
    ("a key nobody used", Kind.OTHER_EFFECT, STRANGER, keeping(STRANGER, kept(STRANGER, State(Status.UNKNOWN)))),
    ("nothing in the journal", Kind.EFFECT_WITHOUT_CLAIM, UNKNOWN, keeping(UNKNOWN)),
    ("a journal that forgot a success", Kind.WORD_CHANGED, UNKNOWN, saying(success(UNKNOWN, 30))),
    ("a success, then unknown", Kind.WORD_CHANGED, SUCCEEDED, saying(unknown(SUCCEEDED, 30))),
    ("a refusal, then a success", Kind.WORD_CHANGED, FAILED, saying(success(FAILED, 30))),
    ("a success, then try again", Kind.WORD_CHANGED, SUCCEEDED, saying(later(SUCCEEDED, 30))),
    (
        "another body",
        Kind.REPLAY_DIFFERS,
        FAILED,
        saying(spaced(refusal(FAILED, 30))),
    ),
    ("a key that was lost", Kind.KEY_LOST, SUCCEEDED, keeping(SUCCEEDED)),
    ("an id that was lost", Kind.KEY_LOST, UNKNOWN, saying(heard(UNKNOWN, 202, 30, id="adj_other", status="unknown"))),
    ("two adjustments", Kind.KEY_TWICE, UNKNOWN, lambda run: replace(run, kept=(*run.kept, run.kept[2]))),
    ("a second request", Kind.SENT_AGAIN, UNKNOWN, ledgered(entry("received", UNKNOWN, 5))),
    ("a second attempt", Kind.SENT_AGAIN, UNKNOWN, keeping(UNKNOWN, SENT_AFTER_UNKNOWN)),
    (
        "two requests where one was kept back",
        Kind.SENT_AGAIN,
        UNKNOWN,
        lambda run: ledgered(entry("received", UNKNOWN, 0.7))(keeping(UNKNOWN, NOT_SENT)(run)),
    ),
    ("unknown, then try again", Kind.SENT_AGAIN, UNKNOWN, saying(later(UNKNOWN, 30))),
    (
        "unknown after a withdrawal, then try again",
        Kind.SENT_AGAIN,
        UNKNOWN,
        lambda run: saying(unknown(UNKNOWN, 29, attempts=2), later(UNKNOWN, 31))(keeping(UNKNOWN, NOT_SENT)(run)),
    ),
    ("an attempt without an end", Kind.STILL_IN_PROGRESS, UNKNOWN, keeping(UNKNOWN, IN_PROGRESS)),
    ("an unknown that nobody looked for", Kind.LEFT_UNKNOWN, UNKNOWN, lambda run: replace(run, searched={"crm"})),
    (
        "a fault of the gateway",
        Kind.STRANGE_ANSWER,
        UNKNOWN,
        saying(heard(UNKNOWN, 500, 9, code="internal_error", retryable=True)),
    ),
    (
        "an unknown with 200",
        Kind.STRANGE_ANSWER,
        UNKNOWN,
        saying(heard(UNKNOWN, 200, 9, id=identifier(UNKNOWN), status="unknown")),
    ),
    (
        "a key reused",
        Kind.STRANGE_ANSWER,
        FAILED,
        saying(heard(FAILED, 422, 9, code="idempotency_key_reused", retryable=False)),
    ),
    ("a new key for an unknown", Kind.NEW_KEY_TOO_SOON, UNKNOWN, saying(reused(UNKNOWN, 30, allowed=True))),
    ("a new key for a success", Kind.NEW_KEY_TOO_SOON, SUCCEEDED, saying(reused(SUCCEEDED, 30, allowed=True))),
    ("a new key beside an effect", Kind.NEW_KEY_TOO_SOON, FAILED, ledgered(entry("applied", FAILED, 0.1))),
    (
        "a new key by a request that cannot be read",
        Kind.NEW_KEY_TOO_SOON,
        UNKNOWN,
        saying(heard(UNKNOWN, 400, 9, code="invalid_request", retryable=False, new_key_allowed=True)),
    ),
    ("a credit under both keys", Kind.TWICE_BY_NEW_KEY, ANEW_TOO_SOON, credited(ANEW_TOO_SOON)),
    ("a late credit under the first key", Kind.TWICE_BY_NEW_KEY, ANEW, ledgered(entry("applied", FAILED, 9))),
    (
        "a changed body that was taken",
        Kind.STRANGE_ANSWER,
        UNKNOWN,
        saying(replace(success(UNKNOWN, 30), changed=True)),
    ),
    (
        "a change that is not named",
        Kind.STRANGE_ANSWER,
        UNKNOWN,
        saying(reused(UNKNOWN, 30, allowed=False, pointer="/member")),
    ),
    (
        "an attempt within a pause",
        Kind.BEGUN_IN_PAUSE,
        None,
        lambda run: replace(run, begun_in_pauses=("all: 1 attempts or repeats",)),
    ),
    (
        "a pause that allows a new key",
        Kind.NEW_KEY_TOO_SOON,
        UNKNOWN,
        saying(heard(UNKNOWN, 403, 9, code="client_paused", retryable=False, new_key_allowed=True)),
    ),
    ("a broken journal", Kind.INVARIANT, None, lambda run: replace(run, broken=("adj_1: its answer is another's",))),
    ("an event that was missed", Kind.EVENTS, RETRIED, reading([*EVENTS[:3], *EVENTS[4:]])),
    ("an event that came twice", Kind.EVENTS, SUCCEEDED, reading([*EVENTS, EVENTS[0]])),
    ("an event before its time", Kind.EVENTS, RETRIED, reading([*EVENTS[:3], EVENTS[4], EVENTS[3], *EVENTS[5:]])),
    ("an event that never was", Kind.EVENTS, UNKNOWN, reading([*EVENTS, (identifier(UNKNOWN), 3)])),
    ("a refusal that is not for good", Kind.STRANGE_ANSWER, FAILED, saying(not_for_good(refusal(FAILED, 30)))),
]


def test_a_run_that_kept_the_promise() -> None:
    """There is nothing to say of a clean run, nor of its events, though they were read twice from the beginning."""
    assert violations(clean()) == []
    assert violations(replace(clean(), events=[EVENTS, EVENTS[:3]])) == []


def test_a_withdrawn_attempt_may_be_followed() -> None:
    """Who was told unknown of it may hear later that the vendor refused the next one, and try again."""
    run = keeping(RETRIED, WITHDRAWN)(clean())
    heard_of = saying(unknown(RETRIED, 6), unknown(RETRIED, 7, attempts=2), later(RETRIED, 9))
    assert violations(heard_of(run)) == []
    again = saying(unknown(UNKNOWN, 30), later(UNKNOWN, 32))
    assert {each.kind for each in violations(again(run))} == {Kind.SENT_AGAIN}


@pytest.mark.parametrize(("steps", "broken"), [(3, []), (4, [Kind.EVENTS])])
def test_what_happens_after_the_feed_was_read_is_not_missed(steps: int, broken: list[Kind]) -> None:
    """Gateways go on until they are stopped; a step that was there before the reader ended has to be read."""
    there = {identifier(asked): 9 for asked in (SUCCEEDED, FAILED, UNKNOWN, ANEW)} | {identifier(RETRIED): steps}
    read = [each for each in EVENTS if each != (identifier(RETRIED), 4)]
    assert [each.kind for each in violations(replace(clean(), events=[read], there=there))] == broken


@pytest.mark.parametrize(("kind", "asked", "plant"), [case[1:] for case in PLANTED], ids=[case[0] for case in PLANTED])
def test_what_is_planted_is_named(kind: Kind, asked: Asked | None, plant: Callable[[Testimony], Testimony]) -> None:
    """Each broken promise is called by its name, and by its key."""
    found = violations(plant(clean()))
    assert (kind, asked.key if asked else "") in {(violation.kind, violation.key) for violation in found}


def test_every_kind_is_planted() -> None:
    """There is no kind of violation that the checker was never shown to find; `test_shares.py` shows two."""
    assert {kind for _, kind, _, _ in PLANTED} == set(Kind) - {Kind.MORE_TAKEN_BACK, Kind.SHARE_NOT_FREED}


def test_a_violation_is_of_its_key_alone() -> None:
    """What happens to one key is not held against another."""
    found = violations(ledgered(entry("applied", SUCCEEDED, 0.2))(clean()))
    assert {violation.key for violation in found} == {SUCCEEDED.key}


def test_answers_that_overlap_have_no_order() -> None:
    """A conflict answered beside the final word, to a request that was made before it, changes nothing."""
    beside = heard(
        SUCCEEDED, 409, 10.5, code="idempotency_in_progress", retryable=True, adjustment=identifier(SUCCEEDED)
    )
    assert violations(saying(beside)(clean())) == []
