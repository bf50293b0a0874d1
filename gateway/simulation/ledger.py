"""What a simulated vendor holds: exact balances by member and account, and every change ever applied, in order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any


@dataclass(frozen=True, slots=True)
class Effect:
    """One applied change of points; `member` in canonical notation, `said` what the request called it by."""

    at: datetime
    member: str
    points: Decimal
    point_type: str | None = None
    transaction_id: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict)


class Ledger:
    """The balances of one simulator's members, and the effects that made them."""

    def __init__(self) -> None:
        self.accounts: dict[str, dict[str, Decimal]] = {}
        self.effects: list[Effect] = []
        # Wide enough for any number that is read, and loud instead of rounding should one be wider.
        self._exact = Context(prec=200, traps=[Inexact, InvalidOperation])

    def open(self, member: str, balances: Mapping[str, Decimal] | None = None) -> None:
        """Make a member known, with these balances by account; one that is known already keeps what it has."""
        self.accounts.setdefault(member, dict(balances or {}))

    def knows(self, member: str) -> bool:
        """Whether the member was opened."""
        return member in self.accounts

    def balance(self, member: str, account: str) -> Decimal:
        """The member's points in this account; zero where nothing was ever posted."""
        return self.accounts[member].get(account, Decimal(0))

    def post(self, effect: Effect, accounts: Iterable[str]) -> None:
        """Add an effect's points to each of these accounts of its member, and keep the effect."""
        held = self.accounts[effect.member]
        for account in accounts:
            held[account] = self._exact.add(held.get(account, Decimal(0)), effect.points)
        self.effects.append(effect)

    def clear(self) -> None:
        """Forget every member, balance and effect."""
        self.accounts.clear()
        self.effects.clear()
