"""Whether the journal can be used: one question for all who want to know."""

import asyncio

import pytest

from gateway.errors import StoreUnavailable
from gateway.service.readiness import EVERY, Readiness
from tests.deadlines import DEADLINE


class Bench:
    """A journal that answers when it is let go on, and a clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked = 0
        self.fails = False
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.readiness = Readiness(self._ask, clock=lambda: self.now)

    async def _ask(self) -> None:
        self.asked += 1
        await self.go_on.wait()
        if self.fails:
            raise StoreUnavailable("the journal cannot be written")


def test_once_a_second_and_not_twice_at_once() -> None:
    """All who ask while it is being found out, and within a second after, hear one answer; then it is asked anew."""

    async def body() -> None:
        bench = Bench()
        bench.go_on.clear()
        checks = [asyncio.create_task(bench.readiness.check()) for _ in range(50)]
        await asyncio.sleep(0)
        bench.now += 10 * EVERY  # it takes its time, and the second begins with its answer
        checks.append(asyncio.create_task(bench.readiness.check()))
        await asyncio.sleep(0)
        bench.go_on.set()
        await asyncio.gather(*checks)
        await bench.readiness.check()
        assert bench.asked == 1
        bench.now += EVERY
        bench.fails = True
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match="cannot be written"):
                await bench.readiness.check()
        assert bench.asked == 2
        bench.now += EVERY
        bench.fails = False
        await bench.readiness.check()
        assert bench.asked == 3

    asyncio.run(asyncio.wait_for(body(), DEADLINE))


def test_who_leaves_does_not_take_the_answer_along() -> None:
    """A prober that gives up leaves the question to the others."""

    async def body() -> None:
        bench = Bench()
        bench.go_on.clear()
        first, second = (asyncio.create_task(bench.readiness.check()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        bench.go_on.set()
        await second
        assert (first.cancelled(), bench.asked) == (True, 1)

    asyncio.run(asyncio.wait_for(body(), DEADLINE))
