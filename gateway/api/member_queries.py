"""Models of the queries of the endpoints that ask vendors about a member."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from gateway.api.field_types import MemberField, Moment, Text64
from gateway.api.schemas import Limit, Sent
from gateway.model import Member, Period
from gateway.reads import TransactionsRead
from gateway.service.history import LONGEST_CURSOR


class LookupQuery(Sent):
    """The query of a look-up."""

    include: Literal["vendor_response"] | None = Field(
        None, description="Adds the vendor's answer as it came; needs the scope points:inspect."
    )


class BalanceQuery(LookupQuery):
    """The query of a balance."""

    point_type: Text64 | None = None


class WalletQuery(Sent):
    """The query of a wallet: the names of one member."""

    repeated = frozenset(("member",))

    member: Annotated[tuple[MemberField, ...], Field(strict=False, min_length=1, max_length=10)] = Field(
        description="A name of the member; given once for each name that the member has.",
        json_schema_extra={"uniqueItems": True},
    )

    @field_validator("member")
    @classmethod
    def _once_each(cls, value: tuple[Member, ...]) -> tuple[Member, ...]:
        if len(set(value)) < len(value):
            raise ValueError("expected each name once, and one is repeated")
        return value


class ExpiringQuery(BalanceQuery):
    """The query of expiring points: a period, both ends included, where the vendor takes one."""

    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "ExpiringQuery":
        if (self.from_ is None) != (self.to is None):
            raise ValueError("expected from and to together, or neither")
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError("expected from to be at or before to")
        return self

    def period(self) -> Period | None:
        """The requested period."""
        return None if self.from_ is None or self.to is None else Period(self.from_, self.to)


class TransactionsQuery(BalanceQuery):
    """The query of a member's history at the vendor."""

    from_: Moment | None = Field(None, alias="from", description="At this time or later, where the vendor takes it.")
    to: Moment | None = Field(None, description="At this time or earlier, where the vendor takes it.")
    limit: Limit = 20
    cursor: str | None = Field(
        None, max_length=LONGEST_CURSOR, description="`next_cursor` of the page before, with the same query."
    )

    @model_validator(mode="after")
    def _in_order(self) -> "TransactionsQuery":
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError("expected from to be at or before to")
        return self

    def read(self, member: Member) -> TransactionsRead:
        """The first page that is asked for."""
        return TransactionsRead(member, self.point_type, self.from_, self.to, self.limit)
