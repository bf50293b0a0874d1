"""What is asked about limits: how much of them is used, and whether they are what they were."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from gateway.journal.commands import LimitChange
from gateway.journal.tables import budgets as counted
from gateway.journal.tables import limits
from gateway.journal.transaction import Transaction
from gateway.journal.upserts import upsert
from gateway.limits import Budget, day_of


@dataclass(frozen=True, slots=True)
class Usage:
    """What is taken from budgets on one day, which is the journal's."""

    day: date
    by_budget: Mapping[Budget, Decimal]


def used(connection: Connection, budgets: Collection[Budget], moment: Callable[[Connection], datetime]) -> Usage:
    """How much of each of these is taken today."""
    day = day_of(moment(connection))
    counters = {budget: budget.counter(day) for budget in budgets}
    rows = connection.execute(select(counted).where(counted.c.counter.in_(counters.values()))) if counters else ()
    found = {row.counter: Decimal(row.used) for row in rows}
    return Usage(day, {budget: found.get(counter, Decimal(0)) for budget, counter in counters.items()})


def note(transaction: Transaction, written: Mapping[str, str]) -> tuple[LimitChange, ...]:
    """Keep everybody's limits; gives what is another one now."""
    connection = transaction.connection
    before = {row.name: row.written for row in connection.execute(select(limits))}
    names = sorted(before.keys() | written.keys())
    every = (LimitChange(name, before.get(name, ""), written.get(name, "")) for name in names)
    changes = tuple(each for each in every if each.before != each.after)
    if changes:
        upsert(connection, limits, [{"name": each.name, "written": each.after} for each in changes])
    return changes
