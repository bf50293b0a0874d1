"""What every endpoint has in common: who asks, a strict reading, an answer or a problem, and one line in the log."""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import structlog
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.answers import rendering
from gateway.answers.answer_model import AnswerModel
from gateway.api import content, reading
from gateway.api.access import Access
from gateway.api.client_concurrency import Concurrency
from gateway.api.request_body import BODY_SECONDS, body_of
from gateway.api.request_headers import RequestHeaders
from gateway.api.request_log import RequestLog
from gateway.api.schemas import NoBody
from gateway.api.visitor import Visitor
from gateway.api.whole_response import WholeResponse
from gateway.errors import (
    GatewayError,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
)
from gateway.metrics import Metrics
from gateway.randomness import Randomness
from gateway.service.writes import Caller
from gateway.settings import Scope as Permission

if TYPE_CHECKING:  # the library behind it is loaded only where some client has a rate
    from gateway.api.limiting import Counting

log = structlog.get_logger(__name__)
_REQUEST_ID = re.compile(r"[!-~]{1,128}\Z")
_random = Randomness(12)
Q = TypeVar("Q", bound=BaseModel)
B = TypeVar("B", bound=BaseModel)
Q_co = TypeVar("Q_co", bound=BaseModel, covariant=True)
B_co = TypeVar("B_co", bound=BaseModel, covariant=True)


@dataclass(frozen=True, slots=True)
class Call(Generic[Q_co, B_co]):
    """One call, read: everything in it is known and checked.

    `about`: what the log says besides, `adjustment` (an id) and `vendor` (its name), which handlers fill in.
    """

    caller: Caller
    scopes: frozenset[Permission]
    headers: RequestHeaders
    path: Mapping[str, str]
    query: Q_co
    body: B_co
    about: dict[str, str]


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[Q, B]):
    """One operation of the API: how it is reached and read, what it answers, and what can go wrong."""

    method: str
    path: str
    name: str
    summary: str
    scope: str
    handler: Callable[[Call[Q, B]], Awaitable[WholeResponse]]
    answers: Mapping[int, type[AnswerModel]]
    problems: tuple[type[GatewayError], ...]
    query: type[Q]
    body: type[B]
    needs_key: bool = False

    @property
    def takes_body(self) -> bool:
        """Whether a request has a body."""
        return self.body is not NoBody


AnyEndpoint = Endpoint[Any, Any]
"""Any endpoint: a table holds endpoints of all queries and bodies, which are checked where each is made."""


def answer(model: AnswerModel, status: int = 200) -> WholeResponse:
    """An answer with a JSON body."""
    return WholeResponse(model.to_json(), status)


def open_page(
    handler: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """A page that needs no key: it carries a `Request-Id` as every answer does."""

    async def page(request: Request) -> Response:
        try:
            response = await handler(request)
        except GatewayError as error:
            return problem_response(error, request.scope)
        response.headers["Request-Id"] = request_id(request.scope)
        return response

    return page


class Edge:
    """Runs endpoints for HTTP requests."""

    def __init__(
        self,
        access: Access,
        limiter: "Counting | None",
        metrics: Metrics,
        *,
        concurrency: Concurrency | None = None,
        log_peer: bool = True,
        log_requests: float = 1.0,
        body_seconds: float = BODY_SECONDS,
        seen: Callable[[Mapping[str, Any]], None] = lambda line: None,
    ) -> None:
        self._access = access
        self._limiter = limiter
        self._concurrency = concurrency
        self._metrics = metrics
        self._requests = RequestLog(metrics, peers=log_peer, share=log_requests, seen=seen)
        self._body_seconds = body_seconds

    async def answer(self, endpoint: Endpoint[Q, B], scope: Scope, receive: Receive) -> WholeResponse:
        """Run one endpoint for one request."""
        headers = RequestHeaders.of(scope)
        under_way = self._requests.begin(endpoint.method, endpoint.path, headers.raw)
        visitor = Visitor.of(scope)
        client = tenant = quota = None
        about: dict[str, str] = {}
        try:
            client = visitor.known()
            if self._limiter is not None and (quota := await self._limiter.counted(client.name)):
                if not quota.within:
                    self._metrics.refused("rate")
                quota.check()
            with self._concurrency.one_more(client) if self._concurrency else nullcontext():
                self._access.permit(client, endpoint.scope)
                tenant = self._access.tenant(headers, client)
                caller = Caller(client.journal_name, self._access.journal_name(tenant), request_id(scope))
                response = await endpoint.handler(
                    await self._read(endpoint, scope, receive, caller, client.scopes, about)
                )
            response.add("Request-Id", caller.request_id)
        except GatewayError as error:
            _note_subject(error, about)
            response = problem_response(error, scope)
        except ClientDisconnect:  # nobody hears this; it is for the log
            response = problem_response(InvalidRequest("The caller left in the middle of the body"), scope)
        except Exception:
            log.exception("a fault of the gateway", route=endpoint.path, request_id=request_id(scope))
            response = problem_response(InternalError(), scope)
        except BaseException:
            self._requests.cut(under_way)
            raise
        if quota is not None:
            for name, value in quota.headers.items():
                response.add(name, value)
        line = {
            "method": endpoint.method,
            "route": endpoint.path,
            "status": response.status_code,
            "client": client and client.name,
            "tenant": tenant,
            "request_id": request_id(scope),
        }
        self._requests.end(under_way, line, peer=visitor.peer, about=about)
        return response

    async def _read(
        self,
        endpoint: Endpoint[Q, B],
        scope: Scope,
        receive: Receive,
        caller: Caller,
        scopes: frozenset[Permission],
        about: dict[str, str],
    ) -> Call[Q, B]:
        headers = RequestHeaders.of(scope)
        path = {name: reading.segment(value) for name, value in scope.get("path_params", {}).items()}
        query = reading.query(scope["query_string"], endpoint.query)
        if endpoint.takes_body:
            content.require_json(headers)
            body = reading.body(await body_of(headers, receive, self._body_seconds), endpoint.body)
        else:
            content.require_none(headers)
            body = reading.nothing(endpoint.body)
        return Call(caller, scopes, headers, path, query, body, about)


class Resource:
    """The ASGI application of one path, whatever its methods."""

    def __init__(self, edge: Edge, *endpoints: AnyEndpoint) -> None:
        self._edge = edge
        self._path = endpoints[0].path
        self._by_method = {endpoint.method: endpoint for endpoint in endpoints}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        endpoint = self._by_method.get(scope["method"])
        if endpoint is None:
            allowed = ", ".join(self._by_method)
            response = problem_response(MethodNotAllowed(f"{self._path} takes {allowed}"), scope)
            response.add("Allow", allowed)
        else:
            response = await self._edge.answer(endpoint, scope, receive)
        await response(scope, receive, send)


def problem_response(error: GatewayError, scope: Scope) -> WholeResponse:
    """A problem, with the headers that belong to it."""
    problem = rendering.problem(error, request_id=request_id(scope))
    response = WholeResponse(problem.to_json(), error.status, media_type="application/problem+json")
    response.add("Request-Id", problem.request_id)
    if error.status == 401:
        response.add("WWW-Authenticate", "Bearer")
    if error.retryable:
        response.add("Retry-After", str(max(1, ceil(error.retry_after or 1))))
    return response


def request_id(scope: Scope) -> str:
    """The caller's own `Request-Id` where it is usable, else a new one; the same for the whole request."""
    if "request_id" not in scope:
        values = RequestHeaders.of(scope).texts(b"request-id")
        usable = len(values) == 1 and _REQUEST_ID.match(values[0])
        scope["request_id"] = values[0] if usable else f"req_{_random()}"
    return str(scope["request_id"])


async def on_http_exception(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses, as a problem."""
    assert isinstance(error, HTTPException)  # noqa: S101 (the handler is registered for this class)
    response = problem_response(_translated(error), request.scope)
    response.headers.update(error.headers or {})
    return response


async def on_fault(request: Request, error: Exception) -> Response:
    """What nothing else caught, as a problem without a word about why; the log has that."""
    return problem_response(InternalError(), request.scope)


def _note_subject(error: GatewayError, about: dict[str, str]) -> None:
    """Note which adjustment and which vendor an error is about, where it is about any."""
    if error.adjustment is not None:
        about["adjustment"] = error.adjustment
    if error.vendor is not None:
        about["vendor"] = error.vendor[0]


def _translated(error: HTTPException) -> GatewayError:
    kinds: dict[int, GatewayError] = {404: NotFound("There is nothing at this path"), 405: MethodNotAllowed()}
    return kinds.get(error.status_code) or InvalidRequest(str(error.detail))
