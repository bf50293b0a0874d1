"""Budgets of a day: taken with the claim, given back by proof alone, and never more than there is."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text

from gateway.adjustments import Draft, Record, Resolution, Settlement, Verdict
from gateway.journal import Claimed, Filters, Journal, LimitChange, Refused
from gateway.limits import Budget
from gateway.model import Adjustment, Member
from tests.deadlines import until

TEN = Budget("client", "storefront", "credit", "base", Decimal(10))
TWELVE = Budget("tenant", "acme", "credit", "*", Decimal(12))
DAY = timedelta(days=1)


def of(points: str) -> Adjustment:
    return Adjustment(Member("contact_id", "1"), Decimal(points))


def claimed(outcome: Claimed | Refused) -> Record:
    """The record that was just claimed."""
    assert isinstance(outcome, Claimed)
    assert outcome.ours
    return outcome.record


class Scene:
    """A journal with one budget or two, and short words for what is done to it."""

    def __init__(self, journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner) -> None:
        self.journal, self.draft, self.clock, self.runner = journal, draft, clock, runner

    def claim(self, points: str, *budgets: Budget, **fields: Any) -> Claimed | Refused:
        return self.runner.run(self.journal.claim(self.draft(of(points), **fields), budgets or (TEN,)))

    def settle(self, record: Record, verdict: Verdict, **evidence: Any) -> Record:
        return self.runner.run(self.journal.conclude(Settlement(record, verdict, {"sent": True, **evidence}))).record

    def retry(self, record: Record, *budgets: Budget) -> Record | Refused | None:
        return self.runner.run(self.journal.retry(record, 30.0, account="a", budgets=budgets or (TEN,)))

    def used(self, *budgets: Budget) -> list[Decimal]:
        usage = self.runner.run(self.journal.used(budgets or (TEN,)))
        assert usage.day == self.clock.now.date()
        return [usage.by_budget[each] for each in budgets or (TEN,)]


@pytest.fixture
def scene(journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner) -> Scene:
    return Scene(journal, draft, clock, runner)


def test_what_fits_is_taken_and_no_more(scene: Scene) -> None:
    """Points are taken to the last digit; what does not fit is refused with the reason, and takes nothing."""
    claimed(scene.claim("9.999999"))
    refused = scene.claim("0.000002", key="free")
    assert isinstance(refused, Refused)
    why = refused.reason
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    assert (why.budget, why.used, why.until) == (TEN, Decimal("9.999999"), midnight)
    assert why.seconds == (midnight - scene.clock.now).total_seconds()
    claimed(scene.claim("0.000001", key="free"))
    assert scene.used() == [Decimal(10)]


def test_a_refusal_leaves_no_trace(scene: Scene) -> None:
    """Nothing of it is in the journal, and another budget of the same claim is as it was."""
    assert isinstance(scene.claim("11", TWELVE, TEN, key="k"), Refused)
    assert scene.runner.run(scene.journal.find("storefront", "acme", "k")) is None
    assert scene.used(TEN, TWELVE) == [0, 0]


def test_a_repeat_passes_an_exhausted_budget(scene: Scene) -> None:
    """Whose key is known hears of its adjustment, in the same batch as a refusal too."""
    record = claimed(scene.claim("10", key="k"))

    async def both() -> list[Any]:
        return await asyncio.gather(
            scene.journal.claim(scene.draft(of("10"), key="k"), (TEN,)),
            scene.journal.claim(scene.draft(of("1")), (TEN,)),
        )

    repeat, other = scene.runner.run(both())
    assert repeat == (record, False)
    assert isinstance(other, Refused)
    assert scene.used() == [10]


def test_of_one_batch_just_what_fits_is_claimed(scene: Scene) -> None:
    """Of many that come at once, the first ones fit; one that is smaller may still fit after one that does not."""

    async def all_of(points: list[str]) -> list[Any]:
        drafts = [scene.draft(of(each)) for each in points]
        return await asyncio.gather(*(scene.journal.claim(each, (TEN, TWELVE)) for each in drafts))

    outcomes = scene.runner.run(all_of(["4", "4", "4", "1", "1", "1"]))
    assert [isinstance(each, Claimed) for each in outcomes] == [True, True, False, True, True, False]
    assert scene.used(TEN, TWELVE) == [10, 10]


@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.NOT_APPLIED])
def test_proof_that_nothing_was_applied_gives_back(scene: Scene, verdict: Verdict) -> None:
    """What failed is given back to the day that it was taken from, and once only."""
    record = claimed(scene.claim("6"))
    scene.clock.advance(86_400)
    claimed(scene.claim("1"))
    for _ in range(2):
        scene.settle(record, verdict)
    assert scene.used() == [1]
    scene.clock.advance(-86_400)
    assert scene.used() == [0]


@pytest.mark.parametrize("verdict", [Verdict.APPLIED, Verdict.UNKNOWN])
def test_without_such_proof_nothing_is_given_back(scene: Scene, verdict: Verdict) -> None:
    """What was applied, and what may have been, keeps its points; so does what nobody concluded."""
    scene.settle(claimed(scene.claim("6")), verdict)
    claimed(scene.claim("3"))
    scene.clock.advance(60)
    assert scene.runner.run(scene.journal.expire()) == 1
    assert scene.used() == [9]


@pytest.mark.parametrize(("applied", "left"), [(True, 6), (False, 0)])
def test_a_persons_word_gives_back(scene: Scene, applied: bool, left: int) -> None:
    """An unknown that is settled as not applied gives back to its own day; one that was applied does not."""
    record = scene.settle(claimed(scene.claim("6")), Verdict.UNKNOWN)
    scene.clock.advance(86_400)
    resolution = Resolution(applied, "seen", "ops", scene.clock.now)
    assert scene.runner.run(scene.journal.decide(record, resolution, {})).refused is None
    assert scene.used() == [0]
    scene.clock.advance(-86_400)
    assert scene.used() == [left]


def test_the_next_attempt_takes_again_from_its_own_day(scene: Scene) -> None:
    """A retry needs room on the day that it begins; without it the failure stays as it is, to be tried again."""
    failed = scene.settle(claimed(scene.claim("6")), Verdict.NOT_APPLIED)
    other = claimed(scene.claim("5"))
    assert isinstance(scene.retry(failed), Refused)
    assert scene.runner.run(scene.journal.get(None, failed.draft.id)) == failed
    scene.settle(other, Verdict.REFUSED)
    repeated = scene.retry(failed)
    assert isinstance(repeated, Record)
    failed = scene.settle(repeated, Verdict.NOT_APPLIED)
    scene.clock.advance(86_400)
    assert isinstance(scene.retry(failed), Record)
    assert scene.used() == [6]
    scene.clock.advance(-86_400)
    assert scene.used() == [0]


def test_a_late_success_counts_again_and_once(scene: Scene) -> None:
    """What was given back, and proves to have been applied, is counted on its day, however often it is said."""
    first = claimed(scene.claim("6"))
    failed = scene.settle(first, Verdict.NOT_APPLIED)
    scene.clock.advance(86_400)
    second = scene.retry(failed)
    assert isinstance(second, Record)
    for number in range(3):
        scene.settle(first, Verdict.APPLIED, number=number)
    scene.settle(second, Verdict.NOT_APPLIED)
    assert scene.used() == [0]
    scene.clock.advance(-86_400)
    assert scene.used() == [6]


def test_a_late_success_that_agrees_counts_no_more(scene: Scene) -> None:
    """A success that was known counts once, and what was unknown is not counted twice by its success."""
    record = claimed(scene.claim("6"))
    for number, verdict in enumerate((Verdict.UNKNOWN, Verdict.APPLIED, Verdict.APPLIED)):
        scene.settle(record, verdict, number=number)
    assert scene.used() == [6]


def test_what_was_taken_under_other_limits_is_given_back_to_them(scene: Scene) -> None:
    """Limits that change, or are gone, change nothing about what an attempt has taken."""
    record = claimed(scene.claim("6", TEN, TWELVE))
    failed = scene.settle(record, Verdict.NOT_APPLIED)
    assert scene.used(TEN, TWELVE) == [0, 0]
    repeated = scene.runner.run(scene.journal.retry(failed, 30.0, account="a"))
    assert isinstance(repeated, Record)
    assert scene.used(TEN, TWELVE) == [0, 0]
    larger = replace(TEN, points=Decimal(20))
    once_more = scene.retry(scene.settle(repeated, Verdict.NOT_APPLIED), larger)
    assert isinstance(once_more, Record)
    assert scene.used(TEN, larger, TWELVE) == [6, 6, 0]


def test_what_an_older_gateway_left_is_given_back_by_the_next_attempt(scene: Scene, url: str) -> None:
    """A gateway that knows no budgets fails an attempt and gives nothing back: the next attempt sees to it."""
    failed = scene.settle(claimed(scene.claim("6")), Verdict.NOT_APPLIED)
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE adjustments SET reserved = replace(reserved, 'false', 'true')"))
        connection.execute(text("UPDATE budgets SET used = '6'"))
    engine.dispose()
    claimed(scene.claim("4"))
    assert isinstance(scene.retry(failed, replace(TEN, points=Decimal(9))), Refused)
    assert scene.used() == [4]
    assert isinstance(scene.retry(failed), Record)
    assert scene.used() == [10]


def test_without_budgets_nothing_is_asked(scene: Scene, url: str) -> None:
    """Where no limit is set, no counter is made."""
    scene.settle(claimed(scene.runner.run(scene.journal.claim(scene.draft(of("6"))))), Verdict.NOT_APPLIED)
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM budgets")) == 0
        assert connection.scalar(text("SELECT count(reserved) FROM adjustments")) == 0
    engine.dispose()


def test_gateways_together_take_no_more_than_there_is(scene: Scene, neighbours: Any, url: str) -> None:
    """Three gateways that claim, fail and succeed at once leave just what is applied taken, and never more than N.

    Their claims meet in different orders of keys and budgets, and none waits for another for ever.
    """
    gateways = neighbours("one", "two", "three")
    for gateway in gateways:
        gateway.ask("spend", callers=8, rounds=6, limit="40")
    counts = Counter[str]()
    for gateway in gateways:
        answer = gateway.answer()
        assert "error" not in answer, answer
        counts.update(answer)
    assert counts["applied"] + counts["failed"] + counts["refused"] == 3 * 8 * 6
    assert counts["applied"] > 0 < counts["refused"]
    budgets = [Budget("client", "storefront", "credit", each, Decimal(40)) for each in ("a", "b")]
    used = scene.used(*budgets, Budget("tenant", "acme", "credit", "*", Decimal(60)))
    assert used == [counts["a"], counts["b"], counts["a"] + counts["b"]]
    assert max(used[:2]) <= 40
    assert used[2] <= 60
    assert [gateway.end() for gateway in gateways] == [0] * 3
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            counted = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            assert connection.execute(counted).fetchone() == (0,)


def test_a_limit_that_is_another_one_is_noticed(scene: Scene, opener: Any) -> None:
    """Limits are compared with those that the journal saw last, whoever had them; only what differs is told."""
    other = opener()
    run, note = scene.runner.run, scene.journal.note_limits
    assert run(note({})) == ()
    assert run(note({"client a": "1", "tenant b": "2"})) == (
        LimitChange("client a", "", "1"),
        LimitChange("tenant b", "", "2"),
    )
    assert run(other.note_limits({"client a": "1", "tenant b": "3"})) == (LimitChange("tenant b", "2", "3"),)
    assert run(note({"tenant b": "3"})) == (LimitChange("client a", "1", ""),)
    assert run(note({"tenant b": "3"})) == ()


def test_a_killed_gateway_leaves_just_what_may_be_applied(scene: Scene, neighbours: Any, url: str) -> None:
    """Wherever it was, points are taken for what it may have sent, for nothing else; proof gives all that back."""
    (victim,) = neighbours("victim")
    victim.ask("spend", callers=8, rounds=500, limit="100000")
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))

    def rows(among: str) -> int:
        with engine.connect() as connection:
            return int(connection.scalar(text(f"SELECT count(*) FROM adjustments WHERE {among}")) or 0)

    until(lambda: rows("status = 'failed'") > 20)
    victim.process.kill()
    victim.process.wait()
    every = Budget("tenant", "acme", "credit", "*", Decimal(1))
    assert scene.used(every) == [5 * rows("status <> 'failed'")]
    scene.clock.advance(60)
    scene.runner.run(scene.journal.expire())
    for record in scene.runner.run(scene.journal.unknown(None, Filters(), limit=1000)).records:
        resolution = Resolution(False, "seen", "ops", scene.clock.now)
        scene.runner.run(scene.journal.decide(record, resolution, {}))
    assert scene.used(every) == [5 * rows("status = 'succeeded'")]
    engine.dispose()
