"""Who gets a connection and when, how long it rests, and when its answer is at an end."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gateway.port import VendorRequest, VendorSettings
from gateway.transport import Evidence, TransportError, answer
from tests.gateway.transport.raw_server import (
    CA,
    GET,
    OK,
    POST,
    SHORT,
    Peer,
    Server,
    answers,
    failure,
    opened,
    send,
    tls,
    yielded,
)

Run = Callable[[Any], None]
encrypted = pytest.mark.parametrize("context", [None, tls()], ids=["plain", "tls"])


def test_first_come_first_served(run: Run) -> None:
    """Calls that wait for a place get theirs in the order in which they came, and none overtakes them."""
    order: list[int] = []

    async def scene() -> None:
        async with Server(answers) as server, opened(server.url, max_concurrency=1) as transport:

            async def call(number: int) -> None:
                await send(transport, VendorRequest("GET", f"/{number}"))
                order.append(number)
                if number < 10:
                    await call(number + 100)  # comes back at once, and has to stand in line again

            await asyncio.gather(*(call(number) for number in range(20)))
            assert order[:20] == list(range(20))
            assert sorted(order[20:]) == list(range(100, 110))

    run(scene())


@pytest.mark.parametrize("alone", [True, False])
def test_never_more_than_there_are_places(run: Run, alone: bool) -> None:
    """However many call, and whichever way they end, so many connections at most are at work."""
    at_work: set[Peer] = set()
    most = 0

    async def script(peer: Peer) -> None:
        nonlocal most
        number = 1
        while request := await peer.request(number):
            at_work.add(peer)
            most = max(most, len(at_work))
            await asyncio.sleep(0.001)
            at_work.discard(peer)
            if b"/reset" in request:
                return peer.reset()
            peer.send(OK)
            number += 1
        return None

    async def scene() -> None:
        async with (
            Server(script) as server,
            opened(server.url, max_concurrency=3, reuse_connections=not alone) as transport,
        ):
            paths = ["/points", "/reset", "/points"] * 10
            calls = (send(transport, VendorRequest("POST", path, effect=True)) for path in paths)
            ended = await asyncio.gather(*calls, return_exceptions=True)
            assert [isinstance(each, TransportError) for each in ended] == [path == "/reset" for path in paths]
            assert most == 3

    run(scene())


@encrypted
def test_connection_that_has_rested_too_long(run: Run, monkeypatch: pytest.MonkeyPatch, context: Any) -> None:
    """An idle connection is closed after a while, whether or not anybody calls again."""
    monkeypatch.setattr(answer, "KEEPALIVE", 0.05)

    async def scene() -> None:
        async with Server(answers, tls=context) as server, opened(server.url, ca_file=CA) as transport:
            for _ in range(2):
                evidence = Evidence()
                await send(transport, GET, evidence)
                assert not evidence.reused
                await server.peers[-1].end()

    run(scene())


@pytest.mark.parametrize(("text", "expected"), [(b"timeout=30, max=5", True), (b"max=5, Timeout = 1", False)])
def test_vendor_that_says_how_long_it_keeps_a_connection(run: Run, text: bytes, expected: bool) -> None:
    """A connection is kept for less than the vendor says that it keeps it."""

    async def script(peer: Peer) -> None:
        number = 1
        while await peer.request(number):
            peer.send(OK.replace(b"\r\n\r\n", b"\r\nKeep-Alive: " + text + b"\r\n\r\n"))
            number += 1

    async def scene() -> None:
        async with Server(script) as server, opened(server.url) as transport:
            await send(transport, GET)
            evidence = Evidence()
            await send(transport, POST, evidence)
            assert evidence.reused == expected

    run(scene())


def test_answer_before_the_request_has_left(run: Run) -> None:
    """An answer that comes while the request is still leaving counts; the rest of that never leaves."""

    async def script(peer: Peer) -> None:
        await peer.until(lambda: bool(peer.received))
        peer.transport.pause_reading()
        peer.send(b"HTTP/1.1 413 Too much\r\nContent-Length: 0\r\n\r\n")
        await peer.server.go_on.wait()
        peer.transport.resume_reading()
        await peer.end()

    async def scene() -> None:
        body = b"x" * 8_000_000
        async with Server(script, answers) as server, opened(server.url) as transport:
            with pytest.warns(ResourceWarning, match="large body"):
                answered = await send(transport, VendorRequest("POST", "/points", {}, body))
            assert answered.status == 413
            evidence = Evidence()
            assert (await send(transport, POST, evidence)).body == b"ok"
            assert not evidence.reused
            server.go_on.set()
            await server.peers[0].end()
            assert len(server.peers[0].received) < len(body)

    run(scene())


@pytest.mark.parametrize("end", ["in order", "cut"])
def test_open_ended_body_under_tls(run: Run, end: str) -> None:
    """Under TLS a body without a stated length is complete only by the vendor's own word, which others cannot say."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nwhole")
        await yielded()
        if end == "in order":
            peer.close()
        else:
            peer.transport.abort()

    async def scene() -> None:
        async with Server(script, tls=tls()) as server, opened(server.url, ca_file=CA) as transport:
            if end == "in order":
                assert (await send(transport, POST)).body == b"whole"
            else:
                error, evidence = await failure(transport, POST)
                assert (error.timeout, evidence.sent, evidence.status) == (False, True, 200)

    run(scene())


@encrypted
def test_answers_byte_by_byte(run: Run, context: Any) -> None:
    """Answers that arrive in single bytes, one after the other on one connection, are each its own call's."""
    said = [
        b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsecond\r\n0\r\nX-Sum: 1\r\n\r\n",
        b"HTTP/1.1 204 None\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Third: 3\r\nContent-Length: 5\r\n\r\nthird",
    ]

    async def script(peer: Peer) -> None:
        for number, raw in enumerate(said, start=1):
            await peer.request(number)
            for at in range(len(raw)):
                peer.send(raw[at : at + 1])
                await asyncio.sleep(0)
        await peer.end()

    async def scene() -> None:
        async with Server(script, tls=context) as server, opened(server.url, ca_file=CA) as transport:
            got = [await send(transport, POST) for _ in said]
            assert [each.body for each in got] == [b"first", b"second", b"", b"third"]
            assert [sorted(each.headers) for each in got] == [
                ["content-length"],
                ["transfer-encoding"],
                [],
                ["content-length", "x-third"],
            ]
            assert len(server.peers) == 1

    run(scene())


@pytest.mark.parametrize("length", [b"1", b"3"])
def test_length_that_is_a_lie(run: Run, length: bytes) -> None:
    """A body shorter or longer than it says is never credited to another call."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(OK.replace(b": 2", b": " + length))
        await peer.end()

    async def scene() -> None:
        async with Server(script, answers) as server, opened(server.url) as transport:
            if length == b"1":
                assert (await send(transport, POST)).body == b"o"
            else:
                assert (await failure(transport, POST, seconds=SHORT))[0].timeout
            assert (await send(transport, POST)).body == b"ok"
            assert len(server.peers) == 2

    run(scene())


def test_head(run: Run) -> None:
    """A HEAD is answered by a head, at once."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")
        await peer.end()

    async def scene() -> None:
        async with Server(script, answers) as server, opened(server.url) as transport:
            got = await send(transport, VendorRequest("HEAD", "/points"))
            assert (got.status, got.headers["content-length"], got.body) == (200, "7", b"")
            assert (await send(transport, GET)).body == b"ok"

    run(scene())


def test_another_number_of_places(run: Run) -> None:
    """More places serve who waits at once; fewer end no call, and none begins until enough have ended."""

    async def scene() -> None:
        at_work = 0
        arrived, go = asyncio.Semaphore(0), asyncio.Semaphore(0)

        async def script(peer: Peer) -> None:
            nonlocal at_work
            number = 1
            while await peer.request(number):
                at_work += 1
                arrived.release()
                await go.acquire()
                at_work -= 1
                peer.send(OK)
                number += 1

        async with Server(script) as server, opened(server.url, max_concurrency=1) as transport:
            settings = VendorSettings(adapter="any", base_url=server.url, allow_http=True)
            calls = [asyncio.create_task(send(transport, GET)) for _ in range(6)]
            await arrived.acquire()
            transport.follow(settings.model_copy(update={"max_concurrency": 3}))
            await arrived.acquire()
            await arrived.acquire()
            assert at_work == 3
            transport.follow(settings.model_copy(update={"max_concurrency": 1}))
            for _ in range(5):
                go.release()
                await asyncio.sleep(0)
            await arrived.acquire()
            assert at_work <= 1
            go.release()
            await asyncio.gather(*calls)

    run(scene())
