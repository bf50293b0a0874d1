"""Bounds on the depth and width of a JSON text, checked cheaply before it is parsed, and on what is told of it."""

from itertools import accumulate

MAX_DEPTH = 32
MAX_NAMES = 500
MAX_ITEMS = 500
MAX_ERRORS = 100
"""Maximum number of errors in one problem."""
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}


class NotJson(ValueError):
    """Raised when a body is not JSON, or exceeds a bound; the message is the reason."""


def check(text: str) -> None:
    """Raises `NotJson` if a text is nested too deep, or has too many names or list items.

    For invalid JSON the result is undefined; the parser reports it.
    """
    if _openings(text) <= MAX_DEPTH and text.count(":") + text.count(",") <= MAX_ITEMS:
        return  # the usual case: small even if the contents of strings count
    bare = _without_strings(text)
    names, openings = bare.count(":"), _openings(bare)
    if names > MAX_NAMES:
        raise NotJson(f"it has more than {MAX_NAMES} names")
    # Every list item and every member is the first in its bracket or follows a comma; members have a colon each.
    if bare.count(",") + openings - names > MAX_ITEMS:
        raise NotJson(f"its lists have more than {MAX_ITEMS} items")
    if openings > MAX_DEPTH and max(accumulate(_STEPS[each] for each in bare if each in _STEPS)) > MAX_DEPTH:
        raise NotJson(f"nested more than {MAX_DEPTH} deep")


def _openings(text: str) -> int:
    return text.count("{") + text.count("[")


def _without_strings(text: str) -> str:
    """The text outside of strings; backslashes occur only in strings, where each begins an escape."""
    return "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
