"""How a connection ends: what came whole is answered, in its order, whatever comes after it."""

import json
import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.api.bench import HEAD, SOON, Bench, Caller, served

LOOPS = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
ENDED_EARLY = "The request ended before it was whole"


def request(body: bytes, *headers: bytes) -> bytes:
    return (
        HEAD + b"".join(header + b"\r\n" for header in (*headers, b"Content-Length: %d" % len(body))) + b"\r\n" + body
    )


def chunked(body: bytes, *trailers: bytes) -> bytes:
    chunk = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
    end = b"".join(trailer + b"\r\n" for trailer in trailers)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + b"0\r\n" + end + b"\r\n"


def problem(answer: bytes) -> Any:
    """The problem in a refusal, which closes the connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in head
    return json.loads(body)


async def answers(caller: Caller) -> tuple[list[bytes], bytes]:
    """The bodies of what was answered in good order, and what else came until the connection was closed."""
    rest = await caller.ended()
    good = []
    while rest.startswith(b"HTTP/1.1 200 "):
        head, _, body = rest.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        good.append(body[:length])
        rest = body[length:]
    return good, rest


@LOOPS
def test_a_caller_that_is_done_writing_hears_its_answer(loop: str) -> None:
    """A caller may shut its writing side after the request: the answer comes, and then the connection is closed."""

    async def body(bench: Bench) -> None:
        bench.go_on.clear()
        caller = await bench.connect()
        caller.send(request(b"ab"))
        caller.shut()
        await bench.at_work.wait()
        idle = await bench.connect()  # by the time that this one is answered, the end of the other was seen
        idle.send(b"x\r\n\r\n")
        await idle.ended()
        bench.go_on.set()
        answer = await caller.ended()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"2")
        assert b"connection: close" in answer

    served(body, loop)


@LOOPS
def test_everything_that_was_asked_before_the_end_is_answered(loop: str) -> None:
    """Requests that came together are answered in their order, also where nothing more can come."""

    async def body(bench: Bench) -> None:
        bench.go_on.clear()
        caller = await bench.connect()
        caller.send(request(b"a") + request(b"bb") + chunked(b"ccc"))
        caller.shut()
        await bench.at_work.wait()
        bench.go_on.set()
        assert await answers(caller) == ([b"1", b"2", b"3"], b"")

    served(body, loop)


@LOOPS
@pytest.mark.parametrize("cut", [b"G", HEAD, request(b"abc")[:-1], chunked(b"abc")[:-1]], ids=repr)
def test_a_request_that_ends_early_is_refused(loop: str, cut: bytes) -> None:
    """What is cut short is never carried out; its caller hears why, after the answers to what came before."""

    async def body(bench: Bench) -> None:
        for before in (0, 2):
            bench.bodies.clear()
            caller = await bench.connect()
            caller.send(request(b"a") * before + cut)
            caller.shut()
            good, rest = await answers(caller)
            assert good == [b"1"] * before
            assert problem(rest)["detail"] == ENDED_EARLY
            assert bench.bodies == [b"a"] * before

    served(body, loop)


@LOOPS
def test_a_caller_that_leaves_in_the_middle_of_a_body_frees_whoever_waits_for_it(loop: str) -> None:
    """The application hears at once that the rest of a body does not come."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        caller.send(request(b"abc")[:-1])
        caller.shut()
        await bench.gone.wait()

    served(body, loop)


@LOOPS
@pytest.mark.parametrize(
    "junk",
    [
        b"\x00",
        b"nonsense\r\n\r\n",
        HEAD + b"Content-Length: x\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nx\r\n",
    ],
    ids=repr,
)
def test_what_is_refused_waits_for_its_turn(loop: str, junk: bytes) -> None:
    """A refusal is never taken for the answer to an earlier request, which is still worked on."""

    async def body(bench: Bench) -> None:
        bench.go_on.clear()
        caller = await bench.connect()
        caller.send(request(b"ab") + junk)
        await bench.at_work.wait()
        bench.go_on.set()
        good, rest = await answers(caller)
        assert good == [b"2"]
        assert problem(rest)["detail"].startswith("The request is not HTTP/1.1 that can be read: ")

    served(body, loop)


@LOOPS
def test_a_caller_that_ends_without_a_word_is_let_go(loop: str) -> None:
    """A connection on which nothing is asked is closed with the caller's end of it."""

    async def body(bench: Bench) -> None:
        silent = await bench.connect()
        silent.shut()
        assert await silent.ended() == b""
        kept = await bench.connect()
        kept.send(request(b"a"))
        await kept.answer()
        kept.shut()
        assert await kept.ended() == b""

    served(body, loop)


@LOOPS
def test_a_half_closed_caller_that_reads_nothing_is_let_go(loop: str) -> None:
    """Nobody keeps a connection by not taking in what it asked for, however little of it is left to send."""

    async def body(bench: Bench) -> None:
        bench.said = b"a" * 30_000_000
        bench.high_water = 2 * len(bench.said)  # so that only the end of the connection is bounded
        caller = await bench.connect()
        caller.send(request(b""))
        caller.shut()
        await bench.connections.left.wait()

    served(body, loop, answer=SOON)


@settings(max_examples=60)
@given(sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=4), cut=st.data())
@LOOPS
def test_however_much_came_before_the_end(loop: str, sizes: list[int], cut: st.DataObject) -> None:
    """As many answers come as whole requests did, in their order; one refusal follows where one was begun."""
    requests = [(request if size % 2 else chunked)(b"a" * size) for size in sizes]
    stream = b"".join(requests)
    end = cut.draw(st.integers(0, len(stream)))

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        caller.send(stream[:end])
        caller.shut()
        good, rest = await answers(caller)
        ends = [sum(map(len, requests[: number + 1])) for number in range(len(requests))]
        whole = sum(each <= end for each in ends)
        assert good == [b"%d" % size for size in sizes[:whole]]
        if end in (0, *ends):
            assert rest == b""
        else:
            assert problem(rest)["detail"] == ENDED_EARLY

    served(body, loop)


def test_an_answer_that_needed_no_body_ends_the_connection_of_a_caller_who_asked_first() -> None:
    """After `Expect: 100-continue` and a refusal nobody knows whether the body comes: nothing is read as such."""

    async def body(bench: Bench) -> None:
        bench.reads = False
        caller = await bench.connect()
        caller.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 50\r\n\r\n")
        answer = await caller.ended()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close" in answer

    served(body)


def test_a_caller_who_asked_first_keeps_its_connection() -> None:
    """With the body all here, the connection serves the next request too."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        for _ in range(2):
            caller.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            assert await caller.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            caller.send(b"ab")
            assert (await caller.answer()).endswith(b"2")

    served(body)


def test_http_1_0_hears_of_no_100() -> None:
    """HTTP/1.0 knows no 100: its caller hears its one answer."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        caller.send(request(b"ab", b"Expect: 100-continue").replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert (await caller.ended()).startswith(b"HTTP/1.1 200 ")

    served(body)


OFFERS = [
    (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAEAAEAAAAIAAAAB"),
    (b"Connection: keep-alive, Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"),
]


@LOOPS
@pytest.mark.parametrize("offer", OFFERS, ids=["h2c", "websocket"])
def test_an_offer_of_another_protocol_is_declined_in_silence(loop: str, offer: tuple[bytes, ...]) -> None:
    """The request is answered as if there were no offer, body and all, however it comes, and so is the next one."""
    one = request(b"ab", *offer, b"X-Else: kept")
    two = chunked(b"abc").replace(b"\r\n\r\n", b"\r\n" + b"\r\n".join(offer) + b"\r\n\r\n", 1)

    async def body(bench: Bench) -> None:
        for stream in (one + two + request(b"abcd"), two + one + chunked(b"abcd")):
            for piece in (len(stream), 1):
                caller = await bench.connect()
                for start in range(0, len(stream), piece):
                    caller.send(stream[start : start + piece])
                    await caller.writer.drain()
                caller.shut()
                good, rest = await answers(caller)
                assert (sorted(good), rest) == ([b"2", b"3", b"4"], b"")
        asked = [headers for headers, content in zip(bench.headers, bench.bodies, strict=True) if content == b"ab"]
        assert all((b"x-else", b"kept") in headers for headers in asked)
        assert not any(name in (b"upgrade", b"http2-settings") for headers in bench.headers for name, _ in headers)

    served(body, loop)


def test_many_offers_in_one_piece() -> None:
    """Any number of them come together, and each is answered."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        caller.send(request(b"", *OFFERS[0]) * 1500)
        caller.shut()
        good, rest = await answers(caller)
        assert (len(good), rest) == (1500, b"")

    served(body)


def test_a_refusal_carries_the_callers_own_request_id() -> None:
    """`Request-Id` comes back from a request that is refused after it was read, with what every answer carries."""

    async def body(bench: Bench) -> None:
        caller = await bench.connect()
        caller.send(request(b"ab", b"Request-Id: mine")[:-1])
        caller.shut()
        answer = await caller.ended()
        assert b"request-id: mine\r\n" in answer
        assert b"x-always: here\r\n" in answer
        assert problem(answer)["request_id"] == "mine"

    served(body)


def test_a_caller_that_resets_its_connection_is_gone() -> None:
    """A reset is no half-close: nobody is there to hear, and nothing is kept for it."""

    async def body(bench: Bench) -> None:
        bench.go_on.clear()
        caller = await bench.connect()
        caller.send(request(b"ab"))
        await bench.at_work.wait()
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        caller.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        caller.writer.transport.abort()
        await bench.connections.left.wait()
        bench.go_on.set()

    served(body)
