"""Callers who send too slowly, too much or nothing at all, over real sockets."""

import asyncio

import pytest

from tests.gateway.api.bench import HEAD, SOON, Bench, served

CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
TOO_LARGE = b"The head of a request is at most 2000 bytes"


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"P", HEAD, HEAD + b"A: " + b"b" * 100], ids=repr)
def test_a_head_that_never_ends(sent: bytes) -> None:
    """Who has not sent a whole head in time is cut off, whether anything came or not."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        caller.send(sent)
        assert await caller.ended() == b""

    served(body, head=SOON)


def test_a_head_that_drips() -> None:
    """A byte now and then does not win more time."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        ended = asyncio.create_task(caller.ended())
        caller.send(HEAD + b"A: ")
        while not ended.done():
            caller.send(b"b")
            await asyncio.wait([ended], timeout=SOON / 10)
        assert ended.result() == b""

    served(body, head=SOON)


def test_a_second_head_that_never_ends() -> None:
    """On a connection that was kept, the time begins with the first byte of what comes next, an empty line too."""

    async def body(bench: Bench) -> None:
        for begun in (b"P", b"\r\n"):
            caller = await bench.connect()
            caller.send(HEAD + b"Content-Length: 2\r\n\r\nab")
            assert (await caller.answer()).endswith(b"2")
            caller.send(begun)
            assert await caller.ended() == b""

    served(body, head=SOON)


def test_a_body_that_never_ends() -> None:
    """The body has its own time, from the end of the head on."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        caller.send(HEAD + b"Content-Length: 5\r\n\r\nab")
        assert await caller.ended() == b""

    served(body, body=SOON)


def test_an_answer_may_take_its_time() -> None:
    """While the request is worked on, neither the caller's silence nor the beginning of a next request ends it."""

    async def body(bench: Bench) -> None:
        bench.go_on.clear()
        caller = await bench.connect()
        caller.send(HEAD + b"Content-Length: 2\r\n\r\nab" + HEAD)
        await bench.at_work.wait()
        loop = asyncio.get_running_loop()
        late = loop.create_future()
        loop.call_later(3 * SOON, late.set_result, None)  # later than every bound
        await late
        bench.go_on.set()
        assert (await caller.answer()).endswith(b"2")
        assert await caller.ended() == b""

    served(body, head=SOON, body=SOON)


@pytest.mark.parametrize(
    ("sent", "cause"),
    [
        (HEAD + b"A: " + b"b" * 2000 + b"\r\n\r\n", TOO_LARGE),
        (HEAD + b"".join(b"A%d: %s\r\n" % (number, b"b" * 20) for number in range(90)) + b"\r\n", TOO_LARGE),
        (b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\n\r\n", TOO_LARGE),
        (HEAD + b"a:\r\n" * 100 + b"\r\n", b"A request has at most 100 header fields"),
        (HEAD + b"A:" + b" " * 7000, TOO_LARGE),
        (HEAD + b"A: " + b"b" * 7000, TOO_LARGE),
        (HEAD + CHUNKED + b"2;" + b"e" * 7000, TOO_LARGE),
        (HEAD + CHUNKED + b"2\r\nab\r\n0\r\nA: " + b"b" * 7000, TOO_LARGE),
        (HEAD + CHUNKED + b"2\r\nab\r\n0\r\n" + b"a:\r\n" * 102, b"A request has at most 100 header fields"),
    ],
    ids=[
        *("one header", "many headers", "an address", "empty headers", "blanks", "a value that does not end"),
        *("a chunk extension", "a trailer", "many trailers"),
    ],
)
@pytest.mark.parametrize("step", [100_000, 7])
def test_a_head_that_is_too_large(sent: bytes, cause: bytes, step: int) -> None:
    """It is refused with a problem that says so, however it comes, and the connection is closed."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        ended = asyncio.create_task(caller.ended())
        for start in range(0, len(sent), step):
            caller.send(sent[start : start + step])
            for _ in range(5):  # until it is read: a reset by what is not would overtake the answer
                await asyncio.sleep(0)
            if ended.done():
                break
        answer = await ended
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert cause in answer
        assert bench.bodies == []

    served(body, head_bytes=2000)


def test_a_header_that_grows_without_end() -> None:
    """It is not gathered up for longer than a head may be, however much time there is."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        ended = asyncio.create_task(caller.ended())
        caller.send(HEAD + b"A: ")
        while not ended.done():
            caller.send(b"b" * 100)
            await asyncio.wait([ended], timeout=SOON / 100)

    served(body, head_bytes=2000, head=1000.0)


def test_many_requests_in_one_piece() -> None:
    """Requests that come together, bodies larger than any head, are all answered."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        one = HEAD + b"Content-Length: 3000\r\n\r\n" + b"a" * 3000
        caller.send(one * 20 + HEAD)
        for _ in range(20):
            assert (await caller.answer()).endswith(b"3000")

    served(body, head_bytes=2000)


def test_an_answer_that_nobody_takes_in() -> None:
    """A caller who does not read is cut off."""

    async def body(bench: Bench) -> None:
        bench.said = b"a" * 30_000_000
        caller = await bench.connect()
        caller.send(HEAD + b"Content-Length: 0\r\n\r\n")
        await bench.at_work.wait()
        await bench.connections.left.wait()

    served(body, answer=SOON)


def test_a_good_caller_among_too_many() -> None:
    """Idle connections give way to one that has something to say."""

    async def body(bench: Bench) -> None:
        idle = [await bench.connect() for _ in range(10)]
        for _ in range(3):
            caller = await bench.connect()
            caller.send(HEAD + b"Content-Length: 1\r\n\r\na")
            assert (await caller.answer()).endswith(b"1")
        assert await idle[0].ended() == b""
        assert len(bench.connections) == 5

    served(body, connections=5)


def test_no_work_gives_way() -> None:
    """Where every connection waits for an answer, a new one is closed, and the others get theirs."""

    async def body(bench: Bench) -> None:
        bench.go_on.clear()
        first = await bench.connect()
        first.send(HEAD + b"Content-Length: 1\r\n\r\na")
        await bench.at_work.wait()
        assert await (await bench.connect()).ended() == b""
        bench.go_on.set()
        assert (await first.answer()).endswith(b"1")

    served(body, connections=1)
