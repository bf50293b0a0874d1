"""What follows a claim: settling, the next attempt, a person's decision, leases; and the history of it all."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.adjustments import Answer, Draft, Record, Resolution, Settlement, State, Status, Transition, Verdict
from gateway.journal import Conclusion, Decision, Journal
from gateway.model import Applied, Balance, NextExpiry

APPLIED = Applied(
    transaction_id="tx-\u2028",
    balance=Balance(
        Decimal("105.10"),
        total=Decimal("110.20"),
        pending=Decimal("5.10"),
        held=Decimal(0),
        next_expiry=NextExpiry(Decimal("7.5"), datetime(2026, 4, 1, tzinfo=UTC)),
        updated_at=datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC),
        details={"tier": "gold"},
    ),
    details={"sum": Decimal("7.0"), "count": 7, "big": 10**25, "odd": "\ud800", "dynamic": {"": None}},
)
EVIDENCE = {"sent": True, "status": 200, "elapsed": Decimal("0.125")}
EXCHANGE = ({"request": {"method": "POST", "body": "é"}}, {"response": {"status": 200, "body": "\0"}})
PROBLEM = {"code": "vendor_rejected", "status": 422, "vendor": {"code": None, "message": "no ☹"}}


class Life:
    """One adjustment in one journal, and the steps of its life in short."""

    def __init__(self, journal: Journal, runner: asyncio.Runner, record: Record) -> None:
        self.journal, self.runner, self.record = journal, runner, record

    def conclude(self, verdict: Verdict, **fields: Any) -> Conclusion:
        return self.runner.run(self.journal.conclude(Settlement(self.record, verdict, EVIDENCE, **fields)))

    def settle(self, verdict: Verdict, **fields: Any) -> Record:
        concluded = self.conclude(verdict, **fields)
        assert not concluded.late
        return concluded.record

    def decide(self, record: Record, *, applied: bool) -> Decision:
        decision = Resolution(applied, "seen in their portal", "ops:jane", self.record.created_at)
        return self.runner.run(self.journal.decide(record, decision, {"ticket": "T-1"}))

    @property
    def now(self) -> Record:
        record = self.runner.run(self.journal.get(None, self.record.draft.id))
        assert record is not None
        return record

    @property
    def history(self) -> tuple[Transition, ...]:
        return self.runner.run(self.journal.history(self.record.draft.id))


@pytest.fixture
def life(journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner) -> Life:
    return Life(journal, runner, runner.run(journal.claim(draft()))[0])


def test_a_success_is_kept_whole(life: Life, clock: Any) -> None:
    """What the vendor said, the time, and the answer byte for byte come back as they were settled."""
    clock.advance(1.5)
    settled = life.settle(Verdict.APPLIED, applied=APPLIED, exchange=EXCHANGE)
    assert (settled.state, settled.completed_at) == (State(Status.SUCCEEDED), clock.now)
    assert settled.answer is not None
    assert settled.answer.body.endswith(bytes(range(256)))
    assert f"succeeded {clock.now}".encode() in settled.answer.body
    assert life.now == settled
    assert life.now.applied == APPLIED
    assert repr(life.now.applied) == repr(APPLIED)


def test_a_final_refusal_is_kept(life: Life, clock: Any) -> None:
    """A refusal is failed, complete, and has its problem and its answer."""
    settled = life.settle(Verdict.REFUSED, problem=PROBLEM)
    assert settled == life.now
    assert (life.now.state, life.now.problem, life.now.completed_at) == (State(Status.FAILED), PROBLEM, clock.now)
    assert isinstance(life.now.answer, Answer)


def test_an_unknown_outcome_is_not_complete(life: Life) -> None:
    """An unknown outcome has neither a time of completion nor an answer to repeat."""
    settled = life.settle(Verdict.UNKNOWN, problem=PROBLEM)
    assert settled == life.now
    assert (life.now.state, life.now.completed_at, life.now.answer) == (State(Status.UNKNOWN), None, None)


def test_the_history_tells_every_step(life: Life, clock: Any) -> None:
    """Each transition keeps its time, states, attempt, evidence and exchange, oldest first."""
    start = clock.now
    clock.advance(1)
    life.settle(Verdict.UNKNOWN, exchange=EXCHANGE)
    clock.advance(1)
    life.settle(Verdict.APPLIED, applied=APPLIED)
    first, second, third = life.history
    assert first == Transition(start, None, Status.IN_PROGRESS, 1, "gateway", {})
    assert (second.before, second.after, second.attempt) == (Status.IN_PROGRESS, Status.UNKNOWN, 1)
    assert (second.evidence, second.exchange) == (EVIDENCE, EXCHANGE)
    assert (third.before, third.after, third.at) == (Status.UNKNOWN, Status.SUCCEEDED, clock.now)


def test_a_retryable_failure_has_a_next_attempt(life: Life, clock: Any) -> None:
    """The next attempt forgets problem and answer, has a lease of its own, and its transition."""
    failed = life.settle(Verdict.NOT_APPLIED, problem=PROBLEM)
    assert (failed.state, failed.completed_at) == (State(Status.FAILED, retryable=True), clock.now)
    clock.advance(60)
    begun = life.runner.run(life.journal.retry(failed, 9.0, account=""))
    assert begun == life.now
    assert begun is not None
    assert begun.state == State(Status.IN_PROGRESS, attempt=2)
    assert (begun.problem, begun.answer, begun.applied, begun.completed_at) == (None, None, None, None)
    assert begun.created_at == failed.created_at
    assert (begun.lease_until - clock.now).total_seconds() == 9.0
    assert (life.history[-1].before, life.history[-1].after, life.history[-1].attempt) == ("failed", "in_progress", 2)


def test_one_of_many_retries_at_once_wins(life: Life) -> None:
    """Of 20 that want the next attempt at the same time one gets it."""
    failed = life.settle(Verdict.NOT_APPLIED)

    async def retry_all() -> list[Record | None]:
        return await asyncio.gather(*(life.journal.retry(failed, 9.0, account="") for _ in range(20)))

    assert [record.state.attempt for record in life.runner.run(retry_all()) if record] == [2]
    assert len(life.history) == 3


@pytest.mark.parametrize("verdict", [Verdict.APPLIED, Verdict.REFUSED, Verdict.UNKNOWN])
def test_only_a_retryable_failure_is_retried(life: Life, verdict: Verdict) -> None:
    """What succeeded, failed for good or is unknown has no next attempt."""
    settled = life.settle(verdict)
    assert life.runner.run(life.journal.retry(settled, 9.0, account="")) is None
    assert life.now == settled


@pytest.mark.parametrize(
    ("first", "late", "conflict"),
    [
        (Verdict.REFUSED, Verdict.APPLIED, True),
        (Verdict.NOT_APPLIED, Verdict.APPLIED, True),
        (Verdict.APPLIED, Verdict.REFUSED, True),
        (Verdict.APPLIED, Verdict.APPLIED, False),
        (Verdict.APPLIED, Verdict.UNKNOWN, False),
        (Verdict.REFUSED, Verdict.NOT_APPLIED, False),
    ],
)
def test_a_late_word_is_kept_and_changes_nothing(life: Life, first: Verdict, late: Verdict, conflict: bool) -> None:
    """A word after the end stays in the history, marked where it contradicts the journal."""
    settled = life.settle(first)
    stands = settled._replace(conflict=conflict)
    assert life.conclude(late, exchange=EXCHANGE) == Conclusion(stands, late=True, conflict=conflict)
    assert life.now == stands
    stored = life.history[-1]
    assert (stored.before, stored.after) == (life.now.state.status, life.now.state.status)
    assert stored.evidence == {**EVIDENCE, "late": late.value, "conflict": conflict}
    assert stored.exchange == EXCHANGE


@pytest.mark.parametrize("verdict", Verdict)
def test_a_settlement_that_is_kept_is_not_kept_twice(life: Life, verdict: Verdict) -> None:
    """The same settlement once more gives what stands, and is no late word."""
    settlement = Settlement(life.record, verdict, EVIDENCE, EXCHANGE)
    first, repeated = (life.runner.run(life.journal.conclude(settlement)) for _ in range(2))
    assert first == repeated == Conclusion(life.now)
    assert len(life.history) == 2


def test_a_late_word_that_is_kept_is_not_kept_twice(life: Life) -> None:
    """The same late word once more says what it said before, and stands once in the history."""
    life.settle(Verdict.REFUSED)
    late = Settlement(life.record, Verdict.APPLIED, EVIDENCE, EXCHANGE)
    first, repeated = (life.runner.run(life.journal.conclude(late)) for _ in range(2))
    assert first == repeated == Conclusion(life.now, late=True, conflict=True)
    assert len(life.history) == 3


def test_a_late_success_of_an_earlier_attempt_is_a_conflict(life: Life) -> None:
    """What attempt 1 applied after all, once attempt 2 is sent, is kept as a conflict of attempt 1."""
    failed = life.settle(Verdict.NOT_APPLIED)
    life.runner.run(life.journal.retry(failed, 9.0, account=""))
    assert life.conclude(Verdict.APPLIED) == Conclusion(life.now, late=True, conflict=True)
    assert life.now.state == State(Status.IN_PROGRESS, attempt=2)
    assert (life.history[-1].attempt, life.history[-1].evidence["conflict"]) == (1, True)


def test_a_conflict_stays_with_the_adjustment(life: Life) -> None:
    """Whatever becomes of it afterwards, a contradicted adjustment allows no new key."""
    failed = life.settle(Verdict.NOT_APPLIED)
    begun = life.runner.run(life.journal.retry(failed, 9.0, account=""))
    assert begun is not None
    assert life.conclude(Verdict.APPLIED).record.conflict
    settled = life.runner.run(life.journal.conclude(Settlement(begun, Verdict.REFUSED, {"n": 2}))).record
    assert (settled.state, settled.conflict, settled.new_key_allowed) == (State(Status.FAILED, attempt=2), True, False)
    assert life.now == settled


def test_who_comes_with_a_conflict_hears_of_it(life: Life) -> None:
    """Late outcomes in one batch: those after the one that contradicts already see the conflict."""
    life.settle(Verdict.REFUSED)
    verdicts = (Verdict.NOT_APPLIED, Verdict.APPLIED, Verdict.UNKNOWN)

    async def settle_all() -> list[Conclusion]:
        late = (Settlement(life.record, verdict, {"n": n}) for n, verdict in enumerate(verdicts))
        return await asyncio.gather(*map(life.journal.conclude, late))

    concluded = life.runner.run(settle_all())
    assert [each.record.conflict for each in concluded] == [False, True, True]
    assert life.now.conflict


def test_many_settlements_of_one_at_once_settle_it_once(life: Life) -> None:
    """Settlements of one adjustment in one batch come one after the other."""

    async def settle_all() -> list[Conclusion]:
        return await asyncio.gather(
            *(life.journal.conclude(Settlement(life.record, Verdict.APPLIED, {"n": n})) for n in range(10))
        )

    concluded = life.runner.run(settle_all())
    assert [each.late for each in concluded] == [False] + [True] * 9
    assert {each.record.state.status for each in concluded} == {Status.SUCCEEDED}
    assert len(life.history) == 11


@pytest.mark.parametrize(("applied", "status"), [(True, Status.SUCCEEDED), (False, Status.FAILED)])
def test_a_person_resolves_the_unknown(life: Life, clock: Any, applied: bool, status: Status) -> None:
    """A decision is final and complete, and kept with who made it and why."""
    unknown = life.settle(Verdict.UNKNOWN)
    clock.advance(3600)
    assert life.decide(unknown, applied=applied) == Decision(life.now)
    assert (life.now.state, life.now.completed_at) == (State(status), clock.now)
    assert life.now.resolution == Resolution(applied, "seen in their portal", "ops:jane", life.record.created_at)
    assert life.now.answer is not None
    assert (life.history[-1].by, life.history[-1].evidence) == ("ops:jane", {"ticket": "T-1"})


def test_a_resolution_comes_too_late(life: Life) -> None:
    """What is settled already, or is not unknown at all, cannot be decided by a person."""
    assert life.decide(life.record, applied=True) == Decision(life.record, "changed")
    unknown = life.settle(Verdict.UNKNOWN)
    settled = life.settle(Verdict.APPLIED)
    assert life.decide(unknown, applied=False) == Decision(settled, "changed")
    assert life.now == settled


def test_a_lease_that_ran_out_makes_unknown(life: Life, draft: Callable[..., Draft], clock: Any) -> None:
    """Only what is in progress past its lease becomes unknown, by recovery; and once."""
    longer, _ = life.runner.run(life.journal.claim(draft(lease=60.0)))
    clock.advance(30)
    assert life.runner.run(life.journal.expire()) == 1
    assert life.runner.run(life.journal.expire()) == 0
    assert life.now == life.record._replace(state=State(Status.UNKNOWN))
    assert life.runner.run(life.journal.get(None, longer.draft.id)) == longer
    stored = life.history[-1]
    assert (stored.by, stored.after, stored.evidence) == ("recovery", "unknown", {"reason": "the lease ran out"})


def test_a_lease_that_still_runs_keeps_its_attempt(life: Life, clock: Any) -> None:
    """A microsecond before its end a lease still holds."""
    clock.advance(29.999999)
    assert life.runner.run(life.journal.expire()) == 0
    assert life.now == life.record


def test_an_expired_attempt_is_settled_by_late_proof(life: Life, clock: Any) -> None:
    """Proof that comes after the lease settles the unknown, with what the vendor said."""
    clock.advance(31)
    life.runner.run(life.journal.expire())
    settled = life.settle(Verdict.APPLIED, applied=APPLIED)
    assert settled == life.now
    assert life.now.state == State(Status.SUCCEEDED)
