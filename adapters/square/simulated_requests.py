"""How the simulated vendor reads a request, and the errors with which it refuses one."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

from gateway.simulation import Answer, Request, jsontext

Check = Callable[[Any, str], None]
"""Takes a value and the name of its field. Raises `Refusal`."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)


class Refusal(Exception):
    """Raised to answer a request with an error; `field` is the field of the request that it is about."""

    def __init__(self, status: int, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field

    @property
    def answer(self) -> Answer:
        """The error as the vendor's documents show it: a list with category, code, detail and perhaps a field."""
        category = "AUTHENTICATION_ERROR" if self.status == 401 else "INVALID_REQUEST_ERROR"
        error = {"category": category, "code": self.code, "detail": self.detail}
        return Answer.json(self.status, {"errors": [error if self.field is None else {**error, "field": self.field}]})


def invalid(code: str, detail: str, field: str) -> NoReturn:
    """Refuse a request for one of its fields, with the status 400."""
    raise Refusal(400, code, detail, field or None)


def body(request: Request, check: Check) -> dict[str, Any]:
    """The body of a request, where it is as `check` has it. Raises `Refusal`."""
    # That another media type is refused is a guess.
    if request.media_type != "application/json":
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "The body must be application/json.")
    try:
        value = jsontext.read(request.body)
    except ValueError as error:
        raise Refusal(400, "EXPECTED_JSON_BODY", f"The body cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise Refusal(400, "EXPECTED_JSON_BODY", "The body must be a JSON object.")
    check(value, "")
    return value


def fields(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    """An object with these fields and no others; that an unknown field is refused is a guess."""
    known = {**required, **(optional or {})}

    def check(value: Any, field: str) -> None:
        if not isinstance(value, dict):
            invalid("INCORRECT_TYPE", "Expected an object.", field)
        prefix = f"{field}." if field else ""
        for name in value:
            if name not in known:
                invalid("BAD_REQUEST", "The field is not known.", prefix + name)
        for name in required:
            if name not in value:
                invalid("MISSING_REQUIRED_PARAMETER", "The field is required.", prefix + name)
        for name, inner in value.items():
            known[name](inner, prefix + name)

    return check


def text(longest: int | None = None) -> Check:
    """A text that is not empty."""

    def check(value: Any, field: str) -> None:
        if not isinstance(value, str):
            invalid("INCORRECT_TYPE", "Expected a string.", field)
        if not value:
            invalid("VALUE_EMPTY", "Field must not be blank.", field)
        if longest is not None and len(value) > longest:
            invalid("VALUE_TOO_LONG", f"Field must have at most {longest} characters.", field)

    return check


def whole(lowest: int, highest: int) -> Check:
    """A whole number within these bounds."""

    def check(value: Any, field: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            invalid("INCORRECT_TYPE", "Expected an integer.", field)
        if value < lowest:
            invalid("VALUE_TOO_LOW", f"Field must be at least {lowest}.", field)
        if value > highest:
            invalid("VALUE_TOO_HIGH", f"Field must be at most {highest}.", field)

    return check


def flag(value: Any, field: str) -> None:
    """True or false."""
    if not isinstance(value, bool):
        invalid("INCORRECT_TYPE", "Expected a boolean.", field)


def time(value: Any, field: str) -> None:
    """A time in RFC 3339, with its offset."""
    if not isinstance(value, str) or not _MOMENT.match(value):
        invalid("INVALID_TIME", "Expected a timestamp in RFC 3339.", field)
    try:
        moment(value)
    except ValueError:
        invalid("INVALID_TIME", "Expected a timestamp in RFC 3339.", field)


def listed(each: Check, most: int | None = None) -> Check:
    """A list of at least one."""

    def check(value: Any, field: str) -> None:
        if not isinstance(value, list):
            invalid("INCORRECT_TYPE", "Expected an array.", field)
        if not value:
            invalid("ARRAY_EMPTY", "Field must not be empty.", field)
        if most is not None and len(value) > most:
            invalid("ARRAY_LENGTH_TOO_LONG", f"Field must have at most {most} elements.", field)
        for number, inner in enumerate(value):
            each(inner, f"{field}[{number}]")

    return check


def moment(value: str) -> datetime:
    """A time that `time` has checked."""
    return datetime.fromisoformat(value)
