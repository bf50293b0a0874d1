"""One gateway that dies at a chosen point, twice, is started again, and is asked for the same keys to the end."""

import asyncio
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from aiohttp import ClientSession

from tests.attack import configuration, ledger, testimony
from tests.attack.acts import Act, Decide
from tests.attack.caller import Impatient, Patience, ask, session
from tests.attack.checker import Violation, violations
from tests.attack.points import RETRIES, SWEEPS, Point
from tests.attack.process import Process
from tests.attack.testimony import Asked, Case, Heard, Testimony, Word
from tests.attack.vendor import Vendor
from tests.deadlines import DEADLINE
from tests.empty_journal import lay

ASKED = {
    Act.APPLY: Asked("key-applied", "contact_id:1", Decimal("2.5")),
    Act.REFUSE: Asked("key-refused", "contact_id:2", Decimal(-7)),
}
"""What is asked for, by what the vendor makes of it in the end."""

ENFORCED = {
    Act.APPLY_THEN_CLOSE: Asked("key-applied", "{}:1", Decimal("2.5")),
    Act.CLOSE: Asked("key-lost", "{}:2", Decimal(-7)),
}
"""What is asked of a vendor that enforces idempotency, by what it makes of the first request; the next one it takes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one point: everything of each key, by what the vendor made of it, and what broke the promise."""

    cases: dict[Act, Case]
    violations: list[Violation]

    def word(self, act: Act) -> Word:
        """The last word that the caller heard."""
        return self.cases[act].heard[-1].word


async def play(point: Point, folder: Path, *, search: bool = False, enforcing: str | None = None) -> Outcome:
    """Die at a point with each key, start again, and ask for every key to the end, and once more.

    `folder` is one of its own. With `search` the vendor is asked for what is unknown, and the end is a final word; so
    it is with `enforcing`, the member scheme by which a vendor is reached that enforces idempotency.
    """
    wanted = ASKED
    if enforcing is not None:
        wanted = {act: replace(each, member=each.member.format(enforcing)) for act, each in ENFORCED.items()}
    async with AsyncExitStack() as stack:
        book = stack.enter_context(closing(ledger.Ledger(folder / "ledger.jsonl")))
        serve = Vendor(book, _decide(point, wanted, once=enforcing is not None)).serve
        server = await stack.enter_async_context(await asyncio.start_server(serve, "127.0.0.1", 0))
        http = await stack.enter_async_context(session())
        port = server.sockets[0].getsockname()[1]
        lay(folder / "journal.db")
        store = f"sqlite:///{folder}/journal.db"
        play = _Play(
            folder, configuration.write(folder, store=store, vendor=port, search=search, remembered=2 * DEADLINE), http
        )
        for where, asked in _deaths(point, wanted):
            await play.die(where, asked)
        await play.end_well(
            wanted.values(), final=search or (enforcing is not None and point is not Point.MARK_UNCOMMITTED)
        )
    kept = await testimony.kept(store)
    over = max(each.record.lease_until for each in kept) + timedelta(seconds=1)
    told = Testimony(list(wanted.values()), play.heard, kept, ledger.read(folder / "ledger.jsonl"), over)
    cases, _, _ = told.cases()
    return Outcome(dict(zip(wanted, cases, strict=True)), violations(told))


def _decide(point: Point, wanted: Mapping[Act, Asked], *, once: bool) -> Decide:
    """What is wanted of each member's requests, or of the first alone (`once`)."""
    acts = {asked.member: act for act, asked in wanted.items()}

    def decide(member: str, before: int) -> Act:
        if once and before > 0:
            return Act.APPLY
        return Act.TOO_MANY if point in RETRIES and before == 0 else acts.get(member, Act.APPLY)

    return decide


def _deaths(point: Point, wanted: Mapping[Act, Asked]) -> Iterator[tuple[Point, Asked | None]]:
    """Where each life ends, and what is asked for in it; a sweep needs something that nobody owns."""
    for asked in wanted.values():
        if point in SWEEPS:
            yield Point.VENDOR_RECEIVED, asked
            yield point, None
        else:
            yield point, asked


class _Play:
    def __init__(self, folder: Path, config: Path, http: ClientSession) -> None:
        self._folder = folder
        self._config = config
        self._http = http
        self.heard: list[Heard] = []

    async def die(self, point: Point, asked: Asked | None) -> None:
        """Live until the gateway has killed itself."""
        process = await self._begin(point)
        try:
            if asked is not None:
                await self._until(await process.first_line(), asked, lambda heard: heard.status is None)
            code = await process.ended()
        except BaseException:
            await process.kill()
            raise
        assert code == -signal.SIGKILL, process.log

    async def end_well(self, wanted: Iterable[Asked], *, final: bool) -> None:
        """Ask for every key until there is an end, and once more; then stop in good order."""
        process = await self._begin(Point.NEVER)
        try:
            url = await process.first_line()
            for asked in wanted:
                await self._until(url, asked, lambda heard: heard.final if final else heard.word is not Word.NOTHING)
                await self._ask(url, asked)
        except Impatient as error:
            error.add_note(process.log)
            raise
        finally:
            code = await process.stop()
        assert code == 0, process.log

    async def _until(self, url: str, asked: Asked, holds: Callable[[Heard], bool]) -> None:
        patience = Patience(asked.key)
        while not holds(heard := await self._ask(url, asked)):
            await patience.pause(heard)

    async def _ask(self, url: str, asked: Asked) -> Heard:
        self.heard.append(await ask(self._http, url, asked))
        return self.heard[-1]

    async def _begin(self, point: Point) -> Process:
        return await Process.begin(
            "tests.attack.doomed",
            *("--config", self._config, "--margin", configuration.MARGIN, "--ledger", self._folder / "ledger.jsonl"),
            *("--die-at", point.value),
            log=self._folder / "gateway.log",
        )
