"""How deep and how wide a JSON text is, counted before anything is built of it, by operations that cost little."""

from itertools import accumulate

MAX_DEPTH = 32
MAX_NAMES = 500
MAX_ITEMS = 500
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}


class NotJson(ValueError):
    """Raised when a body is not JSON as this API reads it; says why."""


def check(text: str) -> None:
    """Raises `NotJson` where a text is nested too deep, or has too many names or items of lists.

    Of what is no JSON it may say anything: whoever parses it does.
    """
    if _openings(text) <= MAX_DEPTH and text.count(":") + text.count(",") <= MAX_ITEMS:
        return  # the usual: also with all that stands in strings it is small
    bare = _without_strings(text)
    names, openings = bare.count(":"), _openings(bare)
    if names > MAX_NAMES:
        raise NotJson(f"it has more than {MAX_NAMES} names")
    # An item is the first in its list or stands behind a comma; so do members of objects, and each has a name.
    if bare.count(",") + openings - names > MAX_ITEMS:
        raise NotJson(f"its lists have more than {MAX_ITEMS} items")
    if openings > MAX_DEPTH and max(accumulate(_STEPS[each] for each in bare if each in _STEPS)) > MAX_DEPTH:
        raise NotJson(f"nested more than {MAX_DEPTH} deep")


def _openings(text: str) -> int:
    return text.count("{") + text.count("[")


def _without_strings(text: str) -> str:
    """What stands outside of strings; a backslash begins an escape, and there are none but in strings."""
    return "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
