"""The types of input fields, each parsed as docs/api.md specifies."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, StringConstraints, WithJsonSchema

from gateway import exact
from gateway.model import Member, time_of

_POINTS = re.compile(r"-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,6})?\Z")
_LARGEST = 999_999_999_999


def _points(value: object) -> Decimal:
    text = value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        # Plain notation of a number with a large exponent could take gigabytes.
        plain = isinstance(value, Decimal) and abs(value.adjusted()) <= exact.MAX_DIGITS
        text = format(value, "f") if plain else str(value)
    if not isinstance(text, str) or not _POINTS.match(text):
        raise ValueError(
            'expected points as digits such as "5", "-2.5" or 100: at most 12 before the point and 6 after, no exponent'
        )
    points = Decimal(text)
    if not points:
        raise ValueError("expected points other than zero")
    return points


def _magnitude(value: object) -> Decimal:
    points = _points(value)
    if points < 0:
        raise ValueError(
            "expected points without a sign: a reversal takes back so many of what was credited or debited"
        )
    return points


def _member(value: object) -> Member:
    if not isinstance(value, str):
        raise ValueError("expected a member as text, SCHEME:VALUE")
    return Member.parse(value)


def _moment(value: object) -> datetime:
    expected = "expected a time with an offset, such as 2026-01-31T00:00:00Z (in a query string, + is sent as %2B)"
    if not isinstance(value, str):
        raise ValueError(expected)
    try:
        return time_of(value)
    except ValueError as error:
        raise ValueError(expected) from error


def _storable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("expected text without NUL characters")
    return value


Points = Annotated[
    Decimal,
    PlainValidator(_points),
    WithJsonSchema(
        {
            "description": "Points to add (positive) or remove (negative), read digit for digit; never zero.",
            "anyOf": [
                {
                    "type": "string",
                    "pattern": r"^-?(?!0(\.0+)?$)(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$",
                    "examples": ["5", "-2.5"],
                },
                {"type": "integer", "minimum": 1, "maximum": _LARGEST},
                {"type": "integer", "minimum": -_LARGEST, "maximum": -1},
                {"type": "number", "minimum": -_LARGEST, "maximum": _LARGEST, "not": {"const": 0}},
            ],
        }
    ),
]
Magnitude = Annotated[
    Decimal,
    PlainValidator(_magnitude),
    WithJsonSchema(
        {
            "description": "Points without a sign, read digit for digit; never zero.",
            "anyOf": [
                {
                    "type": "string",
                    "pattern": r"^(?!0(\.0+)?$)(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$",
                    "examples": ["5", "2.5"],
                },
                {"type": "integer", "minimum": 1, "maximum": _LARGEST},
                {"type": "number", "exclusiveMinimum": 0, "maximum": _LARGEST},
            ],
        }
    ),
]
MemberField = Annotated[
    Member,
    PlainValidator(_member),
    WithJsonSchema(
        {
            "type": "string",
            "description": "A member, SCHEME:VALUE; phone takes + and 6 to 15 digits.",
            "pattern": r"^(phone:\+[0-9]{6,15}|(?!phone:)([a-z][a-z0-9_]{0,63}|custom\.[A-Za-z0-9_.-]{1,64})"
            r":(?!\.{1,2}$)[^/\\%\u0000-\u001f\u007f-\u009f]{1,255})$",
            "examples": ["email:jason@example.com", "contact_id:1", "custom.user_id:12345"],
        }
    ),
]
Moment = Annotated[
    datetime,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T00:00:00Z"]}),
]
_STORABLE = Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})


def text_of(longest: int) -> Any:
    """A kind of text, of so many characters at most."""
    constraints = StringConstraints(min_length=1, max_length=longest)
    return Annotated[str, constraints, AfterValidator(_storable), _STORABLE]


Text500 = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_storable), _STORABLE]
Text200 = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_storable), _STORABLE]
Text64 = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_storable), _STORABLE]
KeyText = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[!-~]+$")]
