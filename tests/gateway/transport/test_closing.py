"""What is left of connections when calls end, and when the transport is closed: nothing."""

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from gateway.port import VendorRequest, VendorResponse
from gateway.transport import Evidence, TransportError, boottime
from gateway.transport.connection import Connection
from gateway.transport.connector import Call, Connector
from tests.deadlines import DEADLINE
from tests.gateway.transport.raw_server import (
    CA,
    GET,
    OK,
    POST,
    SHORT,
    Names,
    Peer,
    Server,
    answers,
    failure,
    opened,
    send,
    silence,
    tls,
)

Run = Callable[[Any], None]
encrypted = pytest.mark.parametrize("context", [None, tls()], ids=["plain", "tls"])


def descriptors() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("where", ["in line", "looking up", "greeting", "asking"])
def test_closed_wherever_a_call_is(run: Run, where: str) -> None:
    """Closing ends a call at once, wherever it is, as a failure and not as too late; what has not left never does."""
    begun = asyncio.Event()

    async def hangs(host: str, port: int) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def scene() -> None:
        async with Server(silence) as server:
            url = {"looking up": server.named, "greeting": server.url.replace("http:", "https:")}.get(where, server.url)
            async with opened(url, resolver=Names(hangs), max_concurrency=1) as transport:
                first = asyncio.create_task(failure(transport, POST))
                if where == "looking up":
                    await begun.wait()
                else:
                    peer = await server.peer(1)
                    await peer.until(lambda: bool(peer.received))
                second = asyncio.create_task(failure(transport, POST)) if where == "in line" else first
                await asyncio.sleep(0)
                transport.close()
                transport.close()
                error, evidence = await asyncio.wait_for(second, DEADLINE / 2)  # well before its own time is over
                assert (str(error), error.timeout) == ("The transport was closed", False)
                assert evidence.sent == (where == "asking")
                await first
                for peer in server.peers:
                    await peer.end()

    run(scene())


def test_closed_in_the_moment_of_an_answer(run: Run) -> None:
    """A connection that comes back after the transport was closed is closed too."""

    async def scene() -> None:
        async with Server(answers) as server, opened(server.url) as transport:

            async def closes() -> None:
                await send(transport, GET)
                transport.close()

            calls = [asyncio.create_task(closes()), *(asyncio.create_task(send(transport, GET)) for _ in range(8))]
            for ended in await asyncio.gather(*calls, return_exceptions=True):
                assert ended is None or isinstance(ended, VendorResponse | TransportError)
            for peer in server.peers:
                await peer.end()

    run(scene())


def test_closed_in_the_moment_of_a_connection(run: Run) -> None:
    """A connection that is made just as the transport closes is not handed out, and is closed too."""

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        async with Server(silence) as server:

            async def dials() -> Connection:
                _, wire = await loop.create_connection(lambda: Connection(loop), "127.0.0.1", server.port)
                connector.close()
                return wire

            connector = Connector(dials, limit=1)
            with pytest.raises(TransportError, match="closed"):
                await connector.connect(Call(Evidence(), loop.time() + DEADLINE, boottime() + DEADLINE, boottime))
            await server.peers[0].end()

    run(scene())


@encrypted
def test_nothing_is_left_open(run: Run, context: Any) -> None:
    """Calls that end in every way there is leave no descriptor behind once the transport is closed."""
    before = descriptors()

    async def script(peer: Peer) -> None:
        request = await peer.request()
        if b"/reset" in request:
            peer.reset()
        elif b"/points" in request:
            peer.send(OK)
        elif b"/broken" in request:
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")
        await peer.end()

    async def scene() -> None:
        async with (
            Server(script, tls=context) as server,
            opened(server.url, ca_file=CA, reuse_connections=False, max_concurrency=7) as transport,
        ):
            for round_ in range(10):
                calls = [
                    asyncio.create_task(send(transport, VendorRequest("POST", path, effect=effect), seconds=SHORT))
                    for path in ("/points", "/reset", "/broken", "/hang")
                    for effect in (True, False)
                ]
                for _ in range(round_ * 3):
                    await asyncio.sleep(0)
                for call in calls[:: 1 + round_ % 3]:
                    call.cancel()
                await asyncio.gather(*calls, return_exceptions=True)

    run(scene())
    assert descriptors() <= before


def test_what_serves_needs_no_second_client() -> None:
    """Serving does not import the library that simulators are served by."""
    program = "import sys, gateway.cli.serving; sys.exit(bool({'aiohttp', 'yarl'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=DEADLINE).returncode == 0
