"""A lenient JSON parser for vendors' answers: one unreadable part does not make the rest unreadable.

Such a part becomes `Unreadable`, or U+FFFD inside a text, and is never taken for a value: a name with several
different values, NaN and other words that are not JSON, a raw control character, an invalid escape.
"""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from gateway.scalars import REPLACEMENT

MAX_REPAIRS = 5_000
"""Maximum number of repaired places in one answer; an answer with more is not JSON."""

_FEW, _BYTES_EACH = 2_000, 6
"""Values that every answer may have, and characters per further value; the event loop waits during parsing."""

_LARGE = 50
"""Parts of a value; larger values are not compared and count as different."""

_ESCAPED = r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'
_WORD_END = r'[^ \t\r\n"\[\]{}:,]'
# Valid JSON is matched in one step of the regular expression; only repairs cost a step of Python each.
_VALID = (
    r"(?:[ \t\r\n\[\]{}:,]++"
    rf'|"(?:[^"\\\x00-\x1f]++|{_ESCAPED})*+"'
    rf"|(?:true|false|null|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)(?!{_WORD_END}))*+"
)
# An unterminated text extends to the end; otherwise every quote in it would be tried as a beginning.
_PART = re.compile(rf'({_VALID})("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|{_WORD_END}+)?', re.DOTALL)
_CHARACTERS = re.compile(rf"((?:[^\\\x00-\x1f]++|{_ESCAPED})*+)([\\\x00-\x1f])?")
# In some charsets the last byte of a character may be a backslash: then it is unclear if the next quote ends the text.
_AMBIGUOUS_QUOTE = re.compile(r'[^\x00-\x7f]\\+"')
# Control characters that switch to another charset, in which the byte of a quote may be half a character.
_SHIFT = re.compile(r"[\x0e\x0f\x1b]")


class NotRead(ValueError):
    """Raised when a text that may be JSON is not parsed, so that it may contain anything."""


class Unreadable:
    """An unreadable value; every use except `isinstance` and `is` raises, so that nobody takes it for a value.

    `readings` are its possible values: all values of a repeated name, otherwise none. `opaque`: it is an object with
    an unreadable name, so it may contain anything.
    """

    __slots__ = ("opaque", "readings")

    def __init__(self, *readings: Any, opaque: bool = False) -> None:
        self.readings = readings
        self.opaque = opaque

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
    """Parse JSON, numbers exact, with `Unreadable` for unreadable parts.

    `rough`: U+FFFD in the text may stand for bytes of an unknown charset. Raises `ValueError` if the text is not
    JSON. Raises `NotRead` if it begins like an object or a list but is not parsed: the ends of its texts are
    ambiguous, or it is `crowded`, nested too deep, or needs too many repairs.
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
    # An unknown charset may end a character with a backslash.
    if rough and _AMBIGUOUS_QUOTE.search(text):
        raise NotRead("where its texts end cannot be told")
    try:
        return _JSON.decode(text)
    except ValueError:
        return _JSON.decode(_repaired(text))


def merged(values: Sequence[Any]) -> Any:
    """The value of a repeated name: the common value if all are equal, otherwise `Unreadable`; takes at least one.

    `200` and `200.0` are equal, `1` and `true` are not.
    """
    first, *others = values
    return first if all(_are_equal(first, other) for other in others) else Unreadable(*values)


def is_told(value: Any) -> bool:
    """Whether a value has no unreadable part, at any depth."""
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, Unreadable) or (isinstance(each, str) and REPLACEMENT in each):
            return False
        if isinstance(each, dict | list):
            rest.extend(each.values() if isinstance(each, dict) else each)
    return True


def crowded(text: str) -> bool:
    """Whether JSON has too many values for its size: more than 2,000 plus one for every 6 characters.

    The count is of commas and opening brackets, including those inside texts.
    """
    values = text.count(",") + text.count("[") + text.count("{")
    return values > _FEW and values > _FEW + len(text) // _BYTES_EACH


def _are_equal(one: Any, other: Any) -> bool:
    """Whether two values are equal and readable; large values count as different."""
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


def _repaired(text: str) -> str:
    """The text with U+FFFD for each invalid character and NaN for each invalid word, which then parse as unreadable."""
    if _SHIFT.search(text):
        raise NotRead("where its texts end cannot be told")
    parts: list[str] = []
    for part in _PART.finditer(text):
        valid, broken = part.groups("")
        parts.append(valid)
        if broken[:1] == '"':
            for characters in _CHARACTERS.finditer(broken):
                parts += (characters[1], (characters[2] and REPLACEMENT) or "")
                if len(parts) > 2 * MAX_REPAIRS:
                    break
        elif broken:
            parts.append("NaN")
        if len(parts) > 2 * MAX_REPAIRS:
            raise NotRead(f"more than {MAX_REPAIRS} places of it cannot be told")
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
    if REPLACEMENT in "".join(names):
        return Unreadable(opaque=True)
    if len(names) == len(pairs):
        return names
    values: dict[str, list[Any]] = {name: [] for name in names}
    for name, value in pairs:
        values[name].append(value)
    return {name: merged(each) if len(each) > 1 else each[0] for name, each in values.items()}


_JSON = json.JSONDecoder(
    parse_float=_decimal, parse_int=_integer, parse_constant=_unreadable, object_pairs_hook=_object
)
