"""A small vendor for the kit's tests, a connection to it byte by byte, and a sleep that waits to be told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from gateway.simulation import Answer, Effect, Example, Request, Simulator
from tests.deadlines import DEADLINE

MOMENT = datetime(2024, 3, 29, 6, 37, 11, tzinfo=UTC)


class Till(Simulator):
    """Adds the number in a POST's body to the one member that it has."""

    name = "till"
    example = Example(settings={"adapter": "till"}, base_path="/v1", member="card:1")

    def seed(self) -> None:
        self.ledger.open("card:1")

    def handle(self, request: Request) -> Answer:
        if request.method == "POST":
            points = Decimal(request.body.decode())
            self.ledger.post(Effect(self.now(), "card:1", points, fields={"target": request.target}), ["held"])
        return Answer.json(200, {"held": self.ledger.balance("card:1", "held")})


def running(test: Callable[..., Coroutine[Any, Any, None]], *arguments: Any, loop: Any = None) -> None:
    """Run an async test with a deadline; it gets a simulator that is listening, and then the arguments."""

    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE), Till(now=lambda: MOMENT) as till:
            await test(till, *arguments)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(bounded())


class Line:
    """A connection that sends what it is told and reads what comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, body: bytes = b"5", method: str = "POST", target: str = "/v1/add") -> None:
        head = f"{method} {target} HTTP/1.1\r\nHost: till\r\nX-Odd:  Kept \r\nContent-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return int(first.split()[1]), headers, await self.reader.readexactly(int(headers["content-length"]))


@asynccontextmanager
async def line(simulator: Simulator) -> AsyncIterator[Line]:
    """An open connection to a simulator."""
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(simulator.origin).port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


class Gate:
    """A sleep that ends when it is told, and says when it was begun and for how long."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.open = asyncio.Event()
        self.seconds: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.begun.set()
        await self.open.wait()
