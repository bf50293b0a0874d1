"""What fails after a byte may have left: `sent` is true, the error comes within the deadline, nothing goes twice."""

import asyncio
import gzip
from collections.abc import Callable
from typing import Any

import pytest

from gateway.port import VendorRequest
from gateway.transport import Evidence
from tests.gateway.transport.raw_server import (
    GET,
    POST,
    SHORT,
    Peer,
    Server,
    answers,
    failure,
    opened,
    send,
    silence,
    yielded,
)

Run = Callable[[Any], None]
both = pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])
HEAD = b"HTTP/1.1 200 OK\r\n"


async def closes(peer: Peer) -> None:
    await peer.request()
    peer.close()


async def resets(peer: Peer) -> None:
    await peer.request()
    peer.reset()


async def resets_at_once(peer: Peer) -> None:
    await peer.until(lambda: peer.lost or bool(peer.received))
    peer.reset()


async def cuts_the_head_short(peer: Peer) -> None:
    await peer.request()
    peer.send(HEAD + b"Content-Length: 2")
    peer.close()


async def cuts_the_body_short(peer: Peer) -> None:
    await peer.request()
    peer.send(HEAD + b"Content-Length: 10\r\n\r\n12345")
    peer.close()


async def cuts_a_chunk_short(peer: Peer) -> None:
    await peer.request()
    peer.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n123")
    peer.close()


async def ends_without_the_last_chunk(peer: Peer) -> None:
    await peer.request()
    peer.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n")
    peer.close()


async def resets_within_an_open_ended_body(peer: Peer) -> None:
    await peer.request()
    peer.send(HEAD + b"\r\n{}")
    await peer.server.go_on.wait()
    peer.reset()


async def speaks_no_http(peer: Peer) -> None:
    await peer.request()
    peer.send(b"220 mail.test ESMTP\r\n")
    await peer.end()


async def answers_twice_the_length(peer: Peer) -> None:
    await peer.request()
    peer.send(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc")
    await peer.end()


async def changes_the_protocol(peer: Peer) -> None:
    await peer.request()
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
    await peer.end()


async def sends_an_endless_head(peer: Peer) -> None:
    await peer.request()
    peer.send(HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(5000)))
    await peer.end()


BROKEN = [
    closes,
    resets,
    resets_at_once,
    cuts_the_head_short,
    cuts_the_body_short,
    cuts_a_chunk_short,
    ends_without_the_last_chunk,
    speaks_no_http,
    answers_twice_the_length,
    changes_the_protocol,
    sends_an_endless_head,
]


@both
@pytest.mark.parametrize("script", BROKEN, ids=lambda script: script.__name__)
def test_broken_answer(run: Run, script: Any, request_: VendorRequest) -> None:
    """However a vendor breaks off once the request was on its way, it counts as sent, and goes once."""

    async def scene() -> None:
        async with Server(script, answers) as server, opened(server.url) as transport:
            error, evidence = await failure(transport, request_)
            assert not error.timeout
            assert evidence.sent
            assert len(server.peers) == 1
            await send(transport, GET)
            assert len(server.peers) == 2
            assert len(server.peers[1].requests()) == 1

    run(scene())


@both
def test_reset_on_accept(run: Run, request_: VendorRequest) -> None:
    """A vendor that resets as it accepts has received nothing, however the evidence calls it, and is asked once."""

    async def script(peer: Peer) -> None:
        peer.reset()

    async def scene() -> None:
        async with Server(script, answers) as server, opened(server.url) as transport:
            error, _ = await failure(transport, request_)
            assert not error.timeout
            assert not server.received
            assert len(server.peers) == 1

    run(scene())


async def drips(peer: Peer) -> None:
    await peer.request()
    peer.send(HEAD + b"Content-Length: 1000000\r\n\r\n")
    while not peer.lost:
        peer.send(b"x")
        await asyncio.sleep(SHORT / 20)


async def sends_interim_answers(peer: Peer) -> None:
    await peer.request()
    while not peer.lost:
        peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 50)
        await asyncio.sleep(SHORT / 20)


async def promises_to_go_on(peer: Peer) -> None:
    await peer.request()
    peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    await peer.end()


@both
@pytest.mark.parametrize("script", [silence, drips, sends_interim_answers, promises_to_go_on], ids=lambda s: s.__name__)
def test_answer_beyond_the_deadline(run: Run, script: Any, request_: VendorRequest) -> None:
    """One deadline holds for the whole call: a vendor that keeps talking gains no time by it."""

    async def scene() -> None:
        async with Server(script) as server, opened(server.url) as transport:
            error, evidence = await failure(transport, request_, seconds=SHORT)
            assert error.timeout
            assert evidence.sent
            assert evidence.status == (200 if script is drips else None)
            assert len(server.requests) == len(server.peers) == 1

    run(scene())


def test_upload_beyond_the_deadline(run: Run) -> None:
    """What the vendor has not taken by the deadline never reaches it, though the connection would still take it."""

    async def script(peer: Peer) -> None:
        peer.transport.pause_reading()
        await peer.server.go_on.wait()
        peer.transport.resume_reading()
        await peer.end()

    async def scene() -> None:
        body = b"x" * 900_000 * 8
        async with Server(script) as server, opened(server.url) as transport:
            with pytest.warns(ResourceWarning, match="large body"):
                error, evidence = await failure(transport, VendorRequest("POST", "/points", {}, body), seconds=SHORT)
            assert error.timeout
            assert evidence.sent
            server.go_on.set()
            await server.peers[0].end()
            assert len(server.received) < len(body)

    run(scene())


@pytest.mark.parametrize(
    "end", [b"Content-Length: 5000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nbb8\r\n", b"\r\n"]
)
def test_body_past_the_cap(run: Run, end: bytes) -> None:
    """An answer past the cap is an error, and its connection is dropped, whatever it says of its length."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(HEAD + end + b"x" * 3000)
        await peer.end()

    async def scene() -> None:
        async with Server(script) as server, opened(server.url, max_answer=2000) as transport:
            error, evidence = await failure(transport, POST)
            assert "2000 bytes" in str(error)
            assert (evidence.sent, evidence.status) == (True, 200)
            await server.peers[0].end()

    run(scene())


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_content_that_cannot_be_had(run: Run, encoding: str) -> None:
    """A compressed answer that swells past the cap, or whose encoding is not known, is an error, and was sent."""
    bomb = gzip.compress(b"0" * 50_000_000, mtime=0)

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(HEAD + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (encoding.encode(), len(bomb)) + bomb)
        await peer.end()

    async def scene() -> None:
        async with Server(script) as server, opened(server.url) as transport:
            error, evidence = await failure(transport, POST)
            assert ("larger than" if encoding == "gzip" else "not known") in str(error)
            assert (evidence.sent, evidence.status) == (True, 200)

    run(scene())


@both
def test_cancelled_after_it_left(run: Run, request_: VendorRequest) -> None:
    """A cancellation passes through, the evidence keeps what was known, and the connection is dropped."""

    async def scene() -> None:
        async with Server(silence) as server, opened(server.url) as transport:
            evidence = Evidence()
            task = asyncio.create_task(send(transport, request_, evidence))
            peer = await server.peer(1)
            await peer.request()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert evidence.sent
            assert evidence.error
            assert evidence.started_at <= evidence.sent_at <= evidence.finished_at
            await peer.end()

    run(scene())


def test_open_ended_body_that_is_reset(run: Run) -> None:
    """A body that lasts until the connection ends is complete at an orderly end, and not at a reset."""

    async def scene() -> None:
        async with Server(resets_within_an_open_ended_body) as server, opened(server.url) as transport:
            task = asyncio.create_task(failure(transport, POST))
            await (await server.peer(1)).request()
            await yielded()
            server.go_on.set()
            _, evidence = await task
            assert (evidence.sent, evidence.status) == (True, 200)

    run(scene())
