"""The canonical values that pass between the API, the core and the adapters; points are always `Decimal`."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import unquote

import orjson

from gateway.traits import flag, text

Operation = Literal["adjust", "balance", "expiring", "transactions", "lookup"]
RepeatSafety = Literal["none", "searchable", "enforced"]

SCHEME = r"^(?:[a-z][a-z0-9_]{0,63}|custom\.[A-Za-z0-9_.-]{1,64})$"
"""The pattern of a member scheme."""
_SCHEME = re.compile(SCHEME.replace("$", r"\Z"))
_PLAIN = re.compile(r"[ -.0-\[\]-~]+\Z")  # visible ASCII but / and \
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})\Z"
)
_PHONE = re.compile(r"\+[0-9]{6,15}\Z")


def is_scheme(text: str) -> bool:
    """Whether a text can say what kind of identifier a member is known by, as `email` or `custom.user_id`."""
    return _SCHEME.match(text) is not None


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a loyalty programme: `scheme` says what kind of identifier `value` is."""

    scheme: str
    value: str

    @classmethod
    def parse(cls, notation: str) -> "Member":
        """Read `SCHEME:VALUE`, as in `email:jason@example.com` or `custom.user_id:12345`.

        Raises `ValueError`, with what was expected, for anything that docs/api.md refuses.
        """
        scheme, colon, value = notation.partition(":")
        if not colon or not is_scheme(scheme):
            raise ValueError("expected SCHEME:VALUE, as in email:jason@example.com or custom.user_id:12345")
        if not 1 <= len(value) <= 255:
            raise ValueError("expected a value of 1 to 255 characters after the colon")
        for form in _decodings(value):
            if form in (".", ".."):
                raise ValueError("the value . or .. is not a member")
            if _PLAIN.match(form):
                continue
            if any(character in "/\\" or unicodedata.category(character) in ("Cc", "Cs") for character in form):
                raise ValueError("the value holds a control character, a lone surrogate, / or \\")
        if scheme == "phone" and not _PHONE.match(value):
            raise ValueError("expected phone:+ and 6 to 15 digits, as in phone:+1234567890")
        return cls(scheme, value)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


def _decodings(value: str) -> list[str]:
    """The value and what anybody on the way could percent-decode it to."""
    forms = [value]
    while "%" in forms[-1] and (decoded := unquote(forms[-1], errors="replace")) != forms[-1]:
        forms.append(decoded)
    return forms


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One signed change of points as a caller asked for it: positive credits, negative debits.

    `options` holds, by adapter name, what only that kind of vendor knows, already checked and normalised
    (plain JSON values, decimals as `Decimal`).
    """

    member: Member
    points: Decimal
    point_type: str | None = text("The kind of points; canonical, mapped per vendor.", ignorable=False)
    description: str | None = text("Why, in words for people.", longest=500)
    reason: str | None = text("A canonical reason, mapped per vendor.")
    reference: str | None = text("Your own id for the event; need not be unique.", longest=200, column=True)
    store: str | None = text("The store that it happened in.")
    pending: bool = flag("Whether the points wait before they count; false if not given.")
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, both ends included; aware datetimes in UTC."""

    start: datetime
    end: datetime


AMOUNTS = ("available", "total", "pending", "held", "lifetime")
"""The numbers of a balance, by the names that callers see."""


@dataclass(frozen=True, slots=True)
class NextExpiry:
    """The points that expire next, and when; the vendor may give either alone."""

    points: Decimal | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """What a vendor says a member has; None where it says nothing, never a zero that was made up.

    `available` can be spent now. `total` is all that the vendor counts now, `pending` (booked, not available yet) and
    `held` (reserved) included. `lifetime` is what was ever earned. `details` as in `Applied`.
    """

    available: Decimal | None = None
    _: KW_ONLY
    total: Decimal | None = None
    pending: Decimal | None = None
    held: Decimal | None = None
    lifetime: Decimal | None = None
    next_expiry: NextExpiry | None = None
    updated_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """A vendor's word that an adjustment took effect.

    `booked`: the change of points that the vendor says that it made; None where it does not say. `final`: False where
    the vendor has taken the adjustment for certain, and may still reject it.
    `details`: every documented field of its answer that has no place elsewhere, in snake_case, as JSON
    values; decimals as `Decimal`, times as text in UTC.
    """

    transaction_id: str | None = None
    balance: Balance | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    booked: Decimal | None = None
    final: bool = True


Precision = Literal["exact", "buckets", "next_only"]
"""How good an answer about expiring points is: for the period that was asked, or the vendor's own schedule or date."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some points of a vendor's schedule of expiry: at a time, or within a number of days, as the vendor says it."""

    points: Decimal
    at: datetime | None = None
    within_days: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expiring:
    """The points of a member that expire. `details` as in `Applied`.

    `points`: those of the period that was asked; None unless the `precision` is `exact`. `buckets`: the vendor's own
    schedule, in its order; nobody has added it up.
    """

    points: Decimal | None
    details: Mapping[str, Any] = field(default_factory=dict)
    precision: Precision = "exact"
    buckets: tuple[Bucket, ...] = ()

    def __post_init__(self) -> None:
        if (self.points is not None) != (self.precision == "exact"):
            raise ValueError("points are given exactly where they are exact")


Kind = Literal["earn", "spend", "adjust", "expire", "reverse", "hold", "other"]
"""What a row of a vendor's history is about; `other` where the vendor's own word has no place in this list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorTransaction:
    """One row of a vendor's history of a member; None where it says nothing. `details` as in `Applied`.

    `points` are signed. `vendor_kind` is the vendor's own word for the kind. `point_type` is canonical; the vendor's
    own is in `details` where it has no canonical name. `reverses` and `reversed_by` are ids of the vendor.
    `adjustment`: the own id of the adjustment that the row was made with, where the row carries such an id.
    """

    id: str | None = None
    at: datetime | None = None
    points: Decimal | None = None
    kind: Kind = "other"
    vendor_kind: str | None = None
    point_type: str | None = None
    balance_after: Decimal | None = None
    expires_at: datetime | None = None
    reference: str | None = None
    description: str | None = None
    reverses: str | None = None
    reversed_by: str | None = None
    adjustment: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transactions:
    """One page of a vendor's history of a member, in the vendor's order. `details` as in `Applied`.

    `next_cursor`: how the vendor is asked for the next page; None on the last one. `complete`: whether all pages
    together are everything that the vendor has of the member, within the period and point type that were asked.
    """

    items: tuple[VendorTransaction, ...]
    next_cursor: str | None = None
    complete: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """A member as a vendor knows it; None where it says nothing. `details` as in `Applied`.

    `member`: the vendor's own name of this person, by which its other operations ask. `ids`: every name that the vendor
    gives, by scheme. `status` and `tier` are the vendor's own words.
    """

    member: Member
    ids: Mapping[str, str]
    status: str | None = None
    tier: str | None = None
    enrolled_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What a vendor has that carries an adjustment's own id: each as its answer to the write would have said it.

    None of it where the vendor has nothing. `details` as in `Applied`. `next_cursor`: where the search goes on, for a
    vendor that is searched page by page; None once it has seen everything. `rejected`: the vendor shows that it has
    rejected the adjustment for good, and applied nothing.
    """

    matches: tuple[Applied, ...]
    details: Mapping[str, Any] = field(default_factory=dict)
    next_cursor: str | None = None
    rejected: bool = False


def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC with `Z`; milliseconds, or microseconds where there are any."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    text = orjson.dumps(moment, option=orjson.OPT_UTC_Z)[1:-1].decode()  # a third of what `isoformat` takes
    return text[: -len("000Z")] + "Z" if text.endswith("000Z") else text


def time_of(text: str) -> datetime:
    """The time, in UTC, of an RFC 3339 text with an offset. Raises `ValueError` for anything else."""
    if not _TIME.match(text):
        raise ValueError("expected a time with an offset, such as 2026-01-31T00:00:00Z")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("expected a time in the years 1 to 9999") from error


class CircuitState(StrEnum):
    """How a circuit stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
