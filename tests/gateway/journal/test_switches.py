"""What is paused in the journal: no attempt or repeat begins there, and what began before can be seen."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from gateway.adjustments import Draft, Record, Settlement, State, Status, Verdict
from gateway.journal import Claimed, Journal, Paused, Refused, switches
from gateway.journal.commands import Switch
from gateway.journal.database import Database
from gateway.limits import Budget
from gateway.pauses import Pause
from tests.deadlines import DEADLINE

BY = "command line, uid 7"
EVERYTHING = Pause("all", reason="the data centre moves")
WHERE = [EVERYTHING, Pause("vendor", "crm"), Pause("tenant", "acme"), Pause("client", "storefront")]
ELSEWHERE = [Pause("vendor", "club"), Pause("tenant", "storefront"), Pause("client", "acme")]


class Operator:
    """Somebody at the command line."""

    def __init__(self, journal: Journal, runner: asyncio.Runner) -> None:
        self._journal, self._runner = journal, runner

    def pause(self, pause: Pause) -> bool:
        return self._runner.run(self._journal.switch(BY, pause, on=True))

    def resume(self, pause: Pause) -> bool:
        return self._runner.run(self._journal.switch(BY, pause, on=False))

    def under_way(self, pause: Pause) -> list[tuple[str, bool]]:
        return [(each.adjustment, each.repeat) for each in self._runner.run(self._journal.under_way(pause))]


@pytest.fixture
def operator(opener: Callable[..., Journal], runner: asyncio.Runner) -> Operator:
    """One with a journal of their own, as a process apart from the gateway's."""
    return Operator(opener(), runner)


def retryable(journal: Journal, draft: Draft, runner: asyncio.Runner) -> Record:
    """An adjustment whose first attempt certainly changed nothing."""
    record, _ = runner.run(journal.claim(draft))
    return runner.run(journal.conclude(Settlement(record, Verdict.NOT_APPLIED, {"sent": False}))).record


@pytest.mark.parametrize("pause", WHERE, ids=str)
def test_no_key_is_claimed_within_a_pause(
    pause: Pause, journal: Journal, operator: Operator, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """A new key is refused, with the pause, by every process; it is free, and is claimed when the pause is over."""
    known, _ = runner.run(journal.claim(draft(key="known")))
    assert operator.pause(pause) is False
    new = draft()
    assert runner.run(journal.claim(new)) == Refused(pause)
    assert runner.run(journal.find(new.client, new.tenant, new.key)) is None
    assert runner.run(journal.claim(draft(key="known"))) == Claimed(known, ours=False)
    assert operator.resume(pause) is True
    claimed = runner.run(journal.claim(new))
    assert isinstance(claimed, Claimed)
    assert claimed.ours


def test_what_is_not_within_a_pause_goes_on(
    journal: Journal, operator: Operator, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Names belong to their kinds: a tenant that has the name of a client is not paused with it."""
    for pause in ELSEWHERE:
        operator.pause(pause)
    claimed = runner.run(journal.claim(draft()))
    assert isinstance(claimed, Claimed)
    assert claimed.ours


@pytest.mark.parametrize("pause", WHERE, ids=str)
def test_no_further_attempt_begins_within_a_pause(
    pause: Pause, journal: Journal, operator: Operator, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """What may be tried again is not, takes no points from a budget, and may be tried when the pause is over."""
    failed = retryable(journal, draft(), runner)
    budget = Budget("client", "storefront", "credit", "*", Decimal(100))
    operator.pause(pause)
    assert runner.run(journal.retry(failed, 30.0, account="there", budgets=(budget,))) == Refused(pause)
    assert runner.run(journal.get(None, failed.draft.id)) == failed
    assert not runner.run(journal.used([budget])).by_budget.get(budget)
    operator.resume(pause)
    begun = runner.run(journal.retry(failed, 30.0, account="there", budgets=(budget,)))
    assert isinstance(begun, Record)
    assert begun.state == State(attempt=2)


@pytest.mark.parametrize("pause", WHERE, ids=str)
def test_no_repeat_begins_within_a_pause(
    pause: Pause, journal: Journal, operator: Operator, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """An unknown is not repeated, and where its time is over meanwhile, that is what its repeat is refused for."""
    unknown = marked_unknown(journal, draft(), runner)
    operator.pause(pause)
    refused, _ = runner.run(journal.begin_repeat(unknown, lease=30.0, window=3600.0))
    assert (refused.refused, refused.record.state) == ("paused", unknown.state)
    clock.advance(3600)
    refused, _ = runner.run(journal.begin_repeat(unknown, lease=30.0, window=3600.0))
    assert refused.refused == "time"
    operator.resume(pause)
    begun, _ = runner.run(journal.begin_repeat(unknown, lease=30.0, window=7200.0))
    assert begun.refused is None


def test_a_repeat_by_another_name_of_the_account(
    journal: Journal, operator: Operator, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """A pause of the vendor by whose name a repeat is sent counts, and so does one of the vendor of the first."""
    unknown = marked_unknown(journal, draft(), runner)
    operator.pause(Pause("vendor", "club"))
    refused, _ = runner.run(journal.begin_repeat(unknown, lease=30.0, window=3600.0, vendor="club"))
    assert refused.refused == "paused"
    operator.pause(Pause("vendor", "crm"))
    operator.resume(Pause("vendor", "club"))
    refused, _ = runner.run(journal.begin_repeat(unknown, lease=30.0, window=3600.0, vendor="club"))
    assert refused.refused == "paused"


def test_a_pause_of_the_configuration(journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
    """What the configuration pauses is refused in the same place: after a key that is known was found."""
    pause = Pause("vendor", "crm", "moving")
    known = retryable(journal, draft(key="known"), runner)
    unknown = marked_unknown(journal, draft(), runner)
    assert runner.run(journal.claim(draft(), paused=pause)) == Refused(pause)
    assert runner.run(journal.claim(draft(key="known"), paused=pause)) == Claimed(known, ours=False)
    assert runner.run(journal.retry(known, 30.0, account="there", paused=pause)) == Refused(pause)
    refused, _ = runner.run(journal.begin_repeat(unknown, lease=30.0, window=3600.0, paused=pause))
    assert refused.refused == "paused"


def test_outcomes_are_kept_within_a_pause(
    journal: Journal, operator: Operator, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """What was under way is settled, expires or is decided as ever."""
    record, _ = runner.run(journal.claim(draft()))
    operator.pause(EVERYTHING)
    assert runner.run(journal.conclude(Settlement(record, Verdict.APPLIED, {}))).record.state.status is Status.SUCCEEDED


def test_the_client_s_own_pause_is_told_first(
    journal: Journal, operator: Operator, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Of several pauses it is that of the client: it does not help to wait for the end of the others."""
    for pause in reversed(WHERE):
        operator.pause(pause)
    for pause in (WHERE[3], WHERE[0], WHERE[2], WHERE[1]):
        assert runner.run(journal.claim(draft())) == Refused(pause)
        operator.resume(pause)


def test_pauses_are_listed_and_noted(journal: Journal, operator: Operator, clock: Any, runner: asyncio.Runner) -> None:
    """A pause is kept with who, when and why; a new one of the same name replaces it; the audit log has each step."""
    first = clock.now
    operator.pause(Pause("vendor", "crm"))
    clock.advance(5)
    operator.pause(EVERYTHING)
    clock.advance(5)
    again = Pause("vendor", "crm", "their maintenance", retry_after=900)
    assert operator.pause(again) is True
    listed = runner.run(journal.paused())
    assert [each.pause for each in listed] == [EVERYTHING, again]
    assert listed[1] == Paused(again, BY, clock.now)
    assert operator.resume(EVERYTHING) is True
    assert operator.resume(EVERYTHING) is False
    assert [each.pause for each in runner.run(journal.paused())] == [again]
    entries = runner.run(journal.audit(limit=10))
    assert [(each.action, each.by) for each in entries] == [("resume", BY), *[("pause", BY)] * 3]
    assert entries[0].detail == {"of": "all", "name": ""}
    assert entries[1].detail == {"of": "vendor", "name": "crm", "reason": "their maintenance", "retry_after": 900}
    assert entries[3].at == first


def test_a_switch_that_is_done_again_is_noted_once(journal: Journal, runner: asyncio.Runner) -> None:
    """An operation that runs again after a lost session recognises what it did."""
    for on in (True, False):
        switch = Switch(f"owner/{on}", BY, EVERYTHING, on)
        for _ in range(2):
            runner.run(journal._write(switch))
    assert [each.action for each in runner.run(journal.audit(limit=10))] == ["resume", "pause"]
    assert runner.run(journal.paused()) == ()


def test_what_is_under_way_is_told(
    journal: Journal, operator: Operator, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """Attempts and repeats within the pause whose leases run are told, the next to end first; nothing else is."""
    attempt, _ = runner.run(journal.claim(draft(lease=60.0)))
    runner.run(journal.claim(draft(vendor="club", tenant="outlet", client="till")))
    retryable(journal, draft(), runner)
    unknown = marked_unknown(journal, draft(), runner)
    repeat, _ = runner.run(journal.begin_repeat(unknown, lease=30.0, window=3600.0))
    assert repeat.refused is None
    for pause in WHERE[1:]:
        assert operator.under_way(pause) == [(unknown.draft.id, True), (attempt.draft.id, False)]
    assert len(operator.under_way(EVERYTHING)) == 3
    clock.advance(30)
    assert operator.under_way(WHERE[1]) == [(attempt.draft.id, False)]
    clock.advance(30)
    assert operator.under_way(EVERYTHING) == []


def test_once_it_is_paused_nothing_begins_in_any_process(
    neighbours: Callable[..., list[Any]], operator: Operator
) -> None:
    """While several gateways claim as fast as they can, what a pause lets begin is there when the command returns."""
    working = neighbours("one", "two")
    for neighbour in working:
        neighbour.ask("claim_until_refused", callers=20)
    while not operator.under_way(EVERYTHING):
        pass
    operator.pause(EVERYTHING)
    begun = len(operator.under_way(EVERYTHING))
    done = [neighbour.answer() for neighbour in working]
    assert [why for _, why in done] == [["all"], ["all"]]
    assert sum(claimed for claimed, _ in done) == begun
    assert begun > 0


def test_every_batch_can_afford_to_look(journal: Journal, url: str, clock: Any) -> None:
    """What is paused is read by an index, with the plans that a writer may make: else each batch takes milliseconds."""
    if url.startswith("sqlite"):
        pytest.skip("only PostgreSQL compiles plans")
    with Database.parse(url, patience=DEADLINE, clock=clock).writer().connect() as connection:
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {switches._FIND.text}").scalars())
    assert "Index" in plan
    assert "Seq Scan" not in plan


def marked_unknown(journal: Journal, new: Draft, runner: asyncio.Runner) -> Record:
    """An adjustment whose request may be repeated."""
    record, _ = runner.run(journal.claim(replace(new, account="there")))
    assert runner.run(journal.mark_effect(record, "d" * 64)).refused is None
    return runner.run(journal.conclude(Settlement(record, Verdict.UNKNOWN, {"sent": True}))).record
