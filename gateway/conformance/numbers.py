"""What results of reads say in numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from gateway.model import AMOUNTS, Balance, Expiring, Profile, Transactions

POINTS = {*AMOUNTS, "points", "booked", "balance_after"}
"""The fields of results that are numbers of points."""


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a result, with its dotted place."""
    if is_dataclass(value) and not isinstance(value, type):
        value = {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, list | tuple):
        value = dict(enumerate(value))
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, f"{place}.{name}".lstrip("."))
    else:
        yield place, value


def says_nothing(result: object) -> bool:
    """Whether a balance has no number at all."""
    return isinstance(result, Balance) and result == Balance(details=result.details)


def points(result: Balance | Expiring | Transactions | Profile) -> list[Decimal | None]:
    """The points of a read: of a page, those of its rows; of a schedule, those of its buckets."""
    match result:
        case Transactions():
            return [row.points for row in result.items]
        case Balance():
            return [result.available]
        case Expiring():
            return [result.points, *(bucket.points for bucket in result.buckets)]
        case Profile():
            return []
