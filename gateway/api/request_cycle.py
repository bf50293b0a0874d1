"""One request on a connection, and its answer: uvicorn's cycle, which can also send a whole answer in one write."""

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.api.request_headers import RequestHeaders
from gateway.api.whole_response import WHOLE

EXTENSIONS: dict[str, dict[object, object]] = {WHOLE: {}}
"""What a scope says that `RequestCycle.send` can do besides."""
_CONTROL = bytes([*range(0x20), 0x7F]).replace(b"\t", b"")
"""What uvicorn refuses in a header's value; a line of a head has two of them, at its end."""


class RequestCycle(RequestResponseCycle):
    """A request and its answer.

    Begun once the head has come. Raises `HttpParserInvalidURLError` or `UnicodeDecodeError` for an unreadable address.
    """

    # Where each begins; most of these never change in a request. uvicorn's own initializer sets all of them each time.
    access_log = False
    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    chunked_encoding = None
    expected_content_length = 0

    def __init__(self, connection: HttpToolsProtocol, version: str, headers: RequestHeaders) -> None:
        address = httptools.parse_url(connection.url)
        path = address.path.decode("ascii")
        scope: Any = {
            "type": "http",
            "asgi": {"version": connection.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "method": connection.parser.get_method().decode("ascii"),
            "scheme": connection.scheme or "http",
            "server": connection.server,
            "client": connection.client,
            "root_path": "",
            "path": unquote(path) if "%" in path else path,
            "raw_path": address.path,
            "query_string": address.query or b"",
            "headers": headers.raw,
            "state": connection.app_state.copy(),
            "extensions": EXTENSIONS,
        }
        headers.enter(scope)
        self.scope = scope
        self.transport = connection.transport
        self.flow = connection.flow
        self.logger = connection.logger
        self.default_headers = connection.server_state.default_headers
        self.message_event = asyncio.Event()
        self.on_response = connection.on_response_complete
        self.keep_alive = version != "1.0" and connection.parser.should_keep_alive()
        self.waiting_for_100_continue = connection.expect_100_continue
        self.body = bytearray()

    async def send(self, message: Any) -> None:
        """Send a message of the answer; one with a whole answer once the caller takes in its answers."""
        if message["type"] != WHOLE:
            await super().send(message)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if not self.disconnected:
            response = message["response"]
            head = STATUS_LINE[response.status_code] + lines([*self.default_headers, *response.raw_headers])
            self.write(head, response.body)

    def write(self, head: bytes, body: bytes) -> None:
        """Write a whole answer, with all that uvicorn does at the end of one; `head` is without its empty line."""
        if self.response_started:
            raise RuntimeError("The request has been answered already")
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        close = b"" if self.keep_alive else b"connection: close\r\n"
        self.transport.write(b"%b%b\r\n%b" % (head, close, b"" if self.scope["method"] == "HEAD" else body))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The lines of headers. Raises `RuntimeError` where a value holds a control character, such as a line's end."""
    each = [b"%b: %b\r\n" % header for header in headers]
    text = b"".join(each)
    if len(text) - len(text.translate(None, _CONTROL)) != 2 * len(each):
        raise RuntimeError("A header of an answer holds a control character")
    return text
