"""Values of an answer: whether they are what was expected or sent, and how they are read."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from gateway import exact, scalars
from gateway.declared.jsonpath import MISSING, Query
from gateway.declared.parts import Expectation
from gateway.declared.template import LeftOut, Template
from gateway.lenient import Unreadable
from gateway.model import time_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONG_FRACTION = re.compile(r"(\.[0-9]{6})[0-9]+")
ABSENT = Expectation(absent=True)
"""What is not there, or null."""
_ZONELESS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+\Z")


def fits(value: Any, expected: Expectation) -> bool:
    """Whether a value is what a description requires; one that cannot be told is not."""
    if isinstance(value, Unreadable):
        return False
    if expected.absent:
        return value is MISSING or value is None
    if value is MISSING:
        return False
    if expected.type is not None:
        return _is_of(value, expected.type)
    constants = (expected.value,) if expected.one_of is None else expected.one_of
    return any(_same(value, constant) for constant in constants)


def _is_of(value: Any, kind: str) -> bool:
    if kind == "text":
        return bool(isinstance(value, str) and value.strip() and scalars.text(value) is not None)
    if kind == "number":
        return not isinstance(value, str) and scalars.number(value) is not None
    return type(value) is {"flag": bool, "object": dict, "list": list}[kind]


def _same(value: Any, constant: Any) -> bool:
    """Whether a value is a constant, in the same JSON type; `200` and `200.0` are the same number."""
    if constant is None or isinstance(constant, bool):
        return value is constant
    if isinstance(constant, str):
        return isinstance(value, str) and value == constant
    return not isinstance(value, str) and scalars.number(value) == Decimal(constant)


def agrees(value: Any, sent: Any) -> bool:
    """Whether a value is what was sent: numbers as numbers, also in texts, and flags and texts as they are."""
    if value is MISSING or isinstance(value, Unreadable):
        return False
    if isinstance(sent, bool):
        return scalars.flag(value) is sent
    if isinstance(sent, int | Decimal):
        return scalars.number(value) == Decimal(sent)
    return bool(scalars.text(value) == sent)


def differing(document: Any, agree: Mapping[Query, Template], values: Mapping[str, Any]) -> Query | None:
    """The first value that is not what was sent; None where all are. What was left out is not compared."""
    for query, template in agree.items():
        try:
            sent = template.value(values)
        except LeftOut:
            continue
        if not agrees(query.value(document), sent):
            return query
    return None


def could_agree(value: Any, sent: Any) -> bool:
    """Whether a value may be what was sent: it is, or nobody can tell that it is not."""
    if agrees(value, sent):
        return True
    if value is MISSING or value is None:
        return False
    return isinstance(value, Unreadable) or scalars.text(value) is None


def scalar(value: Any) -> Any:
    """A value as a detail: text, number, true or false; None for whatever else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return scalars.text(value)
    return scalars.number(value)


def number_at(document: Any, query: Query | None) -> Decimal | None:
    """The number at a place; None where there is none, or no place is described."""
    return None if query is None else scalars.number(query.value(document))


def text_at(document: Any, query: Query | None) -> str | None:
    """The text at a place, or the digits of a number; None where there is none, or an empty one."""
    return (None if query is None else scalars.text(query.value(document))) or None


def details(document: Any, queries: Mapping[str, Query]) -> dict[str, Any]:
    """The values at these places, by name."""
    return {name: scalar(query.value(document)) for name, query in queries.items()}


def time_at(document: Any, query: Query | None, form: str) -> datetime | None:
    """The time at a place, in UTC; None where there is none, or it cannot be read."""
    value = MISSING if query is None else query.value(document)
    try:
        if form in ("seconds", "milliseconds"):
            micros = exact.number(value) * (1_000 if form == "milliseconds" else 1_000_000)
            return _EPOCH + timedelta(microseconds=int(micros))
        if not isinstance(value, str):
            return None
        text = _LONG_FRACTION.sub(r"\1", value)
        return time_of(f"{text}Z" if form == "utc" and _ZONELESS.match(text) else text)
    except (ValueError, OverflowError):
        return None
