"""Places in turn: one for each name at a time, nobody waits for ever, and a place that nobody holds is free."""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from gateway.errors import StoreUnavailable
from gateway.journal.lane import Lane
from gateway.journal.places import NoPlace, Places
from tests.deadlines import DEADLINE


async def settled() -> None:
    """Let everything that can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_name_has_one_place_and_others_go_first() -> None:
    """Who came late under another name is served before who came early under the name of one who is busy."""

    async def run() -> list[str]:
        places, served = Places(2, most=9, patience=DEADLINE), list[str]()

        async def take(name: str) -> None:
            await places.take(name)
            served.append(name)

        tasks = [asyncio.create_task(take(name)) for name in ("a", "a", "a", "b", "c", "c")]
        await settled()
        assert served == ["a", "b"]
        for name in ("a", "b", "c", "a"):
            places.give_back(name)
            await settled()
        await asyncio.gather(*tasks)
        return served

    assert asyncio.run(run()) == ["a", "b", "c", "a", "c", "a"]


def test_who_waits_too_long_or_in_too_long_a_queue_has_no_turn() -> None:
    """Both are refused, and whoever is refused leaves the place to others."""

    async def run() -> None:
        places = Places(1, most=1, patience=0.0)
        await places.take("a")
        with pytest.raises(NoPlace):
            await places.take("b")
        patient = Places(1, most=1, patience=DEADLINE)
        await patient.take("a")
        waiting = asyncio.create_task(patient.take("b"))
        await settled()
        with pytest.raises(NoPlace):
            await patient.take("b")
        patient.give_back("a")
        await waiting

    asyncio.run(run())


@given(st.integers(0, 2**32), st.integers(1, 3))
def test_no_place_is_lost(seed: int, places: int) -> None:
    """However callers come, leave and are cancelled, never more hold a place than there are, and all come free."""

    async def run() -> None:
        chance, held = random.Random(seed), Counter[str]()
        some = Places(places, most=3, patience=DEADLINE)

        @asynccontextmanager
        async def place(name: str) -> AsyncIterator[None]:
            await some.take(name)
            held[name] += 1
            assert held[name] == 1
            assert held.total() <= places
            try:
                yield
            finally:
                held[name] -= 1
                some.give_back(name)

        async def caller(name: str) -> None:
            async with place(name):
                for _ in range(chance.randrange(4)):
                    await asyncio.sleep(0)

        tasks = []
        for _ in range(20):
            tasks.append(asyncio.create_task(caller(chance.choice("abc"))))
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(0)
            if chance.random() < 0.4:
                chance.choice(tasks).cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert outcome is None or isinstance(outcome, asyncio.CancelledError | NoPlace)
        for number in range(places):  # all of them are free, at once
            await some.take(f"after-{number}")

    asyncio.run(run())


def test_a_place_is_held_until_its_thread_has_ended() -> None:
    """A caller who leaves frees no place while its read goes on; a lane with a turn to spare serves another name."""

    async def run() -> None:
        lane = Lane(create_engine("sqlite://"), 2, "lane", within=DEADLINE, places=Places(2, most=9, patience=DEADLINE))
        begun, end = threading.Semaphore(0), threading.Event()

        def read(_: object) -> str:
            begun.release()
            assert end.wait(DEADLINE)
            return "read"

        first = asyncio.create_task(lane.run(read, name="a"))
        assert await asyncio.to_thread(begun.acquire, timeout=DEADLINE)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        second = asyncio.create_task(lane.run(read, name="a"))
        assert await lane.run(lambda _: "other", name="b") == "other"
        assert not begun.acquire(blocking=False)
        end.set()
        assert await second == "read"
        await asyncio.to_thread(lane.close)
        with pytest.raises(StoreUnavailable):
            await lane.run(read, name="a")

    asyncio.run(run())
