"""What every endpoint of the operator API has in common: who asks, a strict reading, an answer or a problem."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import structlog
from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.answers.answer_model import AnswerModel
from gateway.api import content, reading
from gateway.api.edge import problem_response, request_id
from gateway.api.request_body import body_of
from gateway.api.request_headers import RequestHeaders
from gateway.api.request_log import RequestLog
from gateway.api.schemas import NoBody
from gateway.errors import GatewayError, InternalError, InvalidRequest, MethodNotAllowed
from gateway.metrics import Metrics
from gateway.operators.operator import Operator
from gateway.operators.signing_in import SigningIn
from gateway.settings import OperatorScope

log = structlog.get_logger(__name__)
Q = TypeVar("Q", bound=BaseModel)
B = TypeVar("B", bound=BaseModel)
Q_co = TypeVar("Q_co", bound=BaseModel, covariant=True)
B_co = TypeVar("B_co", bound=BaseModel, covariant=True)


@dataclass(frozen=True, slots=True)
class AdminCall(Generic[Q_co, B_co]):
    """One call of an operator, read: everything in it is known and checked."""

    operator: Operator
    request_id: str
    path: Mapping[str, str]
    query: Q_co
    body: B_co


@dataclass(frozen=True, slots=True)
class AdminEndpoint(Generic[Q, B]):
    """One operation of the operator API: how it is reached and read, what it answers, and what can go wrong."""

    method: str
    path: str
    name: str
    summary: str
    scope: OperatorScope
    handler: Callable[[AdminCall[Q, B]], Awaitable[AnswerModel]]
    answer: type[AnswerModel]
    problems: tuple[type[GatewayError], ...]
    query: type[Q]
    body: type[B]
    needs_key: ClassVar[bool] = False

    @property
    def answers(self) -> Mapping[int, type[AnswerModel]]:
        """The models of its answers, by HTTP status."""
        return {200: self.answer}

    @property
    def takes_body(self) -> bool:
        """Whether a request has a body."""
        return self.body is not NoBody


AnyAdminEndpoint = AdminEndpoint[Any, Any]
"""Any endpoint of the operator API."""


class AdminEdge:
    """Runs endpoints for HTTP requests of operators."""

    def __init__(self, signing_in: SigningIn, metrics: Metrics, *, log_peer: Callable[[], bool]) -> None:
        self._signing_in = signing_in
        self._requests = RequestLog(metrics, peers=False, share=1.0)
        self._log_peer = log_peer

    async def answer(self, endpoint: AdminEndpoint[Q, B], request: Request) -> Response:
        """Run one endpoint for one request."""
        under_way = self._requests.begin(endpoint.method, endpoint.path, request.scope["headers"])
        peer = self._signing_in.peer(request.client.host if request.client else "", request.headers)
        operator: Operator | None = None
        try:
            operator = self._signing_in.by_header(request.headers, peer)
            operator.permit(endpoint.scope)
            call = await _read(endpoint, request, operator)
            shown = await endpoint.handler(call)
            response = Response(shown.to_json(), media_type="application/json")
            response.headers["Request-Id"] = call.request_id
        except GatewayError as error:
            response = problem_response(error, request.scope)
        except ClientDisconnect:  # nobody hears this; it is for the log
            response = problem_response(InvalidRequest("The caller left in the middle of the body"), request.scope)
        except Exception:
            log.exception("a fault of the gateway", route=endpoint.path, request_id=request_id(request.scope))
            response = problem_response(InternalError(), request.scope)
        except BaseException:
            self._requests.cut(under_way)
            raise
        line = {
            "method": endpoint.method,
            "route": endpoint.path,
            "status": response.status_code,
            "operator": operator and operator.name,
            "request_id": response.headers["Request-Id"],
            **({"peer": peer} if self._log_peer() else {}),
        }
        self._requests.end(under_way, line, peer=None, about={})
        return response


async def _read(endpoint: AdminEndpoint[Q, B], request: Request, operator: Operator) -> AdminCall[Q, B]:
    headers = RequestHeaders.of(request.scope)
    path = {name: reading.segment(value) for name, value in request.path_params.items()}
    query = reading.query(request.scope["query_string"], endpoint.query)
    if endpoint.takes_body:
        content.require_json(headers)
        body = reading.body(await body_of(headers, request.receive), endpoint.body)
    else:
        content.require_none(headers)
        body = reading.nothing(endpoint.body)
    return AdminCall(operator, request_id(request.scope), path, query, body)


class AdminResource:
    """The ASGI application of one path, whatever its methods."""

    def __init__(self, edge: AdminEdge, *endpoints: AnyAdminEndpoint) -> None:
        self._edge = edge
        self._path = endpoints[0].path
        self._by_method = {endpoint.method: endpoint for endpoint in endpoints}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        endpoint = self._by_method.get(request.method)
        if endpoint is None:
            allowed = ", ".join(self._by_method)
            response: Response = problem_response(MethodNotAllowed(f"{self._path} takes {allowed}"), request.scope)
            response.headers["Allow"] = allowed
        else:
            response = await self._edge.answer(endpoint, request)
        await response(scope, receive, send)
