"""Checks of a request's head: one host, and unambiguous framing.

A head that two parsers could read differently is refused, so that a proxy in front cannot check another request than
the one that is served (request smuggling).
"""

import re

from gateway.api.refusal import ADDRESS, Refused
from gateway.api.request_headers import RequestHeaders

_MOST_DIGITS = 19
_VERSIONS = ("1.1", "1.0")
_AUTHORITY = rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+)(?::[0-9]{0,5})?"
_HOST = re.compile(_AUTHORITY + rb"\Z")
_TARGET = re.compile(rb"(?:https?://" + _AUTHORITY + rb")?/", re.IGNORECASE)


def check(version: str, target: bytes, headers: RequestHeaders) -> int:
    """The Content-Length of a request, 0 if there is none.

    Raises `Refused`, with the cause, if the head is invalid or ambiguous.
    """
    if version not in _VERSIONS:
        raise Refused("The gateway speaks HTTP/1.1 and HTTP/1.0")
    if b"#" in target:
        raise Refused("An address has no fragment: send # as %23")
    if not _TARGET.match(target):
        raise Refused(ADDRESS)
    hosts, length = headers.all(b"host"), 0
    for value in headers.all(b"content-length"):
        if len(value) > _MOST_DIGITS:
            raise Refused(f"A Content-Length has at most {_MOST_DIGITS} digits")
        length = int(value)  # the parser has checked that there is one, of digits only
    if len(hosts) != 1 and (hosts or version == "1.1"):
        raise Refused(f"A request has one Host header, and this one has {len(hosts)}")
    if hosts and not _HOST.match(hosts[0]):
        raise Refused(f"The Host is {_quoted(hosts[0])}: it is a name or an address, and a port after a colon")
    if b"transfer-encoding" in headers:
        _check_codings(version, headers.all(b"transfer-encoding"))
    return length


def _check_codings(version: str, codings: list[bytes]) -> None:
    if version != "1.1":
        raise Refused("HTTP/1.0 knows no Transfer-Encoding: send the body with a Content-Length")
    if len(codings) != 1 or codings[0].lower() != b"chunked":
        raise Refused(f"The Transfer-Encoding is {_quoted(b', '.join(codings))}: only chunked is read")


def _quoted(value: bytes) -> str:
    """A header value of the caller, truncated and escaped, for messages."""
    return ascii(value[:100].decode("latin-1"))
