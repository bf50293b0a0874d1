"""Attempts whose commit was in doubt, and of which nothing was sent: what becomes of them once that is certain."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from gateway.adjustments import Draft, Record, Resolution, Settlement, State, Status, Verdict
from gateway.journal import Journal
from gateway.journal.commands import Claim, Retry, Withdraw
from gateway.limits import Budget

RETRYABLE = State(Status.FAILED, retryable=True)
OWNER = "owner/in doubt"
DAY = Budget("client", "storefront", "credit", "*", Decimal(100))


class Doubtful:
    """An attempt whose caller was told that the journal cannot say whether it was begun, and that has expired."""

    def __init__(self, journal: Journal, runner: asyncio.Runner, clock: Any, draft: Draft) -> None:
        self.journal, self.runner, self.id = journal, runner, draft.id
        runner.run(journal._write(Claim(draft, OWNER, (DAY,))))
        clock.advance(draft.lease)
        assert runner.run(journal.expire()) == 1

    def withdraw(self, owner: str = OWNER) -> Record:
        self.runner.run(self.journal._write(Withdraw(self.id, owner)))
        return self.now

    def settle(self, verdict: Verdict) -> None:
        self.runner.run(self.journal.conclude(Settlement(self.now, verdict, {"found": True}, by="search")))

    @property
    def now(self) -> Record:
        record = self.runner.run(self.journal.get(None, self.id))
        assert record is not None
        return record


@pytest.fixture
def doubtful(journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner) -> Doubtful:
    return Doubtful(journal, runner, clock, draft(account="there"))


def test_it_may_be_tried_again(doubtful: Doubtful, journal: Journal, runner: asyncio.Runner) -> None:
    """Nothing was sent, and its caller was told to repeat the key: the next attempt may begin, and its points are free.

    A withdrawal that runs again changes nothing.
    """
    assert doubtful.withdraw().state == RETRYABLE
    assert doubtful.withdraw().state == RETRYABLE
    history = runner.run(journal.history(doubtful.id))
    assert [step.after.value for step in history] == ["in_progress", "unknown", "failed"]
    assert (history[-1].by, history[-1].evidence["sent"]) == ("gateway", False)
    assert not runner.run(journal.used([DAY])).by_budget.get(DAY)
    begun = runner.run(journal.retry(doubtful.now, 30.0, account="there", budgets=(DAY,)))
    assert isinstance(begun, Record)
    assert begun.state == State(attempt=2)


def test_only_its_owner_withdraws_it(doubtful: Doubtful) -> None:
    """What another operation says is about another attempt."""
    assert doubtful.withdraw("owner/another").state == State(Status.UNKNOWN)


def test_the_search_begins_anew(doubtful: Doubtful, journal: Journal, clock: Any, runner: asyncio.Runner) -> None:
    """Where the next attempt becomes unknown, it is looked for from the beginning, and at once."""
    [record] = runner.run(journal.due(["there"], 10, 60.0))
    runner.run(journal.postpone(record, 3600.0, asked=True, cursor="page 9"))
    begun = runner.run(journal.retry(doubtful.withdraw(), 30.0, account="there"))
    assert isinstance(begun, Record)
    clock.advance(30)
    runner.run(journal.expire())
    [record] = runner.run(journal.due(["there"], 10, 60.0))
    assert (record.looks, record.search_cursor) == (0, None)


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.APPLIED, Status.SUCCEEDED),
        (Verdict.NOT_APPLIED, Status.FAILED),
        (Verdict.REFUSED, Status.FAILED),
        (Verdict.ACCEPTED, Status.ACCEPTED),
    ],
)
def test_what_the_vendor_s_records_settled_stays(doubtful: Doubtful, verdict: Verdict, status: Status) -> None:
    """Callers may have heard it: a final word never changes."""
    doubtful.settle(verdict)
    assert doubtful.withdraw().state == State(status)


@pytest.mark.parametrize("applied", [True, False])
def test_what_a_person_settled_stays(
    doubtful: Doubtful, journal: Journal, runner: asyncio.Runner, applied: bool
) -> None:
    """A person's decision is final."""
    decision = Resolution(applied, "seen in their portal", "ops:jane", doubtful.now.created_at)
    assert runner.run(journal.decide(doubtful.now, decision, {})).refused is None
    assert doubtful.withdraw().state == State(Status.SUCCEEDED if applied else Status.FAILED)


@pytest.mark.parametrize("sent", [True, False])
def test_what_was_repeated_stays_unknown(
    journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner, sent: bool
) -> None:
    """A repeat, by the request of an earlier attempt, may have arrived; one that sent nothing counts too."""
    first, _ = runner.run(journal.claim(draft(account="there")))
    runner.run(journal.mark_effect(first, "d" * 64))
    failed = runner.run(journal.conclude(Settlement(first, Verdict.NOT_APPLIED, {"sent": True}))).record
    runner.run(journal._write(Retry(failed, 30.0, "there", OWNER)))
    clock.advance(30)
    runner.run(journal.expire())
    unknown = runner.run(journal.get(None, first.draft.id))
    assert unknown is not None
    begun, owner = runner.run(journal.begin_repeat(unknown, lease=30.0, window=3600.0))
    assert begun.refused is None
    ended = Settlement(begun.record, Verdict.UNKNOWN, {"repeat": 1, "sent": sent}, by="repeat")
    runner.run(journal.end_repeat(ended, pause=4.0, alarmed=False, owner=owner))
    runner.run(journal._write(Withdraw(first.draft.id, OWNER)))
    stays = runner.run(journal.get(None, first.draft.id))
    assert stays is not None
    assert replace(stays.state, repeats=0) == State(Status.UNKNOWN, attempt=2)


def test_a_second_attempt_that_was_in_doubt(
    journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """The first certainly changed nothing, and of the second nothing was sent: the third may follow."""
    first, _ = runner.run(journal.claim(draft()))
    failed = runner.run(journal.conclude(Settlement(first, Verdict.NOT_APPLIED, {"sent": True}))).record
    runner.run(journal._write(Retry(failed, 30.0, "there", OWNER)))
    clock.advance(30)
    runner.run(journal.expire())
    runner.run(journal._write(Withdraw(first.draft.id, OWNER)))
    stays = runner.run(journal.get(None, first.draft.id))
    assert stays is not None
    assert stays.state == replace(RETRYABLE, attempt=2)
