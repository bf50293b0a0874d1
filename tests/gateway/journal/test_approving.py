"""Decisions that take two people: bound to what both have seen, by whichever way they come, never by one alone."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gateway.adjustments import Record, Resolution, Settlement, State, Status, Verdict
from gateway.approvals import Objection, Proposal, ResolutionRule
from gateway.journal import Claimed, Decision, Journal
from gateway.journal.decision_commands import Resolve, WithdrawProposal
from gateway.journal.naming import Names
from gateway.journal.removal_commands import Erase

ALICE, BOB, CLIENT = "operator alice", "operator bob", "client backoffice"
TWO = ResolutionRule(approvals=2, expires=3600.0)
NOBODY_RENAMED = Names({}, {}, {})
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Desk:
    """One journal whose rule is two people, and what they do there in short."""

    journal: Journal
    runner: asyncio.Runner
    draft: Callable[..., Any]
    moments: Any = field(default_factory=lambda: count(1))

    def rule(self, rule: ResolutionRule) -> None:
        assert self.runner.run(self.journal.adopt(NOBODY_RENAMED, rule)) == ()

    def unknown(self) -> Record:
        claimed = self.runner.run(self.journal.claim(self.draft(lease=0.0)))
        assert isinstance(claimed, Claimed)
        record = self.runner.run(self.journal.present(claimed.record))
        assert record.state == State(Status.UNKNOWN)
        return record

    def resolution(self, by: str, *, applied: bool = True, reason: str = "seen in their portal") -> Resolution:
        """A decision at a moment of its own, as each one is."""
        return Resolution(applied, reason, by, MOMENT + timedelta(seconds=next(self.moments)))

    def decide(self, record: Record, by: str | None, *, applied: bool = True, confirms: bool = False) -> Decision:
        resolution = self.resolution(by or "command line, uid 0", applied=applied)
        return self.runner.run(self.journal.decide(record, resolution, {}, subject=by, confirms=confirms))

    def withdraw(self, record: Record, by: str | None) -> Objection | None:
        done = self.runner.run(self.journal.withdraw_proposal(record, by or "nobody", {"request_id": "r"}, subject=by))
        assert done.record.state == self.now(record).state
        return done.refused

    def now(self, record: Record) -> Record:
        found = self.runner.run(self.journal.get(None, record.draft.id))
        assert found is not None
        return found

    def proposal(self, record: Record) -> Proposal | None:
        return self.runner.run(self.journal.proposals([record.draft.id])).get(record.draft.id)


@pytest.fixture
def desk(journal: Journal, runner: asyncio.Runner, draft: Any) -> Desk:
    made = Desk(journal, runner, draft)
    made.rule(TWO)
    return made


def test_a_journal_begins_with_one_person(journal: Journal, runner: asyncio.Runner, draft: Any) -> None:
    """Nobody's way of settling changes unless the configuration says so."""
    desk = Desk(journal, runner, draft)
    assert runner.run(journal.resolution_rule()) == ResolutionRule()
    decided = desk.decide(desk.unknown(), None)
    assert (decided.refused, decided.record.state.status) == (None, Status.SUCCEEDED)


@pytest.mark.parametrize(("first", "second"), [(ALICE, BOB), (CLIENT, ALICE), (ALICE, CLIENT)])
@pytest.mark.parametrize("applied", [True, False])
def test_two_people_settle_it(desk: Desk, first: str, second: str, applied: bool) -> None:
    """The first one proposes, which the history tells, and the second one's decision of the same settles it."""
    record = desk.unknown()
    proposed = desk.decide(record, first, applied=applied)
    assert proposed.refused is None
    assert proposed.proposal is not None
    assert proposed.record.state == record.state
    assert desk.proposal(record) == proposed.proposal
    decided = desk.decide(record, second, applied=applied)
    assert (decided.refused, decided.proposal) == (None, None)
    assert decided.record.state.status is (Status.SUCCEEDED if applied else Status.FAILED)
    resolution = desk.now(record).resolution
    assert resolution is not None
    assert (resolution.by, resolution.proposed_by) == (second, first)
    *_, step, last = desk.runner.run(desk.journal.history(record.draft.id))
    assert (step.by, step.before, step.after) == (first, Status.UNKNOWN, Status.UNKNOWN)
    assert step.evidence["proposes"] == ("applied" if applied else "not_applied")
    assert (last.by, last.evidence["proposed_by"]) == (second, first)
    assert desk.proposal(record) is None


def test_nobody_confirms_his_own(desk: Desk) -> None:
    """The same person proposes again as often as he likes, by whatever key; to confirm is refused."""
    record = desk.unknown()
    for _ in range(3):
        assert desk.decide(record, ALICE).proposal is not None
    assert desk.decide(record, ALICE, confirms=True).refused == "own"
    assert desk.now(record).state.open


def test_who_is_not_known_counts_for_nothing(desk: Desk) -> None:
    """The command line that opens the journal neither proposes nor confirms: the system's user is no subject here."""
    record = desk.unknown()
    assert desk.decide(record, None).refused == "nobody"
    assert desk.proposal(record) is None
    desk.decide(record, ALICE)
    for confirms in (False, True):
        assert desk.decide(record, None, confirms=confirms).refused == "nobody"
    assert desk.now(record).state.open


def test_another_outcome_replaces_the_proposal(desk: Desk) -> None:
    """Two who disagree settle nothing, and the first one's word is gone."""
    record = desk.unknown()
    desk.decide(record, ALICE, applied=True)
    other = desk.decide(record, BOB, applied=False)
    assert other.proposal is not None
    assert desk.decide(record, BOB, applied=True, confirms=True).refused == "none"
    decided = desk.decide(record, ALICE, applied=False)
    assert (decided.refused, decided.record.state.status) == (None, Status.FAILED)


def test_to_confirm_proposes_nothing(desk: Desk) -> None:
    """Who wants to confirm what is not there any more is told so, and has not become the first person."""
    record = desk.unknown()
    assert desk.decide(record, BOB, confirms=True).refused == "none"
    assert desk.proposal(record) is None


def test_who_proposed_withdraws(desk: Desk) -> None:
    """It counts for nothing then: another person's decision is a first one; history and audit log have it."""
    record = desk.unknown()
    desk.decide(record, ALICE, applied=False)
    assert desk.withdraw(record, ALICE) is None
    assert desk.proposal(record) is None
    assert desk.now(record).state == record.state
    *_, step = desk.runner.run(desk.journal.history(record.draft.id))
    assert (step.by, step.before, step.after) == (ALICE, Status.UNKNOWN, Status.UNKNOWN)
    assert step.evidence == {"withdraws": "not_applied", "request_id": "r"}
    (entry,) = [each for each in desk.runner.run(desk.journal.audit(limit=10)) if each.action == "withdraw"]
    assert (entry.by, entry.detail) == (ALICE, {"adjustment": record.draft.id, "outcome": "not_applied"})
    assert desk.decide(record, BOB, applied=False, confirms=True).refused == "none"
    assert desk.decide(record, BOB, applied=False).proposal is not None
    assert desk.now(record).state.open


def test_only_ones_own_proposal_is_withdrawn(desk: Desk) -> None:
    """Not another person's, not by whom the gateway does not know, and not what is settled: the history stays."""
    record = desk.unknown()
    assert desk.withdraw(record, ALICE) == "none"
    desk.decide(record, ALICE)
    before = desk.runner.run(desk.journal.history(record.draft.id))
    assert desk.withdraw(record, BOB) == "another"
    assert desk.withdraw(record, None) == "nobody"
    assert desk.runner.run(desk.journal.history(record.draft.id)) == before
    assert desk.decide(record, BOB, confirms=True).record.state.status is Status.SUCCEEDED
    assert desk.withdraw(record, ALICE) == "none"
    assert desk.now(record).state.status is Status.SUCCEEDED


def test_a_proposal_that_lapsed_is_not_withdrawn(desk: Desk, clock: Any) -> None:
    """There is nothing left of it to take back."""
    record = desk.unknown()
    desk.decide(record, ALICE)
    clock.advance(TWO.expires)
    assert desk.withdraw(record, ALICE) == "none"


def test_a_withdrawal_that_is_done_again_is_done_once(desk: Desk) -> None:
    """An operation that runs again after a lost session recognises its own row, whatever was proposed since."""
    record = desk.unknown()
    desk.decide(record, ALICE)
    again = WithdrawProposal(record, ALICE, {}, ALICE, "owner/again")
    assert desk.runner.run(desk.journal._write(again)).refused is None
    desk.decide(record, ALICE, applied=False)
    assert desk.runner.run(desk.journal._write(again)).refused is None
    assert desk.proposal(record) is not None


def test_a_withdrawal_and_a_confirmation_at_once(desk: Desk) -> None:
    """Whichever comes first decides; never is an adjustment settled by a proposal that was withdrawn."""
    for _ in range(20):
        record = desk.unknown()
        desk.decide(record, ALICE)

        async def both(record: Record = record) -> tuple[Any, Any]:
            confirmed = desk.journal.decide(record, desk.resolution(BOB), {}, subject=BOB, confirms=True)
            return await asyncio.gather(desk.journal.withdraw_proposal(record, ALICE, {}, subject=ALICE), confirmed)

        withdrawn, decided = desk.runner.run(both())
        settled = desk.now(record).state.status is Status.SUCCEEDED
        assert (withdrawn.refused is None) is not settled
        assert decided.refused == (None if settled else "none")


def test_a_proposal_ends_after_its_time(desk: Desk, clock: Any) -> None:
    """By the journal's clock; the second person is then the first."""
    record = desk.unknown()
    desk.decide(record, ALICE)
    clock.advance(TWO.expires)
    assert desk.proposal(record) is None
    assert desk.decide(record, BOB, confirms=True).refused == "none"
    assert desk.decide(record, BOB).proposal is not None
    assert desk.now(record).state.open


def test_a_step_of_its_history_makes_a_proposal_void(desk: Desk) -> None:
    """So does one that changes no state: the second person would confirm what the first has not seen."""
    record = desk.unknown()
    desk.decide(record, ALICE)
    earlier = record._replace(state=replace(record.state, attempt=record.state.attempt + 1))
    desk.runner.run(desk.journal.conclude(Settlement(earlier, Verdict.APPLIED, {"sent": True})))
    assert desk.now(record).state == record.state
    assert desk.proposal(record) is None
    assert desk.decide(record, BOB, confirms=True).refused == "none"


def test_what_the_vendor_accepts_meanwhile_is_decided_anew(desk: Desk) -> None:
    """A proposal about an unknown is none about what is accepted."""
    record = desk.unknown()
    desk.decide(record, ALICE)
    desk.runner.run(desk.journal.conclude(Settlement(record, Verdict.ACCEPTED, {"sent": True}, by="search")))
    accepted = desk.now(record)
    assert accepted.state.status is Status.ACCEPTED
    assert desk.decide(record, BOB).refused == "changed"
    assert desk.decide(accepted, BOB, confirms=True).refused == "none"
    assert desk.proposal(record) is None


def test_a_repeat_makes_a_proposal_void(desk: Desk, clock: Any) -> None:
    """The state has another number of repeats, and the history another step."""
    claimed = desk.runner.run(desk.journal.claim(desk.draft(lease=30.0)))
    assert isinstance(claimed, Claimed)
    desk.runner.run(desk.journal.mark_effect(claimed.record, "digest"))
    clock.advance(31)
    record = desk.runner.run(desk.journal.present(claimed.record))
    assert desk.decide(record, ALICE).proposal is not None
    begun, _ = desk.runner.run(desk.journal.begin_repeat(record, lease=5.0, window=3600.0))
    assert begun.record.state.repeats == 1
    clock.advance(6)
    assert desk.proposal(record) is None
    assert desk.decide(desk.now(record), BOB, confirms=True).refused == "none"


def test_a_proposal_that_is_done_again_is_kept_once(desk: Desk) -> None:
    """An operation that runs again after a lost session recognises its own proposal."""
    record = desk.unknown()
    again = Resolve(record, desk.resolution(ALICE), {}, ALICE)
    first, second = (desk.runner.run(desk.journal._write(again)) for _ in range(2))
    assert first.proposal == second.proposal
    steps = [step for step in desk.runner.run(desk.journal.history(record.draft.id)) if "proposes" in step.evidence]
    assert len(steps) == 1


def test_a_decision_that_is_done_again_is_kept_once(desk: Desk) -> None:
    """The second person's operation recognises what it did, though the first one's name was added to it."""
    record = desk.unknown()
    desk.decide(record, ALICE)
    again = Resolve(record, desk.resolution(BOB), {}, BOB)
    first, second = (desk.runner.run(desk.journal._write(again)) for _ in range(2))
    assert (first.refused, second.refused) == (None, None)
    assert len(desk.runner.run(desk.journal.history(record.draft.id))) == 4


def test_a_change_of_the_rule_is_kept_in_the_audit_log_once(desk: Desk) -> None:
    """It counts for every process on the journal at once, whatever each was started with."""
    desk.rule(TWO)
    entries = [each for each in desk.runner.run(desk.journal.audit(limit=10)) if each.action == "rule"]
    assert [dict(each.detail) for each in entries] == [{"approvals": 2, "expires": 3600, "before": 1}]
    record = desk.unknown()
    desk.decide(record, ALICE)
    desk.rule(ResolutionRule())
    assert desk.decide(record, None).record.state.status is Status.SUCCEEDED


def test_the_rule_is_that_of_the_journal(opener: Any, runner: asyncio.Runner, draft: Any) -> None:
    """A process that was never told of it obeys it."""
    Desk(opener(), runner, draft).rule(TWO)
    other = Desk(opener(), runner, draft)
    record = other.unknown()
    assert other.decide(record, None).refused == "nobody"
    assert other.decide(record, ALICE).proposal is not None


def test_who_erases_a_member_erases_what_was_proposed(desk: Desk, opener: Any) -> None:
    """A reason may name the member; it goes with the rest of what names it."""
    record = desk.unknown()
    resolution = desk.resolution(ALICE, reason="jane has the points")
    desk.runner.run(desk.journal.decide(record, resolution, {}, subject=ALICE))
    desk.runner.run(desk.journal.conclude(Settlement(record, Verdict.APPLIED, {"sent": True}, by="search")))
    draft = record.draft
    desk.runner.run(desk.journal.remove(Erase(draft.tenant, str(draft.adjustment.member), "p" * 16, 10)))

    def kept(connection: Any) -> list[str]:
        return [row[0] for row in connection.exec_driver_sql("SELECT resolution FROM proposals")]

    assert desk.runner.run(desk.journal._lookups.run(kept)) == [""]
    assert "jane" not in repr(desk.runner.run(desk.journal.history(draft.id)))


@pytest.mark.parametrize("subjects", [(ALICE, ALICE), (ALICE, BOB), (ALICE, BOB, CLIENT, None)], ids=str)
def test_at_once_from_two_processes_one_person_never_decides(
    opener: Any, runner: asyncio.Runner, draft: Any, subjects: tuple[str | None, ...]
) -> None:
    """Of any number that decide at the same moment, in two processes, two different people settle it, or nobody."""
    journals = [opener(), opener()]
    desks = [Desk(each, runner, draft) for each in journals]
    desks[0].rule(TWO)
    for _ in range(5):
        record = desks[0].unknown()

        async def all_at_once(record: Record = record) -> list[Decision]:
            asked = [
                journal.decide(record, desks[0].resolution(subject or "uid"), {}, subject=subject)
                for _ in range(4)
                for subject in subjects
                for journal in journals
            ]
            return await asyncio.gather(*asked)

        decisions = runner.run(all_at_once())
        settled = desks[0].now(record)
        assert all(each.refused == "nobody" for each in decisions if each.refused not in (None, "changed"))
        if len({each for each in subjects if each}) == 1:
            assert settled.state.open
            assert all(each.proposal is not None for each in decisions)
            continue
        assert settled.state.status is Status.SUCCEEDED
        assert settled.resolution is not None
        assert settled.resolution.by != settled.resolution.proposed_by
        assert {settled.resolution.by, settled.resolution.proposed_by} <= {each for each in subjects if each}


ACTS = ["decide", "decide", "confirm", "late", "accept", "time", "settle", "rule"]


def test_whatever_happens_two_people_have_seen_the_same(
    journal: Journal, runner: asyncio.Runner, draft: Any, clock: Any
) -> None:
    """In any order of decisions, confirmations, late results, time and rules: what two are needed for, two have done.

    Both decided the same of the same state, with nothing in the history in between, and within the time.
    """
    desk = Desk(journal, runner, draft)

    @settings(max_examples=40, deadline=None, phases=[Phase.generate])
    @given(acts=st.lists(st.sampled_from(ACTS), min_size=4, max_size=12), chance=st.randoms(use_true_random=False))
    def lives(acts: list[str], chance: Random) -> None:
        desk.rule(TWO)
        _live(desk, acts, chance, clock)

    lives()


def _live(desk: Desk, acts: list[str], chance: Random, clock: Any) -> None:
    """The life of one adjustment, held against what was said of it; the rule is two people at first."""
    run, journal, rule = desk.runner.run, desk.journal, TWO
    record = desk.unknown()
    words: list[tuple[str, bool, State, int, datetime]] = []
    for act in acts:
        now = desk.now(record)
        if not now.state.open:
            break
        if act in ("decide", "confirm"):
            who, applied = chance.choice([ALICE, BOB, None]), chance.random() < 0.7
            steps = len(run(journal.history(record.draft.id)))
            decision = desk.decide(now, who, applied=applied, confirms=act == "confirm")
            if decision.proposal is not None:
                assert (act, who is not None) == ("decide", True)
                words.append((str(who), applied, now.state, steps + 1, clock.now))
            elif decision.refused is None and rule.approvals == 2:
                first, same, state, then, at = words[-1]
                assert who not in (None, first)
                assert (same, state, then) == (applied, now.state, steps)
                assert (clock.now - at).total_seconds() < rule.expires
            elif decision.refused is None:
                assert act == "decide"
        elif act == "late":
            other = now._replace(state=replace(now.state, attempt=now.state.attempt + 1))
            evidence = {"sent": True, "number": chance.randrange(10**9)}
            run(journal.conclude(Settlement(other, Verdict.APPLIED, evidence)))
        elif act == "accept" and now.state.status is Status.UNKNOWN:
            run(journal.conclude(Settlement(now, Verdict.ACCEPTED, {}, by="search")))
        elif act == "time":
            clock.advance(chance.choice([1.0, TWO.expires / 2, TWO.expires]))
        elif act == "settle" and chance.random() < 0.2:
            run(journal.conclude(Settlement(now, Verdict.APPLIED, {}, by="search")))
        elif act == "rule":
            rule = chance.choice([TWO, TWO, ResolutionRule()])
            desk.rule(rule)
