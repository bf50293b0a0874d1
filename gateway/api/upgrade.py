"""The head of a request without its offer to speak another protocol, which HTTP lets a server decline in silence.

Java's own HTTP client offers HTTP/2 with every request to an http:// address, and llhttp then reads no body.
"""

from collections.abc import Iterable

Headers = Iterable[tuple[bytes, bytes]]
_OFFER = (b"upgrade", b"http2-settings")


def declined(method: bytes, target: bytes, version: bytes, headers: Headers) -> bytes:
    """The same head without the offer, with its empty line; names are in lower case, `version` is such as `1.1`."""
    lines = [b"%s %s HTTP/%s" % (method, target, version)]
    for name, value in headers:
        if name == b"connection":
            options = [each.strip() for each in value.split(b",")]
            value = b", ".join(each for each in options if each.lower() not in _OFFER)
        if name not in _OFFER:
            lines.append(b"%s: %s" % (name, value))
    return b"\r\n".join([*lines, b"", b""])
