"""What one configuration makes: made as often as wanted, used by the calls that begin on it, and let go after them."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from importlib.metadata import version
from itertools import groupby
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from gateway import exact
from gateway.adjustments import Record
from gateway.api.access import Access
from gateway.api.client_concurrency import Concurrency
from gateway.api.edge import AnyEndpoint, Edge, Resource, on_fault, on_http_exception
from gateway.api.endpoints import Endpoints
from gateway.api.event_feed import EventFeed
from gateway.api.health import ConfigurationHealth
from gateway.api.keyring import Keyring
from gateway.api.pages import Pages
from gateway.api.paths import Paths
from gateway.api.peer import Peers
from gateway.api.rereading import Rereading
from gateway.api.schemas import AdjustmentBody
from gateway.delivery.channels import Channels
from gateway.delivery.outcome import Reading
from gateway.delivery.tokens import AllTokens
from gateway.delivery.ways import ways
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.model import Balance, time_text
from gateway.planning.configured import configured, planner
from gateway.planning.fresh import Source
from gateway.port.registry import AdapterType
from gateway.service.allowances import Allowances
from gateway.service.background import Background
from gateway.service.cache import MemberCache
from gateway.service.readiness import Readiness
from gateway.service.replies import Reply
from gateway.service.service import Service
from gateway.service.usage import Usage
from gateway.service.vendors import Vendors
from gateway.service.waiting import Waiting
from gateway.service.work import Work
from gateway.service.writes import Writes
from gateway.settings import Settings
from gateway.transport import boottime

if TYPE_CHECKING:
    from gateway.api.limiting import Counting, Moments
    from gateway.api.shared_limiting import SharedCounts


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """What lives as long as the process, and is used by every generation.

    `bodies` gives the body of an adjustment for these adapters; `hits`: as of `Limiter`; `shared`: what
    counts for all processes, if anything; `draining`: whether the gateway shuts down; `repeat` sends the request of an
    unknown adjustment again; `publish` publishes the events that are durable by now; `seen` hears of each answered
    request, with its log line.
    """

    kinds: Mapping[str, AdapterType]
    journal: Journal
    metrics: Metrics
    work: Work
    background: Background
    channels: Channels
    tokens: AllTokens
    balances: MemberCache[Reading[Balance]]
    waiting: Waiting[Reply]
    readiness: Readiness
    concurrency: Concurrency
    hits: "Moments"
    shared: "SharedCounts | None"
    repeat: Callable[[Vendors, Record], Awaitable[Record]]
    bodies: Callable[[Sequence[AdapterType]], type[AdjustmentBody]]
    publish: Callable[[], Awaitable[object]]
    seen: Callable[[Mapping[str, Any]], None]
    draining: Callable[[], bool]
    new_id: Callable[[], str]
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """One configuration at work. `app` answers HTTP requests; whoever calls it is counted in `usage`.

    `routes`: method and path of each endpoint; `body`: that of an adjustment.
    """

    settings: Settings
    loaded_at: datetime
    vendors: Vendors
    allowances: Allowances
    rereading: Rereading
    access: Access
    peers: Peers
    app: ASGIApp
    usage: Usage
    routes: tuple[tuple[str, str], ...]
    body: type[AdjustmentBody]


def generation(settings: Settings, process: Process, *, number: int) -> Generation:
    """What a configuration makes; its channels are open. `number` is no other generation's of this process.

    Raises `OSError` where a vendor's certificate cannot be read.
    """
    plans = planner(settings, process.kinds, Source(clock=process.clock))
    opened = ways(
        plans.vendors(),
        process.channels,
        process.tokens,
        outages=settings.server.outages,
        metrics=process.metrics,
        clock=process.clock,
    )
    with ExitStack() as failed:
        failed.callback(process.channels.release, opened.channels)
        made = _generation(settings, process, Vendors(plans, opened, Usage(), settings.pauses), number)
        failed.pop_all()
    return made


def _generation(settings: Settings, process: Process, vendors: Vendors, number: int) -> Generation:
    allowances = Allowances(settings.ceilings, process.journal, process.metrics)
    keyring = Keyring(settings.client_keys, metrics=process.metrics, clock=time.monotonic)
    renamed = {name: each.was for name, each in settings.tenants.items() if each.was is not None}
    access = Access(keyring, settings.clients, clock=process.clock, renamed=renamed)
    writes = Writes(
        planner=vendors.planner,
        ceilings=settings.ceilings,
        pauses=vendors.pauses,
        deliveries=vendors.ways.calls,
        journal=process.journal,
        cache=process.balances,
        metrics=process.metrics,
        work=process.work.counted(vendors.usage),
        new_id=process.new_id,
        clock=process.clock,
        boottime=boottime,
        background=process.background,
        waiting=process.waiting,
        repeat=partial(process.repeat, vendors),
    )
    service = Service(
        number=number,
        vendors=vendors,
        ceilings=settings.ceilings,
        journal=process.journal,
        cache=process.balances,
        writes=writes,
        allowances=allowances,
        rates=settings.rates,
    )
    edge = Edge(
        access,
        _limiter(settings, process),
        process.metrics,
        concurrency=process.concurrency,
        log_peer=settings.server.log_peer,
        log_requests=settings.server.log_requests,
        seen=process.seen,
    )
    body = process.bodies(configured(settings, process.kinds))
    endpoints = (
        *Endpoints(service, body, clock=process.clock).table(),
        *EventFeed(process.journal, process.publish).table(),
    )
    searches = vendors.ways.searches
    loaded_at = process.clock()
    pages = Pages(
        service,
        process.background,
        process.readiness,
        searching=lambda: {name: each.standing.state for name, each in searches.items()},
        draining=process.draining,
        configuration=ConfigurationHealth(
            digest=settings.digest, loaded_at=time_text(loaded_at), version=version("points-gateway")
        ),
        not_promised=lambda: process.journal.not_promised,
        openapi=Document(endpoints).json if settings.server.docs else None,
        console=settings.admin.public_url,
    )
    return Generation(
        settings=settings,
        loaded_at=loaded_at,
        vendors=vendors,
        allowances=allowances,
        rereading=Rereading(settings.files, keyring, process.metrics),
        access=access,
        peers=Peers(settings.server.trusted_proxies),
        app=_application(edge, endpoints, pages),
        usage=vendors.usage,
        routes=tuple((each.method, each.path) for each in endpoints),
        body=body,
    )


def _application(edge: Edge, endpoints: tuple[AnyEndpoint, ...], pages: Pages) -> ASGIApp:
    rest = Starlette(routes=pages.routes(), exception_handlers={HTTPException: on_http_exception, Exception: on_fault})
    rest.router.redirect_slashes = False  # a path that is not known is 404, and not led elsewhere
    by_path = groupby(sorted(endpoints, key=_path), key=_path)
    return Paths({path: Resource(edge, *group) for path, group in by_path}, rest=rest)


class Document:
    """The OpenAPI document; made when first asked for, as its libraries take their time to import."""

    def __init__(self, endpoints: tuple[AnyEndpoint, ...]) -> None:
        self._endpoints = endpoints

    def json(self) -> bytes:
        """As JSON."""
        return self._json

    @cached_property
    def _json(self) -> bytes:
        from gateway.api import openapi

        return exact.dumps(openapi.document(self._endpoints, version=version("points-gateway")))


def shared_counts(settings: Settings, metrics: Metrics) -> "SharedCounts | None":
    """What counts clients' rates for all processes, if the configuration names anything."""
    if settings.server.shared is None:
        return None
    from gateway.api.shared_limiting import SharedCounts  # its library is there only where it is needed

    counts = SharedCounts(settings.server.shared.reveal(), clock=time.monotonic)
    counts.tell(metrics)
    return counts


def _limiter(settings: Settings, process: Process) -> "Counting | None":
    """What counts the requests of clients; None where nobody has a rate, so that its library need not be loaded."""
    clients = settings.clients
    if all(client.rate is None for client in clients.values()):
        return None
    from gateway.api.limiting import Limiter

    if process.shared is None:
        return Limiter(clients, process.hits, clock=time.monotonic)
    from gateway.api.shared_limiting import SharedLimiter

    alone = Limiter(clients, process.hits, clock=time.monotonic, share=settings.server.share)
    return SharedLimiter(clients, process.shared, alone)


def _path(endpoint: AnyEndpoint) -> str:
    return endpoint.path
