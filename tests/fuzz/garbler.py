"""A vendor whose answers are damaged, and hold the credentials that it was sent; it notes who reached it."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from threading import Event, Thread

from tests.deadlines import DEADLINE
from tests.fuzz.damage import damaged
from tests.fuzz.seeds import answers

CALM = b'{"AvailablePoints":100,"LastUpdated":"/Date(1278521302499)/","TotalPoints":250}'


class Garbler:
    """Answers by the first part of the path: `calm` and `guarded` as documented, all else with damage."""

    def __init__(self, random: Random) -> None:
        self.reached: Counter[str] = Counter()
        """How many requests came, by the first part of their path."""
        self.strangers = 0
        """How many of them name the member of those that have no key."""
        self.origin = ""
        self._random = random
        self._answers = answers()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, and close."""
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            sizes = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
            body = await reader.readexactly(sizes[0] if sizes else 0)
            tenant = head.split(b" ", 2)[1].split(b"/")[1].decode("ascii")
            self.reached[tenant] += 1
            self.strangers += b"stranger" in (head + body)
            writer.write(self._answer(tenant, head, body))
            await writer.drain()
        writer.close()

    def _answer(self, tenant: str, head: bytes, body: bytes) -> bytes:
        random = self._random
        if tenant != "acme":
            return _framed(b"200 OK", b"application/json", CALM)
        kind, answer = random.choice(self._answers)
        if random.random() < 0.3:
            echo = (head + body).replace(b"\\", b"/").replace(b'"', b"'").replace(b"\r\n", b" ")
            answer = answer.replace(b"done", echo).replace(b"The contact", echo).replace(b"/Date", echo)
        answer = damaged(answer, random)
        status = random.choice((b"200 OK", b"200 OK", b"201 Created", b"400 Bad", b"404 Not", b"429 Slow", b"503 Busy"))
        whole = _framed(status, kind, answer)
        return damaged(whole, random) if random.random() < 0.3 else whole


def _framed(status: bytes, kind: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, kind, len(body))
    return head + body


@contextmanager
def garbling(random: Random) -> Iterator[Garbler]:
    """Have one answer on this machine, in a thread of its own."""
    garbler = Garbler(random)
    ready = Event()
    loop = asyncio.new_event_loop()

    async def begin() -> asyncio.Server:
        server = await asyncio.start_server(garbler.serve, "127.0.0.1", 0)
        garbler.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        return server

    async def end(server: asyncio.Server) -> None:
        server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def run() -> None:
        server = loop.run_until_complete(begin())
        loop.run_forever()
        loop.run_until_complete(end(server))
        loop.close()

    thread = Thread(target=run, name="garbler")
    thread.start()
    assert ready.wait(DEADLINE)
    try:
        yield garbler
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE)
