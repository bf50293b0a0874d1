"""The answers of square: errors, accounts with their deadlines, and the event of an adjustment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway import scalars
from gateway.lenient import Unreadable
from gateway.model import Balance, Bucket, Expiring, Member, NextExpiry, Profile, time_of, time_text
from gateway.port import VendorResponse, not_understood, number

Row = Mapping[str, Any]
# Of the other categories, API_ERROR is the vendor's own failure, and the rest are about payments and merchants.
_REFUSING = ("INVALID_REQUEST_ERROR", "AUTHENTICATION_ERROR", "RATE_LIMIT_ERROR")
_EMPTY: tuple[object, ...] = (None, [], {})


@dataclass(frozen=True, slots=True)
class Failure:
    """The errors of an answer: code and text of the first one, to which the vendor fits the status.

    `refuses`: whether every one of them says that the request was refused, and nothing else is in the answer.
    """

    refuses: bool
    code: str | None = None
    message: str | None = None

    @classmethod
    def of(cls, answer: Row) -> "Failure | None":
        """The errors of an answer; None if it has none."""
        errors = answer.get("errors")
        if not isinstance(errors, Unreadable) and errors in _EMPTY:
            return None
        if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
            return cls(refuses=False)
        codes = [scalars.text(error.get("code")) for error in errors]
        refusing = all(error.get("category") in _REFUSING for error in errors) and all(codes)
        return cls(refusing and answer.keys() == {"errors"}, codes[0], scalars.display_text(errors[0].get("detail")))


def moment(value: object) -> datetime | None:
    """A time in UTC; None if it is missing or unreadable."""
    try:
        return time_of(value) if isinstance(value, str) else None
    except ValueError:
        return None


def moment_text(value: object) -> str | None:
    """A time as text in UTC; None if it is missing or unreadable."""
    at = moment(value)
    return None if at is None else time_text(at)


def account(answer: Row, response: VendorResponse, id_: str) -> Row:
    """The account of an answer. Raises `VendorBadResponse` where it is not this one."""
    row = answer.get("loyalty_account")
    if not isinstance(row, dict) or scalars.text(row.get("id")) != id_:
        not_understood("loyalty_account: not the account that was asked for", response)
    return row


def rows(answer: Row, name: str, response: VendorResponse) -> list[Row]:
    """The rows of a search, which leaves an empty list out. Raises `VendorBadResponse` for anything else."""
    if answer.keys() - {name, "cursor", "errors"}:
        not_understood(f"{name}: the answer is not that of a search", response)
    found = answer.get(name, [])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        not_understood(f"{name}: not a list of objects", response)
    return found


def balance(row: Row, response: VendorResponse) -> Balance:
    """The points of an account. Raises `VendorBadResponse` without a number of points."""
    deadlines = _deadlines(row)
    at, points = min(deadlines or [], default=(None, None))
    return Balance(
        available=number(row.get("balance"), "balance", response),
        lifetime=scalars.number(row.get("lifetime_points")),
        next_expiry=None if at is None else NextExpiry(points, at),
        updated_at=moment(row.get("updated_at")),
        details={
            "customer_id": scalars.text(row.get("customer_id")),
            "phone_number": _mapping(row)["phone_number"],
            "enrolled_at": moment_text(row.get("enrolled_at")),
            **_names(row),
        },
    )


def expiring(row: Row, response: VendorResponse) -> Expiring:
    """The schedule by which an account's points expire; documented: it is absent where none do.

    Raises `VendorBadResponse` where it cannot be read, or does not add up to the balance, as it should.
    """
    deadlines = _deadlines(row)
    if deadlines is None:
        not_understood("expiring_point_deadlines: not a list of points with their times", response)
    points = number(row.get("balance"), "balance", response)
    if deadlines and sum(there for _, there in deadlines) != points:
        not_understood("expiring_point_deadlines: they do not add up to the balance", response)
    return Expiring(None, {"balance": points}, "buckets", tuple(Bucket(there, at) for at, there in deadlines))


def profile(row: Row, response: VendorResponse, asked: Member) -> Profile:
    """An account as a member. Raises `VendorBadResponse` where it is not known to have the name that was asked."""
    id_ = scalars.text(row.get("id"))
    if not id_:
        not_understood("id: not a text", response)
    names = {
        "account_id": id_,
        "phone": _mapping(row)["phone_number"],
        "customer_id": scalars.text(row.get("customer_id")),
    }
    if names.get(asked.scheme) != asked.value:
        not_understood("The account in the answer is not known to have what was asked", response)
    return Profile(
        Member("account_id", id_),
        {scheme: value for scheme, value in names.items() if value},
        enrolled_at=moment(row.get("enrolled_at")),
        details={
            "balance": scalars.number(row.get("balance")),
            "lifetime_points": scalars.number(row.get("lifetime_points")),
            "updated_at": moment_text(row.get("updated_at")),
            **_names(row),
        },
    )


def adjusted(answer: Row, response: VendorResponse, *, account_id: str, points: Decimal) -> tuple[str, dict[str, Any]]:
    """The id of the event that adjusted an account by these points, and its other fields.

    Raises `VendorBadResponse` for any other event.
    """
    event = answer.get("event")
    event = event if isinstance(event, dict) else {}
    made = event.get("adjust_points")
    made = made if isinstance(made, dict) else {}
    id_ = scalars.text(event.get("id"))
    said = (event.get("type"), scalars.text(event.get("loyalty_account_id")), scalars.number(made.get("points")))
    if not id_ or said != ("ADJUST_POINTS", account_id, points):
        not_understood("event: not the adjustment that was sent", response)
    return id_, {
        "created_at": moment_text(event.get("created_at")),
        "source": scalars.text(event.get("source")),
        "location_id": scalars.text(event.get("location_id")),
        "program_id": scalars.text(made.get("loyalty_program_id")),
        "reason": scalars.text(made.get("reason")),
    }


def _names(row: Row) -> dict[str, Any]:
    """What an account has besides points and the member's own names."""
    return {
        "program_id": scalars.text(row.get("program_id")),
        "mapping_id": _mapping(row)["id"],
        "created_at": moment_text(row.get("created_at")),
    }


def _mapping(row: Row) -> dict[str, str | None]:
    found = row.get("mapping")
    found = found if isinstance(found, dict) else {}
    return {name: scalars.text(found.get(name)) for name in ("id", "phone_number")}


def _deadlines(row: Row) -> list[tuple[datetime, Decimal]] | None:
    """The points that expire, each with its time; None where these cannot be read."""
    found = row.get("expiring_point_deadlines")
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        return None
    read = [(moment(each.get("expires_at")), scalars.number(each.get("points"))) for each in found]
    deadlines = [(at, points) for at, points in read if at is not None and points is not None]
    return deadlines if len(deadlines) == len(found) else None
