"""The cache of balances: one read for all who ask at once, nothing from before a write to who asked after it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gateway.model import Member
from gateway.service.cache import MemberCache
from gateway.service.work import Work
from tests.deadlines import DEADLINE

JASON = Member("email", "jason@example.com")
OTHER = Member("email", "other@example.com")
Answer = tuple[str, bool]


class Bench:
    """A cache on a clock that the tests turn, and a source whose every read is answered by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.reads: list[asyncio.Future[str]] = []
        self.cache: MemberCache[str] = MemberCache(clock=lambda: self.now, begin=Work().begin)

    async def _read(self) -> str:
        self.reads.append(asyncio.get_running_loop().create_future())
        return await self.reads[-1]

    async def ask(self, member: Member = JASON, key: str = "base", max_age: float = 30.0) -> asyncio.Task[Answer]:
        """Somebody who asks, and has come as far as it goes."""
        task = asyncio.create_task(self.cache.get(member, key, max_age, self._read))
        for _ in range(3):
            await asyncio.sleep(0)
        return task

    async def known(self, value: str) -> None:
        """Have a value kept."""
        task = await self.ask()
        self.reads[-1].set_result(value)
        assert await task == (value, False)


def on_bench(body: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE):
            await body(Bench())

    asyncio.run(bounded())


def test_a_value_is_kept_for_so_long() -> None:
    """Up to its age it is given without a read, and past it a new one is made."""

    async def body(bench: Bench) -> None:
        await bench.known("5")
        bench.now = 30.0
        assert await (await bench.ask()) == ("5", True)
        bench.now = 30.1
        task = await bench.ask()
        bench.reads[1].set_result("6")
        assert await task == ("6", False)

    on_bench(body)


def test_age_counts_from_the_beginning_of_the_read() -> None:
    """The vendor may have looked at any moment since."""

    async def body(bench: Bench) -> None:
        task = await bench.ask()
        bench.now = 20.0
        bench.reads[0].set_result("5")
        await task
        bench.now = 31.0
        repeated = await bench.ask()
        assert len(bench.reads) == 2
        bench.reads[1].set_result("6")
        await repeated

    on_bench(body)


def test_all_who_ask_at_once_share_one_read() -> None:
    """Fifty misses are one call; another key or another member is another."""

    async def body(bench: Bench) -> None:
        tasks = [await bench.ask() for _ in range(50)]
        others = [await bench.ask(key="bonus"), await bench.ask(OTHER)]
        assert len(bench.reads) == 3
        for read in bench.reads:
            read.set_result("5")
        assert await asyncio.gather(*tasks, *others) == [("5", False)] * 52

    on_bench(body)


def test_who_caused_a_read_may_leave() -> None:
    """The others get their answer all the same, and it is kept."""

    async def body(bench: Bench) -> None:
        first, second = await bench.ask(), await bench.ask()
        first.cancel()
        await asyncio.wait([first])
        bench.reads[0].set_result("5")
        assert await second == ("5", False)
        assert await (await bench.ask()) == ("5", True)

    on_bench(body)


def test_an_error_is_everybodys_and_is_not_kept() -> None:
    """All who waited hear it; the next who asks asks the vendor."""

    async def body(bench: Bench) -> None:
        tasks = [await bench.ask() for _ in range(3)]
        bench.reads[0].set_exception(LookupError("gone"))
        for task in tasks:
            with pytest.raises(LookupError):
                await task
        await bench.known("5")

    on_bench(body)


def test_a_write_drops_what_is_kept() -> None:
    """Of that member, and of no other."""

    async def body(bench: Bench) -> None:
        await bench.known("5")
        bench.cache.drop(OTHER)
        assert await (await bench.ask()) == ("5", True)
        bench.cache.drop(JASON)
        await bench.known("6")

    on_bench(body)


def test_a_read_from_before_a_write_is_not_kept() -> None:
    """Who waited already is told; the next one is told something newer."""

    async def body(bench: Bench) -> None:
        early = await bench.ask()
        bench.cache.drop(JASON)
        bench.reads[0].set_result("5")
        assert await early == ("5", False)
        await bench.known("6")

    on_bench(body)


def test_who_asks_after_a_write_does_not_join_a_read_from_before_it() -> None:
    """Not even while that is still on its way, in whichever order the two come back."""

    async def body(bench: Bench) -> None:
        early = await bench.ask()
        bench.cache.drop(JASON)
        late = await bench.ask()
        bench.reads[1].set_result("6")
        assert await late == ("6", False)
        bench.reads[0].set_result("5")
        assert await early == ("5", False)
        assert await (await bench.ask()) == ("6", True)

    on_bench(body)


def test_a_read_that_has_taken_too_long_is_not_joined() -> None:
    """Its answer could be older than the route allows; and coming last, it does not replace the newer one."""

    async def body(bench: Bench) -> None:
        slow = await bench.ask(max_age=1.0)
        bench.now = 2.0
        quick = await bench.ask(max_age=1.0)
        bench.reads[1].set_result("6")
        assert await quick == ("6", False)
        bench.reads[0].set_result("5")
        assert await slow == ("5", False)
        assert await (await bench.ask(max_age=1.0)) == ("6", True)

    on_bench(body)
