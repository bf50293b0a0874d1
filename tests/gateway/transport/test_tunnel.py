"""What a proxy can do to a call: it is out of reach, makes no sense, hangs, or speaks TLS itself."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from gateway.port import VendorRequest
from gateway.transport import Evidence
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
)

Run = Callable[[Any], None]


def test_proxy_out_of_reach(run: Run) -> None:
    """A proxy that refuses connections is named as what it is, without its address."""

    async def scene() -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            proxy = f"http://user:pass@127.0.0.1:{bound.getsockname()[1]}"
            for url in ("http://vendor.test", "https://vendor.test"):
                async with opened(url, proxy=proxy) as transport:
                    error, evidence = await failure(transport, POST)
                    assert not evidence.sent
                    assert str(error) == "ProxyUnreachable: Connection refused"

    run(scene())


@pytest.mark.parametrize(
    "text",
    [b"", b"HTTP/1.1 200", b"SSH-2.0-proxy\r\n", b"HTTP/1.1 101 Now\r\n\r\n", b"HTTP/1.1 204 None\r\n\r\n"],
    ids=["nothing", "half an answer", "no HTTP", "101", "204"],
)
def test_proxy_that_makes_no_sense(run: Run, text: bytes) -> None:
    """A proxy that closes, or answers with anything but 200, leaves the request unsent."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(text)
        peer.close()

    async def scene() -> None:
        async with Server(script) as proxy, opened("https://vendor.test", proxy=proxy.url) as transport:
            error, evidence = await failure(transport, POST)
            assert not error.timeout
            assert not evidence.sent
            assert evidence.status is None
            assert b"POST" not in proxy.received

    run(scene())


@pytest.mark.parametrize("text", [b"", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["no tunnel", "no TLS in it"])
def test_proxy_that_hangs(run: Run, text: bytes) -> None:
    """Waiting for the tunnel, and for TLS in it, counts against the deadline."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(text)
        await peer.end()

    async def scene() -> None:
        async with Server(script) as proxy, opened("https://vendor.test", proxy=proxy.url) as transport:
            error, evidence = await failure(transport, POST, seconds=SHORT)
            assert error.timeout
            assert not evidence.sent
            await proxy.peers[0].end()

    run(scene())


def test_encrypted_proxy(run: Run) -> None:
    """With an https proxy the whole address and the credentials go to the proxy under TLS."""

    async def scene() -> None:
        async with Server(answers, tls=tls()) as proxy:
            settings = {"proxy": proxy.url.replace("//", "//user:p%40ss@"), "ca_file": CA}
            async with opened("http://[2001:db8::1]:81/v1", **settings) as transport:
                await send(transport, VendorRequest("GET", "/a"))
                head = proxy.requests[0]
                assert head.startswith(b"GET http://[2001:db8::1]:81/v1/a HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n")
                assert b"\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n" in head

    run(scene())


class Inner(asyncio.Protocol):
    """The vendor's side of TLS within what a proxy passes on."""

    def __init__(self, peer: Peer, context: ssl.SSLContext) -> None:
        self.peer = peer
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.plain = bytearray()

    def take(self, data: bytes) -> None:
        self.incoming.write(data)
        try:
            self.tls.do_handshake()
            while chunk := self.tls.read():
                self.plain += chunk
                if self.plain.endswith(b'{"points":5}'):
                    self.tls.write(OK)
        except ssl.SSLWantReadError:
            pass
        self.peer.send(self.outgoing.read())


def test_tunnel_through_an_encrypted_proxy(run: Run) -> None:
    """Through an https proxy, TLS with the vendor runs within TLS with the proxy."""
    vendors: list[Inner] = []

    async def script(peer: Peer) -> None:
        taken = len(await peer.request())
        assert b"Proxy-Authorization: Basic dXNlcjo=\r\n" in peer.received
        vendors.append(Inner(peer, tls()))
        peer.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        while not peer.lost:
            await peer.until(lambda: peer.lost or len(peer.received) > taken)  # noqa: B023 (called at once)
            arrived, taken = bytes(peer.received[taken:]), len(peer.received)
            vendors[-1].take(arrived)

    async def scene() -> None:
        async with Server(script, tls=tls()) as proxy:
            settings = {"proxy": proxy.url.replace("//", "//user@"), "ca_file": CA}
            async with opened("https://localhost:1", **settings) as transport:
                evidence = Evidence()
                assert (await send(transport, POST, evidence)).body == b"ok"
                assert evidence.sent
                assert b"points" not in proxy.received
                assert bytes(vendors[0].plain).startswith(b"POST /points HTTP/1.1\r\nHost: localhost:1\r\n")

    run(scene())


def test_tunnel_that_hides_an_answer(run: Run) -> None:
    """What a proxy says in the clear along with its consent never passes for the vendor's answer."""

    async def script(peer: Peer) -> None:
        await peer.request()
        peer.send(b"HTTP/1.1 200 Connected\r\n\r\n" + OK)
        await peer.end()

    async def scene() -> None:
        async with Server(script) as proxy, opened("https://vendor.test", proxy=proxy.url) as transport:
            error, evidence = await failure(transport, GET)
            assert not error.timeout
            assert (evidence.sent, evidence.status) == (False, None)

    run(scene())
