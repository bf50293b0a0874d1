"""The history of a member: one page of `data` of account/transactions as rows, in the vendor's order."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from adapters.expiring_points import wire
from gateway import scalars
from gateway.errors import FieldNotSupported
from gateway.model import Applied, Found, Kind, Transactions, VendorTransaction, time_of
from gateway.port import VendorResponse, not_understood

LONGEST_PAGE = 100
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OWN = re.compile(r"adj_[0-9a-f]{32}")
_KINDS: Mapping[str, Kind] = {"accrual": "earn"}
"""The vendor's `transaction_type`; its other words are not in the pages that were seen."""
_DETAILS = {
    "amount": scalars.number,
    "balance_before": scalars.number,
    "promo_iid": scalars.whole,
    "promo_eid": scalars.text,
    "activation_date": scalars.text,
    "source_type": scalars.text,
    "source_iid": scalars.whole,
}


def checked(cursor: str | None) -> str | None:
    """The id that a page begins after. Raises `FieldNotSupported` where it is no UUID."""
    if cursor is not None and not _UUID.fullmatch(cursor):
        raise FieldNotSupported("cursor", "it is not the id of a transaction")
    return cursor


def page(response: VendorResponse, *, limit: int, cursor: str | None, point_type: str | None = None) -> Transactions:
    """A page of the rows after `cursor`, all of one kind of points.

    Raises `VendorBadResponse` where there is no list of them, or where the page begins anew.
    """
    return _page(wire.rows(response), response, limit, cursor, point_type)


def found(response: VendorResponse, *, cursor: str | None, id: str, points: Decimal) -> Found:  # noqa: A002 (the port's name)
    """The rows of a longest page that were booked under an adjustment's own id, as answers to the write.

    Raises `VendorBadResponse` where one of them has other points, or not certainly these; where the external id of a
    row cannot be read, or the row is empty; and where the page after this one cannot be asked for.
    """
    rows = wire.rows(response)
    read = _page(rows, response, LONGEST_PAGE, cursor, None)
    if not read.complete:
        not_understood("The page is full, and its last row has no transaction_id to go on from", response)
    matches = []
    for row, item in zip(rows, read.items, strict=True):
        eid = scalars.text(row.get("transaction_eid"))
        if eid is None and row.get("transaction_eid") is not None:
            not_understood("transaction_eid: not a text", response)
        if not row:
            not_understood("A transaction without fields", response)
        if eid == id and item.points != points:
            not_understood("A transaction that was found is not the one that was sent", response)
        if eid == id:
            matches.append(Applied(item.id, None, {"transaction_type": item.vendor_kind, **item.details}))
    return Found(tuple(matches), next_cursor=read.next_cursor)


def _page(
    rows: list[dict[str, Any]], response: VendorResponse, limit: int, cursor: str | None, point_type: str | None
) -> Transactions:
    items = tuple(_row(row, point_type) for row in rows)
    if cursor is not None and any(item.id == cursor for item in items):
        not_understood("The page begins anew: the vendor ignored from_id", response)
    # A page that is full may be the last one: then the next one is empty.
    full = len(items) >= limit
    last = items[-1].id if full else None
    return Transactions(items, last, complete=not full or last is not None)


def _row(row: Mapping[str, Any], point_type: str | None) -> VendorTransaction:
    eid, kind = scalars.text(row.get("transaction_eid")), scalars.text(row.get("transaction_type"))
    own = eid is not None and _OWN.fullmatch(eid) is not None
    return VendorTransaction(
        id=scalars.text(row.get("transaction_id")),
        at=_time(row.get("created_at")),
        points=_points(row, kind),
        kind=_KINDS.get(kind or "", "other"),
        vendor_kind=kind,
        point_type=point_type,
        balance_after=scalars.number(row.get("balance_after")),
        expires_at=_time(row.get("expiration_date")),
        reference=None if own else eid,
        description=scalars.text(row.get("description")),
        adjustment=eid if own else None,
        details={name: read(row.get(name)) for name, read in _DETAILS.items()},
    )


def _points(row: Mapping[str, Any], kind: str | None) -> Decimal | None:
    """The signed points. Whether `amount` has a sign is not documented, so the balances decide; None without them."""
    names = ("amount", "balance_before", "balance_after")
    amount, before, after = (scalars.number(row.get(name)) for name in names)
    if amount is None or amount <= 0 or kind == "accrual":
        return amount
    if before is None or after is None or before == after:
        return None
    return amount if after > before else -amount


def _time(value: object) -> datetime | None:
    text = scalars.text(value)
    try:
        return None if text is None else time_of(text)
    except ValueError:
        return None
