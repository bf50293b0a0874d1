"""Work of the gateway's own: it outlives whoever asked for it, and a shutdown waits for it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gateway.service.work import Work
from tests.deadlines import DEADLINE


def running(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run an async test with a deadline."""

    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE):
            await test()

    asyncio.run(bounded())


def test_a_caller_who_leaves_stops_nothing() -> None:
    """Cancelling whoever waits does not cancel the work."""

    async def test() -> None:
        work, begun, go, done = Work(), asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def piece() -> None:
            begun.set()
            await go.wait()
            done.set()

        caller = asyncio.create_task(work.run(piece()))
        await begun.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        go.set()
        assert await work.drain(DEADLINE) == 0
        assert done.is_set()

    running(test)


def test_a_fault_is_the_callers_to_hear() -> None:
    """What the work raises reaches whoever waits, and does no harm where nobody does."""

    async def test() -> None:
        async def piece() -> None:
            raise ValueError("broken")

        work = Work()
        with pytest.raises(ValueError, match="broken"):
            await work.run(piece())
        work.begin(piece())
        assert await work.drain(DEADLINE) == 0

    running(test)


def test_a_drain_ends_what_does_not_end() -> None:
    """What is left at the end of a drain is cancelled, and counted once it has recorded that."""

    async def test() -> None:
        work, recorded = Work(), asyncio.Event()

        async def stubborn() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                recorded.set()

        work.begin(stubborn())
        await asyncio.sleep(0)  # one turn of the loop, so that it has begun
        assert await work.drain(0) == 1
        assert recorded.is_set()

    running(test)


def test_work_is_cut_once() -> None:
    """A second drain waits for what the first has cut, and does not cut it again while that records its outcome."""

    async def test() -> None:
        work, recording, recorded = Work(), asyncio.Event(), asyncio.Event()

        async def stubborn() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                recording.set()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                recorded.set()

        work.begin(stubborn())
        await asyncio.sleep(0)
        first = asyncio.ensure_future(work.drain(0))
        await recording.wait()
        assert await work.drain(0) == 0
        assert recorded.is_set()
        assert await first == 1

    running(test)


def test_an_empty_drain() -> None:
    """Without work there is nothing to wait for."""

    async def test() -> None:
        assert await Work().drain(DEADLINE) == 0

    running(test)
