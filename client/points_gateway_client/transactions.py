"""A member's history at the vendor as typed values: points are `Decimal`, times are aware datetimes in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from points_gateway_client.json_object import Document
from points_gateway_client.readings import Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A row of the vendor's history; a value that the vendor left out is None.

    `points` are signed. `kind` is `earn`, `spend`, `adjust`, `expire`, `reverse`, `hold` or `other`, and `vendor_kind`
    the vendor's own word for it. `reverses` and `reversed_by` are ids of the vendor. `adjustment` is the id of the
    adjustment that made the row, where the gateway knows it.
    """

    id: str | None
    at: datetime | None
    points: Decimal | None
    kind: str
    vendor_kind: str | None
    point_type: str | None
    balance_after: Decimal | None
    expires_at: datetime | None
    reference: str | None
    description: str | None
    reverses: str | None
    reversed_by: str | None
    adjustment: str | None
    details: Mapping[str, Any]

    @classmethod
    def read(cls, document: Document) -> "Transaction":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            id=document.text_or_none("id"),
            at=document.moment_or_none("at"),
            points=document.number_or_none("points"),
            kind=document.text("kind"),
            vendor_kind=document.text_or_none("vendor_kind"),
            point_type=document.text_or_none("point_type"),
            balance_after=document.number_or_none("balance_after"),
            expires_at=document.moment_or_none("expires_at"),
            reference=document.text_or_none("reference"),
            description=document.text_or_none("description"),
            reverses=document.text_or_none("reverses"),
            reversed_by=document.text_or_none("reversed_by"),
            adjustment=document.text_or_none("adjustment"),
            details=document.mapping("details"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transactions:
    """A page of a member's history, in the vendor's order. `resolved` as in `Balance`.

    `next_cursor` is None on the last page. `complete`: whether all pages together are everything that the vendor has.
    """

    member: str
    resolved: str | None
    point_type: str | None
    start: datetime | None
    end: datetime | None
    data: tuple[Transaction, ...]
    next_cursor: str | None
    complete: bool
    vendor: Vendor
    as_of: datetime
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, document: Document) -> "Transactions":
        """Read it from an answer. Raises `ValueError` where that is not as documented."""
        return cls(
            member=document.text("member"),
            resolved=document.text_or_none("resolved"),
            point_type=document.text_or_none("point_type"),
            start=document.moment_or_none("from"),
            end=document.moment_or_none("to"),
            data=tuple(map(Transaction.read, document.several("data"))),
            next_cursor=document.text_or_none("next_cursor"),
            complete=document.flag("complete"),
            vendor=Vendor.read(document.inner("vendor")),
            as_of=document.moment("as_of"),
            raw=document.fields,
        )
