"""The canonical values that pass between the API, the core and the adapters; points are always `Decimal`."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import unquote

Operation = Literal["adjust", "balance", "expiring"]
RepeatSafety = Literal["none", "searchable", "enforced"]

_SCHEME = re.compile(r"(?:[a-z][a-z0-9_]{0,63}|custom\.[A-Za-z0-9_.-]{1,64})\Z")
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
    point_type: str | None = None
    description: str | None = None
    reason: str | None = None
    reference: str | None = None
    store: str | None = None
    pending: bool = False
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, both ends included; aware datetimes in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """What a vendor says a member has; null where it says nothing. `details` as in `Applied`."""

    available: Decimal | None = None
    lifetime: Decimal | None = None
    updated_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """A vendor's word that an adjustment took effect.

    `details`: every documented field of its answer that has no place elsewhere, in snake_case, as JSON
    values; decimals as `Decimal`, times as text in UTC.
    """

    transaction_id: str | None = None
    balance: Balance | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expiring:
    """The points of a member that expire within a period. `details` as in `Applied`."""

    points: Decimal
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What a vendor has that carries an adjustment's own id: each as its answer to the write would have said it.

    None of it where the vendor has nothing. `details` as in `Applied`.
    """

    matches: tuple[Applied, ...]
    details: Mapping[str, Any] = field(default_factory=dict)


def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC with `Z`; milliseconds, or microseconds where there are any."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    unit = "microseconds" if moment.microsecond % 1000 else "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat("T", unit)[: -len("+00:00")] + "Z"


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
