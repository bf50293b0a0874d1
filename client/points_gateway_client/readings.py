"""What vendors say of a member as typed values: points are `Decimal`, times are aware datetimes in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from points_gateway_client.json_object import Document


@dataclass(frozen=True, slots=True)
class Vendor:
    """The vendor that answered.

    `details` contains every other field of its answer, in snake_case. Only adjustments have a `transaction_id`.
    `response` (`{"status": 200, "body": ...}`) is present if `include_vendor_response` was set.
    """

    name: str
    adapter: str | None
    transaction_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, document: Document) -> "Vendor":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            name=document.text("name"),
            adapter=document.text_or_none("adapter"),
            transaction_id=document.text_or_none("transaction_id"),
            details=document.mapping("details"),
            response=document.mapping_or_none("response"),
        )


@dataclass(frozen=True, slots=True)
class NextExpiry:
    """The points that expire next, and when; a value that the vendor left out is None."""

    points: Decimal | None
    at: datetime | None

    @classmethod
    def read(cls, document: Document) -> "NextExpiry":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(document.number_or_none("points"), document.moment_or_none("at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceAfter:
    """The balance in a vendor's answer to a write; a value that the vendor left out is None, never zero.

    `available` can be spent now; `total` counts `pending` and `held` points too; `lifetime` was ever earned.
    """

    available: Decimal | None
    total: Decimal | None
    pending: Decimal | None
    held: Decimal | None
    lifetime: Decimal | None
    next_expiry: NextExpiry | None
    updated_at: datetime | None

    @classmethod
    def read(cls, document: Document) -> "BalanceAfter":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(**_amounts(document))


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance(BalanceAfter):
    """A member's balance at the vendor as of `as_of`.

    `resolved`: the vendor's own name of the member, where the gateway looked it up.
    """

    member: str
    resolved: str | None
    point_type: str | None
    vendor: Vendor
    as_of: datetime
    cached: bool
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, document: Document) -> "Balance":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            member=document.text("member"),
            resolved=document.text_or_none("resolved"),
            point_type=document.text_or_none("point_type"),
            **_amounts(document),
            vendor=Vendor.read(document.inner("vendor")),
            as_of=document.moment("as_of"),
            cached=document.flag("cached"),
            raw=document.fields,
        )


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some points of the vendor's own schedule of expiry, at a time or within a number of days."""

    points: Decimal
    at: datetime | None
    within_days: int | None
    details: Mapping[str, Any]

    @classmethod
    def read(cls, document: Document) -> "Bucket":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            points=document.number("points"),
            at=document.moment_or_none("at"),
            within_days=document.whole_or_none("within_days"),
            details=document.mapping("details"),
        )


@dataclass(frozen=True, slots=True)
class Expiring:
    """The points of a member that expire. `resolved` as in `Balance`.

    `precision` is `exact` (`points`, from `start` to `end`, both included: `from` and `to` of the API), `buckets` (the
    vendor's schedule as it is; nobody has added it up) or `next_only`. `points` is None unless it is exact.
    """

    member: str
    resolved: str | None
    point_type: str | None
    start: datetime | None
    end: datetime | None
    points: Decimal | None
    precision: str
    buckets: tuple[Bucket, ...]
    vendor: Vendor
    as_of: datetime
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, document: Document) -> "Expiring":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            member=document.text("member"),
            resolved=document.text_or_none("resolved"),
            point_type=document.text_or_none("point_type"),
            start=document.moment_or_none("from"),
            end=document.moment_or_none("to"),
            points=document.number_or_none("points"),
            precision=document.text("precision"),
            buckets=tuple(map(Bucket.read, document.several("buckets"))),
            vendor=Vendor.read(document.inner("vendor")),
            as_of=document.moment("as_of"),
            raw=document.fields,
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """A member as the vendor knows it; a value that the vendor left out is None.

    `ids` has every name that the vendor gives, by member scheme. `status` and `tier` are the vendor's own words.
    """

    member: str
    ids: Mapping[str, str]
    status: str | None
    tier: str | None
    enrolled_at: datetime | None
    vendor: Vendor
    as_of: datetime
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, document: Document) -> "Profile":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            member=document.text("member"),
            ids=document.texts_by_name("ids"),
            status=document.text_or_none("status"),
            tier=document.text_or_none("tier"),
            enrolled_at=document.moment_or_none("enrolled_at"),
            vendor=Vendor.read(document.inner("vendor")),
            as_of=document.moment("as_of"),
            raw=document.fields,
        )


def _amounts(document: Document) -> dict[str, Any]:
    expiry = document.inner_or_none("next_expiry")
    return {
        **{name: document.number_or_none(name) for name in ("available", "total", "pending", "held", "lifetime")},
        "next_expiry": NextExpiry.read(expiry) if expiry else None,
        "updated_at": document.moment_or_none("updated_at"),
    }
