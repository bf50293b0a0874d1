"""Models of what vendors say of a member."""

from typing import Any

from pydantic import Field

from gateway.answers.answer_model import AnswerModel, Details, Points, Resolved, Time, WhereItApplies
from gateway.model import Kind, Precision


class NextExpiry(AnswerModel):
    """The points that expire next, and when; null where the vendor does not say."""

    points: Points | None
    at: Time | None


class _Asked(AnswerModel):
    """What a read was about."""

    member: str
    resolved: Resolved = None
    point_type: str | None


class _Amounts(AnswerModel):
    """What a member has, as the vendor says it; null where it says nothing.

    `available` can be spent now. `total` counts `pending` and `held` points too. `lifetime` was ever earned.
    """

    available: Points | None
    total: Points | None
    pending: Points | None
    held: Points | None
    lifetime: Points | None
    next_expiry: NextExpiry | None
    updated_at: Time | None


class BalanceSaid(_Amounts):
    """The balance in a vendor's answer to a write."""


class ResponseShown(AnswerModel):
    """A vendor's raw answer. `body`: JSON or text."""

    status: int
    body: Any


class ReadVendor(AnswerModel):
    """The vendor of a read, and the other fields of its answer; `response` only if requested."""

    name: str
    adapter: str
    details: Details
    response: WhereItApplies[ResponseShown] = None


class BalanceAnswer(_Amounts, _Asked):
    """A member's balance; values that the vendor does not return are null."""

    vendor: ReadVendor
    as_of: Time
    cached: bool


class Bucket(AnswerModel):
    """Some points of the vendor's own schedule of expiry, at a time or within a number of days."""

    points: Points
    at: Time | None
    within_days: int | None
    details: Details


class ExpiringAnswer(_Asked):
    """The points of a member that expire.

    `precision`: `exact`, for the period from `from` to `to`, both included; `buckets`, the vendor's schedule as it is,
    which nobody has added up; `next_only`, only what expires next. `points` is null unless it is exact.
    """

    from_: Time | None = Field(serialization_alias="from")
    to: Time | None
    points: Points | None
    precision: Precision
    buckets: list[Bucket]
    vendor: ReadVendor
    as_of: Time


class Transaction(AnswerModel):
    """A row of the vendor's history of a member; null where the vendor says nothing.

    `points` are signed. `vendor_kind` is the vendor's own word for `kind`. `reverses` and `reversed_by` are ids of the
    vendor. `adjustment` is the adjustment of this gateway that made the row, where its journal knows that.
    """

    id: str | None
    at: Time | None
    points: Points | None
    kind: Kind
    vendor_kind: str | None
    point_type: str | None
    balance_after: Points | None
    expires_at: Time | None
    reference: str | None
    description: str | None
    reverses: str | None
    reversed_by: str | None
    adjustment: str | None
    details: Details


class TransactionsAnswer(_Asked):
    """A page of a member's history, in the vendor's order.

    `next_cursor` is null on the last page. `complete`: whether all pages together are everything that the vendor has.
    """

    from_: Time | None = Field(serialization_alias="from")
    to: Time | None
    data: list[Transaction]
    next_cursor: str | None
    complete: bool
    vendor: ReadVendor
    as_of: Time


class ProfileAnswer(AnswerModel):
    """A member as the vendor knows it; null where the vendor says nothing.

    `member` is what was asked. `ids` has every name that the vendor gives, by member scheme.
    """

    member: str
    ids: dict[str, str]
    status: str | None
    tier: str | None
    enrolled_at: Time | None
    vendor: ReadVendor
    as_of: Time
