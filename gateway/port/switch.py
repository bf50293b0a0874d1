"""The value of `paused` and `read_only` in a configuration: true, false, or the reason, which means true."""

from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from gateway.pauses import LONGEST_REASON, reason_error

_BOOLEANS = {"true": True, "false": False}
_NO_REASONS = ("yes", "no", "on", "off", "null", "~", "0", "1")
"""Words that somebody may take for booleans; read as a reason, "no" would pause."""


def _switch(value: object) -> bool | str:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _BOOLEANS:  # from a variable, or in quotes
            return _BOOLEANS[word]
        if word not in _NO_REASONS and reason_error(value) is None:
            return str(value)
    raise ValueError(f"expected true, false, or the reason in 1 to {LONGEST_REASON} characters, which callers see")


Switch = Annotated[
    bool | str,
    PlainValidator(_switch),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "minLength": 1, "maxLength": LONGEST_REASON}]}),
]
