"""The console as an application: its routes, who may use them, and what a browser gets where that fails."""

import time
from collections.abc import Awaitable, Callable
from math import ceil
from urllib.parse import urlsplit

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.api.edge import request_id
from gateway.console.forms import Form, posted
from gateway.console.live_screen import LiveScreen
from gateway.console.queue_screen import QueueScreen
from gateway.console.search_screen import SearchScreen
from gateway.console.sign_in import SignIn
from gateway.console.templating import HEADERS, Templates, assets
from gateway.console.tenants_screen import TenantsScreen
from gateway.console.vendors_screen import VendorsScreen
from gateway.console.visit import Visit, html, refusal
from gateway.errors import Forbidden, GatewayError, InternalError, InvalidRequest, NotFound
from gateway.operators.desk import Desk
from gateway.operators.signing_in import SigningIn

log = structlog.get_logger(__name__)
Screen = Callable[[Visit], Awaitable[Response]]
HOME = "/console/"


class Console:
    """The pages of one gateway for its operators."""

    def __init__(self, desk: Desk, operators: SigningIn) -> None:
        self._templates = Templates()
        self._assets = assets()
        self._sign_in = SignIn(desk, operators, self._templates)
        self._search = SearchScreen(desk)
        self._queue = QueueScreen(desk)
        self._vendors = VendorsScreen(desk)
        self._tenants = TenantsScreen(desk)
        self._live = LiveScreen(desk, self._templates, clock=time.monotonic)

    def routes(self) -> list[Route]:
        """The routes of all pages."""
        screens: dict[str, Screen] = {
            "/search": self._search.show,
            "/adjustments/{id}": self._search.adjustment,
            "/queue": self._queue.show,
            "/vendors": self._vendors.show,
            "/tenants": self._tenants.show,
            "/tenants/{name}": self._tenants.tenant,
            "/live": self._live.show,
        }
        actions: dict[str, Screen] = {
            "/queue/review": self._queue.review,
            "/queue/settle": self._queue.settle,
            "/queue/search": self._queue.search,
            "/queue/withdraw": self._queue.withdraw,
            "/pause": self._vendors.pause,
            "/resume": self._vendors.resume,
            "/tenants/{name}": self._tenants.explain,
            "/sign-out": self._sign_in.leave,
        }
        pages = [Route(f"/console{path}", self._reads(screen), methods=["GET"]) for path, screen in screens.items()]
        pages += [Route(f"/console{path}", self._acts(action), methods=["POST"]) for path, action in actions.items()]
        return [
            Route("/", self._home, methods=["GET"]),
            Route("/console", self._home, methods=["GET"]),
            Route("/console/", self._reads(self._first), methods=["GET"]),
            Route("/console/assets/{name}", self._asset, methods=["GET"]),
            Route("/console/sign-in", self._guarded(self._sign_in.ask), methods=["GET"]),
            Route("/console/sign-in", self._guarded(self._sign_in.enter), methods=["POST"]),
            *pages,
            Route("/console/{path:path}", self._reads(self._nowhere), methods=["GET", "POST"]),
        ]

    async def _home(self, request: Request) -> Response:
        return RedirectResponse(HOME, 303, HEADERS)

    async def _first(self, visit: Visit) -> Response:
        return visit.seen("/console/search")

    async def _nowhere(self, visit: Visit) -> Response:
        path = visit.request.url.path
        if path.endswith("/"):
            return visit.seen(path.rstrip("/"))
        raise NotFound("The console has no such page: it may have been mistyped, or be of another version")

    async def _asset(self, request: Request) -> Response:
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            return self._failed(request, NotFound("There is no such file"))
        return Response(asset.body, media_type=asset.kind, headers=HEADERS)

    def _reads(self, screen: Screen) -> Callable[[Request], Awaitable[Response]]:
        """A page that changes nothing; who has not signed in is asked to."""

        async def page(request: Request) -> Response:
            found = await self._sign_in.visitor(request)
            if isinstance(found, Response):
                return found
            form = Form.of(request.scope["query_string"].decode("latin-1"))
            return await self._shown(screen, Visit(request, *found, form, self._templates))

        return self._guarded(self._sign_in.remembered(page))

    def _acts(self, action: Screen) -> Callable[[Request], Awaitable[Response]]:
        """What a form of ours does: it has to come from a page of this session."""

        async def act(request: Request) -> Response:
            found = await self._sign_in.visitor(request)
            if isinstance(found, Response):
                return found
            operator, session, sessions = found
            form = await posted(request)
            if not sessions.owns(session.number, form.text("token")):
                raise Forbidden("The form is not of this session: load its page again, and send it from there")
            return await self._shown(action, Visit(request, operator, session, sessions, form, self._templates))

        return self._guarded(act)

    async def _shown(self, screen: Screen, visit: Visit) -> Response:
        """What a screen answers; a failure has the menu as well, and leads back."""
        try:
            return await screen(visit)
        except GatewayError as error:
            response = await visit.failed(error, self._back(visit.request))
            self._wait(response, error)
            return response

    def _back(self, request: Request) -> str:
        """The page that a form was sent from, as the browser names it; the queue in place of an answer to a form."""
        came = urlsplit(request.headers.get("referer", ""))
        if came.netloc != request.headers.get("host") or not came.path.startswith(HOME):
            return HOME
        if came.path.startswith("/console/queue/"):
            return "/console/queue"
        return f"{came.path}?{came.query}" if came.query else came.path

    def _guarded(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """A handler whose failures are pages; a form that another site sends is refused before it is read."""

        async def guarded(request: Request) -> Response:
            try:
                if request.method == "POST" and request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
                    raise Forbidden("The form was sent by another site")
                response = await handler(request)
            except GatewayError as error:
                response = self._failed(request, error)
            except ClientDisconnect:
                response = self._failed(request, InvalidRequest("The caller left in the middle of the form"))
            except Exception:
                log.exception("a fault of the console", path=request.url.path, request_id=request_id(request.scope))
                response = self._failed(request, InternalError())
            response.headers["Request-Id"] = request_id(request.scope)
            return response

        return guarded

    def _failed(self, request: Request, error: GatewayError) -> Response:
        values = {"operator": None, **refusal(error, HOME)}
        response = html(self._templates.render("problem.html", values), error.status)
        self._wait(response, error)
        return response

    @staticmethod
    def _wait(response: Response, error: GatewayError) -> None:
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(max(1, ceil(error.retry_after)))
