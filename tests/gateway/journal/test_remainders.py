"""What reversals leave of an adjustment: decided under the lock of the original, at claims and at further attempts."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from gateway.adjustments import AT_VENDOR, Draft, Record, Resolution, Settlement, State, Status, Verdict
from gateway.journal import Claimed, Journal, Refused, Unreversible
from gateway.model import Adjustment, Applied, Member
from gateway.reversible import Reversible
from gateway.write import Reversal, Write

MEMBER = Member("contact_id", "1")


class Scene:
    """A journal with an original of ten points, and short words for what is done to its reversals."""

    def __init__(self, journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
        self.journal, self.draft, self.runner = journal, draft, runner
        self.original = self.settle(self.claimed(self.claim(draft(Adjustment(MEMBER, Decimal(10))))), Verdict.APPLIED)

    def reversal(self, points: str, *, all_left: bool = False, linked: bool = False, **fields: Any) -> Draft:
        """A draft that takes points of the original back."""
        asked = Reversal(self.original.draft.id, None if all_left else Decimal(points), linked)
        adjustment = Adjustment(MEMBER, -Decimal(points))
        write = Write(
            adjustment, "reverse", asked.original, None, asked, linked=linked, transaction="7" if linked else None
        )
        return self.draft(write=write, **fields)

    def claim(self, draft: Draft) -> Claimed | Refused:
        return self.runner.run(self.journal.claim(draft))

    def reverse(self, points: str, **fields: Any) -> Record:
        """A reversal that was claimed."""
        return self.claimed(self.claim(self.reversal(points, **fields)))

    def refused(self, points: str, **fields: Any) -> tuple[str, Decimal]:
        """Why a reversal cannot be claimed, and how much is left."""
        return why(self.claim(self.reversal(points, **fields)))

    def settle(self, record: Record, verdict: Verdict, **more: Any) -> Record:
        evidence = {"sent": True, **more.pop("evidence", {})}
        return self.runner.run(self.journal.conclude(Settlement(record, verdict, evidence, **more))).record

    def retry(self, record: Record) -> Record | Refused | None:
        return self.runner.run(self.journal.retry(record, 30.0, account="a"))

    def left(self) -> Decimal:
        record = self.runner.run(self.journal.get(None, self.original.draft.id))
        shares = self.runner.run(self.journal.reversals("acme", self.original.draft.id))
        assert record is not None
        return Reversible.of(record, shares).left

    @staticmethod
    def claimed(outcome: Claimed | Refused) -> Record:
        assert isinstance(outcome, Claimed)
        assert outcome.ours
        return outcome.record


def why(outcome: object) -> tuple[str, Decimal]:
    """Why an attempt may not begin, and how much is left."""
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.reason, Unreversible)
    return outcome.reason.why, outcome.reason.left


@pytest.fixture
def scene(journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner) -> Scene:
    return Scene(journal, draft, runner)


def test_a_reversal_is_kept_whole(scene: Scene) -> None:
    """What its caller asked for, how it is carried out, and the vendor's id of the original."""
    draft = scene.reversal("10", all_left=True, linked=True, defaults={"point_type": "base"}, vendor_point_type="B")
    record = scene.claimed(scene.claim(draft))
    found = scene.runner.run(scene.journal.find("storefront", "acme", draft.key))
    assert found is not None
    assert record.draft == found.draft == draft
    assert found.draft.effective("point_type") == "base"


@pytest.mark.parametrize("verdict", [None, Verdict.APPLIED, Verdict.UNKNOWN])
def test_a_share_is_held_from_the_claim_on(scene: Scene, verdict: Verdict | None) -> None:
    record = scene.reverse("7")
    if verdict is not None:
        scene.settle(record, verdict)
    assert scene.refused("4") == ("too_much", Decimal(3))
    assert scene.refused("10", linked=True) == ("not_alone", Decimal(3))
    scene.reverse("3")
    assert scene.refused("1") == ("nothing_left", Decimal(0))


@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.NOT_APPLIED])
def test_proof_that_nothing_was_taken_back_frees_the_share(scene: Scene, verdict: Verdict) -> None:
    """In the same batch as the next claim too."""
    record = scene.reverse("7")

    async def both() -> list[Any]:
        return await asyncio.gather(
            scene.journal.conclude(Settlement(record, verdict, {"sent": True})),
            scene.journal.claim(scene.reversal("10", linked=True)),
        )

    _, outcome = scene.runner.run(both())
    scene.claimed(outcome)
    assert scene.left() == 0


def test_the_next_attempt_has_to_find_its_share_again(scene: Scene) -> None:
    """Once another reversal has it, it stays refused; where that one fails as well, it may go on."""
    first = scene.settle(scene.reverse("7"), Verdict.NOT_APPLIED)
    second = scene.reverse("4")
    assert why(scene.retry(first)) == ("too_much", Decimal(6))
    assert scene.runner.run(scene.journal.get(None, first.draft.id)).state == State(Status.FAILED, True)  # type: ignore[union-attr]
    scene.settle(second, Verdict.REFUSED)
    begun = scene.retry(first)
    assert isinstance(begun, Record)
    assert begun.state == State(Status.IN_PROGRESS, attempt=2)
    assert scene.left() == 3


def test_a_cancel_is_alone_at_every_attempt(scene: Scene) -> None:
    cancel = scene.settle(scene.reverse("10", linked=True), Verdict.NOT_APPLIED)
    scene.reverse("1")
    assert why(scene.retry(cancel)) == ("not_alone", Decimal(9))


def test_all_that_is_left_is_what_it_was(scene: Scene) -> None:
    """Who asked for all that is left is planned anew where that has changed; its next attempt keeps its points."""
    scene.reverse("1")
    assert scene.refused("10", all_left=True) == ("changed", Decimal(9))
    record = scene.settle(scene.reverse("9", all_left=True), Verdict.NOT_APPLIED)
    assert isinstance(scene.retry(record), Record)


def test_no_more_than_the_vendor_booked(scene: Scene) -> None:
    capped = scene.claimed(scene.claim(scene.draft(Adjustment(MEMBER, Decimal(10)))))
    scene.original = scene.settle(capped, Verdict.APPLIED, applied=Applied("8", booked=Decimal(6)))
    assert scene.refused("7") == ("too_much", Decimal(6))
    assert scene.left() == 6


def test_what_was_cancelled_at_the_vendor_is_closed(scene: Scene) -> None:
    """By the evidence of the reversal that saw it; the mark is the original's, and is there in the same batch."""
    record = scene.reverse("10", linked=True)

    async def both() -> list[Any]:
        seen = Settlement(record, Verdict.REFUSED, {"sent": False, AT_VENDOR: True})
        return await asyncio.gather(scene.journal.conclude(seen), scene.journal.claim(scene.reversal("1")))

    _, outcome = scene.runner.run(both())
    assert why(outcome)[0] == "at_vendor"
    assert scene.runner.run(scene.journal.get(None, scene.original.draft.id)).reversed_at_vendor  # type: ignore[union-attr]
    assert scene.refused("1")[0] == "at_vendor"


def test_a_cancel_that_is_seen_late_closes_the_original_too(scene: Scene, clock: Any) -> None:
    """A person settled the reversal before; what the vendor showed of the original is true all the same."""
    late = scene.settle(scene.reverse("10", linked=True), Verdict.UNKNOWN)
    clock.advance(31)
    scene.runner.run(scene.journal.decide(late, Resolution(False, "r", "ops", clock.now), {}))
    scene.settle(late, Verdict.REFUSED, evidence={"sent": False, AT_VENDOR: True})
    assert scene.refused("10")[0] == "at_vendor"


def test_what_the_vendor_refused_after_all_is_not_taken_back(scene: Scene, clock: Any) -> None:
    """A person said that the original was applied, and its own attempt says later that it was not."""
    unknown = scene.settle(scene.claimed(scene.claim(scene.draft(Adjustment(MEMBER, Decimal(10))))), Verdict.UNKNOWN)
    clock.advance(31)
    scene.original = unknown
    scene.runner.run(scene.journal.decide(unknown, Resolution(True, "r", "ops", clock.now), {}))
    failed = scene.settle(scene.reverse("1"), Verdict.NOT_APPLIED)
    scene.settle(unknown, Verdict.REFUSED)
    assert scene.refused("1")[0] == "contradicted"
    assert why(scene.retry(failed))[0] == "contradicted"


def test_a_late_success_holds_its_share_again(scene: Scene, clock: Any) -> None:
    """A person said that nothing was taken back, and another reversal succeeded: from then on both count."""
    late = scene.settle(scene.reverse("7"), Verdict.UNKNOWN)
    clock.advance(31)
    decided = scene.runner.run(scene.journal.decide(late, Resolution(False, "r", "ops", clock.now), {}))
    assert decided.refused is None
    scene.settle(scene.reverse("7"), Verdict.APPLIED)
    assert scene.left() == 3
    concluded = scene.runner.run(scene.journal.conclude(Settlement(late, Verdict.APPLIED, {"sent": True})))
    assert concluded.conflict
    assert scene.left() == 0
    assert scene.refused("1") == ("nothing_left", Decimal(0))


def test_only_what_has_succeeded_is_reversed(scene: Scene) -> None:
    reversal = scene.settle(scene.reverse("1"), Verdict.APPLIED)
    unknown = scene.settle(scene.claimed(scene.claim(scene.draft(Adjustment(MEMBER, Decimal(10))))), Verdict.UNKNOWN)
    for original, reason in ((reversal, "reversal"), (unknown, "status")):
        scene.original = original
        assert scene.refused("1")[0] == reason


def test_of_fifty_at_once_just_what_there_is(opener: Any, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
    """Of any number, through two journals, whole shares are claimed until too little is left; none waits for ever."""
    scene = Scene(opener(), draft, runner)
    journals = scene.journal, opener()

    async def all_of() -> list[Claimed | Refused]:
        drafts = [scene.reversal("3", key=f"at-once-{number}") for number in range(50)]
        claims = (journals[number % 2].claim(each) for number, each in enumerate(drafts))
        return await asyncio.gather(*claims)

    outcomes = runner.run(all_of())
    assert sum(isinstance(each, Claimed) for each in outcomes) == 3
    assert {why(each) for each in outcomes if isinstance(each, Refused)} == {("too_much", Decimal(1))}


def test_two_that_failed_do_not_both_come_back(
    opener: Any, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Their next attempts begin at once, in two processes; one finds its share."""
    scene = Scene(opener(), draft, runner)
    journals = scene.journal, opener()
    failed = [scene.settle(scene.reverse("7"), Verdict.NOT_APPLIED) for _ in range(2)]

    async def both() -> list[Any]:
        return await asyncio.gather(
            *(each.retry(record, 30.0, account="a") for each, record in zip(journals, failed, strict=True))
        )

    outcomes = runner.run(both())
    assert sorted(type(each).__name__ for each in outcomes) == ["Record", "Refused"]
    assert scene.left() == 3
