"""Problems, as bytes, for requests that are refused before they reach the application."""

from collections.abc import Sequence

import httptools
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gateway import exact
from gateway.api.edge import problem_response, request_id
from gateway.api.request_cycle import lines
from gateway.errors import GatewayError, InvalidRequest

Headers = Sequence[tuple[bytes, bytes]]
_ID = b"the-id-of-the-request"
ADDRESS = "The address cannot be read: it is a path of percent-encoded ASCII"


class Refused(ValueError):
    """Raised when a request is valid HTTP but refused; the message is the reason."""


def cause(error: httptools.HttpParserError | Refused) -> str:
    """Why a request cannot be parsed, in a message without parts of the request."""
    inner = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else error
    if isinstance(inner, Refused):
        return str(inner)
    if isinstance(inner, httptools.HttpParserError) and not isinstance(inner, httptools.HttpParserInvalidURLError):
        return f"The request is not HTTP/1.1 that can be read: {inner}"
    return ADDRESS  # uvicorn's callback failed to parse the URL


def refusal(detail: str, headers: Headers, *, always: Headers) -> bytes:
    """The complete answer, a 400 `invalid_request` that closes the connection.

    `headers`: those of the request that were received, for its id. `always`: headers of every answer.
    """
    response = problem_response(InvalidRequest(detail), {"headers": headers})
    head = STATUS_LINE[400] + lines([*always, *response.raw_headers, (b"connection", b"close")])
    return head + b"\r\n" + bytes(response.body)


class Prepared:
    """A frequent problem, rendered once; only the request id is filled in per request."""

    def __init__(self, error: GatewayError) -> None:
        response = problem_response(error, {"headers": [(b"request-id", _ID)]})
        # Split at the placeholder, so that the id of a request can be joined in.
        self._body = bytes(response.body).split(exact.dumps(_ID.decode()))
        own = (b"request-id", b"content-length")
        self._head = STATUS_LINE[error.status] + lines([each for each in response.raw_headers if each[0] not in own])

    def answer(self, scope: Scope) -> tuple[bytes, bytes]:
        """The head of the answer to a request, without its empty line, and its body."""
        name = request_id(scope)
        body = exact.dumps(name).join(self._body)
        own = [(b"request-id", name.encode("latin-1")), (b"content-length", b"%d" % len(body))]
        return self._head + lines(own), body
