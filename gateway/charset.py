"""Decodes a vendor's body in its actual charset, whatever charset it declares.

A byte order mark decides first, then valid UTF-8, and only then the `Content-Type` or an XML prolog: many servers
declare unknown, contradictory or wrong charsets, and other data is hardly ever valid UTF-8 by chance.
"""

import codecs
import re
from functools import lru_cache

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, because it begins with the mark of that
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = (
    # The beginning of a text whose first two characters are ASCII, as in JSON and XML (RFC 4627, section 3).
    (re.compile(rb"[^\0]\0\0\0[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[^\0]\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"[^\0]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[^\0]\0[^\0]"), "utf-16-be"),
)
_PARAMETER = re.compile(r"(?i)\bcharset\s*=\s*[\"']?([^\s\"';,]+)")
_DECLARED, _PROLOG_BYTES = 4, 1024
"""Maximum number of declared charsets, since each costs a decoding of the body; bytes searched for the prolog."""
_PROLOG = re.compile(rb"\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._-]*)[\"']")
# These encode other characters as ASCII, so their bytes are valid UTF-8 with another meaning.
_SEVEN_BIT = re.compile(r"utf-7|iso2022_.*|hz")
# Python's own codecs, which no vendor means.
_INTERNAL = frozenset(
    {"idna", "mbcs", "oem", "palmos", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)


def exactly(body: bytes, content_type: str) -> str | None:
    """The whole text, without byte order marks; None if its charset is unclear."""
    seven_bit, others = _declared(content_type, body)
    if body.isascii() and not seven_bit and b"\0" not in body:
        return body.decode("ascii")  # the usual case: ASCII means the same in all other charsets
    for mark, name in _MARKS:
        if body.startswith(mark):
            return _decoded(body[len(mark) :], name)
    if b"\0" in body:
        for beginning, name in _WIDE:
            if beginning.match(body):
                return _decoded(body, name)
    for name in (*seven_bit, "utf-8"):
        if (text := _decoded(body, name)) is not None:
            return text
    if len(others) > _DECLARED:
        return None
    # With several declared charsets, the text is clear only if all of them agree.
    readings = {text for name in others if (text := _decoded(body, name)) is not None}
    return readings.pop() if len(readings) == 1 else None


def roughly(body: bytes, content_type: str) -> str:
    """The text, with U+FFFD for every undecodable byte."""
    text = exactly(body, content_type)
    if text is not None:
        return text
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    return body.decode("utf-8", "replace")


def _declared(content_type: str, body: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The declared charsets that Python knows, by Python's names: seven-bit ones, and others."""
    prolog = _PROLOG.match(body, 0, _PROLOG_BYTES)
    return _known(content_type, prolog[1].decode() if prolog else "")


@lru_cache(64)  # vendors send few different headers
def _known(content_type: str, prolog: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = []
    for name in (*_PARAMETER.findall(content_type), prolog):
        try:
            codec = codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
        if codec not in _INTERNAL and codec not in found:
            found.append(codec)
    seven_bit = tuple(name for name in found if _SEVEN_BIT.fullmatch(name))
    return seven_bit, tuple(name for name in found if name not in seven_bit)


def _decoded(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name).lstrip("\ufeff")
    except (LookupError, ValueError):  # LookupError: the name is a codec, but not a charset
        return None
