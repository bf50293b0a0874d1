"""The concurrency limit: how many at once, who waits, and that no place is ever lost."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from gateway.delivery.concurrency import ConcurrencyLimit, NoPlace
from tests.deadlines import DEADLINE, scaled


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE):
            await coroutine

    asyncio.run(bounded())


def far() -> float:
    """A deadline that does not matter."""
    return asyncio.get_running_loop().time() + DEADLINE


async def waiting(limit: ConcurrencyLimit, count: int) -> list[asyncio.Task[None]]:
    """So many tasks that wait for a slot."""
    tasks = [asyncio.create_task(limit.take(far())) for _ in range(count)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)
    return tasks


def test_so_many_at_once() -> None:
    """The next one waits until a slot comes free."""

    async def body() -> None:
        limit = ConcurrencyLimit(2, waiting=5, patience=DEADLINE)
        await limit.take(far())
        await limit.take(far())
        [third] = await waiting(limit, 1)
        limit.release()
        await third

    run(body())


def test_first_come_first_served() -> None:
    """Who has waited longest is next; a newcomer does not overtake."""

    async def body() -> None:
        limit = ConcurrencyLimit(1, waiting=5, patience=DEADLINE)
        await limit.take(far())
        first, second = await waiting(limit, 2)
        limit.release()
        late = asyncio.create_task(limit.take(far()))
        await first
        assert not second.done()
        limit.release()
        await second
        limit.release()
        await late

    run(body())


def test_the_wait_is_bounded() -> None:
    """Past its patience a call gives up, and its place in the queue is free."""

    async def body() -> None:
        limit = ConcurrencyLimit(1, waiting=1, patience=scaled(0.01))
        await limit.take(far())
        for _ in range(3):
            with pytest.raises(NoPlace):
                await limit.take(far())

    run(body())


def test_a_deadline_comes_before_patience() -> None:
    """Who has no time left does not wait."""

    async def body() -> None:
        limit = ConcurrencyLimit(1, waiting=1, patience=DEADLINE)
        await limit.take(far())
        with pytest.raises(NoPlace):
            await limit.take(asyncio.get_running_loop().time())

    run(body())


def test_a_full_queue_refuses_at_once() -> None:
    """Past so many that wait, nobody is kept waiting in vain."""

    async def body() -> None:
        limit = ConcurrencyLimit(1, waiting=2, patience=DEADLINE)
        await limit.take(far())
        tasks = await waiting(limit, 2)
        with pytest.raises(NoPlace):
            await limit.take(far())
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    run(body())


def test_who_leaves_takes_no_slot_along() -> None:
    """A waiter that is cancelled, before or just as a slot came to it, leaves every slot to the others."""

    async def body() -> None:
        limit = ConcurrencyLimit(1, waiting=5, patience=DEADLINE)
        await limit.take(far())
        before, just_then, last = await waiting(limit, 3)
        before.cancel()
        limit.release()  # to the second: the first one's place is given up already
        just_then.cancel()
        await last
        limit.release()
        await limit.take(far())

    run(body())


def test_a_slot_that_comes_too_late_is_the_next_ones() -> None:
    """Where patience ends in the moment in which the slot comes, it is not lost."""

    async def body() -> None:
        limit = ConcurrencyLimit(1, waiting=5, patience=DEADLINE)
        await limit.take(far())
        loop = asyncio.get_running_loop()
        hasty = asyncio.create_task(limit.take(loop.time() + scaled(0.01)))
        patient = asyncio.create_task(limit.take(far()))
        await asyncio.wait([hasty], return_when=asyncio.FIRST_COMPLETED)
        limit.release()
        await patient
        with pytest.raises(NoPlace):
            await hasty

    run(body())


def test_clients_take_turns() -> None:
    """Who asks for many places waits behind its own calls, and not before everybody else's."""

    async def body() -> None:
        limit = ConcurrencyLimit(1, waiting=9, patience=DEADLINE)
        await limit.take(far())
        served: list[str] = []

        async def call(client: str) -> None:
            await limit.take(far(), client)
            served.append(client)
            limit.release()

        calls = [asyncio.create_task(call(client)) for client in "aaaab"]
        await asyncio.sleep(0)
        limit.release()
        await asyncio.gather(*calls)
        assert served == ["a", "b", "a", "a", "a"]

    run(body())


def test_a_full_queue_has_room_for_who_has_less() -> None:
    """The newest call of the client with most is refused at once where another client needs its place."""

    async def body() -> None:
        limit = ConcurrencyLimit(1, waiting=2, patience=DEADLINE)
        await limit.take(far())
        first, second = await waiting(limit, 2)
        other = asyncio.create_task(limit.take(far(), "other"))
        with pytest.raises(NoPlace):
            await second
        with pytest.raises(NoPlace):
            await limit.take(far(), "other")
        limit.release()
        await first
        limit.release()
        await other

    run(body())


def test_who_is_cancelled_as_it_gives_way_takes_no_slot_along() -> None:
    """A call that loses its place in the moment in which its caller gives it up frees no slot that it never had."""

    async def body() -> None:
        limit = ConcurrencyLimit(1, waiting=2, patience=DEADLINE)
        await limit.take(far())
        _, second = await waiting(limit, 2)
        other = asyncio.create_task(limit.take(far(), "other"))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        assert not other.done()
        other.cancel()
        await asyncio.wait([other])

    run(body())


def test_more_places_at_once() -> None:
    """Where there are more of them, those who wait have them, in their order."""

    async def body() -> None:
        limit = ConcurrencyLimit(1, waiting=5, patience=DEADLINE)
        await limit.take(far())
        first, second, third = await waiting(limit, 3)
        limit.resize(3, waiting=5, patience=DEADLINE)
        await asyncio.gather(first, second)
        assert not third.done()
        limit.release()
        await third

    run(body())


def test_fewer_places_end_no_call() -> None:
    """Calls under way go on; none begins until fewer are under way than there are places now."""

    async def body() -> None:
        limit = ConcurrencyLimit(3, waiting=5, patience=DEADLINE)
        for _ in range(3):
            await limit.take(far())
        [next_one] = await waiting(limit, 1)
        limit.resize(1, waiting=5, patience=DEADLINE)
        for _ in range(2):
            limit.release()
            await asyncio.sleep(0)
            assert not next_one.done()
        limit.release()
        await next_one
        limit.release()
        await limit.take(far())
        await waiting(limit, 1)

    run(body())


def test_another_queue_and_patience() -> None:
    """How many may wait, and for how long, counts for those who come after the change."""

    async def body() -> None:
        limit = ConcurrencyLimit(1, waiting=3, patience=DEADLINE)
        await limit.take(far())
        tasks = await waiting(limit, 3)
        limit.resize(1, waiting=2, patience=scaled(0.01))
        with pytest.raises(NoPlace):
            await limit.take(far())
        limit.release()
        limit.release()
        await asyncio.gather(*tasks[:2])
        with pytest.raises(NoPlace):
            await limit.take(far())
        limit.release()
        await tasks[2]

    run(body())
