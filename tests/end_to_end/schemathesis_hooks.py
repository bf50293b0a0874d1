"""What JSON Schema cannot say to schemathesis, put right in the valid requests that it makes."""

from datetime import datetime
from typing import Any

import schemathesis
from schemathesis import Case, HookContext

FINEST = 1e-4  # below it Python writes a float with an exponent
LARGEST = 999_999_999_999.0


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], **_: Any) -> None:
    """Make a valid request one that the gateway can know to be valid."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # A cursor is text that the gateway itself has made; any other text is refused, on purpose.
    if case.query:
        case.query.pop("cursor", None)
        # That one parameter is not after another is beyond a schema too.
        if {"from", "to"} <= case.query.keys():
            ends = sorted((case.query["from"], case.query["to"]), key=_moment)
            case.query["from"], case.query["to"] = ends
        else:  # nor can it say that they go together
            case.query.pop("from", None)
            case.query.pop("to", None)
    # How a number is written, with an exponent or with more than six digits after the point, is beyond a schema.
    case.body = _plainly(case.body)
    if isinstance(case.body, dict) and case.body.get("points") == 0:
        case.body["points"] = FINEST


def _plainly(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plainly(item) for name, item in value.items()}
    if isinstance(value, list):
        return list(map(_plainly, value))
    if not isinstance(value, float):
        return value
    rounded = round(max(-LARGEST, min(LARGEST, value)), 4)
    return int(rounded) if rounded.is_integer() else rounded


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.upper())
