"""Sets of the unknown that are settled together: the name by which one is known again, and what it comes to."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from gateway.adjustments import Record

_NAME = re.compile(r"(?P<mark>[0-9]{1,18})-(?P<digest>[0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Amount:
    """What of an adjustment is counted: its vendor's configured name, its point type and its signed points."""

    vendor: str
    point_type: str | None
    points: Decimal


@dataclass(frozen=True, slots=True)
class PointsSum:
    """What adjustments of one point type come to, credits and debits by themselves; debits are negative."""

    point_type: str | None
    credits: Decimal
    credit_count: int
    debits: Decimal
    debit_count: int


def name_of(mark: int, records: Iterable[Record], *, applied: bool) -> str:
    """The name of a set: its mark in the journal, and a digest of the outcome and of every member's attempt."""
    digest = hashlib.sha256(b"applied" if applied else b"not applied")
    for record in records:
        digest.update(f"\n{record.draft.id} {record.state.attempt}".encode())
    return f"{mark}-{digest.hexdigest()[:16]}"


def mark_of(name: str) -> int | None:
    """The mark in the name of a set; None where a text has not the form of such a name."""
    found = _NAME.fullmatch(name)
    return None if found is None else int(found["mark"])


def amounts(records: Iterable[Record]) -> list[Amount]:
    """The amount of each adjustment, in their order."""
    drafts = [record.draft for record in records]
    return [Amount(each.vendor, each.adjustment.point_type, each.adjustment.points) for each in drafts]


def by_vendor(counted: Iterable[Amount]) -> dict[str, int]:
    """How many adjustments each vendor has, by its configured name, in the order of names."""
    return dict(sorted(Counter(each.vendor for each in counted).items()))


def sums(counted: Iterable[Amount]) -> tuple[PointsSum, ...]:
    """The points of adjustments, by point type in the order of names; those without a type come first."""
    points: dict[str | None, list[Decimal]] = {}
    for each in counted:
        points.setdefault(each.point_type, []).append(each.points)
    return tuple(_sum(point_type, points[point_type]) for point_type in sorted(points, key=lambda name: name or ""))


def _sum(point_type: str | None, points: list[Decimal]) -> PointsSum:
    credits_ = [each for each in points if each > 0]
    debits = [each for each in points if each < 0]
    return PointsSum(point_type, sum(credits_, Decimal(0)), len(credits_), sum(debits, Decimal(0)), len(debits))
