"""The checker knows what reversals may take back, whose points a looked-up member has, and what a 401 allows."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from gateway.adjustments import State, Status
from gateway.model import Adjustment, Member
from gateway.write import Write
from tests.attack.acts import Act
from tests.attack.checker import Kind, violations
from tests.attack.ledger import Entry
from tests.attack.planting import answer, at, entry, heard, identifier, kept, ledgered, step, success
from tests.attack.testimony import Asked, Heard, Kept, Reverses, Testimony

ORIGINAL = Asked("key-1", "contact_id:1", Decimal(5))
PART = replace(ORIGINAL, key="key-1-part", points=Decimal(-3), reverses=Reverses(ORIGINAL, "adj_key-1"))
TOO_MUCH = replace(PART, key="key-1-too-much", points=Decimal(-4))
GIVEN_UP = replace(PART, key="key-1-given-up", points=Decimal(-2))
CANCELLED = Asked("key-2", "contact_id:2", Decimal(7))
CANCEL = Asked("key-2-cancel", "contact_id:2", Decimal(-7), reverses=Reverses(CANCELLED, "adj_key-2", rest=True))
LOOKED_UP = Asked("key-3", "email:3@merged.example", Decimal(5))
RENEWED = Asked("key-4", "profile_id:4", Decimal(5))
OWN = Member("contact_id", "3")


def succeeded(asked: Asked, write: Write | None = None, *, vendor: str = "crm") -> tuple[Heard, Kept]:
    done = success(asked, 10)
    history = step(0.2, Status.IN_PROGRESS, Status.SUCCEEDED)
    return done, kept(asked, State(Status.SUCCEEDED), history, answer=answer(done), write=write, vendor=vendor)


def of(asked: Asked, *, linked: bool = False, resolved: Member | None = None) -> Write:
    adjustment = Adjustment(Member(*asked.member.split(":")), asked.points)
    if asked.reverses is None:
        return Write(adjustment, resolved=resolved)
    transaction = "12" if linked else None
    return Write(adjustment, "reverse", asked.reverses.adjustment, linked=linked, transaction=transaction)


def arrived(asked: Asked, member: str, source: str | None, act: Act, *, applied: bool) -> tuple[Entry, ...]:
    received = Entry("received", at(0.1), member, asked.points, source, act.value)
    return (received, replace(received, kind="applied")) if applied else (received,)


def refused(asked: Asked, begun: float) -> Heard:
    return heard(asked, 409, begun, code="not_reversible", retryable=False, new_key_allowed=False)


def given_up() -> tuple[Heard, Kept]:
    """When its next attempt was to begin, others had its share; whatever became of that, it has failed for good."""
    said = {"code": "not_reversible", "retryable": False, "new_key_allowed": True, "adjustment": identifier(GIVEN_UP)}
    answered = heard(GIVEN_UP, 409, 10, **said)
    first = step(0.2, Status.IN_PROGRESS, Status.FAILED, sent=False)
    last = step(0.3, Status.FAILED, Status.FAILED, sent=False)
    row = kept(GIVEN_UP, State(Status.FAILED), first, last, answer=answer(answered), write=of(GIVEN_UP))
    return answered, row


def clean() -> Testimony:
    """A part was taken back, more refused, one given up, one cancelled, one looked up, one sent again."""
    said = [
        succeeded(ORIGINAL),
        succeeded(PART, of(PART)),
        given_up(),
        succeeded(CANCELLED),
        succeeded(CANCEL, of(CANCEL, linked=True)),
        succeeded(LOOKED_UP, of(LOOKED_UP, resolved=OWN)),
        succeeded(RENEWED, vendor="club"),
    ]
    own = [entry(kind, asked, 0.1) for kind in ("received", "applied") for asked in (ORIGINAL, PART, CANCELLED)]
    looked_up_in_vain = (
        heard(LOOKED_UP, 502, 1, code="vendor_bad_response", retryable=False),
        heard(LOOKED_UP, 500, 3, code="internal_error", retryable=True),
    )
    return Testimony(
        asked=(ORIGINAL, PART, TOO_MUCH, GIVEN_UP, CANCELLED, CANCEL, LOOKED_UP, RENEWED),
        heard=(*looked_up_in_vain, *(done for done, _ in said), refused(TOO_MUCH, 20)),
        kept=tuple(row for _, row in said),
        ledger=(
            *own,
            *arrived(CANCEL, "contact_id:2", "cancels 12", Act.APPLY, applied=True),
            *arrived(LOOKED_UP, "contact_id:3", "adj_key-3", Act.APPLY, applied=True),
            *arrived(RENEWED, "profile_id:4", None, Act.NO_TOKEN, applied=False),
            *arrived(RENEWED, "profile_id:4", None, Act.APPLY, applied=True),
        ),
        over=at(60),
    )


def acting(act: Act) -> Callable[[Testimony], Testimony]:
    """The first request that found its token to be no good met with something else."""

    def changed(run: Testimony) -> Testimony:
        no_good = Act.NO_TOKEN.value
        entries = (replace(each, act=act.value) if each.act == no_good else each for each in run.ledger)
        return replace(run, ledger=tuple(entries))

    return changed


def replaced(member: str, by: str) -> Callable[[Testimony], Testimony]:
    """What was had by one member was had by another one."""
    return lambda run: replace(
        run, ledger=tuple(replace(each, member=by) if each.member == member else each for each in run.ledger)
    )


def without_effect(source: str) -> Callable[[Testimony], Testimony]:
    """What the vendor was asked for by this source had no effect."""
    return lambda run: replace(
        run, ledger=tuple(each for each in run.ledger if (each.kind, each.source) != ("applied", source))
    )


def failed(asked: Asked) -> Callable[[Testimony], Testimony]:
    """It failed, retryably, and had no effect."""
    row = kept(
        asked, State(Status.FAILED, True), step(0.2, Status.IN_PROGRESS, Status.FAILED, sent=True), write=of(asked)
    )
    return lambda run: replace(
        run,
        heard=tuple(each for each in run.heard if each.key != asked.key),
        kept=tuple(row if each.record.draft.key == asked.key else each for each in run.kept),
        ledger=tuple(each for each in run.ledger if (each.kind, each.points) != ("applied", asked.points)),
    )


PLANTED: list[tuple[str, Kind, Asked, Callable[[Testimony], Testimony]]] = [
    ("a part twice", Kind.MORE_TAKEN_BACK, ORIGINAL, ledgered(entry("applied", PART, 1))),
    (
        "a cancel twice",
        Kind.MORE_TAKEN_BACK,
        CANCELLED,
        ledgered(*arrived(CANCEL, "contact_id:2", "cancels 12", Act.APPLY, applied=True)),
    ),
    ("a cancel twice, for its key", Kind.TWO_EFFECTS, CANCEL, ledgered(*clean().ledger[6:8])),
    ("a share that is held by what failed", Kind.SHARE_NOT_FREED, TOO_MUCH, failed(PART)),
    ("a reversal that had no effect", Kind.SUCCEEDED_WITHOUT_EFFECT, CANCEL, without_effect("cancels 12")),
    ("another id of a member", Kind.OTHER_EFFECT, LOOKED_UP, replaced("contact_id:3", "contact_id:1000003")),
    ("a second request without a refusal", Kind.SENT_AGAIN, RENEWED, acting(Act.APPLY_THEN_401)),
    ("a third request", Kind.SENT_AGAIN, RENEWED, ledgered(clean().ledger[-3])),
]


def test_a_run_that_kept_the_promise() -> None:
    """There is nothing to say of a clean run."""
    assert violations(clean()) == []


@pytest.mark.parametrize(("kind", "asked", "plant"), [case[1:] for case in PLANTED], ids=[case[0] for case in PLANTED])
def test_what_is_planted_is_named(kind: Kind, asked: Asked, plant: Callable[[Testimony], Testimony]) -> None:
    """Each broken promise is called by its name, and by its key."""
    assert (kind, asked.key) in {(violation.kind, violation.key) for violation in violations(plant(clean()))}


def test_a_purged_cancel_has_its_effect() -> None:
    """Its row says no more what it cancelled. The answer about its original does, whoever else asked for as much."""
    run, other = clean(), replace(CANCEL, key="key-2-other")
    done = heard(CANCELLED, 201, 15, status="succeeded", id=identifier(CANCELLED), vendor={"transaction_id": "12"})
    cases, _, _ = replace(
        run, asked=(*run.asked, other), heard=(*run.heard, done), kept=tuple(map(_purged, run.kept))
    ).cases()
    assert {case.asked.key: len(case.applied) for case in cases if case.asked in (CANCEL, other)} == {
        CANCEL.key: 1,
        other.key: 0,
    }


def _purged(row: Kept) -> Kept:
    """What a purge leaves of a cancel; any other row as it is."""
    draft = row.record.draft
    if not draft.write.linked:
        return row
    left = replace(draft, write=replace(draft.write, transaction=None))
    return replace(row, record=row.record._replace(draft=left, removal="purged"))
