"""Tries an adapter at a real account: one small credit and its debit, with reads before, between and after.

Nothing is sent twice. Where nobody can tell whether a write was applied, or where what the vendor says contradicts
itself, the trial ends there, and says what is left at the account.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import TypeVar

from gateway.adjustments import Verdict
from gateway.conformance.account import Account, shown, until
from gateway.delivery.outcome import Outcome
from gateway.errors import GatewayError
from gateway.model import Applied, Transactions
from gateway.own_id import new_id

T = TypeVar("T")
PAUSES = (1.0, 3.0)
"""Seconds before a read that does not show a write yet is asked again."""
READS = ("expiring", "transactions")
Tell = Callable[[str], None]


class Ended(Exception):
    """Raised when nothing more may be sent; the message says why, and what is left at the account."""


@dataclass(slots=True)
class LiveTrial:
    """A trial at an account. `tell` hears each step as it is done; `sleep` passes the time before a repeated read.

    `kept`: the promises that the account has shown to be kept; `broken`: what it has shown to be otherwise.
    """

    account: Account
    tell: Tell
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    kept: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    _left: str = "Nothing was changed."
    """What is left at the account if the trial ends now."""

    async def run(self) -> None:
        """Try it all. Raises `Ended`."""
        try:
            await self._run()
        except asyncio.CancelledError:
            raise Ended(f"It was interrupted. {self._left}") from None

    async def _run(self) -> None:
        points, ids = self.account.trying.points, (new_id(), new_id())
        before = await self._before(points, ids[0])
        balance_costs = self.account.allowance.used
        credit = await self._written("credit", points, ids[0], before)
        self._left = f"The credit (id {ids[0]}) is at the account: {_put_right(before)}"
        # The debit and the last balance take no more than the reads and the credit took.
        self.account.allowance.reserved = self.account.allowance.used
        if not await self._shown("credit", points, ids[0], credit, before + points):
            raise Ended(f"No read shows the credit, so that no debit is sent. {self._left}")
        self.account.allowance.reserved = balance_costs
        debit = await self._written("debit", -points, ids[1], before)
        self._left = "The credit and the debit are both at the account, and change nothing together."
        self.account.allowance.reserved = 0
        await self._shown("debit", -points, ids[1], debit, before)
        if self.account.can("transactions"):
            await self._listed({ids[0]: (credit, points), ids[1]: (debit, -points)})

    async def _before(self, points: Decimal, own_id: str) -> Decimal:
        """The balance, once all reads have worked: what is wrong here is wrong before anything was changed."""
        try:
            balance = await self.account.balance()
            self.tell(f"balance: {shown(balance.available)} available")
            if balance.available is None:
                raise Ended(
                    "The balance has no available points, so that no write could be seen: give the member a point by "
                    "hand, or name another one. Nothing was changed."
                )
            self.kept.append("balance")
            for operation in READS:
                if self.account.can(operation):  # type: ignore[arg-type]  # both are operations
                    await (self.account.expiring() if operation == "expiring" else self.account.history())
                    self.tell(f"{operation}: read")
                    self.kept.append(operation)
            if self.account.translator.adapter.finds:
                if matches := await self.account.found(points, own_id):
                    raise Ended(f"A search finds what was never sent: {_ids(matches)}. Nothing was changed.")
                self.tell("search: finds nothing under an id that is new")
                self.kept.append("what-was-never-sent-is-not-found")
        except GatewayError as error:
            raise Ended(f"A read failed: {error.code}: {error.detail}. Nothing was changed.") from None
        return balance.available

    async def _written(self, what: str, points: Decimal, own_id: str, before: Decimal) -> Outcome:
        """Make the credit or the debit. Raises `Ended` where it was not applied, or nobody can tell."""
        amount = f"{shown(abs(points))} point(s)"
        self.tell(f"{what}: about to send {amount} under the id {own_id}; it is sent once")
        look = f"Nothing more is sent. Look at the vendor for the id {own_id}, and {_put_right(before)}"
        untouched, self._left = self._left, f"The {what} may be at the account. {look}"
        try:
            outcome = await self.account.written(points, own_id)
        except GatewayError as error:
            raise Ended(f"The {what} could not be sent: {error.code}: {error.detail}. {untouched}") from None
        why = outcome.error.detail if outcome.error else outcome.evidence.get("error")
        booked = outcome.applied.booked if outcome.applied else None
        match outcome.verdict:
            case Verdict.REFUSED | Verdict.NOT_APPLIED:
                raise Ended(f"The {what} was not applied: {why}. {untouched}")
            case Verdict.UNKNOWN:
                raise Ended(f"The outcome of the {what} of {amount} is unknown: {why}. {look}")
            case Verdict.ACCEPTED:
                raise Ended(f"The vendor has accepted the {what} of {amount}, and decides later. {look}")
            case Verdict.APPLIED if booked not in (None, points):
                raise Ended(f"The vendor says that it booked {shown(booked)} points for {shown(points)}. {look}")
        self.tell(f"{what}: applied")
        self.kept.append(what)
        return outcome

    async def _shown(self, what: str, points: Decimal, own_id: str, outcome: Outcome, after: Decimal) -> bool:
        """Whether a search or the balance shows the write; what contradicts it is `broken`."""
        found = moved = False
        with self._reading(f"search for the {what}"):
            if self.account.translator.adapter.finds:
                found = await self._found(what, points, own_id, outcome)
        with self._reading(f"balance after the {what}"):
            balance = await self._until(self.account.balance, lambda answer: answer.available == after)
            moved = balance.available == after
            self._holds(f"{what}-moves-the-balance", moved, f"{shown(after)} available", shown(balance.available))
        answer = outcome.applied.balance if outcome.applied else None
        if self.account.translator.adapter.balance_in_answer:
            own = answer.available if answer else None
            self._holds(f"balance-in-the-answer-to-the-{what}", own == after, shown(after), shown(own))
        return found or moved

    async def _found(self, what: str, points: Decimal, own_id: str, outcome: Outcome) -> bool:
        matches = await self._until(partial(self.account.found, points, own_id), bool)
        if len(matches) > 1:
            raise Ended(f"A search finds {len(matches)} bookings of the {what}: {_ids(matches)}. {self._left}")
        known = outcome.applied.transaction_id if outcome.applied else None
        one = bool(matches) and None in (known, matches[0].transaction_id)
        same = bool(matches) and (one or matches[0].transaction_id == known)
        self._holds(f"{what}-is-found", same, f"one booking, {known}", _ids(matches) or "nothing was found")
        return bool(matches)

    async def _listed(self, written: dict[str, tuple[Outcome, Decimal]]) -> None:
        """Hold the rows of the history that are ours to what was written."""
        with self._reading("history after both"):
            page: Transactions = await self.account.history()
            for own_id, (outcome, points) in written.items():
                known = outcome.applied.transaction_id if outcome.applied else None
                rows = [row for row in page.items if row.adjustment == own_id or (known and row.id == known)]
                wrong = [row.points for row in rows if row.points not in (None, points)]
                what = "credit" if points > 0 else "debit"
                self._holds(f"{what}-in-the-history", not wrong, shown(points), ", ".join(map(shown, wrong)))
                self.tell(f"history: {len(rows)} row(s) of the {what} on the first page")

    def _holds(self, promise: str, holds: bool, expected: str, instead: str) -> None:
        if holds:
            self.kept.append(promise)
            self.tell(f"{promise}: kept")
        else:
            self.broken.append(f"{promise}: expected {expected}; instead: {instead}")
            self.tell(f"{promise}: BROKEN, expected {expected}; instead: {instead}")

    @contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        """Have what fails in a read after a write be broken, and end nothing."""
        try:
            yield
        except GatewayError as error:
            self._holds(what, False, "an answer", f"{error.code}: {error.detail}")

    async def _until(self, ask: Callable[[], Awaitable[T]], holds: Callable[[T], bool]) -> T:
        return await until(ask, holds, pauses=PAUSES, sleep=self.sleep)


def _put_right(before: Decimal) -> str:
    """What a person has to do at the account."""
    return f"bring the balance back by hand to {shown(before)}, which it was before."


def _ids(matches: list[Applied]) -> str:
    return ", ".join(match.transaction_id or "without an id" for match in matches)
