"""Callers who repeat a key by the rule: until they hear a final word, or `unknown`; whatever came back, or nothing."""

import asyncio
import json
import time
from contextlib import suppress
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


class Impatient(Exception):
    """Raised when a key came to no end before the deadline."""


class Patience:
    """The pauses between the tries of one key, each longer than the last, until the deadline."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._pause = FIRST_PAUSE
        self._end = time.monotonic() + DEADLINE

    async def pause(self) -> None:
        """Let some time pass before the next try. Raises `Impatient` past the deadline."""
        if time.monotonic() > self._end:
            raise Impatient(self._key)
        await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 1.33, LONGEST_PAUSE)


class Caller:
    """Asks for adjustments, and keeps every answer in `heard`. Close it when it is done."""

    def __init__(self, serving: Serving, seed: int) -> None:
        self._serving = serving
        self._seed = seed
        self._http = session()
        self.heard: list[Heard] = []

    async def close(self) -> None:
        """Close its connections."""
        await self._http.close()

    async def carry(self, asked: Asked) -> None:
        """Ask until there is an end; some ask twice at once, some leave early, some ask again when all is said."""
        random = Random(f"{self._seed} {asked.key} caller")
        patience = Patience(asked.key)
        while True:
            mood = random.random()
            if mood < 0.05:
                await self._leave_early(asked, random)
            elif mood < 0.15:
                words = await asyncio.gather(self._ask(asked, random), self._ask(asked, random))
                if _ends(*words):
                    return
            elif _ends(await self._ask(asked, random)) and mood < 0.9:
                return
            await patience.pause()

    async def ask_to_the_end(self, asked: Asked) -> None:
        """Ask until there is an end, and no further."""
        random = Random(f"{self._seed} {asked.key} end")
        patience = Patience(asked.key)
        while not _ends(await self._ask(asked, random)):
            await patience.pause()

    async def _ask(self, asked: Asked, random: Random) -> Word:
        keeper = await self._serving.any(random.choice)
        url = keeper.url
        heard = await ask(self._http, url, asked)
        if heard.status is not None:
            keeper.answered(url)
        self.heard.append(heard)
        return heard.word

    async def _leave_early(self, asked: Asked, random: Random) -> None:
        keeper = await self._serving.any(random.choice)
        with suppress(TimeoutError):
            async with asyncio.timeout(random.uniform(0.001, 0.02)):
                await ask(self._http, keeper.url, asked)


def session() -> ClientSession:
    """What a caller speaks HTTP through; it is the caller's to close."""
    return ClientSession(timeout=ClientTimeout(total=WAIT), headers={"Authorization": f"Bearer {CLIENT_KEY}"})


async def ask(http: ClientSession, url: str, asked: Asked) -> Heard:
    """Ask a gateway once for an adjustment; what is heard of it, which may be nothing."""
    body = json.dumps({"member": asked.member, "points": str(asked.points)})
    headers = {"Idempotency-Key": asked.key, "Content-Type": "application/json"}
    begun = time.monotonic()
    try:
        async with http.post(f"{url}/v1/adjustments", data=body, headers=headers) as response:
            status, said = response.status, await response.read()
    except (ClientError, TimeoutError, OSError):
        return Heard(asked.key, None, None, begun, time.monotonic())
    return Heard(asked.key, status, said, begun, time.monotonic())


def _ends(*words: Word) -> bool:
    return any(word is not Word.NOTHING for word in words)
