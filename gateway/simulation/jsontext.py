"""JSON for simulators, with exact numbers; independent of the gateway's own reader, so that both cannot share a bug."""

import json
from decimal import Decimal
from typing import Any, NoReturn

MAX_DIGITS = 60


def read(body: bytes) -> Any:
    """Parse JSON in UTF-8; integers become `int`, every other number `Decimal`.

    Raises `ValueError` for invalid JSON, a repeated name, NaN, or a number of more than 60 digits.
    """
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_refuse,
            object_pairs_hook=_object,
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def write(value: Any) -> str:
    """JSON on one line; a `Decimal` keeps its digits (`3.0` stays `3.0`)."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(name))}: {write(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(write(item) for item in value) + "]"
    return json.dumps(value)


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
        before, after = number.adjusted() + 1, -int(number.as_tuple().exponent)
    except (ArithmeticError, ValueError) as error:
        raise ValueError("a number of too many digits") from error
    if max(before, 1) + max(after, 0) > MAX_DIGITS:
        raise ValueError("a number of too many digits")
    return number


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("a number of too many digits")
    return int(text)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name is repeated")
    return names
