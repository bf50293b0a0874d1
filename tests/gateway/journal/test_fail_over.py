"""Two real servers of PostgreSQL in one URL: what one has confirmed is there when the other takes its place."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.adjustments import Draft, Record, Settlement, Status, Verdict
from gateway.errors import GatewayError
from gateway.journal import Journal
from tests.deadlines import DEADLINE
from tests.standby import Pair, pair

WORKERS, BEFORE, AFTER = 12, 120, 60


@pytest.fixture(scope="module")
def servers() -> Iterator[Pair]:
    """Both servers; the last test here ends one of them."""
    with pair() as servers:
        yield servers


async def persistently(ask: Callable[[], Any]) -> Any:
    """What it gives once the journal is there again."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                return await ask()
            except GatewayError:
                await asyncio.sleep(0.01)


def test_a_standby_that_nobody_waits_for(servers: Pair, clock: Any, runner: asyncio.Runner) -> None:
    """With several servers, a journal whose commits wait for no standby says so, and no more once they do."""
    servers.wait_for_standbys("")
    journal = Journal.open(servers.url, owner="a", clock=clock, render=lambda record: None)
    [why] = journal.not_promised
    assert "synchronous_standby_names" in why
    servers.wait_for_standbys("*")
    runner.run(journal.ready())
    assert journal.not_promised == ()
    runner.run(journal.close())


def test_what_was_confirmed_outlives_its_server(
    servers: Pair, clock: Any, draft: Callable[..., Draft], runner: asyncio.Runner
) -> None:
    """Under load the primary dies and its synchronous standby is promoted: every claim and every outcome that was
    confirmed is kept, each once; and the journal says from then on that no standby confirms any more."""
    journal = Journal.open(servers.url, owner="a", clock=clock, render=lambda record: None)
    assert journal.not_promised == ()
    claimed: list[Record] = []
    settled: list[Record] = []
    keys = iter(range(100_000))
    enough, promoted = asyncio.Event(), asyncio.Event()

    async def one(number: int) -> None:
        wanted = draft(key=f"key-{number}")
        record, ours = await persistently(lambda: journal.claim(wanted))
        if ours:  # else it was taken back, as its caller was refused
            claimed.append(record)
            concluded = await persistently(lambda: journal.conclude(Settlement(record, Verdict.APPLIED, {})))
            settled.append(concluded.record)

    async def load() -> None:
        while not promoted.is_set() or len(settled) < BEFORE + AFTER:
            await one(next(keys))
            if len(settled) >= BEFORE:
                enough.set()

    async def body() -> None:
        workers = [asyncio.ensure_future(load()) for _ in range(WORKERS)]
        async with asyncio.timeout(DEADLINE):
            await enough.wait()
            await asyncio.to_thread(servers.fail_over)
            promoted.set()
            await asyncio.gather(*workers)
        for record in claimed:
            found = await journal.get(None, record.draft.id)
            assert found is not None
            assert found.state.status is Status.SUCCEEDED
            assert [step.after for step in await journal.history(record.draft.id)] == ["in_progress", "succeeded"]
        await journal.ready()

    runner.run(body())
    assert len({record.draft.key for record in claimed}) == len(claimed) == len(settled)
    assert len(journal.not_promised) == 1
    runner.run(journal.close())
