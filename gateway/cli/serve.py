"""`serve`: run the gateway until it is told to stop."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Annotated, Any, Literal

import structlog
import typer
import uvicorn
from starlette.types import ASGIApp

from gateway import logs
from gateway.api.protocol import Protocol
from gateway.app import Gateway
from gateway.cli.options import Config, fail, loaded
from gateway.journal import JournalError
from gateway.settings import Address, Settings


def serve(
    config: Config,
    host: Annotated[str | None, typer.Option(help="Listen here instead of server.listen.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Listen on this port; 0 for any that is free.", min=0, max=65535)
    ] = None,
) -> None:
    """Serve the API until SIGTERM or Ctrl-C; then finish what is under way within server.drain.

    Example: points-gateway serve --config config/gateway.yaml --port 8080
    """
    settings, kinds = loaded(config)
    listen = settings.server.listen
    settings = replace(
        settings,
        server=replace(settings.server, listen=Address(host or listen.host, listen.port if port is None else port)),
    )
    logs.configure(settings.server.log_level)
    try:
        gateway = Gateway(settings, kinds)
    except JournalError as error:
        fail(str(error))
    run(Server(gateway, settings).run())


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a server on the fastest event loop that is installed."""
    with asyncio.Runner(loop_factory=uvicorn.Config(app="", loop="auto", log_config=None).get_loop_factory()) as runner:
        runner.run(coroutine)


def _configured(app: ASGIApp, *, lifespan: Literal["on", "off"], drain: float) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(drain)),
    )


class Admin(uvicorn.Server):
    """The second listener, for what is not for callers; it leaves signals to the first."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(_configured(gateway.admin, lifespan="off", drain=1))

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class Server(uvicorn.Server):
    """A uvicorn server for one gateway, which hears of a shutdown before its connections do."""

    def __init__(self, gateway: Gateway, settings: Settings) -> None:
        super().__init__(_configured(gateway.asgi, lifespan="on", drain=settings.server.drain))
        self._gateway = gateway
        self._address = settings.server.listen
        self._admin_address = settings.server.admin

    async def run(self) -> None:  # type: ignore[override]  # ours is asynchronous, to share its loop
        """Listen and serve until a signal comes. Ends the command where the address is taken."""
        listener = listening(self._address)
        host, port = listener.getsockname()[:2]
        self.address = Address(host, port)
        async with self._admin():
            await self.serve(sockets=[listener])
        if not self.started:
            fail("the gateway could not start; the log says why")

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[None]:
        if self._admin_address is None:
            yield
            return
        admin = Admin(self._gateway)
        serving = asyncio.create_task(admin.serve(sockets=[listening(self._admin_address)]))
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
        if self.started:
            structlog.get_logger("gateway").info("serving", url=self.url)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals as requests to stop, and end with exit code 0 for one that was met in good order."""
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sig, self.handle_exit, sig, None)
        try:
            yield
        finally:
            for sig in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(sig)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop accepting; `/readyz` says so to whoever still asks."""
        self._gateway.begin_to_drain()
        super().handle_exit(sig, frame)


def listening(address: Address) -> socket.socket:
    """A listening socket; ends the command where there can be none."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server(address, family=family, backlog=2048)
    except OSError as error:
        fail(f"cannot listen on {_shown(address)}: {error.strerror}; choose another with --port or server.listen")


def _shown(address: Address) -> str:
    return f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"
