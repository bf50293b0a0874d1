"""A request that is still leaving when its answer is there: nothing follows it on its connection."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from gateway.port import VendorRequest
from gateway.transport import Evidence
from tests.gateway.transport.raw_server import (
    CA,
    OK,
    POST,
    Peer,
    Script,
    Server,
    answers,
    failure,
    opened,
    send,
    silence,
    tls,
    yielded,
)

Run = Callable[[Any], None]
BODY = b"x" * 8_000_000


class Passage(asyncio.Protocol):
    """The proxy's connection to the vendor: a side that takes nothing holds up the other."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.peer.send(data)

    def pause_writing(self) -> None:
        self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        self.peer.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.peer.close()


def tunnel_to(vendor: Server) -> Script:
    """A proxy's script: pass everything on to a vendor, both ways."""

    async def script(peer: Peer) -> None:
        passed = len(await peer.request())
        loop = asyncio.get_running_loop()
        _, way = await loop.create_connection(lambda: Passage(peer), "127.0.0.1", vendor.port)
        peer.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        try:
            while not peer.lost:
                await peer.until(lambda: peer.lost or len(peer.received) > passed)  # noqa: B023 (called at once)
                way.transport.write(bytes(peer.received[passed:]))
                passed = len(peer.received)
        finally:
            way.transport.abort()

    return script


async def answers_early(peer: Peer) -> None:
    """A vendor's script: answer at the first bytes, and take the rest only once it is told to go on."""
    await peer.until(lambda: bool(peer.received))
    peer.transport.pause_reading()
    peer.send(OK.replace(b"200 OK", b"413 Too much"))
    await peer.server.go_on.wait()
    peer.transport.resume_reading()
    await peer.end()


@pytest.mark.parametrize("way", ["TLS", "tunnel", "encrypted tunnel"])
def test_answer_before_an_encrypted_request_has_left(run: Run, way: str) -> None:
    """Under TLS too the connection of an early answer is dropped, however many layers could hold the rest."""

    async def scene() -> None:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(Server(answers_early, answers, tls=tls()))
            settings: dict[str, Any] = {"ca_file": CA}
            if way != "TLS":
                outer = tls() if way == "encrypted tunnel" else None
                settings["proxy"] = (await stack.enter_async_context(Server(tunnel_to(server), tls=outer))).url
            transport = await stack.enter_async_context(opened(server.url, **settings))
            with pytest.warns(ResourceWarning, match="large body"):
                answered = await send(transport, VendorRequest("POST", "/points", {}, BODY))
            assert answered.status == 413
            evidence = Evidence()
            assert (await send(transport, POST, evidence)).body == b"ok"
            assert not evidence.reused
            server.go_on.set()
            await server.peers[0].end()
            assert server.peers[0].received.count(b"HTTP/1.1") == 1
            assert len(server.peers[1].requests()) == 1

    run(scene())


def test_vendor_that_speaks_first_in_a_tunnel() -> None:
    """What is there before the request cannot be an answer to it, in a tunnel neither, and nothing is sent."""

    async def scene() -> None:
        # As without a proxy: TLS 1.2 on asyncio's own loop, which hands on at once what comes with the greeting's end.
        context = tls(maximum_version=ssl.TLSVersion.TLSv1_2)
        async with (
            Server(silence, tls=context, hello=OK) as server,
            Server(tunnel_to(server)) as proxy,
            opened(server.url, ca_file=CA, proxy=proxy.url) as transport,
        ):
            _, evidence = await failure(transport, POST)
            assert not evidence.sent
            await yielded()
            assert not server.received

    asyncio.run(scene())
