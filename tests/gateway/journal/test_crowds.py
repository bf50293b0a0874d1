"""More than the journal can keep soon: what is done first, what is refused, and that keys are answered all the same."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from gateway.adjustments import Draft, Record, Settlement, Verdict
from gateway.errors import Overloaded, StoreUnavailable
from gateway.journal import Journal, batch
from tests.deadlines import DEADLINE

Drafts = Callable[..., Draft]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a second passes while a thousand claims are made: that is not what is tested here."""
    monkeypatch.setattr(batch, "STALLED", DEADLINE)


class Halting:
    """Renders no answer, and halts the journal's writer there until it is let go on."""

    def __init__(self) -> None:
        self.halted = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, record: Record) -> None:
        self.halted.set()
        assert self.go_on.wait(DEADLINE)


def applied(record: Record) -> Settlement:
    return Settlement(record, Verdict.APPLIED, {})


class Line:
    """A journal whose writer halts in a settlement."""

    def __init__(self, opener: Any, draft: Drafts) -> None:
        self.halting = Halting()
        self.journal: Journal = opener(render=self.halting)
        self.draft = draft

    async def halted(self) -> "asyncio.Task[Any]":
        """Halt the writer: the settlement in which it is."""
        record, _ = await self.journal.claim(self.draft())
        settling = asyncio.create_task(self.journal.conclude(applied(record)))
        await asyncio.to_thread(self.halting.halted.wait, DEADLINE)
        return settling

    async def waiting(self, count: int) -> "list[asyncio.Task[Any]]":
        """So many claims that wait."""
        claims = [asyncio.create_task(self.journal.claim(self.draft())) for _ in range(count)]
        await asyncio.sleep(0)
        return claims


def on_line(runner: asyncio.Runner, line: Line, body: Callable[[Line], Any]) -> None:
    async def bounded() -> None:
        try:
            async with asyncio.timeout(DEADLINE):
                await body(line)
        finally:
            line.halting.go_on.set()

    runner.run(bounded())


def test_attempts_end_before_others_begin(opener: Any, draft: Drafts, runner: asyncio.Runner) -> None:
    """Of more than a batch holds, settlements are kept first, whatever came before them."""

    async def body(line: Line) -> None:
        known, _ = await line.journal.claim(draft())
        settling = await line.halted()
        claims = await line.waiting(batch.MOST + 50)
        ended = asyncio.create_task(line.journal.conclude(applied(known)))
        await asyncio.sleep(0)
        line.halting.go_on.set()
        await settling
        await ended
        assert not claims[-1].done(), "the last of those that began earlier is in a later batch"
        claimed = await asyncio.gather(*claims)
        assert all(ours for _, ours in claimed)

    on_line(runner, Line(opener, draft), body)


def test_no_more_than_can_be_kept_soon(opener: Any, draft: Drafts, runner: asyncio.Runner) -> None:
    """Past two batches a new key and a further attempt are refused, and stay free; a known key is found, and attempts
    end as ever."""

    async def body(line: Line) -> None:
        known = draft()
        record, _ = await line.journal.claim(known)
        settling = await line.halted()
        claims = await line.waiting(2 * batch.MOST)
        refused = draft()
        with pytest.raises(Overloaded):
            await line.journal.claim(refused)
        with pytest.raises(Overloaded):
            await line.journal.retry(record, 5.0, account="")
        assert await line.journal.claim(known) == (record, False)
        ended = asyncio.create_task(line.journal.conclude(applied(record)))
        await asyncio.sleep(0)
        line.halting.go_on.set()
        await asyncio.gather(settling, ended, *claims)
        assert (await line.journal.claim(refused))[1]

    on_line(runner, Line(opener, draft), body)


def test_a_journal_that_stands_still(
    opener: Any, draft: Drafts, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nothing has come of what waits for a while, no attempt begins, however few wait."""

    async def body(line: Line) -> None:
        settling = await line.halted()
        [claim] = await line.waiting(1)
        monkeypatch.setattr(batch, "STALLED", -1.0)
        with pytest.raises(StoreUnavailable):
            await line.journal.claim(draft())
        line.halting.go_on.set()
        await asyncio.gather(settling, claim)
        assert (await line.journal.claim(draft()))[1]

    on_line(runner, Line(opener, draft), body)
