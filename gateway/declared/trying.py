"""What a pasted answer of a vendor would come to by a description; nothing is sent."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from pydantic import ValidationError

from gateway import exact
from gateway.declared import values as reading
from gateway.declared.described import AnyDescribed
from gateway.declared.jsonpath import MISSING, Query
from gateway.declared.template import Template
from gateway.lenient import Unreadable
from gateway.model import Member, Period, time_of
from gateway.port.adapter import not_understood
from gateway.port.declaration import Declaration
from gateway.port.request import VendorRequest
from gateway.port.response import VendorResponse

BASE_URL = "https://vendor.example"
_HEAD = re.compile(r"HTTP/[0-9.]+ +([1-5][0-9]{2})\b[^\n]*\n(.*?)\n\n", re.DOTALL)
_MADE_UP = "made-up-for-a-trial-0123456789"
_EXAMPLES: Mapping[str, str] = {"points": "5", "id": "adj_example", "transaction": "transaction"}
_LONGEST = 200
WRITES = ("adjust", "reverse")
"""The operations that change points."""
TEXTS = ("description", "reference", "store")
MAPPED = ("point_type", "reason")
"""The arguments that an account maps to words of the vendor's own, which a trial is given."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial: the requests that would be sent, and what came of the answer, a result or an error."""

    requests: tuple[VendorRequest, ...]
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


def adapter_of(kind: type[Any], chosen: Mapping[str, str], words: Mapping[str, str]) -> AnyDescribed:
    """An adapter of a described class, with the `chosen` settings, and made-up ones for the rest.

    `words`: the arguments of the call; its point type and reason are the vendor's own words. Where an answer does not
    agree with what was sent, its error has both values. Raises `ValueError` for a setting that the description does not
    have, or cannot have, and for an argument that is nowhere sent.
    """
    described = kind.description.settings
    for name in chosen:
        if name not in described:
            raise ValueError(f"no setting is named {name} (there are: {', '.join(described) or 'none'})")
    model = Declaration.of(kind).settings
    values: dict[str, Any] = {"adapter": "declared", "base_url": BASE_URL, **_invented(kind, chosen)}
    for name, text in chosen.items():
        try:
            values[name] = int(text) if described[name].type == "number" else text
        except ValueError:
            raise ValueError(f"setting {name}: expected a whole number") from None
    for name in (each for each in MAPPED if each in words):
        if f"{name}s" not in model.model_fields:
            raise ValueError(f"the description sends no {{{name}}}")
        values[f"{name}s"] = {words[name]: words[name]}
    for name, field in model.model_fields.items():
        if field.is_required() and name not in values:
            values[name] = {"token_url": BASE_URL, "client_id": "us", "client_secret": _MADE_UP}
    try:
        settings = model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"setting {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    made: AnyDescribed = kind(settings)
    vars(made)["agreeing"] = partial(_agreeing, made)
    return made


def made_up(
    adapter: AnyDescribed, operation: str, words: Mapping[str, str], settings: Mapping[str, str]
) -> dict[str, str]:
    """What stands in for the arguments and settings that are not given, by name; no secrets."""
    names = inspect.signature(getattr(adapter, operation)).parameters
    found = {name: text for name, text in _examples(adapter, operation).items() if name in names and name not in words}
    described = adapter.description.settings
    invented = _invented(type(adapter), settings).items()
    return found | {f"settings.{name}": str(value) for name, value in invented if described[name].type != "secret"}


def _invented(kind: type[Any], chosen: Mapping[str, str]) -> dict[str, str | int]:
    return {
        name: 1 if setting.type == "number" else _MADE_UP
        for name, setting in kind.description.settings.items()
        if setting.default is None and name not in chosen
    }


def _examples(adapter: AnyDescribed, operation: str) -> dict[str, str]:
    schemes = adapter.lookup_schemes if operation == "lookup" else adapter.schemes
    return {"member": f"{schemes[0]}:12345", **_EXAMPLES}


def arguments(adapter: AnyDescribed, operation: str, words: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of an operation, from `words`, and from examples for the rest.

    Raises `ValueError` or `ArithmeticError` for words that are none.
    """
    names = inspect.signature(getattr(adapter, operation)).parameters
    schemes = adapter.lookup_schemes if operation == "lookup" else adapter.schemes
    words = {**_examples(adapter, operation), **words}
    member = Member.parse(words["member"])
    if member.scheme not in schemes:
        raise ValueError(f"the description knows members by {', '.join(schemes)}, not {member.scheme}")
    examples: dict[str, Any] = {
        "member": member,
        "points": Decimal(words["points"]),
        "id": words["id"],
        "limit": 100,
        "period": Period(time_of("2026-01-01T00:00:00Z"), time_of("2026-12-31T23:59:59Z")),
        "now": time_of("2026-01-01T00:00:00Z"),
        "nonce": "nonce",
        "token": "***",
        "original": words.get("original", "adj_original"),
        "transaction": words["transaction"],
    }
    texts: dict[str, Any] = {name: words[name] for name in (*TEXTS, *MAPPED) if name in words}
    known = examples | texts
    return {name: known[name] for name in names if name in known}


def tried(
    adapter: AnyDescribed,
    operation: str,
    call: Mapping[str, Any],
    answer: VendorResponse,
    before: VendorResponse | None = None,
) -> Tried:
    """Play one exchange with an answer; `before` is the answer to the request that comes first, where there is one.

    Requests are shown without secrets. Raises what the adapter raises first, and `ValueError` for an answer too few or
    too many.
    """
    masked: AnyDescribed = type(adapter)(adapter.settings.masked())
    vars(masked)["agreeing"] = _not_compared  # it has no secrets that an answer could agree with
    shown, exchange = getattr(masked, operation)(**call), getattr(adapter, operation)(**call)
    requests = [next(shown)]
    next(exchange)
    first = f"{requests[0].method} {requests[0].path}"
    if comes_before := f"before {adapter.form_of(operation, call)}" in adapter.forms:
        if before is None:
            raise ValueError(f"{first} comes first: give the vendor's answer to it as --before FILE")
    elif before is not None:
        raise ValueError(f"nothing comes before {first}: leave --before out")
    try:
        if comes_before:
            exchange.send(before)
            requests.append(shown.send(before))
        exchange.send(answer)
    except StopIteration as stop:
        return Tried(tuple(requests), stop.value, None)
    except Exception as error:
        return Tried(tuple(requests), None, error)
    raise TypeError("a described exchange has one request, and at most one before it")


def _not_compared(*_: Any) -> None:
    """In place of what compares an answer with what was sent."""


def _agreeing(
    adapter: AnyDescribed,
    document: Any,
    agree: Mapping[Query, Template],
    values: Mapping[str, Any],
    response: VendorResponse,
) -> None:
    """As `Described.agreeing`, with both values. A running gateway does not show them: errors get into logs."""
    if (query := reading.differing(document, agree, values)) is None:
        return
    settings = adapter.description.settings
    for hole in agree[query].holes:
        name = hole.name.removeprefix("settings.")
        if name != hole.name and settings[name].type == "secret":
            not_understood(f"{query.text}: not what was sent, the secret setting {name}", response)
    sent, received = _shown(agree[query].value(values)), _shown(query.value(document))
    not_understood(f"{query.text}: not what was sent: sent {sent}, received {received}", response)


def _shown(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    if isinstance(value, Unreadable):
        return "what cannot be told"
    text = exact.dumps(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
