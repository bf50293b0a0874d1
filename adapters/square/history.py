"""The history of an account: one page of the vendor's ledger of events, as rows."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from adapters.square import wire
from gateway import scalars
from gateway.model import Kind, Transactions, VendorTransaction, time_text
from gateway.port import VendorResponse, not_understood

LARGEST_PAGE = 30
_SECOND = timedelta(seconds=1)
_KINDS: Mapping[str, Kind] = {
    "ACCUMULATE_POINTS": "earn",
    "ACCUMULATE_PROMOTION_POINTS": "earn",
    "ADJUST_POINTS": "adjust",
    "EXPIRE_POINTS": "expire",
    # A reward takes its points when it is created, and gives them back when it is deleted.
    "CREATE_REWARD": "hold",
    "REDEEM_REWARD": "spend",
    "DELETE_REWARD": "reverse",
}
_DETAILS = {"OTHER": "other_event"}
"""Where the details of an event stand that are not named after its type."""
_TAKING = ("CREATE_REWARD", "EXPIRE_POINTS")
_GIVING = ("ACCUMULATE_POINTS", "ACCUMULATE_PROMOTION_POINTS", "DELETE_REWARD")


def search(
    account: str, limit: int, cursor: str | None, start: datetime | None, end: datetime | None
) -> dict[str, Any]:
    """The body that asks for one page; the period is a second wider on each side: see `page`."""
    period = {
        **({} if start is None else {"start_at": _moved(start, -_SECOND)}),
        **({} if end is None else {"end_at": _moved(end, _SECOND)}),
    }
    filters = {
        "loyalty_account_filter": {"loyalty_account_id": account},
        **({"date_time_filter": {"created_at": period}} if period else {}),
    }
    page = {"query": {"filter": filters}, "limit": min(limit, LARGEST_PAGE)}
    return page if cursor is None else {**page, "cursor": cursor}


def page(
    answer: wire.Row,
    response: VendorResponse,
    account: str,
    *,
    cursor: str | None,
    start: datetime | None,
    end: datetime | None,
) -> Transactions:
    """The events of a page within a period, both ends included.

    The vendor is asked for the period too, but its documents do not say whether that includes its ends. An event whose
    time cannot be read stays. Raises `VendorBadResponse` for an event that is not known to be of the account, and for
    a page that is followed by itself.
    """
    rows = wire.rows(answer, "events", response)
    if any(scalars.text(row.get("loyalty_account_id")) != account for row in rows):
        not_understood("An event in the answer is not known to be of this account", response)
    following = answer.get("cursor") or None
    if following is not None and (not isinstance(following, str) or following == cursor):
        not_understood("cursor: not that of a next page", response)
    return Transactions(tuple(_row(row) for row in rows if _within(row, start, end)), following, complete=True)


def _within(row: wire.Row, start: datetime | None, end: datetime | None) -> bool:
    at = wire.moment(row.get("created_at"))
    return at is None or ((start is None or start <= at) and (end is None or at <= end))


def _moved(moment: datetime, change: timedelta) -> str:
    """A changed time; unchanged at the ends of the calendar."""
    with suppress(OverflowError):
        moment += change
    return time_text(moment.astimezone(UTC))


def _row(row: wire.Row) -> VendorTransaction:
    kind = scalars.text(row.get("type"))
    made = row.get(_DETAILS.get(kind or "", (kind or "").lower()))
    made = made if isinstance(made, dict) else {}
    return VendorTransaction(
        id=scalars.text(row.get("id")),
        at=wire.moment(row.get("created_at")),
        points=_points(scalars.number(made.get("points")), kind),
        kind=_KINDS.get(kind or "", "other"),
        vendor_kind=kind,
        description=scalars.text(made.get("reason")),
        details={
            "source": scalars.text(row.get("source")),
            "location_id": scalars.text(row.get("location_id")),
            "program_id": scalars.text(made.get("loyalty_program_id")),
            "order_id": scalars.text(made.get("order_id")),
            "reward_id": scalars.text(made.get("reward_id")),
            "promotion_id": scalars.text(made.get("loyalty_promotion_id")),
        },
    )


def _points(points: Decimal | None, kind: str | None) -> Decimal | None:
    """The signed points. Only one sample shows the sign of a reward, so the type decides where it can."""
    if points is None:
        return None
    if kind in _TAKING:
        return -points.copy_abs()
    return points.copy_abs() if kind in _GIVING else points
