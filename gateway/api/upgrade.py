"""Removes an offer of another protocol from a request's head; HTTP allows a server to ignore such offers.

Java's HTTP client offers HTTP/2 in every request to an http:// URL, and llhttp then reads no body.
"""

from collections.abc import Iterable

Headers = Iterable[tuple[bytes, bytes]]
_OFFER = (b"upgrade", b"http2-settings")


def declined(method: bytes, target: bytes, version: bytes, headers: Headers) -> bytes:
    """The head without the offer, with its final empty line; names are in lower case, `version` is `1.1` or `1.0`."""
    lines = [b"%s %s HTTP/%s" % (method, target, version)]
    for name, value in headers:
        if name == b"connection":
            options = [each.strip() for each in value.split(b",")]
            value = b", ".join(each for each in options if each.lower() not in _OFFER)
        if name not in _OFFER:
            lines.append(b"%s: %s" % (name, value))
    return b"\r\n".join([*lines, b"", b""])
