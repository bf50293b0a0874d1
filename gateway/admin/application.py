"""The application of the admin listener: metrics, the operator API, and the console."""

from functools import cached_property
from importlib.metadata import version
from itertools import groupby

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import exact
from gateway.admin.deeds import Deeds
from gateway.admin.edge import AdminEdge, AdminResource, AnyAdminEndpoint
from gateway.admin.views import Views
from gateway.api.edge import on_fault, on_http_exception, open_page
from gateway.api.paths import Paths
from gateway.api.schemas import AdjustmentBody
from gateway.console import Console
from gateway.operators.desk import Desk
from gateway.operators.signing_in import SigningIn
from gateway.service.exposition import Exposition


class Administration:
    """An ASGI application. `exposition` answers GET /metrics.

    `follow` makes the endpoints anew, since a configuration decides what an adjustment may hold; without operators in
    it there is no operator API.
    """

    def __init__(self, desk: Desk, signing_in: SigningIn, exposition: Exposition) -> None:
        self._desk = desk
        self._signing_in = signing_in
        self._metrics = exposition.metrics
        self._console = Console(desk, signing_in).routes()
        self._app: ASGIApp = Starlette()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        await self._app(scope, receive, send)

    def follow(self, adjustment_body: type[AdjustmentBody]) -> None:
        """Serve by the configuration that is in force now."""
        settings = self._desk.current().settings
        self._signing_in.follow(settings)
        routes: list[BaseRoute] = [Route("/metrics", self._metrics, methods=["GET"]), *self._console]
        endpoints: tuple[AnyAdminEndpoint, ...] = ()
        if self._signing_in.configured:
            endpoints = (*Views(self._desk, adjustment_body).table(), *Deeds(self._desk).table())
            if settings.server.docs:
                document = AdminDocument(endpoints)
                routes.append(Route("/admin/v1/openapi.json", open_page(document.page), methods=["GET"]))
        rest = Starlette(routes=routes, exception_handlers={HTTPException: on_http_exception, Exception: on_fault})
        rest.router.redirect_slashes = False
        edge = AdminEdge(
            self._signing_in,
            self._desk.metrics,
            log_peer=lambda: self._desk.current().settings.server.log_peer,
        )
        by_path = groupby(sorted(endpoints, key=_path), key=_path)
        self._app = Paths({path: AdminResource(edge, *group) for path, group in by_path}, rest=rest)


class AdminDocument:
    """The OpenAPI document of the operator API; made when first asked for, as its libraries take long to import."""

    def __init__(self, endpoints: tuple[AnyAdminEndpoint, ...]) -> None:
        self._endpoints = endpoints

    async def page(self, request: Request) -> Response:
        """GET /admin/v1/openapi.json."""
        return Response(self.json, media_type="application/json")

    @cached_property
    def json(self) -> bytes:
        """The document as JSON."""
        from gateway.api import openapi
        from gateway.api.openapi_about import ADMIN

        return exact.dumps(openapi.document(self._endpoints, version=version("points-gateway"), about=ADMIN))


def _path(endpoint: AnyAdminEndpoint) -> str:
    return endpoint.path
