"""What is taken from the budgets of a day, and what is given back.

A counter is a row, locked from the first look until the transaction's end; a transaction locks all that it may need at
once, in their order, so that no two wait for each other. It is written once, whatever a batch takes from it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select, update

from gateway import exact
from gateway.journal.commands import Exhausted, Refused
from gateway.journal.tables import budgets
from gateway.journal.transaction import Transaction
from gateway.journal.upserts import insert_for
from gateway.limits import Budget, day_of, end_of

_CHANGE = update(budgets).where(budgets.c.counter == bindparam("changed")).values(used=bindparam("now_used"))
_NOTHING = Decimal(0)


@dataclass(slots=True)
class Budgets:
    """The counters of one transaction, and what it takes from them."""

    transaction: Transaction
    _used: dict[str, Decimal] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)

    def counters(self, wanted: Sequence[Budget]) -> tuple[str, ...]:
        """The counters of today."""
        return tuple(each.counter(day_of(self.transaction.now)) for each in wanted)

    def lock(self, counters: Collection[str]) -> None:
        """Have all counters that are needed; called once, after adjustments are locked and before keys are written."""
        if not counters:
            return
        connection, ordered = self.transaction.connection, sorted(counters)
        new = insert_for(connection.dialect)(budgets).on_conflict_do_nothing()
        connection.execute(new, [{"counter": each, "used": "0"} for each in ordered])
        found = select(budgets).where(budgets.c.counter.in_(ordered)).order_by(budgets.c.counter).with_for_update()
        self._used = {row.counter: Decimal(row.used) for row in connection.execute(found)}

    def take(self, wanted: Sequence[Budget], points: Decimal) -> tuple[str, ...] | Refused:
        """Take points from each of these budgets, or from none where one of them has too few left."""
        counters = self.counters(wanted)
        for budget, counter in zip(wanted, counters, strict=True):
            if self._used[counter] + points > budget.points:
                until = end_of(day_of(self.transaction.now))
                seconds = (until - self.transaction.now).total_seconds()
                return Refused(Exhausted(budget, self._used[counter], until, seconds))
        self.add(counters, points)
        return counters

    def add(self, counters: Collection[str], points: Decimal) -> None:
        """Count points, those given back as negative; of a counter that was not locked, nothing is known."""
        for counter in counters:
            self._used[counter] = max(self._used[counter] + points, _NOTHING)
            self._changed.add(counter)

    def write(self) -> None:
        """Write what has changed."""
        if self._changed:
            rows: list[dict[str, Any]] = [
                {"changed": each, "now_used": exact.text(self._used[each])} for each in sorted(self._changed)
            ]
            self.transaction.connection.execute(_CHANGE, rows)
