"""`serve`: run the gateway until it is told to stop."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import structlog
import typer
import uvicorn
from starlette.types import ASGIApp

from gateway import logs
from gateway.api.admission import Admission
from gateway.api.answer_headers import ALWAYS
from gateway.api.connections import Bounds, Connections
from gateway.api.entrance import Entrance
from gateway.api.protocol import Protocol
from gateway.api.unreadable import Unreadable
from gateway.app import Gateway
from gateway.cli.options import Config, fail, loaded, refusal
from gateway.cli.workers import Workers
from gateway.journal import Journal, JournalError
from gateway.settings import Address, Settings

KEEP_ALIVE = 75
"""Seconds that a connection is kept without a request: longer than the proxies in front keep theirs, as a rule."""
LAST_ANSWERS = 3
"""Seconds after the drain for callers to hear what became of what it cut."""
MOST_FILES = 65_536
GARBAGE = 10_000
"""Objects that are made and not yet freed, after which the garbage collector looks for cycles; Python's own is 700."""
ACCEPTED = 16
"""New connections that are taken in one turn of the event loop."""
SWITCH = 0.0005
"""Seconds after which a thread gives way to another; Python's own are 0.005, for which a busy event loop would have the
journal's writer wait after each of its statements."""


def serve(
    config: Config,
    host: Annotated[str | None, typer.Option(help="Listen here instead of server.listen.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Listen on this port; 0 for any that is free.", min=0, max=65535)
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes that serve; they share the journal.", min=1, max=64)] = 1,
    inherit: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve the API until SIGTERM or Ctrl-C; then finish what is under way within server.drain.

    SIGHUP has files that the configuration names as ${file:...} looked at again at once.

    With several workers, each has an admin listener of its own: on server.admin's port, and on those that follow.

    Example: points-gateway serve --config config/gateway.yaml --port 8080
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until it is taken as what it means here, and after that
    settings, kinds = loaded(config)
    listen = settings.server.listen
    settings = replace(
        settings,
        server=replace(settings.server, listen=Address(host or listen.host, listen.port if port is None else port)),
    )
    logs.configure(settings.server.log_level)
    if inherit is None:
        prepare_apart(settings.store)
    if workers > 1:
        run(_supervised(config, settings.server.listen, workers))
        return
    listener = None
    if inherit is not None:
        descriptor, number = map(int, inherit.split(":"))
        listener = socket.socket(fileno=descriptor)
        settings = replace(settings, server=replace(settings.server, admin=_nth(settings.server.admin, number)))
    try:
        gateway = Gateway(settings, kinds)
    except JournalError as error:
        fail(str(error))
    run(Server(gateway, settings, listener=listener, outlives_terminal=True).run())


def prepare_apart(store: str) -> None:
    """Have a process of its own make the journal's tables, if need be: what that takes to load leaves with it.

    What it could not do is tried again, and told, where the journal is opened.
    """
    child = os.fork()
    if child == 0:
        try:
            with suppress(Exception):
                Journal.prepare(store, clock=lambda: datetime.now(UTC))
        finally:
            os._exit(0)  # whatever ends it, a Ctrl-C too: it must not go on as a second gateway
    os.waitpid(child, 0)


async def _supervised(config: Path, listen: Address, count: int) -> None:
    with listening(listen) as listener:
        if not await Workers(config, listener, count).run():
            fail("not every worker ended in good order; the log says why")


def _nth(admin: Address | None, number: int) -> Address | None:
    return Address(admin.host, admin.port + number if admin.port else 0) if admin else None


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a server on the fastest event loop that is installed."""
    with asyncio.Runner(loop_factory=uvicorn.Config(app="", loop="auto", log_config=None).get_loop_factory()) as runner:
        runner.run(coroutine)


def _configured(
    app: ASGIApp,
    unreadable: Unreadable,
    *,
    lifespan: Literal["on", "off"],
    drain: float,
    admission: Admission | None = None,
) -> uvicorn.Config:
    bounds = Bounds()
    connections = Connections(min(bounds.connections, open_files() // 2), unreadable=unreadable.note)
    protocol = partial(Entrance, admission=admission) if admission is not None else Protocol
    return uvicorn.Config(
        app,
        http=cast("type[asyncio.Protocol]", partial(protocol, connections=connections, bounds=bounds)),
        ws="none",
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        server_header=False,
        headers=list(ALWAYS),
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=max(1, round(drain)) + LAST_ANSWERS,
    )


class Admin(uvicorn.Server):
    """The second listener, for what is not for callers; it leaves signals to the first."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(_configured(gateway.admin, gateway.unreadable, lifespan="off", drain=1))

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class Server(uvicorn.Server):
    """A uvicorn server for one gateway, which hears of a shutdown before its connections do.

    One that `outlives_terminal` takes SIGHUP as a request to look at its files again; else it ends the process.
    """

    def __init__(
        self,
        gateway: Gateway,
        settings: Settings,
        *,
        listener: socket.socket | None = None,
        outlives_terminal: bool = False,
    ) -> None:
        drain = settings.server.drain
        admission = gateway.admission
        super().__init__(_configured(gateway.asgi, gateway.unreadable, lifespan="on", drain=drain, admission=admission))
        self._gateway = gateway
        self._address = settings.server.listen
        self._inherited = listener
        self._outlives_terminal = outlives_terminal
        self._admin_address = settings.server.admin

    async def run(self) -> None:  # type: ignore[override]  # ours is asynchronous, to share its loop
        """Listen and serve until a signal comes. Ends the command where the address is taken."""
        listener = self._inherited or listening(self._address)
        host, port = listener.getsockname()[:2]
        self.address = Address(host, port)
        async with self._admin():
            await self.serve(sockets=several(listener))
        if not self.started:
            fail("the gateway could not start; the log says why")

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[None]:
        if self._admin_address is None:
            yield
            return
        admin = Admin(self._gateway)
        listener = listening(self._admin_address, "another server.admin")
        serving = asyncio.create_task(admin.serve(sockets=[listener]))
        try:
            yield
        finally:
            admin.should_exit = True
            await serving

    @property
    def url(self) -> str:
        """Where the API is served, once it is."""
        return f"http://{_shown(self.address)}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and say where."""
        await super().startup(sockets)
        # What was loaded to begin with stays: the collector need not look at it over and over. And calls leave little
        # behind that it alone can free, so it looks for that more seldom.
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE)
        sys.setswitchinterval(SWITCH)
        if self.started:
            structlog.get_logger("gateway").info("serving", url=self.url)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals as requests to stop, and end with exit code 0 for one that was met in good order."""
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sig, self.handle_exit, sig, None)
        if self._outlives_terminal:
            loop.add_signal_handler(signal.SIGHUP, self._gateway.rereading.look_again)
        if self._inherited is not None:
            loop.add_reader(sys.stdin.fileno(), self._orphaned)
        try:
            yield
        finally:
            for sig in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(sig)
            if self._outlives_terminal:
                loop.remove_signal_handler(signal.SIGHUP)
                signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _orphaned(self) -> None:
        """Stop where whoever started this worker is gone."""
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        self.handle_exit(signal.SIGTERM, None)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop accepting; `/readyz` says so to whoever still asks."""
        self._gateway.begin_to_drain()
        super().handle_exit(sig, frame)


def open_files() -> int:
    """How many files and sockets this process may have open, once that is raised as far as it may be by itself."""
    if sys.platform == "win32":
        return MOST_FILES
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < MOST_FILES:
        soft = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_FILES if soft == resource.RLIM_INFINITY else soft


def listening(address: Address, instead: str = "another with --port or server.listen") -> socket.socket:
    """A listening socket; ends the command where there can be none, and says what to choose `instead`."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        address.host.encode("idna")  # as `create_server` does, which would leave its socket open
        return socket.create_server(address, family=family, backlog=2048)
    except (OSError, UnicodeError) as error:
        fail(f"cannot listen on {_shown(address)}: {refusal(error)}; choose {instead}")


def several(listener: socket.socket) -> list[socket.socket]:
    """A listening socket several times: uvloop takes one new connection from each in a turn, however many wait."""
    return [listener, *(listener.dup() for _ in range(ACCEPTED - 1))]


def _shown(address: Address) -> str:
    return f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"
