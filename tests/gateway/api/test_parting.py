"""How connections end when the gateway leaves: with an answer that says so, or where no request can be on its way."""

import asyncio

from gateway.api import parting
from gateway.api.parting import Parting
from tests.gateway.api.bench import HEAD, Bench, served

ONE = HEAD + b"Content-Length: 2\r\n\r\nab"


class Members(set[Parting]):
    """The connections of a bench, kept as they are made."""

    def make(self, *arguments: object, **options: object) -> Parting:
        connection = Parting(*arguments, **options)  # type: ignore[arg-type]
        self.add(connection)
        return connection

    def shut_down(self) -> None:
        """Do what uvicorn does to each at the end."""
        for each in self:
            each.shutdown()


def leave(bench: Bench, connections: Members) -> None:
    """Do what the server does at the first signal."""
    bench.connections.leaving = True
    for each in connections:
        each.leave()


def test_an_answer_of_a_gateway_that_leaves_is_the_last_one() -> None:
    """A kept connection gets an answer with `Connection: close` to its next request, and then it is closed."""

    async def body(bench: Bench) -> None:
        connections = Members()
        bench.protocol = connections.make
        caller = await bench.connect()
        caller.send(ONE)
        assert b"connection: close" not in await caller.answer()
        leave(bench, connections)
        caller.send(ONE)
        answer = await caller.ended()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close" in answer

    served(body)


def test_the_answer_under_way_is_the_last_one() -> None:
    """A request whose answer is still to come is answered with `Connection: close`."""

    async def body(bench: Bench) -> None:
        connections = Members()
        bench.protocol = connections.make
        bench.go_on.clear()
        caller = await bench.connect()
        caller.send(ONE)
        await bench.at_work.wait()
        leave(bench, connections)
        bench.go_on.set()
        assert b"connection: close" in await caller.ended()

    served(body)


def test_all_that_came_together_is_answered() -> None:
    """Of requests that came in one piece the first is answered and told to be the last; the rest can be sent anew."""

    async def body(bench: Bench) -> None:
        connections = Members()
        bench.protocol = connections.make
        bench.connections.leaving = True
        caller = await bench.connect()
        caller.send(ONE + ONE)
        answer = await caller.ended()
        assert answer.count(b"HTTP/1.1 200 ") == len(bench.bodies) == 1
        assert b"connection: close" in answer

    served(body)


def test_a_request_that_is_arriving_is_still_answered() -> None:
    """At the shutdown, a request of which a part has come is waited for, also the first of a connection."""

    async def body(bench: Bench) -> None:
        connections = Members()
        bench.protocol = connections.make
        used, new = await bench.connect(), await bench.connect()
        used.send(ONE)
        await used.answer()
        used.send(ONE[:20])
        other = await bench.connect()  # by the time that this one is answered, the beginning of the request was seen
        other.send(b"x\r\n\r\n")
        await other.ended()
        leave(bench, connections)
        connections.shut_down()
        for caller, rest in ((used, ONE[20:]), (new, ONE)):
            caller.send(rest)
            answer = await caller.ended()
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert b"connection: close" in answer

    served(body)


def test_an_idle_connection_is_closed_at_the_shutdown() -> None:
    """One that was answered and waits is closed at once; one on which nothing ever came, soon."""

    async def body(bench: Bench) -> None:
        connections = Members()
        bench.protocol = connections.make
        used, silent = await bench.connect(), await bench.connect()
        used.send(ONE)
        await used.answer()
        leave(bench, connections)
        connections.shut_down()
        assert await used.ended() == b""
        before = asyncio.get_running_loop().time()
        assert await silent.ended() == b""
        assert asyncio.get_running_loop().time() - before >= parting.FIRST / 2

    served(body)
