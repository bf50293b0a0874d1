"""The vendor's XML: one element a field under `<xml>`, read into the same shape that its JSON has."""

import html
import re
from collections.abc import Mapping
from typing import Any

from defusedxml.ElementTree import DefusedXMLParser, ParseError

from gateway.lenient import several
from gateway.scalars import UNTOLD

MOST_MARKS, DEEPEST = 2_000, 32
"""Tags, comments and the like that a document may have, and how deep its elements may be nested."""
_LONGEST = 2_048
"""Characters of one tag, which bounds its attributes; comments and CDATA sections may be longer."""

_TOO_LONG = re.compile(rf"<(?!!)[^>]{{{_LONGEST}}}")
_UNCARRIED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def carries(text: str) -> bool:
    """Whether XML 1.0 can say a text at all, escaped or not."""
    return _UNCARRIED.search(text) is None


def write(fields: Mapping[str, object]) -> bytes:
    """`<xml>` with one element a field, in order, in UTF-8. Raises `ValueError` for what XML cannot carry."""
    parts = []
    for name, value in fields.items():
        if not carries(str(value)):
            raise ValueError(f"{name} holds a character that XML cannot carry")
        # A bare carriage return would be read back as a line feed.
        parts.append(f"<{name}>{html.escape(str(value), quote=False)}</{name}>".replace("\r", "&#13;"))
    return f"<xml>{''.join(parts)}</xml>".encode()


def read(text: str) -> dict[str, Any]:
    """The elements under `<xml>`: texts, stripped, or dictionaries of the same kind.

    A name that is given several times with different values has an `Unreadable` one, and U+FFFD stands for each
    character that XML cannot carry. Raises `ValueError` for what is not XML, declares entities, has another root or
    more than one may have: the event loop waits while it is read.
    """
    if text.count("<") > MOST_MARKS:
        raise ValueError(f"more than {MOST_MARKS} tags")
    if _TOO_LONG.search(text):
        raise ValueError(f"a tag of more than {_LONGEST} characters")
    tree = _Tree()
    parser = DefusedXMLParser(target=tree)
    try:
        # As text it is read whatever charset its prolog names.
        parser.feed(_carried(text))
        parser.close()
    except ParseError as error:
        raise ValueError(f"not XML: {error}") from error
    if not isinstance(tree.value, dict):
        raise ValueError("not the vendor's <xml>")
    return tree.value


class _Tree:
    """What the parser calls: makes the values as the elements end."""

    def __init__(self) -> None:
        self._open: list[tuple[str, dict[str, list[Any]]]] = []
        self._text: list[str] = []
        self.value: Any = None

    def start(self, tag: str, _: Mapping[str, str]) -> None:
        """Begin an element. Raises `ValueError` for one that is nested too deep, or whose name cannot be told."""
        if not self._open and tag != "xml":
            raise ValueError("not the vendor's <xml>")
        if UNTOLD in tag:
            raise ValueError(f"a name in <{self._open[-1][0]}> cannot be told")
        if len(self._open) == DEEPEST:
            raise ValueError(f"elements nested more than {DEEPEST} deep")
        self._open.append((tag, {}))
        self._text = []

    def data(self, text: str) -> None:
        """Take a part of a text; what stands beside elements means nothing."""
        self._text.append(text)

    def end(self, tag: str) -> None:
        """End an element."""
        _, inner = self._open.pop()
        value: Any = "".join(self._text).strip()
        if inner:
            value = {name: several(each) if len(each) > 1 else each[0] for name, each in inner.items()}
        self._text = []
        if self._open:
            self._open[-1][1].setdefault(tag, []).append(value)
        else:
            self.value = value


def _carried(text: str) -> str:
    """The text with U+FFFD for each character that XML cannot carry."""
    if _UNCARRIED.search(text) is None:
        return text
    return _UNCARRIED.sub(UNTOLD, text)
