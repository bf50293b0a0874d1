"""What can be asked of a vendor without changing anything: one value for each read operation.

The fields of a read are the parameters of the adapter's method of the same name. A field that is None is not passed;
one that the method does not have is refused by the name that callers give it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from gateway.model import Balance, Expiring, Member, Operation, Period, Profile, Transactions

R = TypeVar("R", bound=Balance | Expiring | Transactions | Profile)


@dataclass(frozen=True, slots=True)
class Read(Generic[R]):
    """One question about a member; `R` is the type of the result.

    `callers`: the name that callers know a field by, where it is another one.
    """

    operation: ClassVar[Operation]
    returns: ClassVar[type[Any]]
    callers: ClassVar[Mapping[str, str]] = {}

    member: Member
    point_type: str | None = None

    def arguments(self) -> dict[str, Any]:
        """The fields that have a value, by name."""
        return {name: value for name in self._names() if (value := getattr(self, name)) is not None}

    @classmethod
    @cache  # for each kind of read, of which there are as many as operations
    def _names(cls) -> tuple[str, ...]:
        return tuple(each.name for each in fields(cls))


@dataclass(frozen=True, slots=True)
class BalanceRead(Read[Balance]):
    """How many points a member has."""

    operation = "balance"
    returns = Balance


@dataclass(frozen=True, slots=True)
class ExpiringRead(Read[Expiring]):
    """Which points of a member expire: within a period, or as the vendor schedules it."""

    operation = "expiring"
    returns = Expiring
    callers = {"period": "from"}  # noqa: RUF012 (a ClassVar by its declaration in Read)

    period: Period | None = None


@dataclass(frozen=True, slots=True)
class TransactionsRead(Read[Transactions]):
    """One page of the vendor's history of a member, of at most `limit` rows.

    `start` and `end` are inclusive; either may be missing. `cursor`: the vendor's, of the page before.
    """

    operation = "transactions"
    returns = Transactions
    callers = {"start": "from", "end": "to"}  # noqa: RUF012 (a ClassVar by its declaration in Read)

    start: datetime | None = None
    end: datetime | None = None
    limit: int = 20
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class LookupRead(Read[Profile]):
    """Who a member is at the vendor; it is asked without a point type."""

    operation = "lookup"
    returns = Profile
