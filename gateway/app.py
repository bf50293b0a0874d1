"""The composition root: settings in, ASGI application out. Everything is built, wired, begun and ended here."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from itertools import groupby

import structlog
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import exact
from gateway.answers import Health
from gateway.api.access import Access
from gateway.api.edge import Edge, Resource, answer, on_fault, on_http_exception, open_page
from gateway.api.endpoints import Endpoints
from gateway.api.schemas import adjustment_body
from gateway.cache import MemberCache
from gateway.delivery import Delivery, Reading
from gateway.errors import StoreUnavailable
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.model import Balance
from gateway.planning import Planner
from gateway.registry import AdapterType
from gateway.rendering import final_answer
from gateway.routing import Router
from gateway.service import Service
from gateway.settings import Settings
from gateway.translation import Translator
from gateway.transport import Transport, boottime
from gateway.work import Work
from gateway.writes import Writes

log = structlog.get_logger(__name__)
SWEEP = 1.0
"""Seconds between looks for attempts that nobody owns any more."""


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
        self._settings = settings
        self._clock = clock
        self._work = Work()
        self._metrics = Metrics()
        self._deliveries = {
            name: Delivery(name, each, Transport(each, boottime), metrics=self._metrics, clock=clock, boottime=boottime)
            for name, each in settings.vendors.items()
        }
        self._journal = Journal.open(settings.store, clock=clock, render=final_answer)
        plans = planner(settings, kinds)
        cache: MemberCache[Reading[Balance]] = MemberCache(clock=time.monotonic)
        writes = Writes(
            planner=plans,
            deliveries=self._deliveries,
            journal=self._journal,
            cache=cache,
            work=self._work,
            new_id=new_id,
            clock=clock,
        )
        self._service = Service(
            planner=plans, deliveries=self._deliveries, journal=self._journal, cache=cache, writes=writes
        )
        access = Access(settings.client_keys, settings.clients)
        self._edge = Edge(access, self._metrics)
        self._endpoints = Endpoints(self._service, adjustment_body(kinds.values()), clock=clock).table()
        self.asgi: ASGIApp = Verbatim(
            Starlette(
                routes=self._routes(),
                lifespan=self._lifespan,
                exception_handlers={HTTPException: on_http_exception, Exception: on_fault},
            )
        )

        self.admin: ASGIApp = Starlette(
            routes=[Route("/metrics", self._exposition, methods=["GET"])],
            exception_handlers={HTTPException: on_http_exception, Exception: on_fault},
        )

    @cached_property
    def openapi(self) -> bytes:
        """The OpenAPI document; made when first asked for, as its libraries take their time to import."""
        from gateway.api import openapi

        return exact.dumps(openapi.document(self._endpoints, version=version("points-gateway")))

    def _routes(self) -> list[Route]:
        table = sorted(self._endpoints, key=lambda endpoint: endpoint.path)
        by_path = groupby(table, key=lambda endpoint: endpoint.path)
        return [
            Route("/livez", open_page(self._livez), methods=["GET"]),
            Route("/readyz", open_page(self._readyz), methods=["GET"]),
            Route("/openapi.json", open_page(self._openapi), methods=["GET"]),
            Route("/docs", open_page(self._docs), methods=["GET"]),
            *(Route(path, Resource(self._edge, *group)) for path, group in by_path),
        ]

    def begin_to_drain(self) -> float:
        """Say in `/readyz` that this gateway goes; returns until when (monotonic) what is under way may take."""
        if self._drain_until is None:
            self._drain_until = time.monotonic() + self._settings.server.drain
        return self._drain_until

    async def _livez(self, request: Request) -> Response:
        return answer(Health(status="ok"))

    async def _readyz(self, request: Request) -> Response:
        if self._drain_until is not None:
            return answer(Health(status="unavailable", detail="The gateway is shutting down"), 503)
        try:
            await self._service.ready()
        except StoreUnavailable as error:
            return answer(Health(status="unavailable", detail=error.detail), 503)
        return answer(Health(status="ok"))

    async def _openapi(self, request: Request) -> Response:
        return Response(self.openapi, media_type="application/json")

    async def _docs(self, request: Request) -> Response:
        return HTMLResponse(files("gateway.api").joinpath("docs.html").read_text("utf-8"))

    async def _exposition(self, request: Request) -> Response:
        try:
            counts = await self._journal.counts()
            self._metrics.standing.update(counts.by_status, counts.oldest_unknown, self._clock())
        except StoreUnavailable as error:
            log.error("the journal cannot be counted", error=error.detail)
        return Response(self._metrics.exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        found = await self._journal.recover()
        if found:
            log.warning("adjustments were in flight when the gateway last stopped; they are unknown", count=found)
        sweeper = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            until = self.begin_to_drain()
            sweeper.cancel()
            if left := await self._work.drain(until - time.monotonic()):
                log.warning("calls were still under way at the end of the drain; they were cut", count=left)
            for delivery in self._deliveries.values():
                await delivery.close()
            await self._journal.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            try:
                expired = await self._journal.expire()
            except StoreUnavailable as error:
                log.error("the journal cannot be swept", error=error.detail)
                continue
            if expired:
                log.warning("attempts were never concluded; they are unknown", count=expired)


class Verbatim:
    """Routes match the path as it came: an encoded slash stays inside its segment, and endpoints decode it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        if scope["type"] == "http":
            scope["path"] = scope["raw_path"].decode("latin-1")
        await self._app(scope, receive, send)


def new_id() -> str:
    """A new adjustment's id: in order of time, and not to be guessed."""
    return f"adj_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"
