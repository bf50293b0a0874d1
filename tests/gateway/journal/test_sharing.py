"""Several gateways, each a process of its own, on one journal: together they hold what one of them promises."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text

from gateway.adjustments import Draft, Settlement, State, Status, Verdict
from gateway.journal import Journal
from gateway.journal.tables import HEAD, VERSION_TABLE, adjustments
from tests.deadlines import until

Start = Callable[..., list[Any]]
FOUR = ("a", "b", "c", "d")


def test_a_fresh_journal_is_made_once(neighbours: Start, url: str) -> None:
    """Of gateways that are started at once on nothing, all have the journal, and one has made it."""
    for neighbour in neighbours(*FOUR):
        assert neighbour.do("work", callers=1, rounds=1) == 1
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        assert connection.scalars(text(f"SELECT version_num FROM {VERSION_TABLE}")).all() == [HEAD]
        assert connection.scalar(text("SELECT count(*) FROM adjustments")) == 4
    engine.dispose()


def test_one_of_fifty_claims_wins(neighbours: Start, journal: Journal, runner: asyncio.Runner) -> None:
    """However many claim a key through however many gateways, one of them has it, and all hear of the same record."""
    keys = [f"k{number}" for number in range(20)]
    four = neighbours(*FOUR)
    for neighbour, share in zip(four, (12, 13, 12, 13), strict=True):
        neighbour.ask("claim", keys=keys * share, lease=30.0)
    claims = [tuple(claim) for neighbour in four for claim in neighbour.answer()]
    assert Counter(key for key, _, _ in claims) == dict.fromkeys(keys, 50)
    assert Counter(key for key, _, ours in claims if ours) == dict.fromkeys(keys, 1)
    assert len({(key, adjustment) for key, adjustment, _ in claims}) == 20
    assert runner.run(journal.counts()).by_status[Status.IN_PROGRESS] == 20


def test_a_killed_gateways_attempt_becomes_unknown(neighbours: Start, journal: Journal, runner: asyncio.Runner) -> None:
    """What was under way in a process that is gone is expired by another, once, when its lease is over."""
    (gone,) = neighbours("a")
    ((_, over, _),) = gone.do("claim", keys=["k1"], lease=0.0)
    ((_, running, _),) = gone.do("claim", keys=["k2"], lease=30.0)
    gone.process.kill()
    gone.process.wait()
    assert [runner.run(journal.expire()) for _ in range(2)] == [1, 0]
    states = [runner.run(journal.get(None, adjustment)).state for adjustment in (over, running)]
    assert states == [State(Status.UNKNOWN), State(Status.IN_PROGRESS)]


def test_a_gateway_that_was_stopped_finds_what_was_done_since(neighbours: Start) -> None:
    """One that slept past its lease may still settle the unknown; what was settled otherwise stays, and it hears so."""
    cases = [
        (None, "applied", ["succeeded", False, False]),
        (None, "unknown", ["unknown", True, False]),
        (False, "applied", ["failed", True, True]),
        (False, "refused", ["failed", True, False]),
        (True, "applied", ["succeeded", True, False]),
    ]
    sleeper, other = neighbours("a", "b")
    adjustments = [sleeper.do("claim", keys=[f"k{number}"], lease=0.0)[0][1] for number in range(len(cases))]
    sleeper.process.send_signal(signal.SIGSTOP)
    assert other.do("expire") == len(cases)
    for adjustment, (applied, _, _) in zip(adjustments, cases, strict=True):
        if applied is not None:
            assert other.do("decide", adjustment=adjustment, applied=applied) is None
    sleeper.process.send_signal(signal.SIGCONT)
    for adjustment, (_, verdict, said) in zip(adjustments, cases, strict=True):
        assert sleeper.do("settle", adjustment=adjustment, verdict=verdict) == said


def test_one_of_two_settles(opener: Any, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
    """Of two writers that settle one attempt at once, one does, and the other is late and hears what stands."""
    one, other = opener(), opener()
    records = [runner.run(one.claim(draft()))[0] for _ in range(20)]

    async def settle_all() -> list[Any]:
        return await asyncio.gather(
            *(
                journal.conclude(Settlement(record, verdict, {"by": verdict.value}))
                for record in records
                for journal, verdict in ((one, Verdict.APPLIED), (other, Verdict.REFUSED))
            )
        )

    concluded = runner.run(settle_all())
    for record, pair in zip(records, zip(concluded[::2], concluded[1::2], strict=True), strict=True):
        assert sorted((each.late, each.conflict) for each in pair) == [(False, False), (True, True)]
        first, late = sorted(pair, key=lambda each: each.late)
        assert first.record._replace(conflict=True) == late.record == runner.run(one.get(None, record.draft.id))
        assert len(runner.run(one.history(record.draft.id))) == 3


def test_one_of_two_makes_the_next_attempt(opener: Any, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
    """Of two writers that retry one failure at once, one owns the next attempt."""
    one, other = opener(), opener()
    failed = []
    for _ in range(20):
        record, _ = runner.run(one.claim(draft()))
        failed.append(runner.run(one.conclude(Settlement(record, Verdict.NOT_APPLIED, {}))).record)

    async def retry_all() -> list[Any]:
        return await asyncio.gather(
            *(journal.retry(record, 9.0, account="") for record in failed for journal in (one, other))
        )

    begun = runner.run(retry_all())
    assert [(mine is None) + (theirs is None) for mine, theirs in zip(begun[::2], begun[1::2], strict=True)] == [1] * 20


def test_gateways_that_sweep_at_once_count_each_attempt_once(
    neighbours: Start, journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Of several that expire at the same time each counts what it expired, and nothing is expired twice."""
    four = neighbours(*FOUR)

    async def claim_all() -> None:
        await asyncio.gather(*(journal.claim(draft(lease=0.0)) for _ in range(200)))

    runner.run(claim_all())
    for neighbour in four:
        neighbour.ask("expire")
    assert sum(neighbour.answer() for neighbour in four) == 200
    assert runner.run(journal.counts()).by_status == {"in_progress": 0, "unknown": 200, "accepted": 0}


def test_busy_gateways_get_their_turns(neighbours: Start, journal: Journal, runner: asyncio.Runner) -> None:
    """With all of them writing as fast as they can, none is refused."""
    four = neighbours(*FOUR)
    for neighbour in four:
        neighbour.ask("work", callers=16, rounds=25)
    assert [neighbour.answer() for neighbour in four] == [400] * 4
    assert runner.run(journal.counts()).by_status[Status.IN_PROGRESS] == 0


@pytest.fixture
def server(postgresql: Any, runner: asyncio.Runner, clock: Any) -> Iterator[tuple[Journal, psycopg.Connection]]:
    """A journal in PostgreSQL, and somebody else's session there."""
    url = postgresql.database()
    journal = Journal.open(url, owner="a", clock=clock, render=lambda record: None)
    with psycopg.connect(url) as other:
        yield journal, other
    runner.run(journal.close())


def wait_for_a_wait(other: psycopg.Connection) -> None:
    """Return once a session waits for a lock that somebody else has."""
    until(lambda: other.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone() is not None)


def test_a_key_that_another_takes_meanwhile_costs_nobody_else_anything(
    server: tuple[Journal, psycopg.Connection], draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Of a batch of claims, one whose key another process has just taken is not ours; all others are."""
    journal, other = server
    runner.run(journal.claim(draft(id="adj_pattern")))
    columns = [name for name in adjustments.c.keys() if name not in ("seq", "id", "key")]  # noqa: SIM118 (no dict)
    names = ", ".join(columns)
    other.execute(
        f"INSERT INTO adjustments (id, key, {names}) SELECT 'adj_other', 'k5', {names} FROM adjustments".encode()
    )

    async def claim_meanwhile() -> list[Any]:
        claiming = asyncio.gather(*(journal.claim(draft(key=f"k{number}")) for number in range(10)))
        await asyncio.to_thread(wait_for_a_wait, other)
        other.commit()
        return await claiming

    claimed = runner.run(claim_meanwhile())
    assert [ours for _, ours in claimed] == [number != 5 for number in range(10)]
    assert claimed[5][0].draft.id == "adj_other"
    transactions = other.execute("SELECT count(DISTINCT xmin::text) FROM adjustments WHERE key LIKE 'k_'").fetchone()
    assert transactions == (2,)  # the other's, and one for all of the batch
    assert [len(runner.run(journal.history(record.draft.id))) for record, ours in claimed if ours] == [1] * 9


def test_a_deadlock_reaches_nobody(
    server: tuple[Journal, psycopg.Connection], draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Where the server undoes a batch since somebody waits for it who is waited for, the batch is done again."""
    journal, other = server
    records = [runner.run(journal.claim(draft(id=f"adj_{name}")))[0] for name in "ab"]
    lock = "SELECT 1 FROM adjustments WHERE id = %s FOR UPDATE"
    other.execute(lock, ("adj_b",))

    async def settle_meanwhile() -> list[Any]:
        settling = asyncio.gather(*(journal.conclude(Settlement(record, Verdict.APPLIED, {})) for record in records))
        await asyncio.to_thread(wait_for_a_wait, other)
        await asyncio.to_thread(other.execute, lock, ("adj_a",))
        other.rollback()
        return await settling

    assert [each.record.state.status for each in runner.run(settle_meanwhile())] == [Status.SUCCEEDED] * 2
