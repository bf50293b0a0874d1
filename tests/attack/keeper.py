"""Keeps one gateway running through many lives, and sees to it that most of them end badly."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from tests.attack.configuration import MARGIN, TIMEOUT
from tests.attack.points import MARKS, REPEATS, RETRIES, SWEEPS, Point
from tests.attack.process import Ended, Process
from tests.deadlines import scaled

Choose = Callable[[list["Keeper"]], "Keeper"]

KILLED = "kill -9 from outside"
FROZEN = "frozen past every lease, later kill -9"
STOPPED = "SIGTERM"
RARE = 8
"""One key in so many is tried a second time, or is repeated; more are marked."""

SET_BACK = scaled(8)
"""Seconds by which the clock of a gateway is set back between two lives, now and then; it is never set forward.

More than the time for which the vendor remembers a key longer than it is relied on: what is repeated too late is found.
"""

DOWN = SET_BACK + scaled(1)
"""Seconds for which no gateway runs every second time: the next one finds a later time than any before."""

SET_BACKS = 10
"""One life in so many begins with a clock that was set back."""

SIGNALS = {KILLED: signal.SIGKILL, FROZEN: signal.SIGSTOP, STOPPED: signal.SIGTERM}
ENDS = (*(3 * [KILLED]), *(2 * [FROZEN, STOPPED]), *(point.value for point in Point if point is not Point.NEVER))

ETERNITY = 5000
"""Answers past the end of a life that show that it has none."""

FREEZE = 2 * (TIMEOUT + MARGIN)
"""Seconds for which a gateway stands still: every lease runs out meanwhile."""


class Serving:
    """The gateways that serve at the moment; `away`: no journal can be opened now."""

    def __init__(self) -> None:
        self.away = False
        self._keepers: list[Keeper] = []
        self._changed = asyncio.Condition()

    async def any(self, choose: Choose) -> "Keeper":
        """One of them; waits until there is one."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._keepers)
            return choose(self._keepers)

    async def add(self, keeper: "Keeper") -> None:
        """One more serves."""
        async with self._changed:
            self._keepers.append(keeper)
            self._changed.notify_all()

    async def remove(self, keeper: "Keeper") -> None:
        """One serves no more."""
        async with self._changed:
            if keeper in self._keepers:
                self._keepers.remove(keeper)


class Keeper:
    """One gateway; `ends` counts how its lives ended, `set_back` how often its clock was set back.

    `life`: answers in the middle between two ends. `alone`: its clock is the journal's, and nobody else's. `shaken`:
    the journal was away in its present life, so that it may have found none to open.
    """

    def __init__(
        self, *, config: Path, ledger: Path, log: Path, serving: Serving, random: Random, life: int, alone: bool = False
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._log = log
        self._serving = serving
        self._random = random
        self._life = life
        self._left = 0
        self._deadly: int | None = None
        self._process: Process | None = None
        self._at_rest = False
        self.url = ""
        self.ends: Counter[str] = Counter()
        self._alone = alone
        self.set_back = 0
        self.shaken = False

    @property
    def kills(self) -> int:
        """How many of its lives ended by SIGKILL."""
        return sum(number for end, number in self.ends.items() if end != STOPPED)

    @property
    def at_rest(self) -> bool:
        """Whether it has begun the life that nothing ends but `stop`."""
        return self._at_rest

    def answered(self, url: str) -> None:
        """Count an answer from `url`, which may have been the last; one of an earlier life may come late."""
        if url != self.url:
            return
        self._left -= 1
        assert self._at_rest or self._left > -ETERNITY, "it lives on past its end"
        if self._left != 0 or self._deadly is None or self._process is None:
            return
        self._process.signal(self._deadly)
        if self._deadly == signal.SIGSTOP:
            asyncio.get_running_loop().call_later(FREEZE, self._process.signal, signal.SIGCONT)
            self._left, self._deadly = self._life, signal.SIGKILL

    def reload(self) -> None:
        """Have it read its configuration again, where it serves."""
        if self.url and self._process is not None:
            self._process.signal(signal.SIGHUP)

    async def live(self, kills: int) -> None:
        """Go from life to life until so many have ended by SIGKILL."""
        while self.kills < kills:
            await self._one_life()

    async def serve(self) -> None:
        """Begin a life that nothing ends but `stop`."""
        self.url = ""  # it is not told to reload before it serves: that would end it
        self._at_rest, self._deadly = True, None
        while True:
            self._process = await self._begun(Point.NEVER, 1)
            try:
                return await self._serves(self._process)
            except Ended:
                if not self.shaken:
                    raise

    async def stop(self) -> None:
        """End that life in good order. Raises `AssertionError` where it ends otherwise."""
        assert self._process is not None
        await self._serving.remove(self)
        code = await self._process.stop()
        assert code == 0, f"exit code {code}: {self._process.log}"

    async def close(self) -> None:
        """End whatever life it has."""
        if self._process is not None:
            await self._process.kill()

    async def _one_life(self) -> None:
        self.url = ""  # what is still heard of the last life does not count
        end = self._random.choice(ENDS)
        self._left = self._random.randint(1, 2 * self._life)
        if self._alone and self._random.randrange(SET_BACKS) == 0:
            self.set_back += 1
            await asyncio.sleep(DOWN * self._random.randrange(2))
        self._deadly = SIGNALS.get(end)
        point = Point.NEVER if self._deadly else Point(end)
        passes = (
            self._random.randint(1, 3)
            if point in SWEEPS
            else max(1, self._left // (RARE if point in (*MARKS, *RETRIES, *REPEATS) else 1))
        )
        self._process = await self._begun(point, passes)
        with suppress(Ended):  # a sweep may come sooner
            await self._serves(self._process)
        code = await self._process.ended(within=None)
        await self._serving.remove(self)
        if self.shaken and code == 1:
            return
        expected = 0 if end == STOPPED else -signal.SIGKILL
        assert code == expected, f"{end}: exit code {code}: {self._process.log}"
        self.ends[end] += 1

    async def _begun(self, point: Point, passes: int) -> Process:
        self.shaken = self._serving.away
        return await Process.begin(
            "tests.attack.doomed",
            *("--config", self._config, "--margin", MARGIN, "--ledger", self._ledger),
            *("--die-at", point.value, "--passes", passes, "--behind", self.set_back * SET_BACK),
            log=self._log,
        )

    async def _serves(self, process: Process) -> None:
        self.url = await process.first_line()
        await self._serving.add(self)
