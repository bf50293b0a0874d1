"""The pages without a key: liveness, readiness, and the API's documentation."""

from collections.abc import Callable, Mapping
from html import escape
from math import ceil
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from gateway.api import problem_pages, reading
from gateway.api.answer_headers import of_page
from gateway.api.edge import answer, open_page
from gateway.api.explanations import explanations
from gateway.api.health import ConfigurationHealth, Health, TaskHealth, VendorHealth
from gateway.api.page_parts import part, put_together
from gateway.api.schemas import ReadyQuery
from gateway.delivery.gate import Standing
from gateway.errors import NotFound, StoreUnavailable
from gateway.model import CircuitState, time_text
from gateway.service.background import Background, TaskStanding
from gateway.service.readiness import Readiness
from gateway.service.service import Service

_NO_CONSOLE = '<meta name="console" content="">'


class Pages:
    """The pages of one gateway that need no key.

    `readiness` checks the journal; `searching` returns the circuit of searches by vendor; `draining`, whether the
    gateway shuts down; `not_promised`, what the journal does not promise; `openapi`, the OpenAPI document, generated on
    demand. If `openapi` is None, there are no pages about the API. `console`: where browsers reach the console, if the
    page that tries the API may tell that.
    """

    def __init__(
        self,
        service: Service,
        background: Background,
        readiness: Readiness,
        *,
        searching: Callable[[], Mapping[str, CircuitState]],
        draining: Callable[[], bool],
        configuration: ConfigurationHealth,
        not_promised: Callable[[], tuple[str, ...]],
        openapi: Callable[[], bytes] | None,
        console: str | None = None,
    ) -> None:
        self._service = service
        self._background = background
        self._readiness = readiness
        self._searching = searching
        self._draining = draining
        self._configuration = configuration
        self._not_promised = not_promised
        self._document = openapi
        self._console = console

    def routes(self) -> list[Route]:
        """The routes of the pages."""
        pages: dict[str, Any] = {"/livez": self.livez, "/readyz": self.readyz}
        if self._document is not None:
            pages |= {"/openapi.json": self.openapi, "/docs": self.docs}
            pages |= {"/problems": self.problems, "/problems/{code}": self.problem}
        return [Route(path, open_page(page), methods=["GET"]) for path, page in pages.items()]

    async def livez(self, request: Request) -> Response:
        """GET /livez."""
        return answer(Health(status="ok"))

    async def readyz(self, request: Request) -> Response:
        """GET /readyz."""
        query = reading.query(request.scope["query_string"], ReadyQuery)
        more: dict[str, Any] = {}
        if query.verbose not in (None, "false"):
            searches = self._searching()
            more["configuration"] = self._configuration
            more["vendors"] = [_vendor(each, searches.get(each.vendor)) for each in self._service.vendors()]
            more["tasks"] = [_task(each) for each in self._background.tasks]
            more["not_promised"] = list(self._not_promised()) or None
        if self._draining():
            return answer(Health(status="unavailable", detail="The gateway is shutting down", **more), 503)
        try:
            await self._readiness.check()
        except StoreUnavailable as error:
            return answer(Health(status="unavailable", detail=error.detail, **more), 503)
        return answer(Health(status="ok", **more))

    async def openapi(self, request: Request) -> Response:
        """GET /openapi.json."""
        assert self._document is not None  # noqa: S101 (there is a route to here only with one)
        return Response(self._document(), media_type="application/json")

    async def docs(self, request: Request) -> Response:
        """GET /docs."""
        page = put_together(part("docs.html"))
        return _html(page.replace(_NO_CONSOLE, f'<meta name="console" content="{escape(self._console or "")}">', 1))

    async def problems(self, request: Request) -> Response:
        """GET /problems."""
        return _html(problem_pages.index(explanations()))

    async def problem(self, request: Request) -> Response:
        """GET /problems/{code}. Raises `NotFound` for what is no code."""
        explained = explanations().get(request.path_params["code"])
        if explained is None:
            raise NotFound("There is no problem with this code; /problems has all")
        return _html(problem_pages.page(explained))


def _html(page: str) -> Response:
    return HTMLResponse(page, headers=of_page(page))


def _vendor(standing: Standing, search: CircuitState | None) -> VendorHealth:
    wait = ceil(standing.wait) or None
    return VendorHealth(name=standing.vendor, circuit=standing.state, retry_after=wait, search=search)


def _task(standing: TaskStanding) -> TaskHealth:
    last_ok = time_text(standing.last_ok) if standing.last_ok else None
    return TaskHealth(name=standing.name, state=standing.state, last_ok=last_ok, failures=standing.failures)
