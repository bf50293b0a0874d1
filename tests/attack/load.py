"""Random load on gateways that keep dying, beside a vendor and a network that fail, and what is known afterwards."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from gateway.journal.inspection import Inspection, inspect
from tests.attack import configuration, ledger, testimony
from tests.attack.caller import Caller
from tests.attack.checker import violations
from tests.attack.configuration import LENIENCE, REMEMBERED, SEARCHED, TIMEOUT
from tests.attack.events import Reader
from tests.attack.figures import Figures
from tests.attack.keeper import Keeper, Serving
from tests.attack.pausing import Operator
from tests.attack.process import Process
from tests.attack.proxy import Fault, Proxy
from tests.attack.reloading import Changes
from tests.attack.removing import Remover
from tests.attack.reversing import reversals
from tests.attack.testimony import Asked, Testimony, Word
from tests.deadlines import scaled

CALLERS = 16
OUTAGE = scaled(0.1)
"""Seconds for which the network refuses connections now and then."""

SEARCHING, LOOKS = scaled(300), 0.2
"""Seconds in which everything is settled that can be searched for, and between looks at whether it is.

Each search that fails, as many do beside much other work, makes the pause before the next one twice as long.
"""

KEYS_PER_OUTAGE = 150
KEYS_PER_RELOAD = 20
SECONDS_PER_KEY = 0.5
"""Far more than one takes; past that, and a minute, a run is given up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to do: at least so many keys and kills. `store` is the journal's URL, `spare` as for `Proxy`.

    `halfway` is done once, under load, in a thread: the journal may be away meanwhile.
    """

    keys: int
    kills: int
    store: str
    seed: int
    gateways: int = 1
    spare: bool = True
    halfway: Callable[[], None] | None = None


async def run(plan: Plan, folder: Path) -> Figures:
    """Do it, in a folder of its own. Raises `TimeoutError` where it comes to no end."""
    begun = time.monotonic()
    longest = scaled(60 + plan.keys * SECONDS_PER_KEY + plan.kills * 5) + 2 * SEARCHING
    async with asyncio.timeout(longest), AsyncExitStack() as stack:
        vendor, port = await stack.enter_async_context(_vendor(plan, folder))
        proxy = Proxy(port, Random(f"{plan.seed} network"), late=TIMEOUT * 1.5, spare=plan.spare)
        proxy.listen()
        stack.push_async_callback(proxy.close)
        load = _Load(plan, folder, proxy)
        stack.push_async_callback(load.close)
        await load.run()
        await proxy.close()
        await vendor.stop()
        evidence, reloads = await load.testimony(), await load.reloads()
    faults = {fault.value: number for fault, number in proxy.faults.items() if fault is not Fault.NONE}
    seconds, pauses = time.monotonic() - begun, load.operator.pauses
    return Figures(evidence, violations(evidence), load.ends, faults, seconds, load.set_back, reloads, pauses)


@asynccontextmanager
async def _vendor(plan: Plan, folder: Path) -> AsyncIterator[tuple[Process, int]]:
    arguments = ("--ledger", folder / "ledger.jsonl", "--seed", plan.seed, "--remembers", REMEMBERED + LENIENCE)
    process = await Process.begin("tests.attack.vendor", *arguments, log=folder / "vendor.log")
    try:
        yield process, json.loads(await process.first_line())["port"]
    finally:
        await process.kill()


class _Load:
    """The callers and the gateways of one run."""

    def __init__(self, plan: Plan, folder: Path, proxy: Proxy) -> None:
        self._plan = plan
        self._ledger = folder / "ledger.jsonl"
        self._proxy = proxy
        self._numbers = count(1)
        self._asked: list[Asked] = []
        self._serving = Serving()
        self._caller = Caller(self._serving, plan.seed)
        self._remover = Remover(plan.store, plan.seed)
        self.reader = Reader(self._serving, plan.seed)
        config = configuration.write(folder, store=plan.store, vendor=proxy.port, search=True)
        self._changes = Changes(config, Random(f"{plan.seed} reloads"))
        self._logs = [folder / f"gateway-{number}.log" for number in range(plan.gateways)]
        self.operator = Operator(
            config=config, store=plan.store, log=folder / "operator.log", random=Random(f"{plan.seed} operator")
        )
        self._keepers = [
            Keeper(
                config=config,
                ledger=self._ledger,
                log=self._logs[number],
                serving=self._serving,
                random=Random(f"{plan.seed} gateway {number}"),
                life=max(1, plan.keys // max(1, plan.kills)),
                alone=plan.store.startswith("sqlite") and plan.gateways == 1,
            )
            for number in range(plan.gateways)
        ]

    @property
    def ends(self) -> Counter[str]:
        """How the lives of all gateways ended."""
        return sum((keeper.ends for keeper in self._keepers), Counter())

    @property
    def set_back(self) -> int:
        """How often the clock of a gateway was set back."""
        return sum(keeper.set_back for keeper in self._keepers)

    async def reloads(self) -> dict[str, int]:
        """How many reloads of gateways were done, and how many refused."""
        refused = sum(log.read_text("utf-8", "replace").count("a reload was refused") for log in self._logs)
        return {"done": await testimony.reloads(self._plan.store), "refused": refused}

    async def run(self) -> None:
        """Ask for every key while gateways die, then once more for each while they do not, and stop them."""
        share = -(-self._plan.kills // self._plan.gateways)
        reading = asyncio.create_task(self.reader.read())
        async with self.operator.working():
            await _together(
                *(self._live(keeper, share) for keeper in self._keepers), *(self._call() for _ in range(CALLERS))
            )
        again = iter([[asked] for asked in (*self._asked, *self._caller.anew)])
        await _together(*(self._call_again(lambda: next(again, None)) for _ in range(CALLERS)))
        await self._searched()
        # Nothing is under way now: what is refused for want of points is refused by what was taken back, or may be.
        refused = iter(self._caller.refused(self._asked))
        await _together(*(self._call_again(lambda: next(refused, None)) for _ in range(CALLERS)))
        await self._searched()
        reading.cancel()
        await asyncio.wait([reading])
        await self.reader.to_the_end(self._plan.store)
        for keeper in self._keepers:
            await keeper.stop()

    async def _searched(self) -> None:
        """Return once everything is settled that can be searched for, or was given the time for it."""
        until = time.monotonic() + SEARCHING
        store = self._plan.store
        while time.monotonic() < until and await testimony.unknown_at(store, SEARCHED):  # noqa: ASYNC110 (other processes write)
            await asyncio.sleep(LOOKS)

    async def testimony(self) -> Testimony:
        """What is known, once everything has ended."""
        kept = await testimony.kept(self._plan.store)
        # Every key was asked to the end, so that nothing may be in progress now.
        over = max(each.record.lease_until for each in kept)
        asked, book = [*self._asked, *self._caller.anew], ledger.read(self._ledger)
        found = inspect(self._plan.store, Inspection())
        broken = [f"{each.id}: {each.invariant}: {each.detail}" for each in found]
        begun = tuple(self.operator.begun)
        read, away = (self.reader.passes, self.reader.there), self._plan.halfway is not None
        return Testimony(asked, self._caller.heard, kept, book, over, SEARCHED, begun, broken, *read, away)

    async def close(self) -> None:
        """End what still runs."""
        await self._caller.close()
        await self._remover.close()
        await self.reader.close()
        for keeper in self._keepers:
            await keeper.close()

    async def _live(self, keeper: Keeper, kills: int) -> None:
        await keeper.live(kills)
        await keeper.serve()

    async def _call(self) -> None:
        while len(self._asked) < self._plan.keys or any(not keeper.at_rest for keeper in self._keepers):
            asked = configuration.asked(next(self._numbers), self._plan.seed)
            self._asked.append(asked)
            if len(self._asked) == self._plan.keys // 2 and self._plan.halfway is not None:
                await self._halfway(self._plan.halfway)
            if len(self._asked) % KEYS_PER_OUTAGE == 0:
                await self._outage()
            if len(self._asked) % KEYS_PER_RELOAD == 0:
                self._changes.make()
                for keeper in self._keepers:
                    keeper.reload()
            ended = await self._caller.carry(asked)
            if ended.adjustment is not None:
                succeeded = ended.word is Word.SUCCEEDED
                taken = reversals(asked, ended.adjustment, succeeded=succeeded, seed=self._plan.seed)
                self._asked += taken
                await _together(
                    self._remover.remove(asked, ended.adjustment), *(self._caller.carry(each) for each in taken)
                )

    async def _call_again(self, following: Callable[[], Sequence[Asked] | None]) -> None:
        while (several := following()) is not None:
            for asked in several:
                await self._caller.ask_to_the_end(asked)

    async def _halfway(self, happens: Callable[[], None]) -> None:
        self._serving.away = True
        for keeper in self._keepers:
            keeper.shaken = True
        await asyncio.to_thread(happens)
        self._serving.away = False

    async def _outage(self) -> None:
        self._proxy.refuse()
        await asyncio.sleep(OUTAGE)
        self._proxy.listen()


async def _together(*work: Coroutine[Any, Any, None]) -> None:
    async with asyncio.TaskGroup() as group:
        for each in work:
            group.create_task(each)
