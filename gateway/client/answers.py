"""What the gateway answers: points are `Decimal`, times aware datetimes in UTC.

`raw` is the whole answer as it came, for everything that has no attribute of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.client.document import Document


@dataclass(frozen=True, slots=True)
class Vendor:
    """The vendor that answered.

    `details` is every other field of its answer, in snake_case. `transaction_id` is of adjustments alone;
    `response` (`{"status": 200, "body": ...}`) is there where `include_vendor_response` asked for it.
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
class BalanceAfter:
    """What the vendor said about the balance in its answer to a write; None where it said nothing."""

    available: Decimal | None
    lifetime: Decimal | None
    updated_at: datetime | None

    @classmethod
    def read(cls, document: Document) -> "BalanceAfter":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            available=document.number_or_none("available"),
            lifetime=document.number_or_none("lifetime"),
            updated_at=document.moment_or_none("updated_at"),
        )


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One signed change of points: positive credits, negative debits.

    `status` is `in_progress`, `succeeded`, `failed` or `unknown`. `replayed` says that the gateway answered
    from what it had kept, and asked no vendor. `client` is which app asked for it; None in a replay of an answer
    from before gateways said so. `problem` is why it failed, `history` every transition where it was asked for; its
    `exchange`s are None without the scope points:inspect.
    """

    id: str
    status: str
    tenant: str | None
    client: str | None
    idempotency_key: str
    member: str
    points: Decimal
    point_type: str | None
    description: str | None
    reason: str | None
    reference: str | None
    store: str | None
    pending: bool
    options: Mapping[str, Any]
    not_sent: tuple[str, ...]
    balance: BalanceAfter | None
    vendor: Vendor | None
    retryable: bool
    problem: Mapping[str, Any] | None
    resolution: Mapping[str, Any] | None
    attempts: int
    created_at: datetime
    completed_at: datetime | None
    history: tuple[Mapping[str, Any], ...]
    replayed: bool
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, document: Document, *, replayed: bool = False) -> "Adjustment":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        balance, vendor = document.inner_or_none("balance"), document.inner_or_none("vendor")
        return cls(
            id=document.text("id"),
            status=document.text("status"),
            tenant=document.text_or_none("tenant"),
            client=document.text_or_none("client"),
            idempotency_key=document.text("idempotency_key"),
            member=document.text("member"),
            points=document.number("points"),
            point_type=document.text_or_none("point_type"),
            description=document.text_or_none("description"),
            reason=document.text_or_none("reason"),
            reference=document.text_or_none("reference"),
            store=document.text_or_none("store"),
            pending=document.flag("pending"),
            options=document.mapping("options"),
            not_sent=document.texts("not_sent"),
            balance=BalanceAfter.read(balance) if balance else None,
            vendor=Vendor.read(vendor) if vendor else None,
            retryable=document.flag("retryable"),
            problem=document.mapping_or_none("problem"),
            resolution=document.mapping_or_none("resolution"),
            attempts=document.whole("attempts"),
            created_at=document.moment("created_at"),
            completed_at=document.moment_or_none("completed_at"),
            history=tuple(entry.fields for entry in document.several("history")),
            replayed=replayed,
            raw=document.fields,
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One page of adjustments, newest first; `next_cursor` is None on the last one."""

    data: tuple[Adjustment, ...]
    next_cursor: str | None

    @classmethod
    def read(cls, document: Document) -> "Page":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(tuple(map(Adjustment.read, document.several("data"))), document.text_or_none("next_cursor"))


@dataclass(frozen=True, slots=True)
class Preview:
    """The request that an adjustment would become, secrets masked; nothing was sent or stored.

    Of `request`, `url`, `headers` and `body` are None without the scope points:inspect.
    """

    rule: str | None
    vendor: Vendor
    request: Mapping[str, Any]
    not_sent: tuple[str, ...]
    repeat_safety: str | None
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, document: Document) -> "Preview":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            rule=document.text_or_none("rule"),
            vendor=Vendor.read(document.inner("vendor")),
            request=document.mapping("request"),
            not_sent=document.texts("not_sent"),
            repeat_safety=document.text_or_none("repeat_safety"),
            raw=document.fields,
        )


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member has, as the vendor said at `as_of`; None, never zero, where it said nothing."""

    member: str
    point_type: str | None
    available: Decimal | None
    lifetime: Decimal | None
    updated_at: datetime | None
    vendor: Vendor
    as_of: datetime
    cached: bool
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, document: Document) -> "Balance":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            member=document.text("member"),
            point_type=document.text_or_none("point_type"),
            available=document.number_or_none("available"),
            lifetime=document.number_or_none("lifetime"),
            updated_at=document.moment_or_none("updated_at"),
            vendor=Vendor.read(document.inner("vendor")),
            as_of=document.moment("as_of"),
            cached=document.flag("cached"),
            raw=document.fields,
        )


@dataclass(frozen=True, slots=True)
class Expiring:
    """The points of a member that expire from `start` to `end`, both included (`from` and `to` of the API)."""

    member: str
    point_type: str | None
    start: datetime
    end: datetime
    points: Decimal
    vendor: Vendor
    as_of: datetime
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, document: Document) -> "Expiring":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            member=document.text("member"),
            point_type=document.text_or_none("point_type"),
            start=document.moment("from"),
            end=document.moment("to"),
            points=document.number("points"),
            vendor=Vendor.read(document.inner("vendor")),
            as_of=document.moment("as_of"),
            raw=document.fields,
        )


@dataclass(frozen=True, slots=True)
class Capability:
    """One route of an operation and what its vendor can be told; None where the gateway does not say."""

    when: Mapping[str, Any]
    vendor: str
    adapter: str | None
    member_schemes: tuple[str, ...]
    fields: tuple[str, ...]
    point_types: tuple[str, ...]
    fractions: bool | None
    balance_in_answer: bool | None
    repeat_safety: str | None

    @classmethod
    def read(cls, document: Document) -> "Capability":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            when=document.mapping("when"),
            vendor=document.text("vendor"),
            adapter=document.text_or_none("adapter"),
            member_schemes=document.texts("member_schemes"),
            fields=document.texts("fields"),
            point_types=document.texts("point_types"),
            fractions=document.flag_or_none("fractions"),
            balance_in_answer=document.flag_or_none("balance_in_answer"),
            repeat_safety=document.text_or_none("repeat_safety"),
        )


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a tenant's routes can do, by operation (`adjust`, `balance`, `expiring`), first match first."""

    tenant: str
    operations: Mapping[str, tuple[Capability, ...]]
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, document: Document) -> "Capabilities":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        operations = document.inner("operations")
        return cls(
            tenant=document.text("tenant"),
            operations={name: tuple(map(Capability.read, operations.several(name))) for name in operations.fields},
            raw=document.fields,
        )
