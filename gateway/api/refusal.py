"""The problems of requests that are refused before the application hears of them, as bytes for the connection."""

from collections.abc import Sequence

import httptools
from starlette.requests import Request

from gateway.api.edge import problem_response
from gateway.errors import InvalidRequest

Headers = Sequence[tuple[bytes, bytes]]
ADDRESS = "The address cannot be read: it is a path of percent-encoded ASCII"


class Refused(ValueError):
    """Raised when a part of a request is HTTP and still not taken; the text says why."""


def cause(error: httptools.HttpParserError | Refused) -> str:
    """Why a request cannot be read, in words that hold nothing of the request itself."""
    inner = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else error
    if isinstance(inner, Refused):
        return str(inner)
    if isinstance(inner, httptools.HttpParserError) and not isinstance(inner, httptools.HttpParserInvalidURLError):
        return f"The request is not HTTP/1.1 that can be read: {inner}"
    return ADDRESS  # uvicorn took it apart, and failed


def refusal(detail: str, headers: Headers, *, always: Headers) -> bytes:
    """The whole answer, 400 `invalid_request`, to a request of which these headers came; it closes the connection.

    `always`: headers that every answer has.
    """
    response = problem_response(InvalidRequest(detail), Request({"type": "http", "headers": headers}))
    lines = [b"%s: %s" % header for header in (*always, *response.raw_headers)]
    return b"\r\n".join([b"HTTP/1.1 400 Bad Request", *lines, b"connection: close", b"", bytes(response.body)])
