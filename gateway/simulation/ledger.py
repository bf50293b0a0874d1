"""The state of a simulated vendor: exact balances by member and account, and every applied change, in order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any


@dataclass(frozen=True, slots=True)
class Effect:
    """One applied change of points; `member` is in canonical notation, `fields` are the request's own values."""

    at: datetime
    member: str
    points: Decimal
    point_type: str | None = None
    transaction_id: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


class Ledger:
    """The balances of one simulator's members, and the effects that led to them.

    `accounts`: by member, its points by account. `effects`: every change, oldest first. `exact`: the context for sums.
    """

    def __init__(self) -> None:
        self.accounts: dict[str, dict[str, Decimal]] = {}
        self.effects: list[Effect] = []
        # Wide enough for every number that is read; a wider one raises instead of being rounded.
        self.exact = Context(prec=200, traps=[Inexact, InvalidOperation])

    def open(self, member: str, balances: Mapping[str, Decimal] | None = None) -> None:
        """Add a member with balances by account; a member that exists keeps its balances."""
        self.accounts.setdefault(member, dict(balances or {}))

    def knows(self, member: str) -> bool:
        """Whether the member exists."""
        return member in self.accounts

    def balance(self, member: str, account: str) -> Decimal:
        """The member's points in this account; zero if nothing was ever posted."""
        return self.accounts[member].get(account, Decimal(0))

    def post(self, effect: Effect, accounts: Iterable[str]) -> None:
        """Add an effect's points to each of these accounts of its member, and record the effect."""
        balances = self.accounts[effect.member]
        for account in accounts:
            balances[account] = self.exact.add(balances.get(account, Decimal(0)), effect.points)
        self.effects.append(effect)

    def clear(self) -> None:
        """Remove all members, balances and effects."""
        self.accounts.clear()
        self.effects.clear()
