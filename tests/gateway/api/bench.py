"""A server of the protocol under test, and its callers, byte by byte over real sockets."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, cast

import uvicorn
import uvloop
from uvicorn.server import ServerState

from gateway.api.connections import Bounds, Connection, Connections
from gateway.api.protocol import Protocol
from tests.deadlines import DEADLINE, scaled

SOON = scaled(0.2)
HEAD = b"POST / HTTP/1.1\r\nHost: gateway\r\n"
Body = Callable[["Bench"], Awaitable[None]]


class Watched(Connections):
    """Connections, of which the first that is closed is noticed."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.left = asyncio.Event()

    def closed(self, connection: Connection) -> None:
        super().closed(connection)
        self.left.set()


class Caller:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, raw: bytes) -> None:
        self.writer.write(raw)

    def shut(self) -> None:
        """Send no more; what was written leaves first."""
        self.writer.write_eof()

    async def answer(self) -> bytes:
        """The next answer, head and body; the bodies here have a stated length."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head + await self.reader.readexactly(length)

    async def ended(self) -> bytes:
        """Everything that comes until the other side closes."""
        try:
            return await self.reader.read()
        except ConnectionResetError:
            return b""


class Bench:
    """A server that reads each body and gives its length back, once it is let go on."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.connections = Watched(bounds.connections)
        self.callers: list[Caller] = []
        self.at_work = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.said = b""
        self.bodies: list[bytes] = []
        self.headers: list[list[tuple[bytes, bytes]]] = []
        self.gone = asyncio.Event()
        self.reads = True
        self.high_water: int | None = None
        self.protocol: Callable[..., Protocol] = Protocol

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        more = self.reads
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone.set()
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.headers.append(scope["headers"])
        self.bodies.append(body)
        size = len(body)
        self.at_work.set()
        await self.go_on.wait()
        said = self.said or str(size).encode()
        headers = [(b"content-length", str(len(said)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})

    async def connect(self) -> Caller:
        caller = Caller(*await asyncio.open_connection("127.0.0.1", self.port))
        self.callers.append(caller)
        return caller

    async def run(self, body: Body) -> None:
        config = uvicorn.Config(
            cast(Any, self.app),
            interface="asgi3",
            proxy_headers=False,
            ws="none",
            lifespan="off",
            log_config=None,
            timeout_keep_alive=1000,
        )
        config.load()

        def made() -> Protocol:
            state = ServerState()
            state.default_headers = [(b"x-always", b"here")]
            protocol = self.protocol(config, state, {}, connections=self.connections, bounds=self.bounds)
            if self.high_water is not None:
                made_by_loop = protocol.connection_made

                def connection_made(transport: asyncio.Transport) -> None:
                    transport.set_write_buffer_limits(high=self.high_water)
                    made_by_loop(transport)

                protocol.connection_made = connection_made  # type: ignore[method-assign]
            return protocol

        server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            async with asyncio.timeout(DEADLINE):
                await body(self)
        finally:
            for caller in self.callers:
                caller.writer.close()
                with contextlib.suppress(ConnectionError):
                    await caller.writer.wait_closed()
            server.close()
            await server.wait_closed()


def served(body: Body, /, loop: str = "asyncio", **bounds: Any) -> None:
    """Run `body` against a server with these bounds, on one of the two event loops that the gateway runs on."""

    async def run() -> None:
        await Bench(Bounds(**bounds)).run(body)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop if loop == "uvloop" else asyncio.new_event_loop) as runner:
        runner.run(run())
