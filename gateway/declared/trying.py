"""What a pasted answer of a vendor would come to by a description; nothing is sent."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.declared.exchanges import AnyDescribed
from gateway.model import Member, Period, time_of
from gateway.port.declaration import Declaration
from gateway.port.request import VendorRequest
from gateway.port.response import VendorResponse

BASE_URL = "https://vendor.example"
_HEAD = re.compile(r"HTTP/[0-9.]+ +([1-5][0-9]{2})\b[^\n]*\n(.*?)\n\n", re.DOTALL)
_MADE_UP = "made-up-for-a-trial-0123456789"


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial: the request that would be sent, and what came of the answer, a result or an error."""

    request: VendorRequest
    result: Any
    error: Exception | None


def answer_of(text: str, status: int | None) -> VendorResponse:
    """A pasted answer: a body, or a whole answer as `curl -i` prints it. `status` is that of a body alone."""
    text = text.replace("\r\n", "\n")
    if (head := _HEAD.match(text)) is None:
        return VendorResponse(200 if status is None else status, {}, text.encode())
    fields = (line.partition(":") for line in head[2].splitlines())
    headers = {name.strip().lower(): value.strip() for name, colon, value in fields if colon}
    return VendorResponse(status or int(head[1]), headers, text[head.end() :].encode())


def adapter_of(kind: type[Any]) -> AnyDescribed:
    """An adapter of a described class, with settings that are made up."""
    settings = Declaration.of(kind).settings
    values: dict[str, Any] = {"adapter": "declared", "base_url": BASE_URL}
    for name, setting in kind.description.settings.items():
        if setting.default is None:
            values[name] = 1 if setting.type == "number" else _MADE_UP
    for name, field in settings.model_fields.items():
        if field.is_required() and name not in values:
            values[name] = {"token_url": BASE_URL, "client_id": "us", "client_secret": _MADE_UP}
    made: AnyDescribed = kind(settings.model_validate(values).masked())
    return made


def arguments(adapter: AnyDescribed, operation: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of an operation, from what was given in words, and from examples for the rest.

    Raises `ValueError` or `ArithmeticError` for words that are none.
    """
    names = inspect.signature(getattr(adapter, operation)).parameters
    schemes = adapter.lookup_schemes if operation == "lookup" else adapter.schemes
    member = Member.parse(given.get("member", f"{schemes[0]}:12345"))
    if member.scheme not in schemes:
        raise ValueError(f"the description knows members by {', '.join(schemes)}, not {member.scheme}")
    examples: dict[str, Any] = {
        "member": member,
        "points": Decimal(given.get("points", "5")),
        "id": given.get("id", "adj_example"),
        "limit": 100,
        "period": Period(time_of("2026-01-01T00:00:00Z"), time_of("2026-12-31T23:59:59Z")),
        "now": time_of("2026-01-01T00:00:00Z"),
        "nonce": "nonce",
        "token": "***",
        "original": given.get("original", "adj_original"),
        "transaction": given.get("transaction", "transaction"),
    }
    texts = {name: given[name] for name in ("description", "reference", "store") if name in given}
    known = {**examples, **texts}
    return {name: known[name] for name in names if name in known}


def tried(adapter: AnyDescribed, operation: str, given: Mapping[str, Any], answer: VendorResponse) -> Tried:
    """Play one exchange with an answer. Raises what the adapter raises before it asks."""
    exchange = getattr(adapter, operation)(**given)
    request = next(exchange)
    try:
        exchange.send(answer)
    except StopIteration as stop:
        return Tried(request, stop.value, None)
    except Exception as error:
        return Tried(request, None, error)
    raise TypeError("a described exchange has one request")
