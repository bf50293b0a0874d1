"""What one connection can make the gateway hold and read, over real sockets."""

import asyncio

import pytest

from gateway.api.unparsed import Unparsed
from tests.gateway.api.bench import HEAD, Bench, Caller, served
from tests.gateway.api.test_endings import LOOPS, answers, request
from tests.memory import bounded

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def round_trip(bench: Bench) -> None:
    """Something is asked and refused on another connection, after all that came before it was looked at."""
    other = await bench.connect()
    other.send(b"x\r\n\r\n")
    await other.ended()


async def stalled(bench: Bench, caller: Caller) -> bool:
    """Whether something that was sent is not read, once nothing moves any more."""
    before, left = -1, caller.writer.transport.get_write_buffer_size()
    while left != before:
        for _ in range(3):
            await round_trip(bench)
        before, left = left, caller.writer.transport.get_write_buffer_size()
    return left > 0


@LOOPS
@pytest.mark.parametrize("raw", [GET, GET.replace(b"HTTP", b"RTSP").replace(b"GET", b"PLAY")], ids=["HTTP", "RTSP"])
def test_requests_that_wait_for_their_turn_take_little_memory(loop: str, raw: bytes) -> None:
    """Thousands come in one segment while the first is answered: few are parsed, and all are answered in the end."""

    async def body(bench: Bench) -> None:
        bench.go_on.clear()
        caller = await bench.connect()
        with bounded(2_000_000):
            caller.send(raw * 3000)
            await bench.at_work.wait()
            await round_trip(bench)
        bench.go_on.set()
        caller.shut()
        good, rest = await answers(caller)
        assert (len(good), rest) == (3000, b"")

    served(body, loop)


@LOOPS
def test_an_answer_without_the_body_ends_where_too_much_of_it_comes(loop: str) -> None:
    """After a refusal the rest of a body is passed over for so long and no longer."""

    async def body(bench: Bench) -> None:
        bench.reads = False
        caller = await bench.connect()
        caller.send(HEAD + b"Content-Length: 100000000\r\n\r\n")
        assert (await caller.answer()).startswith(b"HTTP/1.1 200 ")
        caller.send(b"a" * 200_000)
        assert await caller.ended() == b""

    served(body, loop, body_bytes=100_000, body=1000.0)


def test_chunks_of_nothing_but_framing_end() -> None:
    """A body that is small and never ends, by extensions of its chunks, is refused."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        caller.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + (b"1;" + b"e" * 1000 + b"\r\na\r\n") * 110)
        assert b"What follows a head is at most 100000 bytes" in await caller.ended()
        assert bench.bodies == []

    served(body, body_bytes=100_000, body=1000.0)


@LOOPS
def test_nothing_is_read_for_ever_after_a_refusal(loop: str) -> None:
    """While the answer to an earlier request is awaited, what comes after the refused one is not read without end."""

    async def body(bench: Bench) -> None:
        bench.go_on.clear()
        caller = await bench.connect()
        caller.send(request(b"ab") + b"x\r\n\r\n")
        await bench.at_work.wait()
        await round_trip(bench)
        caller.send(b"y" * 30_000_000)
        assert await stalled(bench, caller)
        bench.go_on.set()
        await bench.connections.left.wait()

    served(body, loop)


def test_pieces_are_all_that_came() -> None:
    """However it came, every byte is handed out once and in its order, few requests at a time."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        unparsed = Unparsed(caller.writer.transport)
        stream = GET * 500 + b"b" * 10_000 + GET * 20
        handed = b""
        for start in range(0, len(stream), 3000):
            unparsed.add(stream[start : start + 3000])
            for _ in range(start % 5):
                piece = bytes(unparsed.piece() or b"")
                assert piece.count(GET) <= 9
                handed += piece
        while (last := unparsed.piece()) is not None:
            handed += bytes(last)
        assert handed == stream

    served(body)


def test_what_looks_like_requests_costs_no_more_than_requests_do() -> None:
    """Bytes that stand in every request line make no piece smaller than the requests that it could begin."""

    async def body(bench: Bench) -> None:
        unparsed = Unparsed((await bench.connect()).writer.transport)
        unparsed.add(b"/1." * 20_000)
        pieces = 0
        while unparsed.piece() is not None:
            pieces += 1
        assert pieces < 60_000 / 100
        unparsed.add(b"/1." * 20_000 + GET * 100)
        assert len(unparsed.piece(60_000) or b"") < 60_000 + 10 * len(GET)

    served(body)


def test_reading_goes_on_only_when_all_is_parsed() -> None:
    """Whoever asks for more to be read has to wait for what is here, and for ever once it is stopped."""

    async def body(bench: Bench) -> None:
        transport = (await bench.connect()).writer.transport
        assert isinstance(transport, asyncio.Transport)
        unparsed = Unparsed(transport)
        unparsed.add(GET)
        unparsed.pause_reading()
        unparsed.resume_reading()
        assert not transport.is_reading()
        unparsed.piece()
        unparsed.resume_reading()
        assert transport.is_reading()
        unparsed.add(GET)
        unparsed.clear()
        assert unparsed.piece() is None
        unparsed.stop()
        unparsed.resume_reading()
        assert not transport.is_reading()

    served(body)
