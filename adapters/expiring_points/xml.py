"""The vendor's XML: one element per field under `<xml>`, parsed into the same shape as its JSON."""

import html
import re
from collections.abc import Mapping
from typing import Any

from defusedxml.ElementTree import DefusedXMLParser, ParseError

from gateway.lenient import merged
from gateway.scalars import REPLACEMENT

MAX_TAGS, MAX_DEPTH = 2_000, 32
"""Maximum number of tags and comments in a document, and maximum nesting of its elements."""
_MAX_TAG_LENGTH = 2_048
"""Maximum characters of one tag, which bounds its attributes; comments and CDATA sections may be longer."""

_TOO_LONG = re.compile(rf"<(?!!)[^>]{{{_MAX_TAG_LENGTH}}}")
_INVALID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def carries(text: str) -> bool:
    """Whether XML 1.0 can represent a text, escaped or not."""
    return _INVALID.search(text) is None


def write(fields: Mapping[str, object]) -> bytes:
    """`<xml>` with one element per field, in order, in UTF-8. Raises `ValueError` for invalid XML characters."""
    parts = []
    for name, value in fields.items():
        if not carries(str(value)):
            raise ValueError(f"{name} holds a character that XML cannot carry")
        # XML parsers turn a bare carriage return into a line feed.
        parts.append(f"<{name}>{html.escape(str(value), quote=False)}</{name}>".replace("\r", "&#13;"))
    return f"<xml>{''.join(parts)}</xml>".encode()


def read(text: str) -> dict[str, Any]:
    """The elements under `<xml>`: stripped texts, or dictionaries of the same kind.

    A name with several different values has an `Unreadable` value; U+FFFD replaces each invalid character, and in a
    name it is invalid itself. Raises `ValueError` for invalid XML, entity declarations, another root, and documents
    above the bounds, which exist because the event loop waits during parsing.
    """
    if text.count("<") > MAX_TAGS:
        raise ValueError(f"more than {MAX_TAGS} tags")
    if _TOO_LONG.search(text):
        raise ValueError(f"a tag of more than {_MAX_TAG_LENGTH} characters")
    tree = _Tree()
    parser = DefusedXMLParser(target=tree)
    try:
        # Fed as a string, so the encoding named in the prolog is ignored: `charset` has decoded the body already.
        parser.feed(_INVALID.sub(REPLACEMENT, text))
        parser.close()
    except ParseError as error:
        raise ValueError(f"not XML: {error}") from error
    if not isinstance(tree.value, dict):
        raise ValueError("not the vendor's <xml>")
    return tree.value


class _Tree:
    """The parser's target: builds each value when its element ends."""

    def __init__(self) -> None:
        self._open: list[tuple[str, dict[str, list[Any]]]] = []
        self._text: list[str] = []
        self.value: Any = None

    def start(self, tag: str, _: Mapping[str, str]) -> None:
        """Begin an element. Raises `ValueError` if it is nested too deep."""
        if not self._open and tag != "xml":
            raise ValueError("not the vendor's <xml>")
        if len(self._open) == MAX_DEPTH:
            raise ValueError(f"elements nested more than {MAX_DEPTH} deep")
        self._open.append((tag, {}))
        self._text = []

    def data(self, text: str) -> None:
        """Collect a part of a text; text beside child elements is ignored."""
        self._text.append(text)

    def end(self, tag: str) -> None:
        """End an element."""
        _, inner = self._open.pop()
        value: Any = "".join(self._text).strip()
        if inner:
            value = {name: merged(values) for name, values in inner.items()}
        self._text = []
        if self._open:
            self._open[-1][1].setdefault(tag, []).append(value)
        else:
            self.value = value
