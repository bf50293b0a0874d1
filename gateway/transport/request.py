"""A `VendorRequest` as bytes on the wire; anything that would not arrive verbatim is refused."""

import re
import warnings
from functools import lru_cache
from urllib.parse import urlsplit

from gateway.port import VendorRequest
from gateway.transport.endpoint import Endpoint
from gateway.transport.evidence import RequestRefused

LARGE = 1024 * 1024
"""Body size in bytes above which a warning is raised: the whole body is written in one piece."""

_METHOD = re.compile(r"(?!CONNECT\Z)[A-Z]+\Z")
# Visible ASCII except "#". A path begins with "/" or is empty, so it cannot extend the host of the base URL.
_PATH = re.compile(r"(?:/[!-\"$->@-~]*)?(?:\?[!-\"$-~]+)?\Z")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
# No blanks at either end: every recipient strips them (RFC 9110, 5.5).
_VALUE = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?\Z")
_RESERVED = frozenset(
    {
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization"),
        *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
_WITHOUT_LENGTH = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # no `Content-Length: 0` for an empty body
_CACHED = 64


class Writer:
    """Serializes requests to one vendor.

    `proxied`: the request line contains the absolute URL, as a proxy requires. `extra`: further header lines, each
    with its line end, for every request.
    """

    def __init__(self, base_url: str, *, user_agent: str, proxied: bool = False, extra: bytes = b"") -> None:
        vendor = Endpoint.of(base_url)
        self._path = urlsplit(base_url).path
        self._valid_base = _PATH.match(self._path) is not None
        self._origin = f"http://{vendor.header}" if proxied else ""
        self._own_headers = b"Host: %b\r\nAccept-Encoding: identity\r\n%b" % (vendor.header.encode(), extra)
        self._user_agent = b"User-Agent: %b\r\n" % user_agent.encode()
        # An adapter sends nearly the same headers every time, so checked header lines are cached.
        self._headers = lru_cache(_CACHED)(self._header_lines)

    def serialize(self, request: VendorRequest) -> bytes:
        """The whole request as bytes. Raises `RequestRefused` if it would not arrive verbatim.

        Refused are an invalid method or path, a header value with a control character, a non-ASCII character or a
        blank at an end, and headers that only the transport sets. The message names the header, never its value.
        """
        if not _METHOD.match(request.method):
            raise RequestRefused("The request was refused here: its method is not one")
        if not _PATH.match(request.path):
            raise RequestRefused("The request was refused here: its path is not percent-encoded")
        if not self._valid_base:
            raise RequestRefused("The request was refused here: its path would not go out as it is")
        path = self._path + request.path
        line = f"{request.method} {self._origin}{'' if path.startswith('/') else '/'}{path} HTTP/1.1\r\n".encode()
        headers = self._headers(tuple(request.headers.items()))
        body = request.body
        if not body and request.method in _WITHOUT_LENGTH:
            return b"%b%b\r\n" % (line, headers)
        if len(body) > LARGE:
            warnings.warn("A large body is sent in one piece, and holds up all else", ResourceWarning, stacklevel=2)
        return b"%b%bContent-Length: %d\r\n\r\n%b" % (line, headers, len(body), body)

    def _header_lines(self, headers: tuple[tuple[str, str], ...]) -> bytes:
        """The header lines of the transport and of the adapter, without `Content-Length`."""
        lines = [self._own_headers]
        for name, value in headers:
            if not _NAME.match(name):
                raise RequestRefused("The request was refused here: a header's name is not one")
            if name.lower() in _RESERVED:
                raise RequestRefused(f"The request was refused here: the header {name} is not an adapter's to set")
            if not _VALUE.match(value):
                raise RequestRefused(f"The request was refused here: no header can carry the value of {name}")
            lines.append(f"{name}: {value}\r\n".encode())
        if not any(name.lower() == "user-agent" for name, _ in headers):
            lines.append(self._user_agent)
        return b"".join(lines)
