"""An operator who pauses and resumes at random, by the command line, and looks whether anything begins meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import OperationalError

from gateway.adjustments import Status
from gateway.journal.database import Database
from gateway.journal.tables import adjustments, transitions
from tests.attack.configuration import VENDORS
from tests.attack.process import Process
from tests.deadlines import DEADLINE, scaled

WHERE = (("all",), ("tenant", "acme"), ("client", "storefront"), *(("vendor", name) for name in VENDORS.values()))
"""What is paused, one at a time."""
HELD, BETWEEN = scaled(0.4), scaled(1)
"""Seconds of a pause, and between two, at most."""
AWAY = 0.1
"""Seconds until a journal that does not answer is asked again."""
_BEGUN = or_(
    and_(
        transitions.c.after == Status.IN_PROGRESS.value,
        or_(transitions.c.before.is_(None), transitions.c.before == Status.FAILED.value),
    ),
    and_(transitions.c.by == "repeat", transitions.c.evidence.like('%"begun":true%')),
)


class Operator:
    """Whoever pauses the gateways of one configuration; `pauses` that were kept, and what has `begun` in them."""

    def __init__(self, *, config: Path, store: str, log: Path, random: Random) -> None:
        self._config = config
        self._store = store
        self._log = log
        self._random = random
        self._over = asyncio.Event()
        self.pauses = 0
        self.begun: list[str] = []

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Pause and resume until the body has ended; nothing is paused afterwards. Where this fails, the body ends."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work())
            yield
            self._over.set()

    async def _work(self) -> None:
        while not self._over.is_set():
            await self._pass(self._random.uniform(0, BETWEEN))
            await self._once(*self._random.choice(WHERE))

    async def _once(self, *words: str) -> None:
        # A command that failed may have been done all the same: it is repeated, so that every pause ends.
        while not await self._run("pause", *words, "--reason", "an attack"):
            pass
        before = await self._attempts(*words)
        await self._pass(self._random.uniform(0, HELD))
        if begun := await self._attempts(*words) - before:
            self.begun.append(f"{' '.join(words)}: {len(begun)} attempts or repeats")
        self.pauses += 1
        while not await self._run("resume", *words):
            pass

    async def _pass(self, seconds: float) -> None:
        """Let so many seconds pass, or fewer where the end has come."""
        try:
            await asyncio.wait_for(self._over.wait(), seconds)
        except TimeoutError:
            return

    async def _run(self, *words: str) -> bool:
        process = await Process.begin("gateway.cli", *words, "--config", self._config, log=self._log)
        try:
            return await process.ended() == 0
        finally:
            await process.kill()

    async def _attempts(self, kind: str, name: str = "") -> set[int]:
        """The attempts and repeats that have begun where this is a pause, by their numbers in the journal's history.

        A purge may take some away meanwhile. While one server follows another, the journal is asked again.
        """
        within = () if kind == "all" else (adjustments.c[kind] == name,)
        found = select(transitions.c.seq).select_from(transitions.join(adjustments)).where(_BEGUN, *within)

        def ask() -> set[int]:
            database = Database.parse(self._store, patience=DEADLINE, clock=lambda: datetime.now(UTC))
            engine = database.reader()
            try:
                with engine.connect() as connection:
                    return set(connection.scalars(found))
            finally:
                engine.dispose()

        end = time.monotonic() + DEADLINE
        while True:
            try:
                return await asyncio.to_thread(ask)
            except OperationalError:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(AWAY)
