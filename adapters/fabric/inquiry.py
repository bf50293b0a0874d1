"""The answers of fabric's inquiries: a member's points, and the schedule by which they expire (public documents)."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from adapters.fabric.wire import Envelope
from gateway import scalars
from gateway.model import Balance, Bucket, Expiring
from gateway.port import VendorResponse, not_understood, number

Reader = Callable[[object], Any]
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_CAPITAL = re.compile("[A-Z]")


def balance(answer: Envelope, response: VendorResponse, type_: str | None) -> Balance:
    """A member's points: of all types by `pointsBalance`, or the `total` of one type by its row of `pointsByType`.

    The page says that pending points are included, so those of a type are a total. They are None without a row, and
    with several, which only their `subType` distinguishes. Raises `VendorBadResponse` without the numbers.
    """
    rows = answer.rows
    if rows is None or len(rows) != 1:
        not_understood("data: not the points of one member", response)
    details = {"message": answer.message, **_POINTS(rows[0])}
    if type_ is not None:
        details["points_balance"] = _ALL_OF_BALANCE(rows[0].get("pointsBalance"))
        return Balance(total=_of_type(rows[0], response, type_), details=details)
    sums = rows[0].get("pointsBalance")
    sums = sums if isinstance(sums, dict) else {}
    return Balance(
        available=number(sums.get("memberPointsAvailable"), "memberPointsAvailable", response),
        held=scalars.number(sums.get("memberPointsLocked")),
        lifetime=scalars.number(sums.get("memberPointsEarned")),
        details=details,
    )


def expiring(answer: Envelope, response: VendorResponse) -> Expiring:
    """The schedule, row by row; whether a row includes those before it is not documented, so nothing is added up.

    Raises `VendorBadResponse` for a row without `totalPoints`, or with neither of its times.
    """
    if answer.rows is None:
        not_understood("data: not a list of objects", response)
    buckets = tuple(_bucket(row, response) for row in answer.rows)
    return Expiring(None, {"message": answer.message}, "buckets", buckets)


def moment(value: object) -> datetime | None:
    """A time such as `2020-03-20T01:30:08.180856`, in UTC where it has no offset; None if it is unreadable."""
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[0] if found[1] else f"{found[0]}Z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _of_type(row: Mapping[str, Any], response: VendorResponse, type_: str) -> Decimal | None:
    types = row.get("pointsByType")
    if not isinstance(types, list) or not all(isinstance(each, dict) for each in types):
        not_understood("pointsByType: not a list of objects", response)
    if any(scalars.text(each.get("pointType")) is None for each in types):
        not_understood("pointType: a row's type cannot be told", response)
    points = [number(each.get("points"), "points", response) for each in types if each["pointType"] == type_]
    return points[0] if len(points) == 1 else None


def _bucket(row: Mapping[str, Any], response: VendorResponse) -> Bucket:
    at, days = moment(row.get("expiryDate")), scalars.whole(row.get("expiryDuration"))
    if at is None and days is None:
        not_understood("expiryDate, expiryDuration: neither can be read", response)
    return Bucket(number(row.get("totalPoints"), "totalPoints", response), at, days, _BUCKET(row))


def _object(**fields: Reader) -> Reader:
    """A reader of these fields of an object, into snake_case; null for what is absent or unreadable."""
    names = [(title, _CAPITAL.sub(lambda found: f"_{found[0].lower()}", title), read) for title, read in fields.items()]

    def read(value: object) -> dict[str, Any] | None:
        return {name: each(value.get(title)) for title, name, each in names} if isinstance(value, dict) else None

    return read


def _list(row: Reader) -> Reader:
    """A reader of a list; null for anything else."""
    return lambda value: [row(each) for each in value] if isinstance(value, list) else None


_REST_OF_BALANCE = dict.fromkeys(("memberPointsDeducted", "memberPointsUsed", "memberPointsExpired"), scalars.number)
_IN_BALANCE = dict.fromkeys(("memberPointsEarned", "memberPointsAvailable", "memberPointsLocked"), scalars.number)
"""What has a place of its own where the points are of all types."""
_ALL_OF_BALANCE = _object(**_IN_BALANCE, **_REST_OF_BALANCE)
_ITEM = _object(points=scalars.number, pointType=scalars.text)
_RESTRICTED_ITEM = _object(points=scalars.number, pointType=scalars.text, restrictedLocation=scalars.text)
_POINTS = _object(
    totalPoints=scalars.number,
    pointsByType=_list(_object(pointType=scalars.text, points=scalars.number, subType=scalars.text)),
    pointsBalance=_object(**_REST_OF_BALANCE),
    breakdown=_object(
        totalPoints=scalars.number,
        totalCurrencyValue=scalars.number,
        unrestrictedPoints=_object(
            totalPoints=scalars.number,
            totalCurrencyValue=scalars.number,
            unrestrictedPointsItems=_list(_ITEM),
        ),
        restrictedPoints=_object(
            totalPoints=scalars.number,
            totalCurrencyValue=scalars.number,
            restrictedPointsItems=_list(_RESTRICTED_ITEM),
        ),
    ),
)
_BUCKET = _object(
    unRestrictedTotalPoints=scalars.number,
    restrictedTotalPoints=scalars.number,
    pointValue=scalars.number,
    restrictedPoints=_list(_object(points=scalars.number, restrictedLocation=scalars.text)),
)
