"""Strikes a running gateway with damaged requests, and watches what comes of them.

Nothing here is a measure of speed: a good caller that waits long is one that was starved.
"""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import httptools

from tests.deadlines import DEADLINE, scaled
from tests.fuzz.damage import damaged, pieces
from tests.fuzz.seeds import APP, KEYS, MARK, NEIGHBOUR, STRANGER, Origin, Seed

PATIENCE = scaled(2.0)
"""Seconds after which a good caller that has no answer was starved."""
AT_ONCE = 8
PAUSE = 0.02
"""Seconds between two calls of the good caller."""
FIRST, NEXT = 0.3, 0.01
"""Seconds for which an answer is listened to, the first and any further; what hangs is the gateway's to end."""


@dataclass(slots=True)
class Figures:
    """What was tried, and what came of it."""

    tried: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    crashed: list[bytes] = field(default_factory=list)
    """Inputs that were answered with a fault of the gateway's, or with what is no HTTP."""
    leaked: list[bytes] = field(default_factory=list)
    """Inputs whose answer held a secret, or what another tenant's vendor or journal holds."""
    starved: int = 0
    waits: list[float] = field(default_factory=list)
    """Seconds that the good caller waited, each time."""


class Answers:
    """Reads answers to the end of a connection; `statuses` has that of each."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.whole = 0
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Read on. Raises `HttpParserError`."""
        self._parser.feed_data(data)

    def on_headers_complete(self) -> None:
        """Note a status."""
        self.statuses.append(self._parser.get_status_code())

    def on_message_complete(self) -> None:
        """Note that an answer is whole."""
        self.whole += 1


@dataclass(frozen=True, slots=True)
class Target:
    """Where to strike: the gateway's port, requests to damage, texts that no answer may hold."""

    port: int
    seeds: tuple[Seed, ...]
    secrets: tuple[bytes, ...]


async def strike(target: Target, inputs: int, random: Random, figures: Figures) -> None:
    """Try so many inputs, some at once, beside a good caller who asks all the time."""
    numbers = iter(range(inputs))
    ended = asyncio.Event()

    async def striker() -> None:
        for number in numbers:
            await _one(target, *_input(target, number, random), figures)

    good = asyncio.create_task(_good(target, figures, ended))
    try:
        await asyncio.gather(*(striker() for _ in range(AT_ONCE)))
    finally:
        ended.set()
        await good


def _input(target: Target, number: int, random: Random) -> tuple[Origin, list[bytes]]:
    """Whose input it is, and its bytes."""
    origin = random.choice((APP, APP, STRANGER, NEIGHBOUR))
    return origin, pieces(damaged(random.choice(target.seeds)(origin, number), random), random)


async def _one(target: Target, origin: Origin, parts: list[bytes], figures: Figures) -> None:
    figures.tried[origin.name] += 1
    raw = b"".join(parts)
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    received, answers = b"", Answers()
    try:
        with suppress(OSError):
            for part in parts:
                writer.write(part)
                await writer.drain()
            if raw.count(b"\r\n\r\n") == 0 or sum(raw[-8:]) % 2 == 0:
                writer.write_eof()
        with suppress(TimeoutError, OSError):
            while chunk := await asyncio.wait_for(reader.read(65536), scaled(NEXT if answers.whole else FIRST)):
                received += chunk
                answers.feed(chunk)
    except httptools.HttpParserError:
        figures.crashed.append(raw)
    finally:
        writer.transport.abort()
    figures.answers.update(answers.statuses)
    if 500 in answers.statuses:
        figures.crashed.append(raw)
    if any(secret in received and secret not in raw for secret in target.secrets):
        figures.leaked.append(raw)


async def _good(target: Target, figures: Figures, ended: asyncio.Event) -> None:
    """Ask for a balance and for an adjustment's list, in turns, until it is over."""
    lines = (
        b"GET /v1/members/email%3Ajason%40example.com/balance HTTP/1.1",
        b"GET /v1/adjustments?limit=5 HTTP/1.1",
    )
    count = 0
    while not ended.is_set():
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(DEADLINE):
                status = await _asked(target.port, lines[count % 2])
        except (TimeoutError, ConnectionError):
            status = 0
        wait = time.perf_counter() - begun
        figures.waits.append(wait)
        figures.starved += status != 200 or wait > PATIENCE
        count += 1
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), scaled(PAUSE))


async def _asked(port: int, line: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    authorization = b"Authorization: Bearer " + KEYS["owner"].encode()
    writer.write(b"\r\n".join([line, b"Host: gateway", b"Connection: close", authorization, b"", b""]))
    received = await reader.read()
    writer.close()
    return int(received.split(b" ", 2)[1]) if received else 0


def marked(secrets: tuple[str, ...]) -> tuple[bytes, ...]:
    """The texts that no answer may hold unless the input did."""
    return (MARK.encode(), *(secret.encode() for secret in secrets))
