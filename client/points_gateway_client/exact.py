"""JSON and decimals without floats: every digit is read and written exactly."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

import orjson

MAX_DIGITS = 30
_BOUND = 10**MAX_DIGITS
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")


def text(number: Decimal) -> str:
    """A decimal in plain notation: no exponent, no trailing zeros, no negative zero (`7.0` is `7`).

    A number whose first digit is more than 30 places from the point keeps an exponent (`1E+31`), so that a few
    characters cannot become gigabytes; `number` refuses such numbers. Equal numbers have equal texts.
    """
    if not number:
        return "0"
    if (usual := str(number)).isdigit() and len(usual) <= MAX_DIGITS:
        return usual
    plain, mark, exponent = format(number, "f" if abs(number.adjusted()) <= MAX_DIGITS else "E").partition("E")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return plain + mark + exponent


def dumps(value: Any) -> bytes:
    """Compact JSON in UTF-8; a `Decimal` and an integer of any size become JSON numbers with all their digits.

    A lone surrogate, which UTF-8 cannot encode, becomes `?`.
    """
    try:
        return orjson.dumps(value, default=_fragment)
    except orjson.JSONEncodeError:
        return orjson.dumps(_encodable(value), default=_fragment)


def canonical(value: Any) -> bytes:
    """As `dumps`, with the names of every object sorted: equal values give equal bytes."""
    try:
        return orjson.dumps(value, default=_fragment, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return orjson.dumps(_encodable(value), default=_fragment, option=orjson.OPT_SORT_KEYS)


def loads(raw: str) -> Any:
    """Parse JSON; integers become `int`, every other number `Decimal`.

    A number that is too large for both becomes a `Decimal` NaN, which `number` refuses, so that the rest stays
    readable. Raises `ValueError` for invalid JSON, a repeated name in one object, NaN or infinities.
    """
    return _JSON.decode(raw)


def number(value: object) -> Decimal:
    """A vendor's number: a JSON number, or a text such as `"150.24"`.

    Raises `ValueError` if it is not a number, or has more than 30 digits in plain notation.
    """
    if type(value) is int and -_BOUND < value < _BOUND:
        return Decimal(value)
    if isinstance(value, str) and len(value) <= MAX_DIGITS + 2 and _DECIMAL.match(value):
        value = Decimal(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise ValueError("not a number")
    after = max(-int(value.as_tuple().exponent), 0)
    before = max(value.adjusted() + 1, 1)
    if before + after > MAX_DIGITS:
        raise ValueError(f"a number of more than {MAX_DIGITS} digits")
    return value


def _fragment(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(text(value))
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def _encodable(value: Any) -> Any:
    """The value with replacements for what orjson refuses: lone surrogates, and integers above 64 bits."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return orjson.Fragment(str(value))
    if isinstance(value, dict):
        return {_encodable(name): _encodable(item) for name, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list | tuple) else value


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")


def _integer(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:
        return Decimal("NaN")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name is given twice in one object")
    return names


_JSON = json.JSONDecoder(
    parse_float=_decimal, parse_int=_integer, parse_constant=_refuse_constant, object_pairs_hook=_without_repeats
)
