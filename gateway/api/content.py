"""Checks by the headers whether a request has a body, and whether the body is uncompressed JSON in UTF-8.

Every unambiguous spelling of a header is accepted; everything else is refused with its cause.
"""

import re

from gateway.api.request_headers import RequestHeaders
from gateway.errors import InvalidRequest, UnsupportedMediaType

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'\s*;\s*(?:(?P<name>{_NAME})\s*=\s*(?P<value>{_NAME}|"[^"\\]*"))?\s*')
_UTF_8 = ("utf-8", "utf8")
_LONGEST = 1000
"""Maximum characters of a header; a longer one is refused."""
_USUAL = ["application/json"]
_SEND = "send the body as Content-Type: application/json"


def require_json(headers: RequestHeaders) -> None:
    """Raises `UnsupportedMediaType` or `InvalidRequest`, with the cause, unless the body is plain JSON in UTF-8."""
    types = headers.texts(b"content-type")
    if types != _USUAL:
        _check_type(types)
    if b"content-encoding" in headers:
        _check_coding(headers.texts(b"content-encoding"))


def require_none(headers: RequestHeaders) -> None:
    """Raises `InvalidRequest` if a request that takes no body has one: it must not be dropped silently."""
    if b"transfer-encoding" in headers or any(int(value) for value in headers.all(b"content-length")):
        raise InvalidRequest("The request takes no body: what it asks for stands in its address")


def _check_type(types: list[str]) -> None:
    if not types:
        raise UnsupportedMediaType(f"The request has no Content-Type: {_SEND}")
    if len(types) > 1:
        raise UnsupportedMediaType(f"Content-Type is given twice: {_SEND}, once")
    if len(types[0]) > _LONGEST:
        raise UnsupportedMediaType(f"The Content-Type {_quoted(types[0])} is too long: {_SEND}")
    kind, semicolon, parameters = types[0].partition(";")
    if kind.strip().lower() != "application/json":
        raise UnsupportedMediaType(f"The Content-Type is {_quoted(types[0])}: {_SEND}")
    parameters = semicolon + parameters
    position = 0
    while position < len(parameters):
        parameter = _PARAMETER.match(parameters, position)
        if parameter is None:
            raise UnsupportedMediaType(f"The Content-Type {_quoted(types[0])} cannot be read: {_SEND}")
        charset = (parameter["value"] or "").strip('"')
        if (parameter["name"] or "").lower() == "charset" and charset.lower() not in _UTF_8:
            raise UnsupportedMediaType(f"The charset is {_quoted(charset)}: send the body in UTF-8")
        position = parameter.end()  # RFC 8259 defines no parameters for this type, so others are ignored


def _check_coding(values: list[str]) -> None:
    codings = [coding.strip().lower() for value in values for coding in value[:_LONGEST].split(",")]
    if any(len(value) > _LONGEST for value in values) or any(coding not in ("", "identity") for coding in codings):
        raise UnsupportedMediaType(f"The body has the Content-Encoding {_quoted(', '.join(codings))}: send it as it is")


def _quoted(value: str) -> str:
    """A header value of the caller, truncated and escaped, for messages."""
    return ascii(value[:100])
