"""What of a `VendorRequest` goes onto the wire, byte for byte; whatever could become something else is refused."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from yarl import URL

from gateway.port import VendorRequest
from gateway.transport.evidence import RequestRefused

_METHOD = re.compile(r"[A-Z]+\Z")
_PATH = re.compile(r"(?:[/?][!-\"$-~]*)?\Z")  # visible ASCII but "#"; it cannot run on into the host of the base URL
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_VALUE = re.compile(r"[\t -~]*\Z")
_OURS = frozenset(
    {
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization"),
        *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)


def url(base_url: str, request: VendorRequest) -> URL:
    """The address of a request, its path as it was given. Raises `RequestRefused` where it would not stay so."""
    if not _METHOD.match(request.method):
        raise RequestRefused("The request was refused here: its method is not one")
    if not _PATH.match(request.path):
        raise RequestRefused("The request was refused here: its path is not percent-encoded")
    address = URL(base_url + request.path, encoded=True)
    target = urlsplit(base_url).path + request.path
    if address.raw_path_qs != (target if target.startswith("/") else "/" + target):
        raise RequestRefused("The request was refused here: its path would not go out as it is")
    return address


def headers(request: VendorRequest, *, user_agent: str) -> Mapping[str, str]:
    """The headers to send besides `Host` and `Content-Length`.

    Raises `RequestRefused` for a control character, for anything but ASCII, and for a header that is the
    transport's own to set; the message names the header, never its value.
    """
    sent = {"Accept-Encoding": "identity"}
    for name, value in request.headers.items():
        if not _NAME.match(name):
            raise RequestRefused("The request was refused here: a header's name is not one")
        if name.lower() in _OURS:
            raise RequestRefused(f"The request was refused here: the header {name} is not an adapter's to set")
        if not _VALUE.match(value):
            raise RequestRefused(f"The request was refused here: the header {name} holds what headers cannot")
        sent[name] = value
    if not any(name.lower() == "user-agent" for name in sent):
        sent["User-Agent"] = user_agent
    return sent
