"""What is done in one batch: a few statements for all of it, whatever its size.

Whatever waits for another writer is asked for in one order, adjustments by id, then counters, and then new keys, so
that no two writers can wait for each other; what is looked for by its state leaves out what another has in hand.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from gateway.adjustments import Record
from gateway.journal import limiting, repeating
from gateway.journal.budgets import Budgets
from gateway.journal.claims import Claims
from gateway.journal.fitness import touch
from gateway.journal.operations import Claim, Due, Expire, NoteLimits, Present, RepeatsDue, SeeTime, Step, Touch
from gateway.journal.steps import Steps
from gateway.journal.sweeps import due, expire, present
from gateway.journal.transaction import Transaction


def write(transaction: Transaction, operations: Sequence[Any]) -> list[Any]:
    """Do every operation; gives their results in the same order."""
    results: list[Any] = [None] * len(operations)
    claims: list[tuple[int, Claim]] = []
    steps: list[tuple[int, Step]] = []
    shown: list[tuple[int, Record]] = []
    others: list[tuple[int, Due | RepeatsDue | SeeTime | Expire | NoteLimits | Touch]] = []
    for place, one in enumerate(operations):
        match one:
            case Claim():
                claims.append((place, one))
            case _ if isinstance(one, Step):
                steps.append((place, one))
            case Present(record):
                shown.append((place, record))
            case _:
                others.append((place, one))
    budgets = Budgets(transaction)
    known, new = Steps(transaction, budgets, steps), Claims(transaction, budgets, claims)
    budgets.lock(known.counters | new.counters)
    for done in (known.take(), new.take(), present(transaction, shown)):
        for place, result in done:
            results[place] = result
    for place, one in others:
        match one:
            case Expire():
                results[place] = expire(transaction)
            case Due():
                results[place] = due(transaction, one)
            case RepeatsDue():
                results[place] = repeating.due(transaction, one)
            case NoteLimits(written):
                results[place] = limiting.note(transaction, written)
            case SeeTime():
                repeating.see_time(transaction)
            case Touch():
                _touch(transaction)
    budgets.write()
    transaction.end()
    return results


def _touch(transaction: Transaction) -> None:
    """Find out whether the database can be written, without a row to show for it."""
    if transaction.connection.dialect.name == "sqlite":
        touch(transaction.connection, transaction.micros)
    else:
        transaction.connection.execute(select(1))  # within a transaction that was begun to write
