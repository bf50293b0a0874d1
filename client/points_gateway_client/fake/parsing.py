"""Requests to the fake, read as strictly as the gateway reads them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from points_gateway_client import exact
from points_gateway_client.fake.documents import Refused
from points_gateway_client.fields import AnsweredFields

FIELDS: Mapping[str, Any] = {
    name: False if kind in (bool, "bool") else None for name, kind in AnsweredFields.__annotations__.items()
}
"""The optional fields of an adjustment, with what stands for each that is absent."""
_LONGEST = {"description": 500, "reference": 200}
_POINTS = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?\Z")
_KEY = re.compile(r'"?[!-~]{1,255}"?\Z')


@dataclass(frozen=True, slots=True)
class Change:
    """A change of points: what an adjustment asks for, or what a reversal comes to."""

    member: str
    points: Decimal
    fields: Mapping[str, Any]
    options: Mapping[str, Any]
    reverses: str | None = None
    linked: bool | None = None


@dataclass(frozen=True, slots=True)
class Undoing:
    """What a reversal asks for; points without a sign, None for all that is left."""

    original: str
    points: Decimal | None
    linked: bool | None
    description: str | None


Asked = Change | Undoing
"""What a write asks for: two that are equal mean the same."""


def differences(first: Asked, second: Asked) -> Iterator[str]:
    """Pointers to where two writes differ; none where one is a reversal and the other is not."""
    if isinstance(first, Undoing) and isinstance(second, Undoing):
        names = {"original": "{id}", "points": "/points", "linked": "/linked", "description": "/description"}
        yield from (pointer for name, pointer in names.items() if getattr(first, name) != getattr(second, name))
    elif isinstance(first, Change) and isinstance(second, Change):
        yield from (f"/{name}" for name in ("member", "points") if getattr(first, name) != getattr(second, name))
        yield from (f"/{name}" for name in FIELDS if first.fields[name] != second.fields[name])
        for adapter in sorted(first.options.keys() | second.options.keys()):
            one, other = first.options.get(adapter, {}), second.options.get(adapter, {})
            names_of = sorted(one.keys() | other.keys())
            yield from (f"/options/{adapter}/{name}" for name in names_of if one.get(name) != other.get(name))


def key(header: str | None) -> str:
    """The idempotency key of a write. Raises `Refused`."""
    if header is None or not _KEY.match(header):
        raise Refused("idempotency_key_required", "Idempotency-Key: 1 to 255 visible ASCII characters")
    return header[1:-1] if len(header) > 2 and header[0] == header[-1] == '"' else header


def body(content: bytes, allowed: Iterable[str]) -> dict[str, Any]:
    """A JSON object with no other names than these; null is absent. Raises `Refused`."""
    try:
        parsed = exact.loads(content.decode())
    except (ValueError, RecursionError):
        raise Refused("invalid_request", "the body is not JSON") from None
    if not isinstance(parsed, dict):
        raise Refused("invalid_request", "the body is no JSON object")
    if unknown := {f"/{name}": "no such field" for name in parsed if name not in set(allowed)}:
        raise Refused("invalid_request", "the body has a field that there is not", errors=unknown)
    return {name: value for name, value in parsed.items() if value is not None}


def adjustment(content: bytes) -> Change:
    """The body of an adjustment. Raises `Refused`."""
    given = body(content, ("member", "points", "options", *FIELDS))
    errors = {f"/{name}": "required" for name in ("member", "points") if name not in given}
    if errors:
        raise Refused("invalid_request", "the body lacks a field", errors=errors)
    optional = {name: _field(name, given.get(name, absent), absent) for name, absent in FIELDS.items()}
    options = given.get("options", {})
    if not isinstance(options, dict) or not all(isinstance(each, dict) for each in options.values()):
        raise _wrong("/options", "an object of objects")
    return Change(member(given["member"]), points(given["points"]), optional, options)


def undoing(content: bytes, original: str) -> Undoing:
    """The body of a reversal. Raises `Refused`."""
    given = body(content, ("points", "linked", "description"))
    number = points(given["points"]) if "points" in given else None
    if number is not None and number < 0:
        raise _wrong("/points", "points without a sign")
    linked = given.get("linked")
    if linked is not None and not isinstance(linked, bool):
        raise _wrong("/linked", "true or false")
    description = _field("description", given.get("description"), None)
    return Undoing(original, number, linked, None if description is None else str(description))


def member(value: object) -> str:
    """A member. Raises `Refused`."""
    scheme, _, name = value.partition(":") if isinstance(value, str) else ("", "", "")
    if (
        not scheme
        or not 1 <= len(name) <= 255
        or name in (".", "..")
        or set("/\\") & set(name)
        or not name.isprintable()
    ):
        raise _wrong("/member", "SCHEME:VALUE, as in email:jason@example.com")
    return f"{scheme}:{name}"


def points(value: object) -> Decimal:
    """Points as text or number, exact. Raises `Refused`."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = exact.text(Decimal(value))
    if not isinstance(value, str) or not _POINTS.match(value) or not Decimal(value):
        raise _wrong("/points", "a decimal other than zero, with at most 12 digits before the point and 6 after it")
    return Decimal(value)


def _field(name: str, value: object, absent: object) -> object:
    if isinstance(absent, bool):
        if not isinstance(value, bool):
            raise _wrong(f"/{name}", "true or false")
    elif value is not None and not (isinstance(value, str) and 1 <= len(value) <= _LONGEST.get(name, 64)):
        raise _wrong(f"/{name}", f"a text of 1 to {_LONGEST.get(name, 64)} characters")
    return value


def _wrong(pointer: str, expected: str) -> Refused:
    return Refused("invalid_request", f"{pointer[1:]}: expected {expected}", errors={pointer: f"expected {expected}"})
