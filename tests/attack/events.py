"""An app that reads the feed of events while gateways die, and what is wrong with what it read."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from aiohttp import ClientError

from gateway.adjustments import Status, Transition
from tests.attack import testimony
from tests.attack.caller import session
from tests.attack.keeper import Serving
from tests.attack.testimony import Case

PAUSE = 0.05
"""Seconds before the feed is read again."""
Pass = list[tuple[str, int]]
"""What was read from a beginning on, in its order: each event's adjustment and number."""


class Reader:
    """Reads the feed from one gateway after another, page after page; `passes` is what it read.

    Where it is told that events were purged behind it, it begins anew.
    """

    def __init__(self, serving: Serving, seed: int) -> None:
        self._serving = serving
        self._random = Random(f"{seed} reader")
        self._http = session()
        self._last: str | None = None
        self.passes: list[Pass] = [[]]
        self.there: dict[str, int] = {}
        """How many steps each adjustment had before the feed was read to its end; what comes later may be missed."""

    async def read(self) -> None:
        """Read on until this is cancelled."""
        while True:
            if not await self._page():
                await asyncio.sleep(PAUSE)

    async def to_the_end(self, store: str) -> None:
        """Read until all that the journal at `store` has is published and read."""
        self.there = {each.record.draft.id: len(each.history) for each in await testimony.kept(store)}
        published = False
        while not published or await self._page():
            published = await testimony.all_is_published(store)
            if not published:
                await self._page()
                await asyncio.sleep(PAUSE)

    async def close(self) -> None:
        """Close its connections."""
        await self._http.close()

    async def _page(self) -> bool:
        """Read one page; gives whether there may be more."""
        keeper = await self._serving.any(self._random.choice)
        query = {} if self._last is None else {"after": self._last}
        with suppress(ClientError, TimeoutError, OSError, ValueError):
            async with self._http.get(f"{keeper.url}/v1/events", params=query) as response:
                page: dict[str, Any] = await response.json(content_type=None)
                if response.status == 410:
                    self._last = None
                    self.passes.append([])
                    return True
                if response.status == 200:
                    self._last = page["last"]
                    read = ((each["data"]["adjustment"], each["data"]["number"]) for each in page["data"])
                    self.passes[-1] += read
                    return bool(page["data"])
        return True


def wrong(
    cases: Iterable[Case], passes: Sequence[Pass], there: Mapping[str, int] | None = None
) -> Iterator[tuple[str, str]]:
    """By key, what the feed missed, had twice, or had in another order than it happened.

    `there`: as of `Reader`; without it, all that is kept has to have been read.
    """
    read: dict[str, list[list[int]]] = defaultdict(list)
    for each in passes:
        numbers: dict[str, list[int]] = defaultdict(list)
        for adjustment, number in each:
            numbers[adjustment].append(number)
        for adjustment, found in numbers.items():
            read[adjustment].append(found)
    for case in cases:
        for kept in case.kept:
            lines = read[kept.record.draft.id]
            for numbers_read in lines:
                if numbers_read != sorted(set(numbers_read)):
                    yield case.asked.key, f"read twice or in another order: {numbers_read}"
            expected = [number for number, step in enumerate(kept.history, 1) if _told(step)]
            due = len(kept.history) if there is None else there.get(kept.record.draft.id, 0)
            seen = set().union(*lines)
            missed = {number for number in expected if number <= due} - seen
            if kept.record.removal != "purged" and (missed or not seen <= set(expected)):
                yield case.asked.key, f"the feed had {sorted(set().union(*lines))} of {expected}"


def _told(step: Transition) -> bool:
    """Whether an app has to be told: the status is another one, or what was said of it does not hold any more."""
    if step.evidence.get("conflict") is True:
        return True
    if step.before is None or step.after is Status.IN_PROGRESS:
        return False
    return step.before is not step.after or (step.after is Status.FAILED and "late" not in step.evidence)
