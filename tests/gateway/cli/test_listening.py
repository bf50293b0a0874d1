"""The listening socket: a crowd of connections is taken in soon, and its end resets none that has begun."""

import asyncio
import errno
import os
import select
import socket
import sys
import threading
from contextlib import ExitStack

import pytest
import uvloop

from gateway.cli.listener import ACCEPTED, all_accepted, duplicates, ignore_new
from tests.deadlines import DEADLINE

CROWD = 320


async def turns(stack: ExitStack) -> int:
    """How many turns of the event loop a crowd of connections takes to be accepted."""
    loop = asyncio.get_running_loop()
    accepted: list[asyncio.BaseTransport] = []

    class Taken(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted.append(transport)

    listener = socket.create_server(("127.0.0.1", 0), backlog=CROWD)
    servers = [await loop.create_server(Taken, sock=each, backlog=CROWD) for each in duplicates(listener)]
    for _ in range(CROWD):
        stack.enter_context(socket.create_connection(listener.getsockname(), DEADLINE))
    needed = 0
    while len(accepted) < CROWD:
        await asyncio.sleep(0)
        needed += 1
    for each in accepted:
        each.close()
    for server in servers:
        server.close()
    return needed


def test_several_in_a_turn() -> None:
    """As many as there are handles on the socket, and not one."""

    async def bounded() -> int:
        with ExitStack() as stack:
            async with asyncio.timeout(DEADLINE):
                return await turns(stack)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(bounded()) <= 2 * CROWD / ACCEPTED


def test_a_worker_that_starts_has_no_other_wait_in_accept() -> None:
    """A listener that a worker serves stays non-blocking while another worker duplicates it."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.setblocking(False)  # as the event loop of the first worker did
        blocking, over = [], threading.Event()

        def look() -> None:
            while not over.is_set():
                blocking.append(os.get_blocking(listener.fileno()))

        looking = threading.Thread(target=look)
        looking.start()
        for _ in range(200):
            inherited = stack.enter_context(socket.socket(fileno=os.dup(listener.fileno())))
            for each in duplicates(inherited):
                each.close()
        over.set()
        looking.join()
    assert blocking
    assert not any(blocking)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a filter")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_new_connections_are_ignored(host: str) -> None:
    """After that, a connection that has begun is accepted and works, and no other one comes about."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((host, 0), family=family))
        begun = stack.enter_context(socket.create_connection(listener.getsockname()[:2], DEADLINE))
        ignore_new(listener)
        late = stack.enter_context(socket.socket(family))
        late.setblocking(False)
        assert late.connect_ex(listener.getsockname()[:2]) == errno.EINPROGRESS
        accepted, _ = listener.accept()
        stack.enter_context(accepted)
        accepted.settimeout(DEADLINE)
        begun.sendall(b"a request")
        assert accepted.recv(100) == b"a request"
        accepted.sendall(b"its answer")
        assert begun.recv(100) == b"its answer"
        assert select.select([listener], [late], [], 0) == ([], [], [])


def test_what_has_begun_is_taken_in() -> None:
    """Connections that wait in the listener when the gateway is told to stop are accepted before it is closed."""

    async def stopped() -> int:
        loop = asyncio.get_running_loop()
        accepted: list[asyncio.BaseTransport] = []

        class Taken(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                accepted.append(transport)

        listener = socket.create_server(("127.0.0.1", 0), backlog=CROWD)
        with ExitStack() as stack:
            for _ in range(CROWD):
                stack.enter_context(socket.create_connection(listener.getsockname(), DEADLINE))
            server = await loop.create_server(Taken, sock=listener, backlog=CROWD)
            ignore_new(listener)
            await all_accepted(listener)
            server.close()
            for each in accepted:
                each.close()
        return len(accepted)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(stopped()) == CROWD
