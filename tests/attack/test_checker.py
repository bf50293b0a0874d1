"""The checker finds nothing in a run that kept the promise, and names each way to break it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.adjustments import Answer, Draft, Record, State, Status, Transition
from gateway.model import Adjustment, Member
from tests.attack.checker import Kind, violations
from tests.attack.ledger import Entry
from tests.attack.testimony import Asked, Heard, Kept, Testimony

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
SUCCEEDED, FAILED, UNKNOWN, RETRIED = (Asked(f"key-{n}", f"contact_id:{n}", Decimal(5)) for n in (1, 2, 3, 4))
ANEW, ANEW_TOO_SOON = FAILED.anew(), UNKNOWN.anew()


def at(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


def identifier(asked: Asked) -> str:
    return f"adj_{asked.key}"


def step(second: float, before: Status | None, after: Status, attempt: int = 1, **evidence: Any) -> Transition:
    return Transition(at(second), before, after, attempt, "gateway", evidence)


def kept(asked: Asked, state: State, *history: Transition, answer: Answer | None = None) -> Kept:
    member = Member(*asked.member.split(":"))
    draft = Draft(
        id=identifier(asked),
        client="storefront",
        tenant="acme",
        key=asked.key,
        fingerprint="",
        adjustment=Adjustment(member, asked.points),
        vendor="crm",
        adapter="contact-points",
        rule="",
        not_sent=(),
        lease=1.0,
    )
    begun = step(0, None, Status.IN_PROGRESS)
    return Kept(Record(draft, state, at(0), at(1), answer=answer), (begun, *history))


def heard(asked: Asked, status: int | None, begun: float, /, **said: Any) -> Heard:
    body = None if status is None else json.dumps(said).encode()
    return Heard(asked.key, status, body, begun, begun + 1)


def entry(kind: Any, asked: Asked, second: float, *, source: str | None = None) -> Entry:
    return Entry(kind, at(second), asked.member, asked.points, source or identifier(asked), "apply")


def success(asked: Asked, begun: float) -> Heard:
    return heard(asked, 201, begun, id=identifier(asked), status="succeeded")


def refusal(asked: Asked, begun: float) -> Heard:
    said = {"code": "vendor_rejected", "retryable": False, "new_key_allowed": True}
    return heard(asked, 422, begun, **said, adjustment=identifier(asked))


def reused(asked: Asked, begun: float, *, allowed: bool, pointer: str = "/points") -> Heard:
    """The answer to a changed body."""
    said = {"code": "idempotency_key_reused", "retryable": False, "new_key_allowed": allowed}
    errors = [{"pointer": pointer, "detail": "differs"}]
    return replace(heard(asked, 422, begun, **said, errors=errors, adjustment=identifier(asked)), changed=True)


def unknown(asked: Asked, begun: float) -> Heard:
    return heard(asked, 202, begun, id=identifier(asked), status="unknown")


def later(asked: Asked, begun: float) -> Heard:
    return heard(asked, 503, begun, code="vendor_rate_limited", retryable=True, adjustment=identifier(asked))


def held_up(asked: Asked, begun: float) -> Heard:
    return heard(asked, 500, begun, code="internal_error", retryable=True, adjustment=identifier(asked))


def spaced(said: Heard) -> Heard:
    return replace(said, body=(said.body or b"") + b" ")


def answer(said: Heard) -> Answer:
    assert said.status is not None
    assert said.body is not None
    return Answer(said.status, said.body)


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


def saying(*more: Heard) -> Callable[[Testimony], Testimony]:
    return lambda run: replace(run, heard=(*run.heard, *more))


def ledgered(*more: Entry) -> Callable[[Testimony], Testimony]:
    return lambda run: replace(run, ledger=(*run.ledger, *more))


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
    ("a refusal that is not for good", Kind.STRANGE_ANSWER, FAILED, saying(not_for_good(refusal(FAILED, 30)))),
]


def test_a_run_that_kept_the_promise() -> None:
    """There is nothing to say of a clean run."""
    assert violations(clean()) == []


@pytest.mark.parametrize(("kind", "asked", "plant"), [case[1:] for case in PLANTED], ids=[case[0] for case in PLANTED])
def test_what_is_planted_is_named(kind: Kind, asked: Asked | None, plant: Callable[[Testimony], Testimony]) -> None:
    """Each broken promise is called by its name, and by its key."""
    found = violations(plant(clean()))
    assert (kind, asked.key if asked else "") in {(violation.kind, violation.key) for violation in found}


def test_every_kind_is_planted() -> None:
    """There is no kind of violation that the checker was never shown to find."""
    assert {kind for _, kind, _, _ in PLANTED} == set(Kind)


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
