"""The history of a contact: all its points at once, as rows, the newest first; the vendor has no pages of them."""

import re
from collections.abc import Sequence
from datetime import datetime

from adapters.contact_points.wire import Point, moment
from gateway.errors import FieldNotSupported
from gateway.model import Kind, VendorTransaction
from gateway.port import canonical

_ID = re.compile(r"[1-9][0-9]{0,18}")
_OWN = re.compile(r"adj_[0-9a-f]{32}")
_PLACED = frozenset(("contact_id", "amount", "date_time", "description", "is_canceller", "canceller_point_id"))
"""The fields of ReadPointDto that have a place in a row; the others are its details."""


def before(cursor: str | None) -> int | None:
    """The point before which a page begins. Raises `FieldNotSupported` where the cursor is none of ours."""
    if cursor is None:
        return None
    if not _ID.fullmatch(cursor):
        raise FieldNotSupported("cursor", "it is not the id of a point")
    return int(cursor)


def fitting(points: Sequence[Point], *, type_: str | None, start: datetime | None, end: datetime | None) -> list[Point]:
    """The points of a type and period, both ends included, the newest first.

    The vendor is asked for them too, but its document does not say whether its period includes its ends. A point whose
    type or time cannot be read stays.
    """
    found = []
    for point in points:
        at, type_of_point = moment(point.dto.get("DateTime")), point.details["type"]
        if type_ is not None and type_of_point not in (None, type_):
            continue
        if at is not None and ((start is not None and at < start) or (end is not None and at > end)):
            continue
        found.append(point)
    return sorted(found, key=lambda point: point.id, reverse=True)


def rows(
    points: Sequence[Point], everything: Sequence[Point], types: dict[str, str], point_type: str | None
) -> tuple[VendorTransaction, ...]:
    """The rows of these points; what a canceller cancels is looked for in `everything`."""
    cancelled = {point.details["canceller_point_id"]: str(point.id) for point in everything}
    return tuple(_row(point, cancelled.get(point.id), types, point_type) for point in points)


def _row(point: Point, cancels: str | None, types: dict[str, str], point_type: str | None) -> VendorTransaction:
    details, kind = point.details, _kind(point)
    source, canceller = details["source_id"], details["canceller_point_id"]
    own = source is not None and _OWN.fullmatch(source) is not None
    return VendorTransaction(
        id=str(point.id),
        at=moment(point.dto.get("DateTime")),
        points=details["amount"],
        kind=kind,
        point_type=None if details["type"] is None else canonical(types, details["type"], point_type),
        balance_after=point.sum,
        # With our own id in SourceId, SourceDescription has the reference.
        reference=details["source_description"] if own else source,
        description=details["description"],
        reverses=cancels,
        reversed_by=None if canceller is None else str(canceller),
        # The document does not say what a canceller's SourceId is. It may be that of the point that it cancels.
        adjustment=source if own and kind in ("earn", "spend") else None,
        details={name: value for name, value in details.items() if name not in _PLACED},
    )


def _kind(point: Point) -> Kind:
    """The vendor has no word for it: a canceller reverses, and else the sign decides."""
    canceller, amount = point.details["is_canceller"], point.details["amount"]
    if canceller:
        return "reverse"
    if amount is None or (canceller is None and point.dto.get("IsCanceller") is not None):
        return "other"
    return "spend" if amount < 0 else "earn"
