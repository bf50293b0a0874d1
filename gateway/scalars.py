"""Scalars of a vendor's answer, in each of the JSON types that vendors send them in.

Numbers come as texts and texts as numbers, whole numbers as `200.0`, truth values as texts or as 0 and 1: what such a
value means is read from any of them. What cannot be told reads as None, and proves nothing.
"""

import re
from decimal import Decimal

from gateway import exact

UNTOLD = "\ufffd"
"""Stands for a character that cannot be told."""

_RUN = re.compile(rf"[{UNTOLD}\ud800-\udfff]+")
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


def text(value: object) -> str | None:
    """A text, or a number as its digits (`7.0` is `7`); None also where a character of it cannot be told."""
    if isinstance(value, str):
        return None if _RUN.search(value) else value
    read = None if isinstance(value, bool) else number(value)
    return None if read is None else exact.text(read)


def number(value: object) -> Decimal | None:
    """A number of at most 30 digits, exact, or such a number written as a text."""
    try:
        return exact.number(value)
    except ValueError:
        return None


def whole(value: object) -> int | None:
    """A whole number, also written as `200.0`, `2e2` or a text."""
    read = number(value)
    return int(read) if read is not None and read == read.to_integral_value() else None


def flag(value: object) -> bool | None:
    """True or false, also as a text in any letter case, or as 1 or 0 in a number or a text."""
    if isinstance(value, bool):
        return value
    read = value.lower() if isinstance(value, str) else text(value)
    return None if read is None else _FLAGS.get(read)


def words(value: object) -> str | None:
    """What a person may read and nothing depends on: a text, whatever of it can be told, or a number as its digits."""
    return value if isinstance(value, str) else text(value)


def could_be(value: str, other: str) -> bool:
    """Whether a text with characters that cannot be told may have been this other one."""
    first, *middle = _RUN.split(value)
    if not middle:
        return value == other
    # A byte that cannot be told may be less than a character, or stand where several were lost.
    at, end = len(first), len(other) - len(last := middle.pop())
    if at > end or not other.startswith(first) or not other.endswith(last):
        return False
    for part in middle:
        at = other.find(part, at, end) + len(part)
        if at < len(part):
            return False
    return True
