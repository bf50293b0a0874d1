"""What a described answer comes to: balances, bookings, rows of a history, expiring points, profiles."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.declared import values as reading
from gateway.declared.description import ExpiringRead, LookupRead
from gateway.declared.parts import AppliedResult, BalanceResult, KindWords, Row, SignedPoints
from gateway.model import (
    AMOUNTS,
    Applied,
    Balance,
    Bucket,
    Expiring,
    Kind,
    Member,
    NextExpiry,
    Profile,
    VendorTransaction,
)
from gateway.port.adapter import not_understood, number
from gateway.port.mapping import canonical
from gateway.port.response import VendorResponse
from gateway.scalars import whole

KINDS: tuple[Kind, ...] = ("earn", "spend", "adjust", "expire", "reverse", "hold")


def balance(document: Any, result: BalanceResult, times: str, response: VendorResponse | None = None) -> Balance:
    """A balance. With `response` its first number has to be there, else raises `VendorBadResponse`.

    What else is not there, or cannot be read, is None.
    """
    described = {name: query for name in AMOUNTS if (query := getattr(result, name)) is not None}
    amounts = {name: reading.number_at(document, query) for name, query in described.items()}
    if response is not None:
        first = next(iter(described))
        amounts[first] = number(described[first].value(document), described[first].text, response)
    expiry = result.next_expiry
    points = None if expiry is None else reading.number_at(document, expiry.points)
    at = None if expiry is None else reading.time_at(document, expiry.at, times)
    return Balance(
        **amounts,
        next_expiry=None if points is None and at is None else NextExpiry(points, at),
        updated_at=reading.time_at(document, result.updated_at, times),
        details=reading.details(document, result.details),
    )


def applied(
    document: Any, result: AppliedResult | None, times: str, response: VendorResponse, *, final: bool
) -> Applied:
    """A booking. Raises `VendorBadResponse` where its id is described and is not there."""
    if result is None:
        return Applied(final=final)
    transaction = reading.text_at(document, result.transaction)
    if result.transaction is not None and transaction is None:
        not_understood(f"{result.transaction.text}: a success without its id", response)
    left = None if result.balance is None else balance(document, result.balance, times)
    has_numbers = left is not None and any(getattr(left, name) is not None for name in AMOUNTS)
    return Applied(
        transaction_id=transaction,
        balance=left if has_numbers else None,
        details=reading.details(document, result.details),
        booked=reading.number_at(document, result.booked),
        final=final,
    )


def signed(row: Any, points: SignedPoints | None) -> Decimal | None:
    """The signed points of a row; None where they, or their sign, cannot be told."""
    if points is None:
        return None
    amount = reading.number_at(row, points.path)
    if amount is None or points.sign is None:
        return amount
    word = reading.text_at(row, points.sign.path)
    if amount < 0 or word not in (*points.sign.plus, *points.sign.minus):
        return None
    return amount if word in points.sign.plus else -amount


def transaction(row: Any, described: Row, point_types: Mapping[str, str], requested: str | None, times: str) -> Any:
    """A row of a history; None in place of what is not there or cannot be read."""
    own_type = reading.text_at(row, described.point_type)
    type_ = None if own_type is None else canonical(point_types, own_type, requested)
    unmapped = {} if own_type is None or type_ is not None else {"point_type": own_type}
    kind, vendor_kind = _kind(row, described.kind)
    texts = ("id", "reference", "description", "reverses", "reversed_by", "adjustment")
    return VendorTransaction(
        **{name: reading.text_at(row, getattr(described, name)) for name in texts},
        at=reading.time_at(row, described.at, times),
        points=signed(row, described.points),
        kind=kind,
        vendor_kind=vendor_kind,
        point_type=type_,
        balance_after=reading.number_at(row, described.balance_after),
        expires_at=reading.time_at(row, described.expires_at, times),
        details={**unmapped, **reading.details(row, described.details)},
    )


def _kind(row: Any, words: KindWords | None) -> tuple[Kind, str | None]:
    """The kind of a row, and the vendor's own word for it."""
    own = None if words is None else reading.text_at(row, words.path)
    return next((kind for kind in KINDS if own in (getattr(words, kind, None) or ())), "other"), own


def expiring(document: Any, described: ExpiringRead, times: str, response: VendorResponse) -> Expiring:
    """Expiring points. Raises `VendorBadResponse` where their number is not there."""
    if described.points is not None:
        return Expiring(number(described.points.value(document), described.points.text, response))
    rows = [document] if described.rows is None else described.rows.rows(document)
    if rows is None or described.bucket is None:
        not_understood("there is no list of rows that can be told", response)
    if described.total is not None and reading.number_at(document, described.total) != len(rows):
        not_understood(f"{described.total.text}: not the number of the rows that are there", response)
    buckets = []
    for row in rows:
        points = number(described.bucket.points.value(row), described.bucket.points.text, response)
        if described.rows is None and points == 0:
            continue  # nothing expires next
        within = None if described.bucket.within_days is None else whole(described.bucket.within_days.value(row))
        at = reading.time_at(row, described.bucket.at, times)
        buckets.append(Bucket(points, at, within, reading.details(row, described.bucket.details)))
    return Expiring(None, precision=described.precision, buckets=tuple(buckets))


def profile(row: Any, described: LookupRead, asked: Member, times: str, response: VendorResponse) -> Profile:
    """A member. Raises `VendorBadResponse` where the row is not known to be who was asked for."""
    own = reading.text_at(row, described.member.path)
    if own is None:
        not_understood(f"{described.member.path.text}: a member without a name", response)
    ids = {scheme: text for scheme, path in described.ids.items() if (text := reading.text_at(row, path)) is not None}
    ids[described.member.scheme] = own
    if ids.get(asked.scheme) != asked.value:
        not_understood("The member in the answer is not known to be the one that was asked for", response)
    return Profile(
        Member(described.member.scheme, own),
        ids,
        status=reading.text_at(row, described.status),
        tier=reading.text_at(row, described.tier),
        enrolled_at=reading.time_at(row, described.enrolled_at, times),
        details=reading.details(row, described.details),
    )
