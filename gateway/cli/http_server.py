"""uvicorn, as it is configured for both listeners, and the server of the admin listener."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Literal, cast

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import Server

from gateway.api.admission import Admission
from gateway.api.answer_headers import ALWAYS
from gateway.api.connections import Bounds, Connections
from gateway.api.entrance import Entrance
from gateway.api.protocol import Protocol
from gateway.api.unreadable import Unreadable
from gateway.app import Gateway
from gateway.cli.open_files import open_files

KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: usually longer than at the proxies in front, which should close first."""
LAST_ANSWERS = 3
"""Seconds after the drain in which callers still get answers for the calls that it cut."""


def connections_of(unreadable: Unreadable) -> Connections:
    """The bookkeeping of one listener's connections, with a bound by the open files that this process may have."""
    # The other half of the descriptors is for vendors and the journal.
    return Connections(min(Bounds().connections, open_files() // 2), unreadable=unreadable.note)


def configured(
    app: ASGIApp,
    connections: Connections,
    *,
    lifespan: Literal["on", "off"],
    drain: float,
    admission: Admission | None = None,
) -> Config:
    """uvicorn's configuration for one listener; `drain` is in seconds, and `admission` makes it that of the API."""
    protocol = partial(Entrance, admission=admission) if admission is not None else Protocol
    return Config(
        app,
        http=cast("type[asyncio.Protocol]", partial(protocol, connections=connections, bounds=Bounds())),
        ws="none",
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        server_header=False,
        headers=list(ALWAYS),
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=longest_drain(drain),
    )


def longest_drain(drain: float) -> int:
    """Seconds after which uvicorn cancels the handlers, which must be later than the gateway's own drain."""
    return max(1, round(drain)) + LAST_ANSWERS


class Admin(Server):
    """The server of the admin listener; it leaves signals to the main one."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(configured(gateway.admin.open(), connections_of(gateway.unreadable), lifespan="off", drain=1))

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
