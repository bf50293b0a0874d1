"""How the simulated vendor reads queries and bodies, and the errors with which it refuses them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from gateway.simulation import Answer, Request, jsontext

MOST = Decimal("999999999999.99")


class Refusal(Exception):
    """Raised to answer a request with an error; `source` says where in the request it is, in the vendor's words."""

    def __init__(self, status: int, message: str, details: str = "", source: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details
        self.source = source

    @property
    def answer(self) -> Answer:
        """The error as the vendor's document has it: each problem has a title, and says where it is."""
        errors = [{"title": self.message, "details": self.details, "source": self.source or {}}] if self.details else []
        return Answer.json(self.status, {"message": self.message, "errors": errors, "StatusCode": self.status})


def refuse_field(name: str, details: str) -> NoReturn:
    """Refuse a body for one of its fields."""
    raise Refusal(400, "Validation failed", details, {"pointer": f"/{name}"})


def refuse_parameter(name: str, details: str) -> NoReturn:
    """Refuse a query for one of its parameters."""
    raise Refusal(400, "Validation failed", details, {"parameter": name})


def body(request: Request, known: dict[str, type]) -> dict[str, Any]:
    """The body of a request. That an unknown field is refused is a guess. Raises `Refusal`."""
    if request.media_type != "application/json":
        raise Refusal(415, "Unsupported media type")
    try:
        given = jsontext.read(request.body)
    except ValueError as error:
        raise Refusal(400, "Invalid JSON", str(error)) from error
    if not isinstance(given, dict):
        raise Refusal(400, "Invalid JSON", "An object is required")
    for name, value in given.items():
        if name not in known:
            refuse_field(name, "The field is not known")
        if isinstance(value, bool) or not isinstance(value, (int, Decimal) if known[name] is Decimal else known[name]):
            refuse_field(name, "The field has the wrong type")
    return given


def points(given: dict[str, Any]) -> Decimal:
    """The points of a body. Documented: above zero, and a maximum with two digits after the point.

    That more than two digits after the point are taken is a guess. Raises `Refusal`.
    """
    if "points" not in given:
        refuse_field("points", "The field is required")
    value = Decimal(given["points"])
    if not 0 < value <= MOST:
        refuse_field("points", f"The field must be above 0, and {MOST} at most")
    return value


def text(given: dict[str, Any], name: str, longest: int) -> str:
    """A text of a body, by default the empty one; the length is that of the answer's field. Raises `Refusal`."""
    value: str = given.get(name, "")
    if len(value) > longest:
        refuse_field(name, f"The field must have at most {longest} characters")
    return value


class Query:
    """The parameters of a request; those in `lists` can be repeated, as documented."""

    def __init__(self, request: Request, known: set[str], lists: frozenset[str] = frozenset()) -> None:
        """Raises `Refusal`; that an unknown parameter is refused is a guess."""
        self.lists: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(request.query, keep_blank_values=True, errors="strict")
        except ValueError as error:
            raise Refusal(400, "Invalid query", str(error)) from error
        for name, value in pairs:
            if name not in known and name not in lists:
                refuse_parameter(name, "The parameter is not known")
            if name in self.lists and name not in lists:
                refuse_parameter(name, "The parameter is repeated")
            self.lists.setdefault(name, []).append(value)

    def one(self, name: str) -> str | None:
        """The value of a parameter; None if it is absent."""
        return self.lists[name][0] if name in self.lists else None

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A whole number within these bounds. Raises `Refusal`."""
        value = self.one(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdecimal() or not lowest <= int(value[:20]) <= highest:
            refuse_parameter(name, f"The parameter must be between {lowest} and {highest}")
        return int(value)

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """One of these texts. Raises `Refusal`."""
        value = self.one(name)
        if value is not None and value not in choices:
            refuse_parameter(name, f"The parameter must be one of {', '.join(choices)}")
        return value

    def moment(self, name: str) -> datetime | None:
        """A time; without an offset it is in UTC, and without a time of the day it is midnight. Raises `Refusal`."""
        value = self.one(name)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            refuse_parameter(name, "The parameter must be an RFC3339 timestamp")
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at
