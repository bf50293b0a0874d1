"""A write has a connection to itself, so that no answer but its own can arrive on it, however late."""

import asyncio
from typing import Any

import pytest

from gateway.port import VendorRequest
from gateway.transport import Evidence
from tests.gateway.transport.raw_server import CA, GET, OK, POST, Peer, Server, opened, send, tls

SPARE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nspare"
encrypted = pytest.mark.parametrize("context", [None, tls()], ids=["plain", "tls"])


async def answers_each(peer: Peer) -> None:
    """Answers whatever comes, and keeps the connection open."""
    number = 1
    while await peer.request(number):
        peer.send(OK)
        number += 1


@encrypted
def test_each_write_has_a_connection_to_itself(run: Any, context: Any) -> None:
    """Neither a write nor a read before it leaves a connection that a write goes out on; reads share one."""

    async def scene() -> None:
        async with (
            Server(answers_each, tls=context) as server,
            opened(server.url, ca_file=CA, reuse_connections=False) as transport,
        ):
            for request in (GET, POST, GET, POST, POST, GET):
                evidence = Evidence()
                await send(transport, request, evidence)
                assert not (request.effect and evidence.reused)
            assert [len(peer.requests()) for peer in server.peers] == [3, 1, 1, 1]
            for peer in server.peers[1:]:
                await peer.end()

    run(scene())


def test_so_has_what_decides_about_one(run: Any) -> None:
    """A read by which a write is settled goes out alone too: another's answer would be taken for proof."""

    async def scene() -> None:
        async with Server(answers_each) as server, opened(server.url, reuse_connections=False) as transport:
            for request in (GET, VendorRequest("GET", "/points", decides=True), GET):
                await send(transport, request)
            assert [len(peer.requests()) for peer in server.peers] == [2, 1]

    run(scene())


@encrypted
def test_a_second_answer_during_the_next_write(run: Any, context: Any) -> None:
    """An answer said twice, the second time after the next write has left, is not taken for that write's own."""
    next_has_left = asyncio.Event()

    async def says_it_twice(peer: Peer) -> None:
        await peer.request()
        peer.send(OK)
        await next_has_left.wait()
        if not peer.lost:
            peer.send(SPARE)
        await peer.end()

    async def waits(peer: Peer) -> None:
        await peer.request()
        next_has_left.set()
        await peer.server.peers[0].end()
        peer.send(OK)
        await peer.end()

    async def scene() -> None:
        async with (
            Server(says_it_twice, waits, tls=context) as server,
            opened(server.url, ca_file=CA, reuse_connections=False) as transport,
        ):
            assert (await send(transport, POST)).body == b"ok"
            assert (await send(transport, POST)).body == b"ok"

    run(scene())


def test_places_are_given_back(run: Any) -> None:
    """Connections of their own count like others, and leave nothing behind."""

    async def scene() -> None:
        async with (
            Server(answers_each) as server,
            opened(server.url, max_concurrency=2, reuse_connections=False) as transport,
        ):
            answers = await asyncio.gather(*(send(transport, POST) for _ in range(50)))
            assert {answer.body for answer in answers} == {b"ok"}
            assert len(server.peers) == 50
            for peer in server.peers:
                await peer.end()

    run(scene())
