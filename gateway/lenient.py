"""JSON as vendors write it: what cannot be told in it spoils nothing beside it, and is never taken for a value.

Each such place reads as `Unreadable`, or, within a text, as U+FFFD: a name that is given twice with different values,
NaN and other words that are no JSON, a raw control character, an escape that is none.
"""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from gateway.scalars import UNTOLD

MOST_MENDED = 5_000
"""Places of one answer that are mended; one with more of them is not JSON."""

_FEW, _BYTES_EACH = 2_000, 6
"""Values that any answer may have, and characters for each further one: the event loop waits while they are made."""

_LARGE = 50
"""Parts of a value; two larger ones are not compared, and so are not one."""

_ESCAPED = r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'
_WORD_END = r'[^ \t\r\n"\[\]{}:,]'
# What is sound is passed over in one step: only what is mended costs a step of Python.
_SOUND = (
    r"(?:[ \t\r\n\[\]{}:,]++"
    rf'|"(?:[^"\\\x00-\x1f]++|{_ESCAPED})*+"'
    rf"|(?:true|false|null|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)(?!{_WORD_END}))*+"
)
# A text that does not end goes to the end of all: else each quote in it would be tried as the beginning of one.
_PART = re.compile(rf'({_SOUND})("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|{_WORD_END}+)?', re.DOTALL)
_CHARACTERS = re.compile(rf"((?:[^\\\x00-\x1f]++|{_ESCAPED})*+)([\\\x00-\x1f])?")
# In some charsets the last byte of a character may be a backslash: then the quote after it ends a text, or does not.
_SWALLOWED = re.compile(r'[^\x00-\x7f]\\+"')
# They switch to another charset, in which a quote may be half a character.
_SHIFT = re.compile(r"[\x0e\x0f\x1b]")


class NotRead(ValueError):
    """Raised when a text that may well be JSON is not read, so that it may say anything."""


class Unreadable:
    """A value that cannot be told; whatever is made of it but `isinstance` and `is` raises.

    `readings` is what it may be: the values of a name that is given several times, else nothing. `hides` says that it
    is an object with a name that cannot be told, so that it may hold anything.
    """

    __slots__ = ("hides", "readings")

    def __init__(self, *readings: Any, hides: bool = False) -> None:
        self.readings = readings
        self.hides = hides

    def __repr__(self) -> str:
        return "<unreadable>"

    def __str__(self) -> str:
        raise ValueError("a value of the answer cannot be told")

    def __bool__(self) -> bool:
        raise ValueError("a value of the answer cannot be told")

    def __eq__(self, other: object) -> bool:
        raise ValueError("a value of the answer cannot be told")

    __hash__ = None  # type: ignore[assignment]  # as for every class whose values are not compared


def loads(text: str, *, rough: bool = False) -> Any:
    """JSON, numbers exact, with `Unreadable` for what cannot be told in it.

    `rough` says that U+FFFD stands in the text for bytes that are in no known charset. Raises `ValueError` where the
    whole is not JSON, and `NotRead` where that is an object or a list as far as it goes: where its texts end can be
    told in two ways, or it is `crowded`, too deep, or has too many places that cannot be told.
    """
    try:
        value = _read(text, rough=rough)
    except (NotRead, RecursionError) as error:
        if text.lstrip()[:1] in ("{", "["):
            raise NotRead(str(error)) from None
        raise ValueError(str(error)) from None
    if isinstance(value, Unreadable):
        raise ValueError("a name or a word in it cannot be told")
    return value


def _read(text: str, *, rough: bool) -> Any:
    if crowded(text):
        raise NotRead("it has more values than one of its size may have")
    if rough and _SWALLOWED.search(text):
        raise NotRead("where its texts end cannot be told")
    try:
        return _JSON.decode(text)
    except ValueError:
        return _JSON.decode(_mended(text))


def several(values: Sequence[Any]) -> Any:
    """What a name means that is given with all of these values, one or more: the one value that they are, if any.

    `200` and `200.0` are one value, `1` and `true` are not.
    """
    first, *others = values
    return first if all(_are_one(first, other) for other in others) else Unreadable(*values)


def is_told(value: Any) -> bool:
    """Whether there is nothing in a value, at any depth, that cannot be told."""
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, Unreadable) or (isinstance(each, str) and UNTOLD in each):
            return False
        if isinstance(each, dict | list):
            rest.extend(each.values() if isinstance(each, dict) else each)
    return True


def crowded(text: str) -> bool:
    """Whether JSON has more values than one of its size may have: more than 2,000, and one for every 6 characters.

    Commas and brackets count, within texts too.
    """
    values = text.count(",") + text.count("[") + text.count("{")
    return values > _FEW and values > _FEW + len(text) // _BYTES_EACH


def _are_one(one: Any, other: Any) -> bool:
    """Whether two values are the same, all of which can be told; of large ones nobody can tell."""
    if type(one) is type(other) and isinstance(one, int | str | Decimal):
        return bool(one == other)
    rest = [(one, other)]
    for _ in range(_LARGE):
        if not rest:
            return True
        one, other = rest.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            if len(one) > _LARGE or one.keys() != other.keys():
                return False
            rest.extend((one[name], other[name]) for name in one)
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) > _LARGE or len(one) != len(other):
                return False
            rest.extend(zip(one, other, strict=True))
        elif (
            isinstance(one, Unreadable)
            or isinstance(other, Unreadable)
            or isinstance(one, bool) is not isinstance(other, bool)
            or one != other
        ):
            return False
    return not rest


def _mended(text: str) -> str:
    """The same with U+FFFD or a NaN for each character or word that JSON does not have."""
    if _SHIFT.search(text):
        raise NotRead("where its texts end cannot be told")
    parts: list[str] = []
    for part in _PART.finditer(text):
        sound, broken = part.groups("")
        parts.append(sound)
        if broken[:1] == '"':
            for characters in _CHARACTERS.finditer(broken):
                parts += (characters[1], (characters[2] and UNTOLD) or "")
                if len(parts) > 2 * MOST_MENDED:
                    break
        elif broken:
            parts.append("NaN")
        if len(parts) > 2 * MOST_MENDED:
            raise NotRead(f"more than {MOST_MENDED} places of it cannot be told")
    return "".join(parts)


def _unreadable(_: str) -> Unreadable:
    return Unreadable()


def _decimal(text: str) -> Decimal | Unreadable:
    try:
        return Decimal(text)
    except ArithmeticError:
        return Unreadable()


def _integer(text: str) -> int | Unreadable:
    try:
        return int(text)
    except ValueError:
        return Unreadable()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Unreadable:
    names = dict(pairs)
    if UNTOLD in "".join(names):
        return Unreadable(hides=True)
    if len(names) == len(pairs):
        return names
    values: dict[str, list[Any]] = {name: [] for name in names}
    for name, value in pairs:
        values[name].append(value)
    return {name: several(each) if len(each) > 1 else each[0] for name, each in values.items()}


_JSON = json.JSONDecoder(
    parse_float=_decimal, parse_int=_integer, parse_constant=_unreadable, object_pairs_hook=_object
)
