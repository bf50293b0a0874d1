"""Exact decimals in a caller's options, under the same rules as points, except that zero is one too."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from gateway import exact

_STRICT = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?")


def _read(value: Any) -> Decimal:
    """Raises `ValueError`, as pydantic wants it, for what is not written as a decimal of at most 12 and 6 digits."""
    written = str(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""
    if not _STRICT.fullmatch(written):
        raise ValueError("expected a decimal of at most 12 digits before the point and 6 after, without exponent")
    return Decimal(exact.text(Decimal(written)))


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
"""A `Decimal` from an `int`, a `Decimal` or a strict text; 5, 5.0 and "5" are the same value."""
