"""When something fails: one operation that cannot be done, a database that is away, callers that leave."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, event, text

from gateway.adjustments import Answer, Draft, Record, Resolution, Settlement, Status, Verdict
from gateway.errors import StoreUnavailable
from gateway.journal import Conclusion, Decision, Journal
from tests.deadlines import DEADLINE, scaled


@contextmanager
def somebody_elses_lock(url: str) -> Iterator[None]:
    """Holds what every write needs, from outside of the journal."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        if url.startswith("sqlite"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("LOCK TABLE adjustments IN ACCESS EXCLUSIVE MODE"))
        yield
        connection.rollback()
    engine.dispose()


class Gate:
    """A rendering that waits for its sign, so that a batch is under way for as long as a test needs it."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, record: Record) -> Answer | None:
        self.reached.set()
        assert self.open.wait(DEADLINE)
        return None

    async def wait_reached(self) -> None:
        assert await asyncio.to_thread(self.reached.wait, DEADLINE)


def settlement(record: Record, **fields: Any) -> Settlement:
    return Settlement(record, Verdict.APPLIED, **{"evidence": {}, **fields})


def test_an_operation_that_cannot_be_done_fails_alone(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """In one batch, what no database takes fails and everything else is done."""
    first, second = (runner.run(journal.claim(draft()))[0] for _ in range(2))
    unheard_of = first._replace(draft=draft(id="adj_unheard_of"))
    operations = [
        (journal.claim(draft()), True),
        (journal.claim(draft(id=first.draft.id)), False),
        (journal.claim(draft(rule=object())), False),
        (journal.conclude(settlement(unheard_of)), False),
        (journal.conclude(settlement(second, evidence={"a": object()})), False),
        (journal.conclude(settlement(first)), True),
        (journal.claim(draft()), True),
    ]

    async def do_all() -> list[Any]:
        return await asyncio.gather(*(operation for operation, _ in operations), return_exceptions=True)

    done = runner.run(do_all())
    assert [not isinstance(result, StoreUnavailable) for result in done] == [well for _, well in operations]
    assert runner.run(journal.counts()).by_status == {"in_progress": 3, "unknown": 0, "accepted": 0}
    assert len(runner.run(journal.history(second.draft.id))) == 1


def test_a_rendering_that_fails_settles_nothing(
    opener: Any, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Where the answer cannot be made the settlement is not kept, and can be tried again."""
    answers = iter([ValueError("first"), ValueError("second"), Answer(201, b"at last")])

    def render(record: Record) -> Answer:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    journal = opener(render=render)
    record, _ = runner.run(journal.claim(draft()))
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            runner.run(journal.conclude(settlement(record)))
    settled = runner.run(journal.conclude(settlement(record))).record
    assert settled.answer == Answer(201, b"at last")


def test_an_error_shows_no_member(journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
    """The text of a failure, and of what caused it, holds nothing of what was to be written."""
    record, _ = runner.run(journal.claim(draft(key="private")))
    with pytest.raises(StoreUnavailable) as failed:
        runner.run(journal.claim(draft(id=record.draft.id, fingerprint="private")))
    assert "private" not in f"{failed.value} {failed.value.__cause__}"


def test_writes_resume_once_a_lock_is_gone(
    opener: Any, draft: Callable[..., Draft], runner: asyncio.Runner, url: str
) -> None:
    """While somebody else locks the database, writing and readiness fail; afterwards they work as before."""
    journal = opener(patience=scaled(0.1))
    lost = draft()
    with somebody_elses_lock(url):
        with pytest.raises(StoreUnavailable) as failed:
            runner.run(journal.claim(lost))
        assert failed.value.__cause__ is not None
    runner.run(journal.ready())
    assert runner.run(journal.claim(lost))[1]


def test_service_resumes_after_the_server_was_away(
    postgresql: Any, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """While the server is down everything fails in words of ours; once it is up, the journal finds it by itself."""
    journal = Journal.open(postgresql.database(), owner="a", clock=clock, render=lambda record: None)
    record, _ = runner.run(journal.claim(draft()))
    postgresql.stop()
    try:
        for call in (journal.claim(draft()), journal.ready(), journal.get(None, record.draft.id)):
            with pytest.raises(StoreUnavailable):
                runner.run(call)
    finally:
        postgresql.start()
    assert runner.run(journal.get(None, record.draft.id)) == record
    assert runner.run(journal.conclude(settlement(record))).record.state.status is Status.SUCCEEDED
    runner.run(journal.close())


def test_a_session_lost_while_idle_is_not_noticed(
    postgresql: Any, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """A server that restarted in between fails no write: nothing of the batch was committed, so it is done anew."""
    journal = Journal.open(postgresql.database(), owner="a", clock=clock, render=lambda record: None)
    record, _ = runner.run(journal.claim(draft()))
    postgresql.stop()
    postgresql.start()
    assert runner.run(journal.conclude(settlement(record))).record.state.status is Status.SUCCEEDED
    runner.run(journal.close())


def test_a_server_that_takes_no_writes_is_not_ready(
    postgresql: Any, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """On a server that can only be read, as after a change to its standby, nothing is ready until it can be written."""
    url = postgresql.database()
    journal = Journal.open(url, owner="a", clock=clock, render=lambda record: None)

    def sessions_begin_with(setting: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER DATABASE {connection.info.dbname} {setting}".encode())
            others = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database()"
            connection.execute(f"{others} AND pid <> pg_backend_pid()".encode())

    sessions_begin_with("SET default_transaction_read_only = on")
    for call in (journal.ready(), journal.claim(draft())):
        with pytest.raises(StoreUnavailable):
            runner.run(call)
    sessions_begin_with("RESET default_transaction_read_only")
    runner.run(journal.ready())
    runner.run(journal.close())


def test_a_caller_that_leaves_changes_nothing(opener: Any, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
    """What was handed over is done although its caller was cancelled, and others get their results."""
    gate = Gate()
    journal = opener(render=gate)
    record, _ = runner.run(journal.claim(draft()))
    waiting = [draft() for _ in range(10)]

    async def leave() -> list[Any]:
        settling = asyncio.ensure_future(journal.conclude(settlement(record)))
        await gate.wait_reached()
        claiming = [asyncio.ensure_future(journal.claim(one)) for one in waiting]
        await asyncio.sleep(0)
        for task in [settling, *claiming[::2]]:
            task.cancel()
        gate.open.set()
        return await asyncio.gather(settling, *claiming, return_exceptions=True)

    results = runner.run(leave())
    assert [isinstance(result, asyncio.CancelledError) for result in results] == [True, *[True, False] * 5]
    assert runner.run(journal.get(None, record.draft.id)).state.status is Status.SUCCEEDED
    assert runner.run(journal.counts()).by_status[Status.IN_PROGRESS] == 10


def test_closing_does_what_was_handed_over(opener: Any, draft: Callable[..., Draft], runner: asyncio.Runner) -> None:
    """What waits when a journal is closed is still done; what comes later is refused."""
    gate = Gate()
    journal = opener(render=gate)
    record, _ = runner.run(journal.claim(draft()))

    async def close() -> list[Any]:
        settling = asyncio.ensure_future(journal.conclude(settlement(record)))
        await gate.wait_reached()
        claiming = [asyncio.ensure_future(journal.claim(draft())) for _ in range(10)]
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(journal.close())
        gate.open.set()
        await closing
        return await asyncio.gather(settling, *claiming)

    settled, *claimed = runner.run(close())
    assert settled.record.state.status is Status.SUCCEEDED
    assert all(ours for _, ours in claimed)
    for call in (journal.claim(draft()), journal.get(None, "x"), journal.ready()):
        with pytest.raises(StoreUnavailable):
            runner.run(call)
    runner.run(journal.close())


def test_waiting_operations_share_one_commit(
    postgresql: Any, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """What comes while a batch is under way is written in one transaction of its own."""
    gate = Gate()
    url = postgresql.database()
    journal = Journal.open(url, owner="a", clock=clock, render=gate)
    record, _ = runner.run(journal.claim(draft()))

    async def claim_while_settling() -> None:
        settling = asyncio.ensure_future(journal.conclude(settlement(record)))
        await gate.wait_reached()
        claiming = [asyncio.ensure_future(journal.claim(draft())) for _ in range(100)]
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(settling, *claiming)

    runner.run(claim_while_settling())
    runner.run(journal.close())
    with psycopg.connect(url) as connection:
        transactions = connection.execute(
            "SELECT xmin::text, count(*) FROM adjustments GROUP BY 1 ORDER BY 2"
        ).fetchall()
    assert [number for _, number in transactions] == [1, 100]


def test_an_update_is_not_lost_between_two_writers(
    journal: Journal, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Of a settlement and a decision at once one is done, and the other hears what stands."""
    record, _ = runner.run(journal.claim(draft(lease=0.0)))
    unknown = runner.run(journal.conclude(replace(settlement(record), verdict=Verdict.UNKNOWN))).record

    async def both() -> tuple[Conclusion, Decision]:
        decision = Resolution(False, "r", "ops", record.created_at)
        return await asyncio.gather(journal.conclude(settlement(unknown)), journal.decide(unknown, decision, {}))

    concluded, decided = runner.run(both())
    assert [concluded.late, decided.refused is not None].count(True) == 1
    assert concluded.record == decided.record


def test_a_full_disk_refuses_and_service_resumes(
    tmp_path: Path, draft: Callable[..., Draft], clock: Any, runner: asyncio.Runner
) -> None:
    """Where the file cannot grow, claims are refused and leave nothing behind; once it can, they are done again."""
    connections: list[Any] = []
    full: list[str] = []

    def connected(connection: Any, _: Any) -> None:
        connections.append(connection)
        for pragma in full:
            connection.execute(pragma)

    event.listen(Engine, "connect", connected)
    try:
        journal = Journal.open(f"sqlite:///{tmp_path}/x.db", owner="a", clock=clock, render=lambda record: None)
        record, _ = runner.run(journal.claim(draft()))
        full.append("PRAGMA max_page_count=1")  # no more than there are now
        connections[0].execute(full[0])
        large = [draft(rule="r" * 100_000, key="k") for _ in range(2)]
        for _ in range(2):
            with pytest.raises(StoreUnavailable) as failed:
                runner.run(journal.claim(large[0]))
            assert "full" in str(failed.value.__cause__)
        assert runner.run(journal.find("storefront", "acme", "k")) is None
        full.clear()
        assert runner.run(journal.claim(large[1]))[1]
        assert runner.run(journal.conclude(settlement(record))).record.state.status is Status.SUCCEEDED
        runner.run(journal.close())
    finally:
        event.remove(Engine, "connect", connected)
