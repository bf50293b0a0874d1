"""What of a `VendorRequest` goes onto the wire, byte for byte; whatever could become something else is refused."""

import re
import warnings
from functools import lru_cache
from urllib.parse import urlsplit

from gateway.port import VendorRequest
from gateway.transport.endpoint import Endpoint
from gateway.transport.evidence import RequestRefused

LARGE = 1024 * 1024
"""Bytes of a body from which on it is warned of: the whole of it is handed to the system in one piece."""

_METHOD = re.compile(r"(?!CONNECT\Z)[A-Z]+\Z")
# Visible ASCII but "#", with a query that is not empty: it cannot run on into the host of the base URL.
_PATH = re.compile(r"(?:/[!-\"$->@-~]*)?(?:\?[!-\"$-~]+)?\Z")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
# Blanks at an end would not arrive: whoever reads a header drops them (RFC 9110, 5.5).
_VALUE = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?\Z")
_OURS = frozenset(
    {
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization"),
        *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
_SILENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_KNOWN = 64


class Writer:
    """Writes requests to one vendor as the bytes that leave.

    `proxied`: the request line holds the whole address, as a proxy wants it. `ours`: further headers, each with its
    line end, that go with every request.
    """

    def __init__(self, base_url: str, *, user_agent: str, proxied: bool = False, ours: bytes = b"") -> None:
        vendor = Endpoint.of(base_url)
        self._path = urlsplit(base_url).path
        self._whole = _PATH.match(self._path) is not None
        self._origin = f"http://{vendor.header}" if proxied else ""
        self._ours = b"Host: %b\r\nAccept-Encoding: identity\r\n%b" % (vendor.header.encode(), ours)
        self._user_agent = b"User-Agent: %b\r\n" % user_agent.encode()
        # An adapter says nearly the same headers every time: what was found fit once is not looked at again.
        self._headers = lru_cache(_KNOWN)(self._checked)

    def written(self, request: VendorRequest) -> bytes:
        """The whole request. Raises `RequestRefused` for what would not go out as it is.

        That is a method or path that is none, a header that holds a control character, anything but ASCII or a
        blank at an end, and one that is the transport's own to set; the message names the header, never its value.
        """
        if not _METHOD.match(request.method):
            raise RequestRefused("The request was refused here: its method is not one")
        if not _PATH.match(request.path):
            raise RequestRefused("The request was refused here: its path is not percent-encoded")
        if not self._whole:
            raise RequestRefused("The request was refused here: its path would not go out as it is")
        path = self._path + request.path
        line = f"{request.method} {self._origin}{'' if path.startswith('/') else '/'}{path} HTTP/1.1\r\n".encode()
        headers = self._headers(tuple(request.headers.items()))
        body = request.body
        if not body and request.method in _SILENT:
            return b"%b%b\r\n" % (line, headers)
        if len(body) > LARGE:
            warnings.warn("A large body is sent in one piece, and holds up all else", ResourceWarning, stacklevel=2)
        return b"%b%bContent-Length: %d\r\n\r\n%b" % (line, headers, len(body), body)

    def _checked(self, headers: tuple[tuple[str, str], ...]) -> bytes:
        """The lines of an adapter's headers and of our own, but for the length."""
        lines = [self._ours]
        for name, value in headers:
            if not _NAME.match(name):
                raise RequestRefused("The request was refused here: a header's name is not one")
            if name.lower() in _OURS:
                raise RequestRefused(f"The request was refused here: the header {name} is not an adapter's to set")
            if not _VALUE.match(value):
                raise RequestRefused(f"The request was refused here: no header can carry the value of {name}")
            lines.append(f"{name}: {value}\r\n".encode())
        if not any(name.lower() == "user-agent" for name, _ in headers):
            lines.append(self._user_agent)
        return b"".join(lines)
