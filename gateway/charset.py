"""The text of a vendor's body: in the charset that its bytes are in, whatever is claimed of them.

A byte order mark decides, then UTF-8 where the bytes are that, and only then what the `Content-Type` or an XML prolog
declares: charsets that are unknown, doubled or wrong are declared by many servers, UTF-8 is hardly ever met by chance.
"""

import codecs
import re
from functools import lru_cache

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = (
    # How a text begins whose first two characters are ASCII, as those of JSON and XML are (RFC 4627, section 3).
    (re.compile(rb"[^\0]\0\0\0[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[^\0]\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"[^\0]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[^\0]\0[^\0]"), "utf-16-be"),
)
_PARAMETER = re.compile(r"(?i)\bcharset\s*=\s*[\"']?([^\s\"';,]+)")
_DECLARED, _PROLOG_BYTES = 4, 1024
"""Charsets that one answer may declare, and bytes in which its prolog is looked for: each costs a whole body."""
_PROLOG = re.compile(rb"\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._-]*)[\"']")
# They spell other characters in ASCII, so that what is in them is UTF-8 too, and means something else there.
_SEVEN_BIT = re.compile(r"utf-7|iso2022_.*|hz")
# Python's own, which no vendor means.
_INTERNAL = frozenset(
    {"idna", "mbcs", "oem", "palmos", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)


def exactly(body: bytes, content_type: str) -> str | None:
    """The whole text, without byte order marks; None where it is in no charset that can be told."""
    seven_bit, others = _declared(content_type, body)
    if body.isascii() and not seven_bit and b"\0" not in body:
        return body.decode("ascii")  # as most bodies are, and means the same in every other charset
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
    readings = {text for name in others if (text := _decoded(body, name)) is not None}
    return readings.pop() if len(readings) == 1 else None


def roughly(body: bytes, content_type: str) -> str:
    """The text, with U+FFFD for every byte that is in no charset that can be told."""
    text = exactly(body, content_type)
    if text is not None:
        return text
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    return body.decode("utf-8", "replace")


def _declared(content_type: str, body: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is declared and known here, by Python's names: charsets of seven bits, and others."""
    prolog = _PROLOG.match(body, 0, _PROLOG_BYTES)
    return _known(content_type, prolog[1].decode() if prolog else "")


@lru_cache(64)  # vendors send few of them
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
    except (LookupError, ValueError):  # the first for what Python calls a codec and is no charset
        return None
