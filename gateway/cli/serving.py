"""A gateway that serves: its two listeners, from the start to the last answer."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from importlib.metadata import version
from typing import Any, clear_overloads

import structlog
from uvicorn.server import Server as HttpServer

from gateway.api.parting import Parting
from gateway.app import Gateway
from gateway.cli.http_server import Admin, configured, connections_of, longest_drain
from gateway.cli.inheritance import Inheritance
from gateway.cli.listener import ANOTHER_ADMIN, all_accepted, duplicates, ignore_new, listening
from gateway.cli.options import fail, invalid
from gateway.cli.reloading import Here
from gateway.cli.service_manager import ServiceManager
from gateway.cli.stopping import Stopping
from gateway.errors import StoreUnavailable
from gateway.journal import JournalError
from gateway.metrics import Metrics
from gateway.port.registry import AdapterType
from gateway.series import Area
from gateway.settings import Address, Settings, SettingsError

log = structlog.get_logger("gateway")
GARBAGE = 10_000
"""Threshold of the garbage collector's first generation, in live new objects; Python's default is 700."""
SWITCH = 0.0005
"""Switch interval of threads in seconds. With Python's default of 0.005, the journal's writer would wait that long for
a busy event loop after each of its statements."""


def server_of(
    loaded: Settings,
    settings: Settings,
    kinds: Mapping[str, AdapterType],
    inherited: Inheritance | None,
    commands: Callable[[Here], AbstractAsyncContextManager[None]],
) -> "Server":
    """The server of a gateway; if its journal cannot be opened, ends the command.

    `settings` are the loaded ones with what the command line says in their place; `inherited`: what a worker has of its
    parent; `commands`: the context in which it accepts commands.
    """
    metrics, listener, admin = None, None, None
    if inherited is not None:
        metrics = Metrics([Area(each) for each in inherited.areas], inherited.number)
        listener = socket.socket(fileno=inherited.listener)
        admin = None if inherited.admin is None else socket.socket(fileno=inherited.admin)
    try:
        gateway = Gateway(loaded, kinds, metrics=metrics)
    except JournalError as error:
        fail(str(error))
    return Server(gateway, settings, listener=listener, admin=admin, commands=commands(Here(gateway)))


class Server(HttpServer):
    """A uvicorn server for one gateway; the gateway learns of a shutdown before the connections are closed.

    `commands`: the context in which it accepts commands.
    """

    def __init__(
        self,
        gateway: Gateway,
        settings: Settings,
        *,
        listener: socket.socket | None = None,
        admin: socket.socket | None = None,
        commands: AbstractAsyncContextManager[None] | None = None,
    ) -> None:
        drain = settings.server.drain
        self._connections = connections = connections_of(gateway.unreadable)
        admission = gateway.admission
        super().__init__(configured(gateway.asgi, connections, lifespan="on", drain=drain, admission=admission))
        self._gateway = gateway
        self._address = settings.server.listen
        self._inherited = listener
        self._inherited_admin = admin
        self._commands = commands or nullcontext()
        self._admin_address = settings.server.admin
        self._manager = ServiceManager(os.environ)
        self._stopping = Stopping(
            linger=lambda: gateway.current.settings.server.linger, leave=self._leave, drain=self._drain
        )
        self.admin: Address | None = None

    async def run(self) -> None:  # type: ignore[override]  # ours is asynchronous, to share its loop
        """Listen and serve until a signal arrives. Ends the command if the address is in use."""
        listener = self._inherited or listening(self._address)
        host, port = listener.getsockname()[:2]
        self.address = Address(host, port)
        try:
            await self._gateway.adopt(self._gateway.current.settings)
        except (SettingsError, StoreUnavailable) as error:
            await self._gateway.close()
            invalid(error) if isinstance(error, SettingsError) else fail(str(error))
        async with self._admin(), self._manager.watching(), self._commands:
            await self.serve(sockets=duplicates(listener))
        if self.started:
            log.info("stopped")
        else:
            fail("the gateway could not start; the log says why")

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[None]:
        listener = self._inherited_admin
        if listener is None:
            if self._admin_address is None:
                yield
                return
            listener = listening(self._admin_address, ANOTHER_ADMIN)
        self.admin = Address(*listener.getsockname()[:2])
        admin = Admin(self._gateway)
        serving = asyncio.create_task(admin.serve(sockets=[listener]))
        try:
            yield
        finally:
            admin.should_exit = True
            await serving

    @property
    def url(self) -> str:
        """The URL of the API; the server must have started."""
        return f"http://{self.address}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and log where, and what serves."""
        await super().startup(sockets)
        clear_overloads()  # of 300 functions, which only tools ask for
        # Objects from the start live until the end, so the collector need not scan them. Calls create few reference
        # cycles, so it can run less often.
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE)
        sys.setswitchinterval(SWITCH)
        if self.started:
            admin = self.admin and f"http://{self.admin}"
            digest = self._gateway.current.settings.digest
            about = {"version": version("points-gateway"), "configuration": digest, "process": os.getpid()}
            log.info("serving", url=self.url, admin=admin, **about)
            self._manager.ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on signals; an orderly stop ends with exit code 0 (uvicorn would raise the signal again)."""
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sig, self.handle_exit, sig, None)
        try:
            yield
        finally:
            for sig in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(sig)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to leave, which `/readyz` reports; drain after `server.linger` seconds, or at the next signal."""
        self._stopping.signalled(signal.Signals(sig))

    def _leave(self) -> None:
        if self._inherited is None:  # a worker may stop alone
            self._manager.stopping()
        self._gateway.leaving.begin()
        self._connections.leaving = True
        for each in self.server_state.connections:
            if isinstance(each, Parting):
                each.leave()

    def _drain(self, sig: signal.Signals) -> None:
        self._gateway.leaving.drain()
        self.config.timeout_graceful_shutdown = longest_drain(self._gateway.current.settings.server.drain)
        super().handle_exit(sig, None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept the connections that had begun, and close the listener; then finish the calls under way."""
        for listener in (sockets or ())[:1]:
            if self._inherited is None:  # else it is the parent's, and other workers may go on
                ignore_new(listener)
            await all_accepted(listener)
        await super().shutdown(sockets)
