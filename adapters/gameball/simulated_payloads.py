"""How the simulated vendor reads the fields of a request, and the errors with which it refuses one."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from gateway.simulation import Answer, Request, jsontext

_DOCUMENTATION = "https://docs.gameball.co/api-reference/overview/status-error-codes"
# By the thousands of a code. Only PAYLOAD_ERROR is in the vendor's own document; the others are made like it.
_TYPES = {
    1: "AUTHENTICATION_ERROR",
    2: "REQUEST_ERROR",
    3: "PAYLOAD_ERROR",
    4: "GENERAL_ERROR",
    7: "CUSTOMER_ERROR",
    9: "TRANSACTION_ERROR",
}

Kind = Literal["text", "whole", "number", "flag", "object", "list"]
_KINDS: dict[Kind, Any] = {
    "text": str,
    "whole": int,
    "number": int | Decimal,
    "flag": bool,
    "object": dict,
    "list": list,
}
CHANNELS: dict[str, Kind] = {"email": "text", "mobile": "text"}
CHECKED: dict[str, Kind] = {"hash": "text", "otp": "text", "ignoreOTP": "flag"}


class Refusal(Exception):
    """Raised to answer a request with an error of the catalogue, which is third-hand."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def answer(self, request_id: str) -> Answer:
        """The error: code, type and message are in the vendor's document too, the rest in the catalogue alone."""
        body = {"code": self.code, "type": _TYPES[self.code // 1000], "message": self.message}
        return Answer.json(self.status, {**body, "documentationUrl": _DOCUMENTATION, "requestId": request_id})


class BadRequest(Refusal):
    """Raised to answer a manual transaction with one of the four errors that its document shows."""

    def __init__(self, message: str) -> None:
        super().__init__(400, 0, message)

    def answer(self, request_id: str) -> Answer:
        """The error in the form of those four."""
        return Answer.json(400, {"error": 400, "message": self.message})


def payload(request: Request, required: dict[str, Kind], optional: dict[str, Kind]) -> dict[str, Any]:
    """The fields of a request that have a value; null is none. Raises `Refusal`.

    That an unknown field is refused, and which code each mistake has, are guesses.
    """
    if request.media_type != "application/json":
        raise Refusal(415, 3013, "Unsupported request type")
    try:
        body = jsontext.read(request.body)
    except ValueError as error:
        raise Refusal(400, 3016, f"Invalid payload: {error}") from error
    if not isinstance(body, dict):
        raise Refusal(400, 3016, "Invalid payload: an object is required")
    known = {**required, **optional}
    for name, value in body.items():
        if name not in known:
            raise Refusal(400, 3016, f"Invalid payload: {name} is not known")
        if value is not None and not _is(value, known[name]):
            raise Refusal(422, 3003, f"Invalid {name} value")
    given = {name: value for name, value in body.items() if value is not None}
    for name in required:
        if given.get(name, "") == "":
            raise Refusal(400, 3000, f"{name} is required")
    return given


def _is(value: Any, kind: Kind) -> bool:
    if isinstance(value, bool):
        return kind == "flag"
    return isinstance(value, _KINDS[kind])


def moment(text: str) -> datetime:
    """A time of a request, in UTC; without an offset it is in UTC already. Raises `Refusal`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or "T" not in text:
        raise Refusal(422, 9007, "Invalid transaction time")
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def one_of(given: dict[str, Any], names: tuple[str, ...], refuse: Callable[[str], Refusal]) -> str:
    """The only one of these fields that has a value; the samples have 0 and null for those that have none."""
    found = [name for name in names if given.get(name)]
    if len(found) != 1:
        raise refuse("several" if found else "none")
    return found[0]


def redemption(found: str) -> Refusal:
    """What is wrong with a redemption or a hold that has none of these fields, or several; a guess."""
    return Refusal(400, 3000, "Only one of them may be provided" if found == "several" else "One of them is required")
