"""The vendor's XML: one element a field under `<xml>`, read into the same shape that its JSON has."""

import html
import re
from collections.abc import Mapping
from typing import Any

from defusedxml import ElementTree

from gateway.lenient import several
from gateway.scalars import UNTOLD

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
    character that XML cannot carry. Raises `ValueError` for what is not XML, declares entities or has another root.
    """
    try:
        # As text it is read whatever charset its prolog names.
        root = ElementTree.fromstring(_UNCARRIED.sub(UNTOLD, text))
        value = _value(root)
    except (ElementTree.ParseError, RecursionError) as error:
        raise ValueError(f"not XML: {error}") from error
    if root.tag != "xml" or not isinstance(value, dict):
        raise ValueError("not the vendor's <xml>")
    return value


def _value(element: Any) -> Any:
    if not len(element):
        return (element.text or "").strip()
    values: dict[str, list[Any]] = {}
    for child in element:
        if UNTOLD in child.tag:
            raise ValueError(f"a name in <{element.tag}> cannot be told")
        values.setdefault(child.tag, []).append(_value(child))
    return {name: several(each) if len(each) > 1 else each[0] for name, each in values.items()}
