"""The listening socket: a crowd of new connections does not wait one turn of the event loop each."""

import asyncio
import socket
from contextlib import ExitStack

import uvloop

from gateway.cli.serve import ACCEPTED, several
from tests.deadlines import DEADLINE

CROWD = 320


async def turns(stack: ExitStack) -> int:
    """How many turns of the event loop a crowd of connections takes to be taken in."""
    loop = asyncio.get_running_loop()
    taken: list[asyncio.BaseTransport] = []

    class Taken(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            taken.append(transport)

    listener = socket.create_server(("127.0.0.1", 0), backlog=CROWD)
    servers = [await loop.create_server(Taken, sock=each, backlog=CROWD) for each in several(listener)]
    for _ in range(CROWD):
        stack.enter_context(socket.create_connection(listener.getsockname(), DEADLINE))
    needed = 0
    while len(taken) < CROWD:
        await asyncio.sleep(0)
        needed += 1
    for each in taken:
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
