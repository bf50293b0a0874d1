"""The optional fields of an adjustment, as this library sends and reads them; listed nowhere else in it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypedDict

from points_gateway_client.arguments import flag, known, text_or_none
from points_gateway_client.json_object import Document


class AdjustmentFields(TypedDict, total=False):
    """The optional fields of an adjustment; None is the same as absent.

    The keys of `options` are adapter names; numbers in it are `Decimal` or `int`, never floats.
    """

    point_type: str | None
    description: str | None
    reason: str | None
    reference: str | None
    store: str | None
    pending: bool
    options: Mapping[str, Mapping[str, Any]] | None


@dataclass(frozen=True, slots=True)
class AnsweredFields:
    """The same fields in an answer, without `options`; a text that was not sent is None."""

    point_type: str | None
    description: str | None
    reason: str | None
    reference: str | None
    store: str | None
    pending: bool


_SENT = (*(each.name for each in fields(AnsweredFields)), "options")
_FLAGS = frozenset(each.name for each in fields(AnsweredFields) if each.type in (bool, "bool"))
_NAMES = tuple(each.name for each in fields(AnsweredFields))


def checked(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that have a value; a flag that is false is absent. Raises `TypeError` for any other name or type."""
    known(arguments, _SENT, "an adjustment has no field")
    for name, value in arguments.items():
        if name in _FLAGS:
            flag(value, name)
        elif name != "options":
            text_or_none(value, name)
        elif value is not None and not all(isinstance(each, Mapping) for each in (value, *_values(value))):
            raise TypeError("options is a mapping of adapter names to mappings, as {'contact-points': {...}}")
    return {name: value for name, value in arguments.items() if value is not None and value is not False}


def _values(value: object) -> tuple[object, ...]:
    return tuple(value.values()) if isinstance(value, Mapping) else ()


def read(document: Document) -> dict[str, Any]:
    """The fields of an answer. Raises `ValueError` where it is not as documented."""
    return {name: document.flag(name) if name in _FLAGS else document.text_or_none(name) for name in _NAMES}
