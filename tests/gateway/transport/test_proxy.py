"""Proxies: those of the settings, and no others."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gateway.port import VendorRequest
from gateway.transport import Evidence
from tests.gateway.transport.raw_server import (
    CA,
    POST,
    Peer,
    Server,
    answers,
    failure,
    opened,
    send,
    tls,
)

Run = Callable[[Any], None]


def test_configured_proxy_is_used(run: Run) -> None:
    """The proxy of the settings gets the whole address, its path verbatim, and its own credentials."""

    async def scene() -> None:
        async with Server(answers) as proxy:
            settings = {"proxy": proxy.url.replace("//", "//user:pass@")}
            async with opened("http://vendor.test/v1", **settings) as transport:
                await send(transport, VendorRequest("GET", "/a/%2e%2E/b?c=%2f"))
                head = proxy.requests[0]
                assert head.startswith(b"GET http://vendor.test/v1/a/%2e%2E/b?c=%2f HTTP/1.1\r\n")
                assert b"\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n" in head

    run(scene())


def test_proxies_of_the_environment_are_ignored(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`HTTP_PROXY` and its like change nothing."""

    async def scene() -> None:
        async with Server(answers) as proxy, Server(answers) as server, opened(server.url) as transport:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url)
            await send(transport, POST)
            assert (len(server.requests), proxy.peers) == (1, [])

    run(scene())


def test_proxy_that_refuses(run: Run) -> None:
    """A proxy that opens no tunnel leaves the request unsent, and its address out of the error."""

    async def script(peer: Peer) -> None:
        assert (await peer.request()).startswith(b"CONNECT vendor.test:443 HTTP/1.1\r\n")
        peer.send(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        await peer.end()

    async def scene() -> None:
        async with Server(script) as proxy:
            settings = {"proxy": proxy.url.replace("//", "//user:pass@")}
            async with opened("https://vendor.test", **settings) as transport:
                error, evidence = await failure(transport, POST)
                assert not evidence.sent
                assert "403" in str(error)
                assert "pass" not in str(error)
                assert b"POST" not in proxy.received

    run(scene())


class Relay(asyncio.Protocol):
    """Passes on what comes to a peer."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.peer.send(data)


def test_tunnel_through_a_proxy(run: Run) -> None:
    """Through a proxy's tunnel TLS runs with the vendor itself, and the proxy reads nothing of the request."""

    async def scene() -> None:
        async with Server(answers, tls=tls()) as server:

            async def script(peer: Peer) -> None:
                await peer.request()
                passed = len(peer.received)
                _, inner = await asyncio.get_running_loop().create_connection(
                    lambda: Relay(peer), "127.0.0.1", server.port
                )
                peer.send(b"HTTP/1.1 200 Connected\r\n\r\n")
                while not peer.lost:
                    await peer.until(lambda passed=passed: peer.lost or len(peer.received) > passed)
                    inner.transport.write(bytes(peer.received[passed:]))
                    passed = len(peer.received)
                inner.transport.abort()

            async with Server(script) as proxy:
                settings = {"proxy": proxy.url, "ca_file": CA}
                async with opened(f"https://localhost:{server.port}", **settings) as transport:
                    evidence = Evidence()
                    assert (await send(transport, POST, evidence)).body == b"ok"
                    assert evidence.sent
                    assert (await send(transport, POST)).body == b"ok"
                    assert (len(server.requests), len(proxy.peers)) == (2, 1)
                    assert b"points" not in proxy.received

    run(scene())
