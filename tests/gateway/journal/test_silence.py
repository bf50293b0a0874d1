"""A server of PostgreSQL that accepts and never answers: nobody waits for it long, and nothing is begun in its name."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from gateway.adjustments import Draft, Settlement, State, Status, Verdict
from gateway.errors import StoreUnavailable
from gateway.journal import Journal
from tests.conftest import PostgreSQL
from tests.deadlines import DEADLINE, scaled
from tests.gateway.journal.silence import Way

Drafts = Callable[..., Draft]


@pytest.fixture
def server(postgresql: PostgreSQL) -> Iterator[str]:
    url = postgresql.database()
    yield url
    postgresql.drop(url)


@pytest.fixture
def way(server: str) -> Iterator[Way]:
    way = Way.to(server)
    yield way
    way.close()


@pytest.fixture
def journals(server: str, way: Way, clock: Any, runner: asyncio.Runner) -> Iterator[tuple[Journal, Journal]]:
    """One whose way to the server can fall silent, and one whose way does not."""
    opened = [
        Journal.open(url, owner=owner, clock=clock, render=lambda record: None)
        for owner, url in (("far", way.url(server)), ("near", server))
    ]
    yield opened[0], opened[1]
    way.speak()
    for journal in opened:
        runner.run(journal.close())


async def refused(*asked: Coroutine[Any, Any, Any]) -> None:
    """Raises `AssertionError` unless each is refused by the time that is promised."""
    async with asyncio.timeout(scaled(3)):
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * len(asked)


async def until_ready(journal: Journal) -> None:
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                return await journal.ready()
            except StoreUnavailable:
                await asyncio.sleep(0.01)


def test_everybody_is_refused_in_time(
    journals: tuple[Journal, Journal], way: Way, draft: Drafts, runner: asyncio.Runner
) -> None:
    """Claims, reads and the look whether it can be written end within 3 seconds; then all is well again, and of what
    was refused nothing is under way."""
    far, near = journals

    async def body() -> None:
        record, _ = await far.claim(draft())
        way.silent.set()
        drafts = [draft(key=f"silent-{number}") for number in range(20)]
        await refused(*map(far.claim, drafts), far.ready(), far.find("storefront", "acme", "k"), far.counts())
        way.speak()
        await until_ready(far)
        for each in drafts:
            found = await near.find(each.client, each.tenant, each.key)
            assert found is None or found.state == State(Status.FAILED, retryable=True)
        assert (await far.conclude(Settlement(record, Verdict.APPLIED, {}))).record.state.status is Status.SUCCEEDED

    runner.run(body())


def test_no_more_than_a_few_begin_together(
    journals: tuple[Journal, Journal], way: Way, draft: Drafts, runner: asyncio.Runner
) -> None:
    """While the server says nothing, attempts are refused at once, so that they do not begin together afterwards."""
    far, _ = journals

    async def body() -> None:
        record, _ = await far.claim(draft())
        way.silent.set()
        await refused(far.claim(draft()))
        waiting = asyncio.ensure_future(far.claim(draft()))
        await asyncio.sleep(0)
        begun = time.monotonic()
        for _ in range(100):
            with pytest.raises(StoreUnavailable):
                await far.retry(record, 9.0, account="")
        at_once = time.monotonic() - begun
        await refused(_outcome(waiting))
        assert at_once < time.monotonic() - begun, "they are refused before the one that waits"

    runner.run(body())


async def _outcome(waiting: "asyncio.Future[Any]") -> Any:
    return await waiting


def test_a_commit_without_an_answer(
    journals: tuple[Journal, Journal], way: Way, draft: Drafts, runner: asyncio.Runner
) -> None:
    """A claim that was committed, though nobody was told, is taken back once the server speaks."""
    far, near = journals

    async def body() -> None:
        way.at_commit = True
        one = draft(key="k")
        await refused(far.claim(one))
        way.speak()
        await until_ready(far)
        found = await near.find(one.client, one.tenant, one.key)
        assert found is not None
        assert found.state == State(Status.FAILED, retryable=True)
        assert await near.retry(found, 9.0, account="") is not None

    runner.run(body())
