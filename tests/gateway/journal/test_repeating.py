"""When the request of an unknown adjustment may be sent once more, and what that proves."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.adjustments import Draft, Record, Resolution, Settlement, State, Status, Verdict
from gateway.errors import StoreUnavailable
from gateway.journal import Conclusion, Decision, Journal, Permission
from gateway.model import Applied
from gateway.uptime import Uptime

DIGEST = "d" * 64
WINDOW = 3600.0
NEGATIVE = [Verdict.REFUSED, Verdict.NOT_APPLIED, Verdict.UNKNOWN]


class Repeated:
    """One adjustment at a vendor that enforces idempotency, and the steps of its life in short."""

    def __init__(self, journal: Journal, runner: asyncio.Runner, record: Record) -> None:
        self.journal, self.runner, self.record = journal, runner, record

    def mark(self, digest: str = DIGEST) -> Permission:
        return self.runner.run(self.journal.mark_effect(self.record, digest))

    def settle(self, verdict: Verdict, *, sent: bool = True, by: str = "gateway") -> Conclusion:
        evidence = {"sent": sent, "who": by}
        return self.runner.run(self.journal.conclude(Settlement(self.record, verdict, evidence, by=by)))

    def begin(self, *, window: float = WINDOW, rest: float = 0.0) -> tuple[Permission, str]:
        return self.runner.run(self.journal.begin_repeat(self.now, lease=30.0, window=window, rest=rest))

    def begun(self) -> tuple[Record, str]:
        begun, owner = self.begin()
        assert begun.refused is None
        return begun.record, owner

    def confirm(self, record: Record, owner: str, digest: str = DIGEST) -> Permission:
        return self.runner.run(self.journal.confirm_repeat(record, digest, window=WINDOW, owner=owner))

    def end(self, record: Record, owner: str, verdict: Verdict, *, pause: float = 4.0, number: int = 1) -> Conclusion:
        settlement = Settlement(record, verdict, {"repeat": number, "sent": True}, by="repeat")
        return self.runner.run(self.journal.end_repeat(settlement, pause=pause, alarmed=False, owner=owner))

    def decide(self, *, applied: bool) -> Decision:
        decision = Resolution(applied, "seen in their portal", "ops:jane", self.record.created_at)
        return self.runner.run(self.journal.decide(self.now, decision, {}))

    def due(self, account: str = "there") -> list[Record]:
        return self.runner.run(self.journal.repeats_due([account], 10, 60.0))

    def see_time(self) -> None:
        self.runner.run(self.journal.see_time())

    def retry(self) -> None:
        record = self.runner.run(self.journal.retry(self.now, 30.0, account="there"))
        assert record is not None
        self.record = record

    @property
    def now(self) -> Record:
        record = self.runner.run(self.journal.get(None, self.record.draft.id))
        assert record is not None
        return record

    @property
    def history(self) -> list[tuple[str, str, dict[str, Any]]]:
        steps = self.runner.run(self.journal.history(self.record.draft.id))
        return [(step.by, step.after.value, dict(step.evidence)) for step in steps]


@pytest.fixture
def life(journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner) -> Repeated:
    """One that was claimed."""
    return Repeated(journal, runner, runner.run(journal.claim(draft(account="there")))[0])


@pytest.fixture
def unknown(life: Repeated) -> Repeated:
    """One whose request was marked and sent, and of which nothing was heard."""
    assert life.mark().refused is None
    life.settle(Verdict.UNKNOWN)
    return life


def test_the_mark_is_kept_with_the_moment_before_the_first_byte(life: Repeated, clock: Any) -> None:
    """The digest and the moment by the journal's clock are there however the attempt ends."""
    clock.advance(2)
    marked = life.mark()
    assert marked.record.mark is not None
    assert (marked.record.mark.digest, marked.record.mark.at) == (DIGEST, clock.now)
    clock.advance(2)
    assert life.settle(Verdict.UNKNOWN).record.mark == marked.record.mark
    assert life.now.mark == marked.record.mark


def test_nothing_leaves_for_an_attempt_whose_lease_is_over(life: Repeated, clock: Any, runner: Any) -> None:
    """An attempt that is unknown by now, or is not owned any more, is not marked."""
    clock.advance(31)
    assert life.mark().refused == "changed"
    runner.run(life.journal.expire())
    assert life.mark().refused == "changed"
    assert life.now.mark is None


def test_the_moment_is_that_of_the_first_attempt_that_may_have_arrived(life: Repeated, clock: Any) -> None:
    """A vendor that refused by 401 or 429 may have noted the key all the same; one that nothing reached has not."""
    life.mark()
    first = clock.now
    life.settle(Verdict.NOT_APPLIED, sent=True)
    clock.advance(100)
    life.retry()
    life.mark("e" * 64)
    assert life.now.mark is not None
    assert (life.now.mark.digest, life.now.mark.at) == ("e" * 64, first)
    life.settle(Verdict.NOT_APPLIED, sent=True)


def test_the_moment_is_forgotten_with_an_attempt_of_which_nothing_left(life: Repeated, clock: Any) -> None:
    """An attempt that never reached the vendor does not use up its memory."""
    life.mark()
    life.settle(Verdict.NOT_APPLIED, sent=False)
    assert life.now.mark is None
    clock.advance(100)
    life.retry()
    life.mark()
    assert life.now.mark is not None
    assert (life.now.mark.at, life.now.mark.attempt) == (clock.now, 2)


def test_an_attempt_that_did_not_leave_forgets_no_earlier_one(life: Repeated, clock: Any) -> None:
    """What may have arrived in the first attempt counts for good, whatever is held back after it."""
    life.mark()
    first = clock.now
    life.settle(Verdict.NOT_APPLIED, sent=True)
    for marks in (False, True):
        clock.advance(5)
        life.retry()
        if marks:
            life.mark()
        life.settle(Verdict.NOT_APPLIED, sent=False)
    clock.advance(5)
    life.retry()
    life.mark()
    assert life.now.mark is not None
    assert (life.now.mark.at, life.now.mark.attempt) == (first, 1)


def test_what_the_vendor_knows_as_something_else_is_not_repeated(life: Repeated) -> None:
    """An id that was booked by nobody knows whom would be called booked again, and prove nothing."""
    life.mark()
    settlement = Settlement(life.record, Verdict.UNKNOWN, {"sent": True, "booked": True})
    life.runner.run(life.journal.conclude(settlement))
    assert (life.due(), life.begin()[0].refused) == ([], "unmarked")


def test_so_it_is_with_what_a_repeat_finds_booked_otherwise(unknown: Repeated) -> None:
    """It stays unknown, and is not sent again."""
    record, owner = unknown.begun()
    settlement = Settlement(record, Verdict.UNKNOWN, {"sent": True, "booked": True}, by="repeat")
    unknown.runner.run(unknown.journal.end_repeat(settlement, pause=0.0, alarmed=False, owner=owner))
    assert (unknown.due(), unknown.begin()[0].refused) == ([], "unmarked")


def test_a_repeat_of_which_nothing_left_is_not_counted(unknown: Repeated) -> None:
    """The requests before it are the only ones: what is heard of them settles as before."""
    record, owner = unknown.begun()
    settlement = Settlement(record, Verdict.NOT_APPLIED, {"sent": False}, by="repeat")
    for _ in range(2):  # done again, it changes nothing
        ended = unknown.runner.run(unknown.journal.end_repeat(settlement, pause=4.0, alarmed=False, owner=owner))
        assert (ended.record.state, unknown.now.state) == (State(Status.UNKNOWN), State(Status.UNKNOWN))
    assert unknown.settle(Verdict.REFUSED).record.state == State(Status.FAILED)


def test_a_repeat_that_was_applied_settles(unknown: Repeated) -> None:
    """Its success is the adjustment's, told as found by `repeat`, and its number stands in the history."""
    record, owner = unknown.begun()
    assert record.state == State(Status.UNKNOWN, repeats=1)
    assert unknown.confirm(record, owner).refused is None
    ended = unknown.end(record, owner, Verdict.APPLIED)
    assert (ended.late, ended.record.state) == (False, State(Status.SUCCEEDED, repeats=1))
    assert unknown.now.state == ended.record.state
    assert unknown.history[-2:] == [
        ("repeat", "unknown", {"repeat": 1, "begun": True}),
        ("repeat", "succeeded", {"repeat": 1, "sent": True}),
    ]


@pytest.mark.parametrize("verdict", NEGATIVE)
def test_a_repeat_that_was_not_applied_proves_nothing(unknown: Repeated, verdict: Verdict, clock: Any) -> None:
    """Whatever its negative answer, the adjustment stays unknown, and is due for a repeat after the pause."""
    record, owner = unknown.begun()
    ended = unknown.end(record, owner, verdict, pause=4)
    assert (ended.late, ended.record.state) == (False, State(Status.UNKNOWN, repeats=1))
    assert unknown.history[-1] == ("repeat", "unknown", {"repeat": 1, "sent": True})
    assert unknown.due() == []
    clock.advance(4)
    assert [each.draft.id for each in unknown.due()] == [record.draft.id]


@pytest.mark.parametrize("by", ["gateway", "search"])
@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.NOT_APPLIED])
def test_once_a_repeat_has_begun_no_negative_word_settles(unknown: Repeated, verdict: Verdict, by: str) -> None:
    """Neither a late refusal of the first attempt nor an absence tells which request it is about; it is no conflict."""
    unknown.begun()
    concluded = unknown.settle(verdict, by=by)
    assert (concluded.late, concluded.conflict, unknown.now.state.status) == (True, False, Status.UNKNOWN)


def test_a_late_negative_does_not_contradict_what_a_repeat_settled(unknown: Repeated) -> None:
    """The first request was refused and the second was not: that is one effect, and nobody has to look."""
    record, owner = unknown.begun()
    unknown.end(record, owner, Verdict.APPLIED)
    concluded = unknown.settle(Verdict.REFUSED)
    assert (concluded.late, concluded.conflict, unknown.now.conflict) == (True, False, False)


def test_a_late_success_of_the_first_attempt_settles_while_a_repeat_is_under_way(unknown: Repeated) -> None:
    """Whichever of the two is heard first settles; the other agrees."""
    record, owner = unknown.begun()
    assert unknown.settle(Verdict.APPLIED).record.state == State(Status.SUCCEEDED, repeats=1)
    ended = unknown.end(record, owner, Verdict.APPLIED)
    assert (ended.late, ended.conflict) == (True, False)


def test_one_repeat_at_a_time(unknown: Repeated, clock: Any) -> None:
    """While one is under way no other begins; once its lease is over, another does, and the first is not confirmed."""
    record, owner = unknown.begun()
    assert unknown.begin()[0].refused == "under_way"
    assert unknown.due() == []
    clock.advance(31)
    second, second_owner = unknown.begun()
    assert second.state.repeats == 2
    assert unknown.confirm(record, owner).refused == "changed"
    assert unknown.confirm(second, second_owner).refused is None
    assert unknown.end(record, owner, Verdict.UNKNOWN).late
    assert unknown.begin()[0].refused == "under_way"


def test_a_repeat_is_not_sent_once_its_lease_is_over(unknown: Repeated, clock: Any) -> None:
    """A process that was stopped between the beginning and the first byte sends nothing."""
    record, owner = unknown.begun()
    clock.advance(30)
    assert unknown.confirm(record, owner).refused == "changed"


def test_repeats_keep_their_distance(unknown: Repeated, clock: Any) -> None:
    """A caller who repeats a key again and again does not make a repeat of each."""
    record, owner = unknown.begun()
    unknown.end(record, owner, Verdict.UNKNOWN)
    assert unknown.begin(rest=2)[0].refused == "under_way"
    clock.advance(2)
    assert unknown.begin(rest=2)[0].refused is None


def test_another_request_is_not_sent(unknown: Repeated) -> None:
    """The request of today must be that of then, to the digest."""
    record, owner = unknown.begun()
    assert unknown.confirm(record, owner, "e" * 64).refused == "differs"


def test_without_a_digest_there_is_no_repeat(life: Repeated) -> None:
    """What was sent before anything was kept of it is never sent again."""
    life.settle(Verdict.UNKNOWN)
    assert life.due() == []
    assert life.begin()[0].refused == "unmarked"


def test_the_window_is_counted_from_the_mark(unknown: Repeated, clock: Any) -> None:
    """No repeat begins, and none that was begun is sent, once the vendor may have forgotten; repeats move nothing."""
    clock.advance(WINDOW - 20)
    record, owner = unknown.begun()
    clock.advance(19)
    assert unknown.confirm(record, owner).refused is None
    clock.advance(1)
    assert unknown.confirm(record, owner).refused == "time"
    unknown.end(record, owner, Verdict.UNKNOWN)
    assert unknown.begin()[0].refused == "time"


def test_below_the_highest_time_there_are_no_repeats(unknown: Repeated, clock: Any) -> None:
    """A clock that was set back makes nothing young again, not even once it has caught up."""
    clock.advance(1000)
    unknown.see_time()
    clock.advance(-500)
    assert unknown.begin()[0].refused == "behind"
    unknown.see_time()
    assert unknown.begin()[0].refused == "clock"
    clock.advance(600)
    unknown.see_time()
    assert unknown.begin()[0].refused == "clock"


def test_a_clock_that_is_set_back_just_after_a_mark_is_noticed(unknown: Repeated, clock: Any) -> None:
    """What was marked since the time was last seen is as old as nobody knows, too."""
    unknown.see_time()
    clock.advance(0.9)
    later = unknown.runner.run(unknown.journal.claim(replace(unknown.record.draft, id="adj_later", key="later")))[0]
    unknown.runner.run(unknown.journal.mark_effect(later, DIGEST))
    unknown.runner.run(unknown.journal.conclude(Settlement(later, Verdict.UNKNOWN, {"sent": True})))
    clock.advance(-86_400)
    unknown.see_time()
    clock.advance(86_402)
    unknown.see_time()
    for record in unknown.due():
        begun, _ = unknown.runner.run(unknown.journal.begin_repeat(record, lease=30.0, window=WINDOW))
        assert begun.refused == "clock"


def test_a_mark_from_after_a_clock_was_set_back_counts(
    unknown: Repeated, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """What is marked once the clock has passed its highest time again can be repeated."""
    clock.advance(1000)
    unknown.see_time()
    clock.advance(-500)
    unknown.see_time()
    clock.advance(502)
    later = Repeated(unknown.journal, runner, runner.run(unknown.journal.claim(draft(account="there")))[0])
    later.mark()
    later.settle(Verdict.UNKNOWN)
    assert later.begin()[0].refused is None
    assert unknown.begin()[0].refused == "clock"


@dataclass
class Machine:
    """A machine on which gateways run, with the hands of the journal's clock."""

    clock: Any
    up: float = 5000.0
    boot: str = "one start"

    @property
    def uptime(self) -> Uptime:
        return Uptime(self.boot, lambda: self.up)

    def pass_by(self, seconds: float, *, set_back: float = 0.0) -> None:
        """Let time pass, in which the journal's clock is set back."""
        self.up += seconds
        self.clock.advance(seconds - set_back)


@pytest.fixture
def machine(clock: Any) -> Machine:
    """The machine of the gateways of one test."""
    return Machine(clock)


def on(
    machine: Machine, opener: Callable[..., Journal], draft: Callable[..., Draft], runner: asyncio.Runner
) -> Repeated:
    """A gateway on this machine, with one adjustment whose request was sent, and of which nothing was heard."""
    life = short_lived(opener(uptime=machine.uptime), draft, runner)
    life.see_time()
    return life


def short_lived(journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner, **fields: Any) -> Repeated:
    """One that has not seen the time before it sent the request of an adjustment, of which nothing was heard."""
    life = Repeated(journal, runner, runner.run(journal.claim(draft(account="there", **fields)))[0])
    life.mark()
    life.settle(Verdict.UNKNOWN)
    return life


@pytest.mark.parametrize("down", [500.5, 510.0, 3000.0])
def test_a_clock_set_back_by_less_than_no_gateway_ran_is_noticed(
    down: float,
    machine: Machine,
    opener: Callable[..., Journal],
    draft: Callable[..., Draft],
    runner: asyncio.Runner,
) -> None:
    """It shows a later time than ever, and yet the mark is older than it says: nothing is sent."""
    before = on(machine, opener, draft, runner)
    runner.run(before.journal.close())
    machine.pass_by(down, set_back=500)
    after = Repeated(opener(uptime=machine.uptime), runner, before.record)
    assert after.begin()[0].refused == "behind"
    after.see_time()
    assert after.begin()[0].refused == "clock"
    machine.pass_by(100)
    later = on(machine, opener, draft, runner)
    assert later.begin()[0].refused is None
    assert after.begin()[0].refused == "clock"


def test_a_gateway_that_dies_before_it_sees_the_time_has_kept_it_with_its_mark(
    machine: Machine, opener: Callable[..., Journal], draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """So the next one notices all the same that the clock was set back in between."""
    before = short_lived(opener(uptime=machine.uptime), draft, runner)
    runner.run(before.journal.close())
    machine.pass_by(510, set_back=500)
    after = Repeated(opener(uptime=machine.uptime), runner, before.record)
    assert after.begin()[0].refused == "behind"
    after.see_time()
    assert after.begin()[0].refused == "clock"


def test_a_clock_set_forward_before_a_mark_and_back_after_it_is_noticed(
    machine: Machine, opener: Callable[..., Journal], draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """What was kept before it was set forward says nothing of how old the mark is."""
    before = on(machine, opener, draft, runner)
    machine.pass_by(1, set_back=-300)
    later = short_lived(before.journal, draft, runner, id="adj_later", key="later")
    runner.run(before.journal.close())
    machine.pass_by(400, set_back=300)
    after = Repeated(opener(uptime=machine.uptime), runner, later.record)
    assert after.begin()[0].refused == "behind"


def test_a_mark_that_was_rolled_back_once_is_kept_with_the_time_all_the_same(
    machine: Machine, opener: Callable[..., Journal], draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """What a batch wrote of it that could not be committed is not taken for kept."""
    journal = opener(uptime=machine.uptime)
    life = Repeated(journal, runner, runner.run(journal.claim(draft(account="there")))[0])

    async def beside_what_cannot_be_kept() -> Any:
        note = journal.note("ops", "reload", {"it": object()})
        return await asyncio.gather(journal.mark_effect(life.record, DIGEST), note, return_exceptions=True)

    marked, noted = runner.run(beside_what_cannot_be_kept())
    assert (marked.refused, type(noted)) == (None, StoreUnavailable)
    life.settle(Verdict.UNKNOWN)
    runner.run(journal.close())
    machine.pass_by(510, set_back=500)
    assert Repeated(opener(uptime=machine.uptime), runner, life.record).begin()[0].refused == "behind"


@pytest.mark.parametrize("down", [1.0, 500.0, 3000.0])
def test_a_clock_that_was_left_alone_stops_no_repeat(
    down: float,
    machine: Machine,
    opener: Callable[..., Journal],
    draft: Callable[..., Draft],
    runner: asyncio.Runner,
) -> None:
    """However long no gateway ran; nor does one that was set forward."""
    before = on(machine, opener, draft, runner)
    runner.run(before.journal.close())
    machine.pass_by(down, set_back=-20)
    after = Repeated(opener(uptime=machine.uptime), runner, before.record)
    after.see_time()
    assert after.begin()[0].refused is None


def test_many_small_steps_back_are_noticed_as_one(
    machine: Machine, opener: Callable[..., Journal], draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Each is less than clocks in step may differ by, and none is behind what was shown before."""
    life = on(machine, opener, draft, runner)
    refusals = []
    for _ in range(4):
        machine.pass_by(3, set_back=0.6)
        life.see_time()
        refusals.append(life.begin(rest=3600.0)[0].refused)
    assert refusals[0] != "clock"
    assert refusals[-1] == "clock"


def test_a_machine_that_was_started_again_is_compared_with_nothing(
    machine: Machine, opener: Callable[..., Journal], draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Its uptime begins anew; then the highest time is all that there is to go by."""
    before = on(machine, opener, draft, runner)
    runner.run(before.journal.close())
    machine.clock.advance(60)
    again = Machine(machine.clock, up=5.0, boot="another start")
    after = Repeated(opener(uptime=again.uptime), runner, before.record)
    after.see_time()
    assert after.begin()[0].refused is None


def test_a_gateway_on_another_machine_notices_by_its_own_uptime(
    machine: Machine, opener: Callable[..., Journal], draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """A server's clock that a fail-over has changed is noticed by whoever was there before it."""
    life = on(machine, opener, draft, runner)
    other = Machine(machine.clock, up=17.0, boot="elsewhere")
    beside = Repeated(opener(uptime=other.uptime), runner, life.record)
    machine.pass_by(2)
    other.up += 2
    beside.see_time()
    other.up += 40
    machine.pass_by(40, set_back=30)
    assert beside.begin()[0].refused == "behind"
    beside.see_time()
    assert life.begin()[0].refused == "clock"


def test_a_clock_that_only_falters_stops_nothing_for_good(unknown: Repeated, clock: Any) -> None:
    """Below the highest time nothing is sent; a step back that clocks in step may make leaves the marks alone."""
    clock.advance(10)
    unknown.see_time()
    clock.advance(-0.5)
    unknown.see_time()
    assert unknown.begin()[0].refused == "behind"
    clock.advance(1)
    assert unknown.begin()[0].refused is None


def test_a_person_waits_for_one_repeat_and_not_for_the_next(unknown: Repeated, clock: Any) -> None:
    """A decision while a repeat is under way is refused, and bars every further one."""
    record, owner = unknown.begun()
    refused = unknown.decide(applied=True)
    assert (refused.refused, refused.until) == ("repeat", clock.now + timedelta(seconds=30))
    assert unknown.confirm(record, owner).refused is None
    unknown.end(record, owner, Verdict.UNKNOWN, pause=0)
    assert unknown.begin()[0].refused == "barred"
    assert unknown.due() == []
    clock.advance(31)  # past the lease of the attempt itself
    assert unknown.decide(applied=True).record.state == State(Status.SUCCEEDED, repeats=1)


def test_nothing_applied_is_decided_by_who_has_looked_since_no_repeat_could_follow(
    unknown: Repeated, clock: Any
) -> None:
    """What the vendor's records did not show may have come by a repeat since: the first "no" only ends the repeats."""
    clock.advance(31)
    record, owner = unknown.begun()
    unknown.end(record, owner, Verdict.UNKNOWN, pause=0)
    refused = unknown.decide(applied=False)
    assert (refused.refused, refused.until) == ("repeat", clock.now + timedelta(seconds=30))
    assert unknown.begin()[0].refused == "barred"
    clock.advance(29)
    assert unknown.decide(applied=False).refused == "repeat"
    clock.advance(1)
    assert unknown.decide(applied=False).record.state == State(Status.FAILED, repeats=1)


def test_a_person_who_does_not_come_back_ends_no_repeats_for_good(unknown: Repeated, clock: Any) -> None:
    """After an hour they go on, and a decision of then needs another look."""
    clock.advance(31)
    assert unknown.decide(applied=False).refused == "repeat"
    clock.advance(3500)
    assert unknown.due() == []
    clock.advance(100)
    assert len(unknown.due()) == 1
    assert unknown.begin(window=2 * WINDOW)[0].refused is None


def test_a_late_success_contradicts_what_a_person_decided_after_repeats(unknown: Repeated, clock: Any) -> None:
    """It is kept as a conflict."""
    record, owner = unknown.begun()
    unknown.end(record, owner, Verdict.UNKNOWN)
    clock.advance(31)
    unknown.decide(applied=False)
    clock.advance(31)
    assert unknown.decide(applied=False).record.state == State(Status.FAILED, repeats=1)
    late = unknown.end(record, owner, Verdict.APPLIED)
    assert (late.late, late.conflict, unknown.now.conflict) == (True, True, True)


def test_two_successes_of_different_transactions_are_a_conflict(unknown: Repeated) -> None:
    """A vendor that answers a repeat with another transaction than the first has made two."""
    record, owner = unknown.begun()
    settlement = Settlement(record, Verdict.APPLIED, {"repeat": 1}, applied=Applied("tx-2"), by="repeat")
    unknown.runner.run(unknown.journal.end_repeat(settlement, pause=4.0, alarmed=False, owner=owner))
    same, other = (
        unknown.runner.run(
            unknown.journal.conclude(
                Settlement(unknown.record, Verdict.APPLIED, {"n": n}, applied=Applied(transaction))
            )
        )
        for n, transaction in enumerate(("tx-2", "tx-1"))
    )
    assert (same.late, same.conflict, other.late, other.conflict) == (True, False, True, True)


def test_who_is_due_is_held(unknown: Repeated, clock: Any) -> None:
    """Two that look at once do not both get it."""
    assert len(unknown.due()) == 1
    assert unknown.due() == []
    clock.advance(60)
    assert len(unknown.due()) == 1


def test_each_account_has_a_share(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner, clock: Any
) -> None:
    """Many that are due at one account keep nobody else's from being due."""
    for account in ("busy", "busy", "busy", "quiet"):
        life = Repeated(journal, runner, runner.run(journal.claim(draft(account=account)))[0])
        life.mark()
        life.settle(Verdict.UNKNOWN)
        clock.advance(1)
    found = runner.run(journal.repeats_due(["busy", "quiet", "idle"], 2, 60.0))
    assert [record.draft.account for record in found].count("busy") == 2
    assert [record.draft.account for record in found].count("quiet") == 1


def test_what_is_settled_begins_no_repeat(unknown: Repeated) -> None:
    """A success that came in between leaves nothing to repeat."""
    seen = unknown.now
    unknown.settle(Verdict.APPLIED)
    begun, _ = unknown.runner.run(unknown.journal.begin_repeat(seen, lease=30.0, window=WINDOW))
    assert begun.refused == "changed"
    assert unknown.due() == []


def test_an_alarm_is_remembered(unknown: Repeated, clock: Any) -> None:
    """That the operator has heard is kept with the mark, by whoever postpones."""
    unknown.runner.run(unknown.journal.postpone_repeat(unknown.now, 5.0, alarmed=True))
    assert unknown.now.mark is not None
    assert unknown.now.mark.alarmed
    assert unknown.due() == []
    clock.advance(5)
    (record,) = unknown.due()
    unknown.runner.run(unknown.journal.postpone_repeat(record, 5.0, alarmed=False))
    assert unknown.now.mark == replace(record.mark, alarmed=True)  # type: ignore[type-var]  # it is there: see above
