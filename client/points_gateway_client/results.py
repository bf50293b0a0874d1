"""The gateway's answers as typed values: points are `Decimal`, times are aware datetimes in UTC.

`raw` is the whole parsed answer, for members that have no attribute here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from points_gateway_client import fields
from points_gateway_client.fields import AnsweredFields
from points_gateway_client.json_object import Document
from points_gateway_client.readings import BalanceAfter, Vendor


@dataclass(frozen=True, slots=True)
class PartReversed:
    """One reversal of an adjustment: `points` without a sign; `linked`: it is the vendor's own cancel."""

    id: str
    status: str
    points: Decimal
    linked: bool

    @classmethod
    def read(cls, document: Document) -> "PartReversed":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(document.text("id"), document.text("status"), document.number("points"), document.flag("linked"))


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one person has decided of an adjustment and another has to confirm before `until`.

    `outcome` is `applied` or `not_applied`; `by` is the client, or an operator.
    """

    outcome: str
    reason: str
    by: str
    at: datetime
    until: datetime

    @classmethod
    def read(cls, document: Document) -> "Proposal":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            outcome=document.text("outcome"),
            reason=document.text("reason"),
            by=document.text("by"),
            at=document.moment("at"),
            until=document.moment("until"),
        )


@dataclass(frozen=True, slots=True)
class Adjustment(AnsweredFields):
    """One signed change of points: positive credits, negative debits.

    `resolved` is the vendor's own name of the member, where the gateway looked it up. `operation` is `adjust`, or
    `reverse` for one that takes another back: then `reverses` is the id of that one, and `linked` says whether it is
    the vendor's own cancel. `reversed` and `reversals` are there where one adjustment that has succeeded was asked for;
    `at_vendor`: it was cancelled at the vendor by hand.

    `status` is `in_progress`, `succeeded`, `failed`, `unknown` or `accepted`. `replayed`: the gateway answered from its
    journal and called no vendor. `client` is the app that requested it; None in a stored answer from before that member
    existed. `problem` is the reason of a failure. `proposal` is there in the answer to a `resolve` that another person
    has to confirm. `history` contains every transition, if it was requested; each
    `exchange` in it is None without the scope points:inspect.
    """

    id: str
    status: str
    tenant: str | None
    client: str | None
    idempotency_key: str
    member: str
    resolved: str | None
    points: Decimal
    options: Mapping[str, Any]
    not_sent: tuple[str, ...]
    balance: BalanceAfter | None
    vendor: Vendor | None
    retryable: bool
    problem: Mapping[str, Any] | None
    resolution: Mapping[str, Any] | None
    proposal: Proposal | None
    attempts: int
    created_at: datetime
    completed_at: datetime | None
    operation: str
    reverses: str | None
    linked: bool | None
    reversed: Decimal | None
    reversals: tuple[PartReversed, ...]
    at_vendor: bool
    history: tuple[Mapping[str, Any], ...]
    replayed: bool
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, document: Document, *, replayed: bool = False) -> "Adjustment":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        balance, vendor = document.inner_or_none("balance"), document.inner_or_none("vendor")
        proposal = document.inner_or_none("proposal")
        return cls(
            id=document.text("id"),
            status=document.text("status"),
            tenant=document.text_or_none("tenant"),
            client=document.text_or_none("client"),
            idempotency_key=document.text("idempotency_key"),
            member=document.text("member"),
            resolved=document.text_or_none("resolved"),
            points=document.number("points"),
            **fields.read(document),
            options=document.mapping("options"),
            not_sent=document.texts("not_sent"),
            balance=BalanceAfter.read(balance) if balance else None,
            vendor=Vendor.read(vendor) if vendor else None,
            retryable=document.flag("retryable"),
            problem=document.mapping_or_none("problem"),
            resolution=document.mapping_or_none("resolution"),
            proposal=Proposal.read(proposal) if proposal else None,
            attempts=document.whole("attempts"),
            created_at=document.moment("created_at"),
            completed_at=document.moment_or_none("completed_at"),
            operation=document.text_or_none("operation") or "adjust",
            reverses=document.text_or_none("reverses"),
            linked=document.flag_or_none("linked"),
            reversed=document.number_or_none("reversed"),
            reversals=tuple(map(PartReversed.read, document.several("reversals"))),
            at_vendor=document.flag_or_none("at_vendor") or False,
            history=tuple(entry.fields for entry in document.several("history")),
            replayed=replayed,
            raw=document.fields,
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One page of adjustments, newest first; `next_cursor` is None on the last one. Others can be short, or empty."""

    data: tuple[Adjustment, ...]
    next_cursor: str | None

    @classmethod
    def read(cls, document: Document) -> "Page":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(tuple(map(Adjustment.read, document.several("data"))), document.text_or_none("next_cursor"))


@dataclass(frozen=True, slots=True)
class Preview:
    """The vendor request for an adjustment, secrets masked; nothing was sent or stored.

    `resolved` is the vendor's own name of the member, where it has to be looked up first. It ends in `:?` where it was
    not; then `request` is that of the look-up. In `request`, the members `url`, `headers` and `body` are None without
    the scope points:inspect.
    """

    rule: str | None
    vendor: Vendor
    resolved: str | None
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
            resolved=document.text_or_none("resolved"),
            request=document.mapping("request"),
            not_sent=document.texts("not_sent"),
            repeat_safety=document.text_or_none("repeat_safety"),
            raw=document.fields,
        )


@dataclass(frozen=True, slots=True)
class Budget:
    """The points of a day: `of` the `client` or the `tenant`, by point type (`*` is all others) and direction."""

    of: str
    point_type: str
    direction: str
    limit: Decimal
    used: Decimal
    left: Decimal

    @classmethod
    def read(cls, document: Document) -> "Budget":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            of=document.text("of"),
            point_type=document.text("point_type"),
            direction=document.text("direction"),
            limit=document.number("limit"),
            used=document.number("used"),
            left=document.number("left"),
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What the client may still adjust for the tenant: at once (`max_points`; None is no bound), and by `resets_at`."""

    client: str
    tenant: str
    max_points: Decimal | None
    resets_at: datetime
    daily: tuple[Budget, ...]
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, document: Document) -> "Limits":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            client=document.text("client"),
            tenant=document.text("tenant"),
            max_points=document.number_or_none("max_points"),
            resets_at=document.moment("resets_at"),
            daily=tuple(map(Budget.read, document.several("daily"))),
            raw=document.fields,
        )


@dataclass(frozen=True, slots=True)
class Capability:
    """One route of an operation and what its vendor supports; a member that the gateway left out is None."""

    when: Mapping[str, Any]
    vendor: str
    adapter: str | None
    member_schemes: tuple[str, ...]
    resolves: tuple[str, ...]
    fields: tuple[str, ...]
    point_types: tuple[str, ...]
    fractions: bool | None
    balance_in_answer: bool | None
    repeat_safety: str | None
    reversals: tuple[str, ...]

    @classmethod
    def read(cls, document: Document) -> "Capability":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            when=document.mapping("when"),
            vendor=document.text("vendor"),
            adapter=document.text_or_none("adapter"),
            member_schemes=document.texts("member_schemes"),
            resolves=document.texts("resolves"),
            fields=document.texts("fields"),
            point_types=document.texts("point_types"),
            fractions=document.flag_or_none("fractions"),
            balance_in_answer=document.flag_or_none("balance_in_answer"),
            repeat_safety=document.text_or_none("repeat_safety"),
            reversals=document.texts("reversals"),
        )


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a tenant's routes support, by operation (as `adjust`, `balance`), in order of precedence."""

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
