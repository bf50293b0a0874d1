"""The answer of a wallet: its model, and how it is made of what each vendor said."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic import Field

from gateway import rates as exact_rates
from gateway.answers.answer_model import AnswerModel, Points, Resolved, Time
from gateway.answers.models import Problem
from gateway.answers.readings import BalanceSaid, ReadVendor
from gateway.answers.rendering import amounts, plain, problem
from gateway.delivery.outcome import Reading
from gateway.errors import GatewayError
from gateway.model import Balance, Member, time_text
from gateway.planning.translation import Translator
from gateway.rates import Rates


@dataclass(frozen=True, slots=True)
class Row:
    """One balance of a wallet: what the vendor said, or the problem in its place.

    `member`: the name that it was asked by; `resolved`: the vendor's own, where that was looked up. `counted`: whether
    it is added up.
    """

    translator: Translator
    member: Member
    resolved: Member | None
    point_type: str | None
    counted: bool
    reading: Reading[Balance] | None = None
    cached: bool = False
    problem: GatewayError | None = None


class WalletBalance(AnswerModel):
    """One balance of a wallet, or a problem in its place.

    `counted` is false of a balance whose points are in others too. `rate` and `worth` are null where it is not counted,
    or where one of them is not known.
    """

    vendor: ReadVendor
    member: str
    resolved: Resolved = None
    point_type: str | None
    balance: BalanceSaid | None
    as_of: Time | None
    cached: bool
    counted: bool
    rate: Points | None = Field(description="What one available point is worth.")
    worth: Points | None = Field(description="What the available points are worth.")
    problem: Problem | None


class WalletAnswer(AnswerModel):
    """All that a member has. `total` is null unless every counted balance has a number and a rate."""

    members: list[str]
    balances: list[WalletBalance]
    currency: str | None
    total: Points | None = Field(description="The sum of every `worth`, in the currency.")


def answer(members: Sequence[Member], rows: Sequence[Row], rates: Rates | None, *, request_id: str) -> WalletAnswer:
    """The wallet of a member with these names."""
    balances = [_balance(row, rates, request_id) for row in rows]
    worths = [each.worth for each in balances if each.counted]
    known = [each for each in worths if each is not None]
    complete = rates is not None and bool(known) and len(known) == len(worths)
    return WalletAnswer(
        members=[str(member) for member in members],
        balances=balances,
        currency=rates.currency if rates else None,
        total=exact_rates.total(known) if complete else None,
    )


def _balance(row: Row, rates: Rates | None, request_id: str) -> WalletBalance:
    translator, reading = row.translator, row.reading
    rate = rates.of(translator.name, row.point_type) if rates is not None and row.counted else None
    return WalletBalance(
        vendor=ReadVendor(
            name=translator.name,
            adapter=translator.kind.name,
            details=plain(reading.result.details) if reading else {},
        ),
        member=str(row.member),
        resolved=None if row.resolved is None else str(row.resolved),
        point_type=row.point_type,
        balance=BalanceSaid(**amounts(reading.result)) if reading else None,
        as_of=time_text(reading.at) if reading else None,
        cached=row.cached,
        counted=row.counted,
        rate=rate,
        worth=_worth(reading.result if reading else None, rate),
        problem=None if row.problem is None else problem(row.problem, request_id=request_id),
    )


def _worth(balance: Balance | None, rate: Decimal | None) -> Decimal | None:
    if balance is None or balance.available is None or rate is None:
        return None
    return exact_rates.worth(balance.available, rate)
