"""What callers pass, checked before anything is sent; an error names the argument as the caller wrote it.

The gateway checks what is said; here only what could not be sent at all, or would be sent as something else.
"""

import math
from collections.abc import Collection
from datetime import datetime
from difflib import get_close_matches
from typing import TypeVar

T = TypeVar("T")


def member_name(value: str, what: str = "member") -> str:
    """A member as `SCHEME:VALUE`. Raises `TypeError` or `ValueError`; the message never contains the member."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is a str such as 'email:jason@example.com', not {_kind(value)}")
    scheme, colon, name = value.partition(":")
    if not (scheme and colon and name):
        raise ValueError(f"{what} is written SCHEME:VALUE, as in 'email:jason@example.com'")
    return value


def text(value: str, what: str) -> str:
    """A text that is not empty. Raises `TypeError` or `ValueError`."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is a str, not {_kind(value)}")
    if not value:
        raise ValueError(f"{what} is empty")
    return value


def text_or_none(value: str | None, what: str) -> str | None:
    """A text, or None. Raises `TypeError` for anything else."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{what} is a str or None, not {_kind(value)}")
    return value


def flag(value: bool | None, what: str) -> bool | None:
    """True, false or None. Raises `TypeError` for anything else."""
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"{what} is True or False, not {_kind(value)}")
    return value


def seconds(value: float, what: str, *, zero: bool = False) -> float:
    """A time in seconds, above 0, or 0 as well. Raises as `text`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{what} is a number of seconds, not {_kind(value)}")
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        raise ValueError(f"{what} is a number of seconds, {'0 or more' if zero else 'above 0'}")
    return value


def whole(value: int, what: str, *, least: int, most: int | None = None) -> int:
    """A whole number from `least` to `most`. Raises as `text`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{what} is an int, not {_kind(value)}")
    if value < least or (most is not None and value > most):
        raise ValueError(f"{what} is at least {least}" + (f" and at most {most}" if most is not None else ""))
    return value


def moment(value: datetime | None, what: str) -> datetime | None:
    """A time with a time zone, or None. Raises `TypeError` or `ValueError`."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise TypeError(f"{what} is a datetime with a time zone, not {_kind(value)}")
    if value.tzinfo is None:
        raise ValueError(f"{what} needs a time zone: pass an aware datetime, as datetime.now(UTC)")
    return value


def one_of(value: T, allowed: Collection[T], what: str) -> T:
    """One of a few values. Raises `ValueError` for any other."""
    if value not in allowed:
        raise ValueError(f"{what} is one of {', '.join(map(repr, allowed))}")
    return value


def known(names: Collection[str], allowed: Collection[str], what: str) -> None:
    """Check the names of keyword arguments. Raises `TypeError` for one that is not known, with the nearest that is."""
    for name in names:
        if name not in allowed:
            near = get_close_matches(name, allowed, n=1)
            raise TypeError(f"{what} {name!r}" + (f": did you mean {near[0]!r}?" if near else ""))


def _kind(value: object) -> str:
    return type(value).__name__
