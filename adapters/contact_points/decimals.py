"""Exact decimals in a caller's options: the same rules as for points, except that zero is allowed."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from gateway import exact

_STRICT = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?")


def _read(value: Any) -> Decimal:
    """Parse a decimal. Raises `ValueError`, as pydantic expects, if it has more than 12 and 6 digits or an exponent."""
    digits = str(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""
    if not _STRICT.fullmatch(digits):
        raise ValueError("expected a decimal of at most 12 digits before the point and 6 after, without exponent")
    return Decimal(exact.text(Decimal(digits)))


ExactDecimal = Annotated[
    Decimal,
    BeforeValidator(_read),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": -999999999999, "maximum": 999999999999},
                {"type": "string", "pattern": f"^{_STRICT.pattern}$"},
            ]
        }
    ),
]
"""A `Decimal` from an `int`, a `Decimal` or a strict string; 5, 5.0 and "5" are the same value."""
