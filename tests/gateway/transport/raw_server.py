"""A vendor made of a bare socket: each connection follows a script, and every byte that arrives is kept."""

import asyncio
import re
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, Self

import pytest

from gateway.port import VendorRequest, VendorResponse, VendorSettings
from gateway.transport import Evidence, Transport, TransportError, boottime
from tests.deadlines import DEADLINE, scaled

CERTIFICATES = Path(__file__).parent / "certificates"
CA = str(CERTIFICATES / "ca.pem")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

GET = VendorRequest("GET", "/points")
POST = VendorRequest("POST", "/points", {}, b'{"points":5}', effect=True)

SHORT = scaled(0.5)
"""Seconds of a call that runs into its deadline, which begins with its connection and its greeting."""
SLACK = scaled(10)
"""Seconds past its deadline after which a call has not kept to it."""

Script = Callable[["Peer"], Awaitable[None]]


class Peer(asyncio.Protocol):
    """The vendor's end of one connection."""

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.received = bytearray()
        self.changed = asyncio.Event()
        self.lost = False
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.server.accepted(self)

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    def requests(self) -> list[bytes]:
        """Every complete request so far, as it came."""
        found, rest = [], bytes(self.received)
        while head := re.match(rb"(?s).*?\r\n\r\n", rest):
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)\r\n", head.group())
            end = head.end() + (int(length.group(1)) if length else 0)
            if len(rest) < end:
                break
            found.append(rest[:end])
            rest = rest[end:]
        return found

    async def request(self, number: int = 1) -> bytes:
        await self.until(lambda: self.lost or len(self.requests()) >= number)
        return self.requests()[number - 1] if len(self.requests()) >= number else b""

    async def end(self) -> None:
        await self.until(lambda: self.lost)

    def send(self, data: bytes) -> None:
        self.transport.write(data)

    def close(self) -> None:
        self.transport.close()

    def reset(self) -> None:
        self.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


class Server:
    """Listens on a free port; connection n follows script n, and those after the last script follow the last."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None, hello: bytes = b"") -> None:
        self.scripts = scripts
        self.tls = tls
        self.hello = hello
        self.peers: list[Peer] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.arrived = asyncio.Event()
        self.go_on = asyncio.Event()

    def accepted(self, peer: Peer) -> None:
        script = self.scripts[min(len(self.peers), len(self.scripts) - 1)]
        self.peers.append(peer)
        peer.send(self.hello)
        self.tasks.append(asyncio.get_running_loop().create_task(script(peer)))  # type: ignore[arg-type]
        self.arrived.set()

    async def peer(self, number: int) -> Peer:
        async with asyncio.timeout(DEADLINE):
            while len(self.peers) < number:
                self.arrived.clear()
                await self.arrived.wait()
        return self.peers[number - 1]

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self.listener = await loop.create_server(lambda: Peer(self), "127.0.0.1", 0, ssl=self.tls)
        self.port = self.listener.sockets[0].getsockname()[1]
        self.url = f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"
        self.named = self.url.replace("127.0.0.1", "vendor.test")
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self.listener.close()
        for task in self.tasks:
            if error is not None:
                task.cancel()
        async with asyncio.timeout(DEADLINE):
            results = await asyncio.gather(*self.tasks, return_exceptions=True)
        for peer in self.peers:
            peer.transport.abort()
        await yielded()
        if error is None:
            assert [result for result in results if isinstance(result, BaseException)] == []

    @property
    def requests(self) -> list[bytes]:
        return [request for peer in self.peers for request in peer.requests()]

    @property
    def received(self) -> bytes:
        return b"".join(bytes(peer.received) for peer in self.peers)


class Names:
    """A resolver that finds every name on this machine, after `first` where that returns."""

    def __init__(self, first: Callable[[str, int], Awaitable[None]] | None = None) -> None:
        self.first = first

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
        if self.first:
            await self.first(host, port)
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        pass


async def answers(peer: Peer) -> None:
    """A script: answer every request until the connection ends."""
    number = 1
    while await peer.request(number):
        peer.send(OK)
        number += 1


async def silence(peer: Peer) -> None:
    """A script: take everything, say nothing."""
    await peer.end()


def tls(**attributes: Any) -> ssl.SSLContext:
    """A server's side of TLS, with the certificate that `ca.pem` signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    for name, value in attributes.items():
        setattr(context, name, value)
    return context


@asynccontextmanager
async def opened(
    url: str, *, clock: Callable[[], float] = boottime, resolver: Any = None, **settings: Any
) -> AsyncIterator[Transport]:
    """A transport to `url`, closed afterwards; writes reuse connections, which is where the dangers are."""
    settings = {"reuse_connections": True, **settings}
    transport = Transport(
        VendorSettings(adapter="any", base_url=url, allow_http=True, **settings), clock, resolver=resolver
    )
    try:
        yield transport
    finally:
        transport.close()


async def send(
    transport: Transport, request: VendorRequest, evidence: Evidence | None = None, *, seconds: float = DEADLINE
) -> VendorResponse:
    """Send within `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    return await transport.send(request, Evidence() if evidence is None else evidence, deadline=deadline)


async def failure(
    transport: Transport, request: VendorRequest, *, seconds: float = DEADLINE
) -> tuple[TransportError, Evidence]:
    """Send a request that must fail within `seconds` and a little: how it failed, and what is known of it."""
    evidence = Evidence()
    loop = asyncio.get_running_loop()
    started = loop.time()
    with pytest.raises(TransportError) as raised:
        await send(transport, request, evidence, seconds=seconds)
    assert loop.time() - started < seconds + SLACK
    assert evidence.error == str(raised.value)
    assert not request.path or request.path not in evidence.error
    return raised.value, evidence


async def yielded() -> None:
    """Let the event loop handle what has already arrived."""
    for _ in range(20):
        await asyncio.sleep(0)
