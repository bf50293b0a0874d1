"""What calls leave in memory: nothing that a vendor could make large and the garbage collector alone could free."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from gateway.transport import TransportError
from tests.deadlines import DEADLINE, scaled
from tests.gateway.transport.raw_server import CA, POST, Peer, Server, opened, send, tls

Run = Callable[[Any], None]
SIZE = 500_000
CALLS = 10
HEAD = b"HTTP/1.1 200 OK\r\n"
FILLING = b"x" * SIZE

ANSWERS = {
    "whole": HEAD + b"Content-Length: %d\r\n\r\n" % SIZE + FILLING,
    "until the end": HEAD + b"\r\n" + FILLING,
    "cut short": HEAD + b"Content-Length: %d\r\n\r\n" % (SIZE + 1) + FILLING,
    "past the limit": HEAD + b"Content-Length: %d\r\n\r\n" % (2 * SIZE) + FILLING * 2,
    "no gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % SIZE + FILLING,
    "broken chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % SIZE + FILLING + b"x\r\n",
    "never ending": HEAD + b"Content-Length: %d\r\n\r\n" % (SIZE + 1) + FILLING,
}


@pytest.fixture
def without_the_collector() -> Iterator[None]:
    """Has the garbage collector not run, and what is taken counted."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    yield
    tracemalloc.stop()
    gc.enable()


@pytest.mark.parametrize("context", [None, tls()], ids=["plain", "tls"])
@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.usefixtures("without_the_collector")
def test_answer_is_freed_with_its_call(run: Run, kind: str, context: Any) -> None:
    """However a call ends, its answer is freed at once: a serving process looks for cycles very seldom."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(ANSWERS[kind])
        if kind in ("until the end", "cut short"):
            peer.close()
        await peer.end()

    async def scene() -> None:
        async with (
            Server(script, tls=context) as server,
            opened(server.url, ca_file=CA, max_answer=SIZE + 1, reuse_connections=False) as transport,
        ):
            for number in range(1 + CALLS):
                with suppress(TransportError):
                    await send(transport, POST, seconds=scaled(0.3) if kind == "never ending" else DEADLINE)
                await server.peers.pop().end()  # which would keep what its own side of TLS takes
                await server.tasks.pop()
                if number == 0:
                    before, _ = tracemalloc.get_traced_memory()
            after, _ = tracemalloc.get_traced_memory()
            assert after - before < CALLS * SIZE / 4

    run(scene())
