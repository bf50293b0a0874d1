"""Scalars of a vendor's answer, in every JSON type that vendors use for them.

Vendors send numbers as texts and texts as numbers, whole numbers as `200.0`, booleans as texts or as 0 and 1. Each
function here accepts all of these. An unreadable value is None, and proves nothing.
"""

import re
from decimal import Decimal

from gateway import exact

REPLACEMENT = "\ufffd"
"""Unicode's replacement character, in place of each unreadable one."""

_UNREADABLE = re.compile(rf"[{REPLACEMENT}\ud800-\udfff]+")
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


def text(value: object) -> str | None:
    """A text, or the digits of a number (`7.0` is `7`); None if a character is unreadable."""
    if isinstance(value, str):
        return None if _UNREADABLE.search(value) else value
    read = None if isinstance(value, bool) else number(value)
    return None if read is None else exact.text(read)


def number(value: object) -> Decimal | None:
    """An exact number of at most 30 digits, or such a number in a text."""
    try:
        return exact.number(value)
    except ValueError:
        return None


def whole(value: object) -> int | None:
    """A whole number, also as `200.0`, `2e2` or in a text."""
    read = number(value)
    return int(read) if read is not None and read == read.to_integral_value() else None


def flag(value: object) -> bool | None:
    """True or false, also as a text in any letter case, or as 1 or 0, as a number or a text."""
    if isinstance(value, bool):
        return value
    read = value.lower() if isinstance(value, str) else text(value)
    return None if read is None else _FLAGS.get(read)


def display_text(value: object) -> str | None:
    """A text for people only, possibly with unreadable characters, or the digits of a number."""
    return value if isinstance(value, str) else text(value)


def could_be(value: str, other: str) -> bool:
    """Whether a text with unreadable characters may originally have been `other`."""
    first, *middle = _UNREADABLE.split(value)
    if not middle:
        return value == other
    # One unreadable byte may be a part of a character, or may replace several: a run of them matches any text.
    at, end = len(first), len(other) - len(last := middle.pop())
    if at > end or not other.startswith(first) or not other.endswith(last):
        return False
    for part in middle:
        at = other.find(part, at, end) + len(part)
        if at < len(part):
            return False
    return True
