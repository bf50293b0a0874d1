"""The composition root: settings in, ASGI application out. Everything is built, wired, begun and ended here."""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from itertools import groupby
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway import exact
from gateway.answers.rendering import final_answer
from gateway.api.access import Access
from gateway.api.admission import Admission
from gateway.api.concurrency import Concurrency
from gateway.api.door import Door
from gateway.api.edge import Edge, Endpoint, Resource, on_fault, on_http_exception
from gateway.api.endpoints import Endpoints
from gateway.api.keyring import Keyring
from gateway.api.pages import Pages
from gateway.api.paths import Paths
from gateway.api.peer import Peers
from gateway.api.rereading import Rereading
from gateway.api.schemas import adjustment_body
from gateway.api.strangers import Budget, Strangers
from gateway.api.unreadable import Unreadable
from gateway.delivery.outcome import Reading
from gateway.delivery.ways import ways
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.model import Balance
from gateway.planning.planning import Planner
from gateway.planning.routing import Router
from gateway.planning.translation import Translator
from gateway.port.registry import AdapterType
from gateway.service.allowances import Allowances
from gateway.service.background import Background
from gateway.service.cache import MemberCache
from gateway.service.exposition import Exposition
from gateway.service.readiness import Readiness
from gateway.service.repeating import Repeating
from gateway.service.replies import Reply
from gateway.service.service import Service
from gateway.service.settling import Settling
from gateway.service.waiting import Waiting
from gateway.service.work import Work
from gateway.service.writes import Writes
from gateway.settings import Client, Server, Settings
from gateway.transport import boottime

if TYPE_CHECKING:
    from gateway.api.limiting import Limiter

log = structlog.get_logger(__name__)
SWEEP = 1.0
"""Seconds between looks for attempts that nobody owns any more."""


def configured(settings: Settings, kinds: Mapping[str, AdapterType]) -> list[AdapterType]:
    """The adapters that vendors of a configuration have, in the order of their names."""
    return [kinds[name] for name in sorted({each.adapter for each in settings.vendors.values()})]


def planner(settings: Settings, kinds: Mapping[str, AdapterType]) -> Planner:
    """What decides and translates, without anything that sends or keeps."""
    translators = {name: Translator(name, kinds[each.adapter], each) for name, each in settings.vendors.items()}
    return Planner(Router(settings.tenants), translators)


class Gateway:
    """A gateway on one journal; `asgi` is the application. Raises `JournalError` where the journal cannot be opened."""

    def __init__(
        self,
        settings: Settings,
        kinds: Mapping[str, AdapterType],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._drain_until: float | None = None
        self._cutting: asyncio.Future[None] | None = None
        self._settings = settings
        self._clock = clock
        self._work = Work()
        self._metrics = Metrics()
        self._background = Background(metrics=self._metrics, clock=clock, monotonic=time.monotonic)
        plans = self._plans = planner(settings, kinds)
        self._ways = ways(plans.vendors(), outages=settings.server.outages, metrics=self._metrics, clock=clock)
        owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._journal = Journal.open(settings.store, owner=owner, clock=clock, render=final_answer)
        balances: MemberCache[Reading[Balance]] = MemberCache(clock=time.monotonic, begin=self._work.begin)
        self._waiting: Waiting[Reply] = Waiting(
            seconds=settings.server.repeat_wait,
            look=lambda record: self._journal.get(None, record.draft.id),
            clock=time.monotonic,
            sleep=asyncio.sleep,
        )
        self.repeating = Repeating(
            planner=plans,
            repeats=self._ways.repeats,
            journal=self._journal,
            metrics=self._metrics,
            work=self._work,
            background=self._background,
            drop=balances.drop,
            clock=clock,
            boottime=boottime,
        )
        ceilings = settings.ceilings
        self._allowances = Allowances(ceilings, self._journal, self._metrics)
        self._exposition = Exposition(self._journal, self._metrics, self._allowances, plans, settings.vendors)
        writes = Writes(
            planner=plans,
            ceilings=ceilings,
            deliveries=self._ways.calls,
            journal=self._journal,
            cache=balances,
            metrics=self._metrics,
            work=self._work,
            new_id=new_id,
            clock=clock,
            boottime=boottime,
            background=self._background,
            waiting=self._waiting,
            repeat=self.repeating.asked,
        )
        self._background.loop("sweep", self._sweep, every=SWEEP)
        self._background.include("journal", self._written)
        self.settling = Settling(
            planner=plans,
            searches=self._ways.searches,
            journal=self._journal,
            metrics=self._metrics,
            drop=balances.drop,
            background=self._background,
        )
        self._service = Service(
            planner=plans,
            ceilings=ceilings,
            deliveries=self._ways.calls,
            journal=self._journal,
            cache=balances,
            writes=writes,
            allowances=self._allowances,
        )
        keyring = Keyring(settings.client_keys, metrics=self._metrics, clock=time.monotonic)
        self.rereading = Rereading(settings.files, keyring, self._metrics)
        access = Access(keyring, settings.clients, clock=clock)
        concurrency = Concurrency(settings.clients, self._metrics)
        self._edge = Edge(
            access,
            _limiter(settings.clients),
            self._metrics,
            concurrency=concurrency,
            log_peer=settings.server.log_peer,
        )
        self._endpoints = Endpoints(self._service, adjustment_body(configured(settings, kinds)), clock=clock).table()
        pages = Pages(
            self._service,
            self._background,
            Readiness(self._journal.ready, clock=time.monotonic),
            searching=lambda: {name: each.standing.state for name, each in self._ways.searches.items()},
            draining=lambda: self._drain_until is not None,
            openapi=(lambda: self.openapi) if settings.server.docs else None,
        )
        app = Starlette(
            routes=pages.routes(),
            lifespan=self._lifespan,
            exception_handlers={HTTPException: on_http_exception, Exception: on_fault},
        )
        app.router.redirect_slashes = False  # a path that is not known is 404, and not led elsewhere
        by_path = groupby(sorted(self._endpoints, key=_path), key=_path)
        paths = Paths({path: Resource(self._edge, *group) for path, group in by_path}, rest=app)
        door = Door(paths, access, Peers(settings.server.trusted_proxies), self._strangers(settings.server))
        self.asgi: ASGIApp = door
        self.admission = Admission(who=door.who, metrics=self._metrics, clock=time.perf_counter)
        self.unreadable = Unreadable(metrics=self._metrics, clock=time.monotonic, shown=self._shown)
        self.admin: ASGIApp = Starlette(
            routes=[Route("/metrics", self._exposition.metrics, methods=["GET"])],
            exception_handlers={HTTPException: on_http_exception, Exception: on_fault},
        )

    @cached_property
    def openapi(self) -> bytes:
        """The OpenAPI document; made when first asked for, as its libraries take their time to import."""
        from gateway.api import openapi

        return exact.dumps(openapi.document(self._endpoints, version=version("points-gateway")))

    def _strangers(self, server: Server) -> Strangers:
        return Strangers(
            anonymous=Budget.of(server.anonymous_rate),
            wrong_keys=Budget.of(server.wrong_key_rate),
            clock=time.monotonic,
            metrics=self._metrics,
            shown=self._shown,
        )

    def _shown(self, peer: str) -> str | None:
        return peer if self._settings.server.log_peer else None

    def begin_to_drain(self) -> float:
        """Say in `/readyz` that this gateway goes, let go of repeats that only wait, and set the end of all work.

        Returns until when (monotonic) what is under way may take.
        """
        if self._drain_until is None:
            self._drain_until = time.monotonic() + self._settings.server.drain
            self._waiting.release()
            self._cutting = asyncio.ensure_future(self._cut(self._drain_until))
        return self._drain_until

    async def _cut(self, until: float) -> None:
        """Cut what is under way then, while its callers are still connected: they hear that it is unknown."""
        await asyncio.sleep(until - time.monotonic())
        await self._drain(0)

    async def _drain(self, seconds: float) -> None:
        if cut := await self._work.drain(seconds):
            log.warning("calls were still under way at the end of the drain; they were cut", count=cut)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        self._background.start()
        self._background.begin(self._exposition.tell_strays())
        self._background.begin(self._allowances.note())
        try:
            yield
        finally:
            until = self.begin_to_drain()
            await self._background.stop()
            await self._drain(until - time.monotonic())
            if self._cutting is not None:
                self._cutting.cancel()
            await self.close()

    async def close(self) -> None:
        """Let go of the vendors and of the journal; `asgi`'s lifespan does it at its end."""
        await self._ways.close()
        await self._journal.close()

    def _written(self) -> tuple[datetime | None, int]:
        progress = self._journal.progress
        return progress.last_ok, progress.failures

    async def _sweep(self) -> None:
        if expired := await self._journal.expire():
            log.warning("attempts were never concluded; they are unknown", count=expired)


def _limiter(clients: Mapping[str, Client]) -> "Limiter | None":
    """What counts the requests of clients; None where nobody has a rate, so that its library need not be loaded."""
    if all(client.rate is None for client in clients.values()):
        return None
    from gateway.api.limiting import Limiter

    return Limiter(clients, clock=time.monotonic)


def _path(endpoint: Endpoint) -> str:
    return endpoint.path


def new_id() -> str:
    """A new adjustment's id: in order of time, and not to be guessed."""
    return f"adj_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"
