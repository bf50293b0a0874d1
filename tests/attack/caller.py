"""Callers who repeat a key by the rule: until they hear a final word, or `unknown`; whatever came back, or nothing.

Some are careless: where they heard of no success they repeat the key with other points, and obey what that answers.
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.attack.configuration import CLIENT_KEY
from tests.attack.keeper import Serving
from tests.attack.testimony import Asked, Heard, Word
from tests.deadlines import DEADLINE, scaled

WAIT = scaled(5)
"""Seconds that a caller waits for an answer."""

FIRST_PAUSE, LONGEST_PAUSE = 0.03, 0.5
"""Seconds between two tries, a third longer each time; to follow `Retry-After` would only make a run slower."""

CARELESS = 0.5
"""How many of those who hear of no success repeat the key with another body."""


class Impatient(Exception):
    """Raised when a key came to no end before the deadline; it shows the last answer, where one was heard."""


class Patience:
    """The pauses between the tries of one key, each longer than the last, until the deadline."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._pause = FIRST_PAUSE
        self._end = time.monotonic() + DEADLINE

    async def pause(self, last: Heard | None = None) -> None:
        """Let some time pass before the next try, after this answer. Raises `Impatient` past the deadline."""
        if time.monotonic() > self._end:
            raise Impatient(f"{self._key}: {last}")
        await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 1.33, LONGEST_PAUSE)


class Caller:
    """Asks for adjustments, and keeps every answer in `heard`. Close it when it is done.

    `anew`: what careless callers asked for under a new key, since they were allowed to.
    """

    def __init__(self, serving: Serving, seed: int) -> None:
        self._serving = serving
        self._seed = seed
        self._http = session()
        self.heard: list[Heard] = []
        self.anew: list[Asked] = []

    async def close(self) -> None:
        """Close its connections."""
        await self._http.close()

    async def carry(self, asked: Asked) -> Heard:
        """Ask until there is an end, and give it.

        Some ask twice at once, some leave early, some ask again when all is said. Some of those who hear of no success
        are careless.
        """
        random = Random(f"{self._seed} {asked.key} caller")
        ended = await self._carry(asked, random)
        if ended.word in (Word.FAILED, Word.UNKNOWN) and random.random() < CARELESS:
            await self._change(asked, random)
        return ended

    async def _carry(self, asked: Asked, random: Random) -> Heard:
        patience = Patience(asked.key)
        while True:
            mood = random.random()
            if mood < 0.05:
                await self._leave_early(asked, random)
            elif mood < 0.15:
                both = await asyncio.gather(self._hear(asked, random), self._hear(asked, random))
                if end := next((heard for heard in both if _ends(heard)), None):
                    return end
            elif _ends(heard := await self._hear(asked, random)) and mood < 0.9:
                return heard
            await patience.pause(next((each for each in reversed(self.heard) if each.key == asked.key), None))

    async def ask_to_the_end(self, asked: Asked) -> None:
        """Ask until there is an end, and no further."""
        random = Random(f"{self._seed} {asked.key} end")
        patience = Patience(asked.key)
        while not _ends(heard := await self._hear(asked, random)):
            await patience.pause(heard)

    def refused(self, asked: Sequence[Asked]) -> list[list[Asked]]:
        """The reversals that heard last that there is not enough to take back, together where it is of one thing."""
        last = {heard.key: heard.word for heard in self.heard}
        found: dict[str, list[Asked]] = defaultdict(list)
        for each in asked:
            if each.reverses is not None and last[each.key] is Word.REFUSED:
                found[each.reverses.of.key].append(each)
        return list(found.values())

    async def _change(self, asked: Asked, random: Random) -> None:
        """Repeat a key with other points until there is an answer; where that allows a new key, take one."""
        patience = Patience(asked.key)
        while True:
            heard = await self._hear(asked.changed(), random, changed=True)
            if heard.new_key_allowed and asked.first:
                self.anew.append(asked.anew())
                await self.carry(self.anew[-1])
            if heard.status is not None and heard.said.get("retryable") is not True:
                return
            await patience.pause()

    async def _hear(self, asked: Asked, random: Random, *, changed: bool = False) -> Heard:
        keeper = await self._serving.any(random.choice)
        url = keeper.url
        heard = replace(await ask(self._http, url, asked), changed=changed)
        if heard.status is not None:
            keeper.answered(url)
        self.heard.append(heard)
        return heard

    async def _leave_early(self, asked: Asked, random: Random) -> None:
        keeper = await self._serving.any(random.choice)
        with suppress(TimeoutError):
            async with asyncio.timeout(random.uniform(0.001, 0.02)):
                await ask(self._http, keeper.url, asked)


def session() -> ClientSession:
    """What a caller speaks HTTP through; it is the caller's to close."""
    return ClientSession(timeout=ClientTimeout(total=WAIT), headers={"Authorization": f"Bearer {CLIENT_KEY}"})


async def ask(http: ClientSession, url: str, asked: Asked) -> Heard:
    """Ask a gateway once for an adjustment or a reversal; what is heard of it, which may be nothing."""
    path = "/v1/adjustments"
    body: dict[str, object] = {"member": asked.member, "points": str(asked.points)}
    if asked.reverses is not None:
        path = f"{path}/{asked.reverses.adjustment}/reversal"
        body = {} if asked.reverses.rest else {"points": str(abs(asked.points))}
        body |= {} if asked.reverses.linked is None else {"linked": asked.reverses.linked}
    headers = {"Idempotency-Key": asked.key, "Content-Type": "application/json"}
    begun = time.monotonic()
    try:
        async with http.post(url + path, data=json.dumps(body), headers=headers) as response:
            status, said = response.status, await response.read()
    except (ClientError, TimeoutError, OSError):
        return Heard(asked.key, None, None, begun, time.monotonic())
    return Heard(asked.key, status, said, begun, time.monotonic())


def _ends(heard: Heard) -> bool:
    return heard.word is not Word.NOTHING
