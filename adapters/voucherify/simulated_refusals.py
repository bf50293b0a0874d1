"""How the simulated vendor reads queries and bodies, and the errors with which it refuses them."""

import re
from datetime import date
from typing import Any, NoReturn

from gateway.simulation import Answer, Request, jsontext, urlencoded

EXPIRATION_TYPES = ("PROGRAM_RULES", "NON_EXPIRING", "CUSTOM_DATE")
_TEXTS = ("expiration_type", "expiration_date", "reason", "source_id")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?\Z", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}\Z")


class Refusal(Exception):
    """Raised to answer a request with an error; `resource` is the type and the id of what was not found."""

    def __init__(
        self, status: int, key: str | None, message: str, details: str, resource: tuple[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.key = key
        self.message = message
        self.details = details
        self.resource = resource

    def answer(self, request_id: str) -> Answer:
        """The error as the vendor's samples have it; the code is the status."""
        key = {} if self.key is None else {"key": self.key}
        body = {"code": self.status, **key, "message": self.message, "details": self.details, "request_id": request_id}
        if self.resource is not None:
            body |= {"resource_id": self.resource[1], "resource_type": self.resource[0]}
        return Answer.json(self.status, body)


def not_found(kind: str, id_: str) -> NoReturn:
    """Refuse a request for something that does not exist."""
    raise Refusal(404, "not_found", "Resource not found", f"Cannot find {kind} with id {id_}", (kind, id_))


def _invalid(details: str) -> NoReturn:
    raise Refusal(400, "invalid_payload", "Invalid payload", details)


def parameters(request: Request, known: set[str]) -> dict[str, str]:
    """The parameters of a query. That an unknown one is refused is a guess. Raises `Refusal`."""
    try:
        asked = urlencoded.read(request.query)
    except ValueError as error:
        raise Refusal(400, "invalid_query_params", "Invalid query params", str(error)) from error
    for name in asked:
        if name not in known and not name.startswith("filters["):
            raise Refusal(400, "invalid_query_params", "Invalid query params", f"Parameter {name} is not known")
    return asked


def number(asked: dict[str, str], name: str, default: int, highest: int) -> int:
    """A whole number of a query, from 1 on. Raises `Refusal`."""
    value = asked.get(name, str(default))
    if not _WHOLE.match(value) or not 1 <= int(value) <= highest:
        details = f"Parameter {name} must be between 1 and {highest}"
        raise Refusal(400, "invalid_query_params", "Invalid query params", details)
    return int(value)


def change(request: Request, today: date) -> tuple[dict[str, Any], date | None]:
    """The body of a request that changes a balance, and the date on which added points expire. Raises `Refusal`."""
    if request.media_type != "application/json":
        raise Refusal(415, None, "Unsupported Media Type", "Content-Type must be application/json")
    try:
        body = jsontext.read(request.body)
    except ValueError as error:
        raise Refusal(400, "invalid_payload", "Invalid payload", f"The body cannot be read: {error}") from error
    if not isinstance(body, dict):
        _invalid("The body must be an object")
    for name, value in body.items():
        # Stricter than the documents, so that a misspelled field is noticed.
        if name not in (*_TEXTS, "points"):
            _invalid(f"Property .{name} is not known")
        if name in _TEXTS and not isinstance(value, str):
            _invalid(f"Property .{name} should be a string")
    points = body.get("points")
    # That no points are refused is a guess.
    if not isinstance(points, int) or isinstance(points, bool) or points == 0:
        _invalid("Property .points should be an integer other than 0")
    return body, _expiration(body, today)


def _expiration(body: dict[str, Any], today: date) -> date | None:
    """Documented: the date is required with the type CUSTOM_DATE. The account's own rules let nothing expire."""
    kind = body.get("expiration_type", "PROGRAM_RULES")
    if kind not in EXPIRATION_TYPES:
        _invalid(f"Property .expiration_type should be one of {', '.join(EXPIRATION_TYPES)}")
    expires = None
    if (text := body.get("expiration_date")) is not None:
        try:
            expires = date.fromisoformat(text[:10]) if _DATE.match(text) else None
        except ValueError:
            expires = None
        if expires is None:
            _invalid("Property .expiration_date cannot be recognized as a ISO-8601 compliant date")
    if kind != "CUSTOM_DATE":
        return None
    if expires is None:
        _invalid("Property .expiration_date is required")
    if expires < today:
        details = "Expiration date cannot be set in the past"
        raise Refusal(400, "invalid_expiration_date", "Invalid Expiration Date", details)
    return expires
