"""Whether a request carries a body, and whether that is JSON in UTF-8 as it stands; decided by headers alone.

What can be meant in one way only is taken, whatever its spelling; everything else is refused by name.
"""

import re

from starlette.datastructures import Headers

from gateway.errors import InvalidRequest, UnsupportedMediaType

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'\s*;\s*(?:(?P<name>{_WORD})\s*=\s*(?P<value>{_WORD}|"[^"\\]*"))?\s*')
_UTF_8 = ("utf-8", "utf8")
_LONGEST = 1000
"""Characters of a header that are looked at; one that is longer is refused."""
_USUAL = ["application/json"]
_SEND = "send the body as Content-Type: application/json"


def require_json(headers: Headers) -> None:
    """Raises `UnsupportedMediaType` or `InvalidRequest`, naming the cause, unless the body is plain JSON in UTF-8."""
    types = headers.getlist("content-type")
    if types != _USUAL:
        _check_type(types)
    if "content-encoding" in headers:
        _check_coding(headers.getlist("content-encoding"))


def require_none(headers: Headers) -> None:
    """Raises `InvalidRequest` where a request that takes no body carries one: it would be dropped in silence."""
    for name, value in headers.raw:
        if name == b"transfer-encoding" or (name == b"content-length" and int(value)):
            raise InvalidRequest("The request takes no body: what it asks for stands in its address")


def _check_type(types: list[str]) -> None:
    if not types:
        raise UnsupportedMediaType(f"The request has no Content-Type: {_SEND}")
    if len(types) > 1:
        raise UnsupportedMediaType(f"Content-Type is given twice: {_SEND}, once")
    if len(types[0]) > _LONGEST:
        raise UnsupportedMediaType(f"The Content-Type {_shown(types[0])} is too long: {_SEND}")
    kind, semicolon, parameters = types[0].partition(";")
    if kind.strip().lower() != "application/json":
        raise UnsupportedMediaType(f"The Content-Type is {_shown(types[0])}: {_SEND}")
    parameters = semicolon + parameters
    position = 0
    while position < len(parameters):
        parameter = _PARAMETER.match(parameters, position)
        if parameter is None:
            raise UnsupportedMediaType(f"The Content-Type {_shown(types[0])} cannot be read: {_SEND}")
        charset = (parameter["value"] or "").strip('"')
        if (parameter["name"] or "").lower() == "charset" and charset.lower() not in _UTF_8:
            raise UnsupportedMediaType(f"The charset is {_shown(charset)}: send the body in UTF-8")
        position = parameter.end()  # other parameters mean nothing for this type, as RFC 8259 has it


def _check_coding(values: list[str]) -> None:
    codings = [coding.strip().lower() for value in values for coding in value[:_LONGEST].split(",")]
    if any(len(value) > _LONGEST for value in values) or any(coding not in ("", "identity") for coding in codings):
        raise UnsupportedMediaType(f"The body has the Content-Encoding {_shown(', '.join(codings))}: send it as it is")


def _shown(value: str) -> str:
    """A header of the caller's, bounded, in ASCII."""
    return ascii(value[:100])
