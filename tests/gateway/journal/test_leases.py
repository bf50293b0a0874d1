"""Leases by the journal's clock: what is over, what a person may decide, what is due to be looked for."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import create_engine

from gateway.adjustments import Draft, Record, Resolution, Settlement, State, Status, Verdict
from gateway.journal import Journal, sweeps
from tests.gateway.journal.asked_statements import asked_of


def change(url: str, statement: str) -> None:
    """Change the journal from outside."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


REASON = {"reason": "the lease ran out"}


def claimed(journal: Journal, runner: asyncio.Runner, draft: Draft) -> Record:
    record, ours = runner.run(journal.claim(draft))
    assert ours
    return record


def unknown(journal: Journal, runner: asyncio.Runner, draft: Draft) -> Record:
    concluded = runner.run(journal.conclude(Settlement(claimed(journal, runner, draft), Verdict.UNKNOWN, {})))
    assert not concluded.late
    return concluded.record


def test_a_server_goes_by_its_own_clock(
    postgresql: Any, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """On PostgreSQL a gateway whose own clock is wrong by years writes the server's time."""
    journal = Journal.open(postgresql.database(), owner="a", clock=clock, render=lambda record: None)
    clock.set(clock.now.replace(year=1999))
    before = runner.run(journal.counts()).at
    record = claimed(journal, runner, draft())
    assert clock.now < before <= record.created_at <= runner.run(journal.counts()).at
    runner.run(journal.close())


def test_what_is_over_is_presented_as_unknown(
    journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """A record in progress is given as it is until its lease is over, and as unknown from then on; kept once."""
    record = claimed(journal, runner, draft())
    assert runner.run(journal.present(record)) == record
    clock.advance(30)

    async def present_often() -> list[Record]:
        return await asyncio.gather(*(journal.present(record) for _ in range(5)))

    expired = record._replace(state=State(Status.UNKNOWN))
    assert runner.run(present_often()) == [expired] * 5
    assert [step.evidence for step in runner.run(journal.history(record.draft.id))] == [{}, REASON]
    assert runner.run(journal.expire()) == 0


def test_what_another_has_settled_is_presented_so(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """A record that was in progress when it was read is given as it was settled since; others as they are."""
    record = claimed(journal, runner, draft())
    settled = runner.run(journal.conclude(Settlement(record, Verdict.APPLIED, {}))).record
    assert runner.run(journal.present(record)) == settled
    assert runner.run(journal.present(settled)) is settled


def test_nothing_is_decided_during_a_lease(
    journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """A person's decision is refused while an attempt may be under way, and taken from the end of its lease on."""
    record = unknown(journal, runner, draft())
    decision = Resolution(True, "seen", "ops", record.created_at)
    clock.advance(29.999999)
    refused = runner.run(journal.decide(record, decision, {}))
    assert (refused.refused, refused.record) == ("lease", record)
    clock.advance(0.000001)
    decided = runner.run(journal.decide(record, decision, {}))
    assert (decided.refused, decided.record.state) == (None, State(Status.SUCCEEDED))


def test_a_decision_is_refused_where_something_else_stands(
    journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """The second of two persons hears what stands; the first one, should it ask again, that it is done."""
    record = unknown(journal, runner, draft(lease=0.0))
    decision = Resolution(True, "seen", "ops", record.created_at)
    first = runner.run(journal.decide(record, decision, {}))
    other = runner.run(journal.decide(record, replace(decision, by="another"), {}))
    assert (other.refused, other.record) == ("changed", first.record)
    assert runner.run(journal.decide(record, decision, {})) == first
    assert len(runner.run(journal.history(record.draft.id))) == 3


def test_the_unknown_are_due_by_account_and_age(
    journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """What is unknown past its lease is due, oldest first, of the accounts that are asked for, so many of each."""
    old, young, leased = (
        unknown(journal, runner, draft(account="a", lease=lease, id=f"adj_{name}"))
        for name, lease in (("z", 0.0), ("y", 0.0), ("x", 30.0))
    )
    other = unknown(journal, runner, draft(account="b", lease=0.0))
    unknown(journal, runner, draft(account="c", lease=0.0))
    claimed(journal, runner, draft(account="a", lease=0.0))
    assert runner.run(journal.due([], 10, 60.0)) == []
    assert runner.run(journal.due(["a", "b"], 1, 60.0)) == [old, other]
    assert runner.run(journal.due(["a", "b"], 1, 60.0)) == [young]
    clock.advance(30)
    assert runner.run(journal.due(["a", "b"], 10, 60.0)) == [leased]


def test_each_account_has_its_share(
    journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """However much one account has, and however long it has been due, the others get theirs at once."""
    many = [unknown(journal, runner, draft(account="many", lease=0.0)) for _ in range(20)]
    clock.advance(60)
    few = [unknown(journal, runner, draft(account=f"few-{number}", lease=0.0)) for number in range(5)]
    accounts = [record.draft.account for record in [*many, *few]]
    found = runner.run(journal.due(accounts, 3, 60.0))
    assert {record.draft.account: [] for record in found} == {account: [] for account in accounts}
    assert [record for record in found if record.draft.account == "many"] == many[:3]
    assert len(found) == 3 + len(few)


def test_what_is_not_due_costs_nothing(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner, url: str
) -> None:
    """What is due is read from an index by account and moment, so that it is cheap however much is unknown."""
    unknown(journal, runner, draft(account="a", lease=0.0))
    with asked_of(url) as asked:
        runner.run(journal.due(["a", "b"], 1, 60.0))
        runner.run(journal.repeats_due(["a", "b"], 1, 60.0))
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    unknown_due, accepted_due, repeats_due = (
        (statement, parameters)
        for _, statement, parameters in asked
        if "FROM json_each" in statement or "FROM unnest" in statement
    )
    found = {"due": unknown_due, "accepted": accepted_due, "repeat": repeats_due}
    with engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN"
        if url.startswith("postgresql"):
            explain = "EXPLAIN"
            for way in ("seqscan", "hashjoin", "mergejoin"):
                connection.exec_driver_sql(f"SET enable_{way} = off")  # as the gateway's own session
        plans = {
            index: str(connection.exec_driver_sql(f"{explain} {statement}", parameters).all())
            for index, (statement, parameters) in found.items()
        }
    engine.dispose()
    for index, plan in plans.items():
        assert f"ix_adjustments_{index}" in plan
        assert "SCAN adjustments" not in plan
        assert "Seq Scan" not in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan


def test_a_row_that_cannot_be_read_stops_no_other(
    journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner, url: str
) -> None:
    """What is not as this gateway writes it is left out, and is not in the way of what became due after it."""
    broken, whole = (unknown(journal, runner, draft(lease=0.0)) for _ in range(2))
    change(url, f"UPDATE adjustments SET draft = '{{}}' WHERE id = '{broken.draft.id}'")
    assert runner.run(journal.due([""], 1, 60.0)) == []
    assert runner.run(journal.due([""], 1, 60.0)) == [whole]


def test_what_was_not_asked_is_not_counted(
    journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """What could not be asked for is due again after the time that was said, as if nobody had looked."""
    unknown(journal, runner, draft(lease=0.0))
    for _ in range(3):
        (record,) = runner.run(journal.due([""], 5, 60.0))
        assert record.looks == 0
        runner.run(journal.postpone(record, 7.0, asked=False))
        clock.advance(6.9)
        assert runner.run(journal.due([""], 5, 60.0)) == []
        clock.advance(0.1)


def test_many_leases_end_in_several_turns(
    journal: Journal, draft: Callable[..., Draft], monkeypatch: pytest.MonkeyPatch, runner: asyncio.Runner
) -> None:
    """One transaction ends a bounded number of leases, so that it never takes so long as to be cut."""
    monkeypatch.setattr(sweeps, "MOST", 2)
    for _ in range(5):
        claimed(journal, runner, draft(lease=0.0))
    assert [runner.run(journal.expire()) for _ in range(4)] == [2, 2, 1, 0]


def test_what_one_looks_for_no_other_does(opener: Any, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
    """Of several that ask at once each record goes to one."""
    journals = [opener(), opener()]
    records = [unknown(journals[0], runner, draft(lease=0.0)) for _ in range(20)]

    async def ask_all() -> list[list[Record]]:
        return await asyncio.gather(*(journals[turn % 2].due([""], 5, 60.0) for turn in range(8)))

    found = [record.draft.id for part in runner.run(ask_all()) for record in part]
    assert sorted(found) == sorted(record.draft.id for record in records)


def test_a_hold_ends(journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner) -> None:
    """Where whoever held a record did nothing with it, it is due again when the hold is over."""
    record = unknown(journal, runner, draft(lease=0.0))
    for _ in range(2):
        assert runner.run(journal.due([""], 5, 60.0)) == [record]
        clock.advance(59.999999)
        assert runner.run(journal.due([""], 5, 60.0)) == []
        clock.advance(0.000001)


def test_what_was_looked_for_in_vain_is_postponed(
    journal: Journal, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """It is due again after the time that was asked for, and each look is counted once."""
    unknown(journal, runner, draft(lease=0.0))
    for looks in range(3):
        (record,) = runner.run(journal.due([""], 5, 60.0))
        assert record.looks == looks
        for _ in range(2):
            runner.run(journal.postpone(record, 600.0))
        clock.advance(599)
        assert runner.run(journal.due([""], 5, 60.0)) == []
        clock.advance(1)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.APPLIED, State(Status.SUCCEEDED)),
        (Verdict.REFUSED, State(Status.FAILED)),
        (Verdict.NOT_APPLIED, State(Status.FAILED)),
    ],
)
def test_a_search_settles_the_unknown(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner, verdict: Verdict, state: State
) -> None:
    """What a search proves is final, is said to be from a search, and is due no more."""
    unknown(journal, runner, draft(lease=0.0))
    (record,) = runner.run(journal.due([""], 5, 0.0))
    runner.run(journal.postpone(record, 0.0))
    settled = runner.run(journal.conclude(Settlement(record, verdict, {"found": 1}, by="search")))
    assert (settled.record.state, settled.record.looks, settled.late) == (state, 1, False)
    assert runner.run(journal.get(None, record.draft.id)) == settled.record
    assert runner.run(journal.history(record.draft.id))[-1].by == "search"
    assert runner.run(journal.due([""], 5, 60.0)) == []


def test_an_account_goes_with_the_attempt(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """The next attempt has the account that it goes to, be it that of the last one or another."""
    record = claimed(journal, runner, draft(account="a"))
    for account in ("a", "b"):
        failed = runner.run(journal.conclude(Settlement(record, Verdict.NOT_APPLIED, {})))
        begun = runner.run(journal.retry(failed.record, 9.0, account=account))
        assert begun is not None
        record = begun
        assert record.draft.account == account
        assert runner.run(journal.get(None, record.draft.id)) == record
