"""Trailers are dropped: the headers of a request are closed when its head ends."""

import pytest

from tests.gateway.api.bench import HEAD, Bench, served
from tests.gateway.api.test_endings import LOOPS, answers, chunked, problem, request

TRAILERS = [
    b"Authorization: Bearer other",
    b"X-Tenant: other",
    b"Idempotency-Key: other",
    b"Content-Type: text/plain",
    b"Connection: Upgrade\r\nUpgrade: h2c",
    b"Expect: 100-continue",
    b"Host: other",
    b"X-Empty:",
]


@LOOPS
@pytest.mark.parametrize("step", [100_000, 9, 1])
def test_no_trailer_becomes_a_header(loop: str, step: int) -> None:
    """Whether they come with the body or after it, they say nothing; the requests around them are answered."""
    head = HEAD + b"Content-Type: application/json\r\n"
    stream = b"".join(chunked(b"ab", trailer) for trailer in TRAILERS)
    stream += chunked(b"ab", *TRAILERS).replace(HEAD, head) + request(b"abc")

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        for start in range(0, len(stream), step):
            caller.send(stream[start : start + step])
            await caller.writer.drain()
        caller.shut()
        good, rest = await answers(caller)
        assert (good, rest) == ([b"2"] * (len(TRAILERS) + 1) + [b"3"], b"")
        own = [(b"host", b"gateway"), (b"transfer-encoding", b"chunked")]
        assert all(headers == own for headers in bench.headers[:-2])
        assert bench.headers[-2] == [own[0], (b"content-type", b"application/json"), own[1]]

    served(body, loop)


@pytest.mark.parametrize("trailer", [b"Content-Length: 2", b"Transfer-Encoding: gzip", b"A: b\r\n c", b"A\0: b"])
def test_a_trailer_that_would_frame_another_body(trailer: bytes) -> None:
    """Fields that say how a body is framed, and what is no field, are refused there too."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        caller.send(chunked(b"ab", trailer))
        assert problem(await caller.ended())["detail"].startswith("The request is not HTTP/1.1 that can be read: ")
        assert bench.bodies == []

    served(body)


@LOOPS
def test_a_trailer_that_asks_for_the_end(loop: str) -> None:
    """It is heard in so far as nothing after it is read: what came before is answered, and the connection is closed."""

    async def body(bench: Bench) -> None:
        for step in (100_000, 1):
            bench.bodies.clear()
            caller = await bench.connect()
            heard, ignored = request(b"") + chunked(b"ab", b"Connection: close"), request(b"abc")
            for start in range(0, len(heard) - 1, step):
                caller.send(heard[:-1][start : start + step])
            # In one piece: what comes after the connection is closed would reset it, and the answers could be lost.
            caller.send(heard[-1:] + ignored)
            assert await answers(caller) == ([b"0", b"2"], b"")
            assert bench.bodies == [b"", b"ab"]

    served(body, loop)
