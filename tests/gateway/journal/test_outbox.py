"""The feed of events: which steps are in it, in which order, and what comes late is never passed over."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from gateway.adjustments import Draft, Record, Resolution, Settlement, Verdict
from gateway.errors import EventsGone
from gateway.event_kinds import kind
from gateway.journal import Erase, Journal, Publication, Publish, Purge, feed
from gateway.journal.database import Database
from gateway.journal.feed import Event
from gateway.journal.outbox import MOST
from tests.gateway.journal.backlog import with_a_backlog

LEASE = 60.0


class Outbox:
    """One process that publishes, and what it then reads."""

    def __init__(self, journal: Journal, runner: asyncio.Runner, owner: str = "me") -> None:
        self.journal, self.owner, self._runner = journal, owner, runner
        self.seen: Any = None

    def publish(self) -> Publication:
        done: Publication = self._runner.run(self.journal.hand_on(Publish(self.owner, LEASE, self.seen)))
        self.seen = done.seen
        return done

    def events(self, tenant: str = "acme", *, after: str | None = None, limit: int = 100) -> tuple[Event, ...]:
        return self._runner.run(self.journal.events(tenant, after=after, limit=limit)).events

    def said(self, tenant: str = "acme") -> list[tuple[str, int, str, bool]]:
        """Adjustment, number, kind and whether it may be tried again, of each event."""
        return [
            (each.record.draft.id, each.number, kind(each.step).partition(".")[2], each.retryable)
            for each in self.events(tenant)
        ]


@pytest.fixture
def outbox(journal: Journal, runner: asyncio.Runner) -> Outbox:
    return Outbox(journal, runner)


@pytest.fixture
def settled(journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner) -> Callable[..., Record]:
    """Claims a key and keeps what its attempt came to."""

    def settle(verdict: Verdict = Verdict.APPLIED, **fields: Any) -> Record:
        record, _ = runner.run(journal.claim(draft(**fields)))
        return runner.run(journal.conclude(Settlement(record, verdict, {"sent": True}))).record

    return settle


@pytest.fixture
def late(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Another writer's connection to a PostgreSQL journal."""
    if url.startswith("sqlite"):
        pytest.skip("writers take turns on SQLite")
    with closing(psycopg.connect(url)) as connection:
        yield connection


STEP = (
    "INSERT INTO transitions (adjustment, at, before, after, attempt, by, evidence, exchange, feed)"
    " VALUES (%s, 1, 'in_progress', 'succeeded', 1, 'gateway', '{}', '[]', %s)"
)


def test_each_transition_is_one_event_but_claims_are_none(
    journal: Journal, outbox: Outbox, settled: Callable[..., Record], runner: asyncio.Runner
) -> None:
    """A failure that may be tried again, its next attempt, and a late result that contradicts: three events, in order.

    Attempts, repeats and late results that agree are none; each event has its number among all steps.
    """
    failed = settled(Verdict.NOT_APPLIED)
    begun = runner.run(journal.retry(failed, 30.0, account=""))
    assert isinstance(begun, Record)
    done = runner.run(journal.conclude(Settlement(begun, Verdict.APPLIED, {"sent": True}))).record
    runner.run(journal.conclude(Settlement(done, Verdict.APPLIED, {"sent": True, "again": 1})))
    runner.run(journal.conclude(Settlement(done, Verdict.REFUSED, {"sent": True})))
    outbox.publish()
    id_ = failed.draft.id
    assert outbox.said() == [(id_, 2, "failed", True), (id_, 4, "succeeded", False), (id_, 6, "conflict", False)]


def test_a_retryable_failure_that_ends_is_told_again(
    journal: Journal, outbox: Outbox, settled: Callable[..., Record], runner: asyncio.Runner
) -> None:
    """`failed` stays retryable in the first event, and is not any more in the second."""
    failed = settled(Verdict.NOT_APPLIED)
    runner.run(journal.conclude(Settlement(failed, Verdict.REFUSED, {"sent": True})))
    outbox.publish()
    assert outbox.said() == [(failed.draft.id, 2, "failed", True), (failed.draft.id, 3, "failed", False)]


def test_expiry_and_a_decision_are_events(
    journal: Journal, outbox: Outbox, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """A lease that ran out is told as `unknown`, by the recovery, and what a person decides by that person."""
    record, _ = runner.run(journal.claim(draft()))
    clock.advance(31)
    runner.run(journal.expire())
    (unknown,) = [each for each in (runner.run(journal.get(None, record.draft.id)),) if each]
    runner.run(journal.decide(unknown, Resolution(True, "seen", "ops", clock.now), {}))
    outbox.publish()
    assert [(each.step.by, kind(each.step)) for each in outbox.events()] == [
        ("recovery", "adjustment.unknown"),
        ("ops", "adjustment.succeeded"),
    ]


def test_nothing_is_told_before_it_is_published(outbox: Outbox, settled: Callable[..., Record]) -> None:
    """The feed ends where it was published, though more is durable."""
    settled()
    assert outbox.events() == ()
    outbox.publish()
    settled()
    assert len(outbox.events()) == 1


def test_a_tenant_reads_its_own_events(outbox: Outbox, settled: Callable[..., Record]) -> None:
    """Another tenant's events are not there, and the pages follow each other without a gap."""
    mine = [settled(tenant="acme" if number % 2 else "outlet").draft.id for number in range(9)][1::2]
    outbox.publish()
    after, read = None, []
    while page := outbox.events(after=after, limit=3):
        read += [each.record.draft.id for each in page]
        after = feed.event_id_of(page[-1])
    assert read == mine
    assert len(outbox.events("outlet")) == 5


def test_the_end_of_the_feed(journal: Journal, outbox: Outbox, settled: Callable[..., Record], runner: Any) -> None:
    """Who wants to hear of nothing before begins at the newest event."""
    assert runner.run(journal.end_of_events("acme")).last is None
    settled()
    outbox.publish()
    last = runner.run(journal.end_of_events("acme")).last
    assert outbox.events(after=last) == ()
    new = settled()
    outbox.publish()
    assert [each.record.draft.id for each in outbox.events(after=last)] == [new.draft.id]


def test_a_lower_number_that_commits_later_is_not_passed_over(
    late: psycopg.Connection[Any], outbox: Outbox, settled: Callable[..., Record]
) -> None:
    """While a transaction may still commit a lower number, nothing above it is published; then all is, in order."""
    first = settled(Verdict.UNKNOWN)
    outbox.publish()
    late.execute(STEP, (first.draft.id, "acme"))
    second = settled()
    for _ in range(3):
        assert outbox.publish().seen is not None
        assert [each.record.draft.id for each in outbox.events()] == [first.draft.id]
    late.commit()
    outbox.publish()
    assert [each.record.draft.id for each in outbox.events()] == [first.draft.id, first.draft.id, second.draft.id]


def test_a_busy_writer_does_not_hold_the_feed_up(
    late: psycopg.Connection[Any], outbox: Outbox, settled: Callable[..., Record]
) -> None:
    """There is a writer at each moment; what was seen is published once those have ended that were there then."""
    first = settled(Verdict.UNKNOWN)
    outbox.publish()
    late.execute(STEP, (first.draft.id, "acme"))
    settled()
    outbox.publish()
    late.commit()
    late.execute(STEP, (first.draft.id, "acme"))
    outbox.publish()
    assert len(outbox.events()) == 3


def test_what_a_writer_takes_back_holds_nothing_up(
    late: psycopg.Connection[Any], outbox: Outbox, settled: Callable[..., Record]
) -> None:
    """A number that never comes is no gap to wait for."""
    first = settled(Verdict.UNKNOWN)
    late.execute(STEP, (first.draft.id, "acme"))
    settled()
    outbox.publish()
    late.rollback()
    outbox.publish()
    assert len(outbox.events()) == 2


def test_one_process_publishes_until_its_lease_is_over(
    opener: Callable[..., Journal], outbox: Outbox, settled: Callable[..., Record], clock: Any, runner: Any
) -> None:
    """Another one publishes nothing meanwhile, and takes over from one that was killed."""
    other = Outbox(opener(), runner, "other")
    assert outbox.publish().mine
    settled()
    assert other.publish() == Publication(0, mine=False)
    assert other.events() == ()
    clock.advance(LEASE + 1)
    assert other.publish().mine
    assert len(other.events()) == 1
    assert not outbox.publish().mine


def test_a_gateway_of_the_version_before_is_published_too(
    journal: Journal, outbox: Outbox, draft: Callable[..., Draft], settled: Callable[..., Record], url: str, runner: Any
) -> None:
    """Its steps name no feed; whoever publishes finds out which of them are events, and whose."""
    failed = settled(Verdict.NOT_APPLIED)
    done = runner.run(journal.conclude(Settlement(failed, Verdict.REFUSED, {"sent": True}))).record
    runner.run(journal.conclude(Settlement(done, Verdict.REFUSED, {"sent": True, "again": 1})))
    runner.run(journal.conclude(Settlement(done, Verdict.APPLIED, {"sent": True})))
    runner.run(journal.claim(draft()))
    engine = Database.parse(url, patience=5.0, clock=lambda: done.created_at).writer()
    with engine.begin() as connection:
        before = connection.execute(text("SELECT seq, feed FROM transitions ORDER BY seq")).all()
        connection.execute(text("UPDATE transitions SET feed = NULL"))
    outbox.publish()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT seq, feed FROM transitions ORDER BY seq")).all() == before
    assert [each[1:] for each in outbox.said()] == [(2, "failed", True), (3, "failed", False), (5, "conflict", False)]


def test_a_long_backlog_is_published_in_turns(
    journal: Journal, outbox: Outbox, settled: Callable[..., Record], url: str, runner: Any
) -> None:
    """None of them goes through more than so many steps, however many there are, and the events are all there."""
    first = settled(Verdict.UNKNOWN)
    with_a_backlog(url, first, 2 * MOST)
    second = settled()
    reached = [0]
    while (done := outbox.publish()).more:
        reached.append(done.published)
    reached.append(done.published)
    assert done.published == runner.run(journal.backlog()).highest
    assert [end - begin for begin, end in pairwise(reached)] == [MOST, MOST, done.published - 2 * MOST]
    assert [each.record.draft.id for each in outbox.events()] == [first.draft.id, second.draft.id]


def test_a_long_backlog_beside_writers(
    journal: Journal,
    late: psycopg.Connection[Any],
    outbox: Outbox,
    settled: Callable[..., Record],
    url: str,
    runner: Any,
) -> None:
    """What is known to be durable is published turn by turn, though others write meanwhile."""
    first = settled(Verdict.UNKNOWN)
    late.execute(STEP, (first.draft.id, "acme"))
    with_a_backlog(url, first, 2 * MOST)
    assert outbox.publish() == Publication(0, mine=True, seen=outbox.seen)
    highest = runner.run(journal.backlog()).highest
    late.commit()
    late.execute(STEP, (first.draft.id, "acme"))
    turns = [outbox.publish() for _ in range(3)]
    assert [each.more for each in turns] == [True, True, False]
    assert turns[-1].published == highest


def test_a_cursor_from_before_a_purge_is_refused(
    journal: Journal, outbox: Outbox, settled: Callable[..., Record], clock: Any, runner: Any
) -> None:
    """Events may be missing after it: that is said, and not passed over; who begins anew reads what is left."""
    first = settled(Verdict.UNKNOWN)
    settled()
    outbox.publish()
    early, purged = (feed.event_id_of(each) for each in outbox.events())
    clock.advance(10)
    done = runner.run(journal.remove(Purge("acme", clock.now)))
    assert (done.purged, done.left) == (1, 1)
    for cursor in (early, purged, "evt_nobody_1", f"evt_{first.draft.id.removeprefix('adj_')}_7"):
        with pytest.raises(EventsGone):
            outbox.events(after=cursor)
    assert [each.record.draft.id for each in outbox.events()] == [first.draft.id]
    page = runner.run(journal.events("acme", after=None, limit=1))
    new = settled()
    outbox.publish()
    # Who begins anew after the purge goes on through what is left, until something is purged behind that too.
    assert [each.record.draft.id for each in outbox.events(after=page.last)] == [new.draft.id]
    clock.advance(10)
    assert runner.run(journal.remove(Purge("acme", clock.now))).purged == 1
    with pytest.raises(EventsGone):
        outbox.events(after=page.last)
    assert outbox.events(after=runner.run(journal.end_of_events("acme")).last) == ()


def test_a_purge_during_a_page_is_not_passed_over(
    journal: Journal, outbox: Outbox, settled: Callable[..., Record], clock: Any, url: str, runner: Any
) -> None:
    """Whatever a page saw of a purge beside it: the event is in it, or its reader is told of the gap."""
    settled(Verdict.UNKNOWN)
    outbox.publish()
    (first,) = outbox.events()
    gone = settled().draft.id
    clock.advance(10)
    settled()
    outbox.publish()
    engine = Database.parse(url, patience=5.0, clock=clock).reader()
    before = clock.now - timedelta(seconds=5)
    found: list[str] = []
    with closing(engine.connect()) as connection:

        def purge(_: Any, __: Any, statement: str, *more: Any) -> None:
            if "IS NOT NULL" in statement and not found:
                found.append(gone)
                assert runner.run(journal.remove(Purge("acme", before))).purged == 1

        event.listen(connection, "before_cursor_execute", purge)
        with suppress(EventsGone):
            read = feed.page(connection, "acme", feed.event_id_of(first), 100)
            assert gone in {each.record.draft.id for each in read.events}
    engine.dispose()
    assert found == [gone]


def test_a_clock_that_was_set_back_holds_no_publisher_up(
    opener: Callable[..., Journal], outbox: Outbox, settled: Callable[..., Record], clock: Any, runner: Any
) -> None:
    """The lease of one that was killed before that seems to last for an hour: another one goes on at once."""
    assert outbox.publish().mine
    clock.advance(-3600)
    settled()
    other = Outbox(opener(), runner, "other")
    assert runner.run(other.journal.backlog()).publisher == ""
    assert other.publish().mine
    assert len(other.events()) == 1


def test_what_nobody_reads_is_purged(
    journal: Journal, outbox: Outbox, settled: Callable[..., Record], clock: Any, runner: Any
) -> None:
    """Without a webhook and without a reader nothing is published, and a purge does not wait for that."""
    settled()
    clock.advance(10)
    assert runner.run(journal.remove(Purge("acme", clock.now, webhooks=("app",)))).purged == 1
    outbox.publish()
    assert outbox.events() == ()


def test_an_event_is_read_as_its_adjustment_stands(
    journal: Journal, outbox: Outbox, settled: Callable[..., Record], runner: Any
) -> None:
    """What was erased after it happened is not in it; it stays the same event."""
    settled()
    outbox.publish()
    (before,) = outbox.events()
    runner.run(journal.remove(Erase("acme", "contact_id:1", "p5")))
    (after,) = outbox.events()
    assert str(after.record.draft.adjustment.member) == "contact_id:erased-p5"
    assert feed.event_id_of(after) == feed.event_id_of(before)
